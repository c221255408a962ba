"""Run the parts, each by itself, and write what each found as soon as it ends.

    python -m benchmarks gpu --out FOLDER [--parts parity samplers full_size] [--device cuda]

A part that fails does not stop the next one: its error is its result. Without a GPU it says so and ends.
"""

from __future__ import annotations

import argparse
import importlib
import json
import time
import traceback
from pathlib import Path

import torch

PARTS = ("parity", "samplers", "full_size")


def run(parts: list[str], device: torch.device, out: Path) -> dict[str, object]:
    """Run the named parts on a device; write FOLDER/gpu_PART.json after each, and return all that was found."""
    out.mkdir(parents=True, exist_ok=True)
    found = {}
    for name in parts:
        began = time.monotonic()
        print(f"== {name}", flush=True)
        try:
            result = importlib.import_module(f"benchmarks.gpu.{name}").measure(device)
        except Exception:  # a part on a machine that nobody has seen: say what happened, and go on
            result = {"error": traceback.format_exc()}
        found[name] = {"machine": machine(device), "seconds": round(time.monotonic() - began, 1), "found": result}
        (out / f"gpu_{name}.json").write_text(json.dumps(found[name], indent=1) + "\n")
        print(json.dumps(result, indent=1), flush=True)
    return found


def machine(device: torch.device) -> str:
    """The device in words."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
    return f"{name}, torch {torch.__version__}"


def main(arguments: list[str] | None = None) -> None:
    """Read the options, and run."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks gpu", description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True, help="the folder to write to")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--device", default="cuda")
    options = parser.parse_args(arguments)
    device = torch.device(options.device)
    if device.type == "cuda" and not torch.cuda.is_available():
        print("There is no CUDA GPU here, so there is nothing to measure.")
        return
    run(list(options.parts), device, options.out)


if __name__ == "__main__":
    main()
