"""Lesson 09, reverse diffusion: its questions and alt texts, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

predict_guess = Question(
    "We see x = (1, 0), and sigma is 1. Which guess of the clean picture has the smallest squared error on average?",
    (
        Choice("A, or B: they are equally near", "Half of the time that guess is wrong by 2 in its second pixel."),
        Choice("near (0.9, -0.1), a mix of all three", "The mix is none of the pictures.", right=True),
        Choice("(1, 0), as we see it", "Then the noise would stay in it, and C would not count at all."),
    ),
)

predict_error = Question(
    "Three networks see the same noisy picture at the noisiest step, t = 999. Each is wrong by 0.1 in what it predicts. "
    "Which prediction gives the worst clean picture?",
    (
        Choice("the clean picture itself", "Then the clean picture is wrong by 0.1, and no more."),
        Choice("the noise", "We divide by 0.07 to get the picture, and the error grows with it.", right=True),
        Choice("v", "Its error is multiplied by √(1 − ᾱ), which is never above 1."),
    ),
)

predict_loss = Question(
    "We train a network on many faces, as long as we like. How low can its loss get on faces that it has never seen?",
    (
        Choice("as low as we want", "Under strong noise nobody can tell exactly which face it hides."),
        Choice("not to 0: noise hides a part of the face", "The best guess is a mean, and means have errors.", right=True),
        Choice("it stays at 1", "Always answering 0 costs about 1. A network learns more than that."),
    ),
)  # fmt: skip

predict_new = Question(
    "The exact denoiser and the network each paint eight faces from the same noise. Whose faces are in the set, pixel "
    "by pixel?",
    (
        Choice("those of both", "In two minutes the network has not learned them so exactly."),
        Choice("only those of the exact denoiser", "It can do nothing but remember.", right=True),
        Choice("only those of the network", "It learned from the set, but it does not repeat it pixel by pixel."),
    ),
)

predict_noise = Question(
    "We want to get rid of noise. Why does a DDPM step add fresh noise?",
    (
        Choice("to make the pictures grainier", "The next step removes this noise, and the last step adds none."),
        Choice(
            "so that the next state is as noisy as the states of that step in training",
            "The mean alone has too little noise, and the network has never seen a state like that.",
            right=True,
        ),
        Choice("to hide the errors of the network", "Noise does cover small errors, but this is not why its amount is so exact."),
    ),
)  # fmt: skip

predict_break = Question(
    "Seven ways to break it follow. Which of these three hurts the pictures most?",
    (
        Choice("noise on the last step", "It is only grain, and the face beneath it is as good as before."),
        Choice(
            "alpha-bar shifted by one",
            "The network then takes away too little at each step, but it still sees what it needs.",
        ),
        Choice(
            "cutting the skips",
            "All that is fine reaches the end through the skips, and the network relied on them.",
            right=True,
        ),
    ),
)

quiz = (
    Question(
        "What does reverse diffusion give back?",
        (
            Choice("the picture that was turned into noise", "There was none: sampling begins with random numbers."),
            Choice("a new picture that is like the training pictures", "It draws a sample.", right=True),
            Choice("the training picture nearest to the noise", "The exact denoiser gives a training picture, though not always the nearest. A network that has not learned them by heart makes a new one."),
        ),
    ),
    Question(
        "You have the noisy picture, t, and a prediction of v. Can you compute the noise from them?",
        (
            Choice("no, v and the noise are learned by different networks", "They are two ways to write the same knowledge."),
            Choice("only roughly", "The formula is exact: eps = √(1 − ᾱ) x + √ᾱ v."),
            Choice("yes, exactly", "Noise, clean picture and v: x and any one of them give the others.", right=True),
        ),
    ),
    Question(
        "In DDPM's last step you add noise by mistake. What do you see?",
        (
            Choice("grain all over the picture", "No step comes after it to remove the noise.", right=True),
            Choice("another face", "The face is decided long before the last step."),
            Choice("nothing: the noise averages out", "Nothing is averaged here. What is added last stays."),
        ),
    ),
)  # fmt: skip

ALT_TRAINING = "The training at its end. Left: the loss falls, fast at first. Right: eight faces that the network paints from noise."
ALT_PAINTED = (
    "Four rows of eight. First the network's faces, and below each the nearest face of the set. Then the exact "
    "denoiser's faces, and below each the nearest of the set, which is the same picture."
)
ALT_WORST = (
    "Four rows of eight faces that neither has seen: with noise, clean, as the exact denoiser guesses them, and as the "
    "network does. The exact guesses are other faces. Below them a row of the network's paintings that are farthest from known faces."
)
ALT_BROKEN = (
    "Eight sheets of eight painted faces: of the whole network, and of seven ways to break it, each with its distance "
    "from known faces."
)
