"""Run the notebooks and the lessons' tests as processors do that add in another order: their results must not change.

python tests/portability.py
python tests/portability.py "other last bits"      # slow: it looks for what hangs on rounding

`make test` has run them with this processor's best instructions and one thread; here is what differs from that.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from tests.parts import Part, run, sum_up  # noqa: E402

PYTEST = [sys.executable, "-m", "pytest", "-q", "-n", "2"]
NOTEBOOKS = [*PYTEST, "--nbval", "--nbval-current-env", "--dist", "loadscope"]
NOTEBOOKS += ["--nbval-sanitize-with", "tests/sanitize.cfg", "notebooks/"]
LESSONS = [*PYTEST, "--dist", "worksteal", "-m", "not browser", "tests/lessons"]
LEVELS = ["DEFAULT", "AVX2", "AVX512"]  # PyTorch's names; a processor has all up to its best


class Setting(NamedTuple):
    """How to compute, in environment variables.

    level : which instructions that takes; lessons : whether lessons are tested, too; slow : run only when asked for.
    """

    name: str
    environment: Mapping[str, str]
    level: str | None = None
    lessons: bool = False
    slow: bool = False


SETTINGS = [
    Setting(
        "the oldest instructions",
        {"ATEN_CPU_CAPABILITY": "default", "ONEDNN_MAX_CPU_ISA": "SSE41", "MKL_CBWR": "COMPATIBLE"},
        level="DEFAULT",
        lessons=True,
    ),
    Setting("AVX2", {"ATEN_CPU_CAPABILITY": "avx2", "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_CBWR": "AVX2"}, level="AVX2"),
    Setting(
        "four threads",
        {"OMP_NUM_THREADS": "4", "MKL_NUM_THREADS": "4", "MKL_DYNAMIC": "FALSE", "OMP_WAIT_POLICY": "PASSIVE"},
    ),
    Setting(
        "other last bits",
        {"PYTHONSTARTUP": str(ROOT / "tests" / "rounding.py")},
        slow=True,
    ),
]


def best_level() -> str:
    """Which instructions PyTorch uses on this processor."""
    asking = [sys.executable, "-c", "import torch; print(torch.backends.cpu.get_cpu_capability())"]
    environment = {name: value for name, value in os.environ.items() if name != "ATEN_CPU_CAPABILITY"}
    return subprocess.run(asking, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def left_out(setting: Setting, best: str) -> str:
    """Why a setting is not run on a processor with these best instructions, in one sentence; nothing where it is.

    Example:

    >>> [left_out(setting, "AVX2") for setting in SETTINGS]
    ['', "AVX2: left out, since this processor's best is AVX2, and `make test` has run that.", '', '']
    >>> left_out(SETTINGS[1], "DEFAULT")
    "AVX2: left out, since this processor's best is DEFAULT."
    """
    said = f"{setting.name}: left out, since this processor's best is {best}"
    if setting.level in (None, "DEFAULT") and setting.level != best:
        return ""
    if setting.level == best:
        return f"{said}, and `make test` has run that."
    there = LEVELS[: LEVELS.index(best) + 1] if best in LEVELS else []
    return "" if setting.level in there else f"{said}."


def parts(setting: Setting) -> list[Part]:
    """What is run with a setting."""
    environment = {"PYTHONPATH": str(ROOT), **setting.environment}
    made = [Part(f"notebooks, {setting.name}", NOTEBOOKS, environment)]
    if setting.lessons:
        made.append(Part(f"tests of the lessons, {setting.name}", LESSONS, environment))
    return made


def main(names: list[str]) -> int:
    """Run the named settings, or all that are not slow; say why those that are not there are left out, and sum up."""
    os.chdir(ROOT)
    best = best_level()
    outcomes, reasons = [], []
    for setting in SETTINGS:
        if setting.name not in names if names else setting.slow:
            continue
        reason = left_out(setting, best)
        if reason:
            reasons.append(reason)
        else:
            outcomes += [run(part) for part in parts(setting)]
    status = sum_up(outcomes)
    print(*reasons, sep="\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
