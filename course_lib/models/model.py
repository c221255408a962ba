"""A Stable Diffusion, all its parts together: tokenizer, text encoder, U-Net, VAE, and the noise table."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from course_lib.device import check_device
from course_lib.diffusion.guidance import check_scale, guide
from course_lib.diffusion.noise_table import NoiseTable
from course_lib.diffusion.prediction import as_denoiser
from course_lib.models.configs import (
    cfg_scale,
    latent_scale,
    latent_side,
    noise_table,
    scheduler_class,
    text_settings,
    trained_words,
    unet_settings,
    vae_settings,
)  # fmt: skip
from course_lib.models.keys import refuse, shown
from course_lib.models.memory import advise_when_full
from course_lib.models.sources import SOURCES, find
from course_lib.models.text_encoder import TextEncoder
from course_lib.models.tokenizer import Tokenizer
from course_lib.models.unet import UNet
from course_lib.models.vae import VAE
from course_lib.models.weights import fill, read_json, read_tensors, weights_file
from course_lib.models.words import never_seen

PARTS = ("tokenizer", "text_encoder", "unet", "vae", "scheduler")
NETWORKS = {
    "text_encoder": (TextEncoder, text_settings),
    "unet": (UNet, unet_settings),
    "vae": (VAE, vae_settings),
}


@dataclass(eq=False)
class StableDiffusion:
    """The parts of a Stable Diffusion, and what belongs to them.

    table : the noise that it was trained with; prediction : what its U-Net predicts, "eps", "v" or "x0";
    latent_scale : latents times this have about the standard deviation 1; cfg_scale : the guidance that suits it;
    size : the side of the pictures that it was trained on, in pixels; words : those that it was trained with, as
    `split_words` cuts them, None where nobody knows.

    Example: see `load`.

    >>> sorted(StableDiffusion.__dataclass_fields__)[:3]
    ['cfg_scale', 'latent_scale', 'prediction']
    """

    tokenizer: Tokenizer
    text_encoder: TextEncoder
    unet: UNet
    vae: VAE
    table: NoiseTable
    prediction: str
    latent_scale: float
    cfg_scale: float
    size: int
    words: frozenset[str] | None = None

    @property
    def device(self) -> torch.device:
        """Where its weights are."""
        return self.unet.conv_in.weight.device

    @property
    def dtype(self) -> torch.dtype:
        """In which precision it computes."""
        return self.unet.conv_in.weight.dtype

    @property
    def networks(self) -> dict[str, torch.nn.Module]:
        """Its three networks by the names of their folders."""
        return {name: getattr(self, name) for name in NETWORKS}

    def encode_text(self, texts: Sequence[str]) -> Tensor:
        """Texts -> text states (B, length, width). Raises ValueError for anything but a list of texts.

        A warning names the words that the model has never seen.
        """
        tokens = self.tokenizer(texts).to(self.device)
        for sentence in filter(None, (never_seen(text, self.words) for text in texts)):
            warnings.warn(sentence, stacklevel=2)
        return self.text_encoder(tokens)

    def denoiser(self, context: Tensor) -> Callable[[Tensor, Tensor], Tensor]:
        """denoise(x, sigma) -> denoised, under text states (B or 1, length, width).

        x (B, C, h, w) is in sigma coordinates. Whatever precision it has, the network computes in its own. Outside the
        table the network is told the nearest end's timestep.
        """

        def network(x: Tensor, timestep: Tensor) -> Tensor:
            states = _for_each(x, context.to(self.device, self.dtype))
            return self.unet(x.to(self.dtype), timestep[:1], states).to(x.dtype)  # all are equally noisy

        return as_denoiser(network, self.table, self.prediction)

    def guided_denoiser(
        self, prompt: str | Sequence[str], negative_prompt: str | Sequence[str] = "", cfg_scale: float | None = None
    ) -> Callable:
        """denoise(x, sigma) -> denoised under a prompt, with guidance; one pass over a batch of twice the size.

        prompt, negative_prompt : texts for all of x, or lists with one for each of its pictures.
        With cfg_scale 1 the prompt alone is asked, in one pass of the plain size. None takes the model's own scale.
        Raises ValueError for a scale that is negative, NaN or infinite. Source: see `course_lib.diffusion.guide`.
        """
        scale = check_scale(self.cfg_scale if cfg_scale is None else cfg_scale)
        prompts, negatives = ([text] if isinstance(text, str) else list(text) for text in (prompt, negative_prompt))
        if scale == 1:
            return self.denoiser(self.encode_text(prompts))
        without, under = self.encode_text([*negatives, *prompts]).split([len(negatives), len(prompts)])

        def denoise(x: Tensor, sigma: Tensor) -> Tensor:
            context = torch.cat([_for_each(x, without), _for_each(x, under)])
            return guide(*self.denoiser(context)(torch.cat([x, x]), sigma).chunk(2), scale)

        return denoise

    def encode(self, image: Tensor) -> Tensor:
        """image (B, 3, H, W) in [-1, 1] -> its latent as the U-Net wants it, scaled: (B, C, h, w)."""
        mean, _ = self.vae.encode(image.to(self.device, self.dtype))
        return (self.latent_scale * mean).float()

    def decode(self, latent: Tensor) -> Tensor:
        """A scaled latent (B, C, h, w) -> image (B, 3, H, W), float32, in [-1, 1], NaN where it is not finite."""
        image = self.vae.decode(latent.to(self.device, self.dtype) / self.latent_scale).float()
        return image.clamp(-1, 1).where(image.isfinite(), torch.nan)  # else infinities pass for black and white


def _for_each(x: Tensor, states: Tensor) -> Tensor:
    """Text states (B or 1, length, width) for each picture of x (B, C, h, w)."""
    if len(states) not in (1, len(x)):
        raise ValueError(f"the text states must be for all pictures or one for each of {len(x)}; got {len(states)}")
    return states.expand(len(x), -1, -1)


class _ShapesAlone(TorchFunctionMode):
    """Within it, layers are made on the meta device, and draw no random numbers to begin a training with."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if function is torch.empty:
            return function(*args, **kwargs | {"device": "meta"})
        if getattr(function, "__module__", None) == "torch.nn.init":
            return args[0] if args else kwargs["tensor"]
        return function(*args, **kwargs)


def outline(configs: Mapping[str, dict]) -> dict[str, torch.nn.Module]:
    """The three networks on the meta device: their shapes, and no weights. configs : of each, as in its config.json.

    Raises ValueError for a config that our networks do not have.

    Example:

    >>> networks = outline({"text_encoder": {}, "unet": {"cross_attention_dim": 768}, "vae": {}})
    >>> sum(parameter.numel() for parameter in networks["unet"].parameters())
    859520964
    """
    with _ShapesAlone():
        return {name: kind(**settings(configs[name])) for name, (kind, settings) in NETWORKS.items()}


def configs_of(folder: Path) -> dict[str, dict]:
    """The configs of the three networks of a folder, for `outline`. Raises FileNotFoundError, ValueError.

    Example:

    >>> configs_of(find("small-stable-diffusion"))["vae"]["_class_name"]
    'AutoencoderKL'
    """
    return {name: read_json(folder / name / "config.json") for name in NETWORKS}


def course_of(folder: Path) -> dict:
    """What the course.json of a folder says, or else the defaults: cfg_scale, and the words that a model has seen.

    Raises ValueError for what it must not say.

    Example:

    >>> course = course_of(find("small-stable-diffusion"))
    >>> course["cfg_scale"], "panda" in course["words"], course_of(Path("nowhere"))
    (3.0, True, {'cfg_scale': 7.5, 'words': None})
    """
    course = _json_or_nothing(folder / "course.json")
    return {"cfg_scale": cfg_scale(course), "words": trained_words(course)}


def load(folder: Path | str, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32) -> StableDiffusion:
    """Open a Stable Diffusion 1.x: a folder in the diffusers layout, or a name such as "stable-diffusion-1.5".

    Only safetensors are opened, memory-mapped. What a name stands for is in `sources.py`; a download says how much
    before it begins. The folder's files mean what they mean to diffusers and transformers; what is not built here is
    refused before any weights are read.

    Raises FileNotFoundError for a missing folder or part, ValueError for a key that asks for what is not built, named,
    and for a file that is damaged or does not fit, MemoryError, saying what would fit, where the device has too little
    memory.

    Example:

    >>> load("nowhere/at/all")
    Traceback (most recent call last):
    FileNotFoundError: nowhere/at/all is not a folder, nor a name: small-stable-diffusion, stable-diffusion-1.5, \
stable-diffusion-1.4
    """
    device = check_device(device)
    if not isinstance(folder, str | Path):
        raise ValueError(f"folder must be a path or a name: {', '.join(SOURCES)}; got {folder!r}")
    if isinstance(folder, str) and folder in SOURCES:
        folder = find(folder)
    folder = Path(folder)
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is not a folder, nor a name: {', '.join(SOURCES)}")
    missing = [part for part in PARTS if not (folder / part).is_dir()]
    if missing:
        raise FileNotFoundError(
            f"{folder} must have the folders {', '.join(PARTS)}, as a model in the diffusers layout has; "
            f"it lacks {', '.join(missing)}"
        )
    configs = configs_of(folder)
    named = scheduler_class(_json_or_nothing(folder / "model_index.json"))
    table, prediction = noise_table(read_json(folder / "scheduler" / "scheduler_config.json"), named)
    empty = outline(configs)
    tokenizer = Tokenizer.from_folder(folder / "tokenizer", length=empty["text_encoder"].places)
    _check_fit(empty, tokenizer)
    size = latent_side(configs["unet"]) * empty["vae"].factor
    rest = {"latent_scale": latent_scale(configs["vae"])} | course_of(folder)
    for name in NETWORKS:
        weights_file(folder / name)
    with advise_when_full(empty, device=device, size=size, dtype=dtype):
        networks = _filled(folder, empty, device, dtype)
    return StableDiffusion(tokenizer, **networks, table=table, prediction=prediction, size=size, **rest)


def _json_or_nothing(path: Path) -> dict:
    return read_json(path) if path.is_file() else {}


def _check_fit(networks: Mapping[str, torch.nn.Module], tokenizer: Tokenizer) -> None:
    """Whether the parts can be joined. Raises ValueError, naming the key of the config that does not fit."""
    unet, vae, text = (networks[name] for name in ("unet", "vae", "text_encoder"))
    for where, key, found, wanted, why in [
        ("vae", "in_channels", vae.in_channels, 3, "for red, green and blue"),
        ("vae", "out_channels", vae.decoder.conv_out.out_channels, 3, "for red, green and blue"),
        ("unet", "in_channels", unet.in_channels, vae.latent_channels,
         "the vae's latent_channels (a U-Net for inpainting reads a mask and a picture besides)"),
        ("unet", "out_channels", unet.conv_out.out_channels, unet.in_channels, "its in_channels"),
        ("unet", "cross_attention_dim", unet.context_channels, text.width, "the text encoder's hidden_size"),
    ]:  # fmt: skip
        if found != wanted:
            refuse(f"the config of {where}", key, f"{wanted}, {why}", found)
    if tokenizer.length > text.places:
        words = f"at most {text.places}, the text encoder's max_position_embeddings"
        refuse("the tokenizer", "model_max_length", words, tokenizer.length)
    last, number = max(tokenizer.vocabulary.items(), key=lambda item: item[1])
    if number >= text.words:
        raise ValueError(
            f"the config of text_encoder must have vocab_size = {number + 1} or more, since the tokenizer's token "
            f"{shown(last)} has the number {number}; got {text.words}"
        )


def _filled(
    folder: Path, networks: dict[str, torch.nn.Module], device: torch.device, dtype: torch.dtype
) -> dict[str, torch.nn.Module]:
    """Empty networks with their weights; where memory ends on the way, they are empty again and hold nothing."""
    try:
        for name, network in networks.items():
            fill(network, read_tensors(folder / name), str(folder / name), device, dtype)
        # As convolutions read it best; a U-Net laid out like this has no forward derivative, which ttm needs.
        networks["vae"].to(memory_format=torch.channels_last)
    except BaseException:
        for network in networks.values():
            network.to("meta")
        raise
    return networks
