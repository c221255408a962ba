"""CLIP's own vocabulary, which comes with the course: the tokens that Stable Diffusion 1.x reads.

Source: OpenAI's CLIP, simple_tokenizer.py, for which lines of the file are used and how the tokens are numbered.
"""

from __future__ import annotations

import gzip
from functools import cache

from course_lib import shipped
from course_lib.models.tokenizer import END_OF_WORD, Tokenizer, byte_letters
from course_lib.models.tokenizer_files import BEGIN, END

FOLDER = shipped.ROOT / "data" / "clip"
TOKENS = 49_408
PLACES = 77


@cache
def clip_tokenizer() -> Tokenizer:
    """The tokenizer of CLIP and of Stable Diffusion 1.x: 49,408 tokens, rows of 77; every call gives the same object.

    Its numbers run so: the 256 bytes, the 256 bytes at the end of a word, what each pair makes, begin, end.
    Raises FileNotFoundError where the vocabulary is missing, ValueError where it is damaged.

    Example:

    >>> clip_tokenizer()(["a photo of a cat"])[0, :8]
    tensor([49406,   320,  1125,   539,   320,  2368, 49407, 49407])
    """
    merges = shipped.read(FOLDER, "bpe_simple_vocab_16e6.txt.gz", read_merges)
    letters = list(byte_letters().values())
    tokens = [*letters, *(letter + END_OF_WORD for letter in letters), *("".join(pair) for pair in merges), BEGIN, END]
    return Tokenizer({token: number for number, token in enumerate(tokens)}, merges, length=PLACES)


def read_merges(data: bytes) -> list[tuple[str, str]]:
    """The pairs that CLIP uses, from the packed file, in the order in which they are joined.

    Raises ValueError, or OSError, for what is no such file.

    Example:

    >>> read_merges((FOLDER / "bpe_simple_vocab_16e6.txt.gz").read_bytes())[:3]
    [('i', 'n'), ('t', 'h'), ('a', 'n')]
    """
    _, *lines = gzip.decompress(data).decode("utf-8").split("\n")
    pairs = [tuple(line.split()) for line in lines[: TOKENS - 2 * 256 - 2]]  # the rest of the file CLIP leaves out
    if len(pairs) != TOKENS - 2 * 256 - 2 or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"expected {TOKENS - 2 * 256 - 2} lines with two pieces each; got {len(pairs)} lines")
    return pairs
