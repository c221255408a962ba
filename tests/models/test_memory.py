"""Memory is counted as it is used, and where it ends one error says what would fit and leaves nothing behind."""

import gc
import weakref

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

import course_lib.__main__ as command_line
from course_lib.models import VAE, load, model, outline, untrained
from course_lib.models.configs import STABLE_DIFFUSION_15
from course_lib.models.memory import ALLOWANCE, _Alive, _most_alive, advise_when_full, needed, there, would_fit
from course_lib.pipeline import image_to_image, prepare
from tests.models.test_load import saved  # noqa: F401

HALF, SINGLE = torch.float16, torch.float32


@pytest.fixture(scope="module")
def large():
    return outline(STABLE_DIFFUSION_15)


def test_the_weights_of_stable_diffusion(large):
    assert needed(large, size=512, dtype=HALF).weights == 2 * (859_520_964 + 83_653_863 + 123_060_480)
    assert needed(large, size=256, dtype=SINGLE).weights == 4 * 1_066_235_307
    assert all(weight.device.type == "meta" for network in large.values() for weight in network.parameters())


def test_the_outline_of_a_folder_is_the_model(saved):  # noqa: F811
    found = load(saved)
    shapes = outline(model.configs_of(saved))
    for name, network in found.networks.items():
        mine = {key: value.shape for key, value in network.state_dict().items()}
        assert mine == {key: value.shape for key, value in shapes[name].state_dict().items()}
    assert needed(shapes, size=64, dtype=SINGLE) == needed(found.networks, size=64, dtype=SINGLE)


@pytest.mark.parametrize(
    ("part", "method", "inputs"),
    [
        ("unet", "forward", [(2, 4, 32, 32), 3.0, (2, 16, 24)]),
        ("vae", "decode", [(1, 4, 32, 32)]),
        ("vae", "encode", [(1, 3, 64, 64)]),
    ],
)
def test_the_count_on_the_meta_device_is_the_count_of_a_run(part, method, inputs):
    """The same counter over a true run on the CPU, within a tenth."""
    network = untrained().networks[part]
    real = [torch.zeros(shape) if isinstance(shape, tuple) else shape for shape in inputs]
    alive = _Alive([*network.parameters(), *(tensor for tensor in real if isinstance(tensor, torch.Tensor))])
    with torch.no_grad(), alive:
        getattr(network, method)(*real)
    counted = _most_alive(network, method, *inputs, dtype=SINGLE, fused=True)
    assert alive.most > 100_000 and counted == pytest.approx(alive.most, rel=0.1)


def test_twice_the_side_is_four_times_the_work(large):
    work = {size: needed(large, size=size, dtype=HALF).working for size in (256, 512, 768, 1024, 1536)}
    for side in (256, 512, 768):
        assert work[2 * side] == pytest.approx(4 * work[side], rel=0.01)
    assert needed(large, size=512, dtype=SINGLE).working == pytest.approx(2 * work[512], rel=0.01)
    assert needed(large, size=512, dtype=HALF, pictures=2).working == pytest.approx(2 * work[512], rel=0.01)
    assert needed(large, size=(256, 1024), dtype=HALF).working == pytest.approx(work[512], rel=0.02)


@pytest.mark.parametrize("width", [40, 512])
def test_the_fast_routine_takes_a_head_of_any_width(width):
    """40 as in the U-Net's first level, 512 as in the VAE; only the fast routine is allowed, or the call is refused."""
    query = torch.randn(1, 1, 64, width)
    with sdpa_kernel([SDPBackend.FLASH_ATTENTION]):
        torch.nn.functional.scaled_dot_product_attention(query, query, query)


def test_scores_that_are_held_grow_sixteenfold(large):
    held = {size: needed(large, size=size, dtype=HALF, fused=False).working for size in (512, 1024)}
    assert 14 < held[1024] / held[512] <= 16
    assert held[512] > 5 * needed(large, size=512, dtype=HALF).working
    alone = needed(large, size=512, dtype=HALF, fused=False, guided=False).working
    assert alone < 0.6 * held[512]


@pytest.mark.parametrize(
    ("wish", "free", "says", "not_said"),
    [
        ({"size": 1024, "dtype": SINGLE}, 6e9, ["float16 (4.24 GB)", "512 x 512 pixels (5.57 GB)", "CPU"], "768"),
        ({"size": 1024, "dtype": SINGLE}, 4e9, ["768 x 768 pixels, float16 (3.54 GB)"], "fit: float16"),
        (
            {"size": 512, "dtype": HALF, "pictures": 2},
            3.2e9,
            ["2 pictures of 512", "one picture at a time"],
            "float32;",
        ),
        ({"size": 512, "dtype": HALF}, 1e9, ["fit: the CPU, in float32"], "small"),
        ({"size": (512, 768), "dtype": HALF}, 3e9, ["384 x 576 pixels (2."], "one picture"),
    ],
)
def test_what_would_fit(large, wish, free, says, not_said):
    said = would_fit(large, device="cuda", free=int(free), free_on_cpu=10**10, **wish)
    for words in says:
        assert words in said
    assert not_said not in said


def test_where_nothing_fits_the_small_model_does(large):
    said = would_fit(large, device="cpu", size=512, dtype=SINGLE, free=10**9, free_on_cpu=10**9)
    assert said.endswith("What would fit: of this model nothing; small-stable-diffusion, which comes with the course.")
    on_mps = would_fit(large, device="mps", size=512, dtype=SINGLE, free=6 * 10**9, free_on_cpu=10**9)
    assert "working memory 2.26" in on_mps and "float16 (4.88 GB)" in on_mps


def test_bad_sizes_are_refused(large):
    with pytest.raises(ValueError, match="multiple of 8 pixels; got 500"):
        needed(large, size=500, dtype=HALF)
    with pytest.raises(ValueError, match="pictures must be a whole number, at least 1; got 0"):
        needed(large, size=512, dtype=HALF, pictures=0)


def test_there_is_memory_on_the_cpu():
    assert ALLOWANCE < there("cpu") < 10**14


def full(*arguments, **settings):
    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 9.00 GiB.")


def test_a_full_memory_in_a_step_is_advice_and_leaves_nothing_behind():
    alive = []

    def denoise(x, sigma):
        scratch = torch.zeros(1000)
        alive.append(weakref.ref(scratch))
        full()

    run = prepare(untrained(), "a panda", steps=3, size=24)
    run.denoise = denoise
    with pytest.raises(
        MemoryError, match="^The memory of cpu is full. 24 x 24 pixels in float32 need 0.50 GB"
    ) as caught:
        list(run)
    assert "What would fit:" in str(caught.value)
    gc.collect()
    assert alive[0]() is None, "the error holds the tensors of the step that failed"


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_the_reserve_of_a_gpu_is_emptied(kind, monkeypatch):
    done = []
    monkeypatch.setattr("course_lib.models.memory.there", lambda device: 10**9)
    monkeypatch.setattr(getattr(torch, kind), "empty_cache", lambda: done.append("emptied"))
    settings = {"device": torch.device(kind), "size": 16, "dtype": SINGLE}
    said = pytest.raises(MemoryError, match=f"^The memory of {kind} is full")
    with said, advise_when_full(untrained().networks, **settings):
        full()
    assert done == ["emptied"]


@pytest.mark.parametrize(("kind", "held"), [("cpu", None), ("cuda", 70), ("mps", 50)])
def test_what_the_program_holds_already_counts_as_free_for_it(kind, held, monkeypatch):
    told, networks = {}, untrained().networks
    monkeypatch.setattr("course_lib.models.memory.there", lambda device: 1000)
    monkeypatch.setattr("course_lib.models.memory.would_fit", lambda networks, **given: told.update(given) or "words")
    if kind == "cpu":
        held = sum(weight.nbytes for network in networks.values() for weight in network.parameters())
    else:
        available = torch.cuda if kind == "cuda" else torch.backends.mps
        allocated = "memory_allocated" if kind == "cuda" else "current_allocated_memory"
        monkeypatch.setattr(available, "is_available", lambda: True)
        monkeypatch.setattr(getattr(torch, kind), allocated, lambda *device: held)
        monkeypatch.setattr(getattr(torch, kind), "empty_cache", lambda: None)
    settings = {"device": torch.device(kind), "size": 16, "dtype": SINGLE}
    with pytest.raises(MemoryError, match="words"), advise_when_full(networks, **settings):
        full()
    assert held > 0 and (told["free"], told["free_on_cpu"]) == (1000 + held, 1000)


@pytest.mark.parametrize("where", ["encode", "encode_text", "decode"])
def test_a_full_memory_anywhere_is_advice(where):
    tiny = untrained()
    setattr(tiny, where, full)
    with pytest.raises(MemoryError, match="What would fit"):
        image_to_image(tiny, torch.zeros(3, 16, 16), "a panda", steps=1)


def test_a_full_memory_while_loading_leaves_nothing_behind(saved, monkeypatch):  # noqa: F811
    filled, kept = model.fill, []

    def fill(network, tensors, where, *settings):
        if "vae" in where:
            full()
        filled(network, tensors, where, *settings)
        kept.extend(weakref.ref(weight) for weight in network.parameters())
        return network

    monkeypatch.setattr(model, "fill", fill)
    with pytest.raises(MemoryError, match="256 x 256 pixels in float32") as caught:
        load(saved)
    gc.collect()
    assert caught and len(kept) > 100 and all(reference() is None for reference in kept)


@pytest.mark.parametrize(
    ("message", "is_memory"),
    [
        ("MPS backend out of memory (MPS allocated: 5.0 GB)", True),
        ("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory: you tried", True),
        ("mat1 and mat2 shapes cannot be multiplied", False),
    ],
)
def test_only_a_full_memory_is_taken_for_one(message, is_memory):
    settings = {"device": torch.device("cpu"), "size": 16, "dtype": SINGLE}
    with pytest.raises(MemoryError if is_memory else RuntimeError), advise_when_full(untrained().networks, **settings):
        raise RuntimeError(message)


def test_the_command_line_says_it_in_one_sentence_and_writes_nothing(saved, tmp_path, monkeypatch, capsys):  # noqa: F811
    decode = VAE.decode
    when_real = lambda vae, latent: decode(vae, latent) if latent.is_meta else full()  # noqa: E731
    monkeypatch.setattr(VAE, "decode", when_real)
    out = tmp_path / "picture.png"
    options = ["a", "--model", str(saved), "--size", "16", "--steps", "1", "--sampler", "euler", "--out", str(out)]
    assert command_line.main(options) == 1
    assert "The memory of cpu is full. 16 x 16 pixels" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_on_a_gpu_what_is_free_and_what_pytorch_keeps_is_there(monkeypatch):
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 70)
    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: 50)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 9000))
    assert there("cuda") == 1020


@pytest.mark.parametrize("size", [(0, 64), (64, 0), 0])
def test_a_side_that_is_no_size_is_named(large, size):
    with pytest.raises(ValueError, match="^size must be a whole number"):
        needed(large, size=size, dtype=HALF)
