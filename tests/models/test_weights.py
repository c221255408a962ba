"""Weights in one file or in several, in every floating-point precision; what is not opened is named with what to do."""

import json

import diffusers
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import nn

from course_lib.models.configs import text_settings, unet_settings
from course_lib.models.text_encoder import TextEncoder
from course_lib.models.unet import UNet
from course_lib.models.weights import fill, read_tensors
from tests.models.peers import TEXTS, UNETS, randomise

CPU = torch.device("cpu")
FILE, INDEX = "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.safetensors.index.json"


@pytest.fixture
def unet(tmp_path):
    """A folder with the peer's U-Net in several files."""
    peer = randomise(diffusers.UNet2DConditionModel(**UNETS["one level"]))
    peer.save_pretrained(tmp_path, max_shard_size="20KB")
    assert (tmp_path / INDEX).is_file() and len(list(tmp_path.glob("*.safetensors"))) > 2
    return tmp_path


def filled(kind, settings, folder, dtype=torch.float32):
    with torch.device("meta"):
        empty = kind(**settings)
    return fill(empty, read_tensors(folder), str(folder), CPU, dtype)


def same(ours, theirs):
    theirs = {name.removeprefix("text_model."): tensor for name, tensor in theirs.items()}
    assert ours.keys() <= theirs.keys()
    assert all(torch.equal(tensor, theirs[name]) for name, tensor in ours.items())


def test_several_files_with_an_index(unet):
    ours = filled(UNet, unet_settings(UNETS["one level"]), unet)
    same(ours.state_dict(), diffusers.UNet2DConditionModel.from_pretrained(unet).state_dict())


@pytest.mark.parametrize("variant", [None, "fp16"])
def test_several_files_of_transformers(tmp_path, variant):
    peer = transformers.CLIPTextModel(transformers.CLIPTextConfig(**TEXTS["quick"], bos_token_id=48, eos_token_id=49))
    randomise(peer).save_pretrained(tmp_path, max_shard_size="10KB", variant=variant)
    assert not (tmp_path / "model.safetensors").exists() and len(list(tmp_path.glob("*.safetensors"))) > 2
    same(filled(TextEncoder, text_settings(TEXTS["quick"]), tmp_path).state_dict(), peer.state_dict())


def test_several_files_in_half_precision(tmp_path):
    peer = randomise(diffusers.UNet2DConditionModel(**UNETS["one level"])).half()
    peer.save_pretrained(tmp_path, max_shard_size="10KB", variant="fp16")
    assert len(list(tmp_path.glob("*.safetensors"))) > 2
    same(filled(UNet, unet_settings(UNETS["one level"]), tmp_path, torch.float16).state_dict(), peer.state_dict())


@pytest.mark.parametrize("variant", ["bf16", "non_ema", "ema"])
def test_another_variant_is_named_with_what_to_do(tmp_path, variant):
    for size in ("10GB", "10KB"):
        folder = tmp_path / size
        peer = diffusers.UNet2DConditionModel(**UNETS["one level"])
        peer.save_pretrained(folder, variant=variant, max_shard_size=size)
        with pytest.raises(FileNotFoundError, match=rf"only .*\.{variant}.*Give") as caught:
            read_tensors(folder)
        assert FILE in str(caught.value)


def test_the_plain_file_comes_before_the_variants(unet, tmp_path):
    wanted = {"a": torch.ones(2)}
    folder = tmp_path / "other"
    folder.mkdir()
    save_file({"a": torch.zeros(2)}, folder / "diffusion_pytorch_model.fp16.safetensors")
    save_file({"a": torch.zeros(2)}, folder / "diffusion_pytorch_model.non_ema.safetensors")
    save_file(wanted, folder / FILE)
    assert torch.equal(read_tensors(folder)["a"], wanted["a"])


@pytest.mark.parametrize("whole", ["model.safetensors", FILE])
def test_variants_alone_are_told_under_which_name_they_would_be_opened(tmp_path, whole):
    variant = whole.replace(".safetensors", ".non_ema.safetensors")
    save_file({"a": torch.zeros(2)}, tmp_path / variant)
    with pytest.raises(FileNotFoundError, match=f"has only {variant}; the course opens {whole}, or"):
        read_tensors(tmp_path)


def rewrite(folder, **changes):
    path = folder / INDEX
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


@pytest.mark.parametrize(
    ("spoil", "error", "said"),
    [
        (lambda f: next(f.glob("*-00002-*")).unlink(), FileNotFoundError, "names .*-00002-of-.*, which is missing"),
        (lambda f: save_file({"a": torch.ones(1)}, f / FILE), ValueError, f"must have {FILE} or {INDEX}, not both"),
        (lambda f: rewrite(f, weight_map={}), ValueError, "must have a weight_map, from tensors to files; got {}"),
        (lambda f: rewrite(f, weight_map={"a": 1}), ValueError, "must have a weight_map"),
        (lambda f: rewrite(f, weight_map={"a": "../b.safetensors"}), ValueError, "must name files beside it"),
        (
            lambda f: [save_file({"conv_in.bias": torch.ones(8)}, path) for path in f.glob("*-0000[12]-*")],
            ValueError, "must have one tensor 'conv_in.bias'; .*-00002-of-.* has another one",
        ),
    ],
)  # fmt: skip
def test_what_is_wrong_with_several_files_is_named(unet, spoil, error, said):
    spoil(unet)
    with pytest.raises(error, match=said):
        read_tensors(unet)


def test_one_tensor_under_two_names_is_refused(tmp_path):
    save_file({"final_layer_norm.bias": torch.ones(1), "text_model.final_layer_norm.bias": torch.zeros(1)},
              tmp_path / "model.safetensors")  # fmt: skip
    with pytest.raises(ValueError, match="must have one tensor 'final_layer_norm.bias'"):
        read_tensors(tmp_path)


FLOATS = ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"]


@pytest.mark.parametrize("kind", FLOATS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_every_precision_is_converted_as_diffusers_does(tmp_path, kind, dtype):
    peer = randomise(diffusers.UNet2DConditionModel(**UNETS["one level"]))
    peer.save_pretrained(tmp_path)
    tensors = {name: tensor.to(getattr(torch, kind)) for name, tensor in load_file(tmp_path / FILE).items()}
    save_file(tensors, tmp_path / FILE)
    theirs = diffusers.UNet2DConditionModel.from_pretrained(tmp_path, torch_dtype=dtype)
    ours = filled(UNet, unet_settings(UNETS["one level"]), tmp_path, dtype)
    assert {tensor.dtype for tensor in ours.state_dict().values()} == {dtype}
    same(ours.state_dict(), theirs.state_dict())


def layer(weight, dtype=torch.float32):
    with torch.device("meta"):
        empty = nn.Linear(2, 1, bias=False)
    return fill(empty, {"weight": weight}, "a file", CPU, dtype)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int32", "int64", "bool"])
def test_whole_numbers_are_refused(kind):
    with pytest.raises(
        ValueError, match=f"'weight' must hold floating-point numbers, .*; got {kind}, perhaps quantised"
    ):
        layer(torch.ones(1, 2).to(getattr(torch, kind)))


def test_numbers_that_the_precision_does_not_hold_are_refused():
    weight = torch.tensor([[1e5, 1.0]])
    assert torch.equal(layer(weight).weight, weight)
    with pytest.raises(ValueError, match="'weight' holds numbers that are too large for float16; open .* in float32"):
        layer(weight, torch.float16)
    with pytest.raises(ValueError, match="'weight' holds NaN or infinity"):
        layer(torch.tensor([[float("nan"), 1.0]]).to(torch.float8_e4m3fn), torch.float16)
