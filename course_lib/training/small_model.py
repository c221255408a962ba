"""What the small Stable Diffusion is made of: its settings, its config files, and how its weights are kept."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import pairwise
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from course_lib import files, shipped
from course_lib.datasets import open_emoji
from course_lib.datasets.scenes import COLOURS, RELATIONS
from course_lib.datasets.shapes import SHAPES
from course_lib.models.tokenizer import BEGIN, END, END_OF_WORD, Tokenizer, byte_letters, join, spell, split_words

WEIGHTS = shipped.ROOT / "data" / "weights"
FOLDER = WEIGHTS / "small-stable-diffusion"
VAE_FILE = "vae/diffusion_pytorch_model.safetensors"
UNET_FILE, TEXT_FILE = "unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors"
PLACES, WIDTH = 24, 128
LATENT_CHANNELS, LATENT_SIZE = 12, 8
TEXT_CONFIG = {
    "architectures": ["CLIPTextModel"],
    "model_type": "clip_text_model",
    "hidden_size": WIDTH,
    "intermediate_size": 4 * WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "max_position_embeddings": PLACES,
    "hidden_act": "quick_gelu",
    "layer_norm_eps": 1e-5,
}
UNET_CONFIG = {
    "_class_name": "UNet2DConditionModel",
    "sample_size": LATENT_SIZE,
    "in_channels": LATENT_CHANNELS,
    "out_channels": LATENT_CHANNELS,
    "block_out_channels": [64, 128],
    "down_block_types": ["CrossAttnDownBlock2D"] * 2,
    "up_block_types": ["CrossAttnUpBlock2D"] * 2,
    "layers_per_block": 1,
    "attention_head_dim": 4,
    "cross_attention_dim": WIDTH,
    "norm_num_groups": 16,
}
SCHEDULER_CONFIG = {
    "_class_name": "EulerDiscreteScheduler",
    "num_train_timesteps": 1000,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "prediction_type": "v_prediction",
    "timestep_spacing": "linspace",
}
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.31.0",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "EulerDiscreteScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
CFG_SCALE = 3.0
STYLES = ("noto", "fluent")  # that the U-Net learns


def learn_merges(words: list[str]) -> list[tuple[str, str]]:
    """The pairs to join, most frequent first, until every word is one token (Sennrich et al., arXiv 1508.07909, 3.2).

    Of equally frequent pairs the first in alphabetical order is joined, so that the same words give the same merges.
    """
    words, merges = [spell(word) for word in words], []
    while counts := Counter(pair for word in words for pair in pairwise(word)):
        merges.append(min(counts, key=lambda pair: (-counts[pair], pair)))
        words = [join(word, merges[-1]) for word in words]
    return merges


def caption_words() -> list[str]:
    """Every word of the captions that the networks are trained with."""
    texts = [*COLOURS, *SHAPES, *RELATIONS, "a an on small large style background,", *open_emoji().captions, *STYLES]
    return sorted({word for text in texts for word in split_words(text.lower())})


@cache
def learn_vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """The vocabulary and merges for the captions: byte pairs, joined until every word of a caption is one token."""
    words = [*COLOURS, *SHAPES, *RELATIONS, "a", "an", "on", "small", "large", "style", "background", ",", "and"]
    words += [*open_emoji().captions, *open_emoji().styles]
    merges = learn_merges(sorted({word for text in words for word in split_words(text.lower())}))
    letters = sorted(byte_letters().values())
    # Every byte, within a word and at its end, so that any text can be written; begin and end come last, as in CLIP.
    tokens = [*letters, *(letter + END_OF_WORD for letter in letters), *(first + second for first, second in merges)]
    tokens = list(dict.fromkeys([*tokens, BEGIN, END]))
    return {token: number for number, token in enumerate(tokens)}, merges


def make_tokenizer() -> Tokenizer:
    """The small model's tokenizer."""
    return Tokenizer(*learn_vocabulary(), length=PLACES)


def write_weights(network: torch.nn.Module, path: Path) -> None:
    """Write a network's weights as float16, whole or not at all."""
    with files.written_whole(path) as unfinished:
        save_file({name: tensor.half().contiguous() for name, tensor in network.state_dict().items()}, unfinished)


def read_weights(network: torch.nn.Module, path: Path, program: str) -> None:
    """Fill a network with written weights. program : the module of this package that writes them.

    Raises FileNotFoundError where they are not there yet.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run python -m course_lib.training.{program} first")
    network.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})


def write_tokenizer(folder: Path = FOLDER) -> None:
    """Write the tokenizer's files, which transformers reads, too."""
    vocabulary, merges = learn_vocabulary()
    files.write_json(folder / "tokenizer" / "vocab.json", vocabulary, indent=2)
    lines = ["#version: 0.2", *(" ".join(pair) for pair in merges)]
    with files.written_whole(folder / "tokenizer" / "merges.txt") as unfinished:
        unfinished.write_text("\n".join(lines) + "\n", encoding="utf-8")
    special = {"bos_token": BEGIN, "eos_token": END, "pad_token": END, "unk_token": END}
    config = {"tokenizer_class": "CLIPTokenizer", "model_max_length": PLACES} | special
    files.write_json(folder / "tokenizer" / "tokenizer_config.json", config, indent=2)


def write_configs(folder: Path = FOLDER, unet: dict = UNET_CONFIG) -> None:
    """Write what is not weights: the configs, the tokenizer, and what makes the folder a pipeline of diffusers."""
    write_tokenizer(folder)
    tokenizer = make_tokenizer()
    ends = {"bos_token_id": tokenizer.vocabulary[BEGIN], "eos_token_id": tokenizer.vocabulary[END]}
    text_encoder = TEXT_CONFIG | {"vocab_size": len(tokenizer.vocabulary)} | ends
    course = {"cfg_scale": CFG_SCALE, "words": caption_words()}
    configs = {"text_encoder/config.json": text_encoder, "unet/config.json": unet, "model_index.json": INDEX}
    configs |= {"scheduler/scheduler_config.json": SCHEDULER_CONFIG, "course.json": course}
    for name, content in configs.items():
        files.write_json(folder / name, content, indent=2)
