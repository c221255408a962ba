"""A skip that is not on the list is a failure, wherever it comes from."""

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SKIPS = {
    "mark": '@pytest.mark.skip(reason="later")\ndef test_it(): pass',
    "call": 'def test_it(): pytest.skip("later")',
    "fixture": '@pytest.fixture\ndef thing(): pytest.skip("later")\ndef test_it(thing): pass',
    "module": 'pytest.skip("later", allow_module_level=True)',
    "import": 'pytest.importorskip("no_such_package", reason="later")',
    "xfail": '@pytest.mark.xfail(reason="later")\ndef test_it(): assert False',
    "doctest": 'def example():\n    """\n    >>> later  # doctest: +SKIP\n    """',
}


def run(folder, skips, allowed):
    (folder / "tests").mkdir()
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "tests" / "allowed_skips.txt").write_text(allowed)
    for name, text in skips.items():
        (folder / "tests" / f"test_{name}.py").write_text(f"import pytest\n{text}\n")
    options = ["-rA", "-p", "no:cacheprovider", "--doctest-modules", "--continue-on-collection-errors"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, f"--rootdir={folder}", "tests"],
        cwd=folder,
        env=os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
    )


def test_every_kind_of_skip_fails(tmp_path):
    result = run(tmp_path, SKIPS, allowed="")
    assert result.returncode == 1
    for name in SKIPS:
        assert any(f"tests/test_{name}.py" in line for line in failures(result)), name
    assert "a skip that tests/allowed_skips.txt does not allow: " in result.stdout
    assert "skipped" not in result.stdout.splitlines()[-1]


@pytest.mark.parametrize("name", SKIPS)
def test_one_skip_alone_fails_the_run(tmp_path, name):
    assert run(tmp_path, {name: SKIPS[name]}, allowed="").returncode != 0


def test_a_skip_on_the_list_passes(tmp_path):
    result = run(
        tmp_path, SKIPS, allowed="# why\n\nanywhere | tests/* | later\nanywhere | tests/* | all tests skipped\n"
    )
    assert result.returncode == 0, result.stdout
    assert not failures(result)


def failures(result):
    return [line for line in result.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]


@pytest.mark.parametrize(
    ("line", "ci", "allowed"),
    [
        ("anywhere | tests/browser/* | no Chromium", True, True),
        ("outside CI | tests/browser/* | no Chromium", False, True),
        ("outside CI | tests/browser/* | no Chromium", True, False),
        ("anywhere | tests/layers/* | no Chromium", False, False),
        ("anywhere | tests/browser/* | no network", False, False),
        ("# anywhere | tests/browser/* | no Chromium", False, False),
    ],
)
def test_the_list_says_which_test_where_and_why(tmp_path, monkeypatch, line, ci, allowed):
    spec = importlib.util.spec_from_file_location("root_conftest", ROOT / "conftest.py")
    conftest = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conftest)
    monkeypatch.setattr(conftest, "ALLOWED_SKIPS", tmp_path / "list")
    conftest.ALLOWED_SKIPS.write_text(f"{line}\n")
    monkeypatch.delenv("CI", raising=False)
    if ci:
        monkeypatch.setenv("CI", "true")
    assert conftest.is_allowed("tests/browser/test_it.py::test_it[1]", "Skipped: no Chromium here") == allowed


def test_tests_run_on_the_cpu_without_a_network():
    names = ("COURSE_DEVICE", "CUDA_VISIBLE_DEVICES", "HF_HUB_OFFLINE", "TQDM_DISABLE")
    assert [os.environ[name] for name in names] == ["cpu", "", "1", "1"]
    assert os.environ["OMP_NUM_THREADS"] == "1"
