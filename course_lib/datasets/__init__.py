"""Open the pictures that come with the course, and pictures of the reader's own.

The shipped set is emoji artwork: 256 concepts, each drawn in four styles, with captions in English and Thai
(`data/emoji/README.md` says where it comes from). What is opened is first compared with its sha256 there.
"""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from operator import index
from pathlib import Path

import torch
from PIL import Image, ImageColor, ImageOps

from course_lib import expect, shipped
from course_lib.datasets import eight_bits, search

__all__ = ["PictureSet", "open_emoji", "open_emoji_artwork", "open_picture", "over_background"]

EMOJI = shipped.ROOT / "data" / "emoji"


@dataclass(frozen=True, eq=False)
class PictureSet:
    """Pictures with their captions: row n of every column belongs to picture n.

    images : (N, C, H, W). captions, captions_thai, concepts (the short name, "red-heart"), groups ("hearts") and
    styles ("noto") hold one text a picture; keywords and keywords_thai one tuple of texts.

    Example:

    >>> rockets = open_emoji().select("rocket")
    >>> rockets.styles, len(rockets), tuple(rockets.images.shape)
    (['noto', 'fluent', 'flat', 'twemoji'], 4, (4, 3, 64, 64))
    """

    images: torch.Tensor
    captions: list[str]
    captions_thai: list[str]
    keywords: list[tuple[str, ...]]
    keywords_thai: list[tuple[str, ...]]
    concepts: list[str]
    groups: list[str]
    styles: list[str]

    def __len__(self) -> int:
        return len(self.captions)

    def style(self, name: str) -> PictureSet:
        """The pictures drawn in one style. Raises ValueError for a style that the set does not have.

        Example:

        >>> len(open_emoji().style("twemoji"))
        256
        """
        expect.known("style", name, dict.fromkeys(self.styles))
        return self._take([n for n, style in enumerate(self.styles) if style == name])

    def select(self, words: str) -> PictureSet:
        """The pictures whose caption, keywords and style hold all the given words, in English or Thai.

        English: whole words, large or small letters, one thing or several ("hearts"). Thai, which writes no spaces:
        any part of a caption or keyword. Raises ValueError, naming what did not fit and what is near, when no picture
        fits.

        Example:

        >>> open_emoji().select("heart red twemoji").captions
        ['red heart']
        >>> open_emoji().select("แพนด้า noto").captions
        ['panda']
        >>> open_emoji().select("dolfin")
        Traceback (most recent call last):
        ValueError: No picture fits 'dolfin'. Near captions: dolphin.
        """
        wanted = search.wanted_words(words)
        held = [self._held(n) for n in range(len(self))]
        fitting = [n for n in range(len(self)) if all(search.holds(held[n], word) for word in wanted)]
        if not fitting:
            raise ValueError(search.why_nothing(words, held, self.captions, set(self.styles)))
        return self._take(fitting)

    def _take(self, numbers: list[int]) -> PictureSet:
        columns = [value for name, value in vars(self).items() if name != "images"]
        return PictureSet(self.images[numbers], *([column[n] for n in numbers] for column in columns))

    def _held(self, n: int) -> set[str]:
        """What can be asked for in picture n: English words, whole Thai texts, and its style."""
        english = (self.captions[n], *self.keywords[n], self.styles[n])
        return {word for text in english for word in search.english_words(text)} | {
            self.captions_thai[n],
            *self.keywords_thai[n],
        }


def open_emoji(style: str | None = None, background: str | tuple[int, int, int] = "white") -> PictureSet:
    """The emoji pictures on a plain ground: images (N, 3, 64, 64), float32 in [-1, 1], style after style.

    style : "noto", "fluent", "flat" or "twemoji"; all four by default (N = 1024, else 256). background : a colour as
    Pillow names it ("white", "#ff8800") or (red, green, blue), each 0 to 255. Raises ValueError for an unknown style
    or colour and for a damaged file, FileNotFoundError for a missing one.

    Example:

    >>> emoji = open_emoji()
    >>> tuple(emoji.images.shape), emoji.captions[33], emoji.captions_thai[33], emoji.styles[33]
    ((1024, 3, 64, 64), 'red heart', 'หัวใจสีแดง', 'noto')
    """
    artwork = open_emoji_artwork(style)
    return replace(artwork, images=over_background(artwork.images, background))


def open_emoji_artwork(style: str | None = None) -> PictureSet:
    """The same pictures as `open_emoji`, without a ground: images (N, 4, 64, 64), uint8, red, green, blue, alpha.

    The colours are not multiplied by alpha; where alpha is 0 they are 0. Raises ValueError for an unknown style and
    for a damaged file, FileNotFoundError for a missing one.

    Example:

    >>> heart = open_emoji_artwork("flat").select("red heart")
    >>> heart.images[0, :, 32, 32]
    tensor([248,  49,  47, 255], dtype=torch.uint8)
    """
    about = _read_shipped("captions.json", json.loads)
    if style is not None:
        expect.known("style", style, about["styles"])
    styles = about["styles"] if style is None else [style]
    rows = about["concepts"]
    numbers = torch.tensor([line * about["columns"] + column for column, line in (row["cell"] for row in rows)])
    sheets = [_read_shipped(f"{name}.png", lambda data: _planes(Image.open(io.BytesIO(data)))) for name in styles]

    def column(name: str, kind: Callable = str) -> list:
        return [kind(row[name]) for row in rows] * len(styles)

    return PictureSet(
        images=torch.cat([_cut(sheet, about["size"]).index_select(0, numbers) for sheet in sheets]),
        captions=column("caption"),
        captions_thai=column("caption_thai"),
        keywords=column("keywords", tuple),
        keywords_thai=column("keywords_thai", tuple),
        concepts=column("concept"),
        groups=column("group"),
        styles=[name for name in styles for _ in rows],
    )


def over_background(artwork: torch.Tensor, background: str | tuple[int, int, int] = "white") -> torch.Tensor:
    """Lay pictures with transparency on a plain ground: alpha * picture + (1 - alpha) * ground, in float32.

    artwork : (N, 4, H, W), uint8, as from `open_emoji_artwork`; returns (N, 3, H, W) in [-1, 1]. Raises ValueError for
    another shape or dtype, and for what is not an opaque colour.

    Example:

    >>> half = torch.tensor([255, 0, 0, 51], dtype=torch.uint8).reshape(1, 4, 1, 1)
    >>> over_background(half, "black").flatten()
    tensor([-0.6000, -1.0000, -1.0000])
    """
    expect.tensor("artwork", artwork, "(N, 4, H, W)")
    if artwork.shape[1] != 4 or artwork.dtype != torch.uint8:
        raise ValueError(f"artwork must be (N, 4, H, W), uint8; got {tuple(artwork.shape)}, {artwork.dtype}")
    ground = torch.tensor(_colour(background), device=artwork.device).float().reshape(3, 1, 1) / 127.5 - 1
    colours = artwork[:, :3].float().div_(127.5).sub_(1)  # in place: the whole set at once is 50 MB
    return torch.lerp(ground, colours, artwork[:, 3:].float() / 255, out=colours)


def open_picture(source: str | Path | bytes, size: int = 64) -> torch.Tensor:
    """A picture of the reader's own: (1, 3, size, size), float32 in [-1, 1].

    source : the path of a picture file, or the bytes of one. It is turned as its EXIF data say, cut to the square in
    its middle, resized (Lanczos), and laid on white where it is transparent. Of an animation, the first frame is taken.
    Raises FileNotFoundError where there is no such file, ValueError for what is not a picture, is too large, or whose
    numbers have no known range, as whole numbers of 32 bits have none.

    Example:

    >>> file = io.BytesIO()
    >>> Image.new("RGB", (300, 200), "red").save(file, "PNG")
    >>> picture = open_picture(file.getvalue(), size=32)
    >>> tuple(picture.shape), picture[0, :, 16, 16].tolist()
    ((1, 3, 32, 32), [1.0, -1.0, -1.0])
    """
    size = expect.whole("size", size)
    data, name = _bytes_of(source)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = eight_bits.open_image(data)
        picture = ImageOps.fit(picture, (size, size), Image.Resampling.LANCZOS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(
            f"{name} is too large: it has more than {Image.MAX_IMAGE_PIXELS:,} pixels; make it smaller first"
        ) from None
    except eight_bits.UnknownRange as error:
        raise ValueError(f"{name} {error}; save it with 8 or 16 bits a colour first") from None
    except Exception as error:  # a broken file can make Pillow's readers fail in any way
        what = f"{len(data)} bytes that begin with {data[:12]!r}" if data else "no bytes at all"
        raise ValueError(f"{name} is not a picture that can be opened, or is cut off: it holds {what}") from error
    return over_background(_planes(picture)[None])


def _bytes_of(source: str | Path | bytes) -> tuple[bytes, str]:
    """The bytes of a picture and what to call it in an error."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), "the given data"
    if not isinstance(source, str | Path):
        raise ValueError(f"source must be a path or the bytes of a picture file; got {type(source).__name__}")
    path = Path(source)
    if not path.is_file():
        raise FileNotFoundError(f"there is no picture file {path}")
    return path.read_bytes(), str(path)


def _read_shipped(name: str, decode: Callable):
    """A file of data/emoji, whole and decoded."""
    folder = EMOJI.parent
    if not folder.is_dir():
        raise FileNotFoundError(f"the course must be run from its checkout (pip install -e .): no folder {folder}")
    rebuild = "; or build it anew, which needs node: python data/emoji/prepare.py"
    return shipped.read(EMOJI, name, decode, otherwise=rebuild)


def _planes(picture: Image.Image) -> torch.Tensor:
    """The red, green, blue and alpha planes (4, H, W), uint8, of a Pillow picture."""
    planes = [bytearray(band.tobytes()) for band in picture.convert("RGBA").split()]
    planes = torch.stack([torch.frombuffer(plane, dtype=torch.uint8) for plane in planes])
    return planes.unflatten(1, (picture.height, picture.width))


def _cut(sheet: torch.Tensor, size: int) -> torch.Tensor:
    """The square cells (N, 4, size, size) of a sheet (4, H, W), line by line."""
    cells = sheet.unflatten(2, (-1, size)).unflatten(1, (-1, size))
    return cells.permute(1, 3, 0, 2, 4).flatten(0, 1)


def _colour(background: str | Iterable[int]) -> list[int]:
    """The red, green and blue of a colour, each 0 to 255."""
    try:
        colour = ImageColor.getrgb(background) if isinstance(background, str) else [index(part) for part in background]
    except (TypeError, ValueError):
        colour = []
    if len(colour) != 3 or not all(0 <= part <= 255 for part in colour):
        raise ValueError(
            f"background must be an opaque colour, by name or as (red, green, blue) from 0 to 255; got {background!r}"
        )
    return list(colour)
