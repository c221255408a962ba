"""Lesson 06's diagrams: the residual block, and the small model's U with the four feature maps that it hands across."""

from __future__ import annotations

from course_lib.figures import Shown
from course_lib.figures.diagrams import Arrow, Box, diagram
from course_lib.lessons.lesson_06.broken_unet import SKIPS


def residual_block() -> Shown:
    """What a residual block does, from left to right, with the way around it and the time that enters in its middle.

    Example:

    >>> residual_block().alt.split(".")[0]
    'From left to right: x, norm and SiLU, convolution, plus the time, norm and SiLU, convolution, plus x'
    """
    y = 1.45
    boxes = {
        "x": Box(0.55, y, "x", width=0.7, height=0.6),
        "first": Box(1.8, y, "norm, SiLU", width=1.2, height=0.6),
        "conv1": Box(3.2, y, "conv", "3 x 3", width=0.9, height=0.6),
        "time": Box(4.3, 0.4, "time", "SiLU, linear", role="signal", width=1.2, height=0.65),
        "plus": Box(4.3, y, "+", width=0.5, height=0.5),
        "second": Box(5.5, y, "norm, SiLU", width=1.2, height=0.6),
        "conv2": Box(6.9, y, "conv", "3 x 3", width=0.9, height=0.6),
        "sum": Box(7.95, y, "+", width=0.5, height=0.5),
        "result": Box(9.05, y, "result", width=1.0, height=0.6),
    }
    order = ("x", "first", "conv1", "plus", "second", "conv2", "sum", "result")
    arrows = [Arrow(one, other) for one, other in zip(order, order[1:], strict=False)]
    arrows += [
        Arrow("time", "plus", "one number a channel", lift=0.05, shift=0.85),
        Arrow("x", "sum", "the way around: x itself, or a 1 x 1 convolution of it", bend=-0.36, lift=1.5),
    ]
    alt = (
        "From left to right: x, norm and SiLU, convolution, plus the time, norm and SiLU, convolution, plus x. The "
        "time passes SiLU and a linear layer, and is added as one number for each channel. x goes around "
        "everything in an arc, and is added at the end."
    )
    return diagram(boxes, arrows, 9.7, 3.15, alt)


def small_u() -> Shown:
    """The small model's U-Net: on the left what it keeps, on the right who reads it, with channels × size in each box.

    Example:

    >>> small_u().alt.split(":")[0]
    "The small model's U-Net as a U. Its left side keeps four feature maps, from top to bottom"
    """
    shapes = ("64 × 8 × 8", "64 × 8 × 8", "64 × 4 × 4", "128 × 4 × 4")
    reads = ("64 × 8 × 8", "64 × 8 × 8", "128 × 4 × 4", "128 × 4 × 4")
    boxes, arrows = {}, []
    for row, (name, kept, given) in enumerate(zip(SKIPS, shapes, reads, strict=True)):
        y = 3.55 - 0.72 * row - 0.18 * (row > 1)
        lean = 0.25 * row
        boxes[name] = Box(1.0 + lean, y, name, kept, role="signal", width=1.5, height=0.56)
        boxes[f"up {row}"] = Box(6.5 - lean, y, "residual block", given, width=1.5, height=0.56)
        arrows.append(Arrow(name, f"up {row}", f"{name} across", lift=0.13))
    boxes["middle"] = Box(3.75, 0.4, "middle", "128 × 4 × 4", width=1.5, height=0.56)
    down = [*SKIPS, "middle", *(f"up {row}" for row in (3, 2, 1, 0))]
    arrows += [Arrow(one, other) for one, other in zip(down, down[1:], strict=False)]
    alt = (
        "The small model's U-Net as a U. Its left side keeps four feature maps, from top to bottom: conv_in and down_0 "
        "of 64 × 8 × 8, halved of 64 × 4 × 4, down_1 of 128 × 4 × 4. Below them is the middle. On the right, going up, "
        "are four residual blocks. An arrow hands each kept feature map across to the block at its height."
    )
    return diagram(boxes, arrows, 7.5, 4.0, alt)
