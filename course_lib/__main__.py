"""A picture from the command line: python -m course_lib "a panda on a blue background" --out panda.png

The settings are stored in the picture; --from panda.png repeats them, and what is said besides replaces them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import warnings
from pathlib import Path

SETTINGS = {
    "prompt": (str, "what to paint; without it, nothing in particular"),
    "negative_prompt": (str, "what to keep away from"),
    "sampler": (str, "how to get from each noise level to the next"),
    "scheduler": (str, "which noise levels are visited"),
    "steps": (int, "how many of them"),
    "cfg_scale": (float, "guidance: how strongly the words steer; the model's own if not said"),
    "seed": (int, "which noise to begin with"),
    "size": (int, "the picture's side in pixels; the model's own if not said"),
    "model": (str, "a name, or a folder in the diffusers layout"),
}
DEFAULTS = {
    "prompt": "", "negative_prompt": "", "sampler": "dpmpp_2m", "scheduler": "karras", "steps": 20, "cfg_scale": None,
    "seed": 0, "size": None, "model": "small-stable-diffusion",
}  # fmt: skip
KEY = "course_lib settings"  # of the text in the picture's file


def read_settings(path: Path) -> dict:
    """The settings that a picture was made with. Raises FileNotFoundError, ValueError where there are none.

    Example:

    >>> read_settings(Path("nowhere.png"))
    Traceback (most recent call last):
    FileNotFoundError: there is no file nowhere.png
    """
    from PIL import Image, UnidentifiedImageError

    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")
    try:
        with Image.open(path) as picture:
            stored = picture.info.get(KEY)
        settings = None if stored is None else json.loads(stored)
    except (UnidentifiedImageError, OSError, json.JSONDecodeError) as error:
        raise ValueError(f"{path} must be a picture that this program made; it cannot be read ({error})") from error
    if not isinstance(settings, dict) or not settings.keys() <= SETTINGS.keys():
        raise ValueError(f"{path} must be a picture that this program made; it holds no settings")
    return settings


def save(image, settings: dict, path: Path) -> None:
    """Write a picture (H, W, 3), uint8, with its settings; a file half-written is never left behind.

    Raises OSError where it cannot be written, the disk being full for instance.

    Example:

    >>> import tempfile
    >>> import numpy as np
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(np.zeros((8, 8, 3), np.uint8), {"seed": 3}, Path(folder) / "black.png")
    ...     read_settings(Path(folder) / "black.png")
    {'seed': 3}
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_itxt(KEY, json.dumps(settings, ensure_ascii=False))
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        Image.fromarray(image).save(unfinished, format="PNG", pnginfo=text)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def main(argv: list[str] | None = None) -> int:
    """Read the options, paint, save; 0, or 1 with one sentence that says what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m course_lib", description=__doc__.splitlines()[0])
    parser.add_argument("prompt", nargs="?", help=SETTINGS["prompt"][1])
    for name, (kind, text) in list(SETTINGS.items())[1:]:
        default = "" if DEFAULTS[name] in (None, "") else f" ({DEFAULTS[name]})"
        parser.add_argument("--" + name.replace("_", "-"), type=kind, help=text + default)
    parser.add_argument("--out", type=Path, default=Path("picture.png"), help="the file to write (picture.png)")
    parser.add_argument("--from", dest="repeat", type=Path, metavar="PICTURE", help="take the settings of a picture")
    options = vars(parser.parse_args(argv))
    try:
        stored = read_settings(options["repeat"]) if options["repeat"] else {}
        said = {name: options[name] for name in SETTINGS if options[name] is not None}
        with warnings.catch_warnings():
            warnings.showwarning = lambda message, *_, **__: print(f"note: {message}", file=sys.stderr)
            _paint(DEFAULTS | stored | said, options["out"])
    except (ValueError, OSError, MemoryError) as error:
        print(f"{parser.prog}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped; nothing was written.", file=sys.stderr)
        return 130
    return 0


def _paint(settings: dict, path: Path) -> None:
    if not path.absolute().parent.is_dir():
        raise FileNotFoundError(f"there is no folder {path.absolute().parent} to write {path.name} to")
    # Imported here, so that --help and mistakes answer at once.
    from tqdm.auto import tqdm

    from course_lib.device import choose_device, choose_dtype
    from course_lib.models import load
    from course_lib.pipeline import prepare

    device = choose_device()
    model = load(settings["model"], device, choose_dtype(device))
    run = prepare(model, **{name: value for name, value in settings.items() if name != "model"})
    steps = list(tqdm(run, total=len(run.sigmas) - 1, disable="TQDM_DISABLE" in os.environ))
    settings = settings | {"cfg_scale": model.cfg_scale if settings["cfg_scale"] is None else settings["cfg_scale"]}
    save(run.finish(steps).image, settings, path)
    print(f"{path}: {settings['prompt'] or 'nothing in particular'}, seed {settings['seed']}")


if __name__ == "__main__":
    sys.exit(main())
