"""Wrong answers to lesson 10's exercises that stand for many, and right ones that are written in another way."""

import math

import pytest
import torch

from course_lib.lessons import lesson_10 as lesson


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (lambda back, picture: (back - picture).square(), "mean is missing"),
        (lambda back, picture: (back - picture).square().mean, "brackets is missing"),
        (lambda back, picture: (back - picture**2).mean().abs(), "first back - picture"),
        (lambda back, picture: (back - picture).square().mean().sqrt(), "Leave out the root"),
    ],
)
def test_wrong_errors_are_named(error, words):
    assert words in lesson.check_decibels.verdict(lambda back, picture: 10 * math.log10(4 / error(back, picture)))


def mse(back, picture):
    return (back - picture).square().mean()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda back, picture: 20 * math.log10(2 / (back - picture).mean().item()), "Square the differences first"),
        (lambda back, picture: 10 * torch.log10(4 / (picture - back).mean()), "Square the differences first"),
        (lambda back, picture: 10 * math.log10(4 / (back - picture.square()).mean()), "first back - picture"),
        (lambda back, picture: 10 * math.log10(2 ^ 2 / mse(back, picture).item()), "write ** 2"),
        (lambda back, picture: 10 * math.log10(4 / (back - picture ^ 2).mean().item()), "write ** 2"),
        (lambda back, picture: 20 * math.log10(2 / mse(back, picture)), "squared twice"),
        (lambda back, picture: 10 * math.log10(4**2 / mse(back, picture)), "once too often"),
        (lambda back, picture: 10 * math.log10(2**2) / mse(back, picture), "inside the logarithm"),
        (lambda back, picture: 10 * math.log10(2 / (back - picture).abs().mean()), "and the range, too"),
        (
            lambda back, picture: 10 * math.log10((picture.max() - picture.min()) ** 2 / mse(back, picture)),
            "is that of",
        ),
        (lambda back, picture: 10 ** math.log10(4 / mse(back, picture)), "or undone: write 10 *"),
        (lambda back, picture: -10 * math.log10(mse(back, picture)), "left the range out"),
        (lambda back, picture: 10 * math.log10(mse(back, picture)), "range is missing"),
        (lambda back, picture: 10 * math.log10(4 * mse(back, picture)), "Divide 4 by it"),
        (lambda back, picture: (10 * torch.log10(4 / (back - picture) ** 2)).mean(), "a logarithm for each pixel"),
        (
            lambda back, picture: 10 * math.log10(4 / ((back - picture) ** 2).sum() / picture.numel()),
            "from left to right",
        ),
        (lambda back, picture: 4 / ((back - picture) ** 2).sum() / picture.numel(), "logarithm is missing, too"),
        (lambda back, picture: round(10 * math.log10(4 / mse(back, picture)), 2), "Don't round"),
        (lambda back, picture: round(10 * math.log10(4 / mse(back, picture))), "Don't round"),
        (lambda back, picture: int(10 * math.log10(4 / mse(back, picture))), "int and floor throw"),
        (lambda back, picture: 20 * math.log10(2 / (back - picture).abs().mean()), "and then its root"),
        (lambda back, picture: 10 * math.log10(4 / ((back - picture) ** 2).sum() * len(back)), "len counts"),
        (lambda back, picture: -10 * math.log(mse(back, picture)), "write 4 above"),
        (lambda back, picture: 10 * math.log10((2 ^ 2) / mse(back, picture)), "2^2 is 0"),
        (lambda back, picture: 10 * math.log10((2 ^ 2) / mse(back, picture).item()), "2^2 is 0"),
        (lambda back, picture: 10 * torch.log10((2 ^ 2) / mse(back, picture)), "2^2 is 0"),
        (lambda back, picture: lesson.decibels(back, picture), "ready-made"),
    ],
)
def test_wrong_formulas_are_named(answer, words):
    assert words in lesson.check_decibels.verdict(answer)


def test_ways_to_the_right_number_of_decibels_are_right():
    ways = [
        lambda back, picture: 20 * math.log10(2 / mse(back, picture).sqrt().item()),
        lambda back, picture: 10 * torch.log10(4 / (picture - back).pow(2).mean()),
        lambda back, picture: 10 * (math.log10(4) - math.log10(mse(back, picture))),
    ]
    assert {lesson.check_decibels.verdict(way) for way in ways} == {"[OK] psnr is right."}


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda channels, factor: 3 * factor**2 // channels, "throws the fraction away"),
        (lambda channels, factor: int(3 * 512**2 / (channels * (512 // factor) ** 2)), "throws the fraction away"),
        (lambda channels, factor: round(3 * factor**2 / channels), "Don't round"),
        (lambda channels, factor: 3 * 512 * 512 / (channels * factor**2), "It is 512 / factor"),
        (lambda channels, factor: 3 * factor**2 / (2 * channels), "half precision"),
        (lambda channels, factor: 3 * factor**2 / (4 * channels), "single precision"),
        (lambda channels, factor: 3 * factor**2 / 4, "4 belongs to Stable"),
        (lambda channels, factor: 3 * factor**2 / 16, "16 belongs to the VAE"),
        (lambda channels, factor: 12, "use both arguments"),
        (lambda channels, factor: 3 * 512**2 / (channels * 512 / factor), "has two sides"),
        (lambda channels, factor: 3 * factor / channels, "counts twice"),
        (lambda channels, factor: 3 * (factor ^ 2) / channels, "write factor ** 2"),
        (lambda channels, factor: 3 * 512**2 / (channels * (512 / factor) ** 2), "[OK]"),
    ],
)
def test_wrong_counts_are_named(answer, words):
    assert words in lesson.check_times.verdict(answer)


def test_names_without_an_import_are_told():
    def psnr(back, picture):
        return 10 * log10(4 / (back - picture).square().mean().item())  # noqa: F821

    assert "`import math` first" in lesson.check_decibels.verdict(psnr)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ([...] * 6, "still missing"),
        ([False, True, True, True, True, ...], "A `...` is left"),
        ([True, True, True, False, True, True], "Look again at (a)"),
        ([False, True], "You gave 2 of 6"),
        ((False, True, True, True, True, True), "[OK]"),
        (torch.tensor([False, True, True, True, True, True]), "[OK]"),
    ],
)
def test_lists_of_networks_are_told_what_is_left(answer, words):
    assert words in lesson.check_parts.verdict(answer)
