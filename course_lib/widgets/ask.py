"""A question on the page: choose an answer and read what there is to say about it."""

from __future__ import annotations

import re
import textwrap
from dataclasses import asdict

import anywidget
import traitlets

from course_lib.exercises.quiz import Question
from course_lib.widgets.page import kept_whole, module, static_bundle, styles

_SAID_TWICE = re.compile(r"^(right|yes|no|not yet)[:.]\s+(.)", re.IGNORECASE)


class Ask(anywidget.AnyWidget):
    """A question with its choices as radio buttons; `ask` makes it.

    Example:

    >>> Ask().question
    {}
    """

    _esm = module("ask.js")
    _css = styles()
    question = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)  # the answer on the page; -1 for none

    def _repr_mimebundle_(self, **options):
        return static_bundle(super()._repr_mimebundle_(**options), question_text(self.question), kept_whole(self))


def ask(question: Question) -> Ask:
    """Show a question; choosing an answer shows "Right." or "Not yet.", and that answer's reply.

    A reply that begins with "Right:", "Yes:", "No:" or "Not yet:" itself loses this, so that it is not said twice. Text
    between `backticks` is set as code. The still form holds the question and the choices, not the answer.

    Raises ValueError where `question` is not a `Question`.

    Example:

    >>> from course_lib.exercises.quiz import Choice
    >>> shown = ask(Question("2 + 2 = ?", (Choice("4", "Yes.", right=True), Choice("22", "That joins digits."))))
    >>> print(question_text(shown.question))
    Question: 2 + 2 = ?
      ( ) 4
      ( ) 22
    """
    if not isinstance(question, Question):
        raise ValueError(f"expected a Question; got {type(question).__name__}")
    shown = asdict(question)
    for choice in shown["choices"]:
        choice["reply"] = _SAID_TWICE.sub(lambda found: found[2].upper(), choice["reply"])
    return Ask(question=shown)


def question_text(question: dict) -> str:
    """A question and its choices as plain text, without the answer.

    Example:

    >>> print(question_text({"text": "Which?", "choices": [{"text": "this"}, {"text": "that"}]}))
    Question: Which?
      ( ) this
      ( ) that
    """
    lines = textwrap.wrap(f"Question: {question['text']}", 88)
    for choice in question["choices"]:
        lines += textwrap.wrap(choice["text"], 88, initial_indent="  ( ) ", subsequent_indent="      ")
    return "\n".join(lines)
