"""The table of samplers: each row is two choices, an estimator and a noise rule, or a loop of its own."""

from __future__ import annotations

from course_lib import expect
from course_lib.samplers import estimators, multistep, noise
from course_lib.samplers.own_loops.clyb_4m_sde import clyb_4m_sde
from course_lib.samplers.own_loops.dancing import dancing
from course_lib.samplers.own_loops.dpm_adaptive import dpm_adaptive
from course_lib.samplers.own_loops.dpm_fast import dpm_fast
from course_lib.samplers.own_loops.dual_sde import dual_sde
from course_lib.samplers.own_loops.res import res
from course_lib.samplers.own_loops.supreme import BARE, supreme
from course_lib.samplers.own_loops.uni_pc import uni_pc, uni_pc_bh2
from course_lib.samplers.sampler import EXPERIMENTAL, MULTISTEP, SINGLE_STEP, STOCHASTIC, Sampler

# Sources that several rows share.
KARRAS = "Karras et al. 2022, arXiv 2206.00364"
DPM_SOLVER = "Lu et al. 2022, arXiv 2206.00927"
DPM_SOLVER_PP = "Lu et al. 2022, arXiv 2211.01095"
PNDM = "Liu et al. 2022, arXiv 2202.09778"
UNIPC = "Zhao et al. 2023, arXiv 2302.04867"
LCM = "Luo et al. 2023, arXiv 2310.04378; the idea: Song et al. 2023, arXiv 2303.01469"
EXTRA = "no paper; Clybius/ComfyUI-Extra-Samplers"

# The families of the chapter, as an index. "ODE": right for most. "SDE": of these only those with SDE in the label
# and the ancestral ones are stochastic. "implicit": none is, numerically. "momentum": none has any by default.
ODE, SDE, IMPLICIT, MOMENTUM = "ODE", "SDE", "implicit", "momentum"

_ROWS = [
    # Single-step solvers of the ODE: each step starts from the state alone.
    Sampler("euler", "Euler", SINGLE_STEP, 1, 1, f"{KARRAS}, Algorithm 2 without its correction", ODE,
            estimators.denoised_itself, churn=True),
    Sampler("heun", "Heun", SINGLE_STEP, 2, 2, f"{KARRAS}, Algorithms 1 and 2", ODE,
            estimators.trapezoid, churn=True),
    Sampler("heunpp2", "HeunPP2", SINGLE_STEP, 1, 3, "no paper; Carzit/sd-webui-samplers-scheduler", ODE,
            estimators.three_slopes, churn=True, total_calls=lambda n: max(1, 3 * n - 3)),
    Sampler("dpm_2", "DPM2", SINGLE_STEP, 2, 2, f"{DPM_SOLVER}, Algorithm 1; churn: {KARRAS}", SDE,
            estimators.slope_at_midpoint, churn=True),
    Sampler("dpm_fast", "DPM fast", SINGLE_STEP, None, 1, f"{DPM_SOLVER}, section 3.4", SDE, own_loop=dpm_fast),
    Sampler("dpm_adaptive", "DPM adaptive", SINGLE_STEP, None, None, f"{DPM_SOLVER}, appendix C", SDE,
            own_loop=dpm_adaptive, joint=True),
    Sampler("ddim", "DDIM", SINGLE_STEP, 1, 1, "Song, Meng, Ermon 2020, arXiv 2010.02502, eq. 12 and 16", IMPLICIT,
            estimators.denoised_itself, noise.ancestral_or_nothing, defaults={"eta": 0.0}),
    # Multistep solvers of the ODE: they remember, and make one call a step.
    Sampler("lms", "LMS", MULTISTEP, 4, 1, "Adams-Bashforth; k-diffusion; cf. Zhang, Chen 2022, arXiv 2204.13902", SDE,
            estimator=multistep.adams_bashforth),
    Sampler("ipndm", "iPNDM", MULTISTEP, 2, 1, f"{PNDM}; Zhang, Chen 2022, arXiv 2204.13902", None,
            estimator=multistep.adams_bashforth_even),
    Sampler("plms", "PLMS", MULTISTEP, 2, 1, f"{PNDM}, as in diffusers' PNDMScheduler", IMPLICIT,
            estimator=multistep.heun_then_adams_bashforth, min_steps=2, total_calls=lambda n: n + 1),
    Sampler("pndm", "PNDM", MULTISTEP, 2, 1, f"{PNDM}, Algorithm 2", SDE,
            estimator=multistep.runge_kutta_then_adams_bashforth, min_steps=4, total_calls=lambda n: n + 9,
            bare={"table": multistep.GeometricMeans}),
    Sampler("dpmpp_2m", "DPM++ 2M", MULTISTEP, 2, 1, f"{DPM_SOLVER_PP}, Algorithm 2", SDE,
            estimator=multistep.two_guesses),
    Sampler("uni_pc", "UniPC", MULTISTEP, 2, 1, UNIPC, IMPLICIT, own_loop=uni_pc, min_steps=2),
    Sampler("uni_pc_bh2", "UniPC BH2", MULTISTEP, 2, 1, UNIPC, IMPLICIT, own_loop=uni_pc_bh2, min_steps=2),
    # Stochastic: they add fresh noise after each step, ancestral or as the reverse SDE has it.
    Sampler("euler_ancestral", "Euler ancestral", STOCHASTIC, 1, 1,
            "Ho, Jain, Abbeel 2020, arXiv 2006.11239, Algorithm 2, in sigma coordinates", ODE,
            estimators.denoised_itself, noise.ancestral_or_nothing),
    Sampler("dpm_2_ancestral", "DPM2 ancestral", STOCHASTIC, 2, 2, f"{DPM_SOLVER}, Algorithm 1", SDE,
            estimators.slope_at_midpoint, noise.ancestral_or_nothing),
    Sampler("dpmpp_2s_ancestral", "DPM++ 2S ancestral", STOCHASTIC, 2, 2, f"{DPM_SOLVER_PP}, Algorithm 1", SDE,
            estimators.denoised_at_midpoint, noise.ancestral),
    Sampler("dpmpp_sde", "DPM++ SDE", STOCHASTIC, 2, 2, f"{DPM_SOLVER_PP}, section 6", None,
            estimators.denoised_on_noisy_way, noise.ancestral, noise="brownian"),
    Sampler("dpmpp_2m_sde", "DPM++ 2M SDE", STOCHASTIC, 2, 1, f"{DPM_SOLVER_PP}, section 6", SDE,
            multistep.two_guesses_sde, noise.diffusive, noise="brownian"),
    Sampler("dpmpp_3m_sde", "DPM++ 3M SDE", STOCHASTIC, 2, 1, f"k-diffusion; theory: {DPM_SOLVER_PP}", SDE,
            multistep.three_guesses, noise.diffusive, noise="brownian"),
    # The same mathematics: only the program's random numbers were drawn elsewhere.
    Sampler("dpmpp_3m_sde_gpu", "DPM++ 3M SDE GPU", STOCHASTIC, 2, 1, f"k-diffusion; theory: {DPM_SOLVER_PP}", SDE,
            multistep.three_guesses, noise.diffusive, noise="brownian"),
    Sampler("dpmpp_3m_sde_dynamic_eta", "DPM++ 3M SDE dynamic eta", STOCHASTIC, 2, 1, EXTRA, SDE,
            multistep.three_guesses, noise.diffusive_fading, noise="brownian"),
    Sampler("ttm", "TTM", STOCHASTIC, 2, 2, "Birch-san/sdxl-play; cf. Dockhorn et al. 2022, arXiv 2210.05475", IMPLICIT,
            estimators.taylor, noise.diffusive),
    Sampler("res_momentumized", "RES momentumized", STOCHASTIC, 2, 2, "Zhang et al. 2023, arXiv 2308.02157", MOMENTUM,
            own_loop=res, min_steps=2, stops_before={"denoise_to_zero": False}),
    # Distilled or experimental.
    Sampler("lcm", "LCM", EXPERIMENTAL, None, 1, LCM, MOMENTUM, estimators.denoised_itself, noise.renoise),
    Sampler("lcm_custom_noise", "LCM custom noise", EXPERIMENTAL, None, 1, LCM, MOMENTUM,
            estimators.denoised_itself, noise.renoise, defaults={"noise_type": "gaussian"}),
    Sampler("euler_ancestral_dancing", "Euler ancestral dancing", EXPERIMENTAL, 1, 1, EXTRA, ODE, own_loop=dancing),
    Sampler("dpmpp_dualsde_momentumized", "DPM++ Dual SDE momentumized", EXPERIMENTAL, 1, 2, EXTRA, MOMENTUM,
            own_loop=dual_sde, noise="brownian"),
    Sampler("clyb_4m_sde_momentumized", "CLyB-4M SDE momentumized", EXPERIMENTAL, 2, 1, EXTRA, MOMENTUM,
            own_loop=clyb_4m_sde, noise="brownian"),
    Sampler("supreme", "Supreme", EXPERIMENTAL, 1, 2, EXTRA, IMPLICIT, own_loop=supreme, bare=BARE, joint=True,
            total_calls=lambda n: 2 * n + (4 if n > 1 else 0)),
]  # fmt: skip

SAMPLERS = expect.Registry("sampler", {row.name: row for row in _ROWS})
