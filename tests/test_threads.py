"""Lessons leave cores to others, longer work takes those that are idle, and a reader's own choice is kept."""

import os
import subprocess
import sys

import psutil
import pytest
import torch

from course_lib import threads

LESSON = "import torch; from course_lib.lessons import lesson_01; print(torch.get_num_threads())"


@pytest.fixture
def nothing_chosen(monkeypatch):
    before = torch.get_num_threads()
    for name in threads.CHOSEN:
        monkeypatch.delenv(name, raising=False)
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("chosen", "expected"), [({}, "1"), ({"OMP_NUM_THREADS": "3", "MKL_DYNAMIC": "FALSE"}, "3")])
def test_a_lesson_computes_with_one_thread_unless_told_otherwise(chosen, expected):
    environment = {name: value for name, value in os.environ.items() if name not in threads.CHOSEN} | chosen
    done = subprocess.run([sys.executable, "-c", LESSON], env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == expected, done.stderr


def test_longer_work_takes_the_idle_cores_and_gives_them_back(nothing_chosen, monkeypatch):
    monkeypatch.setattr(threads, "count_idle", lambda: 3)
    threads.share_cores()
    with pytest.raises(KeyboardInterrupt), threads.idle_cores():
        assert torch.get_num_threads() == 3
        raise KeyboardInterrupt
    assert torch.get_num_threads() == 1


def test_a_readers_choice_is_kept(nothing_chosen, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    torch.set_num_threads(2)
    monkeypatch.setattr(threads, "count_idle", lambda: 5)
    threads.share_cores()
    with threads.idle_cores():
        assert torch.get_num_threads() == 2
    assert torch.get_num_threads() == 2


def test_a_network_of_full_size_takes_the_idle_cores(nothing_chosen, monkeypatch):
    monkeypatch.setattr(threads, "count_idle", lambda: 3)
    threads.share_cores(threads.LARGE)
    assert torch.get_num_threads() == 3
    threads.share_cores(threads.LARGE - 1)
    assert torch.get_num_threads() == 1


@pytest.mark.parametrize(
    ("busy", "usable", "expected"),
    [
        ([0, 3, 99, 100], [0, 1, 2, 3], 2),
        ([100, 100], [0, 1], 1),  # never none
        ([0, 0, 0, 0], [2], 1),  # a container that may use one core of four
    ],
)
def test_idle_cores_are_counted(monkeypatch, busy, usable, expected):
    monkeypatch.setattr(psutil, "cpu_percent", lambda seconds, percpu: busy)
    monkeypatch.setattr(psutil.Process, "cpu_affinity", lambda self: usable, raising=False)
    assert threads.count_idle() == expected
