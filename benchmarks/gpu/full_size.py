"""Stable Diffusion 1.5 at its full size, with random weights: what memory it takes against the forecast, and how fast.

A folder as lesson 17 opens it is written first; pictures of random weights are noise, but cost what real ones cost.
"""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import torch
from safetensors.torch import save_file

from course_lib.models import load, outline
from course_lib.models.configs import STABLE_DIFFUSION_15
from course_lib.models.memory import GB, needed
from course_lib.models.model import StableDiffusion
from course_lib.models.tokenizer import BEGIN, END, END_OF_WORD, byte_letters
from course_lib.pipeline import prepare

STEPS = 20
PICTURES, SIZES = (1, 4, 8), (512, 768)
FILES = {
    "text_encoder": "model.safetensors",
    "unet": "diffusion_pytorch_model.safetensors",
    "vae": "diffusion_pytorch_model.safetensors",
}
SCHEDULER = {"_class_name": "PNDMScheduler", "beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}


def measure(device: torch.device, pictures: tuple = PICTURES, sizes: tuple = SIZES, steps: int = STEPS) -> dict:
    """Seconds to open; for each size and number of pictures, the peak beside the forecast, and pictures a second."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        began = time.monotonic()
        model = load(folder, device=device, dtype=torch.float16)
        wait(device)
        found = {"seconds to open": round(time.monotonic() - began, 2)}
    for size in sizes:
        for count in pictures:
            found[f"{count} of {size} x {size}"] = paint(model, count, size, steps, device)
    found["matrix peak, TFLOP/s"] = matrix_peak(device)
    return found


def paint(model: StableDiffusion, count: int, size: int, steps: int, device: torch.device) -> dict[str, float]:
    """Paint once to warm up and once to measure."""
    forecast = needed(model.networks, size=size, dtype=torch.float16, pictures=count)
    settings = {"sampler": "euler", "steps": steps, "size": size, "count": count, "cfg_scale": 7.5}
    prepare(model, "a", **settings | {"steps": 2}).finish()
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
    began = time.monotonic()
    prepare(model, "a", **settings).finish()
    wait(device)
    seconds = time.monotonic() - began
    peak = torch.cuda.max_memory_reserved(device) / GB if device.type == "cuda" else float("nan")
    return {
        "forecast, GB": round(forecast.total / GB, 2),
        "of it weights and working memory, GB": round((forecast.weights + forecast.working) / GB, 2),
        "peak, GB": round(peak, 2),
        "pictures a second": round(count / seconds, 2),
    }


def matrix_peak(device: torch.device, side: int = 8192, repeats: int = 20) -> float:
    """What products of half-precision matrices reach, in TFLOP/s: what the U-Net's speed may be held against."""
    if device.type != "cuda":
        side = 256
    a, b = (torch.randn(side, side, device=device, dtype=torch.float16) for _ in range(2))
    a @ b
    wait(device)
    began = time.monotonic()
    for _ in range(repeats):
        a @ b
    wait(device)
    return round(2 * side**3 * repeats / (time.monotonic() - began) / 1e12, 1)


def wait(device: torch.device) -> None:
    """Wait until the device has done all that it was asked for."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def write(folder: Path, configs: dict = STABLE_DIFFUSION_15) -> Path:
    """Write a folder in the diffusers layout with random weights in half precision, and a tokenizer of letters."""
    generator = torch.Generator().manual_seed(0)
    for name, network in outline(configs).items():
        tensors = {key: numbers(key, empty.shape, generator) for key, empty in network.state_dict().items()}
        (folder / name).mkdir(parents=True)
        (folder / name / "config.json").write_text(json.dumps(configs[name]))
        save_file(tensors, folder / name / FILES[name])
    letters = list(byte_letters().values())
    words = [*letters, *(letter + END_OF_WORD for letter in letters), BEGIN, END]
    (folder / "tokenizer").mkdir()
    (folder / "tokenizer" / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "tokenizer" / "merges.txt").write_text("#version: 0.2\n")
    (folder / "scheduler").mkdir()
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(SCHEDULER))
    return folder


def numbers(name: str, shape: torch.Size, generator: torch.Generator) -> torch.Tensor:
    """Random numbers as networks begin with: norms at 1, the rest the smaller the more are added up."""
    if "norm" in name and name.endswith("weight"):
        return torch.ones(shape, dtype=torch.float16)
    if name.endswith("bias"):
        return torch.zeros(shape, dtype=torch.float16)
    width = 1 / max(1, shape[1:].numel()) ** 0.5
    return torch.empty(shape).uniform_(-width, width, generator=generator).half()
