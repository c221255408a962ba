"""Schedulers: which noise levels are visited. A schedule is only a list of sigmas; it costs nothing per step."""

from course_lib.schedulers.gits_search import jump_costs, search_gits
from course_lib.schedulers.registry import SCHEDULERS, Scheduler, make_sigmas

__all__ = ["SCHEDULERS", "Scheduler", "jump_costs", "make_sigmas", "search_gits"]
