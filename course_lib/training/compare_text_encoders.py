"""Does it help to train the text encoder contrastively first? Three U-Nets find out.

    python -m course_lib.training.text_encoder
    python -m course_lib.training.compare_text_encoders

*along*: the text encoder begins at random and learns with the U-Net. *kept*: it was trained contrastively and stays.
*both*: it was trained contrastively and goes on learning. Each paints scenes of shapes, which are judged as in
`evaluate`; the result is written to compared.json. The shipped model is left alone.
"""

from __future__ import annotations

import json
from dataclasses import replace

import torch

from course_lib import files
from course_lib.models import load
from course_lib.training import terminal
from course_lib.training.evaluate import measure_shapes
from course_lib.training.small_model import FOLDER, WEIGHTS, make_tokenizer
from course_lib.training.text_encoder import open_pairs
from course_lib.training.text_encoder import quality as names_found
from course_lib.training.unet import WAYS, learn, starting

FILE = WEIGHTS / "compared.json"


def main() -> None:
    """Train each way, measure, and add what was found to what is there."""
    parser = terminal.arguments(__doc__.splitlines()[0], samples=60_000, batch=64, rate=1.4e-3)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    options = parser.parse_args()
    tokenizer = make_tokenizer()
    names = names_found(open_pairs(tokenizer), tokenizer)
    for way in options.ways:
        torch.manual_seed(options.seed)
        options.checkpoint = terminal.CHECKPOINTS / f"compared_{way}.pt"
        network, unseen = learn(starting(way), options, terminal.CHECKPOINTS / f"compared_{way}.jsonl")
        model = replace(load(FOLDER), tokenizer=tokenizer, unet=network.unet, text_encoder=network.text_encoder)
        numbers = {"samples": options.samples, "unseen": unseen, **measure_shapes(model, count=100)}
        print(way, json.dumps(numbers))
        found = files.read_json(FILE) if FILE.is_file() else {}
        files.write_json(FILE, {"contrastive": names} | found | {way: numbers})


if __name__ == "__main__":
    main()
