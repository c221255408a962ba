"""What is shipped is what its README says: every file's sha256, the numbers that were reached, and small enough."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "data" / "weights"


@pytest.fixture(scope="module")
def readme():
    sys.path.insert(0, str(WEIGHTS))
    import readme

    yield readme
    sys.path.remove(str(WEIGHTS))


def test_the_readme_is_up_to_date(readme):
    text = (WEIGHTS / "README.md").read_text(encoding="utf-8")
    assert readme.filled(text) == text, "run: python data/weights/readme.py"


def test_every_shipped_file_is_listed_and_committed(readme):
    tracked = subprocess.run(
        ["git", "ls-files", "data/weights"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
    assert tracked, "these tests run in a git checkout"
    tracked = {ROOT / name for name in tracked if not name.endswith((".py", ".md"))}
    assert tracked == set(readme.files())


def test_no_pickle_and_nothing_large(readme):
    sizes = {path: path.stat().st_size for path in readme.files()}
    assert not [path for path in sizes if path.suffix in (".pt", ".bin", ".ckpt", ".pkl", ".pth")]
    assert max(sizes.values()) < 16e6
    everything = sum(
        path.stat().st_size for path in (ROOT / "data").rglob("*") if path.is_file() and "checkpoints" not in path.parts
    )
    assert everything < 40e6


def test_the_vae_reconstructs_as_well_as_it_says():
    """From the committed weights: held-out scenes, the same number that the README gives, to 0.5 dB on fewer scenes."""
    sys.path.insert(0, str(WEIGHTS))
    import json

    from train_unet import open_vae
    from train_vae import quality

    from course_lib.datasets.scenes import Scenes

    reached = json.loads((WEIGHTS / "reached.json").read_text())["vae"]["psnr"]
    assert quality(open_vae(), Scenes(0, held_out=True), count=96)["psnr"] == pytest.approx(reached, abs=0.5)
    assert reached > 30
