"""Controls: whatever a reader types or uploads, they go on and say what is wrong."""

import io

import pytest
import torch
from PIL import Image

from course_lib.widgets import KernelEditor, PictureChooser
from course_lib.widgets.kernel import KERNELS


@pytest.mark.parametrize("name", KERNELS)
def test_every_preset_becomes_the_kernel(name):
    editor = KernelEditor(torch.full((3, 3), 2.0))
    assert editor.preset == ""
    editor.set_state({"preset": name})
    assert torch.allclose(editor.value, torch.tensor(KERNELS[name]).float()) and editor.value.dtype == torch.float32
    assert editor.preset == name and editor.message == ""
    assert KernelEditor(editor.value).preset == name


@pytest.mark.parametrize("text", ["", " ", "two", "1e9", "-101", "nan", "inf", "1/0", "1/", "0x10", "<b>", "1" * 5000])
@pytest.mark.parametrize("place", [0, 5, 8])
def test_nonsense_leaves_the_kernel_and_says_where(text, place):
    editor = KernelEditor()
    before = editor.value
    fields = list(editor.fields)
    fields[place] = text
    editor.set_state({"fields": fields})
    assert editor.value is before and editor.wrong == place
    assert f"Row {place // 3}, column {place % 3}" in editor.message and len(editor.message) < 200
    editor.set_state({"fields": [*fields[:place], "2", *fields[place + 1 :]]})
    assert editor.value.flatten()[place] == 2 and editor.message == "" and editor.wrong == -1


def test_numbers_are_read_as_they_are_typed():
    editor = KernelEditor()
    editor.set_state({"fields": ["1/9", "-1/2", "\N{MINUS SIGN}3", ".5", "+1", " 4 ", "1e-2", "100", "0"]})
    expected = torch.tensor([1 / 9, -0.5, -3, 0.5, 1, 4, 0.01, 100, 0]).reshape(3, 3)
    assert torch.allclose(editor.value, expected)


@pytest.mark.parametrize("kernel", [torch.zeros(3), torch.zeros(2, 2), torch.full((3, 3), float("nan")), [[1]]])
def test_other_kernels_are_refused(kernel):
    with pytest.raises(ValueError):
        KernelEditor(kernel)


def upload(chooser, name, content):
    chooser.upload._handle_custom_msg({"name": name}, [memoryview(content)])  # as the page sends it


def test_a_picture_of_the_readers_own():
    chooser = PictureChooser({"black": -torch.ones(1, 3, 8, 8)}, size=8)
    values = []
    chooser.observe(lambda change: values.append(change["new"]), "value")
    buffer = io.BytesIO()
    Image.new("RGB", (30, 20), "white").save(buffer, "PNG")
    upload(chooser, "my.png", buffer.getvalue())
    assert chooser.value.shape == (1, 3, 8, 8) and (chooser.value == 1).all() and values[-1] is chooser.value
    assert chooser.choice.value == "yours: my.png" and chooser.upload.message == ""
    chooser.choice.value = "black"
    assert (chooser.value == -1).all()


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n" + b"\0" * 20])
def test_a_file_that_is_no_picture_is_refused_in_words(content):
    chooser = PictureChooser({"black": -torch.ones(3, 8, 8)}, size=8)
    before = chooser.value
    upload(chooser, "notes.txt", content)
    assert chooser.value is before and len(chooser.upload.message) < 80
    assert chooser.upload.message == "notes.txt cannot be opened as a picture (PNG or JPEG?)."


def test_a_refusal_goes_when_a_picture_is_opened_whatever_its_name():
    """The same name with another picture, after a file that is none: the picture is shown, and nothing is refused."""
    chooser = PictureChooser({"black": -torch.ones(3, 8, 8)}, size=8)
    for colour, level in (("white", 1), ("black", -1), ("black", -1)):
        upload(chooser, "notes.txt", b"no picture")
        assert chooser.upload.message
        buffer = io.BytesIO()
        Image.new("RGB", (8, 8), colour).save(buffer, "PNG")
        upload(chooser, "my.png", buffer.getvalue())
        assert chooser.upload.message == "" and (chooser.value == level).all()
        assert chooser.choice.value == "yours: my.png"


@pytest.mark.parametrize("pictures", [{}, {"flat": torch.zeros(8, 8)}, {"two": torch.zeros(2, 3, 8, 8)}])
def test_other_pictures_are_refused(pictures):
    with pytest.raises(ValueError):
        PictureChooser(pictures)
