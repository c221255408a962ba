"""Does it help to train the text encoder contrastively first? Three U-Nets learn from the same samples to find out.

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
from train_text_encoder import CHECKPOINT, Pairs
from train_text_encoder import quality as names_found
from train_unet import Trained, learn
from trainer import HERE, arguments

from course_lib.models import load

WAYS = ("along", "kept", "both")


def starting(way: str, pairs: Pairs) -> Trained:
    """A U-Net that has learned nothing, with the text encoder of this way."""
    network = Trained(len(make_tokenizer().vocabulary))
    if way != "along":
        network.text_encoder.load_state_dict(pairs.text_encoder.state_dict())
        network.text_encoder.requires_grad_(way == "both")
    return network


def main() -> None:
    """Train each way, measure, write."""
    options = arguments(__doc__.splitlines()[0], samples=60_000, batch=64, rate=1.4e-3).parse_args()
    tokenizer = make_tokenizer()
    pairs = Pairs(tokenizer)
    pairs.load_state_dict(torch.load(CHECKPOINT, weights_only=True)["average"])
    found = {"samples": options.samples, "contrastive": names_found(pairs, tokenizer)}
    for way in WAYS:
        torch.manual_seed(options.seed)
        options.checkpoint = HERE / "checkpoints" / f"compared_{way}.pt"
        network, unseen = learn(starting(way, pairs), options, HERE / "checkpoints" / f"compared_{way}.jsonl")
        model = replace(load(FOLDER), tokenizer=tokenizer, unet=network.unet, text_encoder=network.text_encoder)
        found[way] = {"unseen": unseen, **measure_shapes(model, count=100)}
        print(way, json.dumps(found[way]))
    (HERE / "compared.json").write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
