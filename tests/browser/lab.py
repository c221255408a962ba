"""JupyterLab in a real browser: a private server, and a notebook driven as a learner drives it."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
import warnings
from collections.abc import Mapping
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Locator, Page
from playwright.sync_api import TimeoutError as PlaywrightTimeout

ROOT = Path(__file__).parents[2]
LABEXTENSIONS = ROOT / "course_lib" / "widgets" / "labextensions"
TOKEN = "course"
STILL = 180  # seconds in which neither the kernel says anything nor the page asks for a file: it has stopped
WHOLE = 1200  # seconds for one wait, however much happens
LAUNCH = {"args": ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"]}
OVERRIDES = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/docmanager-extension:plugin": {"autosave": False},
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


class Server:
    """JupyterLab on a free port with settings of its own, serving the folder `root`."""

    def __init__(self, home: Path, root: Path):
        root.mkdir(parents=True, exist_ok=True)
        self.root = root
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"
        app_settings = home / "app_settings"
        app_settings.mkdir(parents=True)
        (app_settings / "overrides.json").write_text(json.dumps(OVERRIDES))
        private = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "IPYTHONDIR": "ipython",
        }
        environment = os.environ | {name: str(home / folder) for name, folder in private.items()}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        command = [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--expose-app-in-browser", "--allow-root"),
            *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
            *(f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={root}"),
            f"--LabApp.app_settings_dir={app_settings}",
            f"--LabApp.extra_labextensions_path={LABEXTENSIONS}",
        ]
        self.log = home / "server.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(command, env=environment, cwd=root, stdout=log, stderr=log)
        self._wait_until_it_answers()

    def _wait_until_it_answers(self, seconds: float = WHOLE) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.address}/api?token={TOKEN}", timeout=2).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"JupyterLab did not answer within {seconds} s:\n{self.said()}")

    def said(self) -> str:
        """The end of the log."""
        return self.log.read_text()[-2000:]

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Lab:
    """A browser beside a server. `open` gives a notebook in a page of its own."""

    def __init__(self, server: Server, browser: Browser):
        self.server, self.browser = server, browser

    def open(self, notebook: Path | str, width: int = 1400, height: int = 1000) -> Notebook:
        """Open a copy of a notebook file; the file itself stays untouched.

        Now and then a kernel starts and never says a word. Another copy then gets another kernel, once.
        """
        for last in (False, True):
            copy = self.server.root / f"{Path(notebook).stem}_{uuid.uuid4().hex[:6]}.ipynb"
            shutil.copyfile(notebook, copy)
            page = self.browser.new_page(viewport={"width": width, "height": height})
            try:
                return Notebook(page, self.server, copy.name)
            except AssertionError as silent:
                if last:
                    raise
                warnings.warn(f"opened again: {silent}", stacklevel=2)
                page.close()

    def write(self, cells: Mapping[str, str] | list[str], **options) -> Notebook:
        """Write a notebook of code cells and open it."""
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        path = self.server.root / f"written_{uuid.uuid4().hex[:6]}.ipynb"
        nbformat.write(notebook, path)
        return self.open(path, **options)


class Notebook:
    """One notebook in one page: run it, find its widgets, look at them."""

    def __init__(self, page: Page, server: Server, name: str):
        self.page, self.server, self.folder = page, server, server.root
        self.requests: list[str] = []
        self.messages = 0  # of the kernel
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("websocket", self._count_messages)
        page.set_default_timeout(1000 * STILL)
        page.goto(f"{server.address}/lab/workspaces/{uuid.uuid4().hex}/tree/{name}?token={TOKEN}")
        self.wait_for("() => document.querySelector('.jp-NotebookPanel .jp-CodeCell')?.checkVisibility()")
        self.wait_for("() => window.jupyterapp?.shell.currentWidget?.sessionContext?.isReady")
        page.evaluate("() => jupyterapp.shell.collapseLeft()")
        self.wait_idle()

    def _count_messages(self, socket) -> None:
        def count(_):
            self.messages += 1

        if "/channels" in socket.url:
            socket.on("framereceived", count)

    def wait_for(self, condition: str, arg=None):
        """Wait until the function `condition` of the page is true, as long as anything happens; give what it returns.

        What happens are messages of the kernel, and files that the page has not asked for before. Raises
        AssertionError after STILL seconds without any, and after WHOLE seconds.
        """
        end = time.monotonic() + WHOLE
        while True:
            before = self._happened()
            try:
                return self.page.wait_for_function(condition, arg=arg, timeout=1000 * STILL).json_value()
            except PlaywrightTimeout:
                now = self._happened()
                if now == before or time.monotonic() >= end:
                    happened = f"after {now[0]} messages and {now[1]} files"
                    raise AssertionError(f"still waiting, {happened}, for {condition}\n{self.server.said()}") from None

    def _happened(self) -> tuple[int, int]:
        """How many messages and files came so far."""
        return self.messages, len(set(self.requests))

    def command(self, name: str, **arguments) -> None:
        """Execute one of JupyterLab's commands."""
        self.page.evaluate("([name, args]) => { jupyterapp.commands.execute(name, args) }", [name, arguments])

    def wait_idle(self) -> None:
        """Wait until the kernel has nothing to do."""
        ready = "() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'"
        self.wait_for(ready)

    def run_all(self) -> None:
        """Run all cells and wait until each has its execution count and the kernel is idle."""
        self.command("notebook:run-all-cells")
        done = """() => {
            const cells = jupyterapp.shell.currentWidget.content.widgets.filter(cell => cell.model.type === 'code');
            const errors = cells.flatMap(cell => cell.model.outputs.toJSON())
                .filter(output => output.output_type === 'error');
            if (errors.length) return errors.map(({ ename, evalue }) => `${ename}: ${evalue}`).join('; ');
            return cells.every(cell => cell.model.executionCount || !cell.model.sharedModel.getSource().trim());
        }"""
        outcome = self.wait_for(done)
        if outcome is not True:
            raise AssertionError(f"a cell of the notebook failed: {outcome}")
        self.wait_idle()

    def shut_kernel_down(self) -> None:
        """End the kernel, as the menu entry does, and wait until it is gone."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.wait_for("() => !jupyterapp.shell.currentWidget.sessionContext.session")

    def use_theme(self, name: str) -> None:
        """Switch to "JupyterLab Light" or "JupyterLab Dark"."""
        self.command("apputils:change-theme", theme=name)
        light = str("Light" in name).lower()
        self.wait_for(f"() => document.body.dataset.jpThemeLight === '{light}'")

    def slider(self, label: str) -> Locator:
        """The handle of an ipywidgets slider, by its visible label."""
        return self.page.locator(f".widget-slider:has(.widget-label:text-is('{label}')) [role=slider]")

    def pixels(self, canvas: Locator) -> str:
        """What a canvas shows now, as a data URL: equal if and only if the pixels are equal."""
        return canvas.evaluate("canvas => canvas.toDataURL()")

    def wait_for_label(self, element: Locator, words: str) -> None:
        """Wait until the aria-label of an element holds these words: the sign that its new picture is there."""
        self.wait_for(
            "([element, words]) => element.getAttribute('aria-label').includes(words)",
            [element.element_handle(), words],
        )

    def screenshot(self, path: Path | str, element: Locator | None = None) -> None:
        """A picture of the page, or of one element of it."""
        (element or self.page).screenshot(path=path)

    def foreign_requests(self) -> list[str]:
        """Addresses outside this machine that the page asked for."""
        own = ("http://127.0.0.1", "ws://127.0.0.1", "data:", "blob:http://127.0.0.1")
        return [address for address in self.requests if not address.startswith(own)]

    def close(self) -> None:
        """End the kernel and leave the page."""
        self.page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
        self.page.close()
