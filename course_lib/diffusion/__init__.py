"""Forward and reverse diffusion: noise tables, the forward process, predictions, guidance, exact denoisers."""

from course_lib.diffusion.forward import forward_chain, forward_step, q_sample
from course_lib.diffusion.guidance import guide, guided, guided_and_rescaled, guided_in_interval, rescale
from course_lib.diffusion.ideal import DatasetDenoiser, GaussianDenoiser, MixtureDenoiser
from course_lib.diffusion.noise_table import NoiseTable
from course_lib.diffusion.prediction import (
    as_denoiser,
    denoised_from,
    eps_from_denoised,
    prediction_from,
    x0_from,
)

__all__ = [
    "DatasetDenoiser",
    "GaussianDenoiser",
    "MixtureDenoiser",
    "NoiseTable",
    "as_denoiser",
    "denoised_from",
    "eps_from_denoised",
    "forward_chain",
    "forward_step",
    "guide",
    "guided",
    "guided_and_rescaled",
    "guided_in_interval",
    "prediction_from",
    "q_sample",
    "rescale",
    "x0_from",
]
