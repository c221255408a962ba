"""Weights from files: safetensors only, memory-mapped, under the names that our networks have."""

from __future__ import annotations

import re
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from course_lib import files
from course_lib.models.keys import shown

# The files that are opened, the first that is there: one with all weights, or else the index of several.
FILES = {
    f"{stem}{kind}.safetensors": f"{stem}.safetensors.index{kind}.json"
    for stem in ("diffusion_pytorch_model", "model")
    for kind in ("", ".fp16")
}
FLOATS = {torch.float64, torch.float32, torch.float16, torch.bfloat16}
# One byte a number: some files are smaller that way.
FLOATS |= {torch.float8_e4m3fn, torch.float8_e4m3fnuz, torch.float8_e5m2, torch.float8_e5m2fnuz}
# The older spellings that real files have, and ours. A name that becomes empty is left out.
ALIASES = (
    (re.compile(r"^text_model\."), ""),
    (re.compile(r"^embeddings\.position_ids$"), None),
    (re.compile(r"(mid_block\.attentions\.0)\.query\."), r"\1.to_q."),
    (re.compile(r"(mid_block\.attentions\.0)\.key\."), r"\1.to_k."),
    (re.compile(r"(mid_block\.attentions\.0)\.value\."), r"\1.to_v."),
    (re.compile(r"(mid_block\.attentions\.0)\.proj_attn\."), r"\1.to_out.0."),
)


def read_json(path: Path) -> dict:
    """A config file. Raises FileNotFoundError where there is none, ValueError where it cannot be read.

    Example:

    >>> read_json(Path("nowhere/config.json"))
    Traceback (most recent call last):
    FileNotFoundError: nowhere/config.json is missing: this is not, or not all of, a model in the diffusers layout
    """
    return files.read_json(path, "this is not, or not all of, a model in the diffusers layout")


def read_tensors(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of one network's folder, under our names, memory-mapped; of one file, or of all that an index names.

    Raises FileNotFoundError where there is no safetensors file that is opened (a pickle is not: it may run any code),
    ValueError for a file that is cut off or damaged, and for two tensors of one name.

    Example:

    >>> read_tensors(Path("nowhere"))
    Traceback (most recent call last):
    FileNotFoundError: nowhere has no safetensors file; looked for diffusion_pytorch_model.safetensors and others
    """
    path = weights_file(folder)
    tensors = {}
    for shard in _shards(path) if path.suffix == ".json" else [path]:
        for old, tensor in _tensors_of(shard).items():
            name = our_name(old)
            if name in tensors:
                raise ValueError(f"{folder} must have one tensor {name!r}; {shard.name} has another one, as {old!r}")
            if name is not None:
                tensors[name] = tensor
    return tensors


def weights_file(folder: Path) -> Path:
    """The file of a network's weights, or the index of several.

    Raises FileNotFoundError where there is none that is opened, ValueError where there are both.

    Example: see `read_tensors`.

    >>> from course_lib.models.sources import SHIPPED
    >>> weights_file(SHIPPED / "small-stable-diffusion" / "unet").name
    'diffusion_pytorch_model.safetensors'
    """
    for names in FILES.items():
        found = [folder / name for name in names if (folder / name).is_file()]
        if len(found) == 2:
            raise ValueError(f"{folder} must have {' or '.join(names)}, not both: move one of them away")
        if found:
            return found[0]
    variants = sorted(file.name for file in folder.glob("*.safetensors"))
    if variants:
        whole = "model.safetensors" if variants[0].startswith("model") else "diffusion_pytorch_model.safetensors"
        raise FileNotFoundError(
            f"{folder} has only {', '.join(variants)}; the course opens {whole}, or its fp16 variant. Give the file "
            f"that you want this name, or the index of several files the name {FILES[whole]}"
        )
    pickles = sorted(file.name for ending in ("*.bin", "*.ckpt", "*.pt", "*.pth") for file in folder.glob(ending))
    if pickles:
        raise FileNotFoundError(
            f"{folder} has no safetensors file, only {', '.join(pickles)}. That is a pickle: opening one can run "
            "any program that is hidden in it, so the course does not. Get the model as safetensors"
        )
    raise FileNotFoundError(f"{folder} has no safetensors file; looked for {next(iter(FILES))} and others")


def _shards(index: Path) -> list[Path]:
    """The files that an index names, all of them there."""
    places = read_json(index).get("weight_map")
    if not isinstance(places, dict) or not places or not all(isinstance(place, str) for place in places.values()):
        raise ValueError(f"{index} must have a weight_map, from tensors to files; got {shown(places)}")
    shards = [index.parent / place for place in sorted(set(places.values()))]
    elsewhere = [shard for shard in shards if shard.parent != index.parent or shard.suffix != ".safetensors"]
    if elsewhere:
        raise ValueError(f"{index} must name files beside it, safetensors all; it names {elsewhere[0]}")
    missing = [shard.name for shard in shards if not shard.is_file()]
    if missing:
        raise FileNotFoundError(f"{index} names {', '.join(missing)}, which is missing: fetch the model again")
    return shards


def _tensors_of(path: Path) -> dict[str, torch.Tensor]:
    try:
        return load_file(path)
    except (SafetensorError, OSError) as error:
        size = path.stat().st_size
        raise ValueError(
            f"{path} ({size:,} bytes) cannot be read, perhaps its download was cut off: delete it and fetch it again. "
            f"({error})"
        ) from error


def our_name(name: str) -> str | None:
    """The name that our networks have for a tensor of a file; None for what they do not need.

    Example:

    >>> our_name("text_model.final_layer_norm.bias"), our_name("encoder.mid_block.attentions.0.query.weight")
    ('final_layer_norm.bias', 'encoder.mid_block.attentions.0.to_q.weight')
    """
    for pattern, replacement in ALIASES:
        if pattern.search(name):
            if replacement is None:
                return None
            name = pattern.sub(replacement, name)
    return name


def fill(network: nn.Module, tensors: dict[str, torch.Tensor], where: str, device: torch.device, dtype: torch.dtype):
    """Put tensors, each of any shape (...), into a network that was made on the meta device; returns it, for use.

    Raises ValueError, naming the tensor, where one is missing, superfluous, misshapen, holds whole numbers (quantised
    weights, which mean nothing without their scales), NaN or infinity, or numbers that are too large for the dtype.

    Example:

    >>> with torch.device("meta"):
    ...     layer = nn.Linear(2, 1)
    >>> tensors = {"weight": torch.ones(1, 2), "bias": torch.zeros(1)}
    >>> fill(layer, tensors, "a file", torch.device("cpu"), torch.float32)(torch.ones(1, 2))
    tensor([[2.]])
    """
    wanted = network.state_dict()
    missing, extra = sorted(wanted.keys() - tensors.keys()), sorted(tensors.keys() - wanted.keys())
    for problem, names in (("lacks", missing), ("has, beyond what is wanted,", extra)):
        if names:
            others = f" and {len(names) - 1} others" if len(names) > 1 else ""
            raise ValueError(f"{where} {problem} the tensor {names[0]!r}{others}")
    placed = {}
    for name, tensor in tensors.items():
        shape = wanted[name].shape
        if tensor.shape != shape:
            if tensor.ndim == 4 and len(shape) == 2 and tensor.shape[2:] == (1, 1) and tensor.shape[:2] == shape:
                tensor = tensor[:, :, 0, 0]  # older files hold the VAE's attention as 1 x 1 convolutions
            else:
                raise ValueError(f"{where}: the tensor {name!r} must be {tuple(shape)}; got {tuple(tensor.shape)}")
        placed[name] = _converted(tensor, f"{where}: the tensor {name!r}", dtype).to(device)
    network.load_state_dict(placed, assign=True)
    return network.eval().requires_grad_(False)


def _converted(tensor: torch.Tensor, what: str, dtype: torch.dtype) -> torch.Tensor:
    if tensor.dtype not in FLOATS:
        kind, wanted = (str(kind).removeprefix("torch.") for kind in (tensor.dtype, torch.float32))
        raise ValueError(f"{what} must hold floating-point numbers, such as {wanted}; got {kind}, perhaps quantised")
    converted = tensor.to(dtype)
    if all_finite(converted):
        return converted
    if all_finite(tensor.to(torch.float64)):
        kind = str(dtype).removeprefix("torch.")
        raise ValueError(f"{what} holds numbers that are too large for {kind}; open the model in float32")
    raise ValueError(f"{what} holds NaN or infinity; fetch the file again")


def all_finite(tensor: torch.Tensor) -> bool:
    """Whether all numbers of a tensor (...) are finite.

    A finite sum, which is found fastest, has finite parts. Finite parts may have a sum that is too large: so then the
    smallest and the largest number are asked.

    Example:

    >>> all_finite(torch.tensor([1.0, torch.nan])), all_finite(torch.ones(2))
    (False, True)
    """
    if tensor.sum().isfinite():
        return True
    return bool(torch.stack(tensor.aminmax()).isfinite().all())
