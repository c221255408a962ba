"""What is shipped is what its README says: every file's sha256, the numbers that were reached, and small enough."""

import json
import subprocess

import pytest

from course_lib.datasets.scenes import Scenes, emoji_scene
from course_lib.models import load
from course_lib.shipped import ROOT
from course_lib.training import reading, readme, recogniser
from course_lib.training.evaluate import scenes_of
from course_lib.training.painting import paint
from course_lib.training.small_model import FOLDER, STYLES, WEIGHTS
from course_lib.training.vae import open_vae, quality


def test_the_readme_is_up_to_date():
    text = (WEIGHTS / "README.md").read_text(encoding="utf-8")
    assert readme.filled(text) == text, "run: python -m course_lib.training.readme"


def test_the_program_writes_the_filled_readme(tmp_path, monkeypatch):
    (tmp_path / "README.md").write_text("é, as it was", encoding="utf-8")
    monkeypatch.setattr(readme, "WEIGHTS", tmp_path)
    monkeypatch.setattr(readme, "filled", lambda text: text.replace("as it was", "filled"))
    readme.main()
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == "é, filled"


def test_every_shipped_file_is_listed_and_committed():
    tracked = subprocess.run(
        ["git", "ls-files", "data/weights"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    assert tracked, "these tests run in a git checkout"
    tracked = {ROOT / name for name in tracked if not name.endswith(".md")}
    assert tracked == set(readme.shipped_files())


def test_no_pickle_and_nothing_large():
    sizes = {path: path.stat().st_size for path in readme.shipped_files()}
    assert not [path for path in sizes if path.suffix in (".pt", ".bin", ".ckpt", ".pkl", ".pth")]
    assert max(sizes.values()) < 16e6
    everything = sum(
        path.stat().st_size for path in (ROOT / "data").rglob("*") if path.is_file() and "checkpoints" not in path.parts
    )
    assert everything < 40e6


def test_the_vae_reconstructs_as_well_as_it_says():
    """From the committed weights: held-out scenes, the same number that the README gives."""
    reached = json.loads((WEIGHTS / "reached.json").read_text())
    scenes = Scenes(0, held_out=True, scattered=True)
    found = quality(open_vae(), scenes, count=reached["count"])["psnr"]
    assert found == pytest.approx(reached["vae"]["psnr"], abs=0.1) and found > 30


def test_painted_pictures_are_recognised_as_often_as_it_says():
    """From the committed weights: fewer pictures than the README's numbers come from, so to 0.15."""
    model, reached = load(FOLDER), json.loads((WEIGHTS / "reached.json").read_text())
    scenes = scenes_of("shape", 64, held_out=True)
    found = reading.agreement(scenes, paint(model, [scene.caption for scene in scenes]))
    for what in ("background", "colour", "shape"):
        assert found[what] == pytest.approx(reached["shapes"]["shape, unseen pairs"][what], abs=0.15)
    asked = [(concept, STYLES[number % 2]) for number, concept in enumerate(recogniser.CONCEPTS[::4])]
    pictures = paint(model, [emoji_scene(*names).caption for names in asked])
    found = recogniser.agreement(recogniser.open_recogniser(), pictures, *zip(*asked, strict=True))
    for what in ("concept", "among five", "style"):
        assert found[what] == pytest.approx(reached["emoji"]["painted, seen pairs"][what], abs=0.15)
