"""Recording the attention changes no bit, and what is recorded is what the layers used."""

import pytest
import torch

from course_lib.layers import attention
from course_lib.models import Recorder, untrained
from course_lib.models.recorder import weights_of
from course_lib.samplers import sample
from course_lib.schedulers import make_sigmas

MODEL = untrained()
SIGMAS = make_sigmas("karras", 4, MODEL.table)


def start():
    return SIGMAS[0].item() * torch.randn(2, 4, 8, 6, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("of", ["words", "pixels"])
@pytest.mark.parametrize("cfg_scale", [1.0, 3.0])
def test_not_a_bit_changes(cfg_scale, of):
    denoise = MODEL.guided_denoiser("a panda", cfg_scale=cfg_scale)
    recorder = Recorder(MODEL.unet, of)
    plain = sample("euler", denoise, start(), SIGMAS)
    recorded = sample("euler", recorder.around(denoise), start(), SIGMAS)
    assert torch.equal(plain, recorded)
    assert [call.sigma for call in recorder.calls] == pytest.approx(SIGMAS[:-1].tolist())
    batch = 2 if cfg_scale == 1 else 4  # without and with the prompt, in one pass
    assert all(len(weights) == batch for weights in recorder.calls[0].maps.values())


def test_every_layer_is_recorded_at_its_size():
    recorder = Recorder(MODEL.unet)
    recorder.around(MODEL.denoiser(MODEL.encode_text(["a panda"])))(start(), torch.tensor(2.0))
    maps = recorder.calls[0].maps
    assert len(maps) == 2 + 1 + 4
    assert maps["down_blocks.0.attentions.0.0"].shape == (2, 2, 8, 6, 16)
    assert maps["mid_block.attentions.0.0"].shape == (2, 2, 4, 3, 16)
    for weights in maps.values():
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))


def test_two_recorders_stand_around_one_denoiser():
    denoise = MODEL.denoiser(MODEL.encode_text(["a panda"]))
    words, pixels = Recorder(MODEL.unet), Recorder(MODEL.unet, of="pixels")
    both = pixels.around(words.around(denoise))
    assert torch.equal(both(start(), torch.tensor(2.0)), denoise(start(), torch.tensor(2.0)))
    assert list(words.calls[0].maps) == list(pixels.calls[0].maps)
    seen = pixels.calls[0].maps
    assert seen["down_blocks.0.attentions.0.0"].shape == (2, 2, 8, 6, 48)
    assert seen["mid_block.attentions.0.0"].shape == (2, 2, 4, 3, 12)
    for weights in seen.values():
        torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:-1]))


def test_what_pixels_look_at_is_what_the_layer_was_given():
    """The layer's own output, made again from the recorded weights."""
    layer, given = MODEL.unet.mid_block.attentions[0].transformer_blocks[0].attn1, {}
    hook = layer.register_forward_hook(lambda _, inputs, output: given.update(x=inputs[0], out=output))
    recorder = Recorder(MODEL.unet, of="pixels")
    recorder.around(MODEL.denoiser(MODEL.encode_text(["a panda"])))(start(), torch.tensor(2.0))
    hook.remove()
    weights = recorder.calls[0].maps["mid_block.attentions.0.0"].flatten(2, 3)
    mixed = (weights @ layer.to_v(given["x"]).unflatten(-1, (2, -1)).transpose(1, 2)).transpose(1, 2).flatten(2)
    torch.testing.assert_close(layer.to_out[0](mixed), given["out"])


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match="unknown kind of attention 'letters'"):
        Recorder(MODEL.unet, of="letters")


def test_the_weights_are_those_that_the_layer_uses():
    layer = MODEL.unet.mid_block.attentions[0].transformer_blocks[0].attn2
    generator = torch.Generator().manual_seed(0)
    x, context = torch.randn(1, 5, 16, generator=generator), torch.randn(1, 3, 24, generator=generator)
    weights = weights_of(layer, x, context)
    q, k, v = layer.to_q(x), layer.to_k(context), layer.to_v(context)
    _, theirs = attention(q, k, v, heads=2, return_weights=True)
    torch.testing.assert_close(weights, theirs)
    mixed = (weights @ v.unflatten(-1, (2, -1)).transpose(1, 2)).transpose(1, 2).flatten(2)
    torch.testing.assert_close(layer.to_out[0](mixed), layer(x, context))


def test_another_word_is_seen_in_the_maps():
    seen = []
    for words in ("a panda", "a rocket"):
        recorder = Recorder(MODEL.unet)
        recorder.around(MODEL.denoiser(MODEL.encode_text([words])))(start(), torch.tensor(2.0))
        seen.append(recorder.calls[0].maps["mid_block.attentions.0.0"])
    assert not torch.allclose(*seen)


def test_no_hook_is_left_behind_even_after_an_error():
    def broken(x, sigma):
        raise RuntimeError("stopped")

    recorder = Recorder(MODEL.unet)
    with pytest.raises(RuntimeError, match="stopped"):
        recorder.around(broken)(start(), torch.tensor(2.0))
    assert recorder.calls == []
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in MODEL.unet.modules())
