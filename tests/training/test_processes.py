"""The group of launched processes, and its end."""

import os
import subprocess
import sys

import pytest

from course_lib.shipped import ROOT
from course_lib.training import processes

RUN = """
import gc, weakref
import torch
from torch import distributed
from torch.nn.parallel import DistributedDataParallel
from course_lib.training import processes

def learn(*which):
    learner = DistributedDataParallel(torch.nn.Linear(2, 2))
    learner(torch.ones(1, 2)).sum().backward()
    return *which, weakref.ref(learner), weakref.ref(distributed.group.WORLD)

def end():
    learners.append([found for found in gc.get_objects() if isinstance(found, DistributedDataParallel)])
    destroy()


learners, destroy = [], distributed.destroy_process_group
distributed.destroy_process_group = end
rank, count, learner, group = processes.together(learn)
print(processes.launched(), rank, count, learners, distributed.is_initialized(), learner(), group())
"""


def test_of_a_group_nothing_is_left_when_it_ends(tmp_path):
    """And nothing of what learned in it when it begins to end; else a process is aborted, or waits, now and then."""
    (tmp_path / "run.py").write_text(RUN)
    command = [sys.executable, "-m", "torch.distributed.run", "--nproc_per_node", "1", str(tmp_path / "run.py")]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "True 0 1 [[]] False None None\n"


def test_a_process_that_was_not_launched_is_alone(monkeypatch):
    monkeypatch.delenv("TORCHELASTIC_RUN_ID", raising=False)
    learn = lambda *which: (*which, processes.distributed.is_initialized())  # noqa: E731
    assert processes.together(learn) == (0, 1, False) and not processes.launched()


def test_an_error_leaves_the_group(monkeypatch):
    left = []
    monkeypatch.setattr(processes, "launched", lambda: True)
    monkeypatch.setattr(processes.distributed, "init_process_group", lambda backend: None)
    monkeypatch.setattr(processes.distributed, "get_rank", lambda: 0)
    monkeypatch.setattr(processes.distributed, "get_world_size", lambda: 2)
    monkeypatch.setattr(processes.distributed, "destroy_process_group", lambda: left.append(True))
    with pytest.raises(TypeError):
        processes.together(lambda rank: rank)
    assert left == [True]
