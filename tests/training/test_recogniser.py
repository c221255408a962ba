"""What the judge of emoji minimises, and how its answers are counted."""

import numpy as np
import pytest
import torch
from PIL import Image

from course_lib.datasets.scenes import COLOURS, Scenes, emoji_scene, is_held_out
from course_lib.training import likeness, recogniser
from course_lib.training.loop import seeded
from tests.training.stand_ins import Fixed, randn


def test_how_often_a_recogniser_is_right():
    of_concepts, of_styles = torch.zeros(4, 256), torch.eye(4)
    names = [recogniser.CONCEPTS[number] for number in (7, 8, 9, 10)]
    for row, (own, better) in enumerate([(7, 0), (8, 1), (9, 4), (10, 5)]):
        of_concepts[row, own], of_concepts[row, 100 : 100 + better] = 1, 2
    styles = [recogniser.STYLES[number] for number in (0, 1, 2, 2)]
    found = recogniser.agreement(Fixed(of_concepts, of_styles), torch.zeros(4, 3, 64, 64), names, styles)
    assert found == {"concept": 0.25, "among five": 0.75, "style": 0.75}


def test_the_loss_of_the_recogniser():
    network = Fixed(of_concepts := 3 * randn(3, 256), of_styles := 3 * randn(3, 4, seed=1))
    found, scenes = recogniser.losses(network, [4, 5, 9], seed=2), recogniser.scenes_of([4, 5, 9], 2)
    concepts = [recogniser.CONCEPTS.index(scene.things[0].name) for scene in scenes]
    styles = [recogniser.STYLES.index(scene.things[0].style) for scene in scenes]
    concept, style = (
        -scores.log_softmax(1)[range(3), right].mean()
        for scores, right in ((of_concepts, concepts), (of_styles, styles))
    )
    torch.testing.assert_close(found["concept"], concept)
    torch.testing.assert_close(found["style"], style)
    torch.testing.assert_close(found["loss"], concept + style)
    (pictures,) = network.asked[0]
    for picture, scene, number in zip(pictures, scenes, (4, 5, 9), strict=True):
        assert torch.equal(picture, recogniser.softened(scene.draw(), seeded(2, number, stream=2)))


def test_every_fourth_scene_of_the_recogniser_is_one_that_the_unet_never_sees():
    scenes = recogniser.scenes_of(list(range(12)), 3)
    assert [is_held_out(scene) for scene in scenes] == [True, False, False, False] * 3
    assert all(scene.kind == "emoji" for scene in scenes) and len({scene.things[0].middle for scene in scenes}) > 6
    assert scenes[1] == Scenes(1_000_003, kind="emoji", scattered=True)[1]


def test_half_of_the_pictures_are_softer_and_all_are_noisy():
    picture = emoji_scene("panda", "noto").draw()
    soft, noise = [], []
    for number in range(60):
        found = recogniser.softened(picture, np.random.default_rng(number))
        assert found.shape == picture.shape and found.dtype == torch.float32
        random = np.random.default_rng(number)
        soft.append(random.random() < 0.5)
        gap = (found - picture).std().item()
        if not soft[-1]:
            noise.append(gap)
    assert 20 < sum(soft) < 40 and max(noise) < 0.11 and max(noise) > 0.08 and min(noise) < 0.02

    class Quiet:
        """Always softens, to a known side, without noise."""

        def random(self):
            return 0.0

        def integers(self, low, high):
            assert (low, high) == (24, 64)
            return 32

        def standard_normal(self, shape, kind):
            return np.full(shape, 9, kind)

    # Pillow's bilinear filter is as wide as the picture is made smaller, too.
    layers = [Image.fromarray(layer.numpy()) for layer in picture]
    for side in (32, 64):
        layers = [layer.resize((side, side), Image.Resampling.BILINEAR) for layer in layers]
    wanted = torch.from_numpy(np.stack([np.asarray(layer) for layer in layers]))
    torch.testing.assert_close(recogniser.softened(picture, Quiet()), wanted, rtol=1e-4, atol=1e-4)


def test_the_recogniser_is_judged_on_scenes_of_another_seed(monkeypatch):
    asked = []
    monkeypatch.setattr(recogniser, "agreement", lambda network, *given: asked.append(given) or {"concept": 1.0})
    assert recogniser.quality(None, 4, count=5) == {"concept": 1.0}
    pictures, names, styles = asked[0]
    scenes = recogniser.scenes_of([0, 1, 2, 3, 4], 5)
    assert names == [scene.things[0].name for scene in scenes] and styles == [s.things[0].style for s in scenes]
    assert torch.equal(pictures, torch.stack([scene.draw() for scene in scenes]))


def test_the_background_is_the_colour_nearest_to_the_border():
    pixels = torch.rand(3, 8, 8, generator=torch.Generator().manual_seed(0))
    for name, colour in COLOURS.items():
        rim = torch.tensor(colour)[:, None] / 255
        pixels[:, 0], pixels[:, -1], pixels[:, :, 0], pixels[:, :, -1] = rim, rim, rim, rim
        pixels[:, 0, :3] = 0.5  # less than half of it is something else
        assert (255 * likeness.background(pixels)).flatten().tolist() == pytest.approx(colour, abs=1e-3), name
