"""Stand-ins for networks, with which a loss can be worked out by hand."""

import torch
from torch import nn


class Fixed(nn.Module):
    """A network that answers the same to everything, and keeps what it was asked."""

    def __init__(self, *answers):
        super().__init__()
        self.answers, self.asked, self.weight = answers, [], nn.Parameter(torch.zeros(1))

    def forward(self, *given):
        self.asked.append(given)
        return self.answers if len(self.answers) > 1 else self.answers[0]


def randn(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))
