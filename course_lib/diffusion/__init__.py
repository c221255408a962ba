"""Forward and reverse diffusion: noise tables, the forward process, predictions, guidance, exact denoisers."""

from course_lib.diffusion.forward import forward_chain, forward_step, q_sample
from course_lib.diffusion.guidance import guide, guided
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
    "prediction_from",
    "q_sample",
    "x0_from",
]
