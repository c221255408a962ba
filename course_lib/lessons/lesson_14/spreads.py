"""How wide the results of each noisy sampler are, against the exact width, and what an early mistake leaves of them."""

from __future__ import annotations

import math

import torch

from course_lib import expect
from course_lib.diffusion import GaussianDenoiser
from course_lib.figures import COLOURS, Shown, show, subplots
from course_lib.lessons.plane.blobs import levels
from course_lib.samplers import SAMPLERS, sample
from course_lib.samplers.passport import even_levels, spread
from course_lib.texts import tr

STEPS = (5, 7, 10, 14, 20, 30, 50, 80, 100)
HIGHEST = 15.0  # where the race begins
BUDGETS = (5, 7, 10, 14, 20, 30, 50, 80)
_STDS = (1.0, 0.25)
RACERS = ("euler", "dpmpp_2m", "euler_ancestral", "dpmpp_sde", "dpmpp_2m_sde", "lcm")


def calls_of(name: str, steps: int) -> int:
    """How many calls a run makes; supreme without what it does to pictures, asked once a step.

    Example:

    >>> calls_of("dpmpp_sde", 10), calls_of("supreme", 10)
    (19, 14)
    """
    return steps + 4 if name == "supreme" else SAMPLERS[name].calls(steps)


def panels() -> tuple[tuple[str, tuple[tuple[str, dict, str], ...]], ...]:
    """The panels of `draw_spreads`: each a title and its rows, and of each row its name, options and label.

    Example:

    >>> [len(rows) for _, rows in panels()]
    [4, 5, 5, 2]
    """
    first = (
        ("euler_ancestral", {}, ""),
        ("supreme", {}, tr("Supreme, bare")),
        ("dpmpp_sde", {"brownian": False}, tr("DPM++ SDE, independent noise")),
        ("euler_ancestral_dancing", {"repaired": True}, tr("dancing, repaired")),
    )
    second = (
        ("dpmpp_sde", {}, ""),
        ("dpmpp_2s_ancestral", {}, ""),
        ("dpm_2_ancestral", {}, ""),
        ("ttm", {}, ""),
        ("res_momentumized", {}, "RES"),
    )
    memory = (
        ("dpmpp_2m_sde", {}, ""),
        ("dpmpp_3m_sde", {}, tr("DPM++ 3M SDE (and GPU)")),
        ("dpmpp_3m_sde_dynamic_eta", {}, "3M SDE dynamic eta"),
        ("clyb_4m_sde_momentumized", {}, "CLyB-4M SDE"),
        ("dpmpp_dualsde_momentumized", {}, "Dual SDE"),
    )
    never = (("lcm", {}, tr("LCM (and custom noise)")), ("euler_ancestral_dancing", {}, tr("dancing")))
    return (
        (tr("First order: too narrow for long"), first),
        (tr("A second look in each step"), second),
        (tr("Memory"), memory),
        (tr("Never"), never),
    )


def _looks() -> tuple[tuple[str, str], ...]:
    """Colour and marker of each line."""
    colours = [COLOURS[name] for name in ("noise", "signal", "denoised", "target", "ink")]
    return tuple(zip((*colours, "#7A7A7A"), "osD^vx", strict=True))


def draw_spreads() -> Shown:
    """The spread of every sampler that adds noise by default, against its calls: the exact one is 1.

    Data of standard deviation 1, Stable Diffusion's levels. No random number is drawn. Example:

    >>> draw_spreads().width
    980
    """
    with subplots(2, 2, width=9.8, height=6.6) as (fig, axes):
        for axis, (title, rows) in zip(axes.flat, panels(), strict=True):
            axis.axhspan(0.95, 1.05, color=COLOURS["denoised"], alpha=0.18, linewidth=0)
            axis.axhline(1, color=COLOURS["denoised"], linewidth=1)
            for (name, options, label), (colour, marker) in zip(rows, _looks(), strict=False):
                points = [(calls_of(name, n), spread(name, even_levels(n), **options)) for n in STEPS]
                look = {"color": colour, "marker": marker, "markersize": 4.5}
                axis.semilogx(*zip(*points, strict=True), label=label or SAMPLERS[name].label, **look)
            ticks = [5, 10, 20, 50, 100, 200]
            axis.set_xticks(ticks, [str(tick) for tick in ticks])
            axis.minorticks_off()
            axis.set(xlim=(4.5, 215), ylim=(0.4, 2.15), title=title)
            axis.legend(fontsize=8.5, loc="upper right")
        axes[1, 1].axhline(math.sqrt(0.5), color=COLOURS["ink"], linewidth=1, linestyle=":")
        axes[1, 1].text(5, 0.75, "1 / √2", fontsize=10)
        for axis in axes[1]:
            axis.set_xlabel(tr("calls of the denoiser"))
        for axis in axes[:, 0]:
            axis.set_ylabel(tr("spread / exact spread"))
    return show(fig, ALT_SPREADS)


ALT_SPREADS = (
    "Four plots of spread against calls; a green band marks the exact spread, 1, within 5 percent. First order: four "
    "lines begin between 0.5 and 0.7 and come near the band only with 50 to 200 calls. A second look in each step: "
    "DPM++ SDE, 2S ancestral and RES come from below, DPM2 ancestral and TTM from far above, and with 40 calls all are "
    "in the band. Memory: most lines begin above, and are in the band with 20 to 30 calls; the Dual SDE swings round "
    "it. Never: LCM and dancing lie on each other and level off at 1 / √2."
)


def distance(name: str, calls: int, push: float = 0.0) -> float:
    """How far results are from the data after at most so many calls from level 15, in units of the data's width.

    For one Gaussian it is Wasserstein's distance: the root of (error of the mean)**2 + (error of the standard
    deviation)**2. It is taken for a wide one, N(0, 1), and a narrow one, N(0, 1/16), as the root of the mean square.
    push : how far all states are pushed aside at the start, in units of that level. No random number is drawn.
    Raises ValueError where no run has so few calls. Example:

    >>> [f"{distance(name, 20, push=1.0):.2f}" for name in ("dpmpp_2m", "dpmpp_2m_sde")]
    ['1.01', '0.06']
    """
    row = SAMPLERS[name]
    steps = max((n for n in range(row.min_steps, calls + 1) if row.calls(n) <= expect.whole("calls", calls)), default=0)
    sigmas = levels(steps, start=HIGHEST).tolist()
    one = torch.ones(1, 1, dtype=torch.float64)
    squares = []
    for std in _STDS:
        blob = GaussianDenoiser(0.0, std)
        kept = sample(name, blob, one, sigmas, noise_sampler=lambda *pair: torch.zeros_like(one)).item()
        squares += [(spread(name, sigmas, std) - 1) ** 2, (kept * push * HIGHEST / std) ** 2]
    return math.sqrt(sum(squares) / len(_STDS))


def draw_race() -> Shown:
    """Distance from the data against calls: without a mistake, and where the start was pushed aside.

    Example:

    >>> draw_race().width
    980
    """
    with subplots(1, 2, width=9.8, height=4.2) as (fig, axes):
        titles = (tr("No mistake"), tr("A push at the start"))
        for axis, push, title in zip(axes, (0.0, 1.0), titles, strict=True):
            for name, (colour, marker) in zip(RACERS, _looks(), strict=True):
                far = [distance(name, calls, push) for calls in BUDGETS]
                line = "-" if SAMPLERS[name].stochastic else "--"
                look = {"color": colour, "marker": marker, "markersize": 5, "linestyle": line}
                axis.loglog(BUDGETS, far, label=SAMPLERS[name].label, **look)
            axis.set_xticks([5, 10, 20, 50], ["5", "10", "20", "50"])
            axis.set_yticks([0.01, 0.1, 1], ["0.01", "0.1", "1"])
            axis.minorticks_off()
            axis.set(ylim=(1.6e-3, 2), title=title, xlabel=tr("calls of the denoiser"))
        axes[0].set_ylabel(tr("distance from the data"))
        axes[0].legend(fontsize=9, loc="lower left")
    return show(fig, ALT_RACE)


ALT_RACE = (
    "Two plots with logarithmic axes of the distance from the data against calls; dashed lines are samplers without "
    "fresh noise. Left, no mistake: DPM++ 2M is lowest up to 30 calls, Euler is below Euler ancestral, and LCM stays "
    "above 0.3. Right, after a push at the start: both dashed lines stay near 1 however many calls they get; the lines "
    "with fresh noise fall, DPM++ 2M SDE below 0.1 with 20 calls."
)
