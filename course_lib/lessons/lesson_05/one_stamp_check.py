"""Lesson 05's exercise 3: the stamp that nearest + convolution is, and what to say to wrong ones."""

from __future__ import annotations

import torch

from course_lib.exercises.checks import Mistake, ValueCheck
from course_lib.texts import tr

_STAMP = [2.0, 1.0, 4.0, 5.0]


def _sums_of(answer: object) -> str:
    """What the entries that meet add up to, for four numbers; or that only zeros at the ends are too many."""
    try:
        numbers = torch.as_tensor(answer, dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        numbers = torch.zeros(0)
    reached = numbers.flatten().nonzero().flatten()
    if len(reached) and numbers.flatten()[reached[0] : reached[-1] + 1].tolist() == _STAMP:
        return tr("The numbers are right; the zeros at the ends belong to no stamp. Give the four numbers alone.")
    if numbers.shape != (4,):
        return tr(
            "It has four numbers: repeat the 1, lay the kernel on at each position, and write down what comes out."
        )
    first, second = (f"{float(numbers[start::2].sum()):g}" for start in (0, 1))
    if first == second == "6":
        return tr(
            "The entries that meet add up to 6, as they must. Now repeat the 1, and add up the two answers 2 −1 5."
        )
    says = tr("The entries that meet must add up to 5 − 1 + 2 = 6; yours add up to {first} and {second}.")
    return says.format(first=first, second=second)


check_one_stamp = ValueCheck(
    "the stamp",
    torch.tensor(_STAMP),
    [
        Mistake("That is the stamp backwards. A convolution answers to a single 1 with its kernel turned round (lesson 02).", torch.tensor([5.0, 4, 1, 2])),
        Mistake("That is the kernel itself. Repeat the 1 first, then convolve: four numbers come out.", torch.tensor([5.0, -1, 2])),
        Mistake("That is the kernel turned round, the answer to a single 1. After repeating there are two of them.", torch.tensor([2.0, -1, 5])),
        Mistake("You have repeated the kernel's numbers. It is the picture's number that is repeated.", torch.tensor([5.0, 5, -1, -1, 2, 2])),
        Mistake("You have repeated the kernel's numbers, turned round. It is the picture's number that is repeated.", torch.tensor([2.0, 2, -1, -1, 5, 5])),
        Mistake("That is the kernel itself, with a 0. The 1 is written twice, and the convolution answers to each of the two with its kernel turned round.", torch.tensor([5.0, -1, 2, 0])),
        Mistake("That is the answer to one of the two ones. The other one answers, too, one position further.", torch.tensor([2.0, -1, 5, 0])),
        Mistake("That is the answer to the second of the two ones alone. The first one answers, too, one position before.", torch.tensor([0.0, 2, -1, 5])),
        Mistake("The numbers are right; give them as one row, with a single axis.", torch.tensor([[[2.0, 1, 4, 5]]])),
        Mistake("The numbers are right; give them as one row, with a single axis.", torch.tensor([[2.0, 1, 4, 5]])),
        Mistake("You have repeated the kernel's numbers, and kept four. It is the picture's number that is repeated.", torch.tensor([2.0, 2, -1, -1])),
        Mistake("You have repeated the kernel's numbers, and kept four. It is the picture's number that is repeated.", torch.tensor([5.0, 5, -1, -1])),
        Mistake("That is the whole row. The stamp is only the part of it that is not zero: four numbers.", torch.tensor([0.0, 0, 0, 2, 1, 4, 5, 0, 0, 0])),
        Mistake("That is the whole row, backwards. Take the part that is not zero. And a convolution answers to a single 1 with its kernel turned round (lesson 02).", torch.tensor([0.0, 0, 0, 5, 4, 1, 2, 0, 0, 0])),
        Mistake("The zeros at both ends are right, but they belong to no stamp: give the four numbers between them.", torch.tensor([0.0, 2, 1, 4, 5, 0])),
        Mistake("That takes the mean of the two. Repeating gives two ones, and what they bring is added up.", torch.tensor([1.0, 0.5, 2, 2.5])),
        Mistake("The middle is missing: the two answers 2 −1 5 overlap, moved by one position, and are added up.", torch.tensor([2.0, -1, 5, 5])),
        Mistake("The two answers are added up on top of each other. The second one stands one position further to the right.", torch.tensor([4.0, -2, 10])),
        Mistake("The two answers stand one position apart, not two: 2 −1 5 0 and 0 2 −1 5.", torch.tensor([2.0, -1, 7, -1, 5])),
        Mistake("The two answers stand one position apart, not two. And a convolution answers a single 1 with its kernel turned round (lesson 02).", torch.tensor([5.0, -1, 7, -1, 2])),
        Mistake("A minus is lost: where the answers 2 −1 5 meet, −1 + 2 = 1 and 5 + (−1) = 4.", torch.tensor([2.0, 3, 6, 5])),
        Mistake("Nearly: the third number is 5 + (−1), so the minus counts.", torch.tensor([2.0, 1, 6, 5])),
        Mistake("The two answers are added up, and not taken one from the other: −1 + 2 = 1 and 5 + (−1) = 4.", torch.tensor([2.0, -3, 6, 5])),
        Mistake("The last number is missing: the second 1 reaches one position further than the first.", torch.tensor([2.0, 1, 4])),
        Mistake("The first number is missing: the answer to the first 1 begins one position before the answer to the second.", torch.tensor([1.0, 4, 5])),
        Mistake("That is one position too late: the stamp begins with the first number that is not zero, and the 0 is not part of it.", torch.tensor([1.0, 4, 5, 0])),
        Mistake("That is the answer to a single 1, which is not repeated. Write the 1 twice first.", torch.tensor([0.0, 2, -1, 5, 0])),
        Mistake("6 is what flat ground becomes, where all entries meet. Send a single 1 through, with zeros around it.", torch.tensor([6.0, 6, 6, 6])),
    ],
    hint=_sums_of,
)  # fmt: skip
