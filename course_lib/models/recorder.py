"""Watch who looks where: record the weights of the attention while a denoiser runs, and change nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from course_lib import expect
from course_lib.models.transformer import Attention, SpatialTransformer
from course_lib.models.unet import UNet

_LAYERS = {"words": "attn2", "pixels": "attn1"}


class Recorded(NamedTuple):
    """One call of the denoiser. maps : for each layer, by its name in the U-Net, (B, heads, h, w, keys), on the CPU.

    keys : the places of the prompt, or the h * w pixels row by row. Over them each pixel's weights sum to 1.
    """

    sigma: float
    maps: dict[str, Tensor]


class Recorder:
    """A wrapper of a denoiser that keeps, for each call, how much each pixel looked at each word, or at each pixel.

    unet : the network inside the denoiser; of : "words" for its cross-attention, "pixels" for its self-attention. With
    guidance in one pass, the second half of the batch saw the prompt.
    The denoiser's answers stay the same to the last bit: the weights are computed once more, beside it.
    Raises ValueError where `of` is neither.

    Example:

    >>> from course_lib.models import untrained
    >>> model = untrained()
    >>> recorder = Recorder(model.unet)
    >>> denoise = recorder.around(model.denoiser(model.encode_text(["a panda"])))
    >>> _ = denoise(torch.zeros(1, 4, 8, 8), torch.tensor(2.0))
    >>> list(recorder.calls[0].maps)[0], recorder.calls[0].maps["mid_block.attentions.0.0"].shape
    ('down_blocks.0.attentions.0.0', torch.Size([1, 2, 4, 4, 16]))
    """

    def __init__(self, unet: UNet, of: str = "words"):
        expect.known("kind of attention", of, _LAYERS)
        self.unet, self.of = unet, of
        self.calls: list[Recorded] = []

    def around(self, denoise: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
        """denoise(x, sigma), recorded: x (B, C, h, w). What it answers, and raises, is what `denoise` does."""

        def recorded(x: Tensor, sigma: Tensor) -> Tensor:
            maps: dict[str, Tensor] = {}
            hooks = [hook for name, layer in self._layers() for hook in _hooks(name, layer, _LAYERS[self.of], maps)]
            try:
                denoised = denoise(x, sigma)
            finally:
                for hook in hooks:
                    hook.remove()
            self.calls.append(Recorded(float(sigma), maps))
            return denoised

        return recorded

    def _layers(self) -> list[tuple[str, SpatialTransformer]]:
        return [(name, part) for name, part in self.unet.named_modules() if isinstance(part, SpatialTransformer)]


def _hooks(name: str, transformer: SpatialTransformer, layer: str, maps: dict[str, Tensor]) -> list:
    """Hooks that note the size of the picture, and the weights of each block's attention layer of that name."""
    size = []

    def note_size(module: SpatialTransformer, inputs: tuple) -> None:
        size[:] = inputs[0].shape[-2:]

    def note_weights(index: int) -> Callable:
        def hook(module: Attention, inputs: tuple, output: Tensor) -> None:
            x, context = inputs[0], inputs[-1]  # self-attention is called with x alone
            with torch.no_grad():
                maps[f"{name}.{index}"] = weights_of(module, x, context).unflatten(2, tuple(size)).float().cpu()

        return hook

    blocks = transformer.transformer_blocks
    noted = [getattr(block, layer).register_forward_hook(note_weights(index)) for index, block in enumerate(blocks)]
    return [transformer.register_forward_pre_hook(note_size), *noted]


def weights_of(attention: Attention, x: Tensor, context: Tensor) -> Tensor:
    """How much each query looks at each key: x (B, N, channels), context (B, M, D) -> (B, heads, N, M), rows sum to 1.

    Example:

    >>> attention = Attention(8, heads=2, context_channels=6)
    >>> weights_of(attention, torch.zeros(1, 5, 8), torch.zeros(1, 4, 6))[0, 0, 0]
    tensor([0.2500, 0.2500, 0.2500, 0.2500], grad_fn=<SelectBackward0>)
    """
    q, k = (
        part.unflatten(-1, (attention.heads, -1)).transpose(1, 2)
        for part in (attention.to_q(x), attention.to_k(context))
    )
    return torch.softmax(q @ k.transpose(-2, -1) / q.shape[-1] ** 0.5, dim=-1)
