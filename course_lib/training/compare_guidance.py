"""How strong guidance should be: paint the same with several scales, and measure what comes out.

    python -m course_lib.training.compare_guidance      # print the numbers, and write guidance.json

More guidance makes the words clearer, and the pictures less like real ones: what is recognised rises, and from some
scale on the distance to real pictures grows, too. Other scenes and seeds are painted than `evaluate` judges by.
"""

from __future__ import annotations

import argparse
import dataclasses
from itertools import product

from torch import Tensor

from course_lib import files
from course_lib.datasets.scenes import Scene, Scenes, emoji_scene, is_held_out
from course_lib.models import StableDiffusion, load
from course_lib.training.emoji_measures import pictures_of, recognised
from course_lib.training.likeness import median_likeness
from course_lib.training.painting import paint
from course_lib.training.reading import agreement as read
from course_lib.training.recogniser import CONCEPTS, Recogniser, kernel_distance, open_recogniser
from course_lib.training.small_model import FOLDER, STYLES, WEIGHTS

SCALES = (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0)
SEED = 7  # of noise and scenes; `evaluate` has others


def measure(model: StableDiffusion, judge: Recogniser, count: int) -> dict[str, float]:
    """Emoji recognised, sentences read rightly, and the distance to other drawings, with the model's own guidance."""
    asked = [emoji_scene(concept, style) for concept, style in product(CONCEPTS, STYLES)]
    asked = [scene for scene in asked if not is_held_out(scene)][:: max(1, 2 * len(CONCEPTS) // count)]
    pictures = asked_for(model, asked)
    found = recognised(judge, pictures, asked)
    found["likeness, dB"] = median_likeness(pictures, [scene.things[0] for scene in asked])["likeness"]
    pairs, emoji, others = (
        [scenes[number] for number in range(count)]
        for scenes in (
            Scenes(SEED, kind="pair"),
            Scenes(SEED, kind="emoji", styles=STYLES),
            Scenes(SEED + 1, kind="emoji", styles=STYLES),
        )
    )
    found["sentence of two shapes"] = read(pairs, asked_for(model, pairs))["sentence"]
    features = judge.features(pictures_of(others)), judge.features(asked_for(model, emoji))
    return found | {"KID x 1000": kernel_distance(*features)}


def asked_for(model: StableDiffusion, scenes: list[Scene]) -> Tensor:
    """The pictures that the model paints for the captions of some scenes."""
    return paint(model, [scene.caption for scene in scenes], seed=SEED)


def main() -> None:
    """Measure each scale, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=240, help="scenes for each number")
    options = parser.parse_args()
    model, judge = load(FOLDER), open_recogniser()
    found = {}
    for scale in SCALES:
        found[str(scale)] = measure(dataclasses.replace(model, cfg_scale=scale), judge, options.count)
        print(scale, found[str(scale)], flush=True)
    files.write_json(WEIGHTS / "guidance.json", {"count": options.count, "scales": found})


if __name__ == "__main__":
    main()
