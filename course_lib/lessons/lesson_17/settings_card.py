"""Lesson 17's exercise in which a picture is painted again from the settings that came with it."""

from __future__ import annotations

import functools
import itertools
import re

import numpy as np
import torch

from course_lib.exercises.checks import Mistake, ValueCheck, not_yet, right
from course_lib.figures import Shown, show_pictures
from course_lib.models import StableDiffusion
from course_lib.pipeline import text_to_image
from course_lib.texts import tr

CARD = """a large red star on a blue background
Negative prompt: green
Steps: 12, Sampler: DPM2 Karras, CFG scale: 4, Seed: 1717, Size: 64x64"""

SETTINGS = {
    "prompt": "a large red star on a blue background",
    "negative_prompt": "green",
    "sampler": "dpm_2",
    "scheduler": "karras",
    "steps": 12,
    "cfg_scale": 4,
    "seed": 1717,
    "size": 64,
}

_TEXT = "A number was written as a text: take the quotes away."
_IN_LIST = "{name} is one text: quotes around it, and no brackets."
_PLAIN = "{name} is a plain number or a text, not an array or a tensor."
_LIST = "In code the size of a square picture is one number, without an x: 64."
_NEGATIVE_LOST = "The second line of the card is lost: it belongs in negative_prompt."
_NEGATIVE_IN = "The second line does not belong in the prompt: what stands there is painted. It has a key of its own."
_NEGATIVE_WORDS = "In negative_prompt stands what is to be avoided, and nothing else: no label, no colon, no full stop."
_NEGATIVE_OTHER = 'negative_prompt is not the card\'s: behind "Negative prompt:" stands "green".'
_BOTH = 'In "DPM2 Karras" stand two things: the sampler, and after it the scheduler.'
_PLUS = "DPM2 and DPM++ 2M are two samplers: the first takes the model's answer twice in a step, the second remembers."
_OTHER = "The sampler is not the card's: look for the label DPM2 in the table, and take the name before it."
_ANCESTRAL = "DPM2 ancestral adds noise in each step. The card has DPM2 alone."
_LABEL = "DPM2 is the sampler's label. The name to call it by stands before it in the table: dpm_2."
_SMALL = "In code the scheduler's name has small letters: karras."
_SPACE = "A space stands in the quotes, before or after the name: take it out."
_SMALL_SAMPLER = "In code the sampler's name has small letters: dpm_2."
_SCHEDULER = "The scheduler is still the wrong one: it is the word after the sampler's label on the card."
_CALLS = "That is how often DPM2 asks the model, twice in each step but the last. The card counts steps: 12."
_WHOLE = "{name} is a whole number: {value}, without a point."
_MODELS_OWN = "None takes the model's own guidance. The card says which was used."
_GUIDANCE = "The guidance is not the card's. On the card it is called CFG scale."
_SEED = "Another seed is another noise to begin with, and another picture."


class SettingsCheck(ValueCheck):
    """Checks the settings read off a card, a dictionary with the keys of SETTINGS.

    Example:

    >>> check_settings(SETTINGS)
    [OK] settings is right.
    >>> check_settings(SETTINGS | {"steps": 23})
    [not yet] That is how often DPM2 asks the model, twice in each step but the last. The card counts steps: 12.
    """

    def verdict(self, answer: object) -> str:
        """The verdict as one sentence."""
        if not isinstance(answer, dict):
            says = tr("{name} must be a dictionary with {keys}.")
            return not_yet(says.format(name=self.name, keys=", ".join(self.right)))
        wrong = _first_wrong(answer, self.right)
        return not_yet(wrong) if wrong else right(self.name)


def _first_wrong(answer: dict, right: dict) -> str:
    """The first thing that is wrong, as a sentence; empty where nothing is."""
    for name in right:
        if answer.get(name, ...) is ...:
            return tr("{name} is still missing.").format(name=name)
    extra = [name for name in answer if name not in right]
    if extra:
        says = tr("{name} is not one of the settings: {names}.")
        return says.format(name=repr(extra[0]), names=", ".join(right))
    held = next((name for name, value in answer.items() if isinstance(value, (np.ndarray, torch.Tensor))), "")
    if held:
        return tr(_PLAIN).format(name=held)
    prompt, negative = _as_read(answer["prompt"]), _as_read(answer["negative_prompt"])
    sampler, scheduler = answer["sampler"], answer["scheduler"]
    size = _one_side(answer["size"])
    whole = {"steps": answer["steps"], "seed": answer["seed"], "size": size}
    pointed = next((name for name in whole if whole[name] == right[name] and not hasattr(whole[name], "__index__")), "")
    listed = next((name for name in ("prompt", "negative_prompt") if isinstance(answer[name], (list, tuple, set))), "")
    rules = [
        (tr(_IN_LIST).format(name=listed), listed),
        (_NEGATIVE_IN, "negative" in str(prompt) or str(prompt).endswith("green")),
        (_other_word(prompt, right["prompt"]), prompt != right["prompt"]),
        (_NEGATIVE_LOST, negative in ("", None)),
        (_NEGATIVE_WORDS, any(sign in str(negative) for sign in ("negative", ":", "."))),
        (_NEGATIVE_OTHER, negative != right["negative_prompt"]),
        (_BOTH, "karras" in str(sampler).lower()),
        (_ANCESTRAL, sampler == "dpm_2_ancestral"),
        (_LABEL, str(sampler).strip().lower() == "dpm2"),
        (_PLUS, sampler == "dpmpp_2m"),
        (_SPACE, _spaced(sampler, right["sampler"])),
        (_SMALL_SAMPLER, sampler != right["sampler"] == _as_read(sampler)),
        (_OTHER, sampler != right["sampler"]),
        (_SPACE, _spaced(scheduler, right["scheduler"])),
        (_SMALL, scheduler != right["scheduler"] == _as_read(scheduler)),
        (_SCHEDULER, scheduler != right["scheduler"]),
        (_LIST, isinstance(size, str) and re.fullmatch(r"\s*64\s*[xX×*]\s*64\s*", size)),
        (_TEXT, any(isinstance(answer[name], str) for name in ("steps", "cfg_scale", "seed", "size"))),
        (tr(_WHOLE).format(name=pointed, value=right.get(pointed)), pointed),
        (_CALLS, answer["steps"] in (23, 24)),
        ("The number of steps is not the card's.", answer["steps"] != right["steps"]),
        (_MODELS_OWN, answer["cfg_scale"] is None),
        (_GUIDANCE, answer["cfg_scale"] != right["cfg_scale"]),
        (_SEED, answer["seed"] != right["seed"]),
        ("The size is not the card's.", size != right["size"]),
    ]
    return next((says for says, holds in rules if holds), "")


def _other_word(prompt: object, wanted: str) -> str:
    """Which word of a prompt is the first that is not the card's, as a sentence."""
    if not isinstance(prompt, str):
        return tr("The prompt is a text: put quotes around it.")
    pairs = itertools.zip_longest(prompt.split(), wanted.split(), fillvalue="")
    given, word = next((pair for pair in pairs if pair[0] != pair[1]), ("", ""))
    if not given:
        return tr('The prompt ends too soon: on the card "{word}" comes next.').format(word=word)
    if not word:
        return tr('The prompt goes on with "{given}", where the card\'s has ended.').format(given=given)
    says = tr(
        'The prompt is not the card\'s: the first word that differs is "{given}", and the card has "{word}" there.'
    )
    return says.format(given=given, word=word)


def _as_read(value: object) -> object:
    """A text as the tokenizer reads it, in small letters and with single spaces; anything else as it is."""
    return " ".join(value.lower().split()) if isinstance(value, str) else value


def _spaced(name: object, wanted: str) -> bool:
    """Whether a name is the wanted one, in letters of any size, with a space before or after it."""
    return isinstance(name, str) and name != name.strip() and name.strip().lower() == wanted


def _one_side(size: object) -> object:
    """The side where (height, width) are one number twice; else the size as it is."""
    return size[0] if isinstance(size, (tuple, list)) and len(size) == 2 and size[0] == size[1] else size


check_settings = SettingsCheck(
    "settings",
    SETTINGS,
    [
        Mistake(says, SETTINGS | changed)
        for says, changed in [
            (_NEGATIVE_IN, {"prompt": SETTINGS["prompt"] + "\nNegative prompt: green"}),
            (_NEGATIVE_IN, {"prompt": SETTINGS["prompt"] + ", green", "negative_prompt": ""}),
            (_other_word("red star", SETTINGS["prompt"]), {"prompt": "red star on a blue background"}),
            (_NEGATIVE_LOST, {"negative_prompt": ""}),
            (_NEGATIVE_WORDS, {"negative_prompt": "Negative prompt: green"}),
            (_BOTH, {"sampler": "DPM2 Karras"}),
            (_BOTH, {"sampler": "dpm_2_karras"}),
            (_PLUS, {"sampler": "dpmpp_2m"}),
            (_OTHER, {"sampler": "euler"}),
            (_ANCESTRAL, {"sampler": "dpm_2_ancestral"}),
            (_LABEL, {"sampler": "DPM2"}),
            (_SMALL, {"scheduler": "Karras"}),
            (_SMALL_SAMPLER, {"sampler": "DPM_2"}),
            (_SCHEDULER, {"scheduler": "normal"}),
            (_SPACE, {"scheduler": " karras"}),
            (_NEGATIVE_OTHER, {"negative_prompt": "red"}),
            (_LIST, {"size": "64x64"}),
            (_TEXT, {"seed": "1717"}),
            (_CALLS, {"steps": 23}),
            (_CALLS, {"steps": 24}),
            (_MODELS_OWN, {"cfg_scale": None}),
            (_GUIDANCE, {"cfg_scale": 7.5}),
            (_SEED, {"seed": 0}),
        ]
    ],
)


@functools.lru_cache(maxsize=1)
def _target(model: StableDiffusion) -> np.ndarray:
    return text_to_image(model, **SETTINGS).image


def show_card(model: StableDiffusion, settings: dict | None = None) -> Shown:
    """The picture of the card, and beside it the one that `settings` make, where they make one; above, in words, both
    compared.

    Example:

    >>> from course_lib.models import untrained
    >>> show_card(untrained(), SETTINGS | {"seed": ...})
    Yours is still missing.
    Figure: The picture of the card.
    >>> show_card(untrained(), SETTINGS)
    Yours is the same in every pixel.
    Figure: The picture of the card, and yours.
    """
    target = _target(model)
    alone = functools.partial(show_pictures, [target], ["the card's"], alt="The picture of the card.", size=192)
    if settings is None:
        return alone()
    if not isinstance(settings, dict) or any(settings.get(name, ...) is ... for name in SETTINGS):
        print(tr("Yours is still missing."))
        return alone()
    try:
        yours = text_to_image(model, **settings).image
    except (ValueError, TypeError) as error:
        says = tr("Your picture cannot be painted yet: {error}")
        print(says.format(error=error))
        return alone()
    print(_compared(target, yours))
    alt = "The picture of the card, and yours."
    return show_pictures([target, yours], ["the card's", "yours"], alt=alt, columns=2, size=192)


def _compared(target: np.ndarray, yours: np.ndarray) -> str:
    """How two pictures (H, W, 3) of pixels compare, as a sentence."""
    if target.shape != yours.shape:
        says = tr("Yours is of another size, {width} x {height} pixels.")
        return says.format(width=yours.shape[1], height=yours.shape[0])
    gap = np.abs(target.astype(int) - yours).max(axis=-1)
    if not gap.any():
        return tr("Yours is the same in every pixel.")
    says = tr(
        "Yours is not the card's: {count} of its {pixels} pixels differ, and the largest difference is {largest} on "
        "the scale from 0 to 255."
    )
    return says.format(count=f"{np.count_nonzero(gap):,}", pixels=f"{gap.size:,}", largest=gap.max())
