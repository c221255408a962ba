"""Passports as cards: what was measured of each row, beside what it does for a better target."""

from __future__ import annotations

import numpy as np

from course_lib.figures import Shown, beside, show_pixels, stack, text_panel
from course_lib.lessons.lesson_13.race import ROWS
from course_lib.samplers import SAMPLERS, passport
from course_lib.texts import tr

IDEAS = {
    "euler": "aims at the guess here",
    "heun": "looks at the step's end",
    "dpm_2": "looks half-way",
    "dpm_fast": "looks twice more",
    "lms": "four slopes, true lengths",
    "ipndm": "four slopes, even lengths",
    "plms": "iPNDM, starts with Heun",
    "pndm": "iPNDM, Runge-Kutta start",
    "dpmpp_2m": "a line through two guesses",
    "uni_pc": "predicts, looks, corrects",
    "uni_pc_bh2": "UniPC, another weight",
    "dpm_adaptive": "chooses its own steps",
    "heunpp2": "three slopes, odd weights",
}
_WIDTH, _INSIDE = 222, 202


def card(name: str) -> np.ndarray:
    """The card of a row of the race as pixels (H, W, 3) uint8: its idea, calls a step, order and errors.

    Raises ValueError for a name that is none of the race's. Example:

    >>> card("heun").shape[1]
    222
    """
    if name not in IDEAS:
        raise ValueError(f"name must be one of {', '.join(IDEAS)}; got {name!r}")
    measured = passport(name)
    calls = tr("calls a step: {number}").format(number=_number(measured.calls_per_step, 0))
    if name == "dpm_fast":  # its row counts calls as steps; the last one or two make fewer than three
        calls = tr("calls a step: up to 3")
    lines = [
        text_panel(SAMPLERS[name].label, _INSIDE, size=17),
        text_panel(IDEAS[name], _INSIDE, size=12),
        text_panel(calls, _INSIDE),
        text_panel(tr("measured order: {number}").format(number=_number(measured.order, 1)), _INSIDE),
        text_panel(tr("error, 10 calls: {number}").format(number=_number(measured.error_10, 3)), _INSIDE),
        text_panel(tr("error, 20 calls: {number}").format(number=_number(measured.error_20, 3)), _INSIDE),
    ]
    inside = stack(*lines, gap=3)
    inside = np.pad(inside, ((8, 8), (9, _WIDTH - 11 - inside.shape[1]), (0, 0)), constant_values=255)
    return np.pad(inside, ((1, 1), (1, 1), (0, 0)), constant_values=150)


def show_cards() -> Shown:
    """The cards of all rows of the race, four beside each other.

    Example:

    >>> show_cards().width
    944
    """
    cards = [card(name) for name in ROWS]
    height = max(each.shape[0] for each in cards)
    cards = [np.pad(each, ((0, height - each.shape[0]), (0, 0), (0, 0)), constant_values=255) for each in cards]
    return show_pixels(stack(*(beside(*cards[at : at + 4], gap=12) for at in range(0, len(cards), 4))), ALT_CARDS)


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


ALT_CARDS = (
    "Thirteen cards, one for each row. Measured orders: Euler and HeunPP2 1.0; Heun, DPM2, iPNDM, PLMS, PNDM and DPM++ "
    "2M 2.0; DPM fast 1.9; UniPC 2.3 in both forms; LMS 3.7. With 20 calls UniPC's error is smallest, 0.001, and "
    "HeunPP2's largest, 0.133. DPM adaptive has no such numbers, because it chooses its own steps."
)
