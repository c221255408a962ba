"""How cost grows: with steps, with the picture's size, with pictures at once, and with learners on one machine."""

from __future__ import annotations

import statistics
import time

from benchmarks import small_model
from benchmarks.growth import Curve
from benchmarks.kernels import kernels
from benchmarks.memory import shares
from benchmarks.rows import Row, seconds
from course_lib.pipeline import text_to_image

REPEATS = 3
# What each curve changes, the setting of `text_to_image`, and its values.
SETTINGS = {
    "steps": ("steps", (5, 10, 20, 40)),
    "pixels": ("size", (64, 128, 192, 256)),
    "pictures": ("count", (1, 2, 4, 8)),
}
LEARNERS = (1, 2, 5, 10)
OPENED = """
from course_lib.threads import share_cores
share_cores()
from course_lib.lessons import lesson_06 as lesson
from course_lib.widgets import Explorer
lesson.draw_damage(lesson.PICTURES[0], 500)
"""
MOVED = "lesson.draw_damage(lesson.PICTURES[0], 501)"


def rows() -> list[Row]:
    """There is no peer to grow beside."""
    return []


def curves() -> list[Curve]:
    """Seconds of a picture, then memory and waiting of learners."""
    model, found = small_model.ours(), []
    for what, (setting, values) in SETTINGS.items():
        costs = []
        for value in values:
            times = [
                seconds(lambda kind=setting, value=value: text_to_image(model, small_model.PROMPT, **{kind: value}))
                for _ in range(REPEATS)
            ]
            costs.append(statistics.median(times))
        xs = [value**2 for value in values] if setting == "size" else list(values)
        found.append(Curve("a picture of the small model", what, xs, costs, "s"))
    return found + learners()


def learners() -> list[Curve]:
    """Kernels of lesson 06, all opened at once, then all asked for one drawing at once."""
    found = [with_learners(count) for count in LEARNERS]
    names = {
        "memory, what several hold counted once": "bytes",
        "memory, as if nothing were shared": "bytes",
        "from start to a first drawing, all at once": "s",
        "a slider's answer, all at once": "s",
    }
    return [
        Curve(name, "learners", list(LEARNERS), [costs[index] for costs in found], unit)
        for index, (name, unit) in enumerate(names.items())
    ]


def with_learners(count: int) -> tuple[float, float, float, float]:
    """Bytes shared and not, seconds until the last one sees a drawing, and until the last one's slider answers."""
    began = time.perf_counter()
    with kernels(count) as running:
        spent = []
        for code in (OPENED, MOVED):
            for kernel, asked in [(kernel, kernel.ask(code)) for kernel in running]:
                kernel.wait(asked)
            spent.append(time.perf_counter() - began)
            began = time.perf_counter()
        held = [shares(kernel.pid) for kernel in running]
    return sum(each["share"] for each in held), sum(each["whole"] for each in held), *spent
