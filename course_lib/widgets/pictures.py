"""A chooser of pictures for explorers: a list of named ones, and a button for the reader's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import ipywidgets
import torch
import traitlets

from course_lib import expect
from course_lib.datasets import open_picture
from course_lib.texts import tr
from course_lib.widgets.page import CourseWidget, module


class PictureUpload(CourseWidget):
    """A button that hands a file of the reader's own to `opened(name, content)`; `message` stands below it.

    The page makes a file of more than 2 MB small before it sends it: JupyterLab cuts the connection at 10 MB.

    Example:

    >>> upload = PictureUpload(lambda name, content: print(name, len(content)))
    >>> upload.take({"name": "cat.png"}, [b"1234"])
    cat.png 4
    """

    _esm = module("upload.js")
    label = traitlets.Unicode().tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)

    def __init__(self, opened: Callable[[str, bytes], None]):
        super().__init__(label=tr("Your own picture"))
        self._opened = opened
        self.on_msg(lambda widget, content, buffers: widget.take(content, buffers))

    def take(self, content: dict, buffers: list) -> None:
        """Take a file as the page sends it: its name in `content`, its bytes in `buffers`; see the class."""
        self._opened(content["name"], bytes(buffers[0]))


class PictureChooser(ipywidgets.VBox):
    """A list of named pictures, and a button that adds the reader's own; `value` is the chosen one (1, 3, S, S).

    pictures: name -> (1, 3, S, S) or (3, S, S) in [-1, 1]. An uploaded file is opened by
    `course_lib.datasets.open_picture` at `size` pixels; a file that is no picture is refused in words, and the picture
    stays.

    Raises ValueError where there is no picture, or one has another shape.

    Example:

    >>> chooser = PictureChooser({"black": -torch.ones(3, 8, 8), "white": torch.ones(3, 8, 8)}, size=8)
    >>> chooser.choice.value = "white"
    >>> chooser.value.shape, chooser.value.min().item()
    (torch.Size([1, 3, 8, 8]), 1.0)
    """

    value = traitlets.Instance(torch.Tensor)

    def __init__(self, pictures: Mapping[str, torch.Tensor], size: int = 64):
        if not pictures:
            raise ValueError("expected at least one named picture; got none")
        self.size = expect.whole("size", size)
        self.pictures = {name: _as_batch(name, picture) for name, picture in pictures.items()}
        self.choice = ipywidgets.Dropdown(options=self._options(), description=tr("picture"))
        self.upload = PictureUpload(self._open)
        super().__init__([self.choice, self.upload], value=self.pictures[self.choice.value])
        self.add_class("cl-chooser")
        self.choice.observe(self._choose, "value")

    def _options(self) -> list[tuple[str, str]]:
        return [(tr(name), name) for name in self.pictures]

    def _choose(self, change) -> None:
        self.upload.message = ""
        self.value = self.pictures[change["new"]]

    def _open(self, file: str, content: bytes) -> None:
        self.upload.message = ""
        try:
            picture = open_picture(content, self.size)
        except ValueError as error:
            if "too large" in str(error):
                says = tr("{file} cannot be opened as a picture (it has too many pixels).")
            else:
                says = tr("{file} cannot be opened as a picture (PNG or JPEG?).")
            self.upload.message = says.format(file=file)
            return
        name = tr("yours: {file}").format(file=file)
        self.pictures[name] = picture
        self.choice.options = self._options()
        self.choice.value = name
        self.value = picture  # a file of the same name as before changes neither the list nor the choice


def _as_batch(name: str, picture: torch.Tensor) -> torch.Tensor:
    batch = picture[None] if picture.ndim == 3 else picture
    if batch.ndim != 4 or batch.shape[:2] != (1, 3):
        raise ValueError(f"picture {name!r} must be (1, 3, S, S) or (3, S, S); got {tuple(picture.shape)}")
    return batch
