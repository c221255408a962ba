"""A training from a terminal: its log, its minutes, its options, and the same on two processes as on one."""

import json
import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from course_lib.shipped import ROOT
from course_lib.training import recogniser, terminal, text_encoder, unet, vae
from course_lib.training.loop import Progress, rate_factor, seeded
from tests.training.test_loop import loss, make_network


def options(folder, **changes):
    parser = terminal.arguments("A training.", samples=40, batch=4, rate=0.05, checkpoint=folder / "small.pt")
    chosen = parser.parse_args([])
    vars(chosen).update(changes)
    return chosen


def lines(folder):
    return [json.loads(line) for line in (folder / "logs" / "small.jsonl").read_text().splitlines()]


def train(folder, judge=lambda network: {}, **changes):
    return terminal.train(
        make_network(), loss, options(folder, **changes), log=folder / "logs" / "small.jsonl", judge=judge
    )


def test_the_last_update_is_logged_and_judged(tmp_path):
    judged = []
    average = train(tmp_path, judge=lambda network: judged.append(network) or {"unseen": 0.12345})
    (line,) = lines(tmp_path)
    assert line["step"] == 10 and line["samples"] == 40 and line["unseen"] == 0.123
    assert line.keys() == {"step", "samples", "minutes", "rate", "loss", "error", "unseen"}
    assert torch.equal(judged[0][0].weight, average[0].weight) and judged[0] is not average


def test_a_line_each_minute_and_a_judgement_each_five(tmp_path, monkeypatch):
    clock, network = [0], make_network()
    monkeypatch.setattr(terminal.time, "monotonic", lambda: clock[0])
    report = terminal.Report(tmp_path / "small.jsonl", lambda network: {"unseen": 0.5}, math.inf)
    for step in range(1, 40):
        clock[0] += 25
        now = Progress(step, 100, 4 * step, 0.0, 1e-3, {"loss": 0.123456789}, network)
        assert report(now) is False
    report.bar.close()
    found = [json.loads(line) for line in (tmp_path / "small.jsonl").read_text().splitlines()]
    assert [line["step"] for line in found] == list(range(3, 40, 3))  # 75 s: the first multiple of 25 above 60
    assert [line["step"] for line in found if "unseen" in line] == [15, 30]
    assert found[0]["loss"] == 0.12346


def test_of_several_processes_one_reports(tmp_path):
    report = terminal.Report(tmp_path / "small.jsonl", lambda network: {}, math.inf, shown=False)
    assert report(Progress(1, 1, 4, 0.0, 1e-3, {"loss": 0.5}, make_network())) is False
    assert report.bar is None and not (tmp_path / "small.jsonl").exists()


def test_after_its_minutes_it_stops_and_another_call_goes_on(tmp_path):
    train(tmp_path, minutes=0.0)
    assert torch.load(tmp_path / "small.pt", weights_only=True)["schedule"]["last_epoch"] == 1
    train(tmp_path)
    whole = train(tmp_path / "whole")
    state = torch.load(tmp_path / "small.pt", weights_only=True)
    assert state["schedule"]["last_epoch"] == 10 and torch.equal(state["average"]["0.weight"], whole[0].weight)


def test_a_log_is_added_to(tmp_path):
    train(tmp_path)
    train(tmp_path, fresh=True, first=40)
    assert [line["samples"] for line in lines(tmp_path)] == [40, 80]


RUN = """
import os, sys
from pathlib import Path
from tests.training import test_terminal
loss, shares = test_terminal.loss, set()
def noted(network, numbers):
    shares.add(f"{numbers[0] % 4}+{len(numbers)}")
    return loss(network, numbers)
test_terminal.loss = noted
test_terminal.train(Path(sys.argv[1]))
os.write(1, (" ".join(shares) + "\\n").encode())
"""


def run(folder, *launch):
    (folder / "run.py").write_text(RUN)
    command = [sys.executable, *launch, str(folder / "run.py"), str(folder)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COURSE_DEVICE": "cpu"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)


def test_two_processes_learn_what_one_does(tmp_path):
    done = run(tmp_path, "-m", "torch.distributed.run", "--nproc_per_node", "2")
    assert done.returncode == 0, done.stderr
    assert sorted(done.stdout.split()) == ["0+2", "1+2"], "two processes, each with two samples of the four"
    train(tmp_path / "alone")
    alone, together = (torch.load(path / "small.pt", weights_only=True) for path in (tmp_path / "alone", tmp_path))
    assert alone["schedule"]["last_epoch"] == together["schedule"]["last_epoch"] == 10
    for name, tensor in alone["average"].items():
        torch.testing.assert_close(together["average"][name], tensor, rtol=1e-3, atol=1e-4)
    (line,) = lines(tmp_path)
    assert line["samples"] == 40 and line["error"] != lines(tmp_path / "alone")[0]["error"]  # of its own samples


@pytest.mark.parametrize("program", [vae, text_encoder, unet, recogniser])
def test_every_program_says_its_options(program):
    command = [sys.executable, "-m", program.__name__, "--help"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0 and "--minutes" in done.stdout and done.stderr == ""


def trained(program, monkeypatch, tmp_path, *given):
    """Run a program for one update, in a folder of its own; the options, the log's line and what was made."""
    monkeypatch.setattr(terminal, "LOGS", tmp_path / "logs")
    few = ["--samples", "4", "--batch", "4", "--checkpoint", str(tmp_path / "small.pt")]
    monkeypatch.setattr(sys, "argv", [program.__name__, *few, *given])
    program.main()
    (log,) = (tmp_path / "logs").iterdir()
    return json.loads(log.read_text())


def test_the_unet_program_writes_a_model(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(unet, "quality", lambda network, samples: {"unseen": 0.5})
    line = trained(unet, monkeypatch, tmp_path, "--out", str(tmp_path / "model"))
    assert line["samples"] == 4 and line["unseen"] == 0.5 and "0.5000" in capsys.readouterr().out
    assert (tmp_path / "model" / unet.UNET_FILE).is_file() and (tmp_path / "model" / "unet" / "config.json").is_file()


def test_the_vae_program_writes_weights_with_unit_latents(monkeypatch, tmp_path):
    baked = vae.with_unit_latents
    monkeypatch.setattr(vae, "quality", lambda network, scenes: {"psnr": 30.0})
    monkeypatch.setattr(vae, "with_unit_latents", lambda network, scenes: baked(network, scenes, count=128))
    monkeypatch.setattr(vae.write, "__defaults__", (tmp_path / "model",))
    line = trained(vae, monkeypatch, tmp_path)
    assert line.keys() >= {"loss", "absolute", "squared", "edges", "kl", "psnr"}
    monkeypatch.setattr(vae, "FOLDER", tmp_path / "model")
    latents = vae.open_vae().encode(vae.Pictures(0).painted.batch(range(128))[0])[0]
    assert latents.std().item() == pytest.approx(1, abs=0.05) and latents.mean().item() == pytest.approx(0, abs=0.05)


def test_the_recogniser_program_writes_weights(monkeypatch, tmp_path):
    monkeypatch.setattr(recogniser, "quality", lambda network, seed: {"concept": 0.5})
    monkeypatch.setattr(recogniser, "FILE", tmp_path / "recogniser.safetensors")
    assert trained(recogniser, monkeypatch, tmp_path).keys() >= {"loss", "concept", "style"}
    assert recogniser.open_recogniser().training is False


def test_the_text_encoder_program_leaves_a_checkpoint_for_the_unet(monkeypatch, tmp_path):
    monkeypatch.setattr(text_encoder, "quality", lambda network, tokenizer: {"name": 0.5})
    assert trained(text_encoder, monkeypatch, tmp_path).keys() >= {"loss", "to_texts", "to_pictures", "name"}
    monkeypatch.setattr(text_encoder, "CHECKPOINT", tmp_path / "small.pt")
    unet.starting("both")


class Begun(Exception):
    """What ends a program where its training would begin."""


@pytest.mark.parametrize(
    ("program", "settings"),
    [
        (vae, {"decay": 0.998}),
        (text_encoder, {"decay": 0.998, "weight_decay": 0.01}),
        (recogniser, {"decay": 0.998, "weight_decay": 0.01}),
    ],
)
def test_without_options_a_program_repeats_the_training_of_the_shipped_log(program, settings, monkeypatch):
    asked = {}

    def begin(network, loss, options, **given):
        asked.update(vars(options) | given)
        raise Begun

    monkeypatch.setattr(terminal, "train", begin)
    monkeypatch.setattr(sys, "argv", [program.__name__])
    with pytest.raises(Begun):
        program.main()
    log = [json.loads(line) for line in asked["log"].read_text().splitlines()]
    last = next(line for line in log if line["step"] == asked["samples"] // asked["batch"])
    assert last["samples"] == last["step"] * asked["batch"]
    assert last["rate"] == pytest.approx(asked["rate"] * rate_factor(1), rel=1e-3)
    name = program.__name__.rpartition(".")[2]
    assert asked["log"] == terminal.LOGS / f"{name}.jsonl" and asked["checkpoint"].name == f"{name}.pt"
    assert asked["checkpoint"].parent == terminal.CHECKPOINTS
    assert asked.items() >= (settings | {"seed": 0, "first": 0, "fresh": False, "minutes": math.inf}).items()
    assert asked.keys() >= {"judge"} and torch.initial_seed() == 0


def test_without_options_the_unet_program_writes_where_it_reads(monkeypatch, capsys):
    learned, written = [], []

    def learn(network, options, log, folder):
        learned.append((network, options.samples, options.batch, options.rate, options.checkpoint, log, folder))
        return "learned", 0.25

    monkeypatch.setattr(sys, "argv", ["unet"])
    monkeypatch.setattr(unet, "starting", lambda way, *, from_nothing: (way, from_nothing))
    monkeypatch.setattr(unet, "learn", learn)
    monkeypatch.setattr(unet, "write", lambda *given: written.append(given))
    checkpoint = terminal.CHECKPOINTS / "unet.pt"
    unet.main()
    begun = ("along", not checkpoint.exists())
    assert learned == [(begun, 850_000, 64, 1.4e-3, checkpoint, terminal.LOGS / "unet.jsonl", unet.FOLDER)]
    assert written == [("learned", unet.FOLDER)] and "0.2500" in capsys.readouterr().out


def test_each_sample_has_its_noise():
    pictures, noise = vae.samples(vae.Pictures(0), [4, 5], seed=3)
    assert pictures.shape == (2, 3, 64, 64) and noise.shape == (2, 12, 8, 8) and noise.dtype == torch.float32
    assert torch.equal(vae.samples(vae.Pictures(0), [5], seed=3)[1][0], noise[1])
    assert noise[1].flatten()[0].item() == pytest.approx(seeded(3, 5).standard_normal(1, "float32").item())
    assert not torch.equal(noise[0], noise[1]) and noise.std().item() == pytest.approx(1, abs=0.1)


def test_of_four_pictures_three_are_the_painted_ones():
    pictures = vae.Pictures(7)
    assert [pictures[n] == pictures.painted[n] for n in range(40, 44)] == [False, True, True, True]
    assert pictures[40] == pictures.varied[40]
    assert {thing.style for n in range(41, 90) if n % 4 for thing in pictures[n].things} == {"noto", "fluent", None}


def test_unit_latents_change_no_picture():
    torch.manual_seed(0)
    small = vae.VAE(channels=(8, 8, 8, 8), latent_channels=vae.LATENT_CHANNELS, groups=4).double()
    scenes = vae.Scenes(0)
    pictures = scenes.batch(range(4))[0].double()
    before, log_variance = small.decode(small.encode(pictures)[0]), small.encode(pictures)[1]

    class InDouble:
        def batch(self, numbers):
            return scenes.batch(numbers)[0].double(), None

    latents = torch.cat([small.encode(InDouble().batch(range(i, i + 64))[0])[0] for i in range(0, 256, 64)])
    std = latents.std(dim=(0, 2, 3))[:, None, None]
    small = vae.with_unit_latents(small, InDouble(), count=256)
    torch.testing.assert_close(small.encode(pictures)[1], log_variance - 2 * std.log())
    torch.testing.assert_close(small.decode(small.encode(pictures)[0]), before)
    latents = torch.cat([small.encode(InDouble().batch(range(i, i + 64))[0])[0] for i in range(0, 256, 64)])
    torch.testing.assert_close(latents.std(dim=(0, 2, 3)), torch.ones(12, dtype=torch.float64), rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(latents.mean(dim=(0, 2, 3)), torch.zeros(12, dtype=torch.float64), rtol=0, atol=1e-3)


def test_what_is_not_there_yet_is_named_with_what_makes_it(monkeypatch, tmp_path):
    monkeypatch.setattr(recogniser, "FILE", Path("nowhere.safetensors"))
    with pytest.raises(FileNotFoundError, match=r"^nowhere.safetensors is missing: run .*training.rec"):
        recogniser.open_recogniser()
