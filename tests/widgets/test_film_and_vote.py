"""Films play round and round; a vote hides its names and counts for the right ones."""

import json

import pytest
import torch

from course_lib.widgets import film, player, vote
from course_lib.widgets.page import WIDGET_VIEW

FRAMES = torch.linspace(-1, 1, 5)[:, None, None, None].expand(5, 3, 8, 8)
PAIR = {"names": ("Aleph", "Beth"), "captions": [f"pair {n}" for n in range(6)], "title": "Which one?"}


def made(**changes):
    return vote(torch.full((6, 3, 8, 8), -1.0), torch.ones(6, 3, 8, 8), **PAIR | changes)


def test_a_film_goes_round_and_a_run_does_not():
    shown = film({"one": FRAMES, "other": FRAMES.flip(0)}, title="A ramp")
    assert shown.about["round"] and shown.about["sentences"][-1] == "Frame 5 of 5."
    assert [pane["label"] for pane in shown.about["panes"]] == ["one", "other"]
    assert "Contact sheet of 5 frames" in shown.contact_sheet().alt
    x = torch.zeros(1, 3, 8, 8)
    step = type("Step", (), {"sigma": 2.0, "sigma_next": 0.0, "x": x, "denoised": x, "x_next": x})
    assert player([step]).about["round"] is False


@pytest.mark.parametrize(
    ("panes", "title", "said"),
    [
        ({}, "A ramp", "got lengths {}"),
        ({"one": FRAMES, "other": FRAMES[:2]}, "A ramp", "got lengths {'one': 5, 'other': 2}"),
        ({"one": FRAMES[:0]}, "A ramp", "at least one frame"),
        ({"one": FRAMES}, "", "a film needs a title"),
    ],
)
def test_what_is_no_film_is_refused(panes, title, said):
    with pytest.raises(ValueError, match=said):
        film(panes, title=title)


def test_a_vote_counts_for_the_picture_that_was_taken():
    shown = made()
    swapped = [pair["swapped"] for pair in shown.about["pairs"]]
    assert any(swapped) and not all(swapped)
    for (left, _), turn in zip(shown._pictures, swapped, strict=True):
        assert left.max() == (255 if turn else 0)
    shown.votes = [int(turn) for turn in swapped]  # always the black one, which is Aleph's
    assert shown.tally == (6, 0)
    shown.votes = [0, 0, 0]
    assert shown.tally == (3 - sum(swapped[:3]), sum(swapped[:3]))


def test_sides_follow_from_the_seed():
    sides = [[pair["swapped"] for pair in made(seed=seed).about["pairs"]] for seed in (0, 0, 1)]
    assert sides[0] == sides[1] != sides[2]


def test_the_still_form_hides_the_names():
    data, metadata = made()._repr_mimebundle_()
    assert "Aleph" not in json.dumps(data) and "Beth" not in json.dumps(data)
    assert data["text/plain"].startswith("Figure: Which one?") and "image/png" in data
    assert metadata[WIDGET_VIEW]["course_lib"]["state"]["votes"] == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"title": ""}, "a vote needs a title"),
        ({"names": ("Aleph",)}, "expected two names; got 1"),
        ({"captions": ["one"]}, "got 6 and 6 pictures and 1 captions"),
    ],
)
def test_what_is_no_vote_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        made(**changes)
