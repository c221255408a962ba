"""`make test` and `make portability` go on after a failure, and say at the end what failed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import parts, portability
from tests.parts import Outcome, Part

ROOT = Path(__file__).parents[2]
CI = ROOT / ".ci" / "run"


def python(name, code, **environment):
    return Part(name, [sys.executable, "-c", code], environment)


def test_a_part_that_fails_is_summed_up_and_the_next_one_runs(capsys):
    printing = "import os; print('FAILED tests/a.py::b - broken', os.environ['WHERE'], flush=True); os._exit(3)"
    outcomes = [parts.run(python("first", printing, WHERE="here")), parts.run(python("second", "print('done')"))]
    assert [outcome.status for outcome in outcomes] == [3, 0]
    assert capsys.readouterr().out == ("\n=== first\nFAILED tests/a.py::b - broken here\n\n=== second\ndone\n")
    assert parts.sum_up([outcome._replace(seconds=1.2) for outcome in outcomes]) == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "=== Summary",
        "FAILED  first (1 s)",
        "        FAILED tests/a.py::b - broken here",
        "passed  second (1 s)",
        "1 of 2 parts failed.",
    ]


def test_where_nothing_fails_the_status_is_0(capsys):
    assert parts.sum_up([Outcome("lint", 0, 1.0, []), Outcome("unit", 0, 2.0, [])]) == 0
    assert capsys.readouterr().out.endswith("All 2 parts passed.\n")


def test_pytest_names_what_failed_in_the_way_that_is_summed_up(tmp_path):
    (tmp_path / "test_it.py").write_text("def test_wrong(): assert 0\ndef test_broken(missing): pass\n")
    outcome = parts.run(Part("unit", [sys.executable, "-m", "pytest", "-ra", "-p", "no:cacheprovider", str(tmp_path)]))
    assert outcome.status == 1 and len(outcome.failures) == 2
    assert "test_wrong" in outcome.failures[1] + outcome.failures[0]


@pytest.mark.parametrize(
    ("best", "run"),
    [
        ("DEFAULT", ["four threads", "other last bits"]),
        ("AVX2", ["the oldest instructions", "four threads", "other last bits"]),
        ("AVX512", ["the oldest instructions", "AVX2", "four threads", "other last bits"]),
        ("SVE256", ["the oldest instructions", "four threads", "other last bits"]),
    ],
)
def test_a_setting_runs_where_it_is_there_and_is_not_what_make_test_has_run(best, run):
    reasons = {setting.name: portability.left_out(setting, best) for setting in portability.SETTINGS}
    assert [name for name, reason in reasons.items() if not reason] == run
    assert all(reason == "" or f"this processor's best is {best}" in reason for reason in reasons.values())


def test_each_setting_runs_all_notebooks_and_one_also_the_lessons_tests():
    made = [portability.parts(setting) for setting in portability.SETTINGS]
    assert all("--nbval" in notebooks.command and "notebooks/" in notebooks.command for notebooks, *_ in made)
    lessons = [part for _, *rest in made for part in rest]
    assert len(lessons) == 1 and all("tests/lessons" in part.command for part in lessons)


def test_the_settings_arrive_in_pytorch():
    asking = "import torch; print(torch.backends.cpu.get_cpu_capability(), torch.get_num_threads())"
    for index, said in ((0, "DEFAULT "), (2, " 4")):
        environment = os.environ | portability.SETTINGS[index].environment
        done = subprocess.run([sys.executable, "-c", asking], env=environment, capture_output=True, text=True)
        assert said in done.stdout.strip() + " ", done.stderr


def test_after_a_failure_ci_goes_on_to_portability_and_fails(tmp_path):
    for failing in ("test", "portability", "neither"):
        for name in ("make", "chromium"):
            command = tmp_path / name
            command.write_text(f'#!/bin/sh\necho "{name} $1"\ntest "$1" != {failing}\n')
            command.chmod(0o755)
        environment = os.environ | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
        done = subprocess.run([str(CI)], env=environment, capture_output=True, text=True)
        assert done.stdout.split("\n")[:2] == ["make test", "make portability"]
        assert done.returncode == (failing != "neither")
