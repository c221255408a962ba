"""Starting the course: refusals before anything is done, and a real JupyterLab that opens the lesson."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from course_lib.lessons import start


@pytest.fixture
def taken_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "notebooks"
    folder.mkdir()
    for name in ("00_start", "08_noise"):
        (folder / f"{name}.ipynb").write_text('{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}')
    return folder


@pytest.mark.parametrize("port", ["0", "80", "65536", "-8888", "eight", "", "8888.0"])
def test_what_is_no_port_is_refused(port):
    with pytest.raises(ValueError, match="PORT must be a whole number from 1024 to 65535; got"):
        start.free_port(port)


def test_a_taken_port_is_refused_and_another_one_named(taken_port, source, tmp_path):
    with pytest.raises(SystemExit, match=rf"Port {taken_port} is taken.*make lesson PORT=\d+$"):
        start.main(["--port", str(taken_port)], source, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_an_unknown_lesson_is_refused_with_the_list(source, tmp_path):
    with pytest.raises(SystemExit, match="got '07'. There are: 00_start, 08_noise"):
        start.main(["--port", "28888", "--lesson", "07"], source, tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


def test_a_missing_jupyterlab_is_said(monkeypatch):
    monkeypatch.setattr(start, "find_spec", lambda name: None)
    with pytest.raises(SystemExit, match="JupyterLab is not installed in this Python: run `make lesson`"):
        start.main([])


def test_as_root_jupyterlab_must_be_allowed_to(monkeypatch):
    for user, allowed in ((0, True), (1000, False)):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user, raising=False)
        arguments = start.lab_arguments(8888, "00_start.ipynb", Path("mine"), browser=True)
        assert ("--ServerApp.allow_root=True" in arguments) == allowed


def test_jupyterlab_opens_on_the_lesson_asks_no_network_and_stops_cleanly(source, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    code = (
        "import sys, pathlib; from course_lib.lessons.start import main;"
        "main(sys.argv[3:], *map(pathlib.Path, sys.argv[1:3]))"
    )
    options = ["--port", str(port), "--lesson", "08", "--no-browser"]
    log = tmp_path / "log"
    private = {name: str(tmp_path / name) for name in ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR")}
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", code, str(source), str(tmp_path / "mine"), *options],
            stdout=out,
            stderr=out,
            env=os.environ | private,
            cwd=Path(__file__).parents[2],
        )
    try:
        address = wait_for_address(process, log, port)
        page = urllib.request.urlopen(address).read().decode()
        assert "08_noise.ipynb" in address and "<title>JupyterLab</title>" in page
        config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
        assert config["treePath"] == "08_noise.ipynb"
        server, token = address.split("/lab/")[0], address.split("token=")[1]

        def ask(path):
            request = urllib.request.Request(server + path, headers={"Authorization": f"token {token}"})
            return json.load(urllib.request.urlopen(request))

        assert sorted(file["name"] for file in ask("/api/contents")["content"]) == ["00_start.ipynb", "08_noise.ipynb"]
        news = ask("/lab/api/settings/@jupyterlab/apputils-extension:notification")["schema"]["properties"]
        assert news["fetchNews"]["default"] == "false" and news["checkForUpdates"]["default"] is False
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
    said = log.read_text()
    assert "JupyterLab opens on 08_noise.ipynb. To stop it, press Ctrl-C here." in said
    assert "[OK]   torch" in said and "Traceback" not in said


def wait_for_address(process, log, port):
    """The address with its token, as JupyterLab prints it when it is ready."""
    for _ in range(600):
        found = re.search(rf"http://(?:localhost|127\.0\.0\.1):{port}/lab\S*token=\w+", log.read_text())
        if found:
            return found[0]
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())
