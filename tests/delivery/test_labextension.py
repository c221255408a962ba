"""The extension that shows the widgets of a reopened notebook is where JupyterLab looks for it."""

import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from jupyterlab_server.config import get_federated_extensions

from course_lib.app.start import EXTENSIONS, lab_arguments

ROOT = Path(__file__).parents[2]
FOLDER = EXTENSIONS / "course-lib"


def test_the_courses_own_jupyterlab_finds_it():
    assert f"--LabApp.extra_labextensions_path={EXTENSIONS}" in lab_arguments(8888, "x.ipynb", ROOT, browser=False)
    (found,) = get_federated_extensions([str(EXTENSIONS)]).values()
    build = found["jupyterlab"]["_build"]
    assert found["name"] == "course-lib" and (FOLDER / build["load"]).is_file()
    assert 'window._JUPYTERLAB["course-lib"]' in (FOLDER / build["load"]).read_text(), "the name it is looked up by"


def test_an_editable_installation_brings_it_to_a_jupyterlab_of_the_readers_own(tmp_path):
    """`make lesson` and environment.yml install so; setuptools alone would leave data files out."""
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "course_lib", tmp_path / "course_lib", ignore=shutil.ignore_patterns("__pycache__"))
    build = "from setuptools.build_meta import build_editable; build_editable('built')"
    subprocess.run([sys.executable, "-c", build], cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = (tmp_path / "built").glob("*.whl")
    brought = zipfile.ZipFile(wheel)
    for path in (path for path in FOLDER.rglob("*") if path.is_file()):
        place = f"data/share/jupyter/labextensions/course-lib/{path.relative_to(FOLDER).as_posix()}"
        (name,) = (name for name in brought.namelist() if name.endswith(place))
        assert brought.read(name) == path.read_bytes()


def test_its_version_is_the_courses():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert json.loads((FOLDER / "package.json").read_text())["version"] == project["version"]
