"""What lesson 17 runs: the choice of a model, its files and its memory; how pictures are compared."""

import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError

from course_lib.lessons import lesson_17 as lesson
from course_lib.lessons.lesson_17 import real_model
from course_lib.models.sources import find
from tests.lessons import full_size


def pretend(monkeypatch, kind):
    monkeypatch.setattr(real_model, "choose_device", lambda: torch.device(kind))


def test_the_choice(models, monkeypatch):
    small = lesson.choose()
    assert small.sentence == "No GPU was found, so this page runs the course's small model on the CPU."
    assert (small.name, small.size, small.steps, small.dtype) == (real_model.SMALL, 64, 20, torch.float32)
    assert small.about_checker.startswith("This model comes without a safety checker")
    assert small.diffusers_options()["variant"] is None and small.licence == "MIT"
    with pytest.raises(FileNotFoundError, match="Connect to the network"):
        lesson.choose(real_on_cpu=True)
    pretend(monkeypatch, "cuda")
    alone = lesson.choose()
    assert alone.name == real_model.SMALL and "could not be fetched" in alone.sentence and "on cuda" in alone.sentence
    full_size.write(models / real_model.REAL, tiny=True)
    real = lesson.choose()
    assert (real.name, real.size, real.dtype, str(real.device)) == (real_model.REAL, 512, torch.float16, "cuda")
    assert real.sentence == "This page runs Stable Diffusion 1.5 on cuda, in float16."
    assert "Open RAIL-M" in real.licence
    pretend(monkeypatch, "mps")
    assert lesson.choose().dtype == torch.float32


def test_the_checker_is_fetched_too_or_done_without(monkeypatch, tmp_path):
    asked = []

    def find(name, *, download=True, safety_checker=False):
        asked.append((name, download, safety_checker))
        if safety_checker:
            raise FileNotFoundError("not there")
        return tmp_path

    pretend(monkeypatch, "cuda")
    monkeypatch.setattr(real_model, "find", find)
    assert lesson.choose().folder == tmp_path
    assert asked == [(real_model.REAL, True, True), (real_model.REAL, False, False)]


def test_a_download_with_the_checker_says_how_much(monkeypatch, tmp_path, capsys):
    asked = []

    def snapshot_download(hub_id, *, allow_patterns, local_files_only):
        asked.append(allow_patterns)
        if local_files_only:
            raise LocalEntryNotFoundError("not there")
        for pattern in allow_patterns:
            if pattern.endswith(".safetensors"):
                (tmp_path / pattern).parent.mkdir(exist_ok=True)
                (tmp_path / pattern).touch()
        return str(tmp_path)

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.delenv("HF_HUB_OFFLINE")
    assert find(real_model.REAL, safety_checker=True) == tmp_path
    assert "safety_checker/model.fp16.safetensors" in asked[-1] and "about 2.7 GB" in capsys.readouterr().out
    find(real_model.REAL)
    assert not any("safety_checker" in pattern for pattern in asked[-1])


def test_memory_is_checked_before_loading(monkeypatch):
    small = lesson.choose()
    assert small.check_memory().endswith("on cpu: it fits.")
    monkeypatch.setattr(real_model, "there", lambda device: 100_000_000)
    with pytest.raises(MemoryError, match=r"64 x 64 pixels in float32 need 0\.\d+ GB .*; 0.10 GB are free on cpu"):
        small.check_memory()
    monkeypatch.setattr(real_model, "there", lambda device: small.need(size=768).total)
    with pytest.raises(MemoryError, match="1024 x 1024 pixels.*\nWhat would fit: 768 x 768 pixels"):
        small.check_memory(size=1024)


def test_the_difference_is_that_of_the_levels():
    one = torch.zeros(1, 3, 8, 8)
    other = one.clone()
    other[0, 0, 0, 0] = 2 * 3 / 255
    found = lesson.difference(one, other)
    assert found.largest == pytest.approx(3, abs=1e-4) and found.mean == pytest.approx(3 / 192, abs=1e-4)
    assert str(found).endswith("more than 3 on the scale from 0 to 255.")
    other[0, 0, 0, 0] = 2 * 3.2 / 255
    assert str(lesson.difference(one, other)).endswith("more than 4 on the scale from 0 to 255.")
    assert str(lesson.difference(one, one)).endswith("more than 0.01 on the scale from 0 to 255.")
    with pytest.raises(ValueError, match="one shape"):
        lesson.difference(one, torch.zeros(1, 3, 8, 16))


@pytest.mark.parametrize(("levels", "factor"), [(0, "1"), (1e-3, "200,000"), (0.4, "500"), (3, "50"), (200, "1")])
def test_the_difference_is_multiplied_until_it_shows(monkeypatch, levels, factor):
    shown = {}
    monkeypatch.setattr(
        real_model, "show_pictures", lambda pictures, **settings: shown.update(settings, last=pictures[-1])
    )
    one = torch.zeros(1, 3, 8, 8, dtype=torch.float64)
    lesson.show_difference(one, one + 2 * levels / 255, ("a", "b"))
    assert shown["titles"] == ["a", "b", f"difference × {factor}"]
    expected = 2 * levels * int(factor.replace(",", "")) / 255 - 1
    torch.testing.assert_close(shown["last"], torch.full_like(one[0], expected))
