"""One update of the small model's training: U-Net and text encoder, 64 samples."""

from __future__ import annotations

import copy

import diffusers
import torch
import torch.nn.functional as F
import transformers

from benchmarks.rows import Row, alternate
from course_lib.training.loop import Learner
from course_lib.training.small_model import TEXT_CONFIG, UNET_CONFIG, make_tokenizer
from course_lib.training.unet import Trained

BATCH, RATE = 64, 1e-4
SHARED = "with 64 samples nearly all is arithmetic that both share, forwards and backwards"


def rows() -> list[Row]:
    """Ours, with its averaged weights, against the networks of diffusers and transformers in a plain loop."""
    generator = torch.Generator().manual_seed(0)
    words = len(make_tokenizer().vocabulary)
    config = TEXT_CONFIG | {"vocab_size": words}
    text = transformers.CLIPTextModel(transformers.CLIPTextConfig(**config)).train()
    unet = diffusers.UNet2DConditionModel.from_config(UNET_CONFIG).train()
    ours = Trained(words)
    ours.unet.load_state_dict(unet.state_dict())
    states = {name.removeprefix("text_model."): value for name, value in text.state_dict().items()}
    ours.text_encoder.load_state_dict({name: states[name] for name in ours.text_encoder.state_dict()})
    learner = Learner(ours, RATE, lambda step: 1.0, 0.9985, 1e-2)
    optimizer = torch.optim.AdamW([*unet.parameters(), *text.parameters()], RATE, betas=(0.9, 0.99), weight_decay=1e-2)
    average = [copy.deepcopy(network).requires_grad_(False) for network in (unet, text)]
    x, v = (torch.randn(BATCH, 12, 8, 8, generator=generator) for _ in range(2))
    t = torch.arange(BATCH) * 15
    tokens = torch.randint(0, words, (BATCH, 24), generator=generator)

    def one() -> float:
        loss = F.mse_loss(ours(x, t, tokens), v)
        learner.learn(loss)
        return loss.item()

    def other() -> float:
        loss = F.mse_loss(unet(x, t, text(tokens)[0]).sample, v)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_([*unet.parameters(), *text.parameters()], 1.0)
        optimizer.step()
        with torch.no_grad():
            for kept, network in zip(average, (unet, text), strict=True):
                for mean, weight in zip(kept.parameters(), network.parameters(), strict=True):
                    mean.lerp_(weight, 1 - 0.9985)
        return loss.item()

    def agree(ours: float, peer: float) -> None:
        if abs(ours - peer) > 1e-4 * peer:
            raise AssertionError(f"both must have the same loss; got {ours} and {peer}")

    times = alternate(one, other, 5, agree)
    return [
        Row(
            "one update of the training",
            times,
            "diffusers, transformers, a plain loop",
            f"{BATCH} samples",
            0.7,
            reason=SHARED,
        )
    ]
