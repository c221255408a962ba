"""What every test runs under: the CPU, no network, no progress bars, and no skip that is not on the list."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path

import hypothesis
import pytest

ALLOWED_SKIPS = Path(__file__).parent / "tests" / "allowed_skips.txt"

# Set before anything imports torch, and inherited by the kernels of the notebooks.
os.environ.update(COURSE_DEVICE="cpu", CUDA_VISIBLE_DEVICES="", HF_HUB_OFFLINE="1", TQDM_DISABLE="1")
os.environ.setdefault("COURSE_SHORT_TRAINING", "1")  # a training on a page learns a little, and is not kept
os.environ.setdefault("OMP_NUM_THREADS", "1")  # tests run side by side, and beside other work

# A deadline would judge the machine; in CI the same examples are tried each time.
hypothesis.settings.register_profile("course", deadline=None, derandomize="CI" in os.environ)
hypothesis.settings.load_profile("course")


def pytest_addoption(parser):
    parser.addoption("--pictures", help="a folder for what browser tests of other languages see, to be looked at")


def is_allowed(nodeid: str, reason: str) -> bool:
    """Whether the list of allowed skips names this test with this reason, here."""
    for line in ALLOWED_SKIPS.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            where, pattern, why = (part.strip() for part in line.split("|"))
            here = where == "anywhere" or (where == "outside CI" and "CI" not in os.environ)
            if here and fnmatch(nodeid, pattern) and why in reason:
                return True
    return False


def refuse_skip(report):
    """Turn a skip that is not on the list into a failure."""
    if report.outcome == "skipped":
        longrepr = report.longrepr
        reason = getattr(report, "wasxfail", None) or (longrepr[2] if isinstance(longrepr, tuple) else str(longrepr))
        if not is_allowed(report.nodeid, reason):
            report.outcome = "failed"
            vars(report).pop("wasxfail", None)  # with it, a failure would not count
            report.longrepr = f"a skip that tests/allowed_skips.txt does not allow: {reason}"
    return report


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item, call):
    return refuse_skip((yield))


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(collector):
    return refuse_skip((yield))
