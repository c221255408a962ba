"""The programs that measure: what they ask, and where they write what was found. The networks are stand-ins."""

import json
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.datasets.eight_bits import to_levels
from course_lib.datasets.scenes import Scenes, emoji_scene, is_held_out
from course_lib.models import untrained
from course_lib.pipeline import text_to_image
from course_lib.training import compare_guidance, compare_text_encoders, emoji_measures, evaluate, painting, reading
from course_lib.training.recogniser import CONCEPTS

MODEL = untrained()


def test_captions_are_painted_as_the_pipeline_does_in_any_batches():
    captions = ["a panda", "rocket", "red"]
    together = painting.paint(MODEL, captions, steps=2, seed=4)
    assert together.shape == (3, 3, 16, 16) and together.min() >= -1 and together.max() <= 1
    torch.testing.assert_close(
        painting.paint(MODEL, captions, steps=2, seed=4, batch=1), together, rtol=1e-3, atol=1e-3
    )
    one = text_to_image(MODEL, "a panda", steps=2, seed=4).image
    assert abs(one.astype(int) - ((together[0] + 1) * 127.5).permute(1, 2, 0).numpy()).max() <= 1
    usual = painting.paint(MODEL, captions)
    torch.testing.assert_close(painting.paint(MODEL, captions, steps=20, seed=0, batch=32), usual)
    assert not torch.allclose(painting.paint(MODEL, captions, seed=1), usual, atol=0.1)


def test_a_sheet_has_rows_and_columns(tmp_path):
    levels = torch.arange(6).float()[:, None, None, None].expand(6, 3, 16, 16) / 2.5 - 1
    painting.write_sheet(levels, tmp_path / "sheet.png", columns=3, times=2)
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    assert sheet.shape == (2 * 2 * 16, 2 * 3 * 16, 3)
    for number in range(6):
        row, column = divmod(number, 3)
        assert abs(sheet[32 * row + 16, 32 * column + 16].astype(int) - 51 * number).max() <= 1
    painting.write_sheet(levels, tmp_path / "large.png", columns=6)
    assert Image.open(tmp_path / "large.png").size == (3 * 6 * 16, 3 * 16)
    noise = torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    painting.write_sheet(noise, tmp_path / "noise.png", columns=1, times=2)
    small = Image.fromarray(to_levels(noise[0]).permute(1, 2, 0).numpy())
    wanted = np.asarray(small.resize((32, 32), Image.Resampling.LANCZOS))
    assert np.array_equal(np.asarray(Image.open(tmp_path / "noise.png")), wanted)


def test_evaluate_writes_numbers_and_sheets(monkeypatch, tmp_path, capsys):
    painted, written, sheet = [], {}, torch.zeros(20, 3, 64, 64)
    monkeypatch.setattr(sys, "argv", ["evaluate", "--count", "7"])
    monkeypatch.setattr(evaluate, "WEIGHTS", tmp_path)
    monkeypatch.setattr(evaluate, "load", lambda folder: ("model", folder))
    monkeypatch.setattr(evaluate, "open_recogniser", lambda: "judge")
    model = ("model", evaluate.FOLDER)

    def stands_in(name, result):
        def measure(*given, **named):
            return (result(*given, **named), sheet) if name == "measure_memory" else result(*given, **named)

        monkeypatch.setattr(evaluate, name, measure)

    for name, judged, counted in [
        ("measure_memory", False, True), ("measure_vae", False, True), ("measure_shapes", False, True),
        ("measure_concepts", True, False), ("measure_set", True, True),
    ]:  # fmt: skip
        wanted = (model, *(["judge"] if judged else []), *([7] if counted else []))
        stands_in(name, lambda *given, name=name, wanted=wanted: {name: given == wanted})

    def paint(given, captions, **settings):
        assert given == model and settings == {"seed": 1}
        painted.append(captions)
        return torch.zeros(len(captions), 3, 64, 64)

    def write_sheet(pictures, path, *, columns, times=3):
        written[path.name] = len(pictures), columns, times

    monkeypatch.setattr(evaluate, "paint", paint)
    monkeypatch.setattr(evaluate, "write_sheet", write_sheet)
    evaluate.main()
    found = json.loads((tmp_path / "reached.json").read_text())
    assert found == {
        "count": 7,
        "vae": {"measure_vae": True},
        "shapes": {"measure_shapes": True},
        "emoji": {"measure_concepts": True},
        "set": {"measure_set": True},
        "memory": {"measure_memory": True},
    }
    assert json.loads(capsys.readouterr().out) == found
    assert written == {"sheet.png": (20, 5, 3), "nearest.png": (20, 10, 2), "all.webp": (512, 32, 1)}
    assert painted[0] == evaluate.SHEET and painted[1][:2] == [f"{name}, noto style" for name in CONCEPTS[:2]]
    assert painted[1][-1] == f"{CONCEPTS[-1]}, fluent style"


def test_evaluate_asks_for_seen_and_unseen_pairs(monkeypatch):
    monkeypatch.setattr(evaluate, "paint", lambda model, captions: captions)
    monkeypatch.setattr(evaluate, "agreement", lambda scenes, pictures: (scenes, pictures))
    found = evaluate.measure_shapes(None, 9)
    assert list(found) == ["shape, seen pairs", "shape, unseen pairs", "pair, seen pairs", "pair, unseen pairs"]
    for name, (scenes, pictures) in found.items():
        assert len(scenes) == 9 and pictures == [scene.caption for scene in scenes]
        assert all(scene.kind == name.split(",")[0] and is_held_out(scene) == ("unseen" in name) for scene in scenes)
    assert evaluate.scenes_of("shape", 3, held_out=False) == [Scenes(2024, kind="shape")[number] for number in range(3)]
    asked = []
    monkeypatch.setattr(
        evaluate, "quality", lambda vae, scenes, count: asked.append((vae, scenes, count)) or {"psnr": 3}
    )
    monkeypatch.setattr(evaluate, "through", lambda model, pictures: pictures)
    found = evaluate.measure_vae(MODEL, 4)
    assert found["psnr"] == 3 and asked[0][0] is MODEL.vae and asked[0][2] == 4
    assert asked[0][1].held_out and asked[0][1].scattered and asked[0][1].seed == 0
    for kind in ("shape", "pair"):
        scenes, pictures = found[kind]
        assert all(is_held_out(scene) and scene.kind == kind for scene in scenes)
        assert torch.equal(pictures, emoji_measures.pictures_of(scenes))


def test_guidance_is_compared_scale_by_scale(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(sys, "argv", ["compare_guidance", "--count", "5"])
    monkeypatch.setattr(compare_guidance, "WEIGHTS", tmp_path)
    monkeypatch.setattr(compare_guidance, "load", lambda folder: MODEL)
    monkeypatch.setattr(compare_guidance, "open_recogniser", lambda: "judge")
    monkeypatch.setattr(
        compare_guidance, "measure", lambda model, judge, count: {judge: model.cfg_scale, "count": count}
    )
    compare_guidance.main()
    written = json.loads((tmp_path / "guidance.json").read_text())
    scales = [1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0]
    assert written == {"count": 5, "scales": {str(scale): {"judge": scale, "count": 5} for scale in scales}}
    assert capsys.readouterr().out.startswith("1.0 {'judge': 1.0") and MODEL.cfg_scale == 3.0
    monkeypatch.setattr(sys, "argv", ["compare_guidance"])
    compare_guidance.main()
    assert json.loads((tmp_path / "guidance.json").read_text())["count"] == 240


@pytest.mark.parametrize(("count", "every"), [(100, 5), (600, 1)])
def test_guidance_is_measured_on_emoji_on_sentences_and_on_sets(monkeypatch, count, every):
    class Judge:
        def features(self, pictures):
            return pictures

    judge = Judge()
    monkeypatch.setattr(compare_guidance, "paint", lambda model, captions, *, seed: [model, seed, *captions])
    monkeypatch.setattr(compare_guidance, "pictures_of", lambda scenes: [scene.caption for scene in scenes])
    monkeypatch.setattr(compare_guidance, "recognised", lambda *given: {"recognised": given})
    monkeypatch.setattr(compare_guidance, "median_likeness", lambda *given: {"likeness": given})
    monkeypatch.setattr(compare_guidance, "read", lambda *given: {"sentence": given})
    monkeypatch.setattr(compare_guidance, "kernel_distance", lambda *given: given)
    found = compare_guidance.measure("model", judge, count)

    def painted(scenes):
        return ["model", 7, *(scene.caption for scene in scenes)]

    asked = [emoji_scene(concept, style) for concept in CONCEPTS for style in ("noto", "fluent")]
    asked = [scene for scene in asked if not is_held_out(scene)][::every]
    pairs, emoji, others = (
        [Scenes(seed, kind=kind, styles=("noto", "fluent"))[number] for number in range(count)]
        for seed, kind in ((7, "pair"), (7, "emoji"), (8, "emoji"))
    )
    assert found == {
        "recognised": (judge, painted(asked), asked),
        "likeness, dB": (painted(asked), [scene.things[0] for scene in asked]),
        "sentence of two shapes": (pairs, painted(pairs)),
        "KID x 1000": ([scene.caption for scene in others], painted(emoji)),
    }


def test_text_encoders_are_compared_way_by_way(monkeypatch, tmp_path, capsys):
    file, trained = tmp_path / "compared.json", []
    file.write_text('{"along": "of before"}')
    monkeypatch.setattr(sys, "argv", ["compare", "--ways", "kept", "both", "--samples", "64", "--seed", "3"])
    monkeypatch.setattr(compare_text_encoders, "FILE", file)
    monkeypatch.setattr(compare_text_encoders, "open_pairs", lambda tokenizer: tokenizer)
    monkeypatch.setattr(compare_text_encoders, "names_found", lambda pairs, tokenizer: {"name": pairs is tokenizer})
    monkeypatch.setattr(compare_text_encoders, "starting", lambda way: way)
    monkeypatch.setattr(compare_text_encoders, "load", lambda folder: MODEL)

    def learn(way, options, log):
        trained.append((way, options.samples, options.batch, options.rate, options.checkpoint.name, log.name))
        network = torch.nn.Module()
        network.unet, network.text_encoder = f"unet {way}", f"text {way}"
        return network, 0.25

    monkeypatch.setattr(compare_text_encoders, "learn", learn)
    monkeypatch.setattr(
        compare_text_encoders, "measure_shapes", lambda model, count: {"of": [model.unet, model.text_encoder, count]}
    )
    compare_text_encoders.main()
    assert trained == [(way, 64, 64, 1.4e-3, f"compared_{way}.pt", f"compared_{way}.jsonl") for way in ("kept", "both")]
    numbers = {
        way: {"samples": 64, "unseen": 0.25, "of": [f"unet {way}", f"text {way}", 100]} for way in ("kept", "both")
    }
    found = json.loads(file.read_text())
    assert found == {"contrastive": {"name": True}, "along": "of before"} | numbers, "what was found before stays"
    assert capsys.readouterr().out.splitlines()[0] == f"kept {json.dumps(numbers['kept'])}"
    assert torch.initial_seed() == 3
    trained.clear()
    monkeypatch.setattr(sys, "argv", ["compare"])
    compare_text_encoders.main()
    assert [(way, *given) for way, *given, _, _ in trained] == [
        (way, 60_000, 64, 1.4e-3) for way in ("along", "kept", "both")
    ]


def test_the_judge_of_shapes_says_how_often_it_is_right(monkeypatch, capsys):
    seen = []

    def agreement(scenes, pictures):
        seen.append((scenes, next(iter(pictures))))
        return {"sentence": 0.9876, "there": 1.0}

    monkeypatch.setattr(reading, "agreement", agreement)
    reading.main()
    assert capsys.readouterr().out == "".join(
        f"{kind} {{'sentence': '98.8%', 'there': '100.0%'}}\n" for kind in ("shape", "pair")
    )
    for kind, (scenes, picture) in zip(("shape", "pair"), seen, strict=True):
        assert scenes == [Scenes(99, kind=kind)[number] for number in range(500)]
        assert torch.equal(picture, scenes[0].draw())
