"""Numbers that a reader types: what cannot be used is explained beside the field, and nothing is put right silently."""

from __future__ import annotations

import math
import reprlib

import ipywidgets
import traitlets

from course_lib.figures.drawing import true_minus
from course_lib.texts import tr
from course_lib.widgets.page import CourseWidget, module

_REFUSALS = {  # (whole numbers only, only in steps) -> what is said to any other text
    (True, False): "{label}: expected a whole number from {low} to {high}; got {got}. It stays {value}.",
    (False, False): "{label}: expected a number from {low} to {high}; got {got}. It stays {value}.",
    (True, True): "{label}: expected a whole number from {low} to {high} in steps of {step}; got {got}. "
    "It stays {value}.",
    (False, True): "{label}: expected a number from {low} to {high} in steps of {step}; got {got}. It stays {value}.",
}


class NumberField(CourseWidget):
    """A field that holds the number of `control`, an ipywidgets control with min, max and a value.

    A text that is no number, or none that the control can have, is marked and explained, and the value stays. Beside a
    slider it must be one that the slider can be moved to. The keys up and down go a step further and back.

    Example:

    >>> steps = ipywidgets.BoundedIntText(20, 1, 50, description="steps")
    >>> field = NumberField(steps)
    >>> field.text = "many"
    >>> field.message
    "steps: expected a whole number from 1 to 50; got 'many'. It stays 20."
    >>> field.text = "30"
    >>> steps.value, field.message
    (30, '')
    """

    _esm = module("numbers.js")
    label = traitlets.Unicode().tag(sync=True)
    named = traitlets.Bool().tag(sync=True)  # whether the label stands before the field; a slider has its own
    step = traitlets.Float(1.0).tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)

    def __init__(self, control: ipywidgets.Widget):
        self.control = control
        self.whole, self.slides = isinstance(control.value, int), hasattr(control, "readout")
        super().__init__(
            label=control.description, named=not self.slides, step=control.step or 1, text=_text(control.value)
        )
        control.observe(self._show, "value")

    @traitlets.observe("text")
    def _read(self, change) -> None:
        try:
            value = self._understood(typed_number(self.text))
        except ValueError:
            self.message = self._refusal()
        else:
            self.control.value = value
            self._show()

    def _understood(self, value: float) -> float | int:
        """The value as the control takes it. Raises ValueError where it does not."""
        if not self.control.min <= value <= self.control.max or (self.whole and value % 1):
            raise ValueError("not a number of the control's kind, or beyond its ends")
        places = (value - self.control.min) / self.step
        if self.slides and not math.isclose(places, round(places), abs_tol=1e-6):
            raise ValueError("between two places of the slider")
        return int(value) if self.whole else value

    def _refusal(self) -> str:
        """Which numbers can be typed, and what was."""
        by_steps = self.slides and self.step != 1
        numbers = {"low": self.control.min, "high": self.control.max, "step": self.step, "value": self.control.value}
        shown = {name: true_minus(_text(number)) for name, number in numbers.items()}
        says = tr(_REFUSALS[self.whole, by_steps])
        return says.format(label=self.label, got=reprlib.repr(self.text), **shown)

    def _show(self, change=None) -> None:
        with self.hold_sync():
            self.text, self.message = _text(self.control.value), ""


def with_field(control: ipywidgets.Widget) -> ipywidgets.Widget:
    """What stands on the page for a control: a number gets a `NumberField`, beside the slider where it is one.

    Any other control is returned as it is.

    Example:

    >>> slider = ipywidgets.IntSlider(3, 0, 9)
    >>> [type(part).__name__ for part in with_field(slider).children], slider.readout
    (['IntSlider', 'NumberField'], False)
    """
    if not all(control.has_trait(name) for name in ("min", "max", "value")):
        return control
    field = NumberField(control)
    if field.slides:
        control.readout = False
    return ipywidgets.Box([control, field] if field.slides else [field]).add_class("cl-number")


def typed_number(text: str) -> float:
    """A number as typed: "0.5", "-2", "1/9"; a typographic minus sign is one too. Raises ValueError for another text.

    Example:

    >>> typed_number("1/4")
    0.25
    """
    above, slash, below = text.replace("\N{MINUS SIGN}", "-").partition("/")
    try:
        return float(above) / float(below if slash else 1)
    except ZeroDivisionError as error:
        raise ValueError("division by 0") from error


def _text(value: float | int) -> str:
    return f"{value:.10g}"
