"""A folder in the diffusers layout is opened whole, and what is wrong with one is named."""

import errno
import json
import shutil

import diffusers
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file

from course_lib.models import load, sources
from course_lib.models.tokenizer import BEGIN, END
from course_lib.samplers import sample
from course_lib.schedulers import make_sigmas
from tests.models.peers import TEXTS, UNETS, VAES, randomise, relative

UNET_FILE = "unet/diffusion_pytorch_model.safetensors"
WORDS = [BEGIN, END, "a</w>", *"abcdehrt", "red</w>"]


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """A tiny Stable Diffusion with random weights, saved by diffusers."""
    folder = tmp_path_factory.mktemp("model")
    vocabulary = {word: number for number, word in enumerate(WORDS)}
    text = TEXTS["quick"] | {"hidden_size": 24, "bos_token_id": 0, "eos_token_id": 1}
    pipeline = diffusers.StableDiffusionPipeline(
        unet=randomise(diffusers.UNet2DConditionModel(**UNETS["three levels"] | {"cross_attention_dim": 24})),
        vae=randomise(diffusers.AutoencoderKL(**VAES["three levels"]), seed=1),
        text_encoder=randomise(transformers.CLIPTextModel(transformers.CLIPTextConfig(**text)), seed=2),
        tokenizer=transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=9),
        scheduler=diffusers.EulerDiscreteScheduler(
            beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, prediction_type="v_prediction"
        ),
        safety_checker=None,
        feature_extractor=None,
    )
    pipeline.save_pretrained(folder)
    return folder


@pytest.fixture
def copy(saved, tmp_path):
    return shutil.copytree(saved, tmp_path / "model")


def test_it_is_what_diffusers_opens(saved):
    peer = diffusers.StableDiffusionPipeline.from_pretrained(saved, local_files_only=True, safety_checker=None)
    ours = load(saved)
    tokens = ours.tokenizer(["a red h"])
    theirs = peer.tokenizer(["a red h"], padding="max_length", return_tensors="pt").input_ids
    assert torch.equal(tokens, theirs)
    states = ours.text_encoder(tokens)
    assert relative(states, peer.text_encoder(theirs).last_hidden_state) < 1e-5
    assert torch.equal(states, ours.encode_text(["a red h"]))
    x = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    assert relative(ours.unet(x, 7, states), peer.unet(x, 7, states).sample) < 2e-4
    image = torch.randn(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert relative(ours.vae.encode(image)[0], peer.vae.encode(image).latent_dist.mean) < 2e-4
    assert ours.prediction == "v" and ours.latent_scale == 0.18215 and ours.cfg_scale == 7.5
    assert ours.table.sigma_max == pytest.approx(14.6146, abs=1e-4)
    assert not any(parameter.requires_grad for parameter in ours.unet.parameters())


def test_its_denoiser_takes_the_steps_of_diffusers(saved):
    """Euler on the same explicit levels from the same state: the same latent."""
    peer = diffusers.StableDiffusionPipeline.from_pretrained(saved, local_files_only=True, safety_checker=None)
    ours = load(saved)
    sigmas = make_sigmas("normal", 5, ours.table)
    states = ours.encode_text(["a red h"])
    x = sigmas[0] * torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    mine = sample("euler", ours.denoiser(states), x.float(), sigmas)
    peer.scheduler.set_timesteps(sigmas=sigmas.tolist())  # the 0 included: it is not appended here
    theirs = x.float()
    for t in peer.scheduler.timesteps:
        scaled = peer.scheduler.scale_model_input(theirs, t)
        theirs = peer.scheduler.step(peer.unet(scaled, t, states).sample, t, theirs).prev_sample
    # Their timestep for a level is a float32; ours is exact. The network sees a little of it.
    assert relative(mine, theirs) < 1e-3


def test_every_precision(saved):
    model = load(saved, dtype=torch.float64)
    assert model.dtype == torch.float64 and model.device.type == "cpu"
    denoised = model.denoiser(model.encode_text(["a"]))(torch.ones(2, 4, 8, 8), torch.tensor(3.0))
    assert denoised.dtype == torch.float32 and denoised.shape == (2, 4, 8, 8)


def test_outside_the_table_the_nearest_timestep_is_told(saved):
    model = load(saved)
    denoise = model.denoiser(model.encode_text(["a"]))
    assert denoise(torch.ones(1, 4, 8, 8), torch.tensor(100.0)).isfinite().all()
    assert denoise(torch.ones(1, 4, 8, 8), torch.tensor(1e-3)).isfinite().all()


@pytest.mark.parametrize("name", ["ttm", "dpmpp_2m", "res_momentumized", "supreme"])
def test_samplers_run_on_it(saved, name):
    model = load(saved)
    denoise = model.denoiser(model.encode_text(["a red h"]))
    sigmas = make_sigmas("karras", 3, model.table)
    x = sigmas[0].item() * torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    assert sample(name, denoise, x, sigmas, generator=torch.Generator().manual_seed(0)).isfinite().all()


def test_the_guidance_that_suits_it_stands_beside_it(copy):
    (copy / "course.json").write_text('{"cfg_scale": 3.5}')
    assert load(copy).cfg_scale == 3.5


def test_half_precision_files(copy):
    for part in ("unet", "vae"):
        path = copy / part / "diffusion_pytorch_model.safetensors"
        half = {name: tensor.half() for name, tensor in load_file(path).items()}
        save_file(half, path.with_name("diffusion_pytorch_model.fp16.safetensors"))
        path.unlink()
    assert load(copy).dtype == torch.float32


def test_older_spellings(copy):
    """The names that files of 2022 have: `query`, `proj_attn`, a prefix, position_ids; attention as convolutions."""
    expected = load(copy)
    path = copy / "vae" / "diffusion_pytorch_model.safetensors"
    old = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    tensors = {}
    for name, tensor in load_file(path).items():
        for new, older in old.items():
            if f"mid_block.attentions.0.{new}." in name:
                name = name.replace(f".{new}.", f".{older}.")
                tensor = tensor[:, :, None, None] if tensor.ndim == 2 else tensor
        tensors[name] = tensor.contiguous()
    save_file(tensors, path)
    path = copy / "text_encoder" / "model.safetensors"
    tensors = {f"text_model.{name.removeprefix('text_model.')}": tensor for name, tensor in load_file(path).items()}
    save_file(tensors | {"text_model.embeddings.position_ids": torch.arange(9)[None]}, path)
    found = load(copy)
    for part in ("vae", "text_encoder"):
        ours, wanted = getattr(found, part).state_dict(), getattr(expected, part).state_dict()
        assert ours.keys() == wanted.keys() and all(torch.equal(ours[name], wanted[name]) for name in ours)


def spoil_tensors(folder, change):
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


def spoil_config(folder, part="unet", **changes):
    path = folder / part / ("scheduler_config.json" if part == "scheduler" else "config.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def cut(folder):
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def only_a_pickle(folder):
    path = folder / "unet" / "diffusion_pytorch_model.safetensors"
    path.rename(path.with_suffix(".bin"))


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda f: shutil.rmtree(f / "vae"), FileNotFoundError, "it lacks vae"),
        (lambda f: (f / "unet" / "config.json").unlink(), FileNotFoundError, "config.json is missing"),
        (lambda f: (f / "unet" / "config.json").write_text("{"), ValueError, "must be a JSON file"),
        (only_a_pickle, FileNotFoundError, "only diffusion_pytorch_model.bin. That is a pickle"),
        (lambda f: (f / UNET_FILE).unlink(), FileNotFoundError, "no safetensors file"),
        (cut, ValueError, r"\(5,000 bytes\) cannot be read, perhaps its download was cut off"),
        (lambda f: spoil_tensors(f, lambda t: t.pop("conv_in.bias")), ValueError, "lacks the tensor 'conv_in.bias'"),
        (lambda f: spoil_tensors(f, lambda t: t.update(new=torch.ones(1))), ValueError, "wanted, the tensor 'new'"),
        (
            lambda f: spoil_tensors(f, lambda t: t.update({"conv_in.bias": torch.ones(3)})),
            ValueError, r"'conv_in.bias' must be \(8,\); got \(3,\)",
        ),
        (
            lambda f: spoil_tensors(f, lambda t: t["conv_in.bias"].fill_(float("nan"))),
            ValueError, "'conv_in.bias' holds NaN or infinity",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(copy, spoil, error, said):
    spoil(copy)
    with pytest.raises(error, match=said):
        load(copy)


def test_a_folder_that_is_not_there_and_names():
    with pytest.raises(FileNotFoundError, match="nowhere is not a folder, nor a name: small-stable-diffusion, stable"):
        load("nowhere")
    with pytest.raises(ValueError, match="unknown model 'stable-difusion-1.5'; did you mean stable-diffusion-1.5"):
        sources.find("stable-difusion-1.5")


def test_a_folder_of_ones_own_comes_first(saved, tmp_path, monkeypatch):
    shutil.copytree(saved, tmp_path / "stable-diffusion-1.5")
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path))
    assert sources.find("stable-diffusion-1.5") == tmp_path / "stable-diffusion-1.5"
    assert load("stable-diffusion-1.5").unet.in_channels == 4


def test_without_a_network_every_place_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(FileNotFoundError) as caught:
        load("stable-diffusion-1.5")
    said = str(caught.value)
    places = ["data/weights/stable-diffusion-1.5: not there", "stable-diffusion-v1-5/stable", "benjamin-paine"]
    for piece in [*places, "Tried:", "COURSE_MODELS", "small-stable-diffusion"]:
        assert piece in said


def test_a_download_says_how_much_first(monkeypatch, tmp_path, capsys, saved):
    asked = []

    def snapshot_download(hub_id, *, allow_patterns, local_files_only):
        asked.append((hub_id, local_files_only))
        if local_files_only or "fp16" in allow_patterns[0]:
            from huggingface_hub.errors import LocalEntryNotFoundError

            raise LocalEntryNotFoundError("not there")
        return str(saved)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    assert sources.find("stable-diffusion-1.4") == saved
    assert asked == [("CompVis/stable-diffusion-v1-4", local) for local in (True, True, False, False)]
    said = capsys.readouterr().out
    assert said.startswith(
        "Fetching Stable Diffusion 1.4 from CompVis/stable-diffusion-v1-4: about 2.1 GB, once (4.2 GB "
    )
    assert said.count("Fetching") == 1 and "Open RAIL-M" in said, "once for each place"


def test_a_full_disk_while_fetching_is_said_and_nothing_half_fetched_stays(monkeypatch, tmp_path):
    blobs = tmp_path / "models--CompVis--stable-diffusion-v1-4" / "blobs"
    blobs.mkdir(parents=True)

    def snapshot_download(hub_id, *, allow_patterns, local_files_only):
        from huggingface_hub.errors import LocalEntryNotFoundError

        if local_files_only:
            raise LocalEntryNotFoundError("not there")
        (blobs / "whole").write_bytes(b"w")
        (blobs / "half.incomplete").write_bytes(b"h")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv("HF_HUB_OFFLINE")
    with pytest.raises(OSError, match=r"the disk is full: .* takes about 2.1 GB in all.*HF_HOME"):
        sources.find("stable-diffusion-1.4")
    assert [path.name for path in blobs.iterdir()] == ["whole"]


def test_an_error_of_the_hub_without_a_number_is_told_as_it_is(monkeypatch):
    def snapshot_download(hub_id, *, allow_patterns, local_files_only):
        raise ValueError("the hub says no\nmore lines")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    with pytest.raises(FileNotFoundError, match="the hub says no"):
        sources.find("stable-diffusion-1.4")


@pytest.mark.parametrize("variable", ["HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"])
@pytest.mark.parametrize("yes", ["1", "true", "YES", "On"])
def test_offline_nothing_is_announced_or_asked_of_the_hub(monkeypatch, capsys, variable, yes):
    def snapshot_download(hub_id, *, allow_patterns, local_files_only):
        from huggingface_hub.errors import LocalEntryNotFoundError

        assert local_files_only
        raise LocalEntryNotFoundError("not there")

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv(variable, yes)
    with pytest.raises(FileNotFoundError, match="could not be found"):
        sources.find("stable-diffusion-1.4")
    assert capsys.readouterr().out == ""


def test_what_is_no_folder_and_no_device_is_refused(saved):
    with pytest.raises(ValueError, match="folder must be a path or a name: .*; got 5"):
        load(5)
    with pytest.raises(ValueError, match="device must be cpu, cuda or mps, .*; got 'gpu'"):
        load(saved, "gpu")
    for device in ("cuda:99", "cpu:7"):
        with pytest.raises(ValueError, match=f"device must be one of this machine; got {device}"):
            load(saved, device)


def test_where_a_file_is_damaged_nothing_of_the_others_is_held(copy, monkeypatch):
    from course_lib.models import model

    made = []
    outline = lambda configs: made.append(model_outline(configs)) or made[-1]  # noqa: E731
    model_outline = model.outline
    monkeypatch.setattr(model, "outline", outline)
    assert list(load(copy).networks) == list(made[0]), "read in this order"
    last = list(made[0])[-1]
    (copy / last).glob("*.safetensors").__next__().write_bytes(b"cut off")
    with pytest.raises(ValueError, match="cannot be read"):
        load(copy)
    assert all(weight.is_meta for network in made[1].values() for weight in network.parameters())


def test_what_it_is_given_goes_to_its_device(saved):
    """On the meta device, which has no numbers: what came from the CPU would be refused beside them."""
    model = load(saved)
    states = model.encode_text(["a red h"])
    for network in model.networks.values():
        network.to("meta")
    assert model.encode_text(["a red h"]).is_meta
    denoised = model.denoiser(states)(torch.ones(1, 4, 8, 8, device="meta"), torch.tensor(1.0))
    assert denoised.is_meta and denoised.shape == (1, 4, 8, 8)
    assert model.decode(torch.ones(1, 4, 8, 8)).is_meta and model.encode(torch.ones(1, 3, 16, 16)).is_meta
