"""The trainings that keep everything on the device run on a CPU, too: three steps, and the same ones again."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from course_lib.datasets.scenes import Scenes
from course_lib.models import load
from course_lib.training import on_device, terminal, vae
from course_lib.training.loop import rate_factor
from course_lib.training.small_model import FOLDER, STYLES, make_tokenizer

ROOT = Path(__file__).parents[2]


@pytest.fixture
def train(tmp_path):
    def run(part, out, *options):
        shutil.copytree(FOLDER, tmp_path / out, dirs_exist_ok=True)
        few = ("--steps", "3", "--scenes", "60", "--batch", "8", "--rate", "1e-3")
        on_device.main([part, *few, "--out", str(tmp_path / out), "--log", str(tmp_path / f"{out}.jsonl"), *options])
        return load(tmp_path / out), [json.loads(line) for line in (tmp_path / f"{out}.jsonl").read_text().splitlines()]

    return run


@pytest.mark.parametrize(("part", "network"), [("unet", "unet"), ("unet", "text_encoder"), ("vae", "vae")])
def test_three_steps_move_the_weights_and_always_the_same_way(train, part, network):
    shipped = load(FOLDER).networks[network].state_dict()
    (one, lines), (again, _) = train(part, "one"), train(part, "again")
    assert lines[-1]["step"] == 3 and lines[-1]["samples"] == 24 and 0 < lines[-1]["loss"] < 10
    moved = one.networks[network].state_dict()
    assert any(not torch.equal(tensor, shipped[name]) for name, tensor in moved.items())
    for name, tensor in again.networks[network].state_dict().items():
        torch.testing.assert_close(moved[name], tensor, rtol=0, atol=0)


def test_another_width_from_nothing_makes_a_model_that_paints(train):
    model, lines = train("unet", "wide", "--width", "32", "--nothing")
    assert model.unet.conv_in.out_channels == 32
    assert lines[-1]["loss"] == pytest.approx(1, abs=0.5)  # v has a variance of about 1
    assert model.unet(torch.zeros(1, 12, 8, 8), torch.tensor([5]), torch.zeros(1, 24, 128)).shape == (1, 12, 8, 8)


def test_a_sample_is_what_it_says():
    """From v and the noisy latent the clean latent comes back; a tenth of the captions is left out."""
    scenes = [Scenes(0, styles=STYLES)[n] for n in range(40)]
    latents = on_device.Latents(scenes, vae.open_vae(), 0, torch.device("cpu"))
    x, timesteps, tokens, v = latents.batch(5, 1000)
    alpha = latents.table[timesteps].float()[:, None, None, None]
    clean = alpha.sqrt() * x - (1 - alpha).sqrt() * v
    distances = torch.cdist(
        clean.flatten(1), latents.latents.flatten(1), compute_mode="donot_use_mm_for_euclid_dist"
    ).min(1)
    assert distances.values.max() < 1e-3
    assert timesteps.sort().values.tolist() == timesteps.tolist() and {0, 999} == {
        timesteps.min().item(),
        timesteps.max().item(),
    }
    left_out = (tokens == latents.no_words).all(1)
    assert left_out.float().mean() == pytest.approx(0.1, abs=0.03)
    for row in (~left_out).nonzero()[:50, 0].tolist():
        fitting = {
            scene.caption for scene, which in zip(scenes, latents.which, strict=True) if which == distances.indices[row]
        }
        assert any(torch.equal(make_tokenizer()([caption])[0], tokens[row]) for caption in fitting)


RUN = """
import sys
from pathlib import Path
from course_lib.training import on_device, terminal
if __name__ == "__main__":
    terminal.LOGS = Path(sys.argv[1])
    on_device.main(sys.argv[2:])
"""


def test_two_processes_make_one_update_of_their_two_draws(tmp_path, monkeypatch):
    """As one process does whose loss is the mean of both; the log counts the samples of both."""
    (tmp_path / "run.py").write_text(RUN)
    for name in ("together", "alone"):
        shutil.copytree(FOLDER, tmp_path / name)
    few = ["unet", "--steps", "2", "--scenes", "20", "--batch", "4", "--rate", "1e-3", "--out"]
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "2", str(tmp_path / "run.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COURSE_DEVICE": "cpu", "OMP_NUM_THREADS": "1"}
    given = [*launch, str(tmp_path), *few, str(tmp_path / "together")]
    done = subprocess.run(given, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    (line,) = (tmp_path / "unet_on_device.jsonl").read_text().splitlines()
    assert json.loads(line)["step"] == 2 and json.loads(line)["samples"] == 16

    make, defaults = on_device.PARTS["unet"]

    def both(options, device):
        network, loss, write = make(options, device)
        return network, lambda network, step: (loss(network, 2 * step) + loss(network, 2 * step + 1)) / 2, write

    monkeypatch.setitem(on_device.PARTS, "unet", (both, defaults))
    monkeypatch.setattr(terminal, "LOGS", tmp_path / "logs")
    on_device.main([*few, str(tmp_path / "alone")])
    for network in ("unet", "text_encoder"):
        alone, together = (load(tmp_path / name).networks[network].state_dict() for name in ("alone", "together"))
        shipped = load(FOLDER).networks[network].state_dict()
        assert any((alone[name] - shipped[name]).abs().max() > 1e-5 for name in alone)
        for name, tensor in alone.items():
            torch.testing.assert_close(together[name], tensor, rtol=2e-3, atol=2e-4)


def test_half_precision_is_asked_for_on_a_cpu():
    cpu, square = torch.device("cpu"), torch.ones(4, 4)
    with on_device.half_precision(cpu, fast=True):
        assert (square @ square).dtype == torch.bfloat16
        assert not torch.backends.cuda.flash_sdp_enabled() and torch.backends.cuda.math_sdp_enabled()
    with on_device.half_precision(cpu, fast=False):
        assert (square @ square).dtype == torch.float32
    assert torch.backends.cuda.flash_sdp_enabled()


def counted_training(monkeypatch, tmp_path, **changes):
    """A training of which each step takes four seconds and has its number as its loss; its log, and when it wrote."""
    clock, written = [100.0], []
    monkeypatch.setattr(on_device.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(on_device, "LOG_EVERY", 10)
    monkeypatch.setattr(on_device, "WRITE_EVERY", 25)
    monkeypatch.setattr(terminal, "LOGS", tmp_path)

    def loss(network, step):
        clock[0] += 4
        return 0 * network(torch.ones(1, 1)).sum() + step

    settings = {"minutes": 1.0, "steps": None, "rate": 0.1, "decay": 0.9, "weight_decay": 0.0, "fast": False}
    settings |= {"batch": 7, "log": None, "part": "unet"} | changes
    network = torch.nn.Linear(1, 1)
    write = lambda average: written.append((round((clock[0] - 100) / 4), average is not network))  # noqa: E731
    on_device.train(network, loss, write, argparse.Namespace(**settings))
    (log,) = tmp_path.iterdir()
    return log.name, [json.loads(line) for line in log.read_text().splitlines()], written


def test_it_ends_with_its_minutes_and_says_where_it_stands(monkeypatch, tmp_path):
    name, lines, written = counted_training(monkeypatch, tmp_path)
    assert name == "unet_on_device.jsonl"
    assert [line["step"] for line in lines] == [3, 6, 9, 12, 15]
    assert [line["samples"] for line in lines] == [21, 42, 63, 84, 105]
    assert [line["minutes"] for line in lines] == [0.2, 0.4, 0.6, 0.8, 1.0]
    assert [line["loss"] for line in lines] == [1, 4, 7, 10, 13], "the mean since the line before"
    # The rate of a step follows from the time when the step before it was done.
    rates = [0.1 * rate_factor(4 * (line["step"] - 1) / 60) for line in lines]
    assert [line["rate"] for line in lines] == pytest.approx(rates)
    assert written == [(7, True), (14, True), (15, True)]


def test_it_ends_with_its_steps_where_these_come_first(monkeypatch, tmp_path):
    name, lines, written = counted_training(monkeypatch, tmp_path, steps=5, log=tmp_path / "own.jsonl")
    assert name == "own.jsonl" and [line["step"] for line in lines] == [3, 5] and written == [(5, True)]
    assert lines[1]["rate"] == pytest.approx(0.1 * rate_factor(4 / 5)) and lines[1]["loss"] == 3.5


def test_every_option_is_handed_on(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(on_device, "train", lambda *given: seen.append(given))
    for part in on_device.PARTS:
        usual = on_device.PARTS[part][1]
        make = lambda options, device: (options, torch.initial_seed())  # noqa: E731
        monkeypatch.setitem(on_device.PARTS, part, (make, usual))
        on_device.main([part])
        options, seed, again, rank, count = seen.pop()
        assert (
            again is options
            and (seed, rank, count) == (0, 0, 1)
            and usual.items() <= vars(options).items()
            and options.part == part
        )
        assert (options.minutes, options.scenes, options.width, options.seed) == (8.0, 100_000, 64, 0)
        assert options.start == options.out == FOLDER and options.steps is options.log is None
        assert options.nothing is options.fast is False
        given = {"minutes": 2.0, "steps": 9, "scenes": 5, "batch": 6, "rate": 0.5, "width": 32, "decay": 0.5, "seed": 3}
        texts = [text for name, value in given.items() for text in (f"--{name}", str(value))]
        places = {name: tmp_path / name for name in ("start", "out", "log")}
        texts += [text for name, path in places.items() for text in (f"--{name}", str(path))]
        on_device.main([part, *texts, "--fast", "--nothing"])
        options, seed, *_ = seen.pop()
        assert seed == 3 and (given | places | {"fast": True, "nothing": True}).items() <= vars(options).items()
