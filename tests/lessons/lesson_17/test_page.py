"""Lesson 17: the path of a GPU, run on the CPU with random weights; the player, and what the page claims."""

import contextlib
import dataclasses
import itertools
import json
import math
import tempfile
from dataclasses import replace

import diffusers
import nbformat
import numpy as np
import pytest
import torch

from course_lib.__main__ import SETTINGS
from course_lib.lessons import lesson_17 as lesson
from course_lib.lessons.lesson_00.noise import out_of_noise
from course_lib.lessons.lesson_17 import real_model, watching
from course_lib.models import UNet, load, outline, untrained
from course_lib.models.configs import STABLE_DIFFUSION_15
from course_lib.models.memory import _most_alive, needed
from course_lib.pipeline import prepare
from tests.lessons import full_size
from tests.notebooks.execute import NOTEBOOKS

NAME = "17_stable_diffusion_on_a_gpu.ipynb"


def page():
    return nbformat.read(NOTEBOOKS / NAME, as_version=4).cells


def run_page(chosen, monkeypatch, until=""):
    """Run the cells of the notebook as they stand, with this choice of model, up to the cell with these words."""
    monkeypatch.setattr(lesson, "choose", lambda: chosen)
    names = {"__name__": "__main__"}
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):  # the page writes a picture
        for cell in page():
            if cell.cell_type == "code":
                if until and until in cell.source:
                    return names
                exec(compile(cell.source, cell.source.splitlines()[0], "exec"), names)
    assert not until, f"no cell has {until!r}"
    return names


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
    assert "brightest number: 0.0\nflagged: [True]" in said
    assert "finite: True\nflagged: None" in said
    assert said.count("Nowhere do they differ by more than 0.01 on the scale from 0 to 255.") == 1
    assert "W has 102,400 numbers, B and A of rank 4 together 2,560\nB A has the shape of W: True" in said
    assert names["runner"].player.about["sentences"][-1] == "Result after 2 steps, sigma 0."
    assert names["chosen"].name == real_model.REAL and names["model"].vae.latent_channels == 4


def test_the_small_model_paints_the_panda_of_lesson_00(monkeypatch):
    names = run_page(real_model.choose(), monkeypatch, until="ask(lesson.predict_same)")
    there = out_of_noise(names["words"], seed=3)[-1][None]
    assert real_model.difference(names["by_hand"].clamp(-1, 1), there).largest < 0.5


def test_a_checker_that_objects_is_told_and_not_taken_for_another_picture(models, monkeypatch):
    full_size.write(models / real_model.REAL, tiny=True, objecting=True)
    chosen = replace(real_model.choose(real_on_cpu=True), size=64, steps=1)
    names = run_page(chosen, monkeypatch, until="objecting_checker")
    assert names["result"].nsfw_content_detected == [True] and names["result"].images.max() == 0
    assert lesson.check_why_black.right(names["by_hand"], names["result"].nsfw_content_detected) == "checker"


def test_a_picture_that_is_not_of_numbers_is_shown_black_with_a_word_where_to_read(models, monkeypatch, capsys):
    full_size.write(models / real_model.REAL, tiny=True)
    whole = torch.nn.functional.group_norm
    monkeypatch.setattr(torch.nn.functional, "group_norm", lambda *given, **named: math.inf * whole(*given, **named))
    chosen = replace(real_model.choose(real_on_cpu=True), size=64, steps=1)
    names = run_page(chosen, monkeypatch, until="objecting_checker")
    said = capsys.readouterr().out
    pointer = 'see the section "A black picture"'
    assert said.count("12,288 of the 12,288 numbers of a picture are NaN, and shown as black: " + pointer) == 3
    assert "largest difference nan of 255" in said
    assert str(names["apart"]) == "There is no difference where a picture is NaN: " + pointer + "."
    assert "\n## A black picture" in "\n".join(cell.source for cell in page())
    assert lesson.on_screen(names["by_hand"]).unique().tolist() == [-1]
    assert lesson.check_why_black.right(names["by_hand"], names["result"].nsfw_content_detected) == "overflow"
    shown = lesson.show_difference(names["by_hand"], torch.zeros(1, 3, 64, 64), ("ours", "theirs"))
    assert "no difference, because NaN is in one of them" in repr(shown)


@pytest.mark.filterwarnings("ignore:invalid value encountered in cast")
def test_only_the_latent_shows_an_overflow_behind_an_objecting_checker(monkeypatch):
    names = run_page(replace(real_model.choose(), size=32, steps=1), monkeypatch, until='output_type="latent"')
    names["latents"][0, 0, 0, 0] = math.nan
    call = {"negative_prompt": "", **names["same"], **names["size"]}
    replaced = names["pipeline"](names["words"], output_type="pt", **call)
    assert replaced.images.isfinite().all() and replaced.nsfw_content_detected == [True]
    asked = names["pipeline"](names["words"], output_type="latent", **call)
    assert not asked.images.isfinite().all() and asked.nsfw_content_detected is None


def test_the_player_may_have_painted_anything_before_ours(models, monkeypatch, capsys):
    """Run two cells after the player as a reader does who has changed its settings, and run them again."""
    small = real_model.choose()
    names = run_page(replace(small, size=32, steps=2), monkeypatch, until="title, steps = watch(words, **ours)\n")
    cells = [cell.source for cell in page() if "watch(words, **ours" in cell.source and cell.cell_type == "code"]
    assert len(cells) == 4
    cells = cells[2:]  # without the two that look for a step
    watch, asked = names["watch"], []
    pace = watch.pace
    monkeypatch.setattr(watch, "pace", lambda: asked.append(watch._last[0]) or pace())
    for _ in range(2):
        watch(names["words"], sampler="heun", steps=3, seed=8)
        capsys.readouterr()
        exec(cells[0], names)
        assert "more than 0.01 on" in capsys.readouterr().out
        exec(cells[1], names)
    assert [settings["cfg_scale"] for settings in asked] == 2 * [names["cfg_scale"], 1.0]
    assert all(settings["sampler"] == "euler" and settings["steps"] == 2 for settings in asked)


def test_when_the_guess_is_nearly_done_depends_on_sigma_and_not_on_the_number_of_the_step():
    """As the page says of its own run: 10, 20 or 40 steps, about twice the number each time, at nearly one sigma."""
    watch, found = lesson.Watch(load("small-stable-diffusion"), sampler="euler", scheduler="karras", seed=3), []
    for count in (10, 20, 40):
        _, steps = watch("a panda on a blue background", steps=count)
        found.append(watch.nearly_done(steps))
    numbers, sigmas = [step.index + 1 for step in found], [step.sigma for step in found]
    assert all(1.6 < later / first < 2.5 for first, later in itertools.pairwise(numbers)), numbers
    assert max(sigmas) / min(sigmas) < 1.6, sigmas
    for scheduler in ("normal", "exponential", "sgm_uniform"):
        _, steps = watch("a panda on a blue background", steps=20, scheduler=scheduler)
        found.append(watch.nearly_done(steps))
    numbers, sigmas = [step.index for step in found[3:]], [step.sigma for step in found[3:]]
    levels = [f"{sigma:.2f}" for sigma in prepare(watch.model, "a", steps=20, sampler="euler").sigmas]
    assert levels[12:15] == ["0.56", "0.40", "0.27"]
    assert max(numbers) - min(numbers) >= 3 and all(0.35 < sigma < 0.65 for sigma in sigmas), (numbers, sigmas)
    for count in (20, 40):
        _, steps = watch("a panda on a blue background", steps=count, seed=4)
        found.append(watch.nearly_done(steps))
    assert 0.75 < found[-1].sigma / found[-2].sigma < 1.33 and found[-1].sigma < sigmas[0]
    with pytest.raises(ValueError, match="at least one step"):
        watch.nearly_done([])


def test_the_recipe_in_the_file_paints_the_same_picture(monkeypatch, capsys):
    names = run_page(real_model.choose(), monkeypatch, until="lesson.quiz[0]")
    said = capsys.readouterr().out
    assert "painted again with small-stable-diffusion, the same in every pixel: True" in said
    assert "tensor(..., device='meta', size=(1, 3, 512, 512))" in said
    drawn = dict(zip(names["seeds"], torch.as_tensor(np.stack(names["mine"])).float(), strict=True))
    apart = {pair: (drawn[pair[0]] - drawn[pair[1]]).abs().mean() for pair in itertools.combinations(drawn, 2)}
    assert max(apart[1, 4], apart[2, 3]) < 6 and min(apart[1, 2], apart[1, 3], apart[2, 4], apart[3, 4]) > 15
    assert names["stored"] == names["recipe"] | {"seed": names["best"]}
    assert {*names["stored"], "model"} == SETTINGS.keys()


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
        assert len(steps) == len(watch.seconds) == (value if name == "steps" else 3)
        assert watch.decode(steps[0].denoised).shape == (1, 3, 24, 24)
    assert len(titles) == len(ends)
    same = [torch.equal(one, other) for one, other in itertools.combinations(ends, 2)]
    assert not any(same), "a control without effect"


def test_the_controls_tested_are_those_of_the_page():
    code = next(cell.source for cell in page() if "controls = {" in cell.source)
    lines = code.split("controls = {")[1].split("\n}")[0].splitlines()[1:]
    assert {line.split('"')[1] for line in lines} == OTHERS.keys()
    for name in ("sampler", "scheduler"):
        assert f"{name}s = {json.dumps([PLAIN[name], *OTHERS[name]])}" in code


def test_a_run_that_is_asked_for_again_is_not_run_again():
    watch = lesson.Watch(untrained(), size=16)
    watch.seconds = [9.0, 0.25, 0.25, 8.0]
    assert watch.pace() == "250 ms a step, 4.0 steps a second; the first step took 9000 ms"
    watch.seconds = []
    with pytest.raises(ValueError, match="nothing has been run yet"):
        watch.pace()
    first = watch("a", steps=2, seed=1)
    assert watch("a", steps=2, seed=1) is first and "steps a second" in watch.pace()
    assert watch("a", steps=2, seed=2) is not first
    expected = prepare(untrained(), "a", size=16, steps=2, seed=1).finish().latent
    assert torch.equal(first[1][-1].x_next, expected)
    with pytest.raises(ValueError, match="cfg_scale must be a number"):
        watch("a", cfg_scale=-1)


def test_the_title_says_which_words_the_model_makes_nothing_of(recwarn):
    model = dataclasses.replace(untrained(), words=frozenset({"a", "panda"}))
    watch = lesson.Watch(model, size=16, steps=1)
    title, _ = watch("a panda and a rocket", negative_prompt="a pandda")
    assert title.endswith(
        """seed 0. No position was left for: "et". The model has never seen: 'and', 'rocket'. """
        """The model has never seen: 'pandda' (did you mean panda?)"""
    )
    assert watch("a panda")[0].endswith("seed 0") and not recwarn


def test_numbers_in_the_questions_are_true():
    large = outline(STABLE_DIFFUSION_15)
    count = sum(weight.numel() for network in large.values() for weight in network.parameters())
    assert round(count / 1e6) == 1066
    for gigabytes, bytes_each in ((1.1, 1), (2.1, 2), (4.3, 4), (17, 16)):
        assert round(count * bytes_each / 1e9, 0 if gigabytes == 17 else 1) == gigabytes
    work = {size: needed(large, size=size, dtype=torch.float16).working for size in (256, 512, 1024)}
    assert work[1024] == pytest.approx(4 * work[512], rel=0.01)
    held = {size: needed(large, size=size, dtype=torch.float16, fused=False).working for size in work}
    assert round(held[512] / held[256]) == 14 and 15 < held[1024] / held[512] < 16
    wide = _most_alive(large["vae"], "decode", (1, 4, 128, 128), dtype=torch.float16, fused=False)
    assert round((wide - work[1024]) / 1e9, 1) == 0.8  # where the decoder's scores are held
    unet = sum(weight.numel() for weight in large["unet"].parameters())
    assert round(2 * unet / 1e9, 1) == 1.7
    scores = 2 * 8 * 4096**2 * 2 / 1e9
    assert scores == pytest.approx(0.54, abs=0.005)
    assert needed(large, size=512, dtype=torch.float32).total < 8e9  # without a GPU


def test_what_is_measured(monkeypatch):
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: 3_040_000_000)
    monkeypatch.setattr(torch.mps, "driver_allocated_memory", lambda: 5_000_000)
    assert lesson.measured(torch.device("cuda")) == "measured 3040 MB on cuda, the most at one time"
    assert lesson.measured(torch.device("mps")) == "measured 5 MB on mps, now"


def test_half_precision_is_as_the_page_says():
    info = torch.finfo(torch.float16)
    assert info.max == 65504 and info.eps == 2**-10 and torch.finfo(torch.float32).eps == 2**-23
    infinite = 2 * torch.tensor(65504.0, dtype=torch.float16)
    assert infinite.isinf() and (infinite - infinite).isnan()
    spread = torch.nn.functional.group_norm(torch.tensor([[math.nan, 1.0, 2.0, 3.0]]), 1)
    assert spread.isnan().all()
    assert torch.nan_to_num(((torch.tensor(math.nan) + 1) * 127.5).round().clamp(0, 255)).byte() == 0
    assert ((torch.tensor(math.inf) + 1) * 127.5).round().clamp(0, 255).byte() == 255


def test_what_the_clock_waits_for(monkeypatch):
    for kind in ("cuda", "mps"):
        done = []
        monkeypatch.setattr(getattr(torch, kind), "synchronize", lambda done=done: done.append("waited"))
        monkeypatch.setattr(getattr(torch, kind), "empty_cache", lambda done=done: done.append("given back"))
        watching.wait(torch.device(kind))
        lesson.give_back(torch.device(kind))
        assert done == ["waited", "given back"]


def test_a_run_that_leaves_the_range_is_watched_to_its_black_end_under_the_sentence():
    from course_lib.lessons.lesson_17.watching import Watch
    from course_lib.widgets import player

    watch = Watch(untrained(), sampler="euler")
    title, taken = watch("a", steps=4, cfg_scale=1e30)
    assert "The run stopped: the latent of step 1, at sigma 14.6, is not finite" in title
    assert "less guidance than 1e+30" in title and len(taken) == 1 and not watch.seconds
    shown = player(taken, watch.decode, title=title)
    assert shown.about["sentences"][-1].endswith("Numbers that are not finite are drawn black.")
    assert (shown._frames.pictures[-1][-1] == 0).all()
    title, taken = watch("a", steps=4, cfg_scale=3)
    assert "stopped" not in title and len(taken) == 4
