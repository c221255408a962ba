"""Train the four networks of lesson 09's "break it" and write them with the table of README.md.

python data/face-unets/prepare.py            # all; some minutes on two cores, goes on where it was stopped
python data/face-unets/prepare.py mean       # one
python data/face-unets/prepare.py --table    # only the table
"""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from tqdm.auto import tqdm

from course_lib.diffusion import q_sample
from course_lib.lessons.lesson_09.broken import FOLDER, NETWORKS
from course_lib.lessons.lesson_09.faces import TABLE, open_faces
from course_lib.lessons.lesson_09.live import BATCH, DECAY, RATE, UPDATES, make_loss, make_network
from course_lib.lessons.lesson_09.reverse import VISITED, alpha_bar_of, step_back
from course_lib.training import loop


def mean_loss(faces: Tensor, seed: int = 0) -> Callable:
    """The loss of a network that predicts the mean of the next state of the walk, at one of VISITED a sample."""

    def loss(network: Callable, numbers: list[int]) -> dict[str, Tensor]:
        drawn = [loop.seeded(seed, number) for number in numbers]
        x0 = faces[[int(source.integers(len(faces))) for source in drawn]]
        at = [int(source.integers(len(VISITED))) for source in drawn]
        noise = torch.stack([torch.from_numpy(source.standard_normal(x0.shape[1:], np.float32)) for source in drawn])
        t = torch.tensor([VISITED[place] for place in at])
        x = q_sample(x0, t, TABLE, noise)
        after = (*VISITED[1:], None)
        bars = [torch.tensor([alpha_bar_of(visited[place]) for place in at]) for visited in (VISITED, after)]
        target = step_back(x, x0, *(bar.reshape(-1, 1, 1, 1) for bar in bars), torch.zeros_like(x))
        return {"loss": (network(x, t.float()) - target).square().mean()}

    return loss


def train(name: str) -> None:
    """Train one network of NETWORKS, for as many updates as the one on the page, and write it as float16."""
    loss = mean_loss(open_faces()) if name == "mean" else make_loss("v", open_faces())
    with tqdm(total=UPDATES, desc=name) as bar:

        def watch(now: loop.Progress) -> None:
            bar.update(now.step - bar.n)
            bar.set_postfix(loss=f"{now.parts['loss']:.3f}")

        average = loop.train(
            make_network(**NETWORKS[name]), loss, samples=UPDATES * BATCH, batch=BATCH, rate=RATE, decay=DECAY,
            checkpoint=FOLDER / "checkpoints" / f"{name}.pt", watch=watch,
        )  # fmt: skip
    weights = {key: value.half().contiguous() for key, value in average.state_dict().items()}
    save_file(weights, FOLDER / f"{name}.safetensors")


def write_table() -> None:
    """Put size and sha256 of every file into README.md."""
    rows = ["| file | bytes | sha256 |", "| --- | ---: | --- |"]
    for path in sorted(FOLDER.glob("*.safetensors")) + [Path(__file__)]:
        data = path.read_bytes()
        rows.append(f"| `{path.name}` | {len(data):,} | `{hashlib.sha256(data).hexdigest()}` |")
    readme = FOLDER / "README.md"
    begin, end = "<!-- files: begin -->", "<!-- files: end -->"
    table = f"{begin}\n\n" + "\n".join(rows) + f"\n\n{end}"
    text = readme.read_text(encoding="utf-8")
    readme.write_text(re.sub(f"{begin}.*{end}", lambda found: table, text, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--table"]:
        for name in sys.argv[1:] or NETWORKS:
            train(name)
    write_table()
