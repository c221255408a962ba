"""A language that nobody speaks: every text in brackets, a third longer, with Thai in it."""

from __future__ import annotations

import math
import os
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from course_lib import texts

LANGUAGE = "pseudo"


def pseudo(text: str) -> str:
    """A text in this language, line by line; its {places} stay."""
    return "\n".join(f"[{line} {'ไทย' * math.ceil(len(line) / 9)}]" if line else "" for line in text.split("\n"))


def write(folder: Path) -> None:
    """Put the whole course in this language below a folder of catalogues."""
    from tests.texts.catalogue import collect  # not before `speak`: it imports what looks at the language

    catalog = Catalog(charset="utf-8")
    for message in collect():
        if message.id:
            forms = [message.id] if isinstance(message.id, str) else message.id
            said = tuple(map(pseudo, forms))
            catalog.add(message.id, said[0] if isinstance(message.id, str) else said)
    place = folder / LANGUAGE / "LC_MESSAGES" / f"{texts.DOMAIN}.mo"
    place.parent.mkdir(parents=True)
    with place.open("wb") as file:
        write_mo(file, catalog)


def speak(folder: Path) -> None:
    """From now on this process speaks it."""
    os.environ[texts.LANGUAGE] = LANGUAGE
    texts.CATALOGUES = folder
    texts._catalogue.cache_clear()
