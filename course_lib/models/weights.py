"""Weights from files: safetensors only, memory-mapped, under the names that our networks have."""

from __future__ import annotations

import json
import re
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

FILES = (
    "diffusion_pytorch_model.safetensors",
    "diffusion_pytorch_model.fp16.safetensors",
    "model.safetensors",
    "model.fp16.safetensors",
)
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
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: this is not, or not all of, a model in the diffusers layout")
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} must be a JSON file; it cannot be read: {error}") from error
    if not isinstance(found, dict):
        raise ValueError(f"{path} must hold a JSON object; it holds a {type(found).__name__}")
    return found


def read_tensors(folder: Path) -> dict[str, torch.Tensor]:
    """The tensors of one network's folder, under our names, memory-mapped.

    Raises FileNotFoundError where there is no safetensors file (a pickle is not opened: it may run any code),
    ValueError for a file that is cut off or damaged.

    Example:

    >>> read_tensors(Path("nowhere"))
    Traceback (most recent call last):
    FileNotFoundError: nowhere has no safetensors file; looked for diffusion_pytorch_model.safetensors and three others
    """
    path = next((folder / name for name in FILES if (folder / name).is_file()), None)
    if path is None:
        pickles = sorted(file.name for ending in ("*.bin", "*.ckpt", "*.pt", "*.pth") for file in folder.glob(ending))
        if pickles:
            raise FileNotFoundError(
                f"{folder} has no safetensors file, only {', '.join(pickles)}. That is a pickle: opening one can run "
                "any program that is hidden in it, so the course does not. Get the model as safetensors"
            )
        raise FileNotFoundError(f"{folder} has no safetensors file; looked for {FILES[0]} and three others")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError) as error:
        size = path.stat().st_size
        raise ValueError(
            f"{path} ({size:,} bytes) cannot be read, perhaps its download was cut off: delete it and fetch it again. "
            f"({error})"
        ) from error
    return {name: tensor for old, tensor in tensors.items() if (name := our_name(old)) is not None}


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

    Raises ValueError, naming the tensor, where one is missing, superfluous, misshapen, or holds NaN or infinity.

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
        if not bool(tensor.isfinite().all()):
            raise ValueError(f"{where}: the tensor {name!r} holds NaN or infinity; fetch the file again")
        placed[name] = tensor.to(device=device, dtype=dtype)
    network.load_state_dict(placed, assign=True)
    return network.eval().requires_grad_(False)
