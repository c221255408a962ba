"""What is measured on a GPU also runs without one, small: so that it works when there are ten minutes on a real one."""

import json
import types

import pytest
import torch

from benchmarks.gpu import __main__ as gpu
from benchmarks.gpu import full_size, parity, samplers
from tests.lessons.full_size import CONFIGS, FEW

CPU = torch.device("cpu")


def test_without_a_gpu_it_says_so_and_writes_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    gpu.main(["--out", str(tmp_path / "out")])
    assert capsys.readouterr().out == "There is no CUDA GPU here, so there is nothing to measure.\n"
    assert not (tmp_path / "out").exists()


def test_a_part_that_fails_is_told_and_the_next_one_runs(tmp_path, monkeypatch):
    parts = {
        "benchmarks.gpu.parity": types.SimpleNamespace(measure=lambda device: 1 / 0),
        "benchmarks.gpu.samplers": types.SimpleNamespace(measure=lambda device: {"euler": 0.0}),
    }
    monkeypatch.setattr(gpu.importlib, "import_module", parts.__getitem__)
    gpu.run(["parity", "samplers"], CPU, tmp_path)
    failed, done = (json.loads((tmp_path / f"gpu_{name}.json").read_text()) for name in ("parity", "samplers"))
    assert "ZeroDivisionError" in failed["found"]["error"] and done["found"] == {"euler": 0.0}


def test_precisions_are_compared(monkeypatch):
    monkeypatch.setattr(parity, "PRECISIONS", {"float32": (torch.float32, False)})
    (found,) = parity.measure(CPU).values()
    assert set(parity.calls()) < set(found) and not any(found.values()), "a CPU agrees with itself"


def test_samplers_are_compared(monkeypatch):
    monkeypatch.setattr(samplers, "SAMPLERS", {name: samplers.SAMPLERS[name] for name in ("euler", "pndm")})
    assert samplers.measure(CPU)["largest difference"] == {"euler": 0.0, "pndm": 0.0}


@pytest.mark.parametrize("count", [1, 2])
def test_a_folder_of_the_full_layout_is_opened_and_painted_with(tmp_path, monkeypatch, count):
    few = {name: config | FEW[name] for name, config in CONFIGS.items()}
    monkeypatch.setattr(full_size.write, "__defaults__", (few,))
    found = full_size.measure(CPU, pictures=(count,), sizes=(64,), steps=2)
    row = found[f"{count} of 64 x 64"]
    assert row["pictures a second"] > 0 and row["forecast, GB"] >= 0.5
