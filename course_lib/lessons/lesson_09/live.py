"""Lesson 09, reverse diffusion: the training that a reader starts, stops and goes on with on the page."""

from __future__ import annotations

import getpass
import hashlib
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from course_lib import expect, files
from course_lib.diffusion import NoiseTable, as_denoiser, prediction_from, q_sample
from course_lib.figures import Drawing, beside, line_panel, picture_panel, text_panel, tile
from course_lib.figures.drawing import TITLE_HEIGHT
from course_lib.lessons.lesson_09.faces import SIDE, TABLE, open_faces
from course_lib.lessons.lesson_09.network import FaceUNet
from course_lib.lessons.lesson_09.reverse import VISITED
from course_lib.samplers import sample
from course_lib.texts import tr
from course_lib.threads import idle_cores
from course_lib.training import loop
from course_lib.training.stopped import Stopped

SHORT = "COURSE_SHORT_TRAINING"  # the environment variable with which the tests make the training short
UPDATES, SHORT_UPDATES, BATCH, RATE, DECAY = 1600, 40, 32, 3e-3, 0.99
PREDICTS = "v"
_EVERY = 4.0  # seconds from one drawing to the next
_MEAN = 10  # updates in a point of the curve
_CURVE = (380, 240)  # its width and height in pixels
_SHOWN = 8  # pictures in a drawing


def make_loss(predicts: str, faces: Tensor, table: NoiseTable = TABLE, seed: int = 0) -> Callable:
    """The loss of the samples with these numbers, as `training.loop` wants it: loss(network, numbers) -> {"loss": ...}.

    predicts : "eps", "x0" or "v"; faces : (N, 3, H, W), from which each sample draws one. Raises ValueError for
    another kind of prediction.

    Example:

    >>> round(make_loss("eps", torch.zeros(1, 3, 4, 4))(lambda x, t: 0 * x, list(range(99)))["loss"].item(), 1)
    1.0
    """

    def loss(network: Callable, numbers: list[int]) -> dict[str, Tensor]:
        drawn = [loop.seeded(seed, number) for number in numbers]
        x0 = faces[[int(source.integers(len(faces))) for source in drawn]]
        t = torch.tensor([int(source.integers(len(table))) for source in drawn])
        noise = torch.stack([torch.from_numpy(source.standard_normal(x0.shape[1:], np.float32)) for source in drawn])
        x = q_sample(x0, t, table, noise)
        target = prediction_from(predicts, x0, x, table.alphas_cumprod[t].reshape(-1, 1, 1, 1))
        return {"loss": (network(x, t.float()) - target).square().mean()}

    return loss


def make_network(seed: int = 0, **kind) -> FaceUNet:
    """A `FaceUNet` that has learned nothing yet; the same seed gives the same parameters, whatever its kind.

    Example:

    >>> sum(parameter.numel() for parameter in make_network().parameters())
    143251
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return FaceUNet(**kind)


class Training:
    """The training of a `FaceUNet` on `open_faces()`, which can be stopped at any moment and gone on with.

    updates : how many it takes in all; by default UPDATES, or SHORT_UPDATES where the environment says so, as the tests
    do. folder : where its checkpoint and its losses are; by default a folder of the reader's own among the temporary
    files, so that a new kernel goes on where the old one was. fresh : begin anew.

    `step` says how many updates are done, `losses` has (step, loss) of each, and `average` is the network with averaged
    weights, which paints.
    Raises ValueError where updates is not a whole number.

    Example:

    >>> training = Training(updates=2, folder=Path(tempfile.mkdtemp()))
    >>> training.run()
    >>> training.step, training.average(torch.zeros(1, 3, 16, 16), torch.tensor([500.0])).shape
    (2, torch.Size([1, 3, 16, 16]))
    """

    def __init__(self, updates: int | None = None, folder: Path | None = None, fresh: bool = False):
        short = SHORT in os.environ
        self.updates = (SHORT_UPDATES if short else UPDATES) if updates is None else expect.whole("updates", updates)
        self.average: nn.Module = make_network()
        self.step, self.losses = 0, []
        if folder is None:
            folder = Path(tempfile.mkdtemp()) if short else Path(tempfile.gettempdir(), f"course-{getpass.getuser()}")
        shapes = [(name, *tensor.shape) for name, tensor in self.average.state_dict().items()]
        about = repr([self.updates, BATCH, RATE, DECAY, PREDICTS, shapes])
        name = f"lesson-09-{hashlib.sha256(about.encode()).hexdigest()[:8]}"
        self._checkpoint, self._losses_file = folder / f"{name}.pt", folder / f"{name}.json"
        if fresh:
            self._checkpoint.unlink(missing_ok=True)
            self._losses_file.unlink(missing_ok=True)

    def run(self, put: Callable[..., object] = lambda drawing, done, seconds_left: None) -> None:
        """Train to the end, from wherever it is; put(drawing, done, seconds_left) is told every few seconds, and last.

        An interrupt becomes `Stopped`, with everything kept; a further call goes on, in a new kernel, too.
        """
        if self._checkpoint.exists() and self._losses_file.exists():
            self.losses = files.read_json(self._losses_file)["losses"]
        try:
            with idle_cores():
                self.average = loop.train(
                    make_network(),
                    make_loss(PREDICTS, open_faces()),
                    samples=self.updates * BATCH,
                    batch=BATCH,
                    rate=RATE,
                    decay=DECAY,
                    checkpoint=self._checkpoint,
                    watch=_Watch(self, put),
                )
        except KeyboardInterrupt:
            raise Stopped(self.step) from None
        finally:
            self.keep_losses()
        self.step = self.updates
        put(self.draw(), done=1.0, seconds_left=0.0)

    def keep_losses(self) -> None:
        """Write the losses beside the checkpoint, which does not hold them."""
        files.write_json(self._losses_file, {"losses": self.losses})

    def denoise(self, x: Tensor, sigma: Tensor) -> Tensor:
        """The network as a denoiser in sigma coordinates: x (B, 3, 16, 16) -> the guess of the clean pictures."""
        with torch.no_grad():
            return as_denoiser(self.average, TABLE, PREDICTS)(x, torch.as_tensor(sigma))

    def paint(self) -> Tensor:
        """Eight new pictures from noise, always the same noise: (8, 3, 16, 16)."""
        return paint(self.denoise)

    def draw(self) -> Drawing:
        """The losses so far, and what the network paints now."""
        pictures = picture_panel(
            tile(self.paint(), columns=4, gap=1), 6 * (4 * SIDE + 3), tr("painted from noise, now")
        )
        if len(self.losses) < 2 * _MEAN:
            return Drawing(beside(_empty(), pictures), tr("The network has learned nothing yet: it paints noise."))
        groups = torch.tensor(self.losses[: len(self.losses) // _MEAN * _MEAN]).reshape(-1, _MEAN, 2)
        updates, means = groups[:, -1, 0], groups[:, :, 1].mean(1)
        title = tr("loss, mean of {count} updates").format(count=_MEAN)
        curve = line_panel(updates.tolist(), {"loss": means.tolist()}, *_CURVE, title, y_range=(0.0, 1.0))
        said = tr("After {step} of {all} updates the loss is {loss}; the pictures are what the network paints now.")
        loss = f"{means[-1]:.2f}"
        return Drawing(beside(curve, pictures), said.format(step=self.step, all=self.updates, loss=loss))


class _Watch:
    """Told of every update: keeps its loss, and draws every few seconds."""

    def __init__(self, training: Training, put: Callable[..., object]):
        self.training, self.put = training, put
        self.drawn = time.monotonic()
        self.first = (0, self.drawn)

    def __call__(self, now: loop.Progress) -> None:
        training, at = self.training, time.monotonic()
        if self.first[0] == 0:
            self.first = (now.step, at)  # the first update takes longer than the others
            training.losses = [pair for pair in training.losses if pair[0] < now.step]  # of what a kill has lost
        training.step, training.average = now.step, now.average
        training.losses.append([now.step, round(now.parts["loss"], 4)])
        since = now.step - self.first[0]
        if at - self.drawn > _EVERY and since and now.step < now.steps:
            left = (at - self.first[1]) / since * (now.steps - now.step)
            self.put(training.draw(), done=now.step / now.steps, seconds_left=left)
            training.keep_losses()
            self.drawn = time.monotonic()


def paint(denoise: Callable, count: int = _SHOWN, seed: int = 9) -> Tensor:
    """New pictures from noise, with any denoiser, in the twenty steps of VISITED: (count, 3, 16, 16).

    Raises ValueError for a count below 1. Example:

    >>> paint(lambda x, sigma: 0 * x, count=2).abs().max().item()
    0.0
    """
    generator = torch.Generator().manual_seed(seed)
    sigmas = [*TABLE.sigmas[list(VISITED)].tolist(), 0.0]
    x = sigmas[0] * torch.randn(expect.whole("count", count), 3, SIDE, SIDE, generator=generator)
    return sample("euler_ancestral", denoise, x, sigmas, generator=generator)


def _empty() -> np.ndarray:
    """As large as the curve that will stand here."""
    words = text_panel(tr("Here the loss will fall."), _CURVE[0])
    paper = np.full((_CURVE[1] + 2 * TITLE_HEIGHT, _CURVE[0], 3), 255, np.uint8)
    paper[: len(words)] = words
    return paper
