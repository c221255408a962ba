"""From the config files of a Stable Diffusion folder to the settings of our networks, and to the noise table.

What a config may say stands in `tables.py`; everything else is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from course_lib.diffusion.noise_table import NoiseTable
from course_lib.models.keys import read, refuse
from course_lib.models.tables import (
    COURSE,
    DOWN,
    INDEX,
    MIDDLE,
    PREDICTIONS,
    SCHEDULER,
    SCHEDULERS,
    STABLE_DIFFUSION_15,
    TEXT_ENCODER,
    UNET,
    UP,
    VAE,
)  # fmt: skip

__all__ = [
    "STABLE_DIFFUSION_15", "cfg_scale", "latent_scale", "latent_side", "noise_table", "scheduler_class",
    "text_settings", "trained_words", "unet_settings", "vae_settings",
]  # fmt: skip


def unet_settings(config: Mapping) -> dict:
    """The settings of `UNet` from unet/config.json. Raises ValueError for what it does not have.

    Example:

    >>> unet_settings({"cross_attention_dim": 768})["channels"]
    [320, 640, 1280, 1280]
    """
    where = "the config of unet"
    keys = read(where, config, UNET)
    channels = list(keys["block_out_channels"])
    _one_for_each(
        where, keys, channels, "down_block_types", "up_block_types", "layers_per_block", "attention_head_dim",
        "transformer_layers_per_block", "cross_attention_dim", "only_cross_attention",
    )  # fmt: skip
    down, up = [DOWN[kind] for kind in keys["down_block_types"]], [UP[kind] for kind in keys["up_block_types"]]
    middle, widths = MIDDLE[keys["mid_block_type"]], keys["cross_attention_dim"]
    _divides(where, keys, channels, "norm_num_groups")
    at_bottom = [*[False] * (len(channels) - 1), middle]
    attends = [any(level) for level in zip(down, reversed(up), at_bottom, strict=True)]
    _divides(where, keys, [width * there for width, there in zip(channels, attends, strict=True)], "attention_head_dim")
    if not isinstance(widths, int) and len(set(widths)) > 1:
        refuse(where, "cross_attention_dim", "one width, since there is one text encoder", widths)
    return {
        "in_channels": keys["in_channels"],
        "out_channels": keys["out_channels"],
        "channels": channels,
        "attention": down,
        "attention_up": up,
        "middle": middle,
        "layers": keys["layers_per_block"],
        "heads": keys["attention_head_dim"],
        "context_channels": widths if isinstance(widths, int) else widths[0],
        "groups": keys["norm_num_groups"],
        "eps": keys["norm_eps"],
        "depth": keys["transformer_layers_per_block"],
        "linear": keys["use_linear_projection"],
    }


def latent_side(config: Mapping) -> int:
    """The side of the latents that a U-Net was trained on, from unet/config.json. Raises ValueError for unequal sides.

    An old config that says less than 64 says 64.

    Example:

    >>> latent_side({"sample_size": [8, 8]})
    8
    """
    side = read("the config of unet", config, UNET)["sample_size"]
    if isinstance(side, (list, tuple)):
        if len(side) != 2 or side[0] != side[1]:
            refuse("the config of unet", "sample_size", "a number, or two that are equal", side)
        side = side[0]
    # Configs from before diffusers 0.9 often say 32 for networks that were trained at 64; diffusers mends it, too.
    if side is None or (side < 64 and re.match(r"0\.[0-8](\.|$)", str(config.get("_diffusers_version")))):
        return 64
    return side


def vae_settings(config: Mapping) -> dict:
    """The settings of `VAE` from vae/config.json. Raises ValueError for what it does not have.

    Example:

    >>> vae_settings({"norm_num_groups": 8})["channels"]
    [64]
    """
    where = "the config of vae"
    keys = read(where, config, VAE)
    channels = list(keys["block_out_channels"])
    _one_for_each(where, keys, channels, "down_block_types", "up_block_types")
    _divides(where, keys, channels, "norm_num_groups")
    return {
        "in_channels": keys["in_channels"],
        "out_channels": keys["out_channels"],
        "latent_channels": keys["latent_channels"],
        "channels": channels,
        "layers": keys["layers_per_block"],
        "groups": keys["norm_num_groups"],
        "attention": keys["mid_block_add_attention"],
        "quantise": keys["use_quant_conv"],
        "post_quantise": keys["use_post_quant_conv"],
    }


def latent_scale(config: Mapping) -> float:
    """By what latents are multiplied, from vae/config.json. Raises ValueError for anything but a number above 0.

    Example:

    >>> latent_scale({})
    0.18215
    """
    return float(read("the config of vae", config, VAE)["scaling_factor"])


def text_settings(config: Mapping) -> dict:
    """The settings of `TextEncoder` from text_encoder/config.json. Raises ValueError for what it does not have.

    Example:

    >>> text_settings({"hidden_size": 768})["width"]
    768
    """
    where = "the config of text_encoder"
    keys = read(where, config, TEXT_ENCODER)
    _divides(where, keys, [keys["hidden_size"]], "num_attention_heads")
    return {
        "words": keys["vocab_size"],
        "places": keys["max_position_embeddings"],
        "width": keys["hidden_size"],
        "layers": keys["num_hidden_layers"],
        "heads": keys["num_attention_heads"],
        "inner": keys["intermediate_size"],
        "activation": keys["hidden_act"],
        "eps": keys["layer_norm_eps"],
    }


def noise_table(config: Mapping, named: str | None = None) -> tuple[NoiseTable, str]:
    """The noise table and the kind of prediction ("eps", "v" or "x0") from scheduler/scheduler_config.json.

    named : the class of scheduler whose defaults count, if it is not the config's own (see `scheduler_class`).
    Raises ValueError for another kind of table or prediction.

    Example:

    >>> noise_table({"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012})
    (NoiseTable(1000 steps, sigma 0.02917 to 14.61), 'eps')
    """
    keys = read("the config of scheduler", config, SCHEDULER)
    given = (keys["beta_start"], keys["beta_end"], keys["beta_schedule"])
    defaults = SCHEDULERS[named or keys["_class_name"]]
    start, end, kind = (default if value is None else value for value, default in zip(given, defaults, strict=True))
    steps, prediction = keys["num_train_timesteps"], PREDICTIONS[keys["prediction_type"]]
    if kind == "squaredcos_cap_v2":
        return NoiseTable.cosine(steps), prediction
    return (NoiseTable.linear if kind == "linear" else NoiseTable.scaled_linear)(start, end, steps), prediction


def scheduler_class(index: Mapping) -> str | None:
    """The class of scheduler that model_index.json names, which counts more than the one in the scheduler's config.

    Raises ValueError, naming the part, where a part is not one of Stable Diffusion 1.x.

    Example:

    >>> scheduler_class({"scheduler": ["diffusers", "PNDMScheduler"], "safety_checker": [None, None]})
    'PNDMScheduler'
    """
    parts = {}
    for name, value in index.items():
        if isinstance(value, list) and len(value) == 2:
            value = value[1]
            if value is None and name not in INDEX:
                continue  # a part that this model does not have
        parts[name] = value
    return read("model_index.json", parts, INDEX)["scheduler"]


def cfg_scale(config: Mapping) -> float:
    """The guidance that suits a model, from the course.json beside it. Raises ValueError for anything but a number.

    Example:

    >>> cfg_scale({"cfg_scale": 3}), cfg_scale({})
    (3.0, 7.5)
    """
    return float(read("course.json", config, COURSE)["cfg_scale"])


def trained_words(config: Mapping) -> frozenset[str] | None:
    """The words that a model was trained with, from the course.json beside it; None where it does not say.

    Raises ValueError for anything but a list of texts.

    Example:

    >>> sorted(trained_words({"words": ["panda", "a"]})), trained_words({})
    (['a', 'panda'], None)
    """
    words = read("course.json", config, COURSE)["words"]
    return None if words is None else frozenset(words)


def _one_for_each(where: str, keys: Mapping, channels: Sequence[int], *names: str) -> None:
    for name in names:
        value = keys[name]
        if isinstance(value, (list, tuple)) and len(value) != len(channels):
            words = f"a list with one entry for each of the {len(channels)} in block_out_channels"
            refuse(where, name, words, value)


def _divides(where: str, keys: Mapping, channels: Sequence[int], *names: str) -> None:
    for name in names:
        value = keys[name]
        values = value if isinstance(value, (list, tuple)) else [value] * len(channels)
        if any(width % number for width, number in zip(channels, values, strict=True)):
            refuse(where, name, "a number that divides the channels where it is used", value)
