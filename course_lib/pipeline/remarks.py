"""What is to be said beside a prompt: the words that did not fit, and those that the model has never seen."""

from __future__ import annotations

from course_lib.models.model import StableDiffusion
from course_lib.models.words import never_seen
from course_lib.texts import tr


def remarks(model: StableDiffusion, *texts: str) -> list[str]:
    """What the model makes nothing of in some texts, as sentences for the title of a run; none where all is well.

    Example:

    >>> from course_lib.models import untrained
    >>> remarks(untrained(), "a panda", "a panda and a rocket")
    ['No position was left for: "et"']
    """
    cut = filter(None, map(model.tokenizer.words_cut, texts))
    strange = filter(None, (never_seen(text, model.words) for text in texts))
    return [*(tr('No position was left for: "{words}"').format(words=words) for words in cut), *strange]
