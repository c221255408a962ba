"""What every widget does on the page: the still picture and the words that stay when no kernel runs."""

from __future__ import annotations

import base64
from pathlib import Path

import anywidget
import traitlets

from course_lib import shipped
from course_lib.figures import Shown
from course_lib.figures.lettering import FONTS, THAI_FONT
from course_lib.texts import is_english, tr
from course_lib.widgets.words import words

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
MOVE_IT = "Run this cell to move it."
_HERE = Path(__file__).parent


def module(name: str) -> str:
    """A widget's JavaScript, with what all widgets share before it, as one module.

    Raises FileNotFoundError where there is no such file. Example:

    >>> module("player.js").startswith("// What all widgets of the course share")
    True
    """
    return _read("page.js") + "\n" + _read(name)


def styles() -> str:
    """The style sheet of all widgets; in another language than English the course's Thai font is in it.

    A reader's machine may have no Thai letters, and the page asks no other one for a font.

    Example:

    >>> ".cl-widget" in styles()
    True
    """
    if is_english():
        return _read("page.css")
    font = base64.b64encode(shipped.read(FONTS, THAI_FONT)).decode()
    face = f'font-family: "Noto Sans Thai"; src: url(data:font/ttf;base64,{font}); font-display: block;'
    face += " unicode-range: U+0E00-0E7F;"
    names = 'font-family: var(--jp-ui-font-family, system-ui, sans-serif), "Noto Sans Thai";'
    return (
        f"@font-face {{ {face} }}\n{_read('page.css')}\n.cl-widget, .cl-explorer, .cl-explorer :not(i) {{ {names} }}\n"
    )


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


class CourseWidget(anywidget.AnyWidget):
    """What every widget of the course has: the common looks, and the page's own words in the reader's language.

    Example:

    >>> CourseWidget().words["pause"]
    'Pause'
    """

    _css = styles()
    words = traitlets.Dict().tag(sync=True)

    @traitlets.default("words")
    def _translated(self) -> dict[str, str]:
        return words()


def static_bundle(
    live: tuple[dict, dict] | dict | None, still: Shown | str, kept: dict | None = None
) -> tuple[dict, dict]:
    """Join a widget's live view with its still form: a picture with alt text, or plain words.

    A page that can run widgets takes the view; a code host, or a page without a kernel, the still form. `kept`, from
    `kept_whole` or {"note": ...}, goes into the metadata beside the view: from it `labextensions/course-lib` shows the
    widget when the notebook is opened again.

    Example:

    >>> static_bundle(({"view": 1, "text/plain": "Player()"}, {}), "A slider.")
    ({'view': 1, 'text/plain': 'A slider.'}, {})
    """
    data, metadata = live if isinstance(live, tuple) else (live or {}, {})
    if kept is not None:
        kept = {**kept, "note": tr(kept["note"])}
        metadata = {**metadata, WIDGET_VIEW: {"course_lib": kept}}
    if isinstance(still, str):
        return {**data, "text/plain": still}, metadata
    picture, about = still._repr_mimebundle_()
    return {**data, **picture}, {**metadata, **about}


def kept_whole(widget: CourseWidget, note: str = "") -> dict:
    """Code and state of a widget that works without a kernel; `note` is shown below it when it is opened again.

    Example:

    >>> from course_lib.widgets import Player
    >>> kept = kept_whole(Player(sprite=b"abc"))["state"]
    >>> sorted(kept), kept["sprite"]
    (['about', 'runs', 'sprite', 'words'], {'base64': 'YWJj'})
    """
    names = sorted(set(widget.trait_names(sync=True)) - set(anywidget.AnyWidget.class_trait_names(sync=True)))
    names = [name for name in names if not name.startswith("_")]
    state = {name: _packed(getattr(widget, name)) for name in names}
    return {"esm": widget._esm, "css": widget._css, "state": state, "note": note}


def _packed(value):
    return {"base64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value
