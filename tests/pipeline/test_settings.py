"""What holds where a setting is left out, and at the rims of what is allowed."""

import pytest
import torch

from course_lib.models import untrained
from course_lib.models.memory import needed
from course_lib.pipeline import image_to_image, inpaint, prepare, preparing, text_to_image, upscale
from course_lib.pipeline.denoising import advice
from course_lib.pipeline.preparing import check_image, check_text, sides, texts_for

MODEL = untrained()
IMAGE = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
MASK = torch.arange(16)[:, None] < torch.full((16,), 8)
ALL = {"sampler": "dpmpp_2m", "scheduler": "karras", "steps": 20, "cfg_scale": 3.0, "seed": 0, "negative_prompt": ""}


def same(one, other):
    assert torch.equal(one.latent, other.latent) and (one.images == other.images).all()
    return len(one.steps) == len(other.steps)


def test_what_is_left_out_is_what_the_docstrings_say():
    assert MODEL.cfg_scale == 3.0
    whole = text_to_image(MODEL, "a panda", **ALL, size=16, count=1)
    assert same(text_to_image(MODEL, "a panda"), whole) and same(prepare(MODEL, "a panda").finish(), whole)
    few = {"steps": 2}
    for usual, tasked in [
        (0.6, lambda **more: image_to_image(MODEL, IMAGE, "a", **few, **more)),
        (1.0, lambda **more: inpaint(MODEL, IMAGE, MASK, "a", **few, **more)),
        (0.4, lambda **more: upscale(MODEL, IMAGE, "a", size=24, **few, **more)),
    ]:
        assert same(tasked(), tasked(strength=usual))
        assert not torch.equal(tasked().latent, tasked(strength=0.9 * usual).latent)


@pytest.mark.parametrize(
    "changed",
    [{"sampler": "euler"}, {"scheduler": "normal"}, {"cfg_scale": 1.0}, {"seed": 1}, {"negative_prompt": "b"}],
)
def test_every_setting_of_a_task_is_handed_on(changed):
    settings = ALL | {"steps": 3}
    for paint in (
        lambda **given: text_to_image(MODEL, "a", **given),
        lambda **given: image_to_image(MODEL, IMAGE, "a", **given),
        lambda **given: inpaint(MODEL, IMAGE, MASK, "a", **given),
        lambda **given: upscale(MODEL, IMAGE, "a", size=24, **given),
    ):
        assert not torch.equal(paint(**settings).latent, paint(**settings | changed).latent)


def test_a_given_table_of_pndm_stands():
    from course_lib.diffusion import NoiseTable

    other = NoiseTable.scaled_linear(0.0005, 0.02)
    usual, given, own = (
        text_to_image(MODEL, "a", sampler="pndm", steps=4, **more).latent
        for more in ({}, {"table": other}, {"table": MODEL.table})
    )
    assert torch.equal(usual, own) and not torch.equal(usual, given)


def test_sizes():
    assert sides(MODEL, None) == (16, 16) and sides(MODEL, 24) == (24, 24) and sides(MODEL, [2, 4]) == (2, 4)
    for size, said in [
        ((16,), "size must be one side or \\(height, width\\); got \\(16,\\)"),
        ((16, 15), "size must be a multiple of 2 pixels; got \\(16, 15\\)"),
        ((15, 16), "size must be a multiple of 2 pixels; got \\(15, 16\\)"),
        ((16, 65_536), "at most 65535; got 65536"),
        ((0, 16), "size must be a whole number, at least 1"),
        ("ab", "one side or"),
    ]:
        with pytest.raises(ValueError, match=said):
            sides(MODEL, size)
    assert prepare(MODEL, "a", size=(16, 32), steps=1).x.shape == (1, 4, 8, 16)
    assert prepare(MODEL, "a", image=torch.zeros(3, 16, 32), steps=1).x.shape == (1, 4, 8, 16)


def test_an_image_may_leave_its_range_by_a_rounding_error():
    for most in (1.0, 1.001, -1.001):
        check_image(MODEL, torch.full((3, 16, 16), most))
    for image, said in [
        (torch.full((3, 16, 16), 1.01), "got torch.float32 from 1.0\\d* to 1.0"),
        (torch.full((3, 16, 16), -1.01), "from -1.0\\d* to -1.0"),
        (torch.full((3, 16, 16), torch.nan), "from nan to nan"),
        (torch.zeros(3, 16), "image must have the 3 axes \\(3, H, W\\)"),
        (torch.zeros(1, 16, 16), "image must be \\(3, H, W\\), red, green and blue; got \\(1, 16, 16\\)"),
        (torch.zeros(3, 16, 16, dtype=torch.long), "image must hold floats in \\[-1, 1\\]; got torch.int64"),
    ]:
        with pytest.raises(ValueError, match=said):
            check_image(MODEL, image)
    with pytest.raises(ValueError, match="mask must have the 2 axes \\(H, W\\)"):
        check_image(MODEL, IMAGE, MASK[None])
    with pytest.raises(ValueError, match=r"as large as the image, \(16, 16\); got \(16, 16\) of torch.uint8"):
        check_image(MODEL, IMAGE, MASK.byte())


def test_texts():
    assert texts_for("prompt", "a", 3) == ["a"] and texts_for("prompt", ("a", "b"), 2) == ["a", "b"]
    check_text("prompt", "ไทย 🐼")
    with pytest.raises(ValueError, match="^prompt must be a text in Unicode; got .*, of which letter 1 cannot"):
        check_text("prompt", "\udcff")
    assert len(prepare(MODEL, ["a"] * 3, steps=1).x) == 3 and len(prepare(MODEL, "abc", steps=1).x) == 1
    with pytest.raises(ValueError, match="a list with one for each of the 1; got a list of 0"):
        prepare(MODEL, [], steps=1)
    with pytest.raises(ValueError, match="^a mask, and a strength below 1, need an image to begin with; got none"):
        prepare(MODEL, "a", mask=MASK)


def test_each_picture_has_its_own_seed():
    run = prepare(MODEL, "a", count=3, seed=7, steps=2)
    assert [generator.initial_seed() for generator in run.generators] == [7, 8, 9]
    alone = [prepare(MODEL, "a", seed=seed, steps=2).x for seed in (7, 8, 9)]
    assert torch.equal(run.x, torch.cat(alone)) and run.x.dtype == torch.float32
    assert run.cfg_scale == 3.0 and prepare(MODEL, "a", cfg_scale=0, steps=1).cfg_scale == 0
    with pytest.raises(ValueError, match="seed must be a whole number, at least 0, at most 4294967295"):
        prepare(MODEL, "a", seed=2**32)
    prepare(MODEL, "a", seed=2**32 - 1, steps=1)


def test_a_run_without_steps_decodes_its_beginning():
    run = prepare(MODEL, "a", steps=1)
    generated = run.finish([])
    assert torch.equal(generated.latent, run.x) and generated.steps == []
    assert generated.images.shape == (1, 16, 16, 3)


def test_much_more_than_one_picture_is_counted_first(monkeypatch):
    """Sixteen times the model's own picture goes without; above that weights that are there count as free."""
    free = []
    monkeypatch.setattr(preparing, "there", lambda device: free.append(device) or 10**6)
    prepare(MODEL, "a", size=64, steps=1), prepare(MODEL, "a", count=16, steps=1)
    assert not free
    need = needed(MODEL.networks, size=(64, 66), dtype=torch.float32)
    weights = sum(weight.nbytes for network in MODEL.networks.values() for weight in network.parameters())
    for there, fits in ((need.total - weights, True), (need.total - weights - 1, False)):
        monkeypatch.setattr(preparing, "there", lambda device, there=there: free.append(device) or there)
        if fits:
            prepare(MODEL, "a", size=(64, 66), steps=1)
        else:
            with pytest.raises(MemoryError, match="^64 x 66 pixels in float32 need .* are free on cpu"):
                prepare(MODEL, "a", size=(64, 66), steps=1)
    assert free[0] == MODEL.device and "cpu" in free


def test_advice_names_size_and_pictures():
    with pytest.raises(MemoryError, match="^The memory of cpu is full. 2 pictures of 16 x 32 pixels in float32"), \
            advice(MODEL, (16, 32), 2):  # fmt: skip
        raise torch.OutOfMemoryError("out of memory")
    run = prepare(MODEL, "a", size=(16, 32), steps=1)
    run.denoise = lambda x, sigma: (_ for _ in ()).throw(torch.OutOfMemoryError("out of memory"))
    with pytest.raises(MemoryError, match="is full. 16 x 32 pixels"):
        run.finish()


def test_inpainting_answers_in_the_precision_that_it_is_asked_in():
    run = prepare(MODEL, "a", image=IMAGE, mask=MASK, steps=1, cfg_scale=1)
    with torch.no_grad():
        half, single, double = (
            run.denoise(run.x.to(kind), torch.tensor(4.0, dtype=kind))
            for kind in (torch.float16, torch.float32, torch.float64)
        )
    assert [half.dtype, single.dtype, double.dtype] == [torch.float16, torch.float32, torch.float64]
    torch.testing.assert_close(double.float(), single, rtol=1e-3, atol=1e-3)
    torch.testing.assert_close(half.float(), single, rtol=0.1, atol=0.1)
