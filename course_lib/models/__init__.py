"""Stable Diffusion's networks, written to be read; they open any Stable Diffusion 1.x folder of the diffusers kind."""

from course_lib.models.clip_vocabulary import clip_tokenizer
from course_lib.models.model import StableDiffusion, load, outline
from course_lib.models.recorder import Recorded, Recorder
from course_lib.models.text_encoder import TextEncoder
from course_lib.models.tokenizer import Tokenizer
from course_lib.models.unet import UNet
from course_lib.models.unet_2015 import UNet2015
from course_lib.models.untrained import untrained
from course_lib.models.vae import VAE

__all__ = [
    "VAE",
    "Recorded",
    "Recorder",
    "StableDiffusion",
    "TextEncoder",
    "Tokenizer",
    "UNet",
    "UNet2015",
    "clip_tokenizer",
    "load",
    "outline",
    "untrained",
]
