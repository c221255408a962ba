"""Lesson 01, what is Stable Diffusion: its predictions, its quiz and its checks."""

from __future__ import annotations

from course_lib.lessons.checks import Mistake, ValueCheck
from course_lib.lessons.quiz import Choice, Question

predict_guess = Question(
    "At the first step there is almost only noise. What is the best guess of the clean picture?",
    (
        Choice(
            "one of the pictures, picked at random",
            "A guess that is right on average must not commit to one picture yet.",
        ),
        Choice(
            "a blurred mixture of all that fit",
            "Yes: when nothing is known, the mean of all is the best guess.",
            right=True,
        ),
        Choice("the noise itself", "The guess is about the picture underneath, and the noise says nothing about it."),
    ),
)

predict_words = Question(
    "We keep the same noise and ask for other words. What comes out?",
    (
        Choice("the same picture", "The noise is the same, but the denoiser knows other pictures now."),
        Choice("another picture", "Yes: the words decide which pictures the denoiser can guess.", right=True),
        Choice("noise", "The noise is removed in either case."),
    ),
)

predict_recall = Question(
    "Can this denoiser make a picture that is not in its set?",
    (
        Choice("yes, a mixture", "Mixtures occur on the way. In the end the weights settle on one picture."),
        Choice("no", "Right: it can only recall. That is why networks are trained instead.", right=True),
    ),
)

quiz = (
    Question(
        "What does Stable Diffusion's U-Net predict at each step?",
        (
            Choice("the noise", "Right. The sampler makes the next latent from it.", right=True),
            Choice("the next latent", "That is the sampler's work; the U-Net only predicts the noise."),
            Choice("the finished picture", "The VAE decoder makes the picture, after the last step."),
        ),
    ),
    Question(
        "What does a scheduler decide, in the words of this course?",
        (
            Choice("which noise levels are visited", "Right: it is a falling list of sigmas.", right=True),
            Choice(
                "how to step from one level to the next",
                "That is the sampler. The library diffusers calls it a scheduler.",
            ),
            Choice("how the network was trained", "That is the noise table, which is fixed before."),
        ),
    ),
    Question(
        "How many numbers has the latent of a 512x512 picture, against the picture itself?",
        (
            Choice("48 times fewer", "Right: 786,432 / 16,384 = 48.", right=True),
            Choice("64 times fewer", "That counts the pixels: 8 times fewer each way. But 3 channels become 4."),
            Choice("as many", "4 x 64 x 64 is far less than 3 x 512 x 512."),
        ),
    ),
)

_STAGES = ["tokenizer", "text encoder", "noise", "U-Net and sampler, 20 times", "VAE decoder"]

check_order = ValueCheck(
    "the order",
    _STAGES,
    [
        Mistake(
            "The decoder is run once, after the loop: the loop works on latents.",
            ["tokenizer", "text encoder", "noise", "VAE decoder", "U-Net and sampler, 20 times"],
        ),
        Mistake(
            "Text becomes numbers first: the text encoder reads tokens.",
            ["text encoder", "tokenizer", "noise", "U-Net and sampler, 20 times", "VAE decoder"],
        ),
        Mistake(
            "There is no VAE encoder in text-to-image: it starts from noise, not from a picture.",
            ["tokenizer", "text encoder", "VAE encoder", "U-Net and sampler, 20 times", "VAE decoder"],
        ),
    ],
)

check_latent = ValueCheck(
    "the latent's shape",
    (1, 4, 64, 64),
    [
        Mistake("A latent has 4 channels, not the picture's 3.", (1, 3, 64, 64)),
        Mistake("The VAE makes each side 8 times smaller: 512 / 8 = 64.", (1, 4, 512, 512)),
        Mistake("The batch is missing: one picture is a batch of 1.", (4, 64, 64)),
    ],
)
