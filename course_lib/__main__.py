"""A picture from the command line: python -m course_lib "a panda on a blue background" --out panda.png

The settings are stored in the picture; --from panda.png repeats them, and what is said besides replaces them.
--count 4 paints panda-1.png to panda-4.png, from four seeds in a row; each holds the settings that repeat it alone.
--list lists what the small model can paint.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from pathlib import Path

from course_lib.command_line.console import safe_console

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


def read_settings(path: Path) -> dict:
    """The settings that a picture was made with. Raises FileNotFoundError, ValueError where there are none.

    Example:

    >>> read_settings(Path("nowhere.png"))
    Traceback (most recent call last):
    FileNotFoundError: there is no file nowhere.png
    """
    from course_lib.command_line import picture_file

    return picture_file.read_settings(path, {name: kind for name, (kind, _) in SETTINGS.items()})


def main(argv: list[str] | None = None) -> int:
    """Read the options, paint, save; 0, or 1 with one sentence that says what is wrong."""
    parser = argparse.ArgumentParser(prog="python -m course_lib", description=__doc__.splitlines()[0])
    parser.add_argument("prompt", nargs="?", help=SETTINGS["prompt"][1])
    for name, (kind, text) in list(SETTINGS.items())[1:]:
        default = "" if DEFAULTS[name] in (None, "") else f" ({DEFAULTS[name]})"
        parser.add_argument("--" + name.replace("_", "-"), type=kind, help=text + default)
    parser.add_argument("--count", type=int, default=1, help="how many pictures, from as many seeds in a row (1)")
    parser.add_argument(
        "--out", type=Path, default=Path("picture.png"), help="the file to write, .png, .webp or .jpg (picture.png)"
    )
    parser.add_argument("--from", dest="repeat", type=Path, metavar="PICTURE", help="take the settings of a picture")
    parser.add_argument("--list", action="store_true", help="list what a prompt may name, and paint nothing")
    with safe_console():
        options = vars(parser.parse_args(argv))
        try:
            if options["list"]:
                print(_names())
                return 0
            stored = read_settings(options["repeat"]) if options["repeat"] else {}
            said = {name: options[name] for name in SETTINGS if options[name] is not None}
            with warnings.catch_warnings():
                warnings.showwarning = lambda message, *_, **__: print(f"note: {message}", file=sys.stderr)
                _paint(DEFAULTS | stored | said, options["out"], options["count"])
        except (ValueError, OSError, MemoryError) as error:
            print(f"{parser.prog}: {' '.join(str(error).split())}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("Stopped; nothing was written.", file=sys.stderr)
            return 130
    return 0


def _names() -> str:
    """What the small model has seen, by groups."""
    from course_lib.datasets.names import list_names
    from course_lib.models.model import course_of
    from course_lib.models.sources import find

    return list_names(course_of(find(DEFAULTS["model"]))["words"])


def _paint(settings: dict, path: Path, count: int) -> None:
    # Imported here, so that --help and mistakes answer at once.
    from course_lib.command_line.picture_file import check_target, numbered, save

    targets = numbered(path, count)
    for target in targets:
        check_target(target, settings)
    from tqdm.auto import tqdm

    from course_lib.device import choose_device, choose_dtype
    from course_lib.models import load
    from course_lib.pipeline import prepare
    from course_lib.threads import share_cores

    device = choose_device()
    model = load(settings["model"], device, choose_dtype(device))
    share_cores(sum(weight.numel() for network in model.networks.values() for weight in network.parameters()))
    run = prepare(model, **{name: value for name, value in settings.items() if name != "model"}, count=count)
    steps = list(tqdm(run, total=len(run.sigmas) - 1, file=sys.stderr, disable="TQDM_DISABLE" in os.environ))
    failed = []  # where one cannot be written, the others are
    for number, (image, target) in enumerate(zip(run.finish(steps).images, targets, strict=True)):
        own = settings | {"cfg_scale": run.cfg_scale, "seed": settings["seed"] + number}
        try:
            save(image, own, target)
        except OSError as error:
            failed.append(str(error))
        else:
            print(f"{target}: {settings['prompt'] or 'nothing in particular'}, seed {own['seed']}")
    if failed:
        raise OSError("; ".join(failed))


if __name__ == "__main__":
    sys.exit(main())
