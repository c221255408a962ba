"""Pictures of any depth become 8 bits a colour: their kind, their turns, and what is transparent in them."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from course_lib.datasets.eight_bits import UnknownRange, open_image


def png(colour, rows, key=None, turned=None):
    """A PNG of 16 bits a colour. colour : 0 for grey, 2 for RGB; rows : of numbers or triples; turned : for EXIF."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    numbers = np.array(rows, dtype=">u2")
    height, width = numbers.shape[:2]
    parts = [chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0))]
    if turned:
        exif = Image.Exif()
        exif[0x0112] = turned
        parts.append(chunk(b"eXIf", exif.tobytes()[6:]))
    if key is not None:
        parts.append(chunk(b"tRNS", struct.pack(f">{len(key)}H", *key)))
    lines = b"".join(b"\0" + row.tobytes() for row in numbers)
    return b"\x89PNG\r\n\x1a\n" + b"".join([*parts, chunk(b"IDAT", zlib.compress(lines)), chunk(b"IEND", b"")])


def packed(picture, kind="PNG", **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("picture", "options", "mode"),
    [
        (Image.new("L", (2, 2)), {}, "RGB"),
        (Image.new("RGB", (2, 2)), {}, "RGB"),
        (Image.new("RGBA", (2, 2)), {}, "RGBA"),
        (Image.new("LA", (2, 2)), {}, "RGBA"),
        (Image.new("P", (2, 2)), {}, "RGB"),
        (Image.new("P", (2, 2)), {"transparency": 0}, "RGBA"),
        (Image.new("RGB", (2, 2)), {"transparency": (1, 2, 3)}, "RGBA"),
        (Image.new("I;16", (2, 2)), {}, "RGB"),
    ],
)
def test_something_transparent_makes_it_rgba(picture, options, mode):
    assert open_image(packed(picture, **options)).mode == mode


def test_grey_of_sixteen_bits_is_rounded_not_cut():
    levels = [[0, 128, 129, 257, 385, 386, 32896, 65535]]
    opened = np.asarray(open_image(png(0, levels)))
    assert opened.shape == (1, 8, 3) and opened[0, :, 0].tolist() == [0, 0, 1, 1, 1, 2, 128, 255]
    assert (opened == opened[:, :, :1]).all()


@pytest.mark.parametrize("turned", [None, 6, 3])
def test_a_transparent_colour_of_sixteen_bits_is_found_after_a_turn(turned):
    """Numbers that differ in their low 8 bits alone, in a picture that is wider than high."""
    for colour, rows, key in [
        (0, [[1000, 1001, 1000], [1001, 1001, 1001]], [1000]),
        (2, [[[1000, 2000, 3000], [1000, 2000, 3001], [1000, 2000, 3000]], [[1001, 2000, 3000]] * 3],
         [1000, 2000, 3000]),
    ]:  # fmt: skip
        opened = open_image(png(colour, rows, key, turned))
        assert opened.mode == "RGBA" and opened.size == ((2, 3) if turned == 6 else (3, 2))
        alpha = np.array([[0, 255, 0], [255, 255, 255]])
        wanted = {None: alpha, 6: np.rot90(alpha, -1), 3: np.rot90(alpha, 2)}[turned]
        assert np.array_equal(np.asarray(opened)[..., 3], wanted)
        again = Image.open(io.BytesIO(packed(opened)))
        assert np.array_equal(np.asarray(again), np.asarray(opened)), "it can be saved as it is"


def test_a_grey_ppm_of_sixteen_bits_is_opened():
    assert open_image(packed(Image.new("I", (2, 1), 32896), "PPM")).getpixel((1, 0)) == (128, 128, 128)


def test_without_a_transparent_colour_the_high_bits_are_kept():
    opened = open_image(png(2, [[[256, 511, 65535], [0, 255, 32768]]]))
    assert opened.mode == "RGB" and np.asarray(opened).tolist() == [[[1, 1, 255], [0, 0, 128]]]


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("F", "holds floats, which do not say what is black and what is white"),
        ("I", "holds whole numbers of 32 bits, or with a sign, which do not say what is black and what is white"),
    ],
)
def test_numbers_without_a_range_are_refused(mode, said):
    with pytest.raises(UnknownRange) as caught:
        open_image(packed(Image.new(mode, (2, 2)), "TIFF"))
    assert str(caught.value) == said
