"""Block by block and whole, our networks are those of diffusers and transformers."""

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from course_lib import layers
from course_lib.models import blocks
from course_lib.models.transformer import SpatialTransformer
from course_lib.models.unet import UNet
from course_lib.models.vae import VAE
from tests.models.peers import TEXTS, UNETS, VAES, pair, relative


def randn(*shape, dtype=torch.float64, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64).to(dtype)


TOLERANCE = {torch.float64: 1e-9, torch.float32: 2e-4}
BOTH = pytest.mark.parametrize("dtype", TOLERANCE)


@BOTH
@pytest.mark.parametrize("name", UNETS)
@pytest.mark.parametrize("size", [(8, 8), (7, 5), (16, 4), (9, 12)])
def test_unet(name, size, dtype):
    config = UNETS[name]
    peer, ours = pair("unet", config, dtype)
    x, context = randn(2, ours.in_channels, *size, dtype=dtype), randn(2, 5, ours.context_channels, dtype=dtype)
    for timestep in (torch.tensor([3, 700]), 12, torch.tensor(0.25, dtype=dtype)):
        theirs = peer(x, timestep, context).sample
        assert relative(ours(x, timestep, context), theirs) < TOLERANCE[dtype]


@BOTH
@pytest.mark.parametrize("name", VAES)
@pytest.mark.parametrize("size", [(24, 24), (16, 40)])
def test_vae(name, size, dtype):
    peer, ours = pair("vae", VAES[name], dtype)
    image = randn(2, 3, *size, dtype=dtype)
    mean, log_variance = ours.encode(image)
    theirs = peer.encode(image).latent_dist
    assert relative(mean, theirs.mean) < TOLERANCE[dtype]
    assert relative(log_variance, theirs.logvar) < TOLERANCE[dtype]
    assert relative(ours.decode(mean), peer.decode(mean).sample) < TOLERANCE[dtype]


@BOTH
@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("length", [1, 5, 9])
def test_text_encoder(name, length, dtype):
    peer, ours = pair("text", TEXTS[name], dtype)
    tokens = torch.randint(0, 50, (3, length), generator=torch.Generator().manual_seed(0))
    assert relative(ours(tokens), peer(tokens).last_hidden_state) < TOLERANCE[dtype]


def test_no_token_looks_ahead():
    _, ours = pair("text", TEXTS["quick"])
    tokens = torch.arange(9)[None]
    changed = tokens.clone()
    changed[0, 5:] = 40
    assert torch.equal(ours(tokens)[:, :5], ours(changed)[:, :5])
    assert not torch.allclose(ours(tokens)[:, 5:], ours(changed)[:, 5:])


def test_blocks_of_the_unet():
    config = UNETS["three levels"]
    peer, ours = pair("unet", config)
    x, time, context = randn(2, 8, 6, 4), randn(2, 32), randn(2, 5, 6)
    tokens = randn(2, 24, 8)
    same = {
        "down_blocks.0.resnets.0": (x, time),
        "down_blocks.0.attentions.0.transformer_blocks.0.attn1": (tokens,),
        "down_blocks.0.attentions.0.transformer_blocks.0.attn2": (tokens, context),
        "down_blocks.0.attentions.0.transformer_blocks.0.ff": (tokens,),
        "down_blocks.0.downsamplers.0": (x,),
        "up_blocks.1.upsamplers.0": (randn(2, 16, 3, 2),),
    }
    for path, arguments in same.items():
        mine, theirs = ours.get_submodule(path)(*arguments), peer.get_submodule(path)(*arguments)
        assert relative(mine, theirs) < 1e-9, path
    theirs = peer.down_blocks[0].attentions[0](x, context).sample
    assert relative(ours.down_blocks[0].attentions[0](x, context), theirs) < 1e-9
    theirs = peer.time_embedding(peer.time_proj(torch.tensor([3, 700])).double())
    assert relative(ours.time_embedding(torch.tensor([3, 700])), theirs) < 1e-9
    theirs = peer.mid_block(randn(2, 24, 3, 2), time, encoder_hidden_states=context)
    assert relative(ours.mid_block(randn(2, 24, 3, 2), time, context), theirs) < 1e-9


def test_blocks_of_the_vae():
    peer, ours = pair("vae", VAES["three levels"])
    x = randn(2, 24, 4, 3)
    for path in ("encoder.mid_block.attentions.0", "decoder.mid_block", "decoder.up_blocks.0"):
        assert relative(ours.get_submodule(path)(x), peer.get_submodule(path)(x)) < 1e-9, path
    x = randn(2, 8, 6, 8)
    assert relative(ours.encoder.down_blocks[0](x), peer.encoder.down_blocks[0](x)) < 1e-9


def test_attention_is_that_of_the_layers():
    q, k, v = randn(2, 5, 8, seed=1), randn(2, 3, 8, seed=2), randn(2, 3, 8, seed=3)
    torch.testing.assert_close(blocks.attend(q, k, v, 2), layers.attention(q, k, v, heads=2))
    mask = layers.causal_mask(5)
    torch.testing.assert_close(blocks.attend(q, q, q, 4, causal=True), layers.attention(q, q, q, heads=4, mask=mask))


@pytest.mark.parametrize("causal", [False, True])
def test_attention_can_be_differentiated_forwards(causal):
    q, direction = randn(1, 5, 8), randn(1, 5, 8, seed=2)
    with sdpa_kernel(SDPBackend.MATH):
        value, derivative = torch.func.jvp(lambda q: blocks.attend(q, q, q, 2, causal=causal), (q,), (direction,))
    torch.testing.assert_close(value, blocks.attend(q, q, q, 2, causal=causal))
    h = 1e-6
    ahead, behind = (blocks.attend(x, x, x, 2, causal=causal) for x in (q + h * direction, q - h * direction))
    torch.testing.assert_close(derivative, (ahead - behind) / (2 * h), rtol=1e-6, atol=1e-8)


def test_the_unet_can_be_differentiated_forwards():
    _, ours = pair("unet", UNETS["three levels"])
    x, context = randn(1, 4, 8, 8), randn(1, 5, 6)
    with sdpa_kernel(SDPBackend.MATH):
        _, derivative = torch.func.jvp(lambda x: ours(x, 5, context), (x,), (randn(1, 4, 8, 8, seed=3),))
    assert derivative.isfinite().all()


def test_gradients_flow_to_every_parameter():
    _, ours = pair("unet", UNETS["three levels"])
    ours.requires_grad_(True)
    ours(randn(1, 4, 8, 8), 5, randn(1, 5, 6)).square().mean().backward()
    assert all(parameter.grad is not None and parameter.grad.abs().sum() > 0 for parameter in ours.parameters())


def test_a_latent_is_drawn_from_what_the_encoder_says():
    _, ours = pair("vae", VAES["three levels"])
    image = randn(1, 3, 16, 16).expand(400, -1, -1, -1)
    mean, log_variance = ours.encode(image[:1])
    latents = ours.sample(image, torch.Generator().manual_seed(0))
    torch.testing.assert_close(latents.mean(0), mean[0], rtol=0, atol=0.5)
    assert (latents.std(0) / (log_variance[0] / 2).exp()).mean() == pytest.approx(1, abs=0.02)
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.equal(ours.sample(image, torch.Generator().manual_seed(0)), latents)
    finally:
        torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (
            lambda: UNet(channels=(8, 16), attention=(True,), groups=2),
            "attention must have one entry for each of the 2",
        ),
        (lambda: UNet(channels=(8, 16), attention=(True, True), heads=3, groups=2), "heads must divide the 8 channels"),
        (lambda: SpatialTransformer(8, heads=0, context_channels=6, groups=2), "heads must be a whole number"),
        (lambda: small_unet()(randn(1, 3, 8, 8), 5, randn(1, 5, 6)), r"x must be \(B, 4, H, W\).*got \(1, 3, 8, 8\)"),
        (lambda: small_unet()(randn(1, 4, 8, 8), 5, randn(1, 5, 7)), r"context \(B, M, 6\)"),
        (lambda: small_unet()(randn(2, 4, 8, 8), 5, randn(1, 5, 6)), "of one B"),
        (lambda: small_unet()(randn(2, 4, 8, 8), torch.arange(3), randn(2, 5, 6)), "each of the 2 of x; got 3"),
        (lambda: VAE(channels=(4, 8), groups=2).encode(randn(1, 3, 7, 8)), "multiples of 2; got"),
        (lambda: VAE(channels=(4, 8), groups=2).encode(randn(1, 1, 8, 8)), r"must be \(B, 3, H, W\)"),
        (lambda: VAE(channels=(4, 8), groups=2).decode(randn(1, 3, 4, 4)), r"latent must be \(B, 4, h, w\)"),
        (lambda: pair("text", TEXTS["quick"])[1](torch.zeros(1, 10, dtype=torch.int64)), "N at most 9"),
        (lambda: pair("text", TEXTS["quick"])[1](torch.tensor([[50]])), "0 to 49; got 50 to 50"),
    ],
)
def test_bad_input_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def small_unet():
    return pair("unet", UNETS["three levels"])[1]
