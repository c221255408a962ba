"""The player: its pure drawing functions over all states, its sprite read back, its still form."""

import base64
import io
import math

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.figures import tile, to_pixels
from course_lib.samplers import Step, steps
from course_lib.widgets import player
from course_lib.widgets.frames import evenly_chosen, frames_of, sigma_text, sprite_of
from course_lib.widgets.page import WIDGET_VIEW


def run(channels=3, batch=2, count=5, side=8, last_sigma=0.0):
    generator = torch.Generator().manual_seed(3)
    sigmas = torch.linspace(10, last_sigma, count + 1, dtype=torch.float64)
    x = sigmas[0] * torch.randn(batch, channels, side, side, generator=generator, dtype=torch.float64)
    return list(steps("euler", lambda x, sigma: 0.3 * x / (1 + sigma), x, sigmas))


def sprite_frame(made, frame):
    """The panes of one frame, cut out of the sprite as the page does it."""
    about = made.about
    sheet = np.asarray(Image.open(io.BytesIO(made.sprite)).convert("RGB"))
    top, left = frame // about["columns"] * about["height"], frame % about["columns"] * about["width"]
    for pane in about["panes"]:
        yield sheet[top : top + pane["height"], left + pane["left"] : left + pane["left"] + pane["width"]]


@pytest.mark.parametrize("count", [1, 2, 5, 20, 50])
@pytest.mark.parametrize("decoded", [False, True])
def test_every_frame_comes_back_from_the_sprite(count, decoded):
    taken = run(count=count)
    made = player(taken, (lambda x: torch.nn.functional.interpolate(x, scale_factor=2)) if decoded else None)
    frames = made._frames
    assert len(frames.pictures) == len(made.about["sentences"]) == count + 1
    assert len(made.about["panes"]) == 2 + decoded
    for frame, pictures in enumerate(frames.pictures):
        for ours, cut in zip(pictures, sprite_frame(made, frame), strict=True):
            assert np.array_equal(ours, cut)


@pytest.mark.parametrize(("side", "batch", "scale", "shown"), [(8, 1, None, 256), (8, 4, None, 252), (8, 1, 5, 40)])
def test_panes_stand_equally_large_on_the_page(side, batch, scale, shown):
    """Near 256 pixels, unless asked otherwise, and a whole number of them for each pixel of the widest."""
    decode = lambda x: torch.nn.functional.interpolate(x, scale_factor=0.5)  # noqa: E731
    panes = player(run(batch=batch, side=side), decode, pixel_scale=scale).about["panes"]
    widest = max(pane["width"] for pane in panes)
    assert [pane["shown"] for pane in panes] == [shown] * 3 and shown % widest == 0
    assert [pane["width"] for pane in panes] == [widest, widest, tile(torch.zeros(batch, 3, side // 2, 4)).shape[1]]


def test_panes_show_state_guess_and_result():
    taken = run()
    taken[-1] = taken[-1]._replace(x_next=taken[-1].x_next + 0.5)  # a result that no guess showed before
    frames = frames_of(taken)
    for step, (state, guess) in zip(taken, frames.pictures, strict=False):
        assert np.array_equal(state, tile(step.x / math.sqrt(1 + step.sigma**2)))
        assert np.array_equal(guess, tile(step.denoised))
    assert all(np.array_equal(picture, tile(taken[-1].x_next)) for picture in frames.pictures[-1])


def test_a_run_that_stops_above_zero_keeps_its_last_guess():
    taken = run(last_sigma=1.0)
    state, guess = frames_of(taken).pictures[-1]
    assert np.array_equal(state, tile(taken[-1].x_next / math.sqrt(2)))
    assert np.array_equal(guess, tile(taken[-1].denoised))


def test_sentences_say_where_it_is():
    sentences = frames_of(run(count=2)).sentences
    assert sentences == (
        "Step 1 of 2, sigma 10.00 to 5.00.",
        "Step 2 of 2, sigma 5.00 to 0.",
        "Result after 2 steps, sigma 0.",
    )
    assert [sigma_text(sigma) for sigma in (14.6146, 1.0, 0.5, 0.02917, 0.0)] == ["14.61", "1.00", "0.5", "0.0292", "0"]


def test_latents_have_the_same_scale_in_every_pane_and_run():
    taken = run(channels=4, batch=1)
    frames = frames_of(taken)
    assert "first 3 of 4 channels" in frames.notes[1] and "sqrt(1 + sigma" in frames.notes[0]
    assert frames.panes[1] == "guess of the clean latent"
    assert np.array_equal(frames.pictures[2][1], to_pixels(taken[2].denoised[0, :3] / 3))
    assert np.array_equal(frames.pictures[-1][0], frames.pictures[-1][1]), "at sigma 0 state and guess are the same"


def test_inputs_stay_as_they_are_and_iterators_are_taken():
    taken = run()
    before = [step.x.clone() for step in taken]
    assert player(iter(taken)).about["sentences"] == player(taken).about["sentences"]
    assert all(torch.equal(step.x, x) for step, x in zip(taken, before, strict=True))


def test_the_still_form_has_picture_and_words_and_the_view_has_no_bytes():
    made = player(run(), title="Two squares")
    data, metadata = made._repr_mimebundle_()
    alt = metadata["image/png"]["alt"]
    assert alt.startswith(
        "Two squares. Contact sheet of 6 frames. Step 1 of 5, sigma 10.00 to 8.00. Result after 5 steps"
    )
    assert data["text/plain"] == f"Figure: {alt}"
    assert "application/vnd.jupyter.widget-view+json" in data and "image/png" in data
    assert len(repr(made)) < 200
    assert repr(made.contact_sheet()) == data["text/plain"]


def test_what_is_kept_for_a_reopened_notebook_is_the_whole_player():
    made = player(run(), title="Two squares")
    kept = made._repr_mimebundle_()[1][WIDGET_VIEW]["course_lib"]
    assert set(kept) == {"esm", "css", "state", "note"} and kept["esm"] == made._esm
    assert base64.b64decode(kept["state"]["sprite"]["base64"]) == made.sprite
    assert kept["state"]["about"] == made.about and kept["state"]["runs"] == 1


def test_load_shows_another_run():
    made = player(run(), title="first")
    before = made.sprite
    made.load(run(count=3, channels=1), title="next")
    assert made.sprite != before and len(made.about["sentences"]) == 4
    assert repr(made.contact_sheet()).startswith("Figure: next.")


@pytest.mark.parametrize("count", range(1, 60))
def test_chosen_frames_rise_and_hold_both_ends(count):
    chosen = evenly_chosen(count)
    assert chosen[0] == 0 and chosen[-1] == count - 1 and chosen == sorted(set(chosen)) and len(chosen) == min(count, 8)


def test_a_large_run_fits_its_sheet():
    data, layout = sprite_of(frames_of(run(count=50, batch=16, side=64), decode=lambda x: x))
    rows = math.ceil(51 / layout["columns"])
    assert max(rows * layout["height"], layout["columns"] * layout["width"]) < 5000
    assert len(data) < 30e6


def bad(**changes):
    return [run(count=1)[0]._replace(**changes)]


@pytest.mark.parametrize(
    ("taken", "options", "words"),
    [
        ([], {}, "at least one step"),
        (bad(x=torch.zeros(3, 8, 8)), {}, "B, C, H, W"),
        (run(channels=2), {}, "C 1, 3 or more"),
        (run(), {"pixel_scale": 0}, "pixel_scale"),
        (run(), {"decode": lambda x: x[:, :2]}, "must have shape"),
    ],
)
def test_bad_runs_are_refused(taken, options, words):
    with pytest.raises(ValueError, match=words):
        player(taken, **options)


def test_what_is_not_finite_is_drawn_black_and_said():
    step = run(count=1)[0]
    half = torch.where(torch.arange(8) < 4, torch.inf, 1.0).expand_as(step.denoised)
    frames = frames_of([step._replace(denoised=half)])
    guess = frames.pictures[0][1][:8, :8]
    assert (guess[:, :4] == 0).all() and (guess[:, 4:] == 255).all()
    assert frames.sentences[0].endswith("Numbers that are not finite are drawn black.")
    assert "not finite" not in frames.sentences[1]


def test_a_run_that_leaves_the_range_is_shown_to_its_end_with_the_sentence():
    from course_lib.models import untrained
    from course_lib.pipeline import prepare

    shown = player(prepare(untrained(), "a", steps=4, cfg_scale=1e38, sampler="euler"))
    *_, last = shown.about["sentences"]
    assert "The run stopped: the latent of step" in last and "less guidance than 1e+38" in last
    assert len(shown.about["sentences"]) < 6 and last in repr(shown.contact_sheet()).replace("\n        ", " ")


def test_a_sheet_too_large_is_refused():
    wide = torch.zeros(1, 3, 2, 9000)
    with pytest.raises(ValueError, match="do not fit one sheet"):
        player([Step(0, 1.0, 0.0, wide, wide, wide, wide)])
