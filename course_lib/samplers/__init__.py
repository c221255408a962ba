"""Samplers: how one gets from each noise level to the next. Each is an estimator and a noise rule in one loop.

In the `diffusers` library these are called schedulers; here a scheduler only says which levels are visited.
"""

from course_lib.samplers.passport import Passport, passport
from course_lib.samplers.registry import SAMPLERS
from course_lib.samplers.run import sample, steps
from course_lib.samplers.sampler import Sampler
from course_lib.samplers.sources import NOISES, make_noise
from course_lib.samplers.step import Step

__all__ = ["NOISES", "SAMPLERS", "Passport", "Sampler", "Step", "make_noise", "passport", "sample", "steps"]
