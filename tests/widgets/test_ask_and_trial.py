"""Questions keep their answer to themselves; the trial says what to do when it is not seen."""

import base64
import json

import pytest
import torch

from course_lib.exercises.quiz import Choice, Question
from course_lib.widgets import ask, slider_works
from course_lib.widgets.page import WIDGET_VIEW

QUESTION = Question(
    "How many numbers does `conv2d` learn for one 3x3 filter over a picture of three channels, without its bias?",
    (Choice("9", "That is one channel."), Choice("27", "Three channels of nine.", right=True), Choice("3", "Count.")),
)


def test_the_still_form_of_a_question_holds_no_answer():
    data, metadata = ask(QUESTION)._repr_mimebundle_()
    text = data["text/plain"]
    assert all(f"( ) {choice.text}" in text for choice in QUESTION.choices) and text.startswith("Question: How many")
    assert max(map(len, text.splitlines())) <= 88
    everything = json.dumps(data)
    assert not any(choice.reply in everything for choice in QUESTION.choices) and "right" not in everything
    assert set(metadata) == {WIDGET_VIEW}, "the replies are kept beside the view, and go with it from what is committed"
    assert set(data) == {"text/plain", "application/vnd.jupyter.widget-view+json"}


def test_the_page_gets_question_and_replies():
    shown = ask(QUESTION).question
    assert shown["text"] == QUESTION.text and [choice["right"] for choice in shown["choices"]] == [False, True, False]


def test_only_questions_are_asked():
    with pytest.raises(ValueError, match="expected a Question; got str"):
        ask("Why?")


def test_the_trial_says_what_to_do_when_it_is_not_seen():
    data, _ = slider_works()._repr_mimebundle_()
    assert data["text/plain"].startswith("If you can read this line and see no slider, widgets are not running")
    assert "image/png" not in data  # a picture would stand in front of the words


def test_the_trial_answers_the_page():
    made, sent = slider_works(torch.zeros(1, 3, 4, 6)), []
    made.send = sent.append
    made._handle_custom_msg({"hello": True}, [])
    assert sent == [{"hello": True}] and made.size == [6, 4]
    assert len(made.picture) == len(made.noise) == 4 * 6 * 3 * 4
    assert base64.b64encode(made.noise) == base64.b64encode(slider_works(torch.zeros(3, 4, 6)).noise)


@pytest.mark.parametrize("shape", [(1, 8, 8), (2, 3, 8, 8), (8, 8)])
def test_the_trial_refuses_what_is_no_picture(shape):
    with pytest.raises(ValueError):
        slider_works(torch.zeros(shape))
