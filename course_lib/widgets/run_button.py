"""The button that asks for a run, with what the fields on the page show at the click."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import ipywidgets
import traitlets

from course_lib.texts import tr
from course_lib.widgets.page import CourseWidget, module


class RunButton(CourseWidget):
    """A button; at a click all fields within `boxes` get the values that they have on the page, then `act()` is called.

    A click must bring the values along. The page holds new ones back while the kernel is at an earlier one, and a
    kernel with several threads may hear the click first: the run would be one with older values.

    What `act` raises goes to JupyterLab's log, as with every button.

    Example:

    >>> seed = ipywidgets.IntText(3)
    >>> RunButton([seed], lambda: print("Seed", seed.value)).click()
    Seed 3
    """

    _esm = module("run_button.js")
    description = traitlets.Unicode().tag(sync=True)
    fields = traitlets.List().tag(sync=True, **ipywidgets.widget_serialization)

    def __init__(self, boxes: Iterable[ipywidgets.Widget], act: Callable[[], None]):
        super().__init__(description=tr("Run"), fields=list(_leaves(boxes)))
        self._acts = ipywidgets.CallbackDispatcher()
        self._acts.register_callback(act)
        self.on_msg(self._clicked)

    def click(self) -> None:
        """Do what a click on the page does, with the fields as they are.

        Example:

        >>> RunButton([], lambda: print("It runs.")).click()
        It runs.
        """
        self._acts()

    def _clicked(self, widget, content, buffers) -> None:
        clicked = zip(self.fields, content["clicked"], strict=True)
        # Looked at before any is set: a slider that was moved changes the text of its field, and the page's is older.
        for field, shown in [(field, shown) for field, shown in clicked if _is_news(field, shown)]:
            field.set_state(shown)
        self.click()


def _is_news(field: ipywidgets.Widget, shown: dict[str, object]) -> bool:
    return any(getattr(field, name) != value for name, value in shown.items())


def _leaves(boxes: Iterable[ipywidgets.Widget]) -> Iterator[ipywidgets.Widget]:
    for box in boxes:
        if isinstance(box, ipywidgets.Box):
            yield from _leaves(box.children)
        else:
            yield box
