"""Streams for messages: what cannot be printed never ends a program that has painted its picture."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout, suppress
from typing import TextIO


class Console:
    """A stream that writes what it can: letters that it lacks as escapes, and nothing where nobody reads any more.

    stream : standard output or error, or None, as in a program without a console.

    Example:

    >>> import io
    >>> narrow = io.TextIOWrapper(io.BytesIO(), encoding="cp1252")
    >>> print("a red \\u2665", file=Console(narrow), flush=True)
    >>> narrow.buffer.getvalue().strip()
    b'a red \\\\u2665'
    >>> print("a red heart", file=Console(None))
    """

    def __init__(self, stream: TextIO | None):
        self.stream = stream

    @property
    def encoding(self) -> str:
        """The letters that it has."""
        return getattr(self.stream, "encoding", None) or "utf-8"

    def write(self, text: str) -> int:
        """Write a text; returns how long it is."""
        shown = text.encode(self.encoding, "backslashreplace").decode(self.encoding)
        self._try("write", shown)
        return len(text)

    def flush(self) -> None:
        """Send what is written on its way."""
        self._try("flush")

    def isatty(self) -> bool:
        """Whether a person looks at it."""
        with suppress(AttributeError, OSError, ValueError):
            return self.stream.isatty()
        return False

    def fileno(self) -> int:
        """The number of its file, for what asks how wide the console is. Raises OSError where it has none."""
        if self.stream is None:
            raise OSError("there is no console")
        return self.stream.fileno()

    def _try(self, method: str, *arguments: str) -> None:
        if self.stream is None:
            return
        try:
            getattr(self.stream, method)(*arguments)
        except (OSError, ValueError):  # a closed pipe, a full disk, a closed stream
            # What waits in the stream would be tried again, and fail, when Python ends.
            with suppress(OSError, ValueError, AttributeError):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self.stream.fileno())
                os.close(nowhere)
            self.stream = None


@contextmanager
def safe_console():
    """Within it, standard output and error are such consoles, for everything that prints.

    Example:

    >>> with safe_console():
    ...     print("a red heart")
    a red heart
    """
    import sys

    with ExitStack() as stack:
        consoles = Console(sys.stdout), Console(sys.stderr)
        stack.enter_context(redirect_stdout(consoles[0]))
        stack.enter_context(redirect_stderr(consoles[1]))
        try:
            yield
        finally:
            for console in consoles:
                console.flush()
