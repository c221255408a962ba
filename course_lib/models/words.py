"""Words that a model has never seen: its tokenizer spells them in pieces that mean nothing to it."""

from __future__ import annotations

import difflib
import string
from collections.abc import Collection

from course_lib.models.tokenizer import plain, split_words
from course_lib.texts import tr

SHORTEST = 4  # letters: for shorter words nearly any other is near


def unknown_words(text: str, words: Collection[str]) -> list[str]:
    """What of a text is not among the words that a model was trained with, each once, as it stands between spaces.

    words : as `split_words` cuts them. Of a word whose letters are known, only the strange signs are named.

    Example:

    >>> unknown_words("A Panda, giraffe-ish!", {"a", "panda", ",", "-"})
    ['giraffe-ish']
    >>> unknown_words("a panda!", {"a", "panda"})
    ['!']
    """
    found = []
    for word in plain(text).split():
        strange = [piece for piece in split_words(word) if piece not in words]
        if any(letter.isalnum() for piece in strange for letter in piece):
            strange = [word.strip(string.punctuation)]
        found += strange
    return list(dict.fromkeys(found))


def never_seen(text: str, words: Collection[str] | None) -> str:
    """A sentence that names the unknown words of a text, and for each a near one; "" where there are none.

    words : those that the model was trained with; None where nobody knows, and then nothing is said.

    Example:

    >>> never_seen("a pandda", {"a", "panda"}), never_seen("a panda", {"a", "panda"}), never_seen("a pandda", None)
    ("The model has never seen: 'pandda' (did you mean panda?)", '', '')
    """
    unknown = [] if words is None else unknown_words(text, words)
    if not unknown:
        return ""
    return tr("The model has never seen: {words}").format(words=", ".join(_with_near(word, words) for word in unknown))


def _with_near(word: str, words: Collection[str]) -> str:
    near = difflib.get_close_matches(word, sorted(words), n=1, cutoff=0.75) if len(word) >= SHORTEST else []
    return tr("'{word}' (did you mean {near}?)").format(word=word, near=near[0]) if near else f"'{word}'"
