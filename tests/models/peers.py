"""The networks of diffusers and transformers with random weights, and ours with the same ones."""

import torch

from course_lib.models.configs import text_settings, unet_settings, vae_settings
from course_lib.models.text_encoder import TextEncoder
from course_lib.models.unet import UNet
from course_lib.models.vae import VAE
from course_lib.models.weights import our_name

UNETS = {
    "three levels": {
        "block_out_channels": [8, 16, 24],
        "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "UpBlock2D", "CrossAttnUpBlock2D"],
        "layers_per_block": 2,
        "attention_head_dim": [2, 4, 2],
        "cross_attention_dim": 6,
        "norm_num_groups": 4,
    },
    "linear, two deep": {
        "in_channels": 3,
        "out_channels": 5,
        "block_out_channels": [8, 16],
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
        "layers_per_block": [1, 2],
        "attention_head_dim": 4,
        "cross_attention_dim": 7,
        "norm_num_groups": 8,
        "norm_eps": 1e-6,
        "transformer_layers_per_block": 2,
        "use_linear_projection": True,
    },
    "no middle, some heads that fit no channels": {
        "block_out_channels": [8, 16],
        "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
        "mid_block_type": None,
        "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
        "layers_per_block": 1,
        "attention_head_dim": [2, 3],
        "cross_attention_dim": [6, 6],
        "norm_num_groups": 4,
    },
    "as deep as each level says": {
        "block_out_channels": [8, 16],
        "down_block_types": ["CrossAttnDownBlock2D"] * 2,
        "up_block_types": ["CrossAttnUpBlock2D"] * 2,
        "layers_per_block": 1,
        "attention_head_dim": 2,
        "cross_attention_dim": 6,
        "norm_num_groups": 4,
        "transformer_layers_per_block": [1, 3],
        "only_cross_attention": [False, False],
        "upcast_attention": True,
        "dropout": 0.3,
    },
    "one level": {
        "block_out_channels": [8],
        "down_block_types": ["CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D"],
        "layers_per_block": 3,
        "attention_head_dim": 1,
        "cross_attention_dim": 4,
        "norm_num_groups": 2,
    },
}
VAES = {
    "three levels": {"block_out_channels": [8, 16, 24], "layers_per_block": 1, "norm_num_groups": 4},
    "small model": {"block_out_channels": [16, 32, 64, 96], "norm_num_groups": 8, "latent_channels": 12},
    "bare": {
        "block_out_channels": [4, 8],
        "layers_per_block": 2,
        "norm_num_groups": 2,
        "mid_block_add_attention": False,
        "use_quant_conv": False,
        "use_post_quant_conv": False,
    },
}
for config in VAES.values():
    config["down_block_types"] = ["DownEncoderBlock2D"] * len(config["block_out_channels"])
    config["up_block_types"] = ["UpDecoderBlock2D"] * len(config["block_out_channels"])
TEXTS = {
    "quick": {"num_hidden_layers": 3, "num_attention_heads": 4, "hidden_act": "quick_gelu"},
    "exact": {"num_hidden_layers": 1, "num_attention_heads": 2, "hidden_act": "gelu", "layer_norm_eps": 1e-6},
}
for config in TEXTS.values():
    config |= {"vocab_size": 50, "hidden_size": 24, "intermediate_size": 40, "max_position_embeddings": 9}


def randomise(network, seed=0):
    """Fill every parameter, those that begin as 0 too, so that no mistake can hide behind a zero."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            scale = 0.3 / max(1, parameter[0].numel()) ** 0.5 if parameter.ndim > 1 else 0.3
            parameter.copy_((1 if "norm" in name and name.endswith("weight") else 0) + scale * noise)
    return network.eval()


def pair(kind, config, dtype=torch.float64, seed=0):
    """The peer and ours, with shared random weights."""
    import diffusers
    import transformers

    peer, ours = {
        "unet": (lambda: diffusers.UNet2DConditionModel(**config), lambda: UNet(**unet_settings(config))),
        "vae": (lambda: diffusers.AutoencoderKL(**config), lambda: VAE(**vae_settings(config))),
        "text": (
            lambda: transformers.CLIPTextModel(transformers.CLIPTextConfig(**config, bos_token_id=48, eos_token_id=49)),
            lambda: TextEncoder(**text_settings(config)),
        ),
    }[kind]
    peer, ours = randomise(peer().to(dtype), seed), ours().to(dtype).eval()
    state = {our_name(name): value for name, value in peer.state_dict().items() if our_name(name)}
    ours.load_state_dict(state)
    return peer.requires_grad_(False), ours.requires_grad_(False)


def relative(ours, theirs):
    """The largest difference as a part of the largest number."""
    return ((ours - theirs).abs().max() / theirs.abs().max()).item()
