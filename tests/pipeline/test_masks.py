"""Where inpainting may paint: every number of the latent of which a pixel may change, and nowhere else."""

import torch

from course_lib.models import untrained
from course_lib.pipeline import prepare


def test_a_number_of_the_latent_may_change_if_any_of_its_pixels_may():
    model, mask = untrained(), torch.zeros(16, 16, dtype=torch.bool)
    image = torch.rand(3, 16, 16, generator=torch.Generator().manual_seed(0)) * 2 - 1
    mask[5, 6] = True  # one pixel of the four of number (2, 3)
    run = prepare(model, "a panda", image=image, mask=mask, steps=2, cfg_scale=1)
    with torch.no_grad():
        answer, clean = run.denoise(run.x, run.sigmas[0]), model.encode(image[None])
        free = model.guided_denoiser("a panda", "", 1)(run.x, run.sigmas[0])
    inside = torch.zeros(8, 8, dtype=torch.bool)
    inside[2, 3] = True
    torch.testing.assert_close(answer[..., inside], free[..., inside])
    torch.testing.assert_close(answer[..., ~inside], clean[..., ~inside])
    assert not torch.allclose(free, clean, atol=0.1)
