"""The checks of lesson 11: other ways of writing an answer are right, and usual slips are named."""

import pytest
import torch

from course_lib.diffusion import guide
from course_lib.lessons import lesson_11 as lesson

normal = torch.nn.functional.normalize


def cosines(a, b):
    return a @ b.T / torch.outer(a.norm(dim=1), b.norm(dim=1))


@pytest.mark.parametrize(
    "answer",
    [
        lambda a, b, w: (1 + w) * b - w * a,
        lambda a, b, w: a + (w + 1) * (b - a),
        lambda a, b, w: guide(a, b, 1 + w),
        lambda a, b, w: torch.lerp(a, b, 1 + w),
        lambda a, b, w: torch.stack([y + w * (y - x) for x, y in zip(a, b, strict=True)]),
    ],
)
def test_other_ways_of_writing_guidance_are_right(answer):
    assert lesson.check_guide.verdict(answer) == "[OK] my_guide is right."


@pytest.mark.parametrize(
    "answer",
    [
        lambda a, b: (a / a.norm(dim=1, keepdim=True)) @ (b / b.norm(dim=1, keepdim=True)).T,
        lambda a, b: a @ b.T / a.square().sum(1).sqrt()[:, None] / b.square().sum(1).sqrt(),
        lambda a, b: torch.stack([torch.stack([x @ y / (x.norm() * y.norm()) for y in b]) for x in a]),
        cosines,
    ],
)
def test_other_ways_of_writing_cosines_are_right(answer):
    assert lesson.check_cosine.verdict(answer) == "[OK] my_cosines is right."


def test_ready_made_cosines_are_refused():
    for answer in (
        lambda a, b: torch.nn.functional.normalize(a) @ torch.nn.functional.normalize(b).T,
        lambda a, b: torch.cosine_similarity(a[:, None], b[None], dim=2),
        lambda a, b: torch.nn.CosineSimilarity(dim=2)(a[:, None], b[None]),
    ):
        assert "right, but" in lesson.check_cosine.verdict(answer)


def test_counting_passes():
    assert lesson.check_passes.verdict(torch.tensor(28)).startswith("[OK]")
    assert "how many steps are guided" in lesson.check_passes.verdict(8)


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda a, b, w: (1 - w) * a + w * b, "the page's way of counting"),
        (torch.lerp, "the page's way of counting"),
        (lambda a, b, w: guide(a, b, w - 1), "where it must be added"),
        (lambda a, b, w: (w + 2) * b - (w + 1) * a, "one difference too far"),
        (lambda a, b, w: b - w * (b - a), "wrong sign"),
        (lambda a, b, w: (1 + w) * a - w * b, "exchanged"),
        (lambda a, b, w: a + w * b, "Only the answer with the words is multiplied"),
        (lambda a, b, w: w * b, "answer without the words is missing"),
        (lambda a, b, w: b + w * b, "answer without the words is missing"),
        (lambda a, b, w: a + w * b - a, "answer without the words is missing"),
        (lambda a, b, w: b + w * b - a, "brackets are missing"),
        (lambda a, b, w: (1 + w) * b - a, "subtracted once, not w times"),
        (lambda a, b, w: w * b - w * a, "Add it to `with_words`"),
        (lambda a, b, w: (w + 1) * (b - a), "Add it to `without`"),
        (lambda a, b, w: (1 + w) * b + w * a, "share of `without` is −w"),
        (lambda a, b, w: b + w * (a + b), "the difference, not the sum"),
        (lambda a, b, w: 1 + w * b - w * a, "the 1 belongs to w"),
        (lambda a, b, w: b + w, "You add w itself"),
        (lambda a, b, w: a + w + 1 * (b - a), "(w + 1)"),
        (lambda a, b, w: a + (b - a) * w + 1, "the 1 belongs to w"),
        (lambda a, b, w: b + (b - a) / w, "You divide by w"),
        (lambda a, b, w: a + 4 * (b - a), "same for every w"),
        (lambda a, b, w: b + 7.5 * (b - a), "same for every w"),
        (lambda a, b, w: b, "same for every w"),
        (lambda a, b, w: a, "same for every w"),
        (lambda a, b, w: w * b - a, "brackets are missing"),
        (lambda a, b, w: b - a * w, "Only `without` is multiplied"),
        (lambda a, b, w: b + w * (b - a) + a, "once too often"),
        (lambda a, b, w: 2 * b - a, "right at w = 1 alone"),
        (lambda a, b, w: b - a, "Multiply it by w"),
    ],
)
def test_slips_of_guidance_are_named(answer, says):
    verdict = lesson.check_guide.verdict(answer)
    assert says in verdict and "stops with" not in verdict, "an error quotes the line above, and with it the sentence"


def test_brackets_that_call_a_number_are_told():
    verdict = lesson.check_guide.verdict(lambda a, b, w: b + w(b - a))
    assert verdict.endswith("object is not callable. A number or a tensor with brackets behind it is called like a "
                            "function. To multiply, write *.")  # fmt: skip


@pytest.mark.parametrize(
    "answer",
    [
        lambda a, b, w: guide(a, b, 1 - w),
        lambda a, b, w: guide(a, b, -w),
        lambda a, b, w: guide(b, a, w - 1),
    ],
)
def test_another_scale_below_0_is_not_called_1_too_small(answer):
    assert "where it must be added" not in lesson.check_guide.verdict(answer)


def test_a_scale_that_is_cut_off_is_not_called_unused():
    assert "same for every w" not in lesson.check_guide.verdict(lambda a, b, w: a + min(w, 1) * (b - a))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda a, b: a * b, "Two shapes do not fit"),
        (lambda a, b: a @ b.T / (a.norm(dim=1)[:, None] * b.norm(dim=1)[:, None]), "Two shapes do not fit"),
        (lambda a, b: (a @ b.T).sum(), "shape"),
        (lambda a, b: a @ b, "transpose the second"),
        (lambda a, b: a @ b.T / (a.norm(dim=1) * b.norm(dim=1)), "[:, None]"),
        (lambda a, b: 1 - cosines(a, b), "1 minus the cosine"),
        (lambda a, b: torch.acos(cosines(a, b)), "That is the angle"),
        (lambda a, b: torch.arccos(normal(a) @ normal(b).T), "That is the angle"),
        (lambda a, b: a @ b.T * torch.outer(a.norm(dim=1), b.norm(dim=1)), "multiply by the lengths"),
        (lambda a, b: cosines(a, b).abs(), "signs are lost"),
        (lambda a, b: a @ b.T, "Those are dot products"),
        (lambda a, b: (a / a.norm(dim=1)) @ (b / b.norm(dim=1)).T, "keepdim=True"),
        (lambda a, b: a @ b.T / (a.sum(1)[:, None] * b.sum(1)), "divide by sums"),
        (lambda a, b: a @ b.T / torch.outer(a.norm(p=1, dim=1), b.norm(p=1, dim=1)), "divide by sums"),
        (lambda a, b: torch.softmax(a @ b.T, dim=1), "shares of the dot products"),
        (lambda a, b: torch.softmax(cosines(a, b), dim=1), "lies between −1 and 1"),
        (lambda a, b: a @ b.T / len(a) / len(b), "len counts the vectors"),
        (lambda a, b: a @ b.T / (a.norm(1) * b.norm(1)), "the 1 isn't the axis"),
        (lambda a, b: a @ b.T / (a.norm()[:, None] * b.norm()), "cannot become a column"),
        (lambda a, b: a @ b.T / (a.norm(1)[:, None] * b.norm(1)), "cannot become a column"),
        (lambda a, b: a @ b.T / torch.outer(a.norm(dim=0), b.norm(dim=0)), "for each column"),
        (lambda a, b: a @ b.T / a.norm(dim=0) / b.norm(dim=0), "for each column"),
        (lambda a, b: cosines(torch.eye(2), torch.ones(3, 2)), "same for every `a` and `b`"),
    ],
)
def test_slips_of_cosines_are_named(answer, says):
    verdict = lesson.check_cosine.verdict(answer)
    assert says in verdict and "stops with" not in verdict
