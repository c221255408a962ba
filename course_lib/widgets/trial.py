"""The first widget a learner meets: it shows at once whether widgets work, and says what to do where they do not."""

from __future__ import annotations

import torch
import traitlets

from course_lib import expect
from course_lib.texts import tr
from course_lib.widgets.page import CourseWidget, module, static_bundle

NO_WIDGETS = """\
If you can read this line and see no slider, widgets are not running.
1. Run this cell: click on it and press Shift + Enter.
2. If the line stays, stop JupyterLab and start it again with `make lesson`: the widgets are installed there.
   Without make, as on Windows, use the commands that README.md gives.
3. If it still stays, start it from a terminal and read what its check of the environment says."""


class Trial(CourseWidget):
    """A slider that adds noise to a picture, drawn by the page alone, and a greeting that the kernel must answer.

    Example:

    >>> slider_works().size
    [64, 64]
    """

    _esm = module("trial.js")
    picture = traitlets.Bytes().tag(sync=True)
    noise = traitlets.Bytes().tag(sync=True)
    size = traitlets.List().tag(sync=True)

    def _repr_mimebundle_(self, **options):
        return static_bundle(super()._repr_mimebundle_(**options), tr(NO_WIDGETS), {"note": ""})


def slider_works(picture: torch.Tensor | None = None) -> Trial:
    """Make the trial widget with a picture (1, 3, H, W) or (3, H, W) in [-1, 1]; by default a disc.

    Its still form is a line that says what to do when no slider is seen.

    Raises ValueError where the picture has another shape.

    Example:

    >>> slider_works(torch.zeros(1, 3, 8, 8)).size
    [8, 8]
    """
    picture = _disc() if picture is None else picture
    picture = picture[0] if picture.ndim == 4 and len(picture) == 1 else picture
    expect.tensor("picture", picture, "(3, H, W)")
    if len(picture) != 3:
        raise ValueError(f"picture must be (3, H, W); got {tuple(picture.shape)}")
    noise = torch.randn(picture.shape, generator=torch.Generator().manual_seed(0))
    made = Trial(picture=_floats(picture), noise=_floats(noise), size=[picture.shape[2], picture.shape[1]])
    made.on_msg(lambda widget, content, buffers: widget.send({"hello": True}))
    return made


def _floats(image: torch.Tensor) -> bytes:
    """(3, H, W) -> red, green, blue of each pixel as float32."""
    return image.detach().cpu().float().permute(1, 2, 0).contiguous().numpy().tobytes()


def _disc(side: int = 64) -> torch.Tensor:
    """A disc over a soft gradient, (3, side, side) in [-1, 1]."""
    axis = torch.linspace(-1, 1, side)
    down, across = axis[:, None].expand(side, side), axis[None, :].expand(side, side)
    inside = (down**2 + across**2 < 0.5).float()
    sky = torch.stack([0.2 * across - 0.3, 0.3 * down, 0.6 - 0.2 * down])
    sun = torch.tensor([1.0, 0.7, -0.6])[:, None, None]
    return inside * sun + (1 - inside) * sky
