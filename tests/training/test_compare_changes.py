"""The trainings that are compared: what each changes, and that it is that alone."""

import json

import pytest
import torch

from course_lib.datasets.scenes import Scenes
from course_lib.diffusion import NoiseTable
from course_lib.training import compare_changes, unet
from course_lib.training.compare_changes import TRAININGS, Training
from course_lib.training.on_device import Latents
from course_lib.training.small_model import FOLDER, STYLES, make_tokenizer
from course_lib.training.vae import open_vae

SCENES = [Scenes(compare_changes.SEED, styles=STYLES)[number] for number in range(40)]


@pytest.fixture(scope="module")
def samples():
    return Latents(SCENES, open_vae(), compare_changes.SEED, torch.device("cpu"))


def weights(network):
    return torch.cat([parameter.flatten() for parameter in network.parameters()])


def test_each_training_has_one_change_from_the_row_without_any():
    plain = {False: TRAININGS["nothing"], True: TRAININGS["on"]}
    for training in TRAININGS.values():
        reference = plain[training.shipped]
        differ = {
            name
            for name in Training.__dataclass_fields__
            if name != "words" and getattr(training, name) != getattr(reference, name)
        }
        assert differ in (set(), {"batch", "rate"}) or len(differ) == 1, training.words
    assert [training.words for training in TRAININGS.values()].count("nothing") == 2


def test_weights_of_min_snr():
    alpha = NoiseTable.scaled_linear().alphas_cumprod[[0, 100, 500, 999]]
    snr = alpha / (1 - alpha)
    wanted = snr.clamp(max=5) / (snr + 1)
    torch.testing.assert_close(compare_changes.min_snr(alpha), wanted)
    assert compare_changes.alike(alpha).tolist() == [1, 1, 1, 1]


def test_more_timesteps_lie_in_the_middle():
    even = (torch.arange(10_000) + 0.5) / 10_000
    assert torch.equal(compare_changes.everywhere(even), even)
    found = compare_changes.middle(even)
    assert (found.diff() >= 0).all() and found[0] > 0 and found[-1] < 1
    inside = ((found > 0.25) & (found < 0.75)).double().mean().item()
    assert inside == pytest.approx(torch.erf(torch.tensor(3.0).log() / 2**0.5).item(), abs=1e-3)
    assert compare_changes.middle(torch.tensor([0.0, 1.0])).isfinite().all()


def test_captions_without_a_style_are_left_out():
    kept = compare_changes.with_styles(SCENES)
    assert compare_changes.all_scenes(SCENES) is SCENES
    assert {scene.kind for scene in kept} == {"emoji", "shape", "pair"}
    assert all("style" in scene.caption for scene in kept if scene.kind == "emoji")
    left_out = [scene for scene in SCENES if scene not in kept]
    assert left_out and all(scene.kind == "emoji" and "style" not in scene.caption for scene in left_out)


def test_muon_learns_matrices_and_adamw_all_else():
    torch.manual_seed(0)
    network = torch.nn.Sequential(torch.nn.Linear(6, 4), torch.nn.LayerNorm(4))
    names = dict(network.named_parameters())
    before = {name: parameter.detach().clone() for name, parameter in names.items()}
    optimizer = compare_changes.Muon(network, 0.1)
    for group in optimizer.param_groups:
        group["lr"] = 0.01  # as a schedule sets it
    network(torch.randn(5, 6)).square().sum().backward()
    gradients = {name: parameter.grad.clone() for name, parameter in names.items()}
    optimizer.step()
    for name, kind, settings in [
        ("0.weight", torch.optim.Muon, {"adjust_lr_fn": "match_rms_adamw"}),
        ("1.weight", torch.optim.AdamW, {"betas": (0.9, 0.99)}),
    ]:
        alone = torch.nn.Parameter(before[name].clone())
        alone.grad = gradients[name]
        kind([alone], 0.01, weight_decay=compare_changes.WEIGHT_DECAY, **settings).step()
        torch.testing.assert_close(names[name].data, alone.data)
        assert not torch.equal(alone.data, before[name])


@pytest.mark.parametrize("name", TRAININGS)
def test_every_training_moves_its_weights_from_where_it_begins(samples, name):
    training = TRAININGS[name]
    network = compare_changes.train(training, samples, training.batch, fast=False)
    assert network.unet.conv_in.out_channels == training.width
    assert weights(network).isfinite().all()
    shipped = unet.Trained(len(make_tokenizer().vocabulary))
    unet.read(shipped, FOLDER)
    if training.width == 64:
        distance = (weights(network) - weights(shipped)).abs().max()
        assert (0 < distance < 0.01) if training.shipped else distance > 0.1


def test_results_are_added_to_what_is_there(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(compare_changes, "FILE", tmp_path / "changes.json")
    (tmp_path / "changes.json").write_text('{"muon": {"unseen": 1}}')
    monkeypatch.setattr(compare_changes, "open_recogniser", lambda: "judge")
    monkeypatch.setattr(compare_changes.compare_guidance, "measure", lambda model, judge, count: {judge: count})
    monkeypatch.setattr(compare_changes.unet, "quality", lambda network, samples, count: {"unseen": 0.5})
    compare_changes.main(["--only", "on_styles", "--samples", "64", "--scenes", "30", "--count", "7"])
    found = json.loads((tmp_path / "changes.json").read_text())
    assert found["muon"] == {"unseen": 1}
    assert found["on_styles"].pop("processor minutes") >= 0
    assert found["on_styles"] == {"samples": 64, "unseen": 0.5, "judge": 7}
    assert "on_styles" in capsys.readouterr().out
