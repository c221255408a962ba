"""The notebook test itself can fail: nbval, called as the Makefile calls it, notices a changed output."""

import shutil
import subprocess
import sys

import nbformat
import pytest

SANITIZE = "tests/sanitize.cfg"


def run(folder, output):
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "", "language": ""}}
    )
    stream = nbformat.v4.new_output("stream", name="stdout", text=output)
    notebook.cells = [nbformat.v4.new_code_cell("print(1 + 1)", execution_count=1, outputs=[stream])]
    nbformat.write(notebook, folder / "two.ipynb")
    shutil.copy(SANITIZE, folder / "sanitize.cfg")
    options = ["--nbval", "--nbval-current-env", "--nbval-sanitize-with", "sanitize.cfg", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, "two.ipynb"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


@pytest.mark.parametrize(("output", "passes"), [("2\n", True), ("3\n", False)])
def test_a_changed_output_is_noticed(tmp_path, output, passes):
    result = run(tmp_path, output)
    assert (result.returncode == 0) == passes, result.stdout
    assert ("1 passed" in result.stdout) == passes
