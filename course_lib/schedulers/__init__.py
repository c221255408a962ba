"""Schedulers: which noise levels are visited. A schedule is only a list of sigmas; it costs nothing per step."""

from course_lib.schedulers.registry import SCHEDULERS, Scheduler, make_sigmas

__all__ = ["SCHEDULERS", "Scheduler", "make_sigmas"]
