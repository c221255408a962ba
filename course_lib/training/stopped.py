"""The stop button of a notebook, said in one sentence."""

from __future__ import annotations

from course_lib.texts import tr


class Stopped(KeyboardInterrupt):
    """The stop button: JupyterLab shows its sentence, and no traceback.

    Example:

    >>> str(Stopped(120))
    'Stopped at step 120. Run this cell again, and the training goes on from there.'
    """

    def __init__(self, step: int):
        said = tr("Stopped at step {step}. Run this cell again, and the training goes on from there.")
        super().__init__(said.format(step=step))

    def _render_traceback_(self) -> list[str]:
        return [str(self)]
