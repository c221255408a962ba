"""The small model's folder: opened by our loader and by diffusers, whatever its weights; and what it learns from."""

import os
import subprocess
import sys

import diffusers
import pytest
import torch

from course_lib.datasets import open_emoji
from course_lib.datasets.scenes import Scenes, is_held_out
from course_lib.diffusion.prediction import x0_from
from course_lib.models import load
from course_lib.models.configs import noise_table
from course_lib.models.tokenizer import split_words
from course_lib.models.vae import VAE
from course_lib.pipeline import text_to_image
from course_lib.training import evaluate, small_model, text_encoder, unet, vae
from tests.models.peers import relative


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder as the trainings write it, with weights that have learned nothing."""
    made = tmp_path_factory.mktemp("small")
    torch.manual_seed(0)
    vae.write(VAE(**vae.SETTINGS), made)
    network = unet.Trained(len(small_model.make_tokenizer().vocabulary))
    unet.write(network, made)
    return made


def test_the_same_words_give_the_same_vocabulary():
    """In another process, too, where Python and Rust mix their hashes differently: numbers of tokens must not move."""
    code = "from course_lib.training import small_model; print(small_model.learn_vocabulary())"
    options = {"env": os.environ | {"PYTHONHASHSEED": "7"}, "capture_output": True, "check": True}
    elsewhere = subprocess.run([sys.executable, "-c", code], text=True, **options).stdout.strip()
    assert elsewhere == str(small_model.learn_vocabulary())


def test_every_word_of_a_caption_is_one_token():
    tokenizer = small_model.make_tokenizer()
    for caption in (Scenes(0)[number].caption for number in range(200)):
        assert len(tokenizer.tokens(caption)) == len(split_words(caption)), caption
    assert small_model.learn_merges(["aaab", "ab"])[:2] == [("a", "a"), ("a", "b</w>")]


def test_our_loader_opens_it(folder):
    model = load(folder)
    assert model.prediction == "v" and model.latent_scale == 1.0 and model.size == 64 and model.cfg_scale == 3.0
    assert text_to_image(model, "a panda", steps=2).image.shape == (64, 64, 3)


def test_diffusers_opens_it(folder):
    settings = {"local_files_only": True, "safety_checker": None, "torch_dtype": torch.float32}
    peer = diffusers.StableDiffusionPipeline.from_pretrained(folder, **settings)
    ours = load(folder)
    captions = [Scenes(0)[number].caption for number in range(50)]
    theirs = peer.tokenizer(captions, padding="max_length", truncation=True, return_tensors="pt").input_ids
    assert torch.equal(ours.tokenizer(captions), theirs)
    states = ours.encode_text(captions[:2])
    assert relative(states, peer.text_encoder(theirs[:2]).last_hidden_state) < 1e-4
    x = torch.randn(2, 12, 8, 8, generator=torch.Generator().manual_seed(0))
    assert relative(ours.unet(x, 300, states), peer.unet(x, 300, states).sample) < 2e-4
    image = peer(captions[0], num_inference_steps=2, output_type="np").images[0]
    assert image.shape == (64, 64, 3)


def test_the_weights_are_small(folder):
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) < 16e6


def test_every_caption_fits_and_every_word_is_one_token():
    tokenizer = small_model.make_tokenizer()
    scenes = Scenes(3)
    captions = [scenes[number].caption for number in range(2000)]
    assert max(len(tokenizer.tokens(caption)) for caption in captions) <= tokenizer.length - 2
    for caption in open_emoji("noto").captions:
        assert all(piece.endswith("</w>") for piece in tokenizer.tokens(caption) if piece not in {"'", "-", "."}), (
            caption
        )


def test_a_sample_depends_on_its_number_alone():
    torch.manual_seed(0)
    encoder = VAE(**vae.SETTINGS).eval().requires_grad_(False)
    samples = unet.Samples(Scenes(5), encoder, small_model.make_tokenizer(), seed=5)
    together, alone = samples.batch([4, 9, 11]), samples.batch([9])
    for many, one in zip(together, alone, strict=True):
        torch.testing.assert_close(many[1:2], one, rtol=1e-4, atol=1e-5)
    other = unet.Samples(Scenes(5), encoder, small_model.make_tokenizer(), seed=6).batch([9])
    assert not torch.allclose(other[0], alone[0])


def test_one_caption_in_ten_is_left_out():
    encoder = VAE(**vae.SETTINGS).eval().requires_grad_(False)
    samples = unet.Samples(Scenes(1), encoder, small_model.make_tokenizer(), seed=1)
    _, timesteps, tokens, _ = samples.batch(list(range(600)))
    empty = (tokens == samples.tokenizer([""])).all(dim=1).float().mean().item()
    assert empty == pytest.approx(0.1, abs=0.04)
    assert timesteps.min() < 50 and timesteps.max() > 950


def test_what_is_learned_is_v():
    """From the noisy latent and v, the clean latent comes back."""
    encoder = VAE(**vae.SETTINGS).eval().requires_grad_(False)
    scenes = Scenes(1)
    samples = unet.Samples(scenes, encoder, small_model.make_tokenizer(), seed=1)
    x, timesteps, _, v = samples.batch([0, 1, 2])
    latents, _ = encoder.encode(scenes.batch([0, 1, 2])[0])
    alphas = samples.table.alphas_cumprod[timesteps][:, None, None, None]
    torch.testing.assert_close(x0_from("v", v, x, alphas), latents, rtol=1e-3, atol=1e-4)
    assert noise_table(small_model.SCHEDULER_CONFIG)[1] == "v"


def test_a_few_steps_of_training():
    torch.manual_seed(0)
    tokenizer = small_model.make_tokenizer()
    encoder = VAE(**vae.SETTINGS).eval().requires_grad_(False)
    network = unet.Trained(len(tokenizer.vocabulary))
    samples = unet.Samples(Scenes(0), encoder, tokenizer, seed=0)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-3)
    before = unet.losses(network, samples, list(range(16)))["loss"]
    for _ in range(6):
        optimizer.zero_grad()
        unet.losses(network, samples, list(range(16)))["loss"].backward()
        optimizer.step()
    assert unet.losses(network, samples, list(range(16)))["loss"] < before
    assert all(parameter.grad is not None for name, parameter in network.named_parameters() if "position" not in name)


def test_without_a_vae_the_unet_says_what_to_run(tmp_path):
    with pytest.raises(FileNotFoundError, match="run python -m course_lib.training.vae first"):
        vae.open_vae(tmp_path)


def test_only_a_training_from_nothing_asks_for_the_contrastive_text_encoder(monkeypatch, tmp_path):
    monkeypatch.setattr(text_encoder, "CHECKPOINT", tmp_path / "text_encoder.pt")
    for way in ("kept", "both"):
        with pytest.raises(FileNotFoundError, match="run python -m course_lib.training.text_encoder first"):
            unet.starting(way)
    pairs = text_encoder.Pairs(small_model.make_tokenizer())
    torch.save({"average": pairs.state_dict()}, text_encoder.CHECKPOINT)
    for way in unet.WAYS:
        network = unet.starting(way)
        weights = network.text_encoder.state_dict()
        begins = all(torch.equal(weights[name], value) for name, value in pairs.text_encoder.state_dict().items())
        assert begins == (way != "along")
        assert all(parameter.requires_grad == (way != "kept") for parameter in network.text_encoder.parameters())
    text_encoder.CHECKPOINT.unlink()
    unet.starting("both", from_nothing=False)


def test_measuring_paints_what_the_pipeline_paints(folder):
    """Pictures painted in one batch are those that are painted one by one."""
    model = load(folder)
    pictures = evaluate.paint(model, ["a panda", "a red circle"], steps=2, seed=4)
    assert pictures.shape == (2, 3, 64, 64) and pictures.abs().max() <= 1
    again = evaluate.paint(model, ["a panda", "a red circle"], steps=2, seed=4)
    assert torch.equal(pictures, again)
    one = text_to_image(model, "a panda", steps=2, seed=4).image
    mine = ((pictures[0] + 1) * 127.5).round().clamp(0, 255).byte().permute(1, 2, 0).numpy()
    # The batch draws its noise at once, so that only the first picture begins with the noise of the seed.
    assert abs(one.astype(int) - mine.astype(int)).max() <= 1


def test_scenes_to_measure_hold_what_training_never_saw():
    assert all(is_held_out(scene) for scene in evaluate.scenes_of("pair", 20, held_out=True))
    assert not any(is_held_out(scene) for scene in evaluate.scenes_of("shape", 20, held_out=False))


def test_the_captions_of_the_sheet_are_about_things_that_exist():
    concepts = set(open_emoji().captions)
    for caption in evaluate.SHEET:
        words = caption.split(",")[0].split(" on a")[0]
        for article in ("a small ", "a ", "an "):
            words = words.removeprefix(article)
        assert words in concepts or any(
            shape in words for shape in ("circle", "star", "square", "heart", "diamond", "ring")
        )
