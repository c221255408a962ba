"""Letters in drawings: DejaVu Sans, Noto Sans Thai for Thai letters alone, and lines that end between two words."""

from __future__ import annotations

import functools
import io
import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from PIL import ImageDraw, ImageFont

from course_lib import shipped
from course_lib.texts import tr

TEXT_SIZE = 13
FONTS = shipped.ROOT / "data" / "fonts"
THAI_FONT, THAI_BOLD = "NotoSansThai-Regular.ttf", "NotoSansThai-Bold.ttf"
_THAI = re.compile("([\u0e00-\u0e7f]+)")


@functools.cache
def font(size: int = TEXT_SIZE) -> ImageFont.FreeTypeFont:
    """The course's font for panels: DejaVu Sans, which has the formulas' Greek letters and comes with matplotlib.

    Example:

    >>> font(13).getname()
    ('DejaVu Sans', 'Book')
    """
    import matplotlib

    return ImageFont.truetype(Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf"), size)


@functools.cache
def thai_font(size: int = TEXT_SIZE) -> ImageFont.FreeTypeFont:
    """The font of Thai letters. Raises FileNotFoundError, ValueError where its file is missing or damaged.

    Example:

    >>> thai_font().getname()
    ('Noto Sans Thai', 'Regular')
    """
    return shipped.read(FONTS, THAI_FONT, lambda data: ImageFont.truetype(io.BytesIO(data), size))


def has_thai(text: str) -> bool:
    """Whether a text has Thai letters.

    Example:

    >>> has_thai("noise"), has_thai("noise, ไทย")
    (False, True)
    """
    return bool(_THAI.search(text))


def width_of(text: str, size: int = TEXT_SIZE) -> float:
    """How many pixels a line of text takes.

    Example:

    >>> width_of("noise") == font().getlength("noise"), width_of("noise, ไทย") > width_of("noise, ")
    (True, True)
    """
    return sum(face.getlength(part) for part, face in _runs(text, size))


def write(
    pen: ImageDraw.ImageDraw, place: tuple[float, float], text: str, ink: object, size: int = TEXT_SIZE, anchor="la"
) -> None:
    """Write a line of text; `anchor` says where in it the place lies, as Pillow's: l, m, r and then a, m, t.

    Thai letters stand on the same line as the others.

    Example:

    >>> from PIL import Image
    >>> image = Image.new("L", (60, 20))
    >>> write(ImageDraw.Draw(image), (30, 10), "ไทย", 255, anchor="mm")
    >>> image.getbbox() is None
    False
    """
    if not has_thai(text):
        return pen.text(place, text, ink, font(size), anchor=anchor)
    (across, down), (ascent, descent) = place, font(size).getmetrics()
    across -= {"l": 0, "m": 0.5, "r": 1}[anchor[0]] * width_of(text, size)
    baseline = down + {"a": ascent, "t": ascent, "m": ascent - (ascent + descent) // 2}[anchor[1]]
    for part, face in _runs(text, size):
        pen.text((across, baseline), part, ink, face, anchor="ls")
        across += face.getlength(part)


def size_to_fit(text: str, width: float, size: int = TEXT_SIZE, smallest: int = 6) -> int:
    """The largest size of letters, `size` or smaller, in which a line takes at most `width` pixels.

    Example:

    >>> size_to_fit("noise", 100), size_to_fit("a long line of words", 100)
    (13, 10)
    """
    return next((fits for fits in range(size, smallest, -1) if width_of(text, fits) <= width), smallest)


def wrapped(text: str, width: float, length: Callable[[str], float] = len) -> list[str]:
    """Lines of at most `width`; a text without Thai is counted in letters, one with Thai by `length`.

    Thai is written without blanks between words, so PyThaiNLP finds where a line may end. Raises ModuleNotFoundError
    where it is not installed.

    Example:

    >>> wrapped("a guess of the clean picture", 16)
    ['a guess of the', 'clean picture']
    """
    if not has_thai(text):
        return textwrap.wrap(text, max(1, int(width)))
    lines = [""]
    for word in _words(text):
        if lines[-1].strip() and length((lines[-1] + word).rstrip()) > width:
            lines.append("")
        lines[-1] += word if lines[-1] else word.lstrip()
    return [line.rstrip() for line in lines]


def _runs(text: str, size: int) -> Iterator[tuple[str, ImageFont.FreeTypeFont]]:
    """Pieces of a text, each with the font that has its letters."""
    for index, part in enumerate(_THAI.split(text)):
        if part:
            yield part, (thai_font if index % 2 else font)(size)


def _words(text: str) -> list[str]:
    """A text in pieces between which a line may end; each keeps the blanks after it."""
    try:
        from pythainlp.tokenize import word_tokenize
    except ModuleNotFoundError:
        said = tr("Thai lines need PyThaiNLP, which finds the words in them. Install it with: pip install pythainlp")
        raise ModuleNotFoundError(said, name="pythainlp") from None
    pieces = []
    for index, part in enumerate(_THAI.split(text)):
        found = word_tokenize(part, engine="newmm") if index % 2 else re.findall(r"\S+\s*|\s+", part)
        if index % 2 == 0 and found and pieces and not found[0][0].isspace():
            pieces[-1] += found.pop(0)  # a bracket or a stop stays at the word before it
        pieces += found
    return pieces
