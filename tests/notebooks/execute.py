"""Run the notebooks and write them back normalised, as they are committed.

python tests/notebooks/execute.py                     # all
python tests/notebooks/execute.py notebooks/02_*.ipynb
"""

import os
import sys
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
ENVIRONMENT = {"COURSE_DEVICE": "cpu", "CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"}


def lessons() -> list[Path]:
    """The lessons in teaching order."""
    return sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def all_notebooks() -> list[Path]:
    """The lessons and their solutions."""
    return lessons() + sorted((NOTEBOOKS / "solutions").glob("*.ipynb"))


def normalise(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Keep what teaches or is tested; drop what differs from run to run, and widget views that would not reopen."""
    notebook.metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
            output.get("metadata", {}).pop(WIDGET_VIEW, None)
    return notebook


def execute(path: Path) -> None:
    """Run one notebook from a fresh kernel and write it back; a warning on stderr is a failure."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=300,
        kernel_name="python3",
        coalesce_streams=True,
        resources={"metadata": {"path": path.parent}},
    ).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.get("name") == "stderr":
                raise SystemExit(f"{path.name}: a cell writes to stderr:\n{cell.source}\n---\n{output.text}")
    nbformat.write(normalise(notebook), path)


if __name__ == "__main__":
    os.environ |= ENVIRONMENT
    for path in [Path(name) for name in sys.argv[1:]] or all_notebooks():
        start = time.perf_counter()
        execute(path)
        print(f"{path.name}: {time.perf_counter() - start:.1f} s")
