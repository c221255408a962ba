"""pyproject.toml, constraints.txt and environment.yml agree with each other, and with what is installed."""

import importlib.metadata
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [Requirement(line) for line in PROJECT["dependencies"]]
FOR_TESTS = [Requirement(line) for line in PROJECT["optional-dependencies"]["test"]]
CONDA_NAMES = {"torch": "pytorch"}

PIN_LINES = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if not line.startswith("#")]
PINS = [Requirement(line) for line in PIN_LINES]
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text())
CONDA_LINES = [line for line in CONDA["dependencies"] if isinstance(line, str)]


def pins_of(name):
    return [pin for pin in PINS if canonicalize_name(pin.name) == canonicalize_name(name)]


@pytest.mark.parametrize("line", PIN_LINES)
def test_every_pin_is_one_exact_public_version(line):
    pin = Requirement(line)
    (specifier,) = pin.specifier
    assert specifier.operator == "==" and "*" not in specifier.version and "+" not in specifier.version
    assert pin.url is None and not pin.extras


def test_no_package_is_pinned_twice_for_the_same_python():
    for version in ("3.11.2", "3.11.9", "3.12.4", "3.13.1", "3.14.0"):
        environment = {"python_full_version": version, "python_version": version.rpartition(".")[0]}
        names = [canonicalize_name(pin.name) for pin in PINS if not pin.marker or pin.marker.evaluate(environment)]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("needed", NEEDED + FOR_TESTS, ids=str)
def test_every_dependency_is_pinned_within_its_range(needed):
    pins = pins_of(needed.name)
    assert pins
    for pin in pins:
        (specifier,) = pin.specifier
        assert needed.specifier.contains(specifier.version)


def test_what_the_dependencies_need_is_pinned_too():
    todo, seen, free = [*NEEDED, *FOR_TESTS], set(), set()
    while todo:
        needed = todo.pop()
        key = canonicalize_name(needed.name), frozenset(needed.extras)
        if key in seen:
            continue
        seen.add(key)
        if not pins_of(needed.name):
            free.add(needed.name)
        for line in importlib.metadata.requires(needed.name) or []:
            further = Requirement(line)
            extras = needed.extras or {""}
            if not further.marker or any(further.marker.evaluate({"extra": extra}) for extra in extras):
                todo.append(further)
    # A CUDA build of torch names the exact versions of its own libraries.
    free = {name for name in free if not name.startswith(("nvidia-", "cuda-", "triton"))}
    assert not free


def test_conda_takes_one_channel_and_no_other():
    assert CONDA["channels"] == ["conda-forge", "nodefaults"]


def test_conda_has_the_names_and_bounds_of_pyproject():
    assert CONDA["dependencies"][-1] == {"pip": ["-e ."]}
    conda = {line.split()[0]: line.partition(" ")[2] for line in CONDA_LINES}
    assert conda.pop("pip") == ""
    python = SpecifierSet(conda.pop("python"))
    assert str(SpecifierSet(PROJECT["requires-python"])) in str(python).split(",")
    wanted = {CONDA_NAMES.get(needed.name, needed.name): needed.specifier for needed in NEEDED}
    assert {name: SpecifierSet(bounds) for name, bounds in conda.items()} == wanted
