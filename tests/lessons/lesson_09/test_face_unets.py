"""The shipped networks of lesson 09: as their README says, and made by the script beside them."""

import hashlib
import importlib.util

import pytest
import torch

from course_lib import shipped
from course_lib.lessons.lesson_09 import broken, reverse
from course_lib.lessons.lesson_09.faces import TABLE


@pytest.fixture(scope="module")
def prepare():
    spec = importlib.util.spec_from_file_location("prepare_face_unets", broken.FOLDER / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_the_readme_is_up_to_date():
    table = shipped.sums((broken.FOLDER / "README.md").read_bytes())
    assert set(table) == {"prepare.py", *(f"{name}.safetensors" for name in broken.NETWORKS)}
    for name, digest in table.items():
        found = hashlib.sha256((broken.FOLDER / name).read_bytes()).hexdigest()
        assert found == digest, f"{name}: run python data/face-unets/prepare.py --table"


def test_a_network_that_knows_the_mean_has_no_loss(prepare):
    """It is the mean of the step that the walk takes, and the guess itself at the last one."""
    faces = torch.full((1, 3, 4, 4), 0.5)

    def knows(x, t):
        answers = []
        for state, at in zip(x, t.long().tolist(), strict=True):
            place = reverse.VISITED.index(at)
            after = (*reverse.VISITED[1:], None)[place]
            bars = reverse.alpha_bar_of(at), reverse.alpha_bar_of(after)
            answers.append(reverse.step_back(state, faces[0], *bars, torch.zeros_like(state)))
        return torch.stack(answers)

    loss = prepare.mean_loss(faces)
    assert loss(knows, list(range(64)))["loss"].item() < 1e-10
    assert loss(lambda x, t: x, list(range(64)))["loss"].item() > 1e-3


def test_the_last_state_of_the_walk_is_the_guess():
    x, x0 = torch.randn(2, 1, 3, 4, 4, generator=torch.Generator().manual_seed(0))
    last = reverse.VISITED[-1]
    assert reverse.spread_of(last, None) == 0
    result = reverse.step_back(x, x0, TABLE.alphas_cumprod[last].item(), 1.0, torch.ones_like(x))
    torch.testing.assert_close(result, x0)
