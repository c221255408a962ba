"""One JupyterLab and one Chromium for all browser tests of a run."""

from __future__ import annotations

import shutil

import pytest

from tests.browser.lab import LAUNCH, Lab, Server


@pytest.fixture(scope="session")
def lab(tmp_path_factory):
    """JupyterLab in headless Chromium; `lab.open(file)` and `lab.write(cells)` give a running notebook."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    home = tmp_path_factory.mktemp("jupyter")
    server = Server(home, home / "notebooks")
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, **LAUNCH)
            yield Lab(server, browser)
            browser.close()
    finally:
        server.stop()
