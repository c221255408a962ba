"""The controls of explorers and runners: looked at before they are used, and shown in the reader's language."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import ipywidgets

from course_lib.texts import tr
from course_lib.widgets.numbers import with_field


def checked(
    what: str, label: str, controls: Mapping[str, ipywidgets.Widget], taken: Collection[str] = ()
) -> dict[str, ipywidgets.Widget]:
    """The controls by name, their descriptions and choices in the reader's language; their values stay as they are.

    what : "an explorer" or "a runner", for what is said; taken : names that no control may have.
    Raises ValueError where the label is empty, a control has no value, or its name is taken.

    Example:

    >>> checked("a runner", "Numbers", {"seed": 3})
    Traceback (most recent call last):
    ValueError: control 'seed' must be a widget with a value; got int
    """
    if not label:
        raise ValueError(f"{what} needs a label that says what it is; got an empty one")
    for name, control in controls.items():
        if not getattr(control, "has_trait", lambda _: False)("value"):
            raise ValueError(f"control {name!r} must be a widget with a value; got {type(control).__name__}")
        if name in taken:
            raise ValueError(f"with a cursor, 'row' and 'column' are its own; got a control named {name!r}")
    for control in controls.values():
        _translate(control)
    return dict(controls)


def titled_bar(label: str, *parts: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    """What stands above a drawing or a player: the label as a title, and below it controls in one bar.

    Example:

    >>> title, bar = titled_bar("Noise", ipywidgets.IntSlider())
    >>> title.value, len(bar.children)
    ('Noise', 1)
    """
    bar = ipywidgets.Box([with_field(part) for part in parts]).add_class("cl-controls")
    return [ipywidgets.Label(label).add_class("cl-title"), bar]


def _translate(control: ipywidgets.Widget) -> None:
    if control.has_trait("description"):
        control.description = tr(control.description)
    if control.has_trait("options") and control.has_trait("index"):  # a list to choose from; not a field with proposals
        options, value = control.options, control.value
        pairs = options.items() if isinstance(options, Mapping) else map(_as_pair, options)
        shown = [(tr(name), chosen) for name, chosen in pairs]
        if [name for name, _ in shown] != list(control._options_labels):
            control.options = shown  # which chooses the first
            control.value = value


def _as_pair(option: object) -> tuple[str, object]:
    return option if isinstance(option, tuple) and len(option) == 2 else (str(option), option)
