"""What every widget does on the page: the still picture and the words that stay when no kernel runs."""

from __future__ import annotations

from pathlib import Path

from course_lib.figures import Shown

_HERE = Path(__file__).parent


def module(name: str) -> str:
    """A widget's JavaScript, with what all widgets share before it, as one module.

    Raises FileNotFoundError where there is no such file. Example:

    >>> module("player.js").startswith("// What all widgets of the course share")
    True
    """
    return _read("page.js") + "\n" + _read(name)


def styles() -> str:
    """The style sheet of all widgets.

    Example:

    >>> ".cl-widget" in styles()
    True
    """
    return _read("page.css")


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def static_bundle(live: tuple[dict, dict] | dict | None, still: Shown | str) -> tuple[dict, dict]:
    """Join a widget's live view with its still form: a picture with alt text, or plain words.

    A page that can run widgets takes the view; a code host, or a page without a kernel, the still form.

    Example:

    >>> static_bundle(({"view": 1, "text/plain": "Player()"}, {}), "A slider.")
    ({'view': 1, 'text/plain': 'A slider.'}, {})
    """
    data, metadata = live if isinstance(live, tuple) else (live or {}, {})
    if isinstance(still, str):
        return {**data, "text/plain": still}, metadata
    picture, about = still._repr_mimebundle_()
    return {**data, **picture}, {**metadata, **about}
