"""The small model that comes with the course, opened by both sides from the same folder."""

from __future__ import annotations

from functools import cache

import diffusers
import torch
import transformers

from course_lib.models import StableDiffusion, load
from course_lib.models.sources import find

NAME = "small-stable-diffusion"
PROMPT, STEPS, GUIDANCE = "a red circle above a blue square", 20, 3.0

diffusers.logging.set_verbosity_error()
transformers.logging.set_verbosity_error()
diffusers.logging.disable_progress_bar()
transformers.logging.disable_progress_bar()


@cache
def ours() -> StableDiffusion:
    """The model as the course opens it."""
    return load(NAME)


def open_peer() -> diffusers.StableDiffusionPipeline:
    """The folder as diffusers opens it, without its filter and its progress bar."""
    pipe = diffusers.StableDiffusionPipeline.from_pretrained(
        find(NAME),
        torch_dtype=torch.float32,
        local_files_only=True,
        safety_checker=None,
        requires_safety_checker=False,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


@cache
def peer() -> diffusers.StableDiffusionPipeline:
    """The pipeline of diffusers, with Euler steps."""
    pipe = open_peer()
    pipe.scheduler = diffusers.EulerDiscreteScheduler.from_config(pipe.scheduler.config)
    return pipe
