"""The runner: controls, a button, and a player of the denoising run that they ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import ipywidgets

from course_lib.figures import Shown
from course_lib.texts import tr
from course_lib.widgets.controls import checked, titled_bar
from course_lib.widgets.page import kept_whole, static_bundle
from course_lib.widgets.player import Player
from course_lib.widgets.run_button import RunButton


class Runner(ipywidgets.VBox):
    """Controls joined to a player: the button calls `run` with the values of all controls, and plays what comes back.

    run: `run(**values) -> (title, steps)`, where the title says in words what was asked for and steps are `Step`s with
    x and denoised (B, C, H, W). controls: name -> ipywidgets control (anything with a `value`). label: what the whole
    is. decode: as in `player`, for runs over latents. It runs once when it is made, so `run` must accept the controls'
    first values.

    A ValueError or MemoryError from `run` is shown as a sentence beside the controls, and the last run stays; any other
    exception goes to JupyterLab's log, as with every button.

    Raises ValueError where the label is empty or a control has no value.

    Example:

    >>> import torch
    >>> from course_lib.samplers import steps
    >>> def run(seed):
    ...     x = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    ...     return f"Seed {seed}", steps("euler", lambda x, sigma: 0 * x, x, [1.0, 0.5, 0.0])
    >>> runner = Runner(run, {"seed": ipywidgets.BoundedIntText(3)}, label="Noise becomes black")
    >>> runner.controls["seed"].value = 4
    >>> runner.button.click()
    >>> runner.player.about["title"]
    'Seed 4'
    """

    def __init__(
        self,
        run: Callable[..., tuple[str, Iterable]],
        controls: Mapping[str, ipywidgets.Widget],
        *,
        label: str,
        decode: Callable | None = None,
    ):
        self.controls = checked("a runner", label, controls)
        self.run, self.label, self.decode = run, tr(label), decode
        self.player = Player()
        self._load()
        self.message = ipywidgets.Label().add_class("cl-message")
        title, bar = titled_bar(self.label, *self.controls.values())
        self.button = RunButton(bar.children, self._run_now)
        bar.children += (self.button,)
        super().__init__([title, bar, self.message, self.player])
        self.add_class("cl-explorer")

    def static(self) -> Shown:
        """The present run as a still figure, for a cell of its own; see the class for an example."""
        return self.player.contact_sheet()

    def _load(self) -> None:
        title, steps = self.run(**{name: control.value for name, control in self.controls.items()})
        self.player.load(steps, self.decode, title=title)

    def _run_now(self) -> None:
        try:
            self._load()
        except (ValueError, MemoryError) as error:
            self.message.value = str(error)
        else:
            self.message.value = ""
            self.player.send({"ran": True})  # the arrow keys shall now move through this run

    def _repr_mimebundle_(self, **options):
        kept = kept_whole(self.player, "Run this cell to run it with other values.")
        return static_bundle(super()._repr_mimebundle_(**options), self.static(), kept)
