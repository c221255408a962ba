"""Lesson 01's runs over all its controls, its figure, and the numbers its text states."""

import itertools
import json
import math
from pathlib import Path

import pytest
import torch

from course_lib.datasets import open_emoji
from course_lib.datasets.scenes import HELD_OUT_SHAPES, Scenes, emoji_scene, is_held_out
from course_lib.diffusion import DatasetDenoiser, NoiseTable
from course_lib.lessons import lesson_01 as lesson
from course_lib.samplers import SAMPLERS, sample, steps
from course_lib.schedulers import make_sigmas

PROMPT = "a panda on a blue background"


@pytest.mark.parametrize("sampler", lesson.OFFERED)
@pytest.mark.parametrize("steps", [1, 2, 5, 10, 20, 50])
def test_every_setting_of_the_menu_ends_at_a_picture(sampler, steps):
    title, run = lesson.remove_noise("a red heart", 3, sampler, steps)
    *_, last = run
    assert title.startswith('"a red heart". ') and f"{steps} step" in title and title.endswith("seed 3")
    assert last.index == steps - 1 and last.sigma_next == 0
    picture = run.decode(last.x_next)
    assert picture.shape == (1, 3, 64, 64) and picture.isfinite().all() and picture.abs().max() <= 1


@pytest.mark.parametrize("prompt", lesson.EXAMPLES)
def test_every_word_of_the_examples_is_one_that_the_model_knows(prompt):
    tokenizer = lesson.model().tokenizer
    assert all(piece.endswith("</w>") for piece in tokenizer.tokens(prompt)) and not tokenizer.words_cut(prompt)


@pytest.fixture(scope="module")
def pictures():
    changes = {
        "first": (PROMPT, 1),
        "seed": (PROMPT, 2),
        "words": ("a panda on a pink background", 1),
        "ancestral": (PROMPT, 1, "euler_ancestral"),
        "5": (PROMPT, 1, "euler", 5),
        "50": (PROMPT, 1, "euler", 50),
    }
    return {name: lesson.paint(*settings) for name, settings in changes.items()}


def test_the_same_settings_give_the_same_picture_and_50_steps_move_it_least(pictures):
    assert torch.equal(pictures["first"], lesson.paint(PROMPT, 1))
    apart = {name: (picture - pictures["first"]).abs().mean() for name, picture in pictures.items()}
    assert apart.pop("first") == 0
    assert min(apart, key=apart.get) == "50" and apart["50"] < 0.06
    assert min(apart[name] for name in ("seed", "words")) > 2 * apart["5"]


def test_fresh_noise_ends_near_the_same_panda_but_with_seed_4_at_another(pictures):
    assert (pictures["ancestral"] - pictures["first"]).abs().mean() < 0.08
    plain, ancestral = (lesson.paint(PROMPT, 4, sampler) for sampler in ("euler", "euler_ancestral"))
    assert (ancestral - plain).abs().mean() > 0.15


@pytest.mark.parametrize(
    ("step", "words"),
    [
        (lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma_next / sigma * noise, "multiply by sigma"),
        (lambda x, noise, sigma, sigma_next: sigma_next / sigma * x, "brackets are missing"),
        (lambda x, noise, sigma, sigma_next: (x - sigma * noise) * sigma_next / sigma, "made the guess smaller"),
        (lambda x, noise, sigma, sigma_next: (1 - sigma_next / sigma) * (x - sigma * noise), "made the guess smaller"),
        (lambda x, noise, sigma, sigma_next: x - sigma * noise + 0.5 * sigma * noise, "1/2 on paper was sigma_next"),
        (lambda x, noise, sigma, sigma_next: x + sigma_next / sigma * (x - sigma * noise), "the other way round"),
        (lambda x, noise, sigma, sigma_next: x + sigma_next * noise, "all of its noise is still there"),
        (lambda x, noise, sigma, sigma_next: x * sigma_next / sigma, "or the guess is left out"),
        (lambda x, noise, sigma, sigma_next: x - (sigma_next - sigma) * noise, "It must be taken away"),
        (lambda x, noise, sigma, sigma_next: x - sigma * noise + sigma_next // sigma * sigma * noise, "// rounds it"),
        (lambda x, noise, sigma, sigma_next: 0.64 + 0.5 * 2.36, "1.82 is the answer for the numbers on paper"),
        (lambda x, noise, sigma, sigma_next: x - sigma / sigma_next * noise, "Two ways to write it"),
        (lambda x, noise, sigma, sigma_next: sigma * noise + sigma_next / sigma * sigma * noise, "is the noise in x"),
        (
            lambda x, noise, sigma, sigma_next: sigma * noise + sigma_next / sigma * (x - sigma * noise),
            "is the noise in x",
        ),
        (
            lambda x, noise, sigma, sigma_next: (1 + sigma_next / sigma) * (x - sigma * noise),
            "You add a part of the guess",
        ),
    ],
)
def test_half_right_steps_are_named(step, words):
    assert words in lesson.check_step.verdict(step)


@pytest.mark.parametrize(
    ("check", "shape", "words"),
    [
        (lesson.check_tokens, (2, 77, 1), "not a list of one"),
        (lesson.check_latent, (2, 12, 8, 10), "That is the small model's"),
        (lesson.check_latent, (2, 4, 8, 10), "512 / 8 is 64"),
        (lesson.check_picture, (2, 1, 512, 640), "One channel would be a grey picture"),
        (lesson.check_tokens, (2, 8), "however many words"),
        (lesson.check_tokens, torch.zeros(2, 77), "in place of a tensor"),
        (lesson.check_tokens, "(2, 77)", "without quotes"),
        (lesson.check_tokens, 5, "Its sides are: batch and positions."),
        (lesson.check_states, (154, 768), "not a factor"),
        (lesson.check_states, torch.zeros(2, 77, 768), "in place of a tensor"),
        (lesson.check_latent, (64, 80), "Batch and channels are missing"),
        (lesson.check_latent, (4, 80, 64), "The batch is missing, and height"),
        (lesson.check_latent, (2, 4, 8, 8), "the small model's latents"),
        (lesson.check_picture, (512, 640, 3), "The batch is missing, and PyTorch"),
        (lesson.check_picture, (2, 4, 64, 80), "That is the latent."),
        (lesson.check_picture, (4, 3, 512, 640), "two prompts, and two pictures"),
        (lesson.check_tokens, (2.0, 77.0), "each must be a whole number"),
        (lesson.check_latent, (2, 4, 512 / 8, 640 / 8), "each must be a whole number"),
        (lesson.check_latent, (2, 4, 640 / 8, 512 / 8), "height before width"),
        (lesson.check_latent, (2, 80, 64, 4), "channels before rows and columns, and height before width"),
        (lesson.check_latent, (64, 80, 4), "The batch is missing, and PyTorch"),
        (lesson.check_picture, (2, 640, 512, 3), "channels before rows and columns, and height before width"),
    ],
)
def test_wrong_shapes_are_named(check, shape, words):
    assert words in check.verdict(shape)


def test_the_background_is_what_the_prompt_says(pictures):
    corner = {name: picture[:, :4].mean((1, 2)) for name, picture in pictures.items()}
    assert corner["first"].argmax() == 2 and corner["words"].argmax() == 0


def roughness(picture):
    return (picture.diff(dim=1).abs().mean() + picture.diff(dim=2).abs().mean()).item()


def test_the_first_guess_is_a_blur_and_weaker_than_what_it_averages():
    run = lesson.remove_noise(PROMPT, 1)[1]
    with torch.no_grad():
        first = lesson.model().denoiser(lesson.model().encode_text([PROMPT]))(run.x, run.sigmas[0])
        anything = lesson.model().denoiser(lesson.model().encode_text([""]))(run.x, run.sigmas[0])
    latent = run.finish().latent
    sharp = roughness(run.decode(latent)[0])
    assert roughness(run.decode(anything)[0]) < 0.6 * sharp and roughness(run.decode(first)[0]) < 0.95 * sharp
    assert first.std() < 0.85 * latent.std()


@pytest.mark.parametrize("seed", [1, 2])
def test_the_first_guess_of_a_small_circle_has_a_soft_rim(seed):
    """Where its rim is neither white nor red, compared with the rim of the finished circle."""
    run = lesson.remove_noise("a small red circle", seed)[1]
    with torch.no_grad():
        first = lesson.model().denoiser(lesson.model().encode_text(["a small red circle"]))(run.x, run.sigmas[0])
    soft, sharp = (
        ((picture[1] > -0.5) & (picture[1] < 0.8)).sum()
        for picture in (run.decode(first)[0], run.decode(run.finish().latent)[0])
    )
    assert soft > 2 * sharp


def test_small_circles_differ_a_little_in_position_and_size():
    scenes = [scene for scene in map(Scenes(seed=5, kind="shape").__getitem__, range(800)) if "small" in scene.caption]
    circles = [scene.things[0] for scene in scenes if scene.things[0].name == "circle"]
    columns, sizes = {thing.middle[0] for thing in circles}, {thing.size for thing in circles}
    assert 2 < max(columns) - min(columns) <= 10 and 2 < max(sizes) - min(sizes) <= 8


def test_clean_latents_and_their_noise_have_the_strength_that_the_text_says():
    pictures, _ = Scenes(seed=5).batch(range(64))
    with torch.no_grad():
        latents = lesson.model().encode(pictures)
    assert latents.std() == pytest.approx(1, abs=0.1)
    noise = torch.randn(latents.shape, generator=torch.Generator().manual_seed(0))
    for sigma in (0.5, 2.0, 10.0):
        assert (latents + sigma * noise).std() == pytest.approx(math.hypot(1, sigma), rel=0.1)


def test_halfway_the_guess_is_nearly_the_picture_and_the_state_is_not():
    run = lesson.remove_noise(PROMPT, 1)[1]
    steps = list(run)
    guesses = [run.decode(step.denoised)[0] for step in steps]
    assert (guesses[12] - guesses[-1]).abs().mean() < 0.25 * (guesses[0] - guesses[-1]).abs().mean()
    assert steps[12].sigma > 0.5, "there is half as much noise as latent"
    first, last = (guess[:, :4].mean((1, 2)) for guess in (guesses[0], guesses[-1]))
    assert (first - last).abs().max() > 0.2, "with guidance blue is another blue at first"


def test_guidance_moves_the_decoded_guess_away_before_it_comes_nearer():
    """Its distances from the last one; without guidance they fall from step to step."""
    run = lesson.remove_noise(PROMPT, 1)[1]
    with torch.no_grad():
        plain = list(steps("euler", lesson.model().denoiser(lesson.model().encode_text([PROMPT])), run.x, run.sigmas))
    guided, plain = (torch.cat([run.decode(step.denoised) for step in way]) for way in (list(run), plain))
    off, plain_off = ((guesses - guesses[-1]).abs().mean((1, 2, 3)) for guesses in (guided, plain))
    assert off[4] > 1.1 * off[3] and off[3] > 1.1 * off[2] and off[12] < 0.3 * off[0] and (plain_off.diff() < 0).all()
    red = [(guess[0] - guess[1:].amax(0))[:26].amax() for guess in guided]
    assert min(red[3:7]) > 0.4 and red[13] < 0.2, "the ears are reddish up to about step 10"


def test_the_network_is_handed_numbers_of_strength_1_and_a_position_in_the_table():
    handed, run = [], lesson.remove_noise(PROMPT, 1)[1]
    listening = lesson.model().networks["unet"].register_forward_pre_hook(lambda _, given: handed.extend(given))
    try:
        next(iter(run))
    finally:
        listening.remove()
    assert handed[0].std() == pytest.approx(1, abs=0.1) and handed[1].unique().tolist() == pytest.approx([999])


def test_what_is_said_of_words_and_emoji_that_the_model_has_not_seen():
    assert lesson.model().tokenizer.tokens("xylophone") == ["x", "y", "lo", "p", "hone</w>"]
    unseen = [
        sum(is_held_out(emoji_scene(concept, style)) for style in ("noto", "fluent"))
        for concept in open_emoji("fluent").captions
    ]
    assert (len(unseen), unseen.count(2), unseen.count(1)) == (256, 1, 32)
    reached = Path(__file__).parents[3] / "data" / "weights" / "reached.json"
    shares = json.loads(reached.read_text(encoding="utf-8"))["emoji"]["painted, unseen pairs"]
    assert (round(shares["concept"], 2), round(shares["style"], 2)) == (0.97, 0.15)


def test_levels_that_stop_high_end_at_a_mixture_and_those_of_the_text_do_not():
    known = open_emoji("fluent").select("animal").images
    start = 100 * torch.randn(4, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    for lowest, mixed in ((0.01, False), (30, True)):
        levels = torch.cat([torch.logspace(2, math.log10(lowest), 20), torch.zeros(1)])
        ends = sample("euler", DatasetDenoiser(known), start, levels)
        off = torch.stack([(end - known).abs().amax((1, 2, 3)).min() for end in ends])
        assert (off > 0.3).all() if mixed else (off < 1e-3).all()


def test_words_beyond_the_places_are_named_in_the_title(recwarn):
    title, _ = lesson.remove_noise("a panda " * 20, 1, steps=1)
    assert 'No position was left for: "a panda a panda' in title and not recwarn


def test_words_that_the_model_has_never_seen_are_named_in_the_title(recwarn):
    title, _ = lesson.remove_noise("a pandda", 1, steps=1)
    assert title.endswith("seed 1. The model has never seen: 'pandda' (did you mean panda?)") and not recwarn


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cat", -1), "seed must be a whole number, at least 0, at most 4294967295; got -1"),
        (("cat", 0, "eulre"), "did you mean euler"),
        (("cat", 0, "euler", 0), "steps must be a whole number"),
    ],
)
def test_bad_input_is_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        lesson.remove_noise(*arguments)


def test_the_pairs_that_the_text_calls_new_were_never_trained():
    assert {("red", "star"), ("green", "heart"), ("purple", "circle")} <= HELD_OUT_SHAPES
    assert {("red", "heart"), ("blue", "star")}.isdisjoint(HELD_OUT_SHAPES)


def test_heun_asks_twice_and_euler_once():
    assert (SAMPLERS["heun"].calls_per_step, SAMPLERS["euler"].calls_per_step) == (2, 1)


def test_the_small_model_is_what_the_text_and_the_plan_say():
    model = lesson.model()
    size = {name: sum(p.numel() for p in network.parameters()) for name, network in model.networks.items()}
    decoder = [*model.vae.decoder.parameters(), *model.vae.post_quant_conv.parameters()]
    assert len(model.tokenizer.vocabulary) == 1418 and model.tokenizer.length == 24
    found = [size["text_encoder"], size["unet"], sum(p.numel() for p in decoder)]
    assert [round(number / 1e6, 1) for number in found] == [0.6, 4.3, 1.1]
    encoder = size["vae"] - sum(p.numel() for p in decoder)
    assert round(encoder / 1e6, 1) == 0.7 and round((83_653_863 - 49_490_199) / 1e6) == 34
    whole = 859_520_964 + 83_653_863 + 123_060_480
    assert whole / sum(size.values()) == pytest.approx(160, abs=2)
    torch.testing.assert_close(model.table.sigmas, NoiseTable.scaled_linear().sigmas)


def test_the_numbers_on_paper_tell_the_usual_mistakes_apart():
    at = (3.0, 1.18, 2.0, 0.5)
    assert round(lesson.check_step.right(*at), 2) == 1.23
    wrong = [mistake.wrong(*at) for mistake in lesson.check_step.mistakes if not (mistake.stops or mistake.when)]
    assert len(wrong) > 10 and 1.23 not in [round(value, 2) for value in wrong]


def test_the_steps_are_what_the_text_says():
    """From 14.61 to 0.03; widths fall (but for the last), and so does the share of the noise that is kept."""
    sigmas = make_sigmas("karras", 20, lesson.model().table)
    widths, kept = sigmas[:-1] - sigmas[1:], sigmas[1:] / sigmas[:-1]
    assert round(sigmas[0].item(), 2) == 14.61 and round(sigmas[19].item(), 2) == 0.03
    assert (widths[:-1].diff() < 0).all() and widths[-1] > widths[-2] and (kept.diff() < 0).all()


def test_a_guess_below_1_loses_less_than_1_does():
    share = 1 / (1 + math.exp(-2 * 3 / 2**2))
    loss = {guess: share * (guess - 1) ** 2 + (1 - share) * (guess + 1) ** 2 for guess in (0.64, 1.0, 3.0)}
    assert min(loss, key=loss.get) == 0.64 and share > 0.5
    assert [f"{loss[guess]:.2f}" for guess in (1.0, 0.64)] == ["0.73", "0.60"] and f"{share:.3f}" == "0.818"


def test_the_machine_is_drawn_with_every_shape():
    shown = lesson.draw_machine()
    assert shown.png.startswith(b"\x89PNG") and "text states of 768 | 128" in shown.alt
    assert shown.width <= 660, "wider figures are shrunk in a window of 800 pixels"


RIGHT_ORDERS = (
    "DCG(EB)A",
    "DGC(EB)A",
    "GDC(EB)A",
    "dcg(eb)a",
    "D C G (E B) A",
    "DCG[EB]A",
    "D,C,G,(E,B),A",
    "D → C → G → (E → B) → A",
    "DCG=>(EB)=>A",
    "D+C+G+(EB)+A",
)


@pytest.mark.parametrize("order", RIGHT_ORDERS)
def test_every_way_to_write_the_right_order_is_accepted(order):
    assert lesson.check_order.verdict(order) == "[OK] the order is right."


@pytest.mark.parametrize(
    ("order", "words"),
    [
        ("CG(EB)A", "tokenizer (D) is still missing"),
        ("DCG(E)BA", "both needed in every step"),
        ("DCGE(B)A", "both needed in every step"),
        ("DCG(EB)F", "two halves of the VAE"),
        ("ACG(EB)D", "A and D have changed places"),
        ("DCG(EB", "not closed"),
        ("DC(EB)A", "scheduler (G) is still missing"),
        ("DC(GEB)A", "makes its list once"),
        ("DC(EBG)A", "makes its list once"),
    ],
)
def test_usual_wrong_orders_are_named(order, words):
    assert words in lesson.check_order.verdict(order)


@pytest.mark.parametrize("order", ["", "...", "->", "()", []])
def test_an_order_without_letters_is_missing(order):
    assert lesson.check_order.verdict(order) == "[not yet] the order is still missing."


def test_no_wrong_order_passes():
    """Every arrangement of the six letters, with brackets at every two places: only three are right."""
    right = set()
    for letters in itertools.permutations("ABCDEG"):
        for start, end in itertools.combinations(range(7), 2):
            order = "".join([*letters[:start], "(", *letters[start:end], ")", *letters[end:]])
            if lesson.check_order.verdict(order).startswith("[OK]"):
                right.add(order)
    assert right == {"DCG(EB)A", "DGC(EB)A", "GDC(EB)A"}


def test_another_way_to_write_the_step_is_right():
    said = lesson.check_step.verdict(lambda x, noise, sigma, sigma_next: x + (sigma_next - sigma) * noise)
    assert said == "[OK] euler_step is right."
    known = (open_emoji("fluent").select("animal")).images[:1]
    first, *_ = steps("euler", DatasetDenoiser(known), torch.zeros(1, 3, 64, 64), [2.0, 1.0])
    noise = (first.x - first.denoised) / first.sigma
    torch.testing.assert_close(lesson.check_step.right(first.x, noise, 2.0, 1.0), first.x_next)


def test_steps_that_ask_a_denoiser_are_told_that_none_is_needed():
    two = DatasetDenoiser(torch.tensor([[-1.0], [1.0]]))
    known = torch.tensor([-1.0, 1.0])
    by_hand = lambda x, sigma: (torch.exp(-((x - known) ** 2) / (2 * sigma**2)) * known).sum()  # noqa: E731
    for denoise in (two, by_hand, lesson.model().guided_denoiser("a panda")):

        def step(x, noise, sigma, sigma_next, denoise=denoise):
            denoised = denoise(x, sigma)
            return denoised + sigma_next / sigma * (x - denoised)

        assert "No denoiser is needed" in lesson.check_step.verdict(step)
    assert "takes away sigma - sigma_next of it" in lesson.check_step.verdict(
        lambda x, noise, sigma, sigma_next: x - noise
    )


@pytest.mark.parametrize(
    "given",
    [lambda x: x.item(), lambda x: x.numpy(), float, lambda x: round(x, 2)],
    ids=["item", "numpy", "float", "round"],
)
def test_a_right_step_that_takes_only_one_kind_of_number_is_told_so(given):
    def step(x, noise, sigma, sigma_next):
        return given(lesson.check_step.right(x, noise, sigma, sigma_next))

    assert "x may be a plain number or a whole tensor" in lesson.check_step.verdict(step)


def test_a_step_whose_sign_is_wrong_by_chance_is_not_told_so():
    said = lesson.check_step.verdict(lambda x, noise, sigma, sigma_next: x + sigma_next * noise - sigma * x)
    assert "gives 4.5, expected -1.5." in said and "other sign" not in said


def test_other_errors_are_not_taken_for_a_denoisers(capsys):
    def step(x, noise, sigma, sigma_next):
        print("here")
        return x.unsqueeze(0) - noise

    said = lesson.check_step.verdict(step)
    assert "stops with AttributeError in the line `return x.unsqueeze(0) - noise`" in said
    assert capsys.readouterr().out == "here\n" * 4, "what it prints is seen once a case"


def test_a_guess_that_is_used_before_it_is_made_is_named():
    def step(x, noise, sigma, sigma_next):
        x_next = denoised + sigma_next / sigma * (x - denoised)  # noqa: F821
        return x_next

    assert "You use denoised before it is made" in lesson.check_step.verdict(step)


def test_noise_in_the_place_of_the_guess_is_named():
    """Euler's loop of the lesson, with `noise` written where `denoised` stood."""

    def copied(x, noise, sigma, sigma_next):
        x = noise + sigma_next / sigma * (x - noise)
        return x

    assert "First make the guess: denoised = x - sigma * noise." in lesson.check_step.verdict(copied)


def test_numbers_in_the_questions_are_true():
    assert math.tanh(3 / 2**2) == pytest.approx(0.64, abs=5e-3)
    assert f"{math.tanh(1.3831 / 0.5**2):.2f}" == "1.00", "the guess after sigma 0.5"
    assert 3 * 512 * 512 == 786_432 and 4 * 64 * 64 == 16_384 and 786_432 / 16_384 == 48
