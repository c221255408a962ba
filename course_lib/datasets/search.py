"""Finding captions by words: what fits, and what to say when nothing does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher, get_close_matches

THAI = re.compile("[\u0e00-\u0e7f]")
EXAMPLES = ("animal", "fruit", "heart")


def wanted_words(words: str) -> list[str]:
    """The words that somebody asks for; a piece of Thai stays whole. Raises ValueError where there is none.

    Example:

    >>> wanted_words("Red T-Rex หัวใจสีแดง")
    ['red', 't', 'rex', 'หัวใจสีแดง']
    """
    wanted = [word for part in str(words).split() for word in ([part] if THAI.search(part) else english_words(part))]
    if not wanted:
        raise ValueError(f"Type at least one word, such as animal; got {words!r}.")
    return wanted


def english_words(text: str) -> list[str]:
    """The words of an English text, in small letters.

    Example:

    >>> english_words("Smiling face with heart-eyes")
    ['smiling', 'face', 'with', 'heart', 'eyes']
    """
    return re.findall(r"[^\W_]+", text.casefold())


def holds(texts: set[str], word: str) -> bool:
    """Whether an English word, or what it is the plural of, is among the texts, or a Thai one is part of one of them.

    Example:

    >>> holds({"red", "heart"}, "hearts"), holds({"red", "hearts"}, "heart"), holds({"หัวใจสีแดง"}, "หัวใจ")
    (True, False, True)
    """
    if THAI.search(word):
        return any(word in text for text in texts)
    return word in texts or any(word.endswith(end) and word.removesuffix(end) in texts for end in ("s", "es"))


def why_nothing(words: str, held: Sequence[set[str]], captions: Sequence[str], styles: set[str]) -> str:
    """Why no picture fits: which words none has, or that none has all of them; and what is near.

    held : the texts of each picture; captions : its caption; styles : words that say how it is drawn, never near.

    Example:

    >>> why_nothing("a red car", [{"red", "heart"}, {"car"}], ["red heart", "car"], set())
    "No picture fits 'a red car': all words must fit the same one. None has: a. Some have: red, car."
    """
    wanted = list(dict.fromkeys(wanted_words(words)))
    known = [word for word in wanted if any(holds(texts, word) for texts in held)]
    unknown = [word for word in wanted if word not in known]
    said = f"No picture fits {words!r}"
    if len(wanted) > 1:
        said += ": all words must fit the same one"
        said += f". None has: {', '.join(unknown)}" if unknown else ""
        said += f". Some have: {', '.join(known)}" if known else ""
    near = _near(known, unknown, held, captions, styles)
    if near:
        return f"{said}. Near captions: {', '.join(near)}."
    examples = ", ".join(word for word in EXAMPLES if any(holds(texts, word) for texts in held))
    return f"{said}." if known else f"{said}. Nothing in the set is near.{examples and f' Try: {examples}.'}"


def _near(known: list[str], unknown: list[str], held: Sequence, captions: Sequence[str], styles: set[str]) -> list[str]:
    """At most five captions that hold the most of the words, or of words written nearly like the unknown ones.

    None where the best of them holds a single known word of several: that would be as good as any picture.
    """
    every, known = sorted(set().union(*held) - styles), [word for word in known if word not in styles]
    alike = [
        {near: SequenceMatcher(None, word, near).ratio() for near in get_close_matches(word, every, cutoff=0.6)}
        for word in unknown
        if len(word) > 2 or THAI.search(word)
    ]
    score = {}
    for caption, texts in zip(captions, held, strict=True):
        found = sum(holds(texts, word) for word in known)
        found += sum(max((like[text] for text in texts & like.keys()), default=0) for like in alike)
        score[caption] = max(found, score.get(caption, 0))
    best = sorted(score, key=score.get, reverse=True)
    enough = max(0.9 * score[best[0]], 1.01 if len(known) > 1 else 0.01)
    return [caption for caption in best if score[caption] >= enough][:5]
