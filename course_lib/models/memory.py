"""How much memory a Stable Diffusion needs, counted before anything is loaded; how much there is; what would fit.

Weights are counted from the shapes of the networks. The working memory, for all numbers on the way that live at one
time, is counted by running the networks on PyTorch's meta device, where tensors have shapes but hold nothing.
"""

from __future__ import annotations

import contextlib
import gc
import traceback
import weakref
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import nn
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from course_lib import expect

GB = 1e9
# What cannot be counted: compiled kernels, their scratch space, and gaps between tensors.
ALLOWANCE = 500_000_000
FULL = ("out of memory", "can't allocate memory", "not enough memory")  # in what torch says on mps and cpu

Networks = Mapping[str, nn.Module]
Size = int | tuple[int, int]


@dataclass(frozen=True)
class Need:
    """Bytes needed. weights : of all networks; working : the most that lives at one time besides; allowance : a guess.

    Example:

    >>> print(Need(2_130_000_000, 400_000_000))
    3.03 GB (weights 2.13, working memory 0.40, allowance 0.50)
    """

    weights: int
    working: int
    allowance: int = ALLOWANCE

    @property
    def total(self) -> int:
        """All together, in bytes."""
        return self.weights + self.working + self.allowance

    def __str__(self) -> str:
        weights, working, allowance = (part / GB for part in (self.weights, self.working, self.allowance))
        parts = f"weights {weights:.2f}, working memory {working:.2f}, allowance {allowance:.2f}"
        return f"{self.total / GB:.2f} GB ({parts})"


def needed(
    networks: Networks, *, size: Size, dtype: torch.dtype, pictures: int = 1, guided: bool = True, fused: bool = True
) -> Need:
    """What painting with these networks needs, whether they are empty (see `outline`) or loaded.

    networks : "text_encoder", "unet", "vae"; size : one side or (height, width) in pixels; pictures : painted at once;
    guided : with guidance, which doubles the batch of the U-Net; fused : attention by a fast routine, which never holds
    all scores, as on cuda and cpu; on mps they are held. (Some AMD cards hold those of the VAE, whose one head is
    wider than the 256 numbers that their fast routines take.) The U-Net, the VAE's decoder and, for image to image, its
    encoder, on the one picture to begin with, run one after the other, so the largest counts.

    Raises ValueError for sides that are no multiples of the VAE's factor. Example:

    >>> from course_lib.models import outline
    >>> from course_lib.models.configs import STABLE_DIFFUSION_15
    >>> print(needed(outline(STABLE_DIFFUSION_15), size=512, dtype=torch.float16))
    3.04 GB (weights 2.13, working memory 0.40, allowance 0.50)
    """
    unet, vae = networks["unet"], networks["vae"]
    height, width = _sides(size)
    if height % vae.factor or width % vae.factor:
        raise ValueError(f"size must be a multiple of {vae.factor} pixels; got {size!r}")
    batch = expect.whole("pictures", pictures)
    latent = batch, vae.latent_channels, height // vae.factor, width // vae.factor
    passes = 2 * batch if guided else batch
    words = passes, networks["text_encoder"].embeddings.position_embedding.num_embeddings, unet.context_channels
    runs = [
        (unet, "forward", (passes, unet.in_channels, *latent[2:]), 1.0, words),
        (vae, "decode", latent),
        (vae, "encode", (1, vae.in_channels, height, width)),
    ]
    working = max(_most_alive(*run, dtype=dtype, fused=fused) for run in runs)
    numbers = sum(parameter.numel() for network in networks.values() for parameter in network.parameters())
    return Need(numbers * dtype.itemsize, working)


def there(device: torch.device | str) -> int:
    """The bytes that are free on a device: of a GPU's own memory, else of the machine's.

    Example:

    >>> there("cpu") > 0
    True
    """
    device = torch.device(device)
    if device.type == "cuda":
        kept_for_later = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return torch.cuda.mem_get_info(device)[0] + kept_for_later
    import psutil

    free = psutil.virtual_memory().available
    if device.type == "mps":
        return min(free, torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
    return free


def would_fit(
    networks: Networks, *, device: torch.device | str, size: Size, dtype: torch.dtype, pictures: int = 1, free: int,
    free_on_cpu: int = 0,
) -> str:  # fmt: skip
    """In words: what is needed, what is free, and which smaller wishes would fit. free, free_on_cpu : bytes; with 0
    on the CPU the sentence does not propose to paint there.

    Raises ValueError as `needed` does. Example:

    >>> from course_lib.models import outline
    >>> from course_lib.models.configs import STABLE_DIFFUSION_15
    >>> wish = {"device": "cuda", "size": 1024, "dtype": torch.float32, "free": 6_000_000_000}
    >>> print(would_fit(outline(STABLE_DIFFUSION_15), **wish, free_on_cpu=2_000_000_000))  # doctest: +ELLIPSIS
    1024 x 1024 pixels in float32 need 7.99 GB (weights 4.26, working memory 3.22, ...); 6.00 GB are free on cuda.
    What would fit: float16 (4.24 GB); 512 x 512 pixels (5.57 GB).
    """
    device, (height, width), factor = torch.device(device), _sides(size), networks["vae"].factor

    def need(on: str = device.type, **change) -> Need:
        asked = {"size": (height, width), "dtype": dtype, "pictures": pictures}
        return needed(networks, fused=on != "mps", **asked | change)

    changes = {}
    if device.type != "cpu" and dtype == torch.float32:
        changes["float16"] = {"dtype": torch.float16}
    if pictures > 1:
        changes["one picture at a time"] = {"pictures": 1}
    fitting = {words: found for words, change in changes.items() if (found := need(**change)).total <= free}
    all_changes = {name: value for change in changes.values() for name, value in change.items()}
    for words, change in (("", {}), (f", {', '.join(changes)}", all_changes)):
        for part in (3, 2, 1):
            h, w = (side * part // 4 // factor * factor for side in (height, width))
            if h and w and (found := need(**change, size=(h, w))).total <= free:
                fitting[f"{h} x {w} pixels{words}"] = found
                break
        if fitting:
            break
    if device.type != "cpu" and (on_cpu := need("cpu", dtype=torch.float32)).total <= free_on_cpu:
        fitting["the CPU, in float32"] = on_cpu
    answer = "; ".join(f"{words} ({found.total / GB:.2f} GB)" for words, found in fitting.items())
    count = "" if pictures == 1 else f"{pictures} pictures of "
    return (
        f"{count}{height} x {width} pixels in {str(dtype).removeprefix('torch.')} need {need()}; "
        f"{free / GB:.2f} GB are free on {device.type}.\n"
        f"What would fit: {answer or 'of this model nothing; small-stable-diffusion, which comes with the course'}."
    )


@contextlib.contextmanager
def advise_when_full(
    networks: Networks, *, device: torch.device, size: Size, dtype: torch.dtype, pictures: int = 1
) -> Iterator[None]:
    """Within it, running out of memory ends in a MemoryError that says what would fit.

    What had been begun is given back: the error holds no tensors, and the GPU's reserve is emptied.

    Example:

    >>> from course_lib.models import untrained
    >>> with advise_when_full(untrained().networks, device=torch.device("cpu"), size=64, dtype=torch.float32):
    ...     raise torch.OutOfMemoryError("Tried to allocate 9.00 GiB.")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    MemoryError: The memory of cpu is full. 64 x 64 pixels in float32 need 0.50 GB (weights 0.00, working memory ...
    """
    try:
        yield
    except RuntimeError as error:
        if not isinstance(error, torch.OutOfMemoryError) and not any(words in str(error) for words in FULL):
            raise
        # The frames where it happened hold the tensors that were too many.
        traceback.clear_frames(error.__traceback__)
        give_back(device)
        free = {"free": there(device) + _held(networks, device), "free_on_cpu": there("cpu")}
        words = would_fit(networks, device=device, size=size, dtype=dtype, pictures=pictures, **free)
        raise MemoryError(f"The memory of {device.type} is full. {words}") from None


def give_back(device: torch.device) -> None:
    """Give the memory of what was deleted back to the device, for others to use.

    Example:

    >>> give_back(torch.device("cpu"))
    """
    gc.collect()
    if device.type in ("cuda", "mps"):
        getattr(torch, device.type).empty_cache()


def _held(networks: Networks, device: torch.device) -> int:
    """The bytes that this program holds on a device, and would have for itself if it began anew."""
    if device.type == "cuda" and torch.cuda.is_available():
        return torch.cuda.memory_allocated(device)
    if device.type == "mps" and torch.backends.mps.is_available():
        return torch.mps.current_allocated_memory()
    weights = [weight for network in networks.values() for weight in network.parameters()]
    return sum(weight.nbytes for weight in weights if weight.device.type == device.type)


class _Alive(TorchDispatchMode):
    """Counts the bytes of all tensors that live at one time, each storage once however many views it has."""

    def __init__(self, known: list[torch.Tensor]):
        super().__init__()
        self.now = self.most = 0
        self.seen = weakref.WeakSet(tensor.untyped_storage() for tensor in known)

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, (tuple, list)) else (out,):
            if isinstance(tensor, torch.Tensor) and (storage := tensor.untyped_storage()) not in self.seen:
                self.seen.add(storage)
                self.now += storage.nbytes()
                weakref.finalize(storage, self._gone, storage.nbytes())
        self.most = max(self.most, self.now)
        return out

    def _gone(self, size: int) -> None:
        self.now -= size


class _Fused(TorchFunctionMode):
    """Attention whose scores are never held all at once."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is nn.functional.scaled_dot_product_attention:
            return torch.empty_like(args[0])
        return function(*args, **(kwargs or {}))


class _Method(nn.Module):
    """A network of which another method than `forward` is called."""

    def __init__(self, network: nn.Module, method: str):
        super().__init__()
        self.network, self.method = network, method

    def forward(self, *arguments):
        return getattr(self.network, self.method)(*arguments)


def _most_alive(network: nn.Module, method: str, *inputs, dtype: torch.dtype, fused: bool) -> int:
    """The most bytes that live at one time beside the weights, in one run on inputs of these shapes."""
    inputs = [torch.empty(shape, dtype=dtype, device="meta") if isinstance(shape, tuple) else shape for shape in inputs]
    run = _Method(network, method)
    weights = {name: torch.empty(weight.shape, dtype=dtype, device="meta") for name, weight in run.named_parameters()}
    alive = _Alive(list(weights.values()))
    with torch.no_grad(), alive, _Fused() if fused else contextlib.nullcontext():
        torch.func.functional_call(run, weights, tuple(inputs))
    return alive.most


def _sides(size: Size) -> tuple[int, int]:
    height, width = (size, size) if isinstance(size, int) else size
    return expect.whole("size", height), expect.whole("size", width)
