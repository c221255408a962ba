"""The page's own words: what the JavaScript of the widgets says, handed to it as one dictionary."""

from __future__ import annotations

from course_lib.texts import tr

WORDS = {
    "figure": "Figure: {alt}",
    "labelled": "{label}. {sentence}",
    "question": "Question: {text}",
    "right": "Right.",
    "not_yet": "Not yet.",
    "cursor_hint": "The arrow keys, or the mouse, move the cursor in the picture.",
    "kernel": "Kernel",
    "kernel_entry": "Kernel, row {row}, column {column}",
    "own_numbers": "own numbers",
    "play": "Play",
    "pause": "Pause",
    "back": "One step back",
    "forward": "One step forward",
    "step_of_run": "Step of the denoising run",
    "noise": "Noise",
    "noise_share": "Noise {share} %.",
    "noisy_picture": "A picture with noise. {sentence}",
    "page_works": "[OK] The page: widgets run here. Move the slider with the mouse or the arrow keys.",
    "kernel_waits": "[..] The kernel: waiting for its answer.",
    "kernel_works": "[OK] The kernel: it answers.",
    "kernel_silent": "[FAIL] The kernel: no answer in 10 seconds. "
    "Choose Kernel, Restart Kernel in the menu, and run this cell again.",
    "vote_left": "The left one",
    "vote_right": "The right one",
    "vote_picture": "Picture {side} of pair {pair}, {words}.",
    "vote_now": "Pair {pair} of {pairs}: {words}. Which one is better?",
    "vote_end": "{votes} votes: {a} for {one}, {b} for {other}.",
    "vote_chance": "A tossed coin is at least as uneven in {percent} % of all votes.",
    "vote_tells": "So your votes tell the two apart.",
    "vote_open": "So your votes don't tell the two apart.",
    "vote_needed": "If 60 % of all people preferred one of them, it would take about {needed} votes to tell that "
    "from 50 %.",
    "vote_again": "Vote again",
    "vote_was": "pair {pair}: left {left}, right {right}",
    "i_want": "I want",
    "calls": "calls of the network",
    "chosen": "The chosen cell",
    "best": "The best cell",
    "legend": "Dark is good. A frame: a tie with the best. A dash: there is no such cell. Arrow keys move.",
    "pictures_of": "Two pictures, painted by {sampler} with {scheduler}.",
    "no_cell": "{sampler} with {scheduler}: no such cell. {reason}.",
    "no_number": "{sampler} with {scheduler}: this measure says nothing of it.",
    "cell": "{sampler} with {scheduler}, {steps} steps, {calls} calls: {label} {value} ± {error}{unit}.",
    "cell_exact": "{sampler} with {scheduler}, {steps} steps, {calls} calls: {label} {value}{unit}.",
    "sentence_tie": "{sentence} {tie}",
    "is_tie": "A tie with the best.",
    "is_no_tie": "Not as good as the best.",
    "too_large": "The browser cannot open {file} ({size} MB) to make it smaller. Save it as PNG or JPEG first.",
    "unreadable": "{file} cannot be read. Was it moved or renamed?",
}


def words() -> dict[str, str]:
    """Each of WORDS in the reader's language.

    Example:

    >>> words()["play"]
    'Play'
    """
    return {name: tr(text) for name, text in WORDS.items()}
