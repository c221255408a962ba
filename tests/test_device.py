"""One place chooses device and number type."""

import pytest
import torch

from course_lib.device import choose_device, choose_dtype


@pytest.fixture
def there(monkeypatch):
    """Pretend that torch finds these devices; COURSE_DEVICE is not set."""

    def pretend(*names):
        monkeypatch.delenv("COURSE_DEVICE", raising=False)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: "cuda" in names)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: "mps" in names)

    return pretend


@pytest.mark.parametrize(("names", "chosen"), [((), "cpu"), (("mps",), "mps"), (("cuda",), "cuda")])
def test_the_fastest_device_is_chosen(there, names, chosen):
    there(*names)
    assert choose_device() == torch.device(chosen)


def test_the_environment_decides(there, monkeypatch):
    there("cuda")
    monkeypatch.setenv("COURSE_DEVICE", "cpu")
    assert choose_device() == torch.device("cpu")


@pytest.mark.parametrize(("wanted", "words"), [("gpu", "unknown COURSE_DEVICE 'gpu'"), ("mps", "got mps, which torch")])
def test_a_wrong_wish_is_refused(there, monkeypatch, wanted, words):
    there("cuda")
    monkeypatch.setenv("COURSE_DEVICE", wanted)
    with pytest.raises(ValueError, match=words):
        choose_device()


def test_half_precision_only_on_cuda():
    assert choose_dtype("cuda") == choose_dtype(torch.device("cuda:0")) == torch.float16
    assert choose_dtype("mps") == choose_dtype(torch.device("cpu")) == torch.float32
    with pytest.raises(ValueError, match="unknown device 'tpu'"):
        choose_dtype("tpu")
