"""What a config says is done as diffusers and transformers do it, or refused by name before any weights are read."""

import json
import shutil

import diffusers
import numpy as np
import pytest
import torch
import transformers

from course_lib.models import load, outline
from course_lib.models.configs import (
    STABLE_DIFFUSION_15,
    cfg_scale,
    latent_side,
    noise_table,
    scheduler_class,
    text_settings,
    unet_settings,
    vae_settings,
)  # fmt: skip
from course_lib.models.keys import ANYTHING
from course_lib.models.sources import SHIPPED
from course_lib.models.tables import SCHEDULERS, TEXT_ENCODER, UNET, VAE
from tests.lessons.full_size import CONFIGS, INDEX, SCHEDULER
from tests.models.peers import TEXTS, UNETS, VAES

SMALL = SHIPPED / "small-stable-diffusion"
READERS = {"unet": unet_settings, "vae": vae_settings, "text_encoder": text_settings, "scheduler": noise_table}


@pytest.fixture
def folder(tmp_path):
    """The small model with garbage for weights, so that whoever reads them before all configs is found out."""
    copied = shutil.copytree(SMALL, tmp_path / "model")
    for path in copied.glob("*/*.safetensors"):
        path.write_bytes(b"garbage")
    return copied


def change(folder, file, **changes):
    path = folder / file
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_everything_that_the_peers_write_is_known():
    with torch.device("meta"):
        for config in UNETS.values():
            written = json.loads(diffusers.UNet2DConditionModel(**config).to_json_string())
            assert unet_settings(written) == unet_settings(config)
        for config in VAES.values():
            written = json.loads(diffusers.AutoencoderKL(**config).to_json_string())
            assert vae_settings(written) == vae_settings(config)
    for config in TEXTS.values():
        written = transformers.CLIPTextConfig(**config)
        assert text_settings(written.to_dict()) == text_settings(written.to_diff_dict()) == text_settings(config)
    assert outline(CONFIGS).keys() == outline(STABLE_DIFFUSION_15).keys()
    assert scheduler_class(INDEX) == "PNDMScheduler" and noise_table(SCHEDULER)[1] == "eps"


def test_the_defaults_are_those_of_the_peers():
    with torch.device("meta"):
        for kind, table in ((diffusers.UNet2DConditionModel, UNET), (diffusers.AutoencoderKL, VAE)):
            written = json.loads(kind().to_json_string())
            for name, value in written.items():
                if not name.startswith("_") and name != "sample_size":
                    key = table[name]
                    default = list(key.default) if isinstance(key.default, tuple) else key.default
                    assert key.kind is ANYTHING or default == value, name
    written = transformers.CLIPTextConfig().to_dict()
    for name, key in TEXT_ENCODER.items():
        assert key.kind is ANYTHING or name not in written or key.default in (written[name], None), name


@pytest.mark.parametrize("name", SCHEDULERS)
@pytest.mark.parametrize(
    "config", [{}, {"beta_schedule": "scaled_linear", "beta_end": 0.012, "num_train_timesteps": 500}]
)
def test_the_noise_of_every_scheduler(name, config):
    peer = getattr(diffusers, name)(**config)
    written = json.loads(peer.to_json_string())
    for said in (written, config | {"_class_name": name}):
        table, prediction = noise_table(said)
        np.testing.assert_allclose(table.alphas_cumprod, peer.alphas_cumprod.double(), rtol=2e-4)
        assert prediction == "eps"


def test_model_index_says_whose_defaults_count(tmp_path):
    folder = shutil.copytree(SMALL, tmp_path / "model")
    path = folder / "scheduler" / "scheduler_config.json"
    path.write_text('{"_class_name": "PNDMScheduler", "prediction_type": "v_prediction"}')
    change(folder, "model_index.json", scheduler=["diffusers", "LCMScheduler"])
    theirs = diffusers.DiffusionPipeline.from_pretrained(folder, local_files_only=True).scheduler
    assert type(theirs).__name__ == "LCMScheduler"
    model = load(folder)
    np.testing.assert_allclose(model.table.alphas_cumprod, theirs.alphas_cumprod.double(), rtol=2e-4)


def test_keys_that_open_as_they_do_in_diffusers(tmp_path):
    folder = shutil.copytree(SMALL, tmp_path / "model")
    plain = load(folder)
    pairs = {"cross_attention_dim": [128, 128], "attention_head_dim": [4, 4], "transformer_layers_per_block": [1, 1]}
    change(folder, "unet/config.json", sample_size=[8, 8], _name_or_path="somewhere", use_ema_warmup=True, **pairs)
    (folder / "course.json").write_text("{}")
    (folder / "model_index.json").unlink()
    other = load(folder)
    assert other.size == plain.size == 64 and other.cfg_scale == 7.5 and plain.cfg_scale == 3.0
    x, context = torch.ones(1, 12, 8, 8), torch.ones(1, 24, 128)
    assert torch.equal(plain.unet(x, 5, context), other.unet(x, 5, context))


def test_an_old_config_says_64_where_it_means_64():
    assert latent_side({"sample_size": 32, "_diffusers_version": "0.6.0"}) == 64
    assert latent_side({"sample_size": 32, "_diffusers_version": "0.10.2"}) == 32
    assert latent_side({"sample_size": 96, "_diffusers_version": "0.6.0"}) == 96
    assert latent_side({}) == latent_side({"sample_size": None}) == 64


BETAS = [0.0001 * number for number in range(1000)]
REFUSED = [
    ("unet", {"num_attention_heads": 8}, "must have num_attention_heads = null, the only one there is; got 8"),
    ("unet", {"mid_block_type": "UNetMidBlock2D"}, "must have mid_block_type = one of .*null; got"),
    ("unet", {"down_block_types": ["AttnDownBlock2D"] * 2}, 'must have down_block_types = a list, .*"AttnDown'),
    ("unet", {"down_block_types": ["DownBlock2D"]}, "down_block_types = a list with one entry for each of the 2"),
    ("unet", {"transformer_layers_per_block": [1]}, "transformer_layers_per_block = a list with one entry for each"),
    ("unet", {"transformer_layers_per_block": [[1], [1]]}, "must have transformer_layers_per_block"),
    ("unet", {"reverse_transformer_layers_per_block": [1, 1]}, "must have reverse_transformer_layers_per_block = null"),
    ("unet", {"cross_attention_dim": [128, 64]}, "must have cross_attention_dim = one width"),
    ("unet", {"cross_attention_dim": 64}, "cross_attention_dim = 128, the text encoder's hidden_size; got 64"),
    ("unet", {"sample_size": [8, 16]}, "must have sample_size = a number, or two that are equal; got"),
    ("unet", {"sample_size": 0}, "must have sample_size = a whole number, at least 1"),
    ("unet", {"attention_head_dim": 5}, "must have attention_head_dim = a number that divides the channels"),
    ("unet", {"norm_num_groups": 24}, "must have norm_num_groups = a number that divides the channels"),
    ("unet", {"norm_num_groups": None}, "must have norm_num_groups = a whole number, at least 1; got null"),
    ("unet", {"in_channels": 25}, r"in_channels = 12, .*\(a U-Net for inpainting reads a mask and a picture besides\)"),
    ("unet", {"out_channels": 24}, "must have out_channels = 12, its in_channels; got 24"),
    ("unet", {"freq_shift": 1}, "must have freq_shift = 0, the only one there is; got 1"),
    ("unet", {"class_embed_type": "timestep"}, "must have class_embed_type = null"),
    ("unet", {"num_class_embeds": 10}, "must have num_class_embeds = null"),
    ("unet", {"time_cond_proj_dim": 256}, "must have time_cond_proj_dim = null"),
    ("unet", {"only_cross_attention": [True, False]}, "must have only_cross_attention = false"),
    ("unet", {"resnet_out_scale_factor": 2.0}, "must have resnet_out_scale_factor = 1"),
    ("unet", {"attention_type": "gated"}, 'must have attention_type = "default"'),
    ("unet", {"cross_atention_dim": 768}, 'has the key "cross_atention_dim", .*did you mean "cross_attention_dim"'),
    ("unet", {"quantization_config": {"load_in_8bit": True}}, 'has the key "quantization_config"'),
    ("unet", {"_class_name": "UNet2DModel"}, 'must have _class_name = "UNet2DConditionModel"'),
    ("vae", {"scaling_factor": None}, "must have scaling_factor = a number above 0; got null"),
    ("vae", {"scaling_factor": float("nan")}, "must have scaling_factor = a number above 0; got NaN"),
    ("vae", {"down_block_types": ["DownEncoderBlock2D"]}, "down_block_types = a list with one entry for each of the 4"),
    ("vae", {"in_channels": 4}, "must have in_channels = 3, for red, green and blue; got 4"),
    ("vae", {"latents_mean": [0.1] * 12}, "must have latents_mean = null"),
    ("vae", {"act_fn": "gelu"}, 'the config of vae must have act_fn = "silu"'),
    ("vae", {"_class_name": "AutoencoderTiny"}, 'must have _class_name = "AutoencoderKL"'),
    ("text_encoder", {"hidden_act": "relu"}, 'must have hidden_act = one of "quick_gelu", "gelu"; got "relu"'),
    ("text_encoder", {"hidden_act": "é"}, 'must have hidden_act = one of "quick_gelu", "gelu"; got "é"'),
    ("text_encoder", {"model_type": "clip"}, 'must have model_type = "clip_text_model"'),
    ("text_encoder", {"num_attention_heads": 3}, "must have num_attention_heads = a number that divides"),
    ("text_encoder", {"vocab_size": 1400}, 'vocab_size = 1418 or more, .*token "<|endoftext|>" has the number 1417'),
    ("text_encoder", {"max_position_embeddings": 20}, "must have model_max_length = at most 20, .*; got 24"),
    ("text_encoder", {"layer_norm_eps": None}, "must have layer_norm_eps = a number above 0; got null"),
    ("scheduler", {"_class_name": "EDMEulerScheduler"}, 'must have _class_name = one of .*; got "EDMEulerScheduler"'),
    ("scheduler", {"prediction_type": "flow_prediction"}, "must have prediction_type = one of"),
    ("scheduler", {"use_flow_sigmas": True}, "must have use_flow_sigmas = false"),
    ("scheduler", {"timestep_type": "continuous"}, 'must have timestep_type = "discrete"'),
    ("scheduler", {"trained_betas": BETAS}, r"must have trained_betas = null, .*\.\.\. \([\d,]+ characters\)"),
    ("scheduler", {"rescale_betas_zero_snr": True}, "must have rescale_betas_zero_snr = false"),
    ("scheduler", {"variance_type": "learned_range"}, "must have variance_type = one of"),
    ("scheduler", {"thresholding": True}, "must have thresholding = false"),
    ("scheduler", {"beta_schedule": "wavy"}, "must have beta_schedule = one of"),
    ("scheduler", {"beta_start": None}, "must have beta_start = a number above 0; got null"),
    ("scheduler", {"predict_epsilon": False}, "must have predict_epsilon = true"),
]  # fmt: skip


@pytest.mark.parametrize(("part", "changes", "said"), REFUSED)
def test_what_is_not_built_is_refused_by_name(folder, part, changes, said):
    file = "scheduler_config.json" if part == "scheduler" else "config.json"
    change(folder, f"{part}/{file}", **changes)
    with pytest.raises(ValueError, match=said) as caught:
        load(folder)
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("config", ["their defaults", "its class alone"])
@pytest.mark.parametrize("index", ["names it", "names another", "is not there"])
def test_a_flow_matching_scheduler_is_refused_by_name(folder, config, index):
    name = "FlowMatchEulerDiscreteScheduler"
    diffusers.FlowMatchEulerDiscreteScheduler().save_pretrained(folder / "scheduler")
    if config == "its class alone":
        (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps({"_class_name": name}))
    if index == "names it":
        change(folder, "model_index.json", scheduler=["diffusers", name])
    elif index == "is not there":
        (folder / "model_index.json").unlink()
    with pytest.raises(ValueError, match=f'must have (scheduler|_class_name) = one of .*; got "{name}"'):
        load(folder)


@pytest.mark.parametrize(
    ("file", "changes", "said"),
    [
        ("model_index.json", {"unet": ["diffusers", "UNet2DModel"]}, 'must have unet = "UNet2DConditionModel"'),
        ("model_index.json", {"text_encoder_2": ["transformers", "CLIPTextModel"]}, 'has the key "text_encoder_2"'),
        ("model_index.json", {"tokenizer": [None, None]}, 'must have tokenizer = one of .*; got null'),
        ("course.json", {"cfg_scale": None}, "course.json must have cfg_scale = a number, at least 0; got null"),
        ("course.json", {"cfg_scale": float("inf")}, "must have cfg_scale = a number, at least 0; got Infinity"),
        ("course.json", {"words": "a panda"}, "must have words = a list, each entry a text; got .a panda."),
        ("course.json", {"words": [5]}, "must have words = a list, each entry a text"),
        ("course.json", {"cfg-scale": 3}, 'has the key "cfg-scale", .*did you mean "cfg_scale"'),
        ("tokenizer/tokenizer_config.json", {"model_max_length": 200}, "model_max_length = at most 24, .*; got 200"),
    ],
)  # fmt: skip
def test_what_does_not_fit_beside_the_networks_is_refused_by_name(folder, file, changes, said):
    change(folder, file, **changes)
    with pytest.raises(ValueError, match=said):
        load(folder)


@pytest.mark.parametrize("limit", [None, 1e30])
def test_a_length_that_is_not_said_is_the_text_encoders(tmp_path, limit):
    folder = shutil.copytree(SMALL, tmp_path / "model")
    change(folder, "tokenizer/tokenizer_config.json", model_max_length=limit)
    assert load(folder).tokenizer.length == 24


def test_parts_that_a_model_does_not_have_may_stand_in_the_index():
    assert scheduler_class({"text_encoder_2": [None, None], "requires_safety_checker": True}) is None
    assert cfg_scale({}) == 7.5
