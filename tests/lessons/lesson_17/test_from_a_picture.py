"""Lesson 17: what the page claims of image to image, and its LoRA."""

import types

import diffusers
import pytest
import torch

from course_lib.lessons import lesson_17 as lesson
from course_lib.models import load, untrained
from course_lib.pipeline import prepare, text_to_image
from course_lib.schedulers import make_sigmas


def test_strength_counts_timesteps_and_not_noise():
    model = untrained()
    run = prepare(model, "a", image=torch.zeros(3, 16, 16), strength=0.5, steps=20)
    assert round(run.sigmas[0].item(), 1) == 1.6 and len(run.sigmas) == 21
    assert model.table.timestep(run.sigmas[0]).item() == pytest.approx(499.5)
    assert round(1 / (run.sigmas[0].item() / model.table.sigma_max)) == 9
    assert make_sigmas("karras", 20, model.table)[0].item() == pytest.approx(14.6, abs=0.02)


def test_half_of_the_timesteps_is_far_from_half_of_the_noise():
    run = prepare(untrained(), "a", image=torch.zeros(3, 16, 16), strength=0.5, steps=20)
    first, top = run.sigmas[0].item(), make_sigmas("karras", 20, untrained().table)[0].item()
    assert round(100 * first / top) == 11 and round(1 / first**2, 1) == 0.4
    theirs = types.SimpleNamespace(scheduler=types.SimpleNamespace(timesteps=list(range(20)), order=1))
    _, count = diffusers.StableDiffusionImg2ImgPipeline.get_timesteps(theirs, 20, 0.5, "cpu")
    assert count == 10


def test_what_is_kept_of_the_square():
    """As the page says of the small model: at 0.2 in the square's corner, at 0.5 larger and moved, at 0.8 further."""
    start = torch.ones(3, 64, 64)
    start[1:, 4:28, 4:28] = -1
    settings = {"image": start, "sampler": "euler", "steps": 20, "seed": 3}
    small, middles, corners, sizes = load("small-stable-diffusion"), {}, {}, {}
    for strength in (0.2, 0.5, 0.8):
        image = prepare(small, "a red circle", strength=strength, **settings).finish().image.astype(float)
        red = torch.tensor(image[..., 1] < 128)
        rows, columns = red.nonzero().double().mean(0)
        middles[strength] = max(rows, columns)
        corners[strength], sizes[strength] = red[4:6, 4:6].double().mean(), red.sum()
    assert middles[0.2] < 20  # 16 is the square's, 32 the picture's
    assert middles[0.5] > middles[0.2] + 3 and middles[0.8] > middles[0.5] + 3
    assert corners[0.2] < 0.1 and corners[0.5] < 0.1  # round
    assert sizes[0.5] > 1.2 * sizes[0.2]


def test_strength_multiplies_every_timestep():
    model = untrained()
    whole = make_sigmas("karras", 20, model.table)
    run = prepare(model, "a", image=torch.zeros(3, 16, 16), strength=0.5, steps=20, scheduler="karras")
    halves = [model.table.timestep(sigma).item() / 2 for sigma in whole[:-1]]
    assert [model.table.timestep(sigma).item() for sigma in run.sigmas[:-1]] == pytest.approx(halves, abs=0.5)


def test_the_lora_of_the_page_paints_red_things_blue_and_leaves_others():
    small = load("small-stable-diffusion")
    corrections = lesson.from_red_to_blue(small, rank=4)
    assert len(corrections) == 14 and all(B.shape[1] == A.shape[0] == 4 for B, A in corrections.values())

    def colours(prompt):
        image = text_to_image(small, prompt, sampler="euler", seed=3).image.astype(float)
        return image[26:38, 26:38].mean(axis=(0, 1)), image[:4].mean(axis=(0, 1))

    prompts = "a red heart", "a red star on a yellow background", "a green square"
    before = {prompt: colours(prompt) for prompt in prompts}
    own = {layer: layer.weight.detach().clone() for layer in corrections}
    try:
        for layer, (B, A) in corrections.items():
            layer.weight.data = own[layer] + B @ A
        after = {prompt: colours(prompt) for prompt in prompts}
    finally:
        for layer, weight in own.items():
            layer.weight.data = weight
    for prompt in prompts[:2]:
        (red, _, blue), _ = before[prompt]
        assert red > blue + 50
        (red, _, blue), _ = after[prompt]
        assert blue > red + 50
    assert abs(after[prompts[1]][1] - before[prompts[1]][1]).max() < 30  # the yellow stays
    assert abs(after[prompts[2]][0] - before[prompts[2]][0]).max() < 30
