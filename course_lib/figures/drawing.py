"""Panels: small exact drawings as pixel arrays (H, W, 3) uint8, fast enough to follow a slider."""

from __future__ import annotations

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageOps

from course_lib import expect
from course_lib.figures.images import to_pixels
from course_lib.figures.lettering import TEXT_SIZE, font, has_thai, width_of, wrapped, write
from course_lib.figures.style import COLOURS, check_pixels
from course_lib.texts import tr

TITLE_HEIGHT = 22  # a title takes this many pixels above its panel
_RIM = "#9A9A9A"  # the line round a picture: a white picture on white paper has an end, too


def blend(colour: str, other: str, share: float) -> tuple[int, int, int]:
    """A colour ("#RRGGBB") mixed with a share from 0 to 1 of another one, as red, green and blue.

    Example:

    >>> blend("#000000", "#FFFFFF", 0.5), blend("#000000", "#FFFFFF", 0)
    ((127, 127, 127), (0, 0, 0))
    """
    one, two = (Image.new("RGB", (1, 1), ink) for ink in (colour, other))
    return Image.blend(one, two, share).getpixel((0, 0))


def canvas(width: int, height: int) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """An empty white picture and the pen that draws on it.

    Raises ValueError where a side is not a positive whole number.

    Example:

    >>> canvas(30, 20)[0].size
    (30, 20)
    """
    size = (expect.whole("width", width), expect.whole("height", height))
    image = Image.new("RGB", size, COLOURS["paper"])
    return image, ImageDraw.Draw(image)


def titled(pixels: np.ndarray, title: str) -> np.ndarray:
    """Put a line of text, in the reader's language, above pixels (H, W, 3) uint8; an empty one leaves them as they are.

    Raises ValueError where pixels are none.

    Example:

    >>> titled(np.zeros((10, 40, 3), dtype=np.uint8), "a title").shape
    (32, 40, 3)
    """
    check_pixels(pixels)
    if not title:
        return pixels
    title = tr(title)
    image, pen = canvas(max(pixels.shape[1], int(width_of(title)) + 1), TITLE_HEIGHT)
    write(pen, (0, 2), title, COLOURS["ink"])
    return stack(np.asarray(image), pixels, gap=0)


def text_panel(text: str, width: int = 320, size: int = TEXT_SIZE) -> np.ndarray:
    """Draw text, in the reader's language and wrapped at `width` pixels, as pixels (H, W, 3) uint8.

    Raises ValueError where width or size is below 1.

    Example:

    >>> text_panel("sigma = 3.21", width=120).shape
    (18, 120, 3)
    """
    expect.whole("width", width)
    text, letters = tr(text), width / font(expect.whole("size", size)).getlength("n")
    room = (width, lambda line: width_of(line, size)) if has_thai(text) else (letters,)
    lines = [line for part in text.split("\n") for line in wrapped(part, *room) or [""]]
    leading = round(1.4 * size)
    image, pen = canvas(width, leading * len(lines))
    for row, line in enumerate(lines):
        write(pen, (0, row * leading), line, COLOURS["ink"], size)
    return np.asarray(image)


def picture_panel(
    image: torch.Tensor, width: int = 256, title: str = "", frame: tuple[int, int, int, int] | None = None
) -> np.ndarray:
    """Draw a picture (3, H, W), (1, H, W) or (H, W) in [-1, 1] `width` pixels wide, with crisp pixels.

    A thin grey line, one pixel on each side, goes round it. A width that is a multiple of W makes every pixel of the
    picture equally large. `frame` (top, left, height, width), in pixels of the picture, is outlined; it may reach past
    the picture's edge, as a window over padding does, and is then cut off there.

    Raises ValueError for another shape, for NaN, and for a frame that is not four whole numbers.

    Example:

    >>> picture_panel(torch.zeros(3, 8, 8), width=64, title="8 pixels", frame=(0, 0, 3, 3)).shape
    (88, 66, 3)
    """
    pixels = to_pixels(image)
    rows, columns, _ = pixels.shape
    expect.whole("width", width)
    scale = width / columns
    resample = Image.Resampling.NEAREST if scale >= 1 else Image.Resampling.BOX
    picture = Image.fromarray(pixels).resize((width, max(1, round(rows * scale))), resample)
    if frame is not None:
        if len(frame) != 4 or any(float(side) != int(side) for side in frame):
            raise ValueError(f"frame must be (top, left, height, width) in whole pixels; got {frame!r}")
        top, left, high, wide = frame
        corners = [left * scale, top * scale, (left + wide) * scale - 1, (top + high) * scale - 1]
        pen = ImageDraw.Draw(picture)
        grown = [corners[0] - 2, corners[1] - 2, corners[2] + 2, corners[3] + 2]
        pen.rectangle(grown, outline=COLOURS["paper"], width=5)
        pen.rectangle(
            [corners[0] - 1, corners[1] - 1, corners[2] + 1, corners[3] + 1], outline=COLOURS["noise"], width=3
        )
    return titled(np.asarray(ImageOps.expand(picture, 1, _RIM)), title)


def numbers_panel(
    matrix: torch.Tensor,
    title: str = "",
    frame: tuple[int, int, int, int] | None = None,
    cell: int = 48,
    digits: int = 2,
    shaded: torch.Tensor | None = None,
) -> np.ndarray:
    """Draw the numbers of a small matrix (rows, columns) in cells.

    Whole numbers are written without decimals, others with `digits` of them. The cells of `frame` (top, left, height,
    width) are outlined, and those where `shaded` (rows, columns) is True stand on grey.

    Raises ValueError where the matrix has other than two axes or more than 400 cells, the frame does not lie in it, or
    shaded has another shape.

    Example:

    >>> numbers_panel(torch.eye(3), title="identity", frame=(0, 0, 2, 2)).shape
    (167, 145, 3)
    """
    expect.tensor("matrix", matrix, "(rows, columns)")
    rows, columns = matrix.shape
    if not 0 < rows * columns <= 400:
        raise ValueError(f"a matrix of 1 to 400 cells can be drawn; got {rows} x {columns}")
    top, left, high, wide = frame or (0, 0, 1, 1)
    if min(top, left) < 0 or min(high, wide) < 1 or top + high > rows or left + wide > columns:
        raise ValueError(
            f"frame must be cells (top, left, height, width) of the {rows} x {columns} matrix; got {frame}"
        )
    shaded = torch.zeros(rows, columns) if shaded is None else shaded
    if shaded.shape != matrix.shape:
        raise ValueError(f"shaded must have the matrix's shape {tuple(matrix.shape)}; got {tuple(shaded.shape)}")
    image, pen = canvas(columns * expect.whole("cell", cell, at_least=8) + 1, rows * cell + 1)
    size = max(8, min(TEXT_SIZE, cell // 3))
    for row, values in enumerate(matrix.tolist()):
        for column, value in enumerate(values):
            box = [column * cell, row * cell, (column + 1) * cell, (row + 1) * cell]
            pen.rectangle(box, fill=COLOURS["grid" if shaded[row, column] else "paper"], outline=COLOURS["grid"])
            words = number_text(value, digits)
            write(pen, (box[0] + cell / 2, box[1] + cell / 2), words, COLOURS["ink"], size, anchor="mm")
    if frame is not None:
        corners = [left * cell, top * cell, (left + wide) * cell, (top + high) * cell]
        pen.rectangle(corners, outline=COLOURS["noise"], width=3)
    return titled(np.asarray(image), title)


def settled(numbers: torch.Tensor) -> torch.Tensor:
    """The same numbers in float64 to five decimals, without negative zeros: for what is counted, compared and said.

    A sum that cancels is 0 in one order of addition and 1e-8 in another, and processors add in different orders. After
    this both are 0. numbers (...) : floats of ordinary size, such as those of a picture or a feature map.

    Example:

    >>> settled(torch.tensor([0.1 + 0.2 - 0.3, -1e-8, 4.0000002]))
    tensor([0., 0., 4.], dtype=torch.float64)
    """
    return numbers.detach().double().round(decimals=5) + 0.0


def number_text(value: float, digits: int = 2) -> str:
    """Write a number with `digits` decimals, a whole one without, and with a true minus sign.

    It is rounded twice: 0.125 and a 0.1249999 that some processor makes of it are the same number.

    Example:

    >>> number_text(3.0), number_text(0.125, digits=3), number_text(-1.0), number_text(-1e-8)
    ('3', '0.125', '−1', '0')
    """
    value = round(float(value), digits + 3) + 0.0
    text = f"{value:g}" if value == round(value, 0) and abs(value) < 1e6 else f"{value:.{digits}f}"
    return true_minus(text)


def true_minus(number: str) -> str:
    """A written number with a minus sign in place of the hyphen.

    Example:

    >>> true_minus(f"{-0.5:.2f}")
    '−0.50'
    """
    return number.replace("-", "\N{MINUS SIGN}")


def beside(*panels: np.ndarray, gap: int = 16) -> np.ndarray:
    """Put panels (H, W, 3) uint8 side by side on white, their top edges in line.

    Raises ValueError where there is no panel.

    Example:

    >>> beside(np.zeros((4, 5, 3), dtype=np.uint8), np.zeros((8, 5, 3), dtype=np.uint8), gap=2).shape
    (8, 12, 3)
    """
    sheet = _paper(panels, max, lambda widths: sum(widths) + gap * (len(panels) - 1))
    left = 0
    for panel in panels:
        sheet[: panel.shape[0], left : left + panel.shape[1]] = panel
        left += panel.shape[1] + gap
    return sheet


def stack(*panels: np.ndarray, gap: int = 12) -> np.ndarray:
    """Put panels (H, W, 3) uint8 below one another on white, their left edges in line.

    Raises ValueError where there is no panel.

    Example:

    >>> stack(np.zeros((4, 5, 3), dtype=np.uint8), np.zeros((8, 6, 3), dtype=np.uint8), gap=2).shape
    (14, 6, 3)
    """
    sheet = _paper(panels, lambda heights: sum(heights) + gap * (len(panels) - 1), max)
    top = 0
    for panel in panels:
        sheet[top : top + panel.shape[0], : panel.shape[1]] = panel
        top += panel.shape[0] + gap
    return sheet


def _paper(panels, height_of, width_of) -> np.ndarray:
    if not panels:
        raise ValueError("expected at least one panel; got none")
    for panel in panels:
        check_pixels(panel)
    height = height_of([panel.shape[0] for panel in panels])
    width = width_of([panel.shape[1] for panel in panels])
    return np.full((height, width, 3), 255, dtype=np.uint8)
