"""The tokenizer: cuts a text into pieces of words and gives each its number, as CLIP does.

Byte pair encoding: a word begins as the bytes of its letters, and pairs that stand in the list of merges are joined,
the earliest in the list first, until none is left. Source: Sennrich, Haddow, Birch 2015, arXiv 1508.07909, section 3.2;
on bytes: Radford et al. 2019, Language Models are Unsupervised Multitask Learners; CLIP's simple_tokenizer.py.
"""

from __future__ import annotations

import re
import unicodedata
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path

import torch

from course_lib import expect
from course_lib.models.tokenizer_files import BEGIN, END, AddedToken, read_folder

END_OF_WORD = "</w>"
# What no run goes into: English endings, and the names of the special tokens, which are cut once more.
APART = {ending: [ending] for ending in ("'s", "'t", "'re", "'ve", "'m", "'ll", "'d")}
APART |= {name: [name[:2], name[2:-2], name[-2:]] for name in (BEGIN, END)}
# Unicode's White_Space; Python's isspace() has four separators more.
WHITE_SPACE = {
    chr(c)
    for c in (*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
}


@cache
def byte_letters() -> dict[int, str]:
    """A letter that can be seen for each of the 256 bytes, in which vocabularies are written.

    Source: OpenAI's GPT-2, encoder.py.

    Example:

    >>> letters = byte_letters()
    >>> letters[ord("a")], letters[ord(" ")], len(set(letters.values()))
    ('a', 'Ġ', 256)
    """
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in seen]
    return {byte: chr(byte) for byte in seen} | {byte: chr(256 + i) for i, byte in enumerate(others)}


def spell(word: str) -> list[str]:
    """A word as the pieces that byte pair encoding begins with: a letter for each byte, the last one marked as the end.

    Example:

    >>> spell("hé")
    ['h', 'Ã', '©</w>']
    """
    letters = byte_letters()
    pieces = [letters[byte] for byte in word.encode("utf-8")]
    return [*pieces[:-1], pieces[-1] + END_OF_WORD]


def join(pieces: Sequence[str], pair: tuple[str, str]) -> list[str]:
    """The pieces of a word, with each occurrence of a pair made one piece, from the left.

    Source: Sennrich et al. 2015, arXiv 1508.07909, section 3.2.

    Example:

    >>> join(["a", "a", "a", "b"], ("a", "a"))
    ['aa', 'a', 'b']
    """
    joined, at = [], 0
    while at < len(pieces):
        length = 2 if tuple(pieces[at : at + 2]) == pair else 1
        joined.append("".join(pieces[at : at + length]))
        at += length
    return joined


def plain(text: str) -> str:
    """A text as the tokenizer reads it: composed letters (NFC), in lower case, white space as single spaces.

    Example:

    >>> plain("A  Re\u0301d\theart")
    'a réd heart'
    """
    spaced = re.sub(f"[{''.join(WHITE_SPACE)}]+", " ", unicodedata.normalize("NFC", text))
    # Letter by letter, since str.lower() looks at neighbours (a Greek sigma at the end of a word).
    return "".join(letter.lower() for letter in spaced)


def split_words(text: str) -> list[str]:
    """Cut a text as CLIP does: runs of letters, single digits, runs of other signs; white space falls away.

    English endings ('s, 't, 're, 've, 'm, 'll, 'd) stand alone. The text should be in lower case.

    Example:

    >>> split_words("it's 10 o'clock!!")
    ['it', "'s", '1', '0', 'o', "'", 'clock', '!!']
    """
    words, at = [], 0
    while at < len(text):
        apart = next((apart for apart in APART if text.startswith(apart, at)), None)
        if apart:
            words += APART[apart]
            at += len(apart)
            continue
        kind = _kind(text[at])
        end = at + 1
        if kind in ("letter", "sign"):
            while end < len(text) and _kind(text[end]) == kind:
                end += 1
        if kind != "space":
            words.append(text[at:end])
        at = end
    return words


def _kind(letter: str) -> str:
    if letter in WHITE_SPACE:
        return "space"
    return {"L": "letter", "N": "digit"}.get(unicodedata.category(letter)[0], "sign")


class Tokenizer:
    """Texts to numbers: tokenizer(["a red heart"]) -> (1, length), whole numbers, with begin, end and padding.

    vocabulary : token -> number; merges : pairs of tokens, the first to be joined first; length : of every row;
    begin, end, padding, unknown : tokens of the vocabulary, the last for what the vocabulary lacks; added : tokens of
    the vocabulary that are cut out of a text before it is split. Those four are, too.
    Raises ValueError for a token that is not in the vocabulary.

    Example:

    >>> vocabulary = {"a": 0, "a</w>": 1, "b</w>": 2, "ab</w>": 3, "<|startoftext|>": 4, "<|endoftext|>": 5}
    >>> tokenizer = Tokenizer(vocabulary, [("a", "b</w>")], length=6)
    >>> tokenizer(["AB a"]), tokenizer.tokens("ab a")
    (tensor([[4, 3, 1, 5, 5, 5]]), ['ab</w>', 'a</w>'])
    """

    def __init__(
        self,
        vocabulary: dict[str, int],
        merges: Sequence[tuple[str, str]],
        *,
        length: int = 77,
        begin: str = BEGIN,
        end: str = END,
        padding: str | None = None,
        unknown: str | None = None,
        added: Iterable[AddedToken] = (),
    ):
        self.vocabulary, self.length = vocabulary, expect.whole("length", length, at_least=2)
        self.begin, self.end = begin, end
        self.padding, self.unknown = (end if token is None else token for token in (padding, unknown))
        special = (self.begin, self.end, self.padding, self.unknown)
        self.added = {token.text: token for token in [*map(AddedToken, special), *added]}
        for token in self.added:
            if token not in vocabulary:
                raise ValueError(
                    f"the vocabulary must hold the special token {token!r}; it has {len(vocabulary)} others"
                )
        as_found = {token.text: token.text for token in self.added.values() if not token.normalized}
        as_plain = {plain(token.text): token.text for token in self.added.values() if token.normalized}
        self._cuts = [(_any_of(as_found), as_found), (_any_of(as_plain), as_plain)]
        self._order = {tuple(pair): order for order, pair in enumerate(merges)}
        self._pieces = lru_cache(maxsize=10_000)(self._join)

    @classmethod
    def from_folder(cls, folder: Path | str, length: int = 77) -> Tokenizer:
        """Read a tokenizer's folder, as transformers would. length : of the rows, where the folder does not say.

        Raises FileNotFoundError when the folder has no vocabulary, ValueError for a file that cannot be read or that
        asks for what is not done here.
        """
        return cls(**read_folder(Path(folder), length))

    def tokens(self, text: str) -> list[str]:
        """The pieces of a text, without begin and end. Raises ValueError for a text that is not a str of letters.

        Example: see the class.
        """
        if not isinstance(text, str):
            raise ValueError(f"a text must be a str; got {type(text).__name__}")
        half = re.search("[\ud800-\udfff]", text)
        if half:
            raise ValueError(f"a text must be Unicode; got half a letter, {half[0]!r}, at position {half.start()}")
        pieces = []
        for part, token in _cut(text, *self._cuts[0]):
            if token is not None:
                pieces.append(token)
                continue
            for rest, token in _cut(plain(part), *self._cuts[1]):
                if token is not None:
                    pieces.append(token)
                    continue
                for word in split_words(rest):
                    pieces += self._pieces(word)
        return pieces

    def __call__(self, texts: Sequence[str]) -> torch.Tensor:
        """Texts -> (B, length), int64: begin, the tokens, end, padding. What does not fit is cut, with a warning.

        Raises ValueError for anything but a list of texts.
        """
        if isinstance(texts, str) or not isinstance(texts, Sequence):
            raise ValueError(f'texts must be a list, such as ["a red heart"]; got {texts!r}')
        return torch.tensor([self._row(text) for text in texts], dtype=torch.int64).reshape(-1, self.length)

    def words_cut(self, text: str) -> str:
        """The end of a text that does not fit, as words; empty when all of it fits."""
        return self._as_text(self.tokens(text)[self.length - 2 :])

    def _row(self, text: str) -> list[int]:
        pieces = self.tokens(text)
        room = self.length - 2
        if len(pieces) > room:
            warnings.warn(
                f"the prompt has {len(pieces)} tokens and the model takes {room}; "
                f"cut off: {self._as_text(pieces[room:])!r}",
                stacklevel=3,
            )
        row = [self.begin, *pieces[:room], self.end]
        numbers = [self.vocabulary.get(piece, self.vocabulary[self.unknown]) for piece in row]
        return numbers + [self.vocabulary[self.padding]] * (self.length - len(numbers))

    def _as_text(self, pieces: list[str]) -> str:
        bytes_of = {letter: byte for byte, letter in byte_letters().items()}
        text = b""
        for piece in pieces:
            if piece in self.added:
                text += f" {piece} ".encode()
            else:
                text += bytes(bytes_of.get(letter, ord(" ")) for letter in piece.replace(END_OF_WORD, " "))
        return " ".join(text.decode("utf-8", errors="replace").split())

    def _join(self, word: str) -> tuple[str, ...]:
        """Byte pair encoding of one word."""
        pieces = spell(word)
        while len(pieces) > 1:
            first = min(pairwise(pieces), key=lambda pair: self._order.get(pair, len(self._order)))
            if first not in self._order:
                break
            pieces = join(pieces, first)
        return tuple(pieces)


def _any_of(tokens: Iterable[str]) -> re.Pattern:
    """Finds any of the tokens, the longest first; nothing where there are none."""
    longest_first = sorted(map(re.escape, tokens), key=len, reverse=True)
    return re.compile(f"({'|'.join(longest_first) or '(?!)'})")


def _cut(text: str, pattern: re.Pattern, tokens: Mapping[str, str]) -> Iterator[tuple[str, str | None]]:
    """The parts of a text, each with the token that it is, or None."""
    for index, part in enumerate(pattern.split(text)):
        if part:
            yield part, tokens[part] if index % 2 else None
