"""What is measured of painted emoji, and against what: the networks are stand-ins."""

import pytest
import torch

from course_lib.datasets.scenes import Scenes, emoji_scene, is_held_out
from course_lib.training import emoji_measures
from course_lib.training.recogniser import CONCEPTS


def test_concepts_are_measured_seen_and_unseen(monkeypatch):
    monkeypatch.setattr(emoji_measures, "pictures_of", lambda scenes: ["drawn"] * len(scenes))
    monkeypatch.setattr(emoji_measures, "through", lambda model, pictures: ["through"] * len(pictures))
    monkeypatch.setattr(emoji_measures, "paint", lambda model, captions: captions)
    monkeypatch.setattr(emoji_measures, "recognised", lambda judge, pictures, scenes: {"of": (pictures, scenes)})
    monkeypatch.setattr(emoji_measures, "median_likeness", lambda pictures, things: {"likeness": (pictures, things)})
    monkeypatch.setattr(emoji_measures, "nearer_style", lambda *given: given)
    found = emoji_measures.measure_concepts(None, None)
    kinds = ("drawings", "through the VAE", "painted")
    assert list(found) == [f"{kind}, {which} pairs" for kind in kinds for which in ("seen", "unseen")]
    everything = [emoji_scene(name, style) for name in CONCEPTS for style in ("noto", "fluent")]
    for name, numbers in found.items():
        scenes = [scene for scene in everything if is_held_out(scene) == ("unseen" in name)]
        scenes *= 6 if name == "painted, unseen pairs" else 1
        pictures = {"d": ["drawn"], "t": ["through"]}.get(name[0], []) * len(scenes) or [s.caption for s in scenes]
        assert numbers["pictures"] == len(scenes) and numbers["of"] == (pictures, scenes)
        things = [scene.things[0] for scene in scenes]
        assert numbers.get("nearer style") == (None if name[0] == "d" else (pictures, things, ("noto", "fluent")))
        nearly = name in ("through the VAE, seen pairs", "painted, seen pairs")
        assert numbers.get("likeness") == ((pictures, things) if nearly else None)


def test_the_distance_of_sets_is_taken_to_drawings_of_the_same_kind_of_pairs(monkeypatch):
    monkeypatch.setattr(emoji_measures, "pictures_of", lambda scenes: [scene.caption for scene in scenes])
    monkeypatch.setattr(emoji_measures, "through", lambda model, pictures: [f"vae {caption}" for caption in pictures])
    monkeypatch.setattr(emoji_measures, "paint", lambda model, captions: [f"painted {caption}" for caption in captions])
    monkeypatch.setattr(emoji_measures, "kernel_distance", lambda one, other: (one, other))

    class Judge:
        def features(self, pictures):
            return tuple(pictures)

    expected = {}
    for which, held_out in (("seen pairs", False), ("unseen pairs", True)):
        settings = {"kind": "emoji", "held_out": held_out, "styles": ("noto", "fluent")}
        real, other = ([Scenes(seed, **settings)[n].caption for n in range(4)] for seed in (2024, 2025))
        expected |= {
            f"drawings, {which}": (tuple(real), tuple(other)),
            f"through the VAE, {which}": (tuple(real), tuple(f"vae {caption}" for caption in other)),
            f"painted, {which}": (tuple(real), tuple(f"painted {caption}" for caption in other)),
        }
    assert emoji_measures.measure_set(None, Judge(), 4) == expected


def test_memory_is_measured_against_the_training_pictures(monkeypatch):
    """What is "painted" here are training pictures: at no distance from the bank, where the drawings are not."""
    bank = [scene for scene in (Scenes(0, styles=("noto", "fluent"))[n] for n in range(60)) if scene.kind == "emoji"]
    monkeypatch.setattr(emoji_measures, "paint", lambda model, captions: emoji_measures.pictures_of(bank[:12]))
    found, sheet = emoji_measures.measure_memory(None, 12, among=60)
    assert found["painted"] < 1e-3 < found["drawings"] < 1 and found["among"] == len(bank)
    fresh = [Scenes(2024, kind="emoji", styles=("noto", "fluent"))[number] for number in range(12)]
    same = sum(one.things[0].name == other.things[0].name for one, other in zip(fresh, bank, strict=False)) / 12
    assert found["same concept"] == pytest.approx(same) and found.keys() == {
        "painted",
        "drawings",
        "same concept",
        "among",
    }
    assert sheet.shape == (20, 3, 64, 64)
    torch.testing.assert_close(sheet[:10], sheet[10:])


def test_pictures_go_through_the_vae_in_parts(monkeypatch):
    sizes = []

    class Half:
        def encode(self, pictures):
            sizes.append(len(pictures))
            return pictures, None

        def decode(self, latent):
            return 2 * latent

    model = torch.nn.Module()
    model.vae = Half()
    pictures = torch.linspace(-0.7, 0.7, 70)[:, None, None, None].expand(70, 3, 2, 2)
    torch.testing.assert_close(emoji_measures.through(model, pictures), (2 * pictures).clamp(-1, 1))
    assert sizes == [32, 32, 6]
