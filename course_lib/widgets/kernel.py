"""A control for explorers: an editor of 3x3 kernels."""

from __future__ import annotations

import reprlib

import torch
import traitlets

from course_lib import expect
from course_lib.texts import tr
from course_lib.widgets.numbers import typed_number
from course_lib.widgets.page import CourseWidget, module

KERNELS = {
    "identity": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
    "blur": [[1 / 9] * 3] * 3,
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "horizontal edges": [[-1, -2, -1], [0, 0, 0], [1, 2, 1]],
    "vertical edges": [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]],
    "emboss": [[-2, -1, 0], [-1, 1, 1], [0, 1, 2]],
}
LARGEST_ENTRY = 100.0


class KernelEditor(CourseWidget):
    """Nine fields and a list of well-known kernels; `value` is the kernel (3, 3) float32.

    Rows and columns count from 0. A field that does not hold a number from −100 to 100 is marked and explained,
    and the kernel stays as it was.

    Raises ValueError where `kernel` is not (3, 3), or one of its entries is not such a number.

    Example:

    >>> editor = KernelEditor(torch.eye(3))
    >>> editor.preset = "sharpen"
    >>> editor.value[1].tolist()
    [-1.0, 5.0, -1.0]
    >>> editor.fields = ["one", *editor.fields[1:]]
    >>> editor.message
    "Row 0, column 0: expected a number from −100 to 100; got 'one'. The kernel stays as it was."
    """

    _esm = module("kernel.js")
    presets = traitlets.Dict().tag(sync=True)  # the name of each kernel -> the same in the reader's language
    preset = traitlets.Unicode().tag(sync=True)  # empty for the reader's own numbers
    fields = traitlets.List([""] * 9).tag(sync=True)
    message = traitlets.Unicode().tag(sync=True)
    wrong = traitlets.Int(-1).tag(sync=True)  # the field that is not understood
    value = traitlets.Instance(torch.Tensor)

    def __init__(self, kernel: torch.Tensor | None = None):
        kernel = torch.tensor(KERNELS["identity"]) if kernel is None else kernel
        expect.tensor("kernel", kernel, "(3, 3)")
        if kernel.shape != (3, 3):
            raise ValueError(f"kernel must be (3, 3); got {tuple(kernel.shape)}")
        entries = [expect.number("kernel", entry, -LARGEST_ENTRY, LARGEST_ENTRY) for entry in kernel.flatten().tolist()]
        super().__init__(fields=_texts(entries), value=torch.tensor(entries).reshape(3, 3))
        self._name_kernel()

    @traitlets.default("presets")
    def _named(self) -> dict[str, str]:
        return {name: tr(name) for name in KERNELS}

    @traitlets.observe("preset")
    def _load_preset(self, change) -> None:
        if change["new"] in KERNELS:
            self.fields = _texts(entry for row in KERNELS[change["new"]] for entry in row)

    @traitlets.observe("fields")
    def _read_fields(self, change) -> None:
        entries = []
        for index, text in enumerate(self.fields):
            try:
                entries.append(expect.number("entry", typed_number(text), -LARGEST_ENTRY, LARGEST_ENTRY))
            except ValueError:
                says = tr(
                    "Row {row}, column {column}: expected a number from −100 to 100; got {got}. "
                    "The kernel stays as it was."
                )
                self.wrong = index
                self.message = says.format(row=index // 3, column=index % 3, got=reprlib.repr(text))
                return
        self.wrong, self.message = -1, ""
        self.value = torch.tensor(entries).reshape(3, 3)
        self._name_kernel()

    def _name_kernel(self) -> None:
        names = (name for name, rows in KERNELS.items() if torch.allclose(self.value, torch.tensor(rows).float()))
        self.preset = next(names, "")


def _texts(entries) -> list[str]:
    """Entries as a reader would type them; a ninth as a fraction."""
    return ["1/9" if abs(entry - 1 / 9) < 1e-6 else f"{entry:g}" for entry in entries]
