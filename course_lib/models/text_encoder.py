"""The text encoder: CLIP's Transformer, which turns tokens into text states.

Parameters have the names of transformers' CLIPTextModel. Source: Radford et al. 2021, arXiv 2103.00020, section 2.4.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib import expect
from course_lib.models.blocks import attend


def quick_gelu(x: Tensor) -> Tensor:
    """x * sigmoid(1.702 x): CLIP's approximation of GELU. x : (B, N, C), or any shape.

    Source: OpenAI's CLIP, model.py; Hendrycks, Gimpel 2016, arXiv 1606.08415, section 2.

    Example:

    >>> quick_gelu(torch.tensor([0.0, 1.0]))
    tensor([0.0000, 0.8458])
    """
    return x * torch.sigmoid(1.702 * x)


ACTIVATIONS = {"quick_gelu": quick_gelu, "gelu": F.gelu}


class Embeddings(nn.Module):
    """A vector for each token plus one for its place: (B, N) -> (B, N, width).

    Example:

    >>> Embeddings(words=10, places=6, width=4)(torch.tensor([[1, 2, 9]])).shape
    torch.Size([1, 3, 4])
    """

    def __init__(self, *, words: int, places: int, width: int):
        super().__init__()
        self.token_embedding = nn.Embedding(words, width)
        self.position_embedding = nn.Embedding(places, width)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens (B, N), whole numbers -> (B, N, width)."""
        return self.token_embedding(tokens) + self.position_embedding.weight[: tokens.shape[1]]


class CausalAttention(nn.Module):
    """Self-attention in which no token looks ahead: (B, N, width) -> (B, N, width).

    Example:

    >>> CausalAttention(8, heads=2)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    def __init__(self, width: int, *, heads: int):
        super().__init__()
        self.heads = heads
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (nn.Linear(width, width) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """x (B, N, width) -> (B, N, width)."""
        return self.out_proj(attend(self.q_proj(x), self.k_proj(x), self.v_proj(x), self.heads, causal=True))


class MLP(nn.Module):
    """Two linear layers with an activation between: (B, N, width) -> (B, N, width).

    Example:

    >>> MLP(8, inner=32, activation="gelu")(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    def __init__(self, width: int, *, inner: int, activation: str):
        super().__init__()
        self.activation = ACTIVATIONS[activation]
        self.fc1, self.fc2 = nn.Linear(width, inner), nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, N, width) -> (B, N, width)."""
        return self.fc2(self.activation(self.fc1(x)))


class Layer(nn.Module):
    """Attention, then an MLP, each after a layer norm and beside a way around: (B, N, width) -> (B, N, width).

    Example:

    >>> Layer(8, heads=2, inner=32, activation="gelu", eps=1e-5)(torch.zeros(1, 3, 8)).shape
    torch.Size([1, 3, 8])
    """

    def __init__(self, width: int, *, heads: int, inner: int, activation: str, eps: float):
        super().__init__()
        self.layer_norm1, self.layer_norm2 = (nn.LayerNorm(width, eps) for _ in range(2))
        self.self_attn = CausalAttention(width, heads=heads)
        self.mlp = MLP(width, inner=inner, activation=activation)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, N, width) -> (B, N, width)."""
        x = x + self.self_attn(self.layer_norm1(x))
        return x + self.mlp(self.layer_norm2(x))


class Layers(nn.Module):
    """The layers one after the other; a module of its own only because the files name it so. (B, N, width).

    Example:

    >>> len(Layers([nn.Identity()]).layers)
    1
    """

    def __init__(self, layers: list[nn.Module]):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> Tensor:
        """x (B, N, width) -> (B, N, width)."""
        for layer in self.layers:
            x = layer(x)
        return x


class TextEncoder(nn.Module):
    """Tokens to text states: (B, N) -> (B, N, width), after the final norm.

    words : in the vocabulary; places : the longest text; inner : of the MLPs; activation : "quick_gelu" or "gelu".
    Raises ValueError for another activation, and heads that do not divide the width.

    Example:

    >>> encoder = TextEncoder(words=10, places=6, width=8, layers=2, heads=2, inner=32)
    >>> encoder(torch.tensor([[0, 3, 4, 9, 9, 9]])).shape
    torch.Size([1, 6, 8])
    """

    def __init__(
        self,
        *,
        words: int = 49408,
        places: int = 77,
        width: int = 768,
        layers: int = 12,
        heads: int = 12,
        inner: int = 3072,
        activation: str = "quick_gelu",
        eps: float = 1e-5,
    ):
        super().__init__()
        expect.known("activation", activation, ACTIVATIONS)
        if width % expect.whole("heads", heads):
            raise ValueError(f"heads must divide the width {width}; got {heads}")
        self.words, self.places, self.width = words, places, width
        self.embeddings = Embeddings(words=words, places=places, width=width)
        self.encoder = Layers(
            [Layer(width, heads=heads, inner=inner, activation=activation, eps=eps) for _ in range(layers)]
        )
        self.final_layer_norm = nn.LayerNorm(width, eps)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens (B, N), N at most `places`, each below `words` -> text states (B, N, width).

        Raises ValueError for other axes, too many places, and tokens outside the vocabulary.
        """
        expect.tensor("tokens", tokens, "(B, N)")
        if tokens.shape[1] > self.places:
            raise ValueError(f"tokens must be (B, N) with N at most {self.places}; got {tuple(tokens.shape)}")
        if tokens.device.type == "cpu" and tokens.numel():
            lowest, highest = (int(end) for end in tokens.aminmax())
            if not 0 <= lowest <= highest < self.words:
                raise ValueError(f"tokens must lie in the vocabulary, 0 to {self.words - 1}; got {lowest} to {highest}")
        return self.final_layer_norm(self.encoder(self.embeddings(tokens)))
