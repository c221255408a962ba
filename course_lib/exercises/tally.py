"""What a tally of votes can tell: the binomial distribution of somebody who tosses a coin."""

from __future__ import annotations

from functools import cache
from math import comb


def coin_chance(one: int, votes: int) -> float:
    """How often a tossed coin gives a tally at least as uneven as `one` of `votes`, for either side: 0 to 1.

    Raises ValueError where one is not from 0 to votes. Example:

    >>> coin_chance(9, 12)
    0.14599609375
    """
    if not 0 <= one <= votes:
        raise ValueError(f"one must be from 0 to the number of votes, {votes}; got {one}")
    fewer = min(one, votes - one)
    if 2 * fewer == votes:
        return 1.0
    return 2 * sum(comb(votes, count) for count in range(fewer + 1)) / 2**votes


@cache
def votes_needed(share: float, at_most: int = 1000) -> int:
    """The fewest votes that tell a true share from a half: 8 of 10 such votes are too uneven for a coin.

    share : of the better picture, above 0.5 and below 1. Too uneven is a tally that a coin gives in less than 5 % of
    all votes (`coin_chance`). Raises ValueError for another share, and where at_most votes are not enough.

    Example:

    >>> [votes_needed(share) for share in (0.6, 0.7, 0.8, 0.9)]
    [199, 49, 20, 12]
    """
    if not 0.5 < share < 1:
        raise ValueError(f"share must be above 0.5 and below 1; got {share!r}")
    for votes in range(1, at_most + 1):
        if found_out(share, votes) >= 0.8:
            return votes
    raise ValueError(f"{at_most} votes do not tell a share of {share} from a half; allow more with at_most")


def found_out(share: float, votes: int) -> float:
    """How often votes for a true share give a tally that is too uneven for a coin: 0 to 1.

    Example:

    >>> f"{found_out(0.6, 12):.2f}"
    '0.09'
    """
    few = _few(votes)
    return sum(
        comb(votes, one) * share**one * (1 - share) ** (votes - one)
        for one in range(votes + 1)
        if min(one, votes - one) <= few
    )


def _few(votes: int) -> int:
    """The largest smaller half of a tally that is too uneven for a coin, or -1."""
    few, tail = -1, 0
    while True:
        tail += comb(votes, few + 1)
        if 2 * tail / 2**votes >= 0.05:
            return few
        few += 1
