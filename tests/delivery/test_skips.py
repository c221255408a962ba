"""A skip that is not on the list is a failure, wherever it comes from."""

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
}


def run(folder, text, allowed="", ci=False):
    (folder / "tests" / "browser").mkdir(parents=True)
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "tests" / "allowed_skips.txt").write_text(allowed)
    (folder / "tests" / "browser" / "test_it.py").write_text(f"import pytest\n{text}\n")
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | ({"CI": "true"} if ci else {})
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--rootdir={folder}", "tests"]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("way", SKIPS)
def test_a_skip_fails(tmp_path, way):
    result = run(tmp_path, SKIPS[way])
    assert result.returncode in (1, 2)
    assert "a skip that tests/allowed_skips.txt does not allow: " in result.stdout and "later" in result.stdout


@pytest.mark.parametrize(
    ("line", "ci", "passes"),
    [
        ("anywhere | tests/browser/* | later", True, True),
        ("outside CI | tests/browser/* | later", False, True),
        ("outside CI | tests/browser/* | later", True, False),
        ("anywhere | tests/layers/* | later", False, False),
        ("anywhere | tests/browser/* | another reason", False, False),
        ("# anywhere | tests/browser/* | later", False, False),
    ],
)
def test_a_skip_on_the_list_passes_where_the_list_says(tmp_path, line, ci, passes):
    result = run(tmp_path, SKIPS["call"], allowed=line, ci=ci)
    assert (result.returncode == 0) == passes, result.stdout
    assert ("1 skipped" in result.stdout) == passes


def test_tests_run_on_the_cpu_without_a_network():
    names = ("COURSE_DEVICE", "CUDA_VISIBLE_DEVICES", "HF_HUB_OFFLINE", "TQDM_DISABLE")
    assert [os.environ[name] for name in names] == ["cpu", "", "1", "1"]
    assert os.environ["OMP_NUM_THREADS"] == ("1" if "PYTEST_XDIST_WORKER" in os.environ else "2")
