"""Every key that the config files of a Stable Diffusion folder may have, what it may say, and its default.

The defaults are those of diffusers and transformers.
"""

from __future__ import annotations

from course_lib.models.keys import (
    ANYTHING,
    AT_LEAST_0,
    FLAG,
    POSITIVE,
    TEXT,
    WHOLE,
    Key,
    Kind,
    listed,
    one_of,
    only,
    or_list,
    or_null,
)  # fmt: skip

PREDICTIONS = {"epsilon": "eps", "v_prediction": "v", "sample": "x0"}
DOWN, UP = {"CrossAttnDownBlock2D": True, "DownBlock2D": False}, {"CrossAttnUpBlock2D": True, "UpBlock2D": False}
MIDDLE = {"UNetMidBlock2DCrossAttn": True, None: False}


def _all(kind: Kind, *names: str, default: object = None) -> dict[str, Key]:
    return dict.fromkeys(names, Key(kind, default))


def _fixed(value: object, *names: str) -> dict[str, Key]:
    return dict.fromkeys(names, Key(only(value), value))


UNET = {
    **_fixed("UNet2DConditionModel", "_class_name"),
    "sample_size": Key(or_null(or_list(WHOLE)), 64),
    "in_channels": Key(WHOLE, 4),
    "out_channels": Key(WHOLE, 4),
    "block_out_channels": Key(listed(WHOLE), (320, 640, 1280, 1280)),
    "down_block_types": Key(listed(one_of(*DOWN)), ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",)),
    "mid_block_type": Key(one_of(*MIDDLE), "UNetMidBlock2DCrossAttn"),
    "up_block_types": Key(listed(one_of(*UP)), ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3),
    "layers_per_block": Key(or_list(WHOLE), 2),
    "cross_attention_dim": Key(or_list(WHOLE), 1280),
    # In these files attention_head_dim is the number of heads; the name is an old mistake that was kept.
    "attention_head_dim": Key(or_list(WHOLE), 8),
    "transformer_layers_per_block": Key(or_list(WHOLE), 1),
    "norm_num_groups": Key(WHOLE, 32),
    "norm_eps": Key(POSITIVE, 1e-5),
    "use_linear_projection": Key(FLAG, False),
    # What only one value is built of.
    **_all(or_list(only(False)), "only_cross_attention", default=False),
    **_fixed(
        False, "center_input_sample", "dual_cross_attention", "resnet_skip_time_act", "class_embeddings_concat"
    ),
    **_fixed(True, "flip_sin_to_cos"),
    **_fixed(0, "freq_shift"),
    **_fixed(1, "downsample_padding", "mid_block_scale_factor", "resnet_out_scale_factor"),
    **_fixed(3, "conv_in_kernel", "conv_out_kernel"),
    **_fixed("silu", "act_fn"),
    **_fixed("default", "resnet_time_scale_shift", "attention_type"),
    **_fixed("positional", "time_embedding_type"),
    **_fixed(
        None, "addition_embed_type", "class_embed_type", "num_class_embeds", "cross_attention_norm",
        "encoder_hid_dim", "encoder_hid_dim_type", "num_attention_heads", "reverse_transformer_layers_per_block",
        "time_cond_proj_dim", "time_embedding_act_fn", "time_embedding_dim", "timestep_post_act",
    ),
    "mid_block_only_cross_attention": Key(one_of(None, False)),
    # What changes nothing: for training, for averages of weights, for parts that are refused above. (upcast_attention
    # is for attention that is written out; diffusers' own, by PyTorch's fast routine, does not look at it.)
    **_all(
        ANYTHING, "dropout", "upcast_attention", "addition_time_embed_dim", "addition_embed_type_num_heads",
        "projection_class_embeddings_input_dim", "decay", "inv_gamma", "min_decay", "optimization_step", "power",
        "update_after_step", "use_ema_warmup",
    ),
}  # fmt: skip
VAE = {
    **_fixed("AutoencoderKL", "_class_name"),
    "in_channels": Key(WHOLE, 3),
    "out_channels": Key(WHOLE, 3),
    "down_block_types": Key(listed(only("DownEncoderBlock2D")), ("DownEncoderBlock2D",)),
    "up_block_types": Key(listed(only("UpDecoderBlock2D")), ("UpDecoderBlock2D",)),
    "block_out_channels": Key(listed(WHOLE), (64,)),
    "layers_per_block": Key(WHOLE, 1),
    "latent_channels": Key(WHOLE, 4),
    "norm_num_groups": Key(WHOLE, 32),
    "scaling_factor": Key(POSITIVE, 0.18215),
    "mid_block_add_attention": Key(FLAG, True),
    "use_quant_conv": Key(FLAG, True),
    "use_post_quant_conv": Key(FLAG, True),
    **_fixed("silu", "act_fn"),
    **_fixed(None, "shift_factor", "latents_mean", "latents_std"),
    **_all(ANYTHING, "sample_size", "force_upcast"),  # for tiles, and for Stable Diffusion XL
}
TEXT_ENCODER = {
    **_fixed("clip_text_model", "model_type"),
    "vocab_size": Key(WHOLE, 49408),
    "max_position_embeddings": Key(WHOLE, 77),
    "hidden_size": Key(WHOLE, 512),
    "intermediate_size": Key(WHOLE, 2048),
    "num_hidden_layers": Key(WHOLE, 12),
    "num_attention_heads": Key(WHOLE, 8),
    "hidden_act": Key(one_of("quick_gelu", "gelu"), "quick_gelu"),
    "layer_norm_eps": Key(POSITIVE, 1e-5),
    **_all(or_null(only(False)), "is_decoder", "add_cross_attention", "is_encoder_decoder"),
    # What changes nothing: for training, for the pooled state, for what transformers returns and how it computes.
    **_all(
        ANYTHING, "architectures", "attention_dropout", "bos_token_id", "chunk_size_feed_forward", "dropout", "dtype",
        "eos_token_id", "gradient_checkpointing", "id2label", "initializer_factor", "initializer_range", "label2id",
        "output_attentions", "output_hidden_states", "pad_token_id", "problem_type", "projection_dim", "return_dict",
        "torch_dtype", "transformers_version", "use_cache",
    ),
}  # fmt: skip
# The noise that each of diffusers' schedulers takes where its config does not say: beta_start, beta_end, beta_schedule.
SCHEDULERS = {
    **dict.fromkeys(
        [
            "PNDMScheduler", "DDIMScheduler", "DDIMParallelScheduler", "DDPMScheduler", "DDPMParallelScheduler",
            "EulerDiscreteScheduler", "EulerAncestralDiscreteScheduler", "LMSDiscreteScheduler",
            "DEISMultistepScheduler", "DPMSolverMultistepScheduler", "DPMSolverSinglestepScheduler",
            "UniPCMultistepScheduler", "SASolverScheduler",
        ],
        (1e-4, 0.02, "linear"),
    ),
    **dict.fromkeys(
        [
            "HeunDiscreteScheduler", "KDPM2DiscreteScheduler", "KDPM2AncestralDiscreteScheduler",
            "DPMSolverSDEScheduler",
        ],
        (0.00085, 0.012, "linear"),
    ),
    **dict.fromkeys(["LCMScheduler", "TCDScheduler"], (0.00085, 0.012, "scaled_linear")),
}  # fmt: skip
SCHEDULER = {
    "_class_name": Key(one_of(*SCHEDULERS), "PNDMScheduler"),
    "num_train_timesteps": Key(WHOLE, 1000),
    "beta_start": Key(POSITIVE),
    "beta_end": Key(POSITIVE),
    "beta_schedule": Key(one_of("linear", "scaled_linear", "squaredcos_cap_v2")),
    "prediction_type": Key(one_of(*PREDICTIONS), "epsilon"),
    **_fixed(None, "trained_betas", "shift_terminal"),
    **_fixed(False, "rescale_betas_zero_snr", "thresholding", "use_flow_sigmas", "use_dynamic_shifting"),
    **_fixed(True, "predict_epsilon"),
    **_fixed("discrete", "timestep_type"),
    "variance_type": Key(one_of(None, "fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log")),
    # Which sampler, and which of the levels: that is chosen in the course. (clip_sample is for diffusion of pictures;
    # diffusers' Stable Diffusion turns it off, whatever stands here.)
    **_all(
        ANYTHING, "algorithm_type", "clip_sample", "clip_sample_range", "corrector_order", "disable_corrector",
        "dynamic_thresholding_ratio", "euler_at_final", "final_sigmas_type", "flow_shift", "interpolation_type",
        "lambda_min_clipped", "lower_order_final", "noise_sampler_seed", "original_inference_steps", "predict_x0",
        "predictor_order", "sample_max_value", "set_alpha_to_one", "sigma_max", "sigma_min", "skip_prk_steps",
        "solver_order", "solver_p", "solver_type", "steps_offset", "tau_func", "tensor_format", "time_shift_type",
        "timestep_scaling", "timestep_spacing", "use_beta_sigmas", "use_exponential_sigmas", "use_karras_sigmas",
        "use_lu_lambdas",
    ),
}  # fmt: skip
# Which classes of diffusers and transformers the parts are of; it stands there as [library, class].
INDEX = {
    "unet": Key(only("UNet2DConditionModel")),
    "vae": Key(only("AutoencoderKL")),
    "text_encoder": Key(only("CLIPTextModel")),
    "tokenizer": Key(one_of("CLIPTokenizer", "CLIPTokenizerFast")),
    "scheduler": Key(one_of(*SCHEDULERS)),
    **_all(ANYTHING, "safety_checker", "feature_extractor", "image_encoder", "requires_safety_checker"),
}
COURSE = {"cfg_scale": Key(AT_LEAST_0, 7.5), "words": Key(listed(TEXT))}
# Of Stable Diffusion 1.5, what differs from the defaults: its size can be counted without its files.
STABLE_DIFFUSION_15 = {
    "text_encoder": {"hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12},
    "unet": {"cross_attention_dim": 768, "attention_head_dim": 8},
    "vae": {
        "block_out_channels": [128, 256, 512, 512],
        "layers_per_block": 2,
        "down_block_types": ["DownEncoderBlock2D"] * 4,
        "up_block_types": ["UpDecoderBlock2D"] * 4,
    },
}
