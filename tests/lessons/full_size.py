"""A folder like that of Stable Diffusion 1.5, as a download of the half-precision files leaves it; random weights."""

import json
from pathlib import Path

import torch
import transformers
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from safetensors.torch import save_file

from course_lib.models import outline
from course_lib.models.tokenizer import BEGIN, END, END_OF_WORD, byte_letters

CONFIGS = {
    "text_encoder": {
        "architectures": ["CLIPTextModel"], "model_type": "clip_text_model", "hidden_act": "quick_gelu",
        "hidden_size": 768, "intermediate_size": 3072, "num_attention_heads": 12, "num_hidden_layers": 12,
        "max_position_embeddings": 77, "vocab_size": 49408, "projection_dim": 768, "bos_token_id": 0, "eos_token_id": 2,
        "pad_token_id": 1, "layer_norm_eps": 1e-5,
    },
    "unet": {
        "_class_name": "UNet2DConditionModel", "act_fn": "silu", "attention_head_dim": 8,
        "block_out_channels": [320, 640, 1280, 1280], "center_input_sample": False, "cross_attention_dim": 768,
        "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"], "downsample_padding": 1,
        "flip_sin_to_cos": True, "freq_shift": 0, "in_channels": 4, "layers_per_block": 2, "mid_block_scale_factor": 1,
        "norm_eps": 1e-5, "norm_num_groups": 32, "out_channels": 4, "sample_size": 64,
        "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
    },
    "vae": {
        "_class_name": "AutoencoderKL", "act_fn": "silu", "block_out_channels": [128, 256, 512, 512],
        "down_block_types": ["DownEncoderBlock2D"] * 4, "in_channels": 3, "latent_channels": 4, "layers_per_block": 2,
        "norm_num_groups": 32, "out_channels": 3, "sample_size": 512, "up_block_types": ["UpDecoderBlock2D"] * 4,
    },
}  # fmt: skip
# The same layout with few channels: everything runs in seconds.
FEW = {
    "text_encoder": {"hidden_size": 24, "intermediate_size": 48, "num_attention_heads": 2, "num_hidden_layers": 1},
    "unet": {"block_out_channels": [8, 16, 16, 16], "norm_num_groups": 4, "attention_head_dim": 2,
             "cross_attention_dim": 24},
    "vae": {"block_out_channels": [8, 8, 8, 8], "norm_num_groups": 4, "layers_per_block": 1},
}  # fmt: skip
SCHEDULER = {
    "_class_name": "PNDMScheduler", "beta_end": 0.012, "beta_schedule": "scaled_linear", "beta_start": 0.00085,
    "clip_sample": False, "num_train_timesteps": 1000, "set_alpha_to_one": False, "skip_prk_steps": True,
    "steps_offset": 1, "trained_betas": None,
}  # fmt: skip
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.6.0",
    "feature_extractor": ["transformers", "CLIPImageProcessor"],
    "safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}
FILES = {
    "text_encoder": "model.fp16.safetensors",
    "unet": "diffusion_pytorch_model.fp16.safetensors",
    "vae": "diffusion_pytorch_model.fp16.safetensors",
}


def write(folder: Path, *, tiny: bool = False, objecting: bool = False) -> Path:
    """Write the folder: full-size networks, 2.1 GB, or tiny ones; a tokenizer of letters; a small safety checker.

    objecting : whether the checker objects to every picture, or to none.
    """
    block = torch.rand(2**22, generator=torch.Generator().manual_seed(0)).sub(0.5).half()
    configs = {name: config | (FEW[name] if tiny else {}) for name, config in CONFIGS.items()}
    for name, network in outline(configs).items():
        tensors = {
            ("text_model." if name == "text_encoder" else "") + key: _numbers(key, empty.shape, block)
            for key, empty in network.state_dict().items()
        }
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(configs[name]))
        save_file(tensors, folder / name / FILES[name], metadata={"format": "pt"})
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(SCHEDULER))
    (folder / "model_index.json").write_text(json.dumps(INDEX))
    letters = list(byte_letters().values())
    words = [*letters, *(letter + END_OF_WORD for letter in letters), BEGIN, END]
    vocabulary = {word: number for number, word in enumerate(words)}
    transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=77).save_pretrained(folder / "tokenizer")
    transformers.CLIPImageProcessor().save_pretrained(folder / "feature_extractor")
    _checker(folder / "safety_checker", threshold=-1.1 if objecting else 1.1)  # a cosine lies between
    return folder


def _numbers(name: str, shape: torch.Size, block: torch.Tensor) -> torch.Tensor:
    """Random numbers as networks begin with: norms near 1, the rest the smaller the more are added up."""
    around = 1.0 if "norm" in name and name.endswith("weight") else 0.0
    width = 1 / max(1, shape[1:].numel() if len(shape) > 1 else 4) ** 0.5
    count = shape.numel()
    return block.repeat(-(-count // len(block)))[:count].mul(width).add(around).reshape(shape)


def _checker(folder: Path, threshold: float) -> None:
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    vision = sizes | {"image_size": 224, "patch_size": 32, "projection_dim": 16}
    checker = StableDiffusionSafetyChecker(transformers.CLIPConfig(vision_config=vision, projection_dim=16))
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in checker.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator))
        checker.concept_embeds_weights.fill_(threshold)
        checker.special_care_embeds_weights.fill_(1.1)
    checker.half().save_pretrained(folder, variant="fp16")
