"""Schedulers: which noise levels are visited. A schedule is only a list of sigmas; it costs nothing per step."""

from course_lib.schedulers.gits_search import jump_costs, search_gits
from course_lib.schedulers.registry import SCHEDULERS, Scheduler, make_sigmas
from course_lib.schedulers.strength import begin_lower

__all__ = ["SCHEDULERS", "Scheduler", "begin_lower", "jump_costs", "make_sigmas", "search_gits"]
