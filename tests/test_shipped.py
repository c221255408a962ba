"""What comes with the course is whole, or the reader is told how it comes back."""

import shutil

import pytest

from course_lib import shipped
from course_lib.models import load, sources

NAME = "small-stable-diffusion"
UNET = f"{NAME}/unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def copy(tmp_path, monkeypatch):
    """A copy of the small model that a test may damage."""
    folder = tmp_path / "data" / "weights"
    shutil.copytree(sources.SHIPPED / NAME, folder / NAME)
    shutil.copy(sources.SHIPPED / "README.md", folder)
    monkeypatch.setattr(sources, "SHIPPED", folder)
    monkeypatch.delenv("COURSE_MODELS", raising=False)
    return folder


def flip(data):
    """One bit of one weight, which no reader of the format could notice."""
    return data[:-1000] + bytes([data[-1000] ^ 1]) + data[-999:]


DAMAGES = {
    "empty": lambda data: b"",
    "cut off": lambda data: data[: len(data) // 2],
    "a pointer of Git LFS": lambda data: b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 8617480\n",
    "one bit": flip,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_weights_are_named_with_the_way_back(copy, damage):
    (copy / UNET).write_bytes(DAMAGES[damage]((copy / UNET).read_bytes()))
    with pytest.raises(ValueError) as caught:
        load(NAME)
    said = f"data/weights/{UNET} is damaged: its sha256 is not the one in README.md."
    assert str(caught.value) == f"{said} Bring it back with: git restore data/weights/{UNET}"


@pytest.mark.parametrize("gone", [NAME, UNET, f"{NAME}/tokenizer/vocab.json", "README.md"])
def test_what_is_missing_is_named_and_nothing_else_advised(copy, gone):
    """Neither the network nor the small model itself could help."""
    shutil.rmtree(copy / gone) if gone == NAME else (copy / gone).unlink()
    with pytest.raises(FileNotFoundError, match=rf"^data/weights/{gone} .*missing. Bring it back with: git restore"):
        load(NAME)


def test_in_a_zip_download_git_cannot_help(copy, monkeypatch, tmp_path):
    monkeypatch.setattr(shipped, "bring_back", lambda name, root=tmp_path, real=shipped.bring_back: real(name, root))
    shutil.rmtree(copy / NAME)
    with pytest.raises(FileNotFoundError, match=f"download the course again, and copy data/weights/{NAME} from it"):
        load(NAME)


def test_the_sums_are_compared_once(copy, monkeypatch):
    sources.find(NAME)
    monkeypatch.setattr(shipped, "read", None)
    assert sources.find(NAME) == copy / NAME


def test_a_model_of_ones_own_is_not_compared(copy, monkeypatch, tmp_path):
    """Whoever trains the small model anew opens it before its README is made."""
    own = shutil.move(copy / NAME, tmp_path / NAME)
    (own / "course.json").write_text('{"cfg_scale": 4.0}')
    monkeypatch.setenv("COURSE_MODELS", str(tmp_path))
    assert load(NAME).cfg_scale == load(own).cfg_scale == 4.0
