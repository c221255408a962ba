"""The runner: the button asks for a run with the controls' values; a refusal is a sentence, and the last run stays."""

import ipywidgets
import pytest
import torch

from course_lib.samplers import steps
from course_lib.widgets import Runner


def run(seed, words):
    if words == "nonsense":
        raise ValueError("no picture fits 'nonsense'")
    if words == "broken":
        raise ZeroDivisionError("a mistake in the lesson")
    x = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(seed))
    return f"{words}, seed {seed}", steps("euler", lambda x, sigma: 0.5 * x, x, [2.0, 1.0, 0.0])


def make():
    controls = {"seed": ipywidgets.BoundedIntText(3), "words": ipywidgets.Text("cat")}
    return Runner(run, controls, label="Words and seeds")


def test_it_runs_at_once_and_again_at_the_button():
    runner = make()
    first = runner.player.sprite
    assert runner.player.about["title"] == "cat, seed 3"
    runner.controls["seed"].value = 4
    assert runner.player.sprite == first, "it must wait for the button"
    runner.button.click()
    assert runner.player.about["title"] == "cat, seed 4" and runner.player.sprite != first
    runner.controls["seed"].value = 3
    runner.button.click()
    assert runner.player.sprite == first


def test_a_refusal_is_a_sentence_and_the_last_run_stays():
    runner = make()
    before = runner.player.sprite
    runner.controls["words"].value = "nonsense"
    runner.button.click()
    assert runner.message.value == "no picture fits 'nonsense'" and runner.player.sprite == before
    runner.controls["words"].value = "dog"
    runner.button.click()
    assert runner.message.value == "" and runner.player.about["title"] == "dog, seed 3"


def test_a_mistake_in_the_lesson_is_logged_and_no_sentence_for_the_reader(caplog):
    runner = make()
    runner.controls["words"].value = "broken"
    runner.button.click()
    assert "ZeroDivisionError: a mistake in the lesson" in caplog.text and runner.message.value == ""


def test_its_still_form_is_the_present_run():
    runner = make()
    data, metadata = runner._repr_mimebundle_()
    assert data["text/plain"] == repr(runner.static()) and "cat, seed 3" in metadata["image/png"]["alt"]
    assert "application/vnd.jupyter.widget-view+json" in data


@pytest.mark.parametrize(
    ("controls", "label", "words"),
    [({}, "", "needs a label"), ({"seed": 3}, "Seeds", "'seed' must be a widget with a value; got int")],
)
def test_bad_runners_are_refused(controls, label, words):
    with pytest.raises(ValueError, match=words):
        Runner(run, controls, label=label)


def test_latents_are_decoded_in_a_third_pane_and_a_full_memory_is_a_sentence():
    def latents(seed):
        if seed == 9:
            raise MemoryError("The memory of cuda is full.")
        x = torch.randn(1, 4, 4, 4, generator=torch.Generator().manual_seed(seed))
        return f"seed {seed}", steps("euler", lambda x, sigma: 0.5 * x, x, [2.0, 1.0, 0.0])

    decode = lambda latent: latent[:, :3].repeat_interleave(8, 2).repeat_interleave(8, 3)  # noqa: E731
    runner = Runner(latents, {"seed": ipywidgets.BoundedIntText(3)}, label="Latents", decode=decode)
    assert [pane["width"] for pane in runner.player.about["panes"]] == [4, 4, 32]
    before = runner.player.sprite
    runner.controls["seed"].value = 9
    runner.button.click()
    assert runner.message.value == "The memory of cuda is full." and runner.player.sprite == before


def clicked(runner, **shown):
    """What the page sends at a click, when its fields show these texts, or numbers of a slider."""
    fields = [
        {name: getattr(field, name) for name in ("value", "text") if hasattr(field, name)}
        for field in fields_of(runner)
    ]
    for place, value in shown.items():
        fields[int(place[-1])][place[:-1]] = value
    runner.button._handle_custom_msg({"clicked": fields}, [])


def fields_of(runner):
    return [field for box in runner.children[1].children[:-1] for field in box.children]


def test_a_click_brings_along_what_the_page_has_not_sent_yet():
    made = Runner(
        lambda seed, level: run(seed, f"level {level}"),
        {"seed": ipywidgets.BoundedIntText(3), "level": ipywidgets.IntSlider(5)},
        label="Numbers",
    )
    assert [type(field).__name__ for field in fields_of(made)] == ["NumberField", "IntSlider", "NumberField"]
    clicked(made, text0="4")
    assert made.player.about["title"] == "level 5, seed 4"
    clicked(made, value1=6)  # the field beside the slider has still the older number
    assert made.player.about["title"] == "level 6, seed 4" and fields_of(made)[2].text == "6"
    clicked(made, text2="7")
    assert made.player.about["title"] == "level 7, seed 4" and fields_of(made)[1].value == 7
    clicked(made, text0="many")
    assert made.player.about["title"] == "level 7, seed 4" and "got 'many'" in fields_of(made)[0].message
