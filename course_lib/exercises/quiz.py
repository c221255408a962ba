"""Questions: predictions before a cell is run, and the quiz at the end of a lesson."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One possible answer, and what to say to somebody who picks it."""

    text: str
    reply: str
    right: bool = False


@dataclass(frozen=True)
class Question:
    """A question with choices, exactly one of them right, each with its own reply.

    Raises ValueError when the choices are fewer than two, repeat, or do not hold exactly one right answer.

    Example:

    >>> Question("2 + 2 = ?", (Choice("4", "Yes.", right=True), Choice("22", "That joins the digits."))).answer
    '4'
    """

    text: str
    choices: tuple[Choice, ...]

    def __post_init__(self):
        texts = [choice.text for choice in self.choices]
        if len(texts) < 2 or len(set(texts)) < len(texts):
            raise ValueError(f"a question needs at least two different choices; got {texts}")
        if sum(choice.right for choice in self.choices) != 1:
            raise ValueError(f"a question needs exactly one right choice; {self.text!r} has another number")

    @property
    def answer(self) -> str:
        """The text of the right choice."""
        return next(choice.text for choice in self.choices if choice.right)
