"""Lesson 01, what is Stable Diffusion: its questions, for reading only."""

from __future__ import annotations

from course_lib.exercises.quiz import Choice, Question

ALT_RUNS = (
    "Six pandas. With seed 2 it is one in the other style, and with the word pink it is on pink. All others are nearly "
    "the same panda on blue; with 5 steps its colours are a little different."
)

ALT_BLURS = (
    "Four pictures. The first guess for a small red circle: a red disc with a soft rim. The first guess for the panda: a "
    "panda on blue, a little paler and softer than the finished one beside it. The first guess for the empty prompt: a "
    "cloud of colours, with nothing in it."
)

ALT_NEW = "A red star, a green heart, and a purple circle that is not quite round, each on white."

ALT_RECALLED = "Two rows of four animals: the results above, and the same four pictures of the set below."

predict_step = Question(
    "The two pictures are -1 and 1, we see x = 3 at sigma = 2. Which guess has the smallest squared error on average?",
    (
        Choice(
            "1",
            "It is the most likely picture, but where it is wrong, it is wrong by 2. A guess below 1 loses less on average.",
        ),
        Choice("3", "No picture is 3. The guess is about what was there before the noise."),
        Choice("between 0 and 1", "A mean of -1 and 1 in which 1 counts more. It is 0.64.", right=True),
    ),
)

predict_guess = Question(
    'The prompt is "a small red circle", and x is nothing but noise. What does the very first guess look like?',
    (
        Choice(
            "a sharp circle",
            "A sampler gets there in the end. But the prompt does not say where exactly the circle is and how "
            "large, and so much noise hardly tells.",
        ),
        Choice(
            "a red disc with a soft rim",
            "It is a mean of many circles, with slightly different positions and sizes, as 0.64 was a mean of -1 and 1.",
            right=True,
        ),
        Choice("noise", "The guess is a mean of clean pictures, and there is no noise in any of them."),
    ),
)

predict_change = Question(
    "We repeat the run and change one thing at a time. Which change moves the picture least?",
    (
        Choice("another seed", "Then the first noise is different, and leads elsewhere."),
        Choice("another colour in the prompt", "Other words mean other guesses, at each step."),
        Choice(
            "Euler ancestral in place of Euler",
            "It adds fresh noise after each step except the last, and takes another way. Here it ends near the same panda, "
            "but not as near as 50 steps do.",
        ),
        Choice("50 steps in place of 20", "The steps were short enough already.", right=True),
    ),
)

predict_recall = Question(
    "An exact denoiser knows 50 pictures and nothing else. A run goes from level 100 down to 0.01 in 19 steps, and then "
    "to 0. Can it end at a mixture of several?",
    (
        Choice("yes, a new animal", "As the noise falls, one picture fits better and better, until it alone counts."),
        Choice(
            "no, it is one of the 50",
            "It can only recall. To paint what is not in the set, something else is needed.",
            right=True,
        ),
    ),
)

quiz = (
    Question(
        "What does Stable Diffusion 1.5's U-Net give at each step?",
        (
            Choice(
                "the noise it believes to be in the latent",
                "The sampler makes the next latent from it.",
                right=True,
            ),
            Choice("the next latent", "The sampler makes that. The U-Net only predicts the noise."),
            Choice("the finished picture", "The VAE decoder makes the picture, once, after the last step."),
        ),
    ),
    Question(
        "In the words of this course, what does a scheduler decide?",
        (
            Choice(
                "how to get from one noise level to the next",
                "That is the sampler. (In the library `diffusers` one object, called scheduler, does both.)",
            ),
            Choice(
                "which noise levels are visited",
                "It is a falling list of sigmas, and costs nothing.",
                right=True,
            ),
            Choice(
                "how noisy the training pictures were", "That is the noise table. It was fixed before the training."
            ),
        ),
    ),
    Question(
        "The panda's prompt and seed stay, but there is 1 step in place of 20. What comes out?",
        (
            Choice("a noisy panda", "The only step goes to level 0, where no noise is left."),
            Choice(
                "a blurred panda",
                "The step ends at the first guess: a mean of all that fits the prompt, its colours exaggerated by guidance.",
                right=True,
            ),
            Choice(
                "the same sharp panda",
                "The prompt does not say which one, and the first noise only hints at it: what is still open is blurred.",
            ),
        ),
    ),
)
