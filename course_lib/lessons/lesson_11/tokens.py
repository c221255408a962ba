"""Lesson 11's tokens: a text as the pieces that a vocabulary makes of it."""

from __future__ import annotations

import numpy as np

from course_lib import expect
from course_lib.figures import COLOURS, Drawing
from course_lib.figures.drawing import canvas
from course_lib.figures.lettering import width_of, write
from course_lib.lessons.small_model import model
from course_lib.models import Tokenizer, clip_tokenizer
from course_lib.models.tokenizer import END_OF_WORD, byte_letters
from course_lib.texts import tr

VOCABULARIES = {"CLIP: 49,408 tokens": clip_tokenizer, "small model: 1,418 tokens": lambda: model().tokenizer}
_WIDTH, _HIGH, _GAP = 640, 40, 5


def as_bytes(piece: str) -> bytes:
    """The bytes that a token stands for.

    Example:

    >>> as_bytes("heart</w>"), as_bytes("à¸")
    (b'heart', b'\\xe0\\xb8')
    """
    byte_of = {letter: byte for byte, letter in byte_letters().items()}
    return bytes(byte_of[letter] for letter in piece.removesuffix(END_OF_WORD))


def readable(piece: str) -> str:
    """A token as it can be drawn: Latin letters and signs as they are, anything else as its bytes.

    Example:

    >>> readable("heart</w>"), readable("Ķ")
    ('heart', '94')
    """
    text = as_bytes(piece).decode("utf-8", errors="replace")
    plain = all(ord(letter) < 0x250 and letter.isprintable() for letter in text)
    return text if plain and len(text) <= 24 else as_bytes(piece)[:8].hex(" ").upper()


def shortened(text: str, most: int = 40) -> str:
    """A text to be quoted in a sentence: on one line, with a mark for each sign that cannot be printed.

    Example:

    >>> shortened("a  red\\x00 heart", most=8)
    '“a red� h…”'
    """
    line = "".join(letter if letter.isprintable() else "�" for letter in " ".join(text[:1000].split()))
    return f"“{line[:most]}…”" if len(line) > most or len(text) > 1000 else f"“{line}”"


def what_was_cut(text: str, tokenizer: Tokenizer) -> str:
    """How many tokens do not fit, and from where on, as a sentence; empty where all of them fit.

    Example:

    >>> what_was_cut("red " * 30, model().tokenizer)
    '8 of 30 tokens were cut, from “red red red red red red red red” on.'
    """
    count, room = len(tokenizer.tokens(text)), tokenizer.length - 2
    if count <= room:
        return ""
    said = tr("{cut} of {count} tokens were cut, from {words} on.")
    return said.format(cut=count - room, count=count, words=shortened(tokenizer.words_cut(text)))


def draw_tokens(text: str, vocabulary: str) -> Drawing:
    """A box for each token of a text that fits, with its number below; a dark line marks the end of a word.

    vocabulary : of VOCABULARIES. Raises ValueError for another one, and for what is no text.

    Example:

    >>> draw_tokens("a red heart", "CLIP: 49,408 tokens").sentence
    '3 tokens of at most 75 for 11 characters in 11 bytes. The other 72 positions hold the end mark.'
    """
    expect.known("vocabulary", vocabulary, VOCABULARIES)
    tokenizer = VOCABULARIES[vocabulary]()
    pieces, room = tokenizer.tokens(text), tokenizer.length - 2
    shown = [tokenizer.begin, *pieces[:room], tokenizer.end]
    boxes = []
    for index, piece in enumerate(shown):
        words = (tr("begin") if index == 0 else tr("end")) if index in (0, len(shown) - 1) else readable(piece)
        number = tokenizer.vocabulary.get(piece, tokenizer.vocabulary[tokenizer.unknown])
        boxes.append((words, str(number), piece.endswith(END_OF_WORD)))
    said = tr("{count} tokens of at most {room} for {characters} characters in {bytes} bytes.")
    sentence = said.format(count=len(pieces), room=room, characters=len(text), bytes=len(text.encode()))
    if len(pieces) < room:
        sentence += " " + tr("The other {rest} positions hold the end mark.").format(rest=room - len(pieces))
    return Drawing(_boxes(boxes), " ".join(filter(None, [sentence, what_was_cut(text, tokenizer)])))


def _boxes(boxes: list[tuple[str, str, bool]]) -> np.ndarray:
    """Boxes in rows, as wide as their words."""
    placed, left, top = [], 0, 0
    for words, number, ends in boxes:
        width = 12 + int(max(width_of(words, 12), width_of(number, 10)))
        if left + width > _WIDTH and left:
            left, top = 0, top + _HIGH + _GAP
        placed.append((left, top, width, words, number, ends))
        left += width + _GAP
    image, pen = canvas(max(_WIDTH, *(left + width + 1 for left, _, width, *_ in placed)), top + _HIGH + 1)
    for left, top, width, words, number, ends in placed:
        pen.rectangle([left, top, left + width, top + _HIGH], outline=COLOURS["grid"])
        if ends:
            pen.line([left + width, top, left + width, top + _HIGH], fill=COLOURS["noise"], width=3)
        write(pen, (left + width / 2, top + 13), words, COLOURS["ink"], 12, anchor="mm")
        write(pen, (left + width / 2, top + 30), number, "#5A5A5A", 10, anchor="mm")
    return np.asarray(image)
