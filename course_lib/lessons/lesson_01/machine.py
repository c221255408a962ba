"""Stable Diffusion as a plan, for lesson 01: its drawing, and the check of the order of its stages."""

from __future__ import annotations

import re

from course_lib.exercises.checks import Mistake, ValueCheck, not_yet, right
from course_lib.figures import Shown
from course_lib.figures.diagrams import Arrow, Box, Frame, diagram


def draw_machine() -> Shown:
    """Stable Diffusion 1.5 as boxes and arrows, with what flows along each arrow, and the small model's numbers below.

    Example:

    >>> draw_machine().width
    660
    """
    boxes = {
        "prompt": Box(0.85, 6.75, "prompt", '"a red heart"', width=1.3),
        "tokenizer": Box(3.05, 6.75, "tokenizer", "knows 49,408 | 1,418", width=1.65),
        "encoder": Box(5.55, 6.75, "text encoder", "123 | 0.6 million", width=1.6),
        "noise": Box(0.85, 5.4, "noise", "from the seed", role="noise", width=1.3),
        "latent": Box(0.85, 3.85, "latent x", "the state", width=1.3),
        "unet": Box(5.55, 3.85, "U-Net", "860 | 4.3 million", width=1.6),
        "sampler": Box(3.2, 2.45, "sampler", "a formula", width=1.4),
        "scheduler": Box(5.55, 0.7, "scheduler", "a list", width=1.5),
        "decoder": Box(0.85, 0.7, "VAE decoder", "49 | 1.1 million", width=1.45),
        "picture": Box(3.35, 0.7, "picture", "red, green, blue", role="signal", width=1.4),
    }
    arrows = [
        Arrow("prompt", "tokenizer", "text", lift=0.17),
        Arrow("tokenizer", "encoder", "77 | 24\ntokens", lift=0.3, shift=0.0),
        Arrow("encoder", "unet", "text states\n77 x 768 | 24 x 128", shift=-0.85, lift=0.1),
        Arrow("noise", "latent", "times the first σ\n4 x 64 x 64 | 12 x 8 x 8", shift=1.2, lift=0.24),
        Arrow("latent", "unet", "x", lift=0.15),
        Arrow("latent", "sampler", "x", shift=0.12, lift=0.12),
        Arrow("unet", "sampler", "prediction,\nof x's shape", shift=-0.42, lift=0.14),
        Arrow("sampler", "latent", "next latent", bend=-0.45, shift=-0.5, lift=-0.82),
        Arrow("scheduler", "unet", "σ", shift=0.15, lift=0.0),
        Arrow("scheduler", "sampler", "σ, σ_next", shift=0.45, lift=0.0),
        Arrow("latent", "decoder", "last latent\n4 x 64 x 64 | 12 x 8 x 8", shift=0.98, lift=-0.85),
        Arrow("decoder", "picture", "512 x 512\n| 64 x 64", lift=0.3),
    ]
    alt = (
        "Before each bar stand Stable Diffusion 1.5's numbers, after it the small model's. The prompt becomes 77 | 24 "
        "tokens, the text encoder makes as many text states of 768 | 128 numbers, and the U-Net reads them. Noise, "
        "times the first level, is the first latent, 4 x 64 x 64 | 12 x 8 x 8. The scheduler lists the noise levels. "
        "Twenty times the U-Net makes its prediction from the latent, the level and the text states, and from the "
        "latent, that prediction, this level and the next one the sampler makes the next latent. The VAE decoder turns "
        "the last latent into a picture of 512 x 512 | 64 x 64 pixels. Parameters, in millions: text encoder 123 | "
        "0.6, U-Net 860 | 4.3, VAE decoder 49 | 1.1."
    )
    return diagram(boxes, arrows, 6.6, 7.3, alt, [Frame(0.08, 1.72, 6.44, 2.9, "20 times")])


_BRACKET = "A bracket is opened and not closed, or closed and not opened."
_NO_LOOP = "Something is repeated in every step: which stages? Put brackets around them."
_TWO_LOOPS = "One pair of brackets, with at least one letter inside, is what is needed."
_TWICE = "A letter stands twice: each stage has one place, and the brackets say what is repeated."
_LETTERS = "Only the letters A to G and brackets are needed, such as AB(CD)."
_MIXED = (
    "The two halves of the VAE are mixed up: the decoder (A) turns a latent into a picture, the encoder (F) goes back."
)
_ENCODER = "The VAE encoder (F) has no place here: text-to-image starts from noise, not from a picture."
_SWAPPED = "A and D have changed places: the tokenizer (D) works on the prompt, the decoder (A) on the last latent."
_DECODER_INSIDE = "The decoder (A) is run once, after the loop. Inside, everything is a latent."
_DECODER_EARLY = "The decoder (A) turns the last latent into the picture: it comes after the loop."
_TEXT_INSIDE = (
    "The text stays the same in all 20 steps: the tokenizer (D) and the text encoder (C) come once, before the loop."
)
_TEXT_LATE = "The U-Net (E) reads the text states in every step: the text comes before the loop."
_TEXT_ORDER = "The text encoder (C) reads tokens, so the tokenizer (D) comes first."
_LIST_INSIDE = "The scheduler (G) makes its list once, before the loop; each step reads the next level from it."
_LIST_LATE = "The sampler (B) needs the scheduler's list (G) from the first step on: it comes before the loop."
_ONE_INSIDE = "The U-Net (E) and the sampler (B) are both needed in every step: each step asks anew, then moves."
_STEP_ORDER = "The sampler (B) needs the U-Net's prediction (E) before it can make a step."
_MISSING = {
    "A": "The decoder (A) is still missing: a latent is not a picture.",
    "B": "The sampler (B) is still missing: the U-Net only predicts noise, and somebody must make the step.",
    "C": "The text encoder (C) is still missing: the U-Net cannot read tokens.",
    "D": "The tokenizer (D) is still missing: the text encoder reads numbers of word pieces, not letters.",
    "E": "The U-Net (E) is still missing: without it nobody knows where the noise is.",
    "G": "The scheduler (G) is still missing: which noise levels are visited?",
}


class OrderCheck(ValueCheck):
    """Checks the order of the stages, written as letters with brackets around what is repeated.

    Small letters, other brackets, blanks and any signs between the letters are all right, and so is every place
    of the scheduler before the loop.

    Example:

    >>> check_order("d, c, g [e b] a")
    [OK] the order is right.
    >>> check_order("GDC(BE)A")
    [not yet] The sampler (B) needs the U-Net's prediction (E) before it can make a step.
    """

    def verdict(self, answer: object) -> str:
        """The verdict as one sentence."""
        if isinstance(answer, list | tuple) and all(isinstance(part, str) for part in answer):
            answer = "".join(answer)
        if isinstance(answer, str) and not re.search(r"\w", answer):
            answer = None
        if not isinstance(answer, str):
            return super().verdict(answer)
        wrong = _wrong_order(answer)
        return not_yet(wrong) if wrong else right(self.name)


def _wrong_order(answer: str) -> str:
    """The first thing that is wrong with an order, as a sentence; empty where nothing is."""
    order = answer.upper().translate(str.maketrans("[]{}", "()()"))
    order = re.sub(r"[^\w()]", "", order)
    letters = re.sub(r"[()]", "", order)
    if set(letters) - set("ABCDEFG"):
        return _LETTERS
    depth = [order[: end + 1].count("(") - order[: end + 1].count(")") for end in range(len(order))]
    if min(depth, default=0) < 0 or depth[-1:] != [0]:
        return _BRACKET
    if len(set(letters)) < len(letters):
        return _TWICE
    if "F" in letters:
        return _ENCODER if "A" in letters else _MIXED
    if "(" not in order:
        return next((_MISSING[letter] for letter in "DCGEBA" if letter not in letters), _NO_LOOP)
    found = re.fullmatch(r"(\w*)\((\w+)\)(\w*)", order)
    return _wrong_parts(*found.groups()) if found else _TWO_LOOPS


def _wrong_parts(before: str, loop: str, after: str) -> str:
    letters = before + loop + after
    rules = [
        *((says, letter not in letters) for letter, says in _MISSING.items()),
        (_SWAPPED, "A" in before and "D" in after),
        (_DECODER_INSIDE, "A" in loop and not set(loop) & set("CD")),
        (_TEXT_INSIDE, set(loop) & set("CD")),
        (_LIST_INSIDE, "G" in loop),
        (_ONE_INSIDE, not set("EB") <= set(loop)),
        (_TEXT_LATE, set(after) & set("CD")),
        (_LIST_LATE, "G" in after),
        (_DECODER_EARLY, "A" in before),
        (_TEXT_ORDER, before.find("C") < before.find("D")),
        (_STEP_ORDER, loop != "EB"),
    ]
    return next((says for says, holds in rules if holds), "")


check_order = OrderCheck(
    "the order",
    "DCG(EB)A",
    [
        *(Mistake(_BRACKET, wrong) for wrong in ("DCG(EB", "DCGEB)A", "DCG)EB(A")),
        *(Mistake(_NO_LOOP, wrong) for wrong in ("DCGEBA", "d c g e b a")),
        *(Mistake(_TWO_LOOPS, wrong) for wrong in ("DCG(E)(B)A", "(DC)G(EB)A", "DCG()EBA")),
        *(Mistake(_TWICE, wrong) for wrong in ("DCG(EB)(EB)A", "DCGEBEBA")),
        *(Mistake(_LETTERS, wrong) for wrong in ("tokenizer", "HDC(EB)A")),
        *(Mistake(_MIXED, wrong) for wrong in ("DCG(EB)F", "DC(EB)F")),
        *(Mistake(_ENCODER, wrong) for wrong in ("FDCG(EB)A", "DCFG(EB)A", "DCG(FEB)A", "DCG(EB)FA", "DCG(EB)AF")),
        *(Mistake(_SWAPPED, wrong) for wrong in ("ACG(EB)D", "GAC(EB)D")),
        *(Mistake(_DECODER_INSIDE, wrong) for wrong in ("DCG(EBA)", "DCG(EAB)")),
        *(Mistake(_DECODER_EARLY, wrong) for wrong in ("DCGA(EB)", "ADCG(EB)")),
        *(Mistake(_TEXT_INSIDE, wrong) for wrong in ("DG(CEB)A", "(DCEB)GA", "DG(ECB)A", "(DCGEBA)")),
        *(Mistake(_TEXT_LATE, wrong) for wrong in ("G(EB)DCA", "G(EB)ADC", "DG(EB)CA")),
        *(Mistake(_TEXT_ORDER, wrong) for wrong in ("CDG(EB)A", "GCD(EB)A", "CGD(EB)A")),
        *(Mistake(_LIST_INSIDE, wrong) for wrong in ("DC(GEB)A", "DC(EGB)A")),
        *(Mistake(_LIST_LATE, wrong) for wrong in ("DC(EB)GA", "DC(EB)AG")),
        *(Mistake(_ONE_INSIDE, wrong) for wrong in ("DCG(E)BA", "DCGE(B)A")),
        *(Mistake(_STEP_ORDER, wrong) for wrong in ("DCG(BE)A", "GDC(BE)A")),
        Mistake(_MISSING["A"], "DCG(EB)"),
        Mistake(_MISSING["B"], "DCG(E)A"),
        Mistake(_MISSING["C"], "DG(EB)A"),
        Mistake(_MISSING["D"], "CG(EB)A"),
        Mistake(_MISSING["E"], "DCG(B)A"),
        Mistake(_MISSING["G"], "DC(EB)A"),
    ],
)
