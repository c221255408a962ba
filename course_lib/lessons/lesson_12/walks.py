"""Particles that any of the thirty samplers walks from noise to the blobs, with the exact paths beside them."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from PIL import Image, ImageChops, ImageFilter
from torch import Tensor

from course_lib import expect
from course_lib.figures import COLOURS, Drawing, Shown, beside, show_pixels, stack
from course_lib.figures.drawing import number_text, titled
from course_lib.lessons.plane.blobs import START, exact_path, levels, noisy, owner
from course_lib.lessons.plane.board import CELL, COLUMNS, FINE_SIZE, ROWS, Plane, mesh, place
from course_lib.lessons.plane.walking import Walk, walk
from course_lib.samplers import SAMPLERS
from course_lib.texts import ngettext, tr

ONE, CLOSE, ALL_OVER = "one particle", "a hundred, close together", "a hundred, from all over"
_CLOSE, _FAR = 1202, 1203  # seeds, other than that of the fresh noise


def draw_walk(sampler: str, steps: int, particles: str, row: int, column: int) -> Drawing:
    """The way of one particle from the cell of the cursor, or of a hundred, beside the exact one.

    sampler : a name of SAMPLERS; particles : ONE, CLOSE (around the cell) or ALL_OVER (the cursor does not matter).
    Raises ValueError for anything else, and where the sampler needs more steps.

    Example:

    >>> print(draw_walk("euler", 5, ONE, 10, 50).sentence)
    Euler, 5 steps: 5 calls. It ends at (1.09, 1.24); the exact path ends at (1.20, 1.31). Distance: 0.13.
    """
    expect.one_of("particles", particles, (ONE, CLOSE, ALL_OVER))
    return _drawn(sampler, steps, particles, *_walked(sampler, steps, particles, row, column))


def draw_walks(row: int, column: int) -> Shown:
    """Four walks for the page, each with its calls and its error above it, except where fresh noise leads elsewhere.

    The third is of a hundred particles, from all over.

    Example:

    >>> draw_walks(10, 50).width
    864
    """
    panels, sentences = [], []
    for sampler, steps, particles in (
        ("euler", 5, ONE),
        ("heun", 5, ONE),
        ("euler", 8, ALL_OVER),
        ("euler_ancestral", 20, ONE),
    ):
        way, exact = _walked(sampler, steps, particles, row, column)
        words = {"sampler": SAMPLERS[sampler].label, "calls": way.calls, "distance": _distance(way, exact)}
        title = tr("{sampler}, {calls} calls: off by {distance}")
        if particles == ALL_OVER:
            title = tr("{sampler}, {calls} calls, a hundred particles: off by {distance}")
        elif SAMPLERS[sampler].stochastic:
            title = tr("{sampler}, {calls} calls, with fresh noise")
        drawing = _drawn(sampler, steps, particles, way, exact, shrink=3)
        panels.append(titled(drawing.pixels, title.format(**words)))
        sentences.append(drawing.sentence)
    return show_pixels(stack(beside(*panels[:2]), beside(*panels[2:])), " ".join(sentences))


@cache
def ends_by_cell(sampler: str = "", steps: int = 0, size: int = 5) -> Tensor:
    """Where a particle from each square of `size` pixels ends: (squares, 2); without a sampler, on the exact path.

    Example:

    >>> ends_by_cell(size=20).shape
    torch.Size([713, 2])
    """
    x = mesh(size)
    return walk(sampler, x, levels(steps)).states[-1] if sampler else exact_path(x, parts=24)[1][-1]


@cache
def _borders() -> Image.Image:
    """A thin grey line between the regions whose exact paths end in different blobs, as a mask."""
    owners = owner(ends_by_cell(size=CELL)).reshape(ROWS, COLUMNS).numpy()
    shown = [Image.fromarray(255 * (owners == blob).astype(np.uint8)).resize(FINE_SIZE) for blob in range(3)]
    fine = [np.asarray(region.filter(ImageFilter.GaussianBlur(2.5 * CELL))) for region in shown]
    regions = Image.fromarray(np.argmax(fine, axis=0).astype(np.uint8))
    line = ImageChops.difference(regions.filter(ImageFilter.MaxFilter(3)), regions.filter(ImageFilter.MinFilter(3)))
    return line.point(lambda step: 90 * (step > 0))


def _walked(sampler: str, steps: int, particles: str, row: int, column: int) -> tuple[Walk, Tensor]:
    """The sampler's way from the start, and the exact paths (times, particles, 2)."""
    x = _start(particles, row, column)
    exact = _all_over()[1] if particles == ALL_OVER else exact_path(x, parts=32 if particles == ONE else 16)[1]
    return walk(sampler, x, levels(steps)), exact


def _drawn(sampler: str, steps: int, particles: str, way: Walk, exact: Tensor, shrink: int = 2) -> Drawing:
    plane = Plane(0.0)
    plane.mark(_borders(), COLOURS["ink"])
    if particles == ONE:
        _draw_one(plane, way, exact[:, 0])
    else:
        _draw_many(plane, way, exact, alpha=0.2 if SAMPLERS[sampler].stochastic else 0.45)
    return Drawing(plane.pixels(shrink), _said(sampler, steps, way, exact, particles))


def _distance(way: Walk, exact: Tensor) -> str:
    """How far the ends lie from the exact ones, in the median."""
    return number_text((way.states[-1] - exact[-1]).norm(dim=1).median().item())


def _start(particles: str, row: int, column: int) -> Tensor:
    if particles == ONE:
        return place(row, column)
    if particles == ALL_OVER:
        return _all_over()[0]
    generator = torch.Generator().manual_seed(_CLOSE)
    return place(row, column) + 0.25 * torch.randn(100, 2, generator=generator, dtype=torch.float64)


@cache
def _all_over() -> tuple[Tensor, Tensor]:
    """A hundred particles at the first level, (100, 2), and their exact paths, (17, 100, 2)."""
    x = noisy(100, START, seed=_FAR)
    return x, exact_path(x, parts=16)[1]


def _draw_one(plane: Plane, way: Walk, exact: Tensor) -> None:
    states = way.states[:, 0]
    plane.line(exact, COLOURS["target"], width=3.0, dashed=True)
    plane.line(states, COLOURS["noise"], width=2.0)
    plane.dots(way.targets[:, 0], COLOURS["denoised"], radius=2.5, alpha=0.8)
    plane.dots(states[1:-1], COLOURS["noise"], radius=3.5)
    plane.rings(exact[-1:], COLOURS["target"], radius=8.0, width=3.0)
    plane.dots(states[[0, -1]], COLOURS["noise"], radius=5.5, rim=True)


def _draw_many(plane: Plane, way: Walk, exact: Tensor, alpha: float) -> None:
    for particle in range(exact.shape[1]):
        plane.line(exact[:, particle], COLOURS["target"], width=1.2, alpha=0.45)
    for particle in range(exact.shape[1]):
        plane.line(way.states[:, particle], COLOURS["noise"], width=1.2, alpha=alpha)
    plane.dots(way.states[0], COLOURS["noise"], radius=2.0, alpha=0.6)
    plane.rings(exact[-1], COLOURS["target"], radius=4.0, width=1.5)
    plane.dots(way.states[-1], COLOURS["noise"], radius=2.5)


def _said(sampler: str, steps: int, way: Walk, exact: Tensor, particles: str) -> str:
    ends, right = way.states[-1], exact[-1]
    called = ngettext("{sampler}, {steps}: {count} call.", "{sampler}, {steps}: {count} calls.", way.calls)
    taken = ngettext("{count} step", "{count} steps", steps).format(count=steps)
    sentences = [called.format(sampler=SAMPLERS[sampler].label, steps=taken, count=way.calls)]
    distance = _distance(way, exact)
    if particles == ONE:
        says = tr("It ends at {end}; the exact path ends at {exact}. Distance: {distance}.")
        sentences.append(says.format(end=_pair(ends), exact=_pair(right), distance=distance))
    else:
        counts = [", ".join(str(int((owner(x) == blob).sum())) for blob in range(3)) for x in (ends, right)]
        says = tr(
            "In the blobs left, upper, lower end {ends}; on exact paths {exact}. "
            "Median distance of an end from the exact one: {distance}."
        )
        sentences.append(says.format(ends=counts[0], exact=counts[1], distance=distance))
    if SAMPLERS[sampler].stochastic:
        sentences.append(tr("It adds fresh noise, so it is not meant to stay on the exact path."))
    return " ".join(sentences)


def _pair(x: Tensor) -> str:
    return "({}, {})".format(*(number_text(value) for value in x[0].tolist()))
