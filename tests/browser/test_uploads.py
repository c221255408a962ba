"""Pictures of the reader's own: photographs as large as a telephone makes them, and what a browser cannot open."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from course_lib.datasets import open_picture
from course_lib.figures import to_pixels
from tests.browser.pages import opened

pytestmark = pytest.mark.browser

CHOOSER = """
def draw(picture):
    return Drawing(picture_panel(picture[0], 32), f"Mean {picture.mean():.4f}.")

Explorer(draw, {"picture": PictureChooser({"ramp": picture}, size=32)}, label="A picture of one's own")
"""


@pytest.fixture(scope="module")
def chooser(lab):
    """An explorer with a chooser of pictures."""
    yield from opened(lab, {"chooser": CHOOSER})


def four_quarters(width, height, mode="RGB"):
    """A picture with four quarters, and noise that makes its file large."""
    colours = [[(200, 40, 40), (40, 160, 40)], [(40, 60, 200), (220, 200, 60)]]
    pixels = np.asarray(colours, np.int16).repeat(height // 2, 0).repeat(width // 2, 1)
    noise = np.random.default_rng(0).integers(-40, 40, pixels.shape, np.int16)
    picture = Image.fromarray((pixels + noise).clip(0, 255).astype(np.uint8))
    if mode == "RGBA":
        picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    return picture


def file_of(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def photograph():
    """A JPEG of more than 10 MB that a telephone has taken while held upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    return file_of(four_quarters(4000, 3000), "JPEG", quality=97, subsampling=0, exif=exif)


FILES = {
    "photograph.jpg": (photograph, 10e6, 100e6),
    "transparent.png": (lambda: file_of(four_quarters(1600, 1200, "RGBA"), "PNG", compress_level=1), 2e6, 8e6),
    "scan.tif": (lambda: file_of(four_quarters(1200, 1000), "TIFF"), 2e6, 8e6),  # goes as it is
    "tiny.png": (lambda: file_of(Image.new("RGB", (8, 8), (0, 128, 0)), "PNG"), 0, 1e3),
}


def upload(notebook, cell, path, content):
    path.write_bytes(content)  # too large to be handed over without a file
    with notebook.page.expect_file_chooser() as files:
        cell.get_by_role("button", name="Your own picture").click()
    files.value.set_files(path)


def wait_until_shown(notebook, cell, name, content):
    """Wait for the picture, and see that it is what `open_picture` makes of the file itself."""
    notebook.page.wait_for_function(
        "([list, name]) => list.value === `yours: ${name}`", arg=[cell.locator("select").element_handle(), name]
    )
    expected = to_pixels(open_picture(content, 32)[0]).astype(float)
    near = """([canvas, expected]) => {
        const shown = canvas.getContext("2d").getImageData(1, 1, 32, 32).data.filter((_, place) => place % 4 < 3);
        return shown.reduce((sum, value, place) => sum + Math.abs(value - expected[place]), 0) / expected.length < 3;
    }"""
    canvas = cell.locator(".cl-explorer-canvas canvas")
    notebook.page.wait_for_function(near, arg=[canvas.element_handle(), expected.ravel().tolist()])
    cell.locator(".cl-upload .cl-message").wait_for(state="hidden")


@pytest.mark.parametrize("name", FILES)
def test_a_picture_of_any_size_is_opened(chooser, name, tmp_path):
    notebook, cells = chooser
    make, least, most = FILES[name]
    content = make()
    assert least < len(content) < most
    upload(notebook, cells["chooser"], tmp_path / name, content)
    wait_until_shown(notebook, cells["chooser"], name, content)


def test_what_is_too_large_and_not_for_a_browser_is_explained_and_the_next_file_works(chooser, tmp_path):
    notebook, cells = chooser
    cell, message = cells["chooser"], cells["chooser"].locator(".cl-upload .cl-message")
    for name, content in {
        "scan of a wall.tif": file_of(four_quarters(2000, 1600), "TIFF"),
        "cut off.jpg": photograph()[:200] + b"\0" * 9_000_000,
    }.items():
        upload(notebook, cell, tmp_path / name, content)
        size = f"{round(len(content) / 1e6)} MB"
        words = f"The browser cannot open {name} ({size}) to make it smaller. Save it as PNG or JPEG first."
        message.get_by_text(words).wait_for()
        assert message.evaluate("box => box.scrollWidth <= box.clientWidth + 1"), "the message is cut off"
        button = cell.get_by_role("button", name="Your own picture")
        described = "button => document.getElementById(button.getAttribute('aria-describedby')).textContent"
        assert button.evaluate(described) == words
        tiny = file_of(Image.new("RGB", (9, 9), (0, 0, 128)), "PNG")
        upload(notebook, cell, tmp_path / "next.png", tiny)
        wait_until_shown(notebook, cell, "next.png", tiny)
