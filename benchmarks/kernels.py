"""Kernels as learners have them: each a process of its own, started through Jupyter."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psutil
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager

from benchmarks.memory import ROOT


class Kernel:
    """One kernel: ask it to run something, wait for the answer."""

    def __init__(self):
        self.manager = KernelManager(kernel_name="python3")
        self.manager.kernel_cmd = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        self.manager.start_kernel(cwd=str(ROOT))
        self.client: BlockingKernelClient = self.manager.client()
        self.client.start_channels()

    @property
    def pid(self) -> int:
        """The number of its process."""
        return self.manager.provisioner.pid

    def ask(self, code: str) -> str:
        """Have it run code, without waiting."""
        return self.client.execute(code)

    def wait(self, asked: str, seconds: float = 300) -> None:
        """Wait for the answer to what was asked. Raises RuntimeError with the error where it was one."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            reply = self.client.get_shell_msg(timeout=seconds)
            if reply["parent_header"].get("msg_id") == asked:
                if reply["content"]["status"] != "ok":
                    raise RuntimeError(f"{reply['content'].get('ename')}: {reply['content'].get('evalue')}")
                return
        raise RuntimeError(f"the kernel did not answer within {seconds} s")

    def stop(self) -> None:
        """End it."""
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)


@contextmanager
def kernels(count: int) -> Iterator[list[Kernel]]:
    """So many kernels, ready to answer, ended afterwards."""
    with ExitStack() as ended:
        started = []
        for _ in range(count):
            started.append(Kernel())
            ended.callback(started[-1].stop)
        for kernel in started:
            kernel.client.wait_for_ready(timeout=300)
        yield started


def kernel_below(pid: int) -> psutil.Process | None:
    """The kernel that a process has started, if there is one now."""
    try:
        for child in psutil.Process(pid).children(recursive=True):
            if any("ipykernel" in part for part in child.cmdline()):
                return child
    except psutil.Error:  # it ended while it was looked at
        pass
    return None
