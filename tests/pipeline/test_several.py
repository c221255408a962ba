"""Several pictures at once: each is the picture that its seed and its words give alone."""

import dataclasses

import numpy as np
import pytest
import torch

from course_lib.models import untrained
from course_lib.models.memory import needed
from course_lib.pipeline import image_to_image, inpaint, prepare, text_to_image, upscale
from course_lib.samplers import SAMPLERS

MODEL = dataclasses.replace(untrained(), latent_scale=0.3)
IMAGE = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
MASK = torch.arange(16)[:, None] < torch.full((16,), 8)
JOINT = [name for name, row in SAMPLERS.items() if row.joint]
TASKS = {
    "text_to_image": lambda prompt, **settings: text_to_image(MODEL, prompt, **settings),
    "image_to_image": lambda prompt, **settings: image_to_image(MODEL, IMAGE, prompt, **settings),
    "inpaint": lambda prompt, **settings: inpaint(MODEL, IMAGE, MASK, prompt, **settings),
    "upscale": lambda prompt, **settings: upscale(MODEL, IMAGE, prompt, size=(24, 32), **settings),
}


def check(together, alone):
    assert len(together.images) == len(alone) == len(together.latent)
    for number, single in enumerate(alone):
        torch.testing.assert_close(together.latent[number], single.latent[0], rtol=1e-3, atol=1e-3)
        assert abs(together.images[number].astype(int) - single.image.astype(int)).max() <= 1
        for step, same in zip(together.steps, single.steps, strict=True):
            torch.testing.assert_close(step.denoised[number], same.denoised[0], rtol=1e-3, atol=1e-3)
    assert np.array_equal(together.image, together.images[0])
    assert not np.allclose(together.images[0], together.images[1], atol=10)


@pytest.mark.parametrize("sampler", [name for name in SAMPLERS if name not in JOINT])
def test_each_is_as_it_would_be_alone_with_every_sampler(sampler):
    settings = {"sampler": sampler, "steps": 4, "cfg_scale": 2.0}
    together = text_to_image(MODEL, "a panda", seed=5, count=3, **settings)
    check(together, [text_to_image(MODEL, "a panda", seed=seed, **settings) for seed in (5, 6, 7)])


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("sampler", ["dpmpp_2m", "euler_ancestral", "dpmpp_2m_sde"])
def test_each_task_takes_a_count_and_words_for_each(task, sampler):
    paint, settings = TASKS[task], {"sampler": sampler, "steps": 3}
    prompts, negatives = ["a panda", "rocket"], ["red", "blue"]
    check(paint("a panda", seed=3, count=2, **settings), [paint("a panda", seed=seed, **settings) for seed in (3, 4)])
    together = paint(prompts, negative_prompt=negatives, seed=3, **settings)
    alone = [
        paint(prompt, negative_prompt=negative, seed=seed, **settings)
        for prompt, negative, seed in zip(prompts, negatives, (3, 4), strict=True)
    ]
    check(together, alone)


def test_without_guidance_each_has_its_own_words_too():
    settings = {"cfg_scale": 1, "steps": 2}
    together = text_to_image(MODEL, ("a panda", "rocket"), negative_prompt="red", **settings)
    check(together, [text_to_image(MODEL, "a panda", **settings), text_to_image(MODEL, "rocket", seed=1, **settings)])


@pytest.mark.parametrize("sampler", JOINT)
def test_a_sampler_that_looks_at_the_whole_batch_is_refused(sampler):
    assert set(JOINT) == {"dpm_adaptive", "supreme"}
    with pytest.raises(ValueError, match=f"sampler '{sampler}' must paint one picture at a time.* got 2 pictures"):
        prepare(MODEL, "a panda", sampler=sampler, count=2)
    assert len(prepare(MODEL, ["a panda"], sampler=sampler, count=1).x) == 1


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"count": 0}, "count must be a whole number, at least 1, at most 1000; got 0"),
        ({"count": 1001}, "at most 1000; got 1001"),
        ({"count": 2.0}, "count must be a whole number"),
        ({"count": 4, "seed": 2**32 - 4 + 1}, "seed must be a whole number, at least 0, at most 4294967292"),
        ({"prompt": []}, "prompt must be one text for all pictures, or .* one for each of the 1; got a list of 0"),
        ({"prompt": ["a", "b", "c"], "count": 2}, "prompt must be .* one for each of the 2; got a list of 3"),
        ({"prompt": ["a", "b"], "negative_prompt": ["c"]}, "negative_prompt must be .* each of the 2; got a list of 1"),
        ({"negative_prompt": ["a", "b"]}, "negative_prompt must be .* one for each of the 1; got a list of 2"),
        ({"prompt": ["a", 5]}, "prompt must be a text; got int"),
        ({"prompt": {"a": 1, "b": 2}}, "prompt must be a text; got dict"),
        ({"prompt": ["a", "b \udcff"]}, "prompt must be a text in Unicode"),
    ],
)  # fmt: skip
def test_what_is_no_count_or_does_not_fit_it_is_refused(settings, said):
    with pytest.raises(ValueError, match=said):
        prepare(MODEL, **{"prompt": "a"} | settings)


def test_the_last_seed_is_within_reach():
    run = prepare(MODEL, "a", count=2, seed=2**32 - 2, steps=1)
    assert [generator.initial_seed() for generator in run.generators] == [2**32 - 2, 2**32 - 1]


def test_memory_is_counted_for_all_of_them(monkeypatch):
    need = needed(MODEL.networks, size=16, dtype=torch.float32, pictures=20)
    for free, enough in [(need.working + need.allowance, True), (need.working + need.allowance - 1, False)]:
        monkeypatch.setattr("course_lib.pipeline.preparing.there", lambda device, free=free: free)
        if enough:
            prepare(MODEL, "a", count=20)
        else:
            with pytest.raises(MemoryError, match="(?s)20 pictures of 16 x 16 pixels .* one picture at a time"):
                prepare(MODEL, "a", count=20)
    run = prepare(MODEL, "a", count=3)
    for fails in (run.finish, lambda: run.decode(run.x)):
        monkeypatch.setattr(MODEL.vae, "decode", _full)
        with pytest.raises(MemoryError, match="3 pictures of 16 x 16 pixels"):
            fails()


def _full(latent):
    if latent.is_meta:  # while the need is counted
        return latent
    raise torch.OutOfMemoryError("out of memory")


def test_states_of_other_words_than_pictures_are_refused():
    denoise = MODEL.guided_denoiser(["a", "b"], "", 2.0)
    with pytest.raises(ValueError, match="for all pictures or one for each of 3; got 2"):
        denoise(torch.zeros(3, 4, 8, 8), torch.tensor(1.0))
