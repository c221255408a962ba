"""From the config files of a Stable Diffusion folder to the settings of our networks, and to the noise table.

A key that is absent has the default of diffusers or transformers. What our networks do not have is refused by name.
"""

from __future__ import annotations

from course_lib import expect
from course_lib.diffusion.noise_table import NoiseTable

PREDICTIONS = {"epsilon": "eps", "v_prediction": "v", "sample": "x0"}
TABLES = {"linear": NoiseTable.linear, "scaled_linear": NoiseTable.scaled_linear}

# What a config may say besides the settings that are read below: one value each, since nothing else is built.
UNET_FIXED = {
    "act_fn": "silu",
    "center_input_sample": False,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "downsample_padding": 1,
    "mid_block_scale_factor": 1,
    "mid_block_type": "UNetMidBlock2DCrossAttn",
    "only_cross_attention": False,
    "dual_cross_attention": False,
    "resnet_time_scale_shift": "default",
    "time_embedding_type": "positional",
    "conv_in_kernel": 3,
    "conv_out_kernel": 3,
    "dropout": 0.0,
    **dict.fromkeys(
        [
            "addition_embed_type", "class_embed_type", "num_class_embeds", "encoder_hid_dim", "encoder_hid_dim_type",
            "time_cond_proj_dim", "timestep_post_act", "time_embedding_act_fn", "mid_block_only_cross_attention",
        ]
    ),
}  # fmt: skip
VAE_FIXED = {"act_fn": "silu", "shift_factor": None, "latents_mean": None, "latents_std": None}
# Of Stable Diffusion 1.5, what differs from the defaults: its size can be counted without its files.
STABLE_DIFFUSION_15 = {
    "text_encoder": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
    "unet": {"cross_attention_dim": 768, "attention_head_dim": 8},
    "vae": {"block_out_channels": [128, 256, 512, 512], "layers_per_block": 2},
}
DOWN, UP = {"CrossAttnDownBlock2D": True, "DownBlock2D": False}, {"CrossAttnUpBlock2D": True, "UpBlock2D": False}


def unet_settings(config: dict) -> dict:
    """The settings of `UNet` from unet/config.json. Raises ValueError for what it does not have.

    Example:

    >>> unet_settings({"cross_attention_dim": 768})["channels"]
    [320, 640, 1280, 1280]
    """
    _only("unet", config, UNET_FIXED)
    down = _get(config, "down_block_types", ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"])
    up = _get(config, "up_block_types", ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3)
    for kind, known in ((kind, known) for kinds, known in ((down, DOWN), (up, UP)) for kind in kinds):
        expect.known("kind of U-Net block", kind, known)
    heads = config.get("num_attention_heads")
    return {
        "in_channels": _get(config, "in_channels", 4),
        "out_channels": _get(config, "out_channels", 4),
        "channels": list(_get(config, "block_out_channels", [320, 640, 1280, 1280])),
        "attention": [DOWN[kind] for kind in down],
        "attention_up": [UP[kind] for kind in up],
        "layers": _get(config, "layers_per_block", 2),
        # In these files attention_head_dim is the number of heads; the name is an old mistake that was kept.
        "heads": _get(config, "attention_head_dim", 8) if heads is None else heads,
        "context_channels": _get(config, "cross_attention_dim", 1280),
        "groups": _get(config, "norm_num_groups", 32),
        "eps": _get(config, "norm_eps", 1e-5),
        "depth": _get(config, "transformer_layers_per_block", 1),
        "linear": _get(config, "use_linear_projection", False),
    }


def vae_settings(config: dict) -> dict:
    """The settings of `VAE` from vae/config.json. Raises ValueError for what it does not have.

    Example:

    >>> vae_settings({"block_out_channels": [8, 16], "down_block_types": ["DownEncoderBlock2D"] * 2})["channels"]
    [8, 16]
    """
    _only("vae", config, VAE_FIXED)
    for key, only in (("down_block_types", "DownEncoderBlock2D"), ("up_block_types", "UpDecoderBlock2D")):
        for kind in _get(config, key, []):
            expect.known("kind of VAE block", kind, [only])
    return {
        "in_channels": _get(config, "in_channels", 3),
        "out_channels": _get(config, "out_channels", 3),
        "latent_channels": _get(config, "latent_channels", 4),
        "channels": list(_get(config, "block_out_channels", [64])),
        "layers": _get(config, "layers_per_block", 1),
        "groups": _get(config, "norm_num_groups", 32),
        "attention": _get(config, "mid_block_add_attention", True),
        "quantise": _get(config, "use_quant_conv", True),
        "post_quantise": _get(config, "use_post_quant_conv", True),
    }


def text_settings(config: dict) -> dict:
    """The settings of `TextEncoder` from text_encoder/config.json. Raises ValueError for another activation.

    Example:

    >>> text_settings({"hidden_size": 768})["width"]
    768
    """
    return {
        "words": _get(config, "vocab_size", 49408),
        "places": _get(config, "max_position_embeddings", 77),
        "width": _get(config, "hidden_size", 512),
        "layers": _get(config, "num_hidden_layers", 12),
        "heads": _get(config, "num_attention_heads", 8),
        "inner": _get(config, "intermediate_size", 2048),
        "activation": _get(config, "hidden_act", "quick_gelu"),
        "eps": _get(config, "layer_norm_eps", 1e-5),
    }


def noise_table(config: dict) -> tuple[NoiseTable, str]:
    """The noise table and the kind of prediction ("eps", "v" or "x0") from scheduler/scheduler_config.json.

    Raises ValueError for another kind of table or prediction.

    Example:

    >>> noise_table({"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012})
    (NoiseTable(1000 steps, sigma 0.02917 to 14.61), 'eps')
    """
    _only("scheduler", config, {"trained_betas": None, "rescale_betas_zero_snr": False})
    prediction = _get(config, "prediction_type", "epsilon")
    expect.known("prediction_type", prediction, PREDICTIONS)
    steps, kind = _get(config, "num_train_timesteps", 1000), _get(config, "beta_schedule", "linear")
    expect.known("beta_schedule", kind, [*TABLES, "squaredcos_cap_v2"])
    if kind == "squaredcos_cap_v2":
        return NoiseTable.cosine(steps), PREDICTIONS[prediction]
    ends = _get(config, "beta_start", 1e-4), _get(config, "beta_end", 0.02)
    return TABLES[kind](*ends, steps), PREDICTIONS[prediction]


def _get(config: dict, key: str, default: object) -> object:
    return default if config.get(key) is None else config[key]


def _only(part: str, config: dict, fixed: dict) -> None:
    for key, only in fixed.items():
        if config.get(key, only) not in (only, None):
            raise ValueError(
                f"the config of {part} must have {key} = {only!r}, the only one there is; got {config[key]!r}"
            )
