"""Pictures are resized by Lanczos' kernel, written out here: neither nearest, nor bilinear, nor bicubic."""

import io

import numpy as np
import pytest
from PIL import Image

from course_lib.datasets import open_emoji_artwork, open_picture
from course_lib.datasets.scenes import COLOURS, SMALL, Scene, Thing, emoji_scene


def lanczos(size, smaller):
    """The matrix (smaller, size) that resizes a line: sinc(x) sinc(x / 3), as wide as the pixels become."""
    scale = size / smaller
    x = (np.arange(size) + 0.5 - (np.arange(smaller)[:, None] + 0.5) * scale) / scale
    weights = np.where(abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0)
    return weights / weights.sum(1, keepdims=True)


def resized(picture, smaller):
    """picture (C, H, H) -> (C, smaller, smaller)."""
    matrix = lanczos(picture.shape[-1], smaller)
    return matrix @ picture @ matrix.T


def test_a_picture_of_ones_own():
    levels = np.full((3, 64, 64), 64.0)
    levels[:, :, 29:], levels[1, 40:] = 192, 100
    file = io.BytesIO()
    Image.fromarray(levels.transpose(1, 2, 0).astype(np.uint8)).save(file, "PNG")
    found = (open_picture(file.getvalue(), 16)[0].numpy() + 1) * 127.5
    wanted = resized(levels, 16)
    assert wanted.min() < 58 and wanted.max() > 200, "at an edge the kernel overshoots, as no other does"
    assert abs(found - wanted).max() < 1.01


@pytest.mark.parametrize("background", ["white", "blue"])
def test_an_emoji_in_a_scene(background):
    art = open_emoji_artwork("noto").select("panda").images[0].double().numpy()
    art[:3] *= art[3:] / 255  # what is clear has no colour that could reach an edge
    small = resized(art, SMALL).clip(0, 255)
    alpha = small[3:] / 255
    wanted = np.broadcast_to(np.array(COLOURS[background])[:, None, None], (3, 64, 64)).astype(float)
    side = slice(32 - SMALL // 2, 32 + SMALL // 2)
    wanted[:, side, side] = small[:3] + (1 - alpha) * wanted[:, side, side]
    found = (emoji_scene("panda", "noto", background, size=SMALL).draw().numpy() + 1) * 127.5
    assert abs(found - wanted).max() < 8 and abs(found - wanted).mean() < 0.5


def test_a_shapes_rim_is_smooth():
    thing = Thing("circle", "black", None, (32, 32), 40)
    picture = (Scene("shape", "black circle", (thing,), "white").draw()[0] + 1) * 127.5
    area = ((255 - picture) / (255 - COLOURS["black"][0])).sum().item()
    assert area == pytest.approx(np.pi * 20**2, rel=0.01)
    between = ((picture > 40) & (picture < 240)).sum().item()
    assert 60 < between < 250, "pixels on the rim are partly covered"
