"""A question on the page: choose an answer and read what there is to say about it."""

from __future__ import annotations

from dataclasses import asdict

import traitlets

from course_lib.exercises.quiz import Question
from course_lib.figures.lettering import wrapped
from course_lib.texts import tr
from course_lib.widgets.page import CourseWidget, kept_whole, module, static_bundle


class Ask(CourseWidget):
    """A question with its choices as radio buttons; `ask` makes it.

    Example:

    >>> Ask().question
    {}
    """

    _esm = module("ask.js")
    question = traitlets.Dict().tag(sync=True)
    chosen = traitlets.Int(-1).tag(sync=True)  # the answer on the page; -1 for none

    def _repr_mimebundle_(self, **options):
        return static_bundle(super()._repr_mimebundle_(**options), question_text(self.question), kept_whole(self))


def ask(question: Question) -> Ask:
    """Show a question in the reader's language; a choice is answered by "Right." or "Not yet.", and its own reply.

    Text between `backticks` is set as code. The still form holds the question and the choices, not the answer.

    Raises ValueError where `question` is not a `Question`.

    Example:

    >>> from course_lib.exercises.quiz import Choice
    >>> choices = Choice("4", "Two pairs of two.", right=True), Choice("22", "That joins digits.")
    >>> shown = ask(Question("2 + 2 = ?", choices))
    >>> print(question_text(shown.question))
    Question: 2 + 2 = ?
      ( ) 4
      ( ) 22
    """
    if not isinstance(question, Question):
        raise ValueError(f"expected a Question; got {type(question).__name__}")
    shown = asdict(question)
    for choice in shown["choices"]:
        choice |= {name: tr(choice[name]) for name in ("text", "reply")}
    return Ask(question=shown | {"text": tr(question.text)})


def question_text(question: dict) -> str:
    """A question and its choices as plain text, without the answer.

    Example:

    >>> print(question_text({"text": "Which?", "choices": [{"text": "this"}, {"text": "that"}]}))
    Question: Which?
      ( ) this
      ( ) that
    """
    lines = wrapped(tr("Question: {text}").format(text=question["text"]), 88)
    for choice in question["choices"]:
        first, *others = wrapped(choice["text"], 82)
        lines += [f"  ( ) {first}", *(f"      {line}" for line in others)]
    return "\n".join(lines)
