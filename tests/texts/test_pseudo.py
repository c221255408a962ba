"""In a language that nobody speaks, whatever an explorer or a runner shows is translated."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib.lessons import lesson_01, lesson_06
from course_lib.samplers import SAMPLERS
from course_lib.schedulers import SCHEDULERS
from tests.texts import pseudo
from tests.texts.catalogue import collect

ROOT = Path(__file__).parents[2]
# Names of code and of schedulers, and words of prompts, which are the same in every language.
CODE = {*SAMPLERS, *SCHEDULERS, *lesson_06.SKIPS, *lesson_01.EXAMPLES, "mid_block", "bottom", "time_embedding"}
CODE |= {row.label for row in SCHEDULERS.values()}
CODE |= {"conv_out", "red", "circle", "above", "blue", "square", "green", "yellow", "orange", "purple", "black"}


def untranslated(text: str) -> str:
    """What stands outside all brackets of the pseudo-language, without numbers and names of code; empty if nothing."""
    depth, outside = 0, ""
    for letter in text:
        depth += letter == "["
        if not depth:
            outside += letter
        depth -= letter == "]" and depth > 0
    left = outside.strip().removeprefix("▸").strip()
    if left in CODE or re.fullmatch(r"(down|up)_blocks\.\d", left):
        return ""
    return left if re.search("[A-Za-z]{2}", left) else ""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of catalogues that has the pseudo-language."""
    made = tmp_path_factory.mktemp("locale")
    pseudo.write(made)
    return made


def test_the_pseudo_language_is_longer_has_thai_and_keeps_the_places():
    said = pseudo.pseudo("Step {step} of {steps}")
    assert said.format(step=3, steps=20).startswith("[Step 3 of 20 ไทย") and len(said) >= 4 / 3 * 22
    assert untranslated("[a [b ไทย] c] 0.25") == "" and untranslated("[a ไทย] left out") == "left out"


@pytest.mark.parametrize(
    "lessons",
    [("01", "02", "08"), ("03", "04", "05"), ("06", "07", "17"), ("10", "12", "13"), ("14", "15")],
    ids=" ".join,
)
def test_everything_that_an_explorer_or_a_runner_shows_is_translated(folder, lessons):
    command = [sys.executable, "-m", "tests.texts.sweep", str(folder), *lessons]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert {name[:2] for name in report} == set(lessons)
    left = {
        (widget, place, text)
        for widget, shown in report.items()
        for place, texts in shown.items()
        for text in texts
        if untranslated(text)
    }
    assert not left
    assert all(shown["sentences"] for shown in report.values())


def test_the_catalogue_holds_templates_declared_texts_and_what_notebooks_hand_over():
    ids = {message.id if isinstance(message.id, str) else message.id[0] for message in collect() if message.id}
    wanted = [
        "[not yet] {says}",  # a template
        "Result after {steps} step, sigma {sigma}.",  # one with a plural
        lesson_01.quiz[0].text,
        lesson_01.quiz[0].choices[0].reply,
        lesson_01.check_tokens.mistakes[-1].says,
        "the shape of the tokens",
        lesson_01.ALT_RUNS,
        "Words in, picture out",  # a label in a notebook
        "A window over a picture",
        "conv_in across",
        "The arrow keys, or the mouse, move the cursor in the picture.",  # of the page's own words
    ]
    assert not [text for text in wanted if text not in ids]
    assert not ids & {"0", "192", lesson_01.EXAMPLES[0], "dpmpp_2m"}


def test_every_template_keeps_its_places_in_every_form():
    for message in collect():
        if isinstance(message.id, tuple):
            one, many = (set(re.findall(r"\{(\w+)", form)) for form in message.id)
            assert one <= many, f"{message.id}: what is said of one thing names what is not said of many"
