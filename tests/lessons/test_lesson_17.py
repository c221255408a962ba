"""Lesson 17: the path of a GPU, run on the CPU with random weights; the choice, the comparison, checks and claims."""

import itertools
import json
import math
import shutil
from dataclasses import replace

import diffusers
import nbformat
import numpy as np
import pytest
import torch
from huggingface_hub.errors import LocalEntryNotFoundError

from course_lib.lessons import lesson_17 as lesson
from course_lib.lessons import real_model, settings_card, watching
from course_lib.models import UNet, load, outline, untrained
from course_lib.models.configs import STABLE_DIFFUSION_15
from course_lib.models.memory import needed
from course_lib.models.sources import find
from course_lib.pipeline import prepare, text_to_image
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import make_sigmas
from tests.lessons import full_size
from tests.notebooks.execute import NOTEBOOKS

NAME = "17_stable_diffusion_on_a_gpu.ipynb"


def run_page(chosen, monkeypatch, until=""):
    """Run the cells of the notebook as they stand, with this choice of model, up to the cell with these words."""
    monkeypatch.setattr(lesson, "choose", lambda: chosen)
    names = {"__name__": "__main__"}
    for cell in nbformat.read(NOTEBOOKS / NAME, as_version=4).cells:
        if cell.cell_type == "code":
            if until and until in cell.source:
                return names
            exec(compile(cell.source, cell.source.splitlines()[0], "exec"), names)
    assert not until, f"no cell has {until!r}"
    return names


@pytest.fixture
def models(tmp_path, monkeypatch):
    """The folder of models, where the real one is looked for first; removed at the end, whatever happens."""
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path))
    yield tmp_path
    shutil.rmtree(tmp_path)


def test_the_gpu_path_at_full_size(models, monkeypatch):
    """Both programs, from one folder of half-precision files of Stable Diffusion's own size, paint the same picture."""
    full_size.write(models / real_model.REAL)
    chosen = replace(real_model.choose(real_on_cpu=True), size=256, steps=2)
    names = run_page(chosen, monkeypatch, until="objecting_checker")
    assert names["by_hand"].shape == (1, 3, 256, 256) and names["by_hand"].std() > 0.05
    assert names["result"].nsfw_content_detected == [False]
    assert names["apart"].largest < 0.5
    assert sum(weight.numel() for weight in names["pipeline"].unet.parameters()) == 859_520_964


def test_every_cell_of_the_page_on_the_gpu_path(models, monkeypatch, capsys):
    """The same folder with few channels: every cell runs, the player, image to image and the exercises, too."""
    full_size.write(models / real_model.REAL, tiny=True)
    chosen = replace(real_model.choose(real_on_cpu=True), size=64, steps=2)
    names = run_page(chosen, monkeypatch)
    said = capsys.readouterr().out
    assert "This page runs Stable Diffusion 1.5 on the CPU, in float32." in said
    assert "The safety checker is on.\nflagged: [False]" in said
    assert "brightest number: 0.0  flagged: [True]" in said
    assert said.count("At no place do they differ by more than 1 of 255 levels.") == 2
    assert names["runner"].player.about["sentences"][-1] == "Result after 2 steps, sigma 0."
    assert names["chosen"].name == real_model.REAL and names["model"].vae.latent_channels == 4


def test_a_checker_that_objects_is_told_and_not_taken_for_another_picture(models, monkeypatch):
    full_size.write(models / real_model.REAL, tiny=True, objecting=True)
    chosen = replace(real_model.choose(real_on_cpu=True), size=64, steps=1)
    names = run_page(chosen, monkeypatch, until="objecting_checker")
    assert names["result"].nsfw_content_detected == [True] and names["result"].images.max() == 0
    assert lesson.check_why_black.right(names["noise"], names["result"].nsfw_content_detected) == "checker"


@pytest.mark.parametrize(("kind", "method"), [(UNet, "forward"), (diffusers.AutoencoderKL, "decode")])
def test_a_full_memory_ends_in_advice_in_both_programs(models, monkeypatch, kind, method):
    full_size.write(models / real_model.REAL, tiny=True)
    chosen = replace(real_model.choose(real_on_cpu=True), size=64, steps=1)
    whole = getattr(kind, method)

    def full(self, *arguments, **settings):
        if any(weight.is_meta for weight in self.parameters()) or any(getattr(a, "is_meta", 0) for a in arguments):
            return whole(self, *arguments, **settings)  # the counting itself
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(kind, method, full)
    with pytest.raises(
        MemoryError, match="^The memory of cpu is full. 64 x 64 pixels in float32 need .*\nWhat would fit"
    ):
        run_page(chosen, monkeypatch)


def test_without_its_files_the_checker_is_missed_aloud(models, monkeypatch):
    folder = full_size.write(models / real_model.REAL, tiny=True)
    on = real_model.choose(real_on_cpu=True)
    assert on.has_checker and on.wants_checker and "safety_checker" not in on.diffusers_options()
    assert on.diffusers_options()["variant"] == "fp16"
    for path in (folder / "safety_checker").glob("*.safetensors"):
        path.unlink()
    off = real_model.choose(real_on_cpu=True)
    assert off.about_checker.startswith("The files of the safety checker are missing here")
    assert off.diffusers_options()["safety_checker"] is None
    run_page(replace(off, size=64, steps=1), monkeypatch, until="objecting_checker")


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


PLAIN = {"prompt": "a", "negative_prompt": "", "sampler": "euler", "scheduler": "karras", "steps": 3}
OTHERS = {
    "prompt": ["b"],
    "negative_prompt": ["b"],
    "sampler": ["heun", "dpmpp_2m", "euler_ancestral"],
    "scheduler": ["normal", "exponential", "sgm_uniform"],
    "steps": [1, 4],
    "cfg_scale": [0.0, 1.0, 20.0],
    "seed": [0, 10**6],
}


def test_every_control_of_the_player():
    watch = lesson.Watch(untrained(), size=24)
    titles, ends = set(), []
    for name, value in [("seed", 3), *((name, value) for name, values in OTHERS.items() for value in values)]:
        title, steps = watch(**PLAIN | {"cfg_scale": 3.0, "seed": 3} | {name: value})
        titles.add(title)
        ends.append(watch.decode(steps[-1].x_next))
        assert len(steps) == len(watch.seconds) == (value if name == "steps" else 3) and watch.steps is steps
        assert watch.decode(steps[0].denoised).shape == (1, 3, 24, 24)
    assert len(titles) == len(ends)
    same = [torch.equal(one, other) for one, other in itertools.combinations(ends, 2)]
    assert not any(same), "a control without effect"


def test_the_controls_tested_are_those_of_the_page():
    page = "\n".join(cell.source for cell in nbformat.read(NOTEBOOKS / NAME, as_version=4).cells)
    lines = page.split("controls = {")[1].split("\n}")[0].splitlines()[1:]
    assert {line.split('"')[1] for line in lines} == OTHERS.keys()
    for name in ("sampler", "scheduler"):
        assert json.dumps([PLAIN[name], *OTHERS[name]]) in page


def test_a_run_that_is_asked_for_again_is_not_run_again():
    watch = lesson.Watch(untrained(), size=16)
    with pytest.raises(ValueError, match="nothing has been run yet"):
        watch.pace()
    first = watch("a", steps=2, seed=1)
    assert watch("a", steps=2, seed=1) is first and "steps a second" in watch.pace()
    assert watch("a", steps=2, seed=2) is not first
    expected = prepare(untrained(), "a", size=16, steps=2, seed=1).finish().latent
    assert torch.equal(first[1][-1].x_next, expected)
    with pytest.raises(ValueError, match="cfg_scale must be a number"):
        watch("a", cfg_scale=-1)


def test_the_difference_is_that_of_the_levels():
    one = torch.zeros(1, 3, 8, 8)
    other = one.clone()
    other[0, 0, 0, 0] = 2 * 3 / 255
    found = lesson.difference(one, other)
    assert found.largest == pytest.approx(3, abs=1e-4) and found.mean == pytest.approx(3 / 192, abs=1e-4)
    assert str(found).endswith("more than 3 of 255 levels.") or str(found).endswith("more than 4 of 255 levels.")
    assert str(lesson.difference(one, one)).endswith("more than 1 of 255 levels.")
    with pytest.raises(ValueError, match="one shape"):
        lesson.difference(one, torch.zeros(1, 3, 8, 16))
    for tiny in (0.0, 1e-6, 1e-3, 0.1, 2.0):
        assert "difference" in repr(lesson.show_difference(one, one + tiny, ("a", "b")))


def test_numbers_in_the_questions_are_true():
    large = outline(STABLE_DIFFUSION_15)
    count = sum(weight.numel() for network in large.values() for weight in network.parameters())
    assert round(count / 1e6) == 1066
    for gigabytes, bytes_each in ((1.1, 1), (2.1, 2), (4.3, 4), (17, 16)):
        assert round(count * bytes_each / 1e9, 0 if gigabytes == 17 else 1) == gigabytes
    work = {size: needed(large, size=size, dtype=torch.float16).work for size in (512, 768)}
    assert 4 * work[512] == pytest.approx(needed(large, size=1024, dtype=torch.float32).work / 2, rel=0.02)
    unet = sum(weight.numel() for weight in large["unet"].parameters())
    assert round(2 * unet / 1e9, 1) == 1.7
    scores = 2 * 8 * 4096**2 * 2 / 1e9
    assert scores == pytest.approx(0.54, abs=0.005)
    assert needed(large, size=512, dtype=torch.float32).total < 8e9  # without a GPU


def test_strength_counts_levels_and_not_noise():
    model = untrained()
    run = prepare(model, "a", image=torch.zeros(3, 16, 16), strength=0.5, steps=20)
    assert 1 < run.sigmas[0] < 1.3 and len(run.sigmas) == 21
    assert torch.equal(run.sigmas, make_sigmas("karras", 40, model.table)[20:])
    assert make_sigmas("karras", 20, model.table)[0].item() == pytest.approx(14.6, abs=0.02)


def test_half_precision_is_as_the_page_says():
    info = torch.finfo(torch.float16)
    assert info.max == 65504 and info.eps == 2**-10 and torch.finfo(torch.float32).eps == 2**-23
    infinite = 2 * torch.tensor(65504.0, dtype=torch.float16)
    assert infinite.isinf() and (infinite - infinite).isnan()
    spread = torch.nn.functional.group_norm(torch.tensor([[math.nan, 1.0, 2.0, 3.0]]), 1)
    assert spread.isnan().all()
    assert torch.nan_to_num(((torch.tensor(math.nan) + 1) * 127.5).round().clamp(0, 255)).byte() == 0


def test_the_card_is_painted_again_and_each_setting_matters():
    small = load("small-stable-diffusion")
    right = settings_card.SETTINGS
    target = text_to_image(small, **right).image
    assert np.array_equal(target, text_to_image(small, **right).image)
    changes = {"prompt": "a large red star", "negative_prompt": "", "sampler": "dpmpp_2m", "scheduler": "normal",
               "steps": 24, "cfg_scale": 7.5, "seed": 0}  # fmt: skip
    for name, value in changes.items():
        assert not np.array_equal(target, text_to_image(small, **right | {name: value}).image), name
    assert SAMPLERS["dpm_2"].label == "DPM2" and len(prepare(small, **right).sigmas) == 13
    for name in ("prompt", "negative_prompt"):
        assert right[name] in lesson.CARD
    for words in ("Steps: 12", "DPM2 Karras", "CFG scale: 4", "Seed: 1717", "64x64"):
        assert words in lesson.CARD


def test_dpm_2_asks_twice_in_each_step_but_the_last():
    model, calls = untrained(), []
    run = prepare(model, "a", sampler="dpm_2", steps=12)
    denoise = run.denoise
    run.denoise = lambda x, sigma: calls.append(float(sigma)) or denoise(x, sigma)
    list(run)
    assert len(calls) == 23


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": ...}, "seed is still missing"),
        ({"guidance": 4}, "'guidance' is not one of the settings"),
        ({"steps": 20}, "The number of steps is not the card's"),
        ({"size": 512}, "The size is not the card's"),
        ({"size": (64, 64)}, "The size is one number"),
        ({"sampler": "euler"}, "are two samplers"),
        ({"negative_prompt": "blue"}, "what is to be avoided"),
    ],
)
def test_other_mistakes_on_the_card_get_a_sentence(changed, said):
    assert said in lesson.check_settings.verdict(settings_card.SETTINGS | changed)


def test_a_card_as_numbers_of_another_type_is_right():
    assert lesson.check_settings.verdict(settings_card.SETTINGS | {"cfg_scale": 4.0}).startswith("[OK]")


def test_the_figure_of_the_card_says_what_it_shows():
    small = untrained()
    wrong = settings_card.SETTINGS | {"seed": 1}
    assert "another picture" in repr(lesson.show_card(small, wrong))
    for unfinished in ({}, {"prompt": ...}, settings_card.SETTINGS | {"sampler": "DPM2"}, {"prompts": "a"}):
        assert "still missing" in repr(lesson.show_card(small, unfinished))
    assert repr(lesson.show_card(small)) == "Figure: The picture of the card."


def test_a_list_with_false_in_it_is_recognised():
    def naive(latent, flagged):
        if flagged:
            return "checker"
        return "painted" if latent.isfinite().all() else "overflow"

    assert "even [False]" in lesson.check_why_black.verdict(naive)


def test_what_the_clock_waits_for(monkeypatch):
    for kind in ("cuda", "mps"):
        done = []
        monkeypatch.setattr(getattr(torch, kind), "synchronize", lambda done=done: done.append("waited"))
        monkeypatch.setattr(getattr(torch, kind), "empty_cache", lambda done=done: done.append("given back"))
        watching.wait(torch.device(kind))
        real_model.give_back(torch.device(kind))
        assert done == ["waited", "given back"]
