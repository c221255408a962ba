"""Pictures in files that hold the settings they were made with: PNG, WebP and JPEG.

In a PNG the settings are a text of their own, in the others the EXIF comment; both are JSON.
"""

from __future__ import annotations

import json
import os
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from course_lib import files

KEY = "course_lib settings"  # of the text in the picture's file
FORMATS = {".png": "PNG", ".webp": "WEBP", ".jpg": "JPEG", ".jpeg": "JPEG"}
OPTIONS = {"PNG": {}, "WEBP": {"lossless": True}, "JPEG": {"quality": 95, "subsampling": 0}}
EXIF, COMMENT, ASCII = 0x8769, 0x9286, b"ASCII\0\0\0"  # the block, its tag UserComment, and how that is written
MOST = 1_000  # pictures at once, as the pipeline has it, which is slow to import
LONGEST_IN_EXIF = 60_000  # bytes: all of a JPEG's EXIF data have 65,533


def read_settings(path: Path, kinds: dict[str, type]) -> dict:
    """The settings that a picture was made with. kinds : of each setting, what it must be if it is not None.

    Raises FileNotFoundError, ValueError where there are none, or such as this program does not write.

    Example:

    >>> read_settings(Path("nowhere.png"), {"seed": int})
    Traceback (most recent call last):
    FileNotFoundError: there is no file nowhere.png
    """
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    must = f"{path} must be a picture that this program made"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                stored = _stored(picture)
        settings = None if stored is None else json.loads(stored)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise ValueError(f"{must}; it has more than {Image.MAX_IMAGE_PIXELS:,} pixels") from None
    except Exception as error:  # a broken file can make Pillow's readers fail in any way
        raise ValueError(f"{must}; it cannot be read ({error})") from error
    if not isinstance(settings, dict) or not settings.keys() <= kinds.keys():
        raise ValueError(f"{must}; it holds no settings")
    for name, value in settings.items():
        allowed = (int, float) if kinds[name] is float else kinds[name]
        if value is not None and (isinstance(value, bool) or not isinstance(value, allowed)):
            raise ValueError(f"{must}; its {name} must be {kinds[name].__name__}; got {value!r}")
    return settings


def numbered(path: Path, count: int) -> list[Path]:
    """The files of `count` pictures: the path itself for one, else name-1.png, name-2.png, ... beside it.

    Raises ValueError for a count that is not 1 to 1000. Example:

    >>> [str(path) for path in numbered(Path("panda.png"), 2)]
    ['panda-1.png', 'panda-2.png']
    """
    if not 1 <= count <= MOST:
        raise ValueError(f"count must be a whole number, at least 1, at most {MOST}; got {count}")
    if count == 1:
        return [path]
    return [path.with_name(f"{path.stem}-{number}{path.suffix}") for number in range(1, count + 1)]


def check_target(path: Path, settings: dict) -> None:
    """Find out before a picture is painted whether it can be written, with its settings; leaves everything as it was.

    Raises FileNotFoundError, ValueError, OSError, saying why not.

    Example:

    >>> check_target(Path("panda.bmp"), {})
    Traceback (most recent call last):
    ValueError: the picture's file must end in .png, .webp, .jpg, .jpeg; got panda.bmp
    """
    form = _format_of(path)
    if form != "PNG" and len(_comment(settings)) > LONGEST_IN_EXIF:
        raise ValueError(
            f"{path.suffix} holds at most {LONGEST_IN_EXIF:,} bytes of settings; choose .png, or fewer words"
        )
    target = path.resolve()
    if not target.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {target.parent} to write {path.name} to")
    new = not os.path.lexists(target)  # raises for a name that the system cannot have
    if not new and not target.is_file():
        raise ValueError(f"{path} must be a file to write; it is {'a folder' if target.is_dir() else 'something else'}")
    try:
        with target.open("ab"):
            pass
        if new:
            target.unlink()
        with tempfile.NamedTemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise OSError(f"{path} cannot be written: {error.strerror or error}") from error


def save(image, settings: dict, path: Path) -> None:
    """Write a picture (H, W, 3), uint8, with its settings, in the format that its name says; whole or not at all.

    Where the file cannot be written, the disk being full for instance, the picture is kept elsewhere. Raises OSError,
    saying where, and ValueError for another ending.

    Example:

    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(np.zeros((8, 8, 3), np.uint8), {"seed": 3}, Path(folder) / "black.jpg")
    ...     read_settings(Path(folder) / "black.jpg", {"seed": int})
    {'seed': 3}
    """
    form = _format_of(path)
    try:
        _write(image, settings, path.resolve(), form)
    except Exception as error:  # whatever it is, the picture took long to paint
        kept = _keep(image, settings, path.stem)
        where = f"; the picture is kept as {kept}" if kept else f", nor can another file; its settings: {settings}"
        raise OSError(f"{path} cannot be written ({error}){where}") from error


def _keep(image, settings: dict, name: str) -> Path | None:
    """Where a picture could be kept after all: among the temporary files, else in the user's folder."""
    for folder in (tempfile.gettempdir(), "~"):
        with suppress(Exception):
            handle, kept = tempfile.mkstemp(prefix=f"{name[:50]}-", suffix=".png", dir=Path(folder).expanduser())
            os.close(handle)
            try:
                _write(image, settings, Path(kept), "PNG")
            except BaseException:
                Path(kept).unlink()
                raise
            return Path(kept)
    return None


def _write(image, settings: dict, target: Path, form: str) -> None:
    options = dict(OPTIONS[form])
    if form == "PNG":
        options["pnginfo"] = text = PngInfo()
        text.add_itxt(KEY, json.dumps(settings, ensure_ascii=False))
    else:
        options["exif"] = exif = Image.Exif()
        exif.get_ifd(EXIF)[COMMENT] = _comment(settings)
    with files.written_whole(target) as unfinished, unfinished.open("wb") as file:
        Image.fromarray(image).save(file, format=form, **options)


def _format_of(path: Path) -> str:
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise ValueError(f"the picture's file must end in {', '.join(FORMATS)}; got {path.name or path}")
    Image.init()
    if form not in Image.SAVE:
        raise ValueError(f"this machine's Pillow cannot write {path.suffix}; choose .png")
    return form


def _comment(settings: dict) -> bytes:
    return ASCII + json.dumps({KEY: settings}).encode("ascii")


def _stored(picture: Image.Image) -> str | None:
    """The settings of an open picture as JSON, None where there are none."""
    if picture.format == "PNG":
        return picture.info.get(KEY)
    comment = picture.getexif().get_ifd(EXIF).get(COMMENT)
    if not isinstance(comment, bytes) or not comment.startswith(ASCII):
        return None
    held = json.loads(comment.removeprefix(ASCII))
    return json.dumps(held.get(KEY)) if isinstance(held, dict) else None
