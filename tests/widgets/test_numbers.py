"""Typed numbers: what can be used reaches the control, anything else is explained, and the control stays as it was."""

import ipywidgets
import numpy as np
import pytest

from course_lib.figures import Drawing
from course_lib.widgets import Explorer
from course_lib.widgets.numbers import NumberField, typed_number, with_field

CONTROLS = {
    "slider": lambda: ipywidgets.IntSlider(20, 0, 500, 20, description="step"),
    "real slider": lambda: ipywidgets.FloatSlider(0.5, min=-4, max=4, step=0.25, description="bias"),
    "whole": lambda: ipywidgets.BoundedIntText(3, 0, 10**6, description="seed"),
    "real": lambda: ipywidgets.BoundedFloatText(7.5, min=0, max=20, step=0.5, description="guidance"),
}
NONSENSE = ["", " ", "many", "1e9", "-5000", "nan", "inf", "-inf", "1/0", "1/", "0x10", "<b>", "3,5", "9" * 5000, "1 2"]


@pytest.fixture(params=CONTROLS)
def control(request):
    return CONTROLS[request.param]()


@pytest.mark.parametrize("text", NONSENSE, ids=lambda text: repr(text[:9]))
def test_nonsense_leaves_the_control_and_is_explained(control, text):
    field, before = NumberField(control), control.value
    field.text = text
    assert control.value == before and field.text == text, "the reader sees what was typed"
    assert field.message.startswith(f"{control.description}: expected a ") and len(field.message) < 150
    assert field.message.endswith(f". It stays {before:g}.")
    field.text = f"{control.max}"
    assert control.value == control.max and field.message == ""


def test_a_minus_is_a_minus_in_the_sentence_and_what_the_keyboard_has_in_the_field():
    field = NumberField(CONTROLS["real slider"]())
    field.control.value = -1.5
    assert field.text == "-1.5"
    field.text = "-9"
    assert field.message.endswith("a number from −4 to 4 in steps of 0.25; got '-9'. It stays −1.5.")


def test_a_control_that_moves_is_shown_and_ends_a_complaint(control):
    field = NumberField(control)
    field.text = "many"
    control.value = control.min
    assert field.text == f"{control.min:g}" and field.message == ""


@pytest.mark.parametrize("text", ["21", "0.5", "19.999"])
def test_beside_a_slider_only_its_own_places_can_be_typed(text):
    field = NumberField(CONTROLS["slider"]())
    field.text = text
    assert field.message == f"step: expected a whole number from 0 to 500 in steps of 20; got '{text}'. It stays 20."


@pytest.mark.parametrize(("text", "value"), [("0.75", 0.75), ("-3", -3), ("\N{MINUS SIGN}1/4", -0.25), (" 2 ", 2)])
def test_numbers_are_read_as_they_are_typed(text, value):
    slider = CONTROLS["real slider"]()
    field = NumberField(slider)
    field.text = text
    assert slider.value == value == typed_number(text) and field.message == ""
    assert field.text == f"{value:g}"


def test_a_field_without_a_slider_takes_numbers_between_its_steps():
    guidance = CONTROLS["real"]()
    NumberField(guidance).text = "7.25"
    assert guidance.value == 7.25


def test_whole_numbers_stay_whole_and_large_ones_exact():
    seed = CONTROLS["whole"]()
    field = NumberField(seed)
    field.text = "999999"
    assert seed.value == 999999 and isinstance(seed.value, int) and field.text == "999999"
    field.text = "9999999"
    assert "from 0 to 1000000; got '9999999'. It stays 999999." in field.message


def test_only_numbers_get_a_field():
    for control in (ipywidgets.Checkbox(), ipywidgets.Dropdown(options=["a"]), ipywidgets.Text()):
        assert with_field(control) is control


def test_an_explorer_draws_again_for_a_typed_number_and_not_for_nonsense():
    drawn = []

    def draw(step):
        drawn.append(step)

        return Drawing(np.zeros((4, 4, 3), np.uint8), f"Step {step}.")

    explorer = Explorer(draw, {"step": CONTROLS["slider"]()}, label="Steps")
    (_, field) = explorer.children[1].children[0].children
    field.text = "440"
    field.text = "441"
    assert drawn == [20, 440] and explorer.sentence == "Step 440." and "got '441'" in field.message
