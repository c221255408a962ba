"""The trainings: resumed where they were stopped, and the same on two processes as on one."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

WEIGHTS = Path(__file__).parents[2] / "data" / "weights"
RUN = """
import argparse, sys, pathlib, torch
sys.path.insert(0, {folder!r})
import train_vae, trainer
from course_lib.datasets.scenes import Scenes
from course_lib.models.vae import VAE
options = argparse.Namespace(minutes=float("inf"), samples={samples}, batch=4, rate=1e-3, seed=3, first={first},
                             fresh=False, checkpoint=pathlib.Path({checkpoint!r}))
{before}
torch.manual_seed(options.seed)
small = VAE(channels=(8, 8, 8, 8), latent_channels=train_vae.LATENT_CHANNELS, layers=1, groups=4)
scenes, network = Scenes(options.seed), train_vae.Trained(small)
loss = lambda network, numbers: train_vae.losses(network, *train_vae.samples(scenes, numbers, options.seed))
trainer.train(network, loss, options, log=pathlib.Path({log!r}), decay=0.9)
"""


def run(folder, samples=40, before="", launch=(), first=0):
    script = folder / "run.py"
    script.write_text(RUN.format(
        folder=str(WEIGHTS), samples=samples, before=before, first=first,
        checkpoint=str(folder / "vae.pt"), log=str(folder / "vae.jsonl"),
    ))  # fmt: skip
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(WEIGHTS.parents[1])}
    command = [sys.executable, *launch, str(script)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def state(folder):
    return torch.load(folder / "vae.pt", weights_only=True)


def test_stopped_and_resumed_is_the_same_as_in_one_go(tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir(), parts.mkdir()
    done = run(whole)
    assert done.returncode == 0, done.stderr
    # The process is killed in the middle of its sixth step, after a checkpoint at the fourth.
    kill = """
import os, signal
trainer.CHECKPOINT_EVERY = 0.0
samples = train_vae.samples
def killed(scenes, numbers, seed):
    if numbers[0] >= 20:
        os.kill(os.getpid(), signal.SIGKILL)
    return samples(scenes, numbers, seed)
train_vae.samples = killed
"""
    assert run(parts, before=kill).returncode == -9
    assert state(parts)["step"] == 5
    done = run(parts)
    assert done.returncode == 0, done.stderr
    one, other = state(whole), state(parts)
    assert one["step"] == other["step"] == 10
    for name, tensor in one["network"].items():
        torch.testing.assert_close(other["network"][name], tensor, rtol=0, atol=0)
    for name, tensor in one["average"].items():
        torch.testing.assert_close(other["average"][name], tensor, rtol=0, atol=0)


def test_two_processes_learn_what_one_does(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir(), two.mkdir()
    assert run(one).returncode == 0
    launch = ("-m", "accelerate.commands.launch", "--cpu", "--num_processes", "2", "--num_machines", "1")
    done = run(two, launch=(*launch, "--mixed_precision", "no", "--dynamo_backend", "no"))
    assert done.returncode == 0, done.stderr
    alone, together = state(one), state(two)
    assert alone["step"] == together["step"] == 10
    for name, tensor in alone["network"].items():
        torch.testing.assert_close(together["network"][name], tensor, rtol=2e-3, atol=2e-4)


def test_the_log_can_be_read(tmp_path):
    done = run(tmp_path)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "vae.jsonl").read_text().splitlines()]
    assert lines[-1]["step"] == 10 and lines[-1]["samples"] == 40
    assert {"loss", "absolute", "squared", "edges", "kl", "rate", "minutes"} <= lines[-1].keys()


def test_a_fresh_start_goes_on_with_new_samples(tmp_path):
    whole, rest = tmp_path / "whole", tmp_path / "rest"
    whole.mkdir(), rest.mkdir()
    note = """
samples = train_vae.samples
def noted(scenes, numbers, seed):
    print(*numbers)
    return samples(scenes, numbers, seed)
train_vae.samples = noted
"""
    assert run(whole, samples=12, before=note).stdout.split() == [str(n) for n in range(12)]
    done = run(rest, samples=8, before=note, first=12)
    assert done.stdout.split() == [str(n) for n in range(12, 20)], done.stderr
    assert json.loads((rest / "vae.jsonl").read_text().splitlines()[-1])["samples"] == 20


@pytest.fixture
def scripts(monkeypatch):
    monkeypatch.syspath_prepend(str(WEIGHTS))
    import train_vae
    import trainer

    return train_vae, trainer


def test_the_rate_rises_and_falls(scripts):
    _, trainer = scripts
    factors = [trainer.rate_factor(i / 100) for i in range(101)]
    assert factors[0] < 0.01 and max(factors) == pytest.approx(1) and factors.index(max(factors)) == 2
    assert factors[-1] == pytest.approx(0.02) and all(a >= b for a, b in zip(factors[2:], factors[3:], strict=False))


def test_noise_depends_on_seed_number_and_stream(scripts):
    _, trainer = scripts
    draws = {
        tuple(torch.randn(3, generator=trainer.seeded(*key)).tolist()) for key in [(0, 1), (0, 2), (1, 1), (0, 1, 1)]
    }
    assert len(draws) == 4
    assert torch.equal(*(torch.randn(3, generator=trainer.seeded(0, 9)) for _ in range(2)))


def test_unit_latents_change_no_picture(scripts):
    from course_lib.datasets.scenes import Scenes
    from course_lib.models.vae import VAE

    train_vae, _ = scripts
    torch.manual_seed(0)
    vae = VAE(channels=(8, 8, 8, 8), latent_channels=train_vae.LATENT_CHANNELS, groups=4).double()
    scenes = Scenes(0)
    pictures = scenes.batch(range(4))[0].double()
    before = vae.decode(vae.encode(pictures)[0])

    class InDouble:
        def batch(self, numbers):
            return scenes.batch(numbers)[0].double(), None

    vae = train_vae.with_unit_latents(vae, InDouble(), count=256)
    torch.testing.assert_close(vae.decode(vae.encode(pictures)[0]), before)
    latents = torch.cat([vae.encode(InDouble().batch(range(i, i + 64))[0])[0] for i in range(0, 256, 64)])
    torch.testing.assert_close(latents.std(dim=(0, 2, 3)), torch.ones(12, dtype=torch.float64), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(latents.mean(dim=(0, 2, 3)), torch.zeros(12, dtype=torch.float64), rtol=0, atol=1e-3)
