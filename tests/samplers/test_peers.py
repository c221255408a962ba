"""The schedulers of diffusers take the same steps, on the same denoiser and levels, where conventions coincide.

diffusers works partly in sigma coordinates, as this library does, and partly in variance-preserving ones, where a state
is smaller by sqrt(1 + sigma**2). It computes levels in single precision; so these tests compare. Where ways differ:

* UniPC corrects a state only at the beginning of the next step, and goes to 0 at the end, where this library, like the
  program that it follows, goes to 0.001. The corrected states are compared, all but the last.
* LCM mixes the noisy state into the guess by c_skip(t), which is below 1e-5 at the timesteps it visits; so it agrees to
  that. It draws its noise in variance-preserving coordinates; the variance there is the same share.
* PNDM rounds its half step to whole timesteps; so the spacing is chosen even.
* DDIM and PNDM end at the table's lowest level (set_alpha_to_one=False), which then is the last of the list.
* dpmpp_sde: DPMSolverSDEScheduler draws the same Brownian noise; it is given the test's source.
"""

import math
from itertools import pairwise

import diffusers
import pytest
import torch

from course_lib.samplers import steps
from tests.samplers.goldens import denoiser
from tests.samplers.problems import TABLE

SD = {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012, "num_train_timesteps": 1000}
DENOISE = denoiser("gmm2d")
COUNT = 16


class Noise:
    """The same draws for both sides, in order."""

    def __init__(self):
        self.generator = torch.Generator().manual_seed(11)
        self.drawn = 0

    def __call__(self, *_, **__):
        self.drawn += 1
        return torch.randn(3, 2, generator=self.generator, dtype=torch.float64)


def unit():
    return torch.randn(3, 2, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def eps(x, sigma):
    sigma = torch.as_tensor(sigma, dtype=torch.float64)
    return (x - DENOISE(x, sigma)) / sigma


def distinct(sigmas):
    """The levels of a scheduler that lists each once for every call."""
    return [sigma for sigma, after in pairwise([*sigmas.tolist(), -1]) if sigma != after]


def in_sigma_coordinates(peer, noise, monkeypatch, **arguments):
    """Run a scheduler that works with x = x0 + sigma * eps: its states after each call, and the levels."""
    monkeypatch.setattr(f"{type(peer).__module__}.randn_tensor", noise, raising=False)
    peer.set_timesteps(COUNT)
    x = unit() * peer.sigmas[0].item()
    start, states = x.clone(), []
    for t in peer.timesteps:
        peer.scale_model_input(x, t)
        first = getattr(peer, "state_in_first_order", True) or not hasattr(peer, "sigmas_interpol")
        sigma = (peer.sigmas if first else peer.sigmas_interpol)[peer.step_index].item()
        x = peer.step(eps(x.double(), sigma).to(x.dtype), t, x, **arguments).prev_sample
        states.append(x.double())
    return start, states, distinct(peer.sigmas)


def compare(name, start, states, levels, noise=None, tolerance=2e-4, **options):
    walked = list(steps(name, DENOISE, start.double(), levels, noise_sampler=noise, **options))
    assert len(walked) == len(states)
    for step, state in zip(walked, states, strict=True):
        torch.testing.assert_close(step.x_next, state, rtol=tolerance, atol=tolerance)


IN_SIGMA = [  # (sampler, its peer, settings, calls a step)
    ("euler", diffusers.EulerDiscreteScheduler, {"use_karras_sigmas": True}, 1),
    ("euler_ancestral", diffusers.EulerAncestralDiscreteScheduler, {}, 1),
    ("heun", diffusers.HeunDiscreteScheduler, {"use_karras_sigmas": True}, 2),
    ("lms", diffusers.LMSDiscreteScheduler, {"use_karras_sigmas": True}, 1),
    ("dpm_2", diffusers.KDPM2DiscreteScheduler, {}, 2),
]


@pytest.mark.parametrize(("name", "kind", "settings", "calls"), IN_SIGMA)
def test_in_sigma_coordinates(name, kind, settings, calls, monkeypatch):
    start, states, levels = in_sigma_coordinates(kind(**SD, **settings), Noise(), monkeypatch)
    ends = [*range(calls - 1, len(states) - 1, calls), len(states) - 1]
    compare(name, start, [states[i] for i in ends], levels, noise=Noise())


def test_churn(monkeypatch):
    churn = {"s_churn": 4.0, "s_tmin": 0.05, "s_tmax": 10.0, "s_noise": 1.003}
    peer = diffusers.EulerDiscreteScheduler(**SD, use_karras_sigmas=True)
    noise, sigmas = Noise(), []

    # The scheduler raises the level after it was told the guess: so eps must be that of the raised state.
    monkeypatch.setattr("diffusers.schedulers.scheduling_euler_discrete.randn_tensor", noise)
    peer.set_timesteps(COUNT)
    x = unit() * peer.sigmas[0].item()
    start, states, quiet = x.clone(), [], Noise()
    gamma = min(4.0 / COUNT, math.sqrt(2) - 1)
    for t in peer.timesteps:
        peer.scale_model_input(x, t)
        sigma = peer.sigmas[peer.step_index].item()
        inside = 0.05 <= sigma <= 10.0
        raised = sigma * (1 + gamma) if inside else sigma
        x_raised = x + quiet() * 1.003 * math.sqrt(raised**2 - sigma**2) if inside else x
        x = peer.step(eps(x_raised.double(), raised), t, x, **churn).prev_sample.double()
        sigmas.append(sigma)
        states.append(x)
    compare("euler", start, states, [*sigmas, 0.0], noise=Noise(), **churn)


def test_dpmpp_sde():
    peer, noise = diffusers.DPMSolverSDEScheduler(**SD, use_karras_sigmas=True), Noise()
    peer.set_timesteps(COUNT)
    peer.noise_sampler = noise
    x = unit() * peer.sigmas[0].item()
    start, states = x.clone(), []
    for t in peer.timesteps:
        peer.scale_model_input(x, t)
        sigma = peer.sigmas[peer.step_index] if peer.state_in_first_order else peer.mid_point_sigma
        x = peer.step(eps(x.double(), sigma), t, x).prev_sample
        states.append(x.double())
    levels = distinct(peer.sigmas)
    compare("dpmpp_sde", start, [*states[1:-1:2], states[-1]], levels, noise=Noise())


def in_vp_coordinates(peer, sigma_of_call, **arguments):
    """Run a scheduler whose states are smaller by sqrt(1 + sigma**2); the states come back in sigma coordinates."""
    sigma = sigma_of_call(peer, 0)
    x = unit() * sigma / math.sqrt(1 + sigma**2)
    start, states = unit() * sigma, []
    for i, t in enumerate(peer.timesteps):
        sigma = sigma_of_call(peer, i)
        after = sigma_of_call(peer, i + 1)
        output = eps(x * math.sqrt(1 + sigma**2), sigma)
        x = peer.step(output, t, x, **{key: value() for key, value in arguments.items()}).prev_sample
        states.append(x * math.sqrt(1 + after**2))
    return start, states


def from_sigmas(peer, i):
    return peer.sigmas[i].item()


@pytest.mark.parametrize("karras", [True, False])
def test_dpmpp_2m(karras):
    peer = diffusers.DPMSolverMultistepScheduler(**SD, use_karras_sigmas=karras)
    peer.set_timesteps(COUNT)
    compare("dpmpp_2m", *in_vp_coordinates(peer, from_sigmas), peer.sigmas.double())


@pytest.mark.parametrize("solver_type", ["midpoint", "heun"])
def test_dpmpp_2m_sde(solver_type):
    peer = diffusers.DPMSolverMultistepScheduler(
        **SD, use_karras_sigmas=True, algorithm_type="sde-dpmsolver++", solver_type=solver_type
    )
    peer.set_timesteps(COUNT)
    start, states = in_vp_coordinates(peer, from_sigmas, variance_noise=Noise())
    compare("dpmpp_2m_sde", start, states, peer.sigmas.double(), noise=Noise(), solver_type=solver_type)


@pytest.mark.parametrize(("name", "solver_type"), [("uni_pc", "bh1"), ("uni_pc_bh2", "bh2")])
def test_uni_pc(name, solver_type):
    peer = diffusers.UniPCMultistepScheduler(**SD, use_karras_sigmas=True, solver_order=3, solver_type=solver_type)
    peer.set_timesteps(COUNT)
    levels, corrected = peer.sigmas.double(), []
    x = unit() * levels[0] / (1 + levels[0] ** 2).sqrt()
    for i, t in enumerate(peer.timesteps):
        output = eps(x * (1 + levels[i] ** 2).sqrt(), levels[i])
        x = peer.step(output, t, x).prev_sample
        corrected.append(peer.last_sample * (1 + levels[i] ** 2).sqrt())
    for step, state in zip(steps(name, DENOISE, unit() * levels[0], levels), corrected, strict=True):
        torch.testing.assert_close(step.x, state, rtol=2e-4, atol=2e-4)


def from_timesteps(peer, i):
    stride = 1000 // COUNT
    t = peer.timesteps[0].item() - i * stride
    return TABLE.sigmas[t].item() if t >= 0 else TABLE.sigma_min


def training_levels(peer):
    return [from_timesteps(peer, i) for i in range(COUNT + 1)]


@pytest.mark.parametrize("eta", [0.0, 0.5, 1.0])
def test_ddim(eta):
    peer = diffusers.DDIMScheduler(**SD, clip_sample=False, set_alpha_to_one=False, steps_offset=1)
    peer.set_timesteps(COUNT)
    draws = {"variance_noise": Noise()} if eta else {}
    start, states = in_vp_coordinates(peer, from_timesteps, eta=lambda: eta, **draws)
    compare("ddim", start, states, training_levels(peer), noise=Noise(), eta=eta)


@pytest.mark.parametrize(("name", "skip_prk_steps"), [("plms", True), ("pndm", False)])
def test_pndm(name, skip_prk_steps):
    peer = diffusers.PNDMScheduler(**SD, skip_prk_steps=skip_prk_steps, set_alpha_to_one=False, steps_offset=1)
    peer.set_timesteps(COUNT)
    levels = training_levels(peer)
    x = unit() * levels[0] / math.sqrt(1 + levels[0] ** 2)
    for t in peer.timesteps:
        sigma = TABLE.sigmas[t].item()
        x = peer.step(eps(x * math.sqrt(1 + sigma**2), sigma), t, x).prev_sample
    result = x * math.sqrt(1 + levels[-1] ** 2)
    options = {"table": TABLE} if name == "pndm" else {}
    *_, last = steps(name, DENOISE, unit() * levels[0], levels, **options)
    torch.testing.assert_close(last.x_next, result, rtol=2e-4, atol=2e-4)
    assert len(peer.timesteps) == COUNT + (9 if name == "pndm" else 1)


def test_lcm(monkeypatch):
    peer = diffusers.LCMScheduler(**SD, set_alpha_to_one=False)
    peer.set_timesteps(6)
    levels = [*TABLE.sigmas[peer.timesteps].tolist(), TABLE.sigma_min]
    monkeypatch.setattr("diffusers.schedulers.scheduling_lcm.randn_tensor", Noise())
    x = unit() * levels[0] / math.sqrt(1 + levels[0] ** 2)
    states = []
    for i, t in enumerate(peer.timesteps):
        x = peer.step(eps(x * math.sqrt(1 + levels[i] ** 2), levels[i]), t, x).prev_sample
        states.append(x * math.sqrt(1 + levels[i + 1] ** 2) if i < 5 else x)  # the last is the guess itself
    compare("lcm", unit() * levels[0], states, [*levels[:-1], 0.0], noise=Noise(), tolerance=1e-3)
