"""Lesson 02's exercises: what learners write in place of the right answer, and what the checks say to it."""

import math

import pytest
import torch
import torch.nn.functional as F

from course_lib.layers import conv2d, output_size
from course_lib.lessons import lesson_02 as lesson

RIGHT = """
def my_conv2d(x, weight, bias, stride, padding):
    x = F.pad(x, (padding, padding, padding, padding))
    height, width = weight.shape[2:]
    rows, columns = (x.shape[1] - height) // stride + 1, (x.shape[2] - width) // stride + 1
    out = torch.zeros(len(weight), rows, columns)
    for i in range(rows):
        for j in range(columns):
            top, left = i * stride, j * stride
            window = x[:, top : top + height, left : left + width]
            out[:, i, j] = (weight * window).sum(dim=(1, 2, 3)) + bias
    return out
"""
PAD = "    x = F.pad(x, (padding, padding, padding, padding))\n"
SIZES = "(x.shape[1] - height) // stride + 1, (x.shape[2] - width) // stride + 1"
ONE_INSIDE = SIZES.replace(") // stride + 1", " + 1) // stride")
ROOM_FOR_STRIDE_1 = SIZES.replace(" // stride", "")
KERNEL_DIVIDED = SIZES.replace("(", "").replace(")", "")
NO_FILTERS = ("len(weight), rows", "rows")
FOR_EACH = ".sum(dim=(1, 2, 3))"
LOOPS = "for i in range(rows):\n        for j in range(columns):"
WINDOW = "x[:, top : top + height, left : left + width]"
LOOPS_SHORT = LOOPS.replace("(rows)", "(rows - 1)").replace("(columns)", "(columns - 1)")
IN_STEPS = [("(rows)", "(0, rows, stride)"), ("(columns)", "(0, columns, stride)"), (" * stride", "")]
ROUNDED_UP = SIZES.replace("(x.shape", "-(-(x.shape").replace(" // stride", " // stride)")
IN_STEPS_OF_OUT = [("[:, i, j]", "[:, i // stride, j // stride]"), (" * stride", "")]
ALL_STEPS = [("(rows)", "(0, x.shape[1] - height + 1, stride)"), ("(columns)", "(0, x.shape[2] - width + 1, stride)")]
ONE_STEP_LESS = [("(rows)", "(0, x.shape[1] - height, stride)"), ("(columns)", "(0, x.shape[2] - width, stride)")]
ENDS_TIMES_STRIDE = [("top + height", "(i + height) * stride"), ("left + width", "(j + width) * stride")]
RETURN = "return out + bias[:, None, None]"
FILL = "out[:, i, j] = (weight * window).sum(dim=(1, 2, 3)) + bias"
LOOP_OVER_FILTERS = """for o in range(len(weight)):
                out[o, i, j] = weight[o] * window + bias[o]"""
ALL_BIASES = """for o in range(len(weight)):
                out[o, i, j] = (weight[o] * window).sum() + bias"""
FILL_EACH = f"""for o in range(len(weight)):
                {FILL.replace("[:, i", "[o, i")}"""
LOOP_OVER_CHANNELS = """for c in range(len(x)):
                out[:, i, j] = (weight[:, c] * window[c]).sum(dim=(1, 2)) + bias"""
PADDED_ONCE = SIZES.replace("x.shape[1]", "unpadded[1] + padding").replace("x.shape[2]", "unpadded[2] + padding")
PADDED_TWICE = SIZES.replace(" - ", " + 2 * padding - ")
PADDED_AFTER = f"rows, columns = {SIZES}\n"


def said_to(*changes):
    """The verdict on the right answer with pieces of its text exchanged."""
    text = RIGHT
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    names = {"F": F, "torch": torch, "output_size": output_size}
    exec(text, names)
    return lesson.check_conv2d.verdict(names["my_conv2d"])


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ("[OK] my_conv2d is right.", []),
        ("size of the unpadded picture", [(PAD, ""), (PADDED_AFTER, PADDED_AFTER + PAD)]),
        ("stay 0: range(rows) ends", [(LOOPS, LOOPS_SHORT)]),
        ("The stride is there for the rows only", [("j * stride", "j")]),
        ("The stride is there for the columns only", [("i * stride", "i")]),
        ("Only the first row is filled", [("    return out", "        return out")]),
        ("Only one number is filled", [("    return out", "            return out")]),
        ("Only the first filter is used", [("weight * window", "weight[:1] * window"), ("+ bias", "+ bias[0]")]),
        ("it is kernel - 1.", [(SIZES, "(x.shape[1] - 2) // stride, (x.shape[2] - 2) // stride")]),
        ("And divide what is left by the stride", [(SIZES, "x.shape[1] - 2, x.shape[2] - 2")]),
        ("kernel - 1. And the window starts", [(SIZES, "x.shape[1] - 2, x.shape[2] - 2"), (" * stride", "")]),
        ("You add up all filters", [(FOR_EACH, ".sum()")]),
        ("keeps the filters apart. And add the bias", [(FOR_EACH + " + bias", ".sum()")]),
        ("Indices count from 0", [("out[:, i, j]", "out[:, j, i]")]),
        ("x has the channels first", [(WINDOW, WINDOW.replace(":, ", "", 1))]),
        ("x has the channels first", [(WINDOW, "x[i : i + 3, j : j + 3]")]),
        ("F.pad takes four numbers", [("(padding, padding, padding, padding)", "padding")]),
        ("into one cell. Write to out[:, i, j]", [NO_FILTERS, ("out[:, i, j]", "out[i, j]")]),
        ("into one cell. Write to out[:, i, j]", [NO_FILTERS, ("out[:, i, j] =", "out[i, j] +=")]),
        ("Or, in a loop over the filters, take weight[o] and bias[o]", [(FILL, ALL_BIASES)]),
        ("Or, in a loop over the filters, take weight[o] and bias[o]", [(FILL, FILL_EACH)]),
        ("The size counts the padding once more", [(SIZES, PADDED_TWICE)]),
        ("the window has no zeros: cut it out", [(PAD, ""), (SIZES, PADDED_TWICE)]),
        ("the window has no zeros: cut it out", [(PAD, "    y" + PAD[5:]), (SIZES, SIZES.replace("x.", "y."))]),
        ("The window starts too far in", [("stride, j * stride", "stride + padding, j * stride + padding")]),
        ("and keep the result, x = F.pad(x, ...).", [("x = F.pad", "F.pad")]),
        ("The + 1 of the size belongs after", [(SIZES, ONE_INSIDE)]),
        ("the result has room for stride 1", [(SIZES, ROOM_FOR_STRIDE_1)]),
        ("Only the kernel is divided by the stride", [(SIZES, KERNEL_DIVIDED)]),
        ("The size is rounded up", [(SIZES, ROUNDED_UP)]),
        ("it ends at i * stride + kernel rows", ENDS_TIMES_STRIDE),
        ("your loops move by the stride, write to out[:, i // stride", [*ALL_STEPS, IN_STEPS_OF_OUT[1]]),
        ("[OK]", [*ALL_STEPS, *IN_STEPS_OF_OUT]),
        ("The last results stay 0: range(0, rows - kernel rows", [*ONE_STEP_LESS, *IN_STEPS_OF_OUT]),
        ("at one end only, in F.pad or in the size", [(PAD, "    unpadded = x.shape\n" + PAD), (SIZES, PADDED_ONCE)]),
        ("Only the last channel is left", [(FILL, LOOP_OVER_CHANNELS)]),
        ("moves by one. And the bias is missing", [(" // stride", ""), (" * stride", ""), (" + bias", "")]),
        ("Only the first row is filled", [(" + bias", ""), ("    return out", f"        {RETURN}")]),
        ("Only one number is filled", [(" + bias", ""), ("    return out", f"            {RETURN}")]),
        ("weight[0] is the first filter alone", [("weight * window", "weight[0] * window"), (FOR_EACH, ".sum()")]),
        ("one cell has too many axes", [(FOR_EACH, ".sum(dim=(1, 2))")]),
        ("one cell has too many axes", [(FOR_EACH + " + bias", "")]),
        ("one cell has too many axes", [(FILL, LOOP_OVER_FILTERS)]),
        ("one cell has too many axes", [("+ bias", "+ bias[:, None]")]),
        ("@ is the matrix product", [("weight * window", "weight @ window")]),
        ("@ is the matrix product", [(FILL, "out[:, i, j] = weight @ window")]),
        ("The stride counts twice", IN_STEPS),
        ("The stride counts twice", IN_STEPS[:2]),
        ("The stride counts twice", [*IN_STEPS, ("[:, i, j]", "[:, i // stride, j // stride]")]),
        ("x.shape[0] are the channels", [("x.shape[1]", "x.shape[0]"), ("x.shape[2]", "x.shape[1]")]),
        ("x.shape[0] are the channels", [(SIZES, "x.shape[0] - 3 + 1, x.shape[1] - 3 + 1")]),
        ("The products are averaged", [(FOR_EACH, FOR_EACH.replace("sum", "mean"))]),
        ("the filters, the first: bias[:, None, None]", [(" + bias", ""), ("return out", "return out + bias")]),
        ("Sizes and positions are whole numbers", [("//", "/")]),
        ("zeros between the results", [("// stride", ""), *IN_STEPS]),
        ("Two shapes in this line do not fit", [("(x.shape[1] - height)", "(x.shape[1] + 2 * padding - height)")]),
        ("The numbers are right, but their shape is (1, 3, 6, 7)", [("return out", "return out[None]")]),
        ("computes something, but returns nothing: write return", [("    return out\n", "")]),
        ("weight=a tensor (3, 2, 3, 3), bias=[", [("weight * window", "weight * window.abs()")]),
    ],
)  # fmt: skip
def test_a_slip_in_the_convolution_is_named(said, changes):
    assert said in said_to(*changes)


def test_a_ready_made_convolution_is_not_the_exercise():
    for ready in (F.conv2d, conv2d):
        said = lesson.check_conv2d.verdict(lambda x, w, b, s, p, conv2d=ready: F.conv2d(x[None], w, b, s, p)[0])
        assert "conv2d is ready-made" in said
    assert "output_size is ready-made" in lesson.check_size.verdict(lambda n, k, s, p: output_size(n, k, s, p))


@pytest.mark.parametrize(
    ("size", "said"),
    [
        (lambda n, k, s, p: n + 2 * p - k // s + 1, "Only the kernel is divided"),
        (lambda n, k, s, p: (n + 2 * p - k - 1) // s + 1, "not kernel + 1"),
        (lambda n, k, s, p: (n + 2 * p - 2 * (k // 2)) // s, "take away kernel itself, divide, and then add 1."),
        (lambda n, k, s, p: (n + 2 * p - 2 * (k // 2)) // s + 1, "odd kernels only: take away kernel itself."),
        (lambda n, k, s, p: math.ceil((n + 2 * p - k) / s), "Or you rounded up: round down, then add 1."),
        (lambda n, k, s, p: (n - k) // s + 1 + p, "padding belongs inside the brackets, and twice."),
        (lambda n, k, s, p: (n - k) // s + 1 + 2 * p, "2 * padding belongs inside the brackets."),
        (lambda n, k, s, p: (n + p - k + 1) // s, "Padding counts twice, and the + 1 belongs after"),
        (lambda n, k, s, p: n - k + 1, "Stride and padding are missing."),
        (lambda n, k, s, p: (n - k) // s + 1, "Padding is missing."),
        (lambda n, k, s, p: (n + 2 * p - 3) // s + 1, "The kernel isn't always 3"),
        (lambda n, k, s, p: (n + 2 * p - (k - 1)) // s + 1, "The + 1 stands there twice"),
        (lambda n, k, s, p: (n + 2 * p) // s + 1, "The kernel's size is missing"),
        (lambda n, k, s, p: n + 2 * p - (k - 1), "The stride is missing"),
        (lambda n, k, s, p: (n + 2 * p - k) // s - 1, "The + 1 is taken away"),
        (lambda n, k, s, p: (n + 2 * p - k) // (s + 1), "You divide by stride + 1"),
        (lambda n, k, s, p: (n - 2 * p - k) // s + 1, "The zeros make the side longer"),
        (lambda n, k, s, p: (n + 2 * p + k) // s + 1, "The kernel is added"),
        (lambda n, k, s, p: (n + 2 * p) // s, "The kernel's size and the + 1 are missing"),
        (lambda n, k, s, p: round((n + 2 * p - k) / s) + 1, "round() goes to the nearest"),
        (lambda n, k, s, p: round((n + 2 * p - k) / s + 1), "round() goes to the nearest"),
        (lambda n, k, s, p: (n + 2 * p - k) // s + 1.0, "The numbers are right, but 3.0 is a float."),
        (lambda n, k, s, p: ((n + 2 * p - k) / s) // 1 + 1, "The numbers are right, but 3.0 is a float."),
        (lambda size, kernel, stride, padding: size * size, "my_size(size=5, kernel=3, stride=1, padding=0) gives"),
    ],
)
def test_a_slip_in_the_size_is_named(size, said):
    assert said in lesson.check_size.verdict(size)


@pytest.mark.parametrize(
    ("kernel", "said"),
    [
        (torch.tensor([[-1.0, 0, 1]] * 3), "the kernel of the beginning"),
        (torch.tensor([[0.0, 0, 1]] * 3), "A column of ones adds up three pixels, and on the right"),
        (torch.tensor([[1 / 3, 0, 0]] * 3), "A column of thirds"),
        (torch.tensor([[0, 0, 1 / 3]] * 3), "A column of thirds"),
        ([[0, 0, 0], [-1, 0, 1], [0, 0, 0]], "That measures edges; it doesn't move the picture."),
        (torch.tensor([[1.0, 0, -1]] * 3), "That is left minus right"),
        (torch.ones(3, 3), "Nine ones add up nine pixels"),
        ([[0, 1, 0]] * 3, "in the middle it moves nothing to the side"),
        ([[0, 0, 0], [1, 1, 0], [0, 0, 0]], "two copies of the picture"),
        ([[0, 0, 0], [0.5, 0.5, 0], [0, 0, 0]], "two copies of the picture"),
        ([[0, 0, 0], [0, 1, 1], [0, 0, 0]], "two copies of the picture"),
        ([[0, 0, 0], [1, 1, 1], [0, 0, 0]], "A row of ones adds up three pixels"),
        ([[0, 0, 0], [0, 0, -1], [0, 0, 0]], "it moves the picture to the left"),
        ([[1, 0, -1], [2, 0, -2], [1, 0, -1]], "vertical edges, turned round"),
        ([0, 0, 0, 1, 0, 0, 0, 0, 0], "their shape is (9,): it must be (3, 3)"),
    ],
)
def test_a_kernel_that_does_not_move_the_picture_is_named(kernel, said):
    assert said in lesson.check_shift.verdict(kernel)
