"""Where models come from: for each name several places, tried in order, and what is to be known before a download."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from course_lib import expect, shipped

SHIPPED = shipped.ROOT / "data" / "weights"
WANTED = ["*/*.json", "*/*.txt", "*.json"]  # besides the weights: configs, vocabularies
OFFLINE, YES = ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"), ("1", "ON", "YES", "TRUE")  # as the hub reads them
SAFETY_CHECKER = "safety_checker/model"


@dataclass(frozen=True)
class Source:
    """A model by name: the hub's ids for it, tried in order, its licence, and how much a download is.

    variant : the ending of the half-precision files, which are preferred; gigabytes : of these files together;
    checker_gigabytes : of its safety checker, which only diffusers runs, 0 where it has none.

    Example:

    >>> SOURCES["stable-diffusion-1.5"].gigabytes
    2.1
    """

    name: str
    about: str
    licence: str
    gigabytes: float
    hub_ids: tuple[str, ...] = ()
    variant: str = "fp16"
    checker_gigabytes: float = 0.0

    def weights(self, variant: str, safety_checker: bool = False) -> list[str]:
        """The files with the weights of the three networks, and of the safety checker if it is wanted."""
        ending = f".{variant}.safetensors" if variant else ".safetensors"
        networks = ["unet/diffusion_pytorch_model", "vae/diffusion_pytorch_model", "text_encoder/model"]
        checker = [SAFETY_CHECKER] if safety_checker and self.checker_gigabytes else []
        return [network + ending for network in networks + checker]


OPENRAIL = "CreativeML Open RAIL-M: use is free, but for the harmful uses that it lists"
_ROWS = [
    Source("small-stable-diffusion", "the course's own, trained on its pictures; comes with it", "MIT", 0.0),
    Source(
        "stable-diffusion-1.5",
        "Stable Diffusion 1.5",
        OPENRAIL,
        2.1,
        # its first home on the hub, runwayml's, is gone
        ("stable-diffusion-v1-5/stable-diffusion-v1-5", "benjamin-paine/stable-diffusion-v1-5"),
        checker_gigabytes=0.6,
    ),
    Source(
        "stable-diffusion-1.4",
        "Stable Diffusion 1.4",
        OPENRAIL,
        2.1,
        ("CompVis/stable-diffusion-v1-4",),
        checker_gigabytes=0.6,
    ),
]
SOURCES = expect.Registry("model", {row.name: row for row in _ROWS})


def find(name: str, *, download: bool = True, safety_checker: bool = False) -> Path:
    """The folder of a model: one on this machine, else one in the hub's cache, else a download.

    safety_checker : whether a folder of the hub must hold the weights of the model's safety checker, too.

    Local folders come first: `name` under the folder that COURSE_MODELS names, then what the course ships. How much
    will be fetched is said before it is, and what the course ships is compared with its sha256. Raises ValueError for
    an unknown name and a damaged shipped file, FileNotFoundError when all places failed, saying which were tried and
    what to do.

    Example:

    >>> find("stable-difusion-1.5")
    Traceback (most recent call last):
    ValueError: unknown model 'stable-difusion-1.5'; did you mean stable-diffusion-1.5 or stable-diffusion-1.4 or \
small-stable-diffusion? There are: small-stable-diffusion, stable-diffusion-1.5, stable-diffusion-1.4
    """
    source, tried = SOURCES[name], []
    own = os.environ.get("COURSE_MODELS")
    for folder in (Path(own), SHIPPED) if own else (SHIPPED,):
        if folder == SHIPPED and not source.hub_ids:
            shipped.check(folder, name)
        if (folder / name).is_dir():
            return folder / name
        tried.append(f"the folder {folder / name}: not there")
    offline = next(filter(None, map(os.environ.get, OFFLINE)), "").upper() in YES
    for hub_id in source.hub_ids:
        for local in (True, False) if download and not offline else (True,):
            for variant in (source.variant, ""):
                found = _from_hub(source, hub_id, variant, safety_checker, local=local, tried=tried)
                if found:
                    return found
    raise FileNotFoundError(
        f"the model {name!r} could not be found. Tried: {'; '.join(tried)}. Connect to the network and try again, or "
        f"put its folder, in the diffusers layout, under the folder that COURSE_MODELS names. Without it, "
        f"load('small-stable-diffusion') opens the small model that comes with the course"
    )


def _from_hub(
    source: Source, hub_id: str, variant: str, safety_checker: bool, *, local: bool, tried: list[str]
) -> Path | None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    weights = source.weights(variant, safety_checker)
    half = source.gigabytes + (source.checker_gigabytes if safety_checker else 0)
    gigabytes = half if variant else 2 * half
    if variant and not local:  # for both precisions at one time
        print(
            f"Fetching {source.about} from {hub_id}: about {half:.1f} GB, once ({2 * half:.1f} GB where half precision "
            f"is not offered). Licence: {source.licence}.",
            flush=True,
        )
    where = f"{'the cache of' if local else 'the hub,'} {hub_id}{' in half precision' if variant else ''}"
    try:
        folder = Path(snapshot_download(hub_id, allow_patterns=[*weights, *WANTED], local_files_only=local))
    except LocalEntryNotFoundError:
        tried.append(f"{where}: not there")
        return None
    except (HfHubHTTPError, OSError, ValueError) as error:
        if getattr(error, "errno", None) == errno.ENOSPC:
            raise _no_room(hub_id, gigabytes) from error
        tried.append(f"{where}: {str(error).splitlines()[0]}")
        return None
    missing = [name for name in weights if not (folder / name).exists()]
    if missing:
        tried.append(f"{where}: lacks {missing[0]}")
        return None
    return folder


def _no_room(hub_id: str, gigabytes: float) -> OSError:
    """What to say when the disk is full, after the half-fetched file is removed."""
    from huggingface_hub import constants

    cache = Path(constants.HF_HUB_CACHE)
    for half in cache.glob(f"models--{hub_id.replace('/', '--')}/blobs/*.incomplete"):
        half.unlink()
    free = shutil.disk_usage(cache).free / 1e9
    return OSError(
        errno.ENOSPC,
        f"the disk is full: {free:.1f} GB are free, the download takes about {gigabytes:.1f} GB in all. Make room or "
        "set HF_HOME to a folder on a larger disk, and try again. Whole files that were fetched are kept, a half one "
        "is removed",
        str(cache),
    )
