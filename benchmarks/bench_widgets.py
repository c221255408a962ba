"""How fast a learner sees something: building the player, and one drawing of a live explorer."""

from __future__ import annotations

import contextlib
import math

import torch

from benchmarks.rows import Row, alternate
from course_lib.figures import beside, histogram_panel, picture_panel, show, subplots, tile
from course_lib.figures.style import png_bytes
from course_lib.layers import conv2d
from course_lib.lessons import lesson_03, lesson_04, lesson_05, lesson_06, lesson_07, lesson_17
from course_lib.models import load
from course_lib.samplers import steps
from course_lib.widgets import player

STEPS, BATCH, SIDE = 20, 16, 64


def _noise(*shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(0))


def _normal(x: torch.Tensor) -> torch.Tensor:
    return torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _player_row() -> Row:
    x = 14.6 * _noise(BATCH, 3, SIDE, SIDE)
    run = list(steps("euler", lambda x, sigma: 0.5 * x / (1 + sigma), x, torch.linspace(14.6, 0, STEPS + 1)))
    times = alternate(
        lambda: player(run),
        lambda: [png_bytes(tile(batch)) for step in run for batch in (step.x, step.denoised)],
        repeats=3,
    )
    note = f"{STEPS} steps of {BATCH} pictures of {SIDE} pixels, 2 panes"
    return Row("player, built", times, "a PNG for every pane of every step", note)


def _drawing_row() -> Row:
    image = 0.5 * _noise(3, SIDE, SIDE)

    def ours():
        return beside(picture_panel(image, 256, "x"), histogram_panel(image, 320, 256, curve=_normal, title="values"))

    def matplotlib():
        fig, (left, right) = subplots(1, 2, width=6, height=2.8)
        left.imshow(image.clamp(-1, 1).add(1).div(2).permute(1, 2, 0))
        right.hist(image.flatten(), bins=64, range=(-4, 4), density=True)
        x = torch.linspace(-4, 4, 200)
        right.plot(x, _normal(x))
        return show(fig, "A picture and its histogram.")

    return Row("explorer, one drawing", alternate(ours, matplotlib, 15), "matplotlib to PNG", "picture and histogram")


def _map_row() -> Row:
    picture, kernel = 0.5 * _noise(1, 3, SIDE, SIDE), torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    function, slope = lesson_03.ACTIVATIONS["SiLU"]
    x = torch.linspace(-4, 4, 241)

    def matplotlib():
        before = conv2d(picture.mean(1, keepdim=True), kernel[None, None], padding=1)
        fig, axes = subplots(2, 2, width=6.3, height=5)
        for axis, image in zip(axes[0], (before, function(before)), strict=True):
            axis.imshow(image[0, 0], vmin=-8, vmax=8)
        axes[1, 0].plot(x, function(x))
        axes[1, 0].plot(x, slope(x))
        axes[1, 1].hist(before.flatten(), bins=64, range=(-4, 4), density=True)
        return show(fig, "A feature map before and after SiLU, its curve and slope, and the map's numbers.")

    times = alternate(lambda: lesson_03.draw(picture, kernel, "SiLU", -0.5, 20, 20), matplotlib, 15)
    return Row("lesson 03, feature map", times, "matplotlib to PNG", "two maps, two curves, histogram")


def _spirals_row() -> Row:
    training = lesson_03.Training("ReLU")
    with contextlib.redirect_stdout(None):
        training.run()
    across = torch.linspace(-1.15, 1.15, 75, dtype=torch.float64)
    places = torch.cartesian_prod(across, across)

    def matplotlib():
        fig, (left, right) = subplots(1, 2, width=6.6, height=3)
        left.imshow(training.scores(places, 500).sigmoid().reshape(75, 75).T, extent=(-1.15, 1.15) * 2, origin="lower")
        left.scatter(*training.x.T, c=training.labels)
        for curve in training.way()[1:]:
            right.plot(training.way()[0], curve)
        return show(fig, "What a network says of the plane after 500 steps, and its loss on the way.")

    times = alternate(lambda: lesson_03.draw_training(training, 500), matplotlib, 15)
    return Row("lesson 03, two spirals", times, "matplotlib to PNG", "75 x 75 places, 200 points, curves")


def _shift_row() -> Row:
    picture = 0.5 * _noise(1, 3, SIDE, SIDE)
    ways, every = ("max", "mean", "middle", "1 2 1"), torch.arange(9)

    def matplotlib():
        fig, axes = subplots(3, len(ways), width=7, height=5)
        for (top, middle, bottom), way in zip(axes.T, ways, strict=True):
            off = lesson_04.differences(way, picture, every)
            for axis, image in ((top, lesson_04.WAYS[way](picture.roll(1, dims=3))[0]), (middle, off[1])):
                axis.imshow(image.clamp(-1, 1).add(1).div(2).permute(1, 2, 0))
            bottom.plot(every, off.square().mean(dim=(1, 2, 3)).sqrt())
        return show(fig, "Four ways down, their differences, and the size of these for nine shifts.")

    times = alternate(lambda: lesson_04.draw(picture, 1, 1), matplotlib, 7)
    return Row("lesson 04, one drawing", times, "matplotlib to PNG", "four ways down, nine shifts")


def _real_row() -> Row:
    watch = lesson_17.Watch(load("small-stable-diffusion"), size=SIDE)
    _, run = watch("a panda", steps=STEPS)

    def pictures():
        for step in run:
            for batch in (step.x[:, :3], step.denoised[:, :3], watch.decode(step.denoised)):
                png_bytes(tile(batch))

    times = alternate(lambda: player(run, watch.decode), pictures, repeats=3)
    return Row("lesson 17, player built", times, "a PNG for every pane of every step", f"{STEPS} latents, decoded")


def _stamps_row() -> Row:
    picture = 0.5 * _noise(1, 3, SIDE, SIDE)
    kernel, stride, numbers = 3, 2, "all equal"

    def matplotlib():
        fig, axes = subplots(1, 3, width=7, height=3)
        small, entries = torch.nn.functional.adaptive_avg_pool2d(picture, 24), lesson_05.NUMBERS[numbers](kernel)
        counts = torch.tensor(lesson_05.overlap(kernel, stride) * 4)
        axes[0].imshow(counts[:, None] * counts)
        for axis, way in zip(axes[1:], (lesson_05.grow, lesson_05.grow_nearest), strict=True):
            axis.imshow(way(small, entries, stride)[0].clamp(-1, 1).add(1).div(2).permute(1, 2, 0))
        return show(fig, "Overlap counts, and a picture grown in two ways.")

    times = alternate(lambda: lesson_05.draw(picture, kernel, stride, numbers), matplotlib, 7)
    return Row("lesson 05, one drawing", times, "matplotlib to PNG", "stamps, overlap, two ways up")


def _unet_rows() -> list[Row]:
    broken = dict.fromkeys(["conv_in", "down_0"], False)

    def matplotlib_blocks():
        fig, axis = subplots(width=7, height=5)
        for network in (lesson_06.first_u_net(), lesson_06.stable_diffusion()):
            for index, block in enumerate(network.values()):
                axis.bar(index, block.numbers)
                axis.text(index, block.numbers, f"{block.name} {block.shape_out}")
        return show(fig, "The blocks of two U-Nets.")

    def matplotlib_guesses():
        latents = [lesson_06.guess("panda", 500)[0], lesson_06.guess("panda", 500, 300, list(broken))[0]]
        fig, axes = subplots(1, 4, width=7, height=2)
        images = lesson_06.model().decode(torch.cat(latents + latents).detach())
        for axis, image in zip(axes, images, strict=True):
            axis.imshow(image.add(1).div(2).permute(1, 2, 0).detach())
        return show(fig, "Four pictures.")

    drawings = {
        "blocks": (lambda: lesson_06.draw_blocks(3, 5), matplotlib_blocks, "two U-Nets, one block in words"),
        "damage": (
            lambda: lesson_06.draw_damage("panda", 500, 300, **broken),
            matplotlib_guesses,
            "two calls of the U-Net, four pictures decoded",
        ),
    }
    return [
        Row(f"lesson 06, {name}", alternate(ours, theirs, 15), "matplotlib to PNG", note)
        for name, (ours, theirs, note) in drawings.items()
    ]


def _attention_rows() -> list[Row]:
    model, prompt = load("small-stable-diffusion"), "a {} circle above a blue square"
    runs = {colour: lesson_07.watch(model, prompt.format(colour)) for colour in ("red", "green")}
    seen = runs["red"]
    layer, head = seen.layers[0], seen.heads[0]

    def matplotlib():
        weights = seen.looks("words", layer)[-1]
        fig, (left, middle, right) = subplots(1, 3, width=7, height=3)
        left.imshow(seen.pictures[-1].add(1).div(2).permute(1, 2, 0))
        middle.imshow(weights[..., seen.places.index("red")], cmap="gray")
        right.barh(range(len(seen.places)), weights.mean(dim=(0, 1)))
        return show(fig, "A picture, a word's map, and the shares of all words.")

    drawings = {
        "a word's map": lambda: lesson_07.draw_word(seen, "red", layer, head, seen.steps),
        "a pixel's map": lambda: lesson_07.draw_pixel(seen, layer, head, seen.steps, 2, 3),
        "a word swapped": lambda: lesson_07.draw_swap(runs, "red", "green", seen.steps),
    }
    return [
        Row(f"lesson 07, {name}", alternate(draw, matplotlib, 15), "matplotlib to PNG", "8 x 8 weights, 9 places")
        for name, draw in drawings.items()
    ]


def rows() -> list[Row]:
    """The rows of this file.

    Example:

    >>> callable(rows)
    True
    """
    return [
        _player_row(),
        _drawing_row(),
        _map_row(),
        _spirals_row(),
        _shift_row(),
        _stamps_row(),
        *_unet_rows(),
        *_attention_rows(),
        _real_row(),
    ]
