"""Does it help to train the text encoder contrastively first? Three U-Nets find out.

    python data/weights/train_text_encoder.py
    python data/weights/compare_text_encoders.py

*along*: the text encoder begins at random and learns with the U-Net. *kept*: it was trained contrastively and stays.
*both*: it was trained contrastively and goes on learning. Each paints scenes of shapes, which are judged as in
`evaluate.py`; the result is written to compared.json. The shipped model is left alone.
"""

from __future__ import annotations

import json
from dataclasses import replace

import torch
from evaluate import measure_shapes
from small import FOLDER, make_tokenizer
from train_text_encoder import open_pairs
from train_text_encoder import quality as names_found
from train_unet import WAYS, learn, starting
from trainer import HERE, arguments

from course_lib.models import load

FILE = HERE / "compared.json"


def main() -> None:
    """Train each way, measure, and add what was found to what is there."""
    parser = arguments(__doc__.splitlines()[0], samples=60_000, batch=64, rate=1.4e-3)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    options = parser.parse_args()
    tokenizer = make_tokenizer()
    names = names_found(open_pairs(tokenizer), tokenizer)
    for way in options.ways:
        torch.manual_seed(options.seed)
        options.checkpoint = HERE / "checkpoints" / f"compared_{way}.pt"
        network, unseen = learn(starting(way), options, HERE / "checkpoints" / f"compared_{way}.jsonl")
        model = replace(load(FOLDER), tokenizer=tokenizer, unet=network.unet, text_encoder=network.text_encoder)
        numbers = {"samples": options.samples, "unseen": unseen, **measure_shapes(model, count=100)}
        print(way, json.dumps(numbers))
        found = json.loads(FILE.read_text()) if FILE.is_file() else {}
        FILE.write_text(json.dumps({"contrastive": names} | found | {way: numbers}, indent=1) + "\n")


if __name__ == "__main__":
    main()
