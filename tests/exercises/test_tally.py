"""Tallies against the binomial distribution, by counting all votes that are possible."""

from itertools import product

import pytest
from scipy.stats import binomtest

from course_lib.exercises.tally import coin_chance, found_out, votes_needed


@pytest.mark.parametrize("votes", [1, 2, 7, 12])
def test_a_coins_chance_is_that_of_the_two_sided_test(votes):
    for one in range(votes + 1):
        assert coin_chance(one, votes) == pytest.approx(binomtest(one, votes, 0.5).pvalue)


def test_what_is_found_out_is_counted():
    share, votes = 0.8, 8
    counted = sum(
        share ** sum(vote) * (1 - share) ** (votes - sum(vote))
        for vote in product((0, 1), repeat=votes)
        if coin_chance(sum(vote), votes) < 0.05
    )
    assert found_out(share, votes) == pytest.approx(counted)


def test_the_votes_needed_are_the_fewest():
    needed = votes_needed(0.7)
    assert found_out(0.7, needed) >= 0.8 > max(found_out(0.7, votes) for votes in range(1, needed))


@pytest.mark.parametrize("share", [0.5, 1.0, 0.2])
def test_other_shares_are_refused(share):
    with pytest.raises(ValueError, match="above 0.5 and below 1"):
        votes_needed(share)


def test_too_few_votes_are_told():
    with pytest.raises(ValueError, match="100 votes do not tell"):
        votes_needed(0.55, at_most=100)
    with pytest.raises(ValueError, match="from 0 to the number of votes, 3; got 4"):
        coin_chance(4, 3)
