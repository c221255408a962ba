"""Lesson 06, the U-Net: the check of exercise 1, a U-Net built from blocks."""

from __future__ import annotations

import contextlib
import io
import itertools
from collections.abc import Callable
from functools import partial

import torch
from torch import nn

from course_lib.exercises.checks import FunctionCheck, Mistake
from course_lib.lessons.lesson_06.unet_exercises import TOLD, Blocks, build, cases

_unet_with = partial(partial, build)


def _kept_first(h: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    return torch.cat([kept, h], dim=1)


def _kept_last(h: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    return torch.cat([h, kept], dim=1)


def _grow_both(x: torch.Tensor, time: torch.Tensor, blocks: nn.Module) -> torch.Tensor:
    """A U-Net that puts side by side what is still small, and grows both."""
    first = blocks.conv_in(x)
    second = blocks.down(first, time)
    h = blocks.middle(blocks.shrink(second), time)
    h = blocks.up_1(blocks.grow(torch.cat([h, second], dim=1)), time)
    return blocks.conv_out(blocks.up_2(torch.cat([h, first], dim=1), time))


def _down_aside(x: torch.Tensor, time: torch.Tensor, blocks: nn.Module) -> torch.Tensor:
    """A U-Net whose `down` only makes what is handed across: `shrink` reads what `conv_in` gives."""
    first = blocks.conv_in(x)
    second = blocks.down(first, time)
    h = blocks.grow(blocks.middle(blocks.shrink(first), time))
    h = blocks.up_1(torch.cat([h, second], dim=1), time)
    return blocks.conv_out(blocks.up_2(torch.cat([h, first], dim=1), time))


def _grows_late(answer: Callable) -> bool:
    """Whether an answer calls `grow` on both feature maps side by side, or after `up_1`; sizes cannot stop it here."""
    x, time, blocks = cases()[0]
    blocks.shrink, blocks.grow, noted = nn.Identity(), nn.Identity(), []
    blocks.up_1.register_forward_pre_hook(lambda *_: noted.append("up_1"))
    blocks.grow.register_forward_pre_hook(
        lambda _, given: noted.append("late" if "up_1" in noted or given[0].shape[1] == 16 else "in time")
    )
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):  # it may stop for another reason
        answer(x, time, blocks)
    return "late" in noted


def _through(*names: str) -> Callable:
    """An answer that goes through these blocks, one after the other, with no feature map beside."""

    def answer(x: torch.Tensor, time: torch.Tensor, blocks: nn.Module) -> torch.Tensor:
        for name in names:
            x = getattr(blocks, name)(x, *([time] if name in TOLD else []))
        return x

    return answer


def _followed(answer: Callable) -> tuple[object, list[str], list[str]]:
    """What an answer returns (None where it stops), the blocks that it calls, and those that it hands a time."""
    x, time, blocks = cases()[0]
    called, told, result = [], [], None
    for name, block in blocks.named_children():

        def note(_, given, named, name=name):
            called.append(name)
            tensors = [value for value in (*given, *named.values()) if isinstance(value, torch.Tensor)]
            told.extend([name] if len(tensors) > 1 else [])

        block.register_forward_pre_hook(note, with_kwargs=True)
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        result = answer(x, time, blocks)
    return result, called, told


def _stays_small(answer: Callable) -> bool:
    result, called, _ = _followed(answer)
    return isinstance(result, torch.Tensor) and result.shape[2:] == (4, 4) and "grow" not in called


def _leaves_out(*names: str) -> Callable[[Callable], bool]:
    """A test of whether an answer goes through, and calls none of these blocks."""

    def leaves_out(answer: Callable) -> bool:
        result, called, _ = _followed(answer)
        return isinstance(result, torch.Tensor) and not set(names) & set(called)

    return leaves_out


def _calls_none(answer: Callable) -> bool:
    result, called, _ = _followed(answer)
    return isinstance(result, torch.Tensor) and not called


def _never_told(answer: Callable) -> bool:
    result, _, told = _followed(answer)
    return isinstance(result, torch.Tensor) and not told


_DOWN = ("conv_in", "down", "shrink", "middle")
_TIME = "The time is not handed over: down, middle, up_1 and up_2 each take (h, time)."
_UNTOLD = [names for count in (1, 2, 3) for names in itertools.combinations(TOLD, count)]
_AXIS = "torch.cat joins {} there. Channels are axis 1: torch.cat([h, kept], dim=1)."
_GIVEN = "Use the `blocks` that you are given."
_TWICE = "The same feature map is put beside twice. up_1 gets what `down` made, up_2 what `conv_in` made."

check_unet = FunctionCheck(
    "my_unet",
    build,
    cases(),
    [
        Mistake("The skips are taken in the wrong order: what was kept last is taken first.", _unet_with(first="conv_in", second="down")),
        Mistake("The kept feature map is added. A U-Net puts it beside: torch.cat([h, kept], dim=1).", _unet_with(join=lambda h, kept: h + kept)),
        Mistake("The order is the other way round: first what comes from below, then what was kept.", _unet_with(join=_kept_first)),
        Mistake("Two things are exchanged: what was kept last is taken first, and in torch.cat the kept feature map stands second.", _unet_with(first="conv_in", second="down", join=_kept_first)),
        Mistake("In up_1 the kept feature map stands first: first what comes from below, then what was kept.", _unet_with(join=_kept_first, join_2=_kept_last)),
        Mistake("In up_2 the kept feature map stands first: first what up_1 gives, then what was kept.", _unet_with(join_2=_kept_first)),
        Mistake("There is no skip: up_1 and up_2 read what comes from below, and a kept feature map beside it.", _unet_with(first="", second="")),
        Mistake("up_1 reads no kept feature map. It reads 16 channels: h, and beside it what `down` made.", _unet_with(first="")),
        Mistake("up_2 reads no kept feature map. It reads 16 channels: h, and beside it what `conv_in` made.", _unet_with(second="")),
        Mistake("What comes from below is put beside itself. Put the kept feature map beside it.", _unet_with(join=lambda h, kept: torch.cat([h, h], dim=1))),
        Mistake("What comes from below is lost: h and the kept feature map are put side by side.", _unet_with(join=lambda h, kept: kept)),
        Mistake(_TWICE, _unet_with(second="down")),
        Mistake(_TWICE, _unet_with(first="conv_in")),
        Mistake(_TIME, _unet_with(untold=TOLD)),
        *(Mistake(f"The time is not handed to {' and '.join(f'`{name}`' for name in names)}: write (h, time).", _unet_with(untold=names)) for names in _UNTOLD),
        Mistake("What `down` made is lost on the way down: `shrink` must read it.", _down_aside),
        Mistake(_GIVEN, lambda x, time, blocks: build(x, time, Blocks())),
        Mistake("`middle` is left out.", _unet_with(middle="")),
        Mistake("`middle` stands before `shrink`. It must work on the small feature map, between `shrink` and `grow`.", _unet_with(middle="before")),
        Mistake("What up_1 gives is lost: up_2 must read it, and beside it what `conv_in` made.", _unet_with(passed=False)),
        Mistake("up_1 and up_2 are swapped: up_1 comes first.", _unet_with(ways=("up_2", "up_1"))),
        Mistake("`conv_out` is missing: the result has 8 channels, not 3.", _unet_with(last=False)),
        Mistake("`shrink` and `grow` are left out: the middle must work on the small feature map.", _unet_with(moves=())),
        Mistake("torch.cat without dim=1 puts one picture after the other. Channels are axis 1: torch.cat([h, kept], dim=1).", _unet_with(join=lambda h, kept: torch.cat([h, kept]))),
        Mistake(_AXIS.format("rows"), _unet_with(join=lambda h, kept: torch.cat([h, kept], dim=2))),
        Mistake(_AXIS.format("columns"), _unet_with(join=lambda h, kept: torch.cat([h, kept], dim=3))),
        Mistake("`middle` stands after `grow`. It must work on the small feature map, between `shrink` and `grow`.", _unet_with(middle="after")),
        Mistake("up_2 reads the picture x. It reads what `conv_in` made of it.", _unet_with(second="x")),
        Mistake("x is added to the result. The U-Net ends with `conv_out`.", _unet_with(around=True)),
        Mistake("The sizes do not fit: `grow` doubles what was never halved. `shrink` is missing.", _unet_with(moves=["grow"]), stops="size 16 but got size 8|size 8 but got size 16"),
        Mistake("`grow` must come before the two are put side by side.", _grow_both, when=_grows_late),
        Mistake("The sizes do not fit: what comes from below is still half as large. `grow` is missing.", _unet_with(moves=["shrink"]), stops="size 4 but got size 8"),
        Mistake("The sizes do not fit. Call `down`, and keep its result, before `shrink`.", _unet_with(first="shrink"), stops="Sizes of tensors must match"),
        Mistake(_GIVEN, _through(), when=_calls_none),
        Mistake("Your result is still at the small size: `grow` is missing.", _through(*_DOWN, "conv_out"), when=_stays_small),
        Mistake("The way up is left out: after `grow`, call up_1 and up_2.", _through(*_DOWN, "grow", "conv_out"), when=_leaves_out("up_1", "up_2")),
        Mistake("`up_1` is left out.", _through(*_DOWN, "grow", "up_2", "conv_out"), when=_leaves_out("up_1")),
        Mistake("`up_2` is left out.", _through(*_DOWN, "grow", "up_1", "conv_out"), when=_leaves_out("up_2")),
        Mistake(_TIME, _unet_with(untold=TOLD, first="", second=""), when=_never_told),
    ],
)  # fmt: skip
