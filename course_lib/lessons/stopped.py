"""The stop button of a training that a lesson runs on its page."""

from __future__ import annotations

from course_lib.texts import tr


class Stopped(KeyboardInterrupt):
    """A training that an interrupt has ended: JupyterLab shows its sentence, and no traceback.

    Example:

    >>> str(Stopped(120))
    'Stopped at step 120. Run this cell again, and the training goes on from there.'
    """

    def __init__(self, step: int):
        words = tr("Stopped at step {step}. Run this cell again, and the training goes on from there.")
        super().__init__(words.format(step=step))

    def _render_traceback_(self) -> list[str]:
        return [str(self)]
