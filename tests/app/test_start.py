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
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from jupyter_client import BlockingKernelClient

from course_lib.app import start


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


@contextmanager
def opened(source, tmp_path, *options, **surroundings):
    """A real course, stopped again at the end: the process, the address with its token, and what was said so far."""
    code = (
        "import sys, pathlib; from course_lib.app.start import main;"
        "main(sys.argv[3:], *map(pathlib.Path, sys.argv[1:3]))"
    )
    log = tmp_path / f"log{len(list(tmp_path.glob('log*')))}"
    arguments = [str(source), str(tmp_path / "mine"), "--lesson", "08", "--no-browser", *options]
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", code, *arguments],
            stdout=out,
            stderr=out,
            env=os.environ | {"HOME": str(tmp_path)} | surroundings,
            cwd=Path(__file__).parents[2],
        )
    try:
        address = wait_for_address(process, log)
        ask(address, "/api/status")  # from its first answer on it hears Ctrl-C
        yield process, address, log
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0, log.read_text()
    finally:
        process.kill()
    assert "Traceback" not in log.read_text()


def ask(address, path, data=None):
    """What the server of this address answers."""
    server, token = address.split("/lab/")[0], address.split("token=")[1]
    request = urllib.request.Request(server + path, data, headers={"Authorization": f"token {token}"})
    return json.load(urllib.request.urlopen(request))


def test_jupyterlab_opens_on_the_lesson_asks_no_network_and_stops_cleanly(source, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with opened(source, tmp_path, "--port", str(port)) as (_, address, log):
        page = urllib.request.urlopen(address).read().decode()
        assert f":{port}/" in address and "08_noise.ipynb" in address and "<title>JupyterLab</title>" in page
        config = json.loads(re.search(r'id="jupyter-config-data"[^>]*>(.*?)</script>', page, re.DOTALL)[1])
        assert config["treePath"] == "08_noise.ipynb"
        files = ask(address, "/api/contents")["content"]
        assert sorted(file["name"] for file in files) == ["00_start.ipynb", "08_noise.ipynb"]
        news = ask(address, "/lab/api/settings/@jupyterlab/apputils-extension:notification")["schema"]["properties"]
        assert news["fetchNews"]["default"] == "false" and news["checkForUpdates"]["default"] is False
    said = log.read_text()
    assert "JupyterLab opens on 08_noise.ipynb. To stop it, press Ctrl-C here." in said
    assert "[OK]   torch" in said


SERVER = """
c.ServerApp.contents_manager_class = "no.such.Manager"
c.ServerApp.preferred_dir = "/tmp"
c.ServerApp.root_dir = "/tmp"
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.certfile = "/nowhere/certificate.pem"
c.ServerApp.base_url = "/elsewhere/"
c.KernelSpecManager.allowed_kernelspecs = {"another"}
"""


def test_nobody_elses_settings_reach_the_course(source, tmp_path):
    """A home that cannot be written, and settings for other work; they stopped JupyterLab, or opened it to all."""
    for folder, name in (("jupyter", "jupyter_server_config.py"), ("jupyter", "jupyter_lab_config.py")):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / name).write_text(SERVER)
    hostile = {
        "HOME": "/dev/null",
        "JUPYTER_CONFIG_DIR": str(tmp_path / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(tmp_path / "jupyter"),
        "JUPYTER_DATA_DIR": "/dev/null/data",
        "JUPYTER_RUNTIME_DIR": "/dev/null/runtime",
        "JUPYTER_PATH": "/dev/null/path",
        "JUPYTERLAB_DIR": "/dev/null/lab",
        "JUPYTER_TOKEN": "known",
        "IPYTHONDIR": "/dev/null/ipython",
        "MPLBACKEND": "no such backend",
    }
    with opened(source, tmp_path, **hostile) as (process, address, _):
        assert ask(address, "/api/contents/08_noise.ipynb")["name"] == "08_noise.ipynb"
        listens = {each.laddr.ip for each in psutil.Process(process.pid).net_connections() if each.status == "LISTEN"}
        assert listens == {"127.0.0.1"} and not address.endswith("token=known")
        (tmp_path / "mine" / ".copied.json").write_text(json.dumps({"02_convolution.ipynb": "of another day"}))
        (tmp_path / "mine" / "02_convolution.ipynb").write_text("{}")
        page = {
            "path": "02_convolution.ipynb",
            "name": "02_convolution.ipynb",
            "type": "notebook",
            "kernel": {"name": "python3"},
        }
        kernel = ask(address, "/api/sessions", json.dumps(page).encode())["kernel"]["id"]
        client = BlockingKernelClient(connection_file=str(tmp_path / f"mine/.course/runtime/kernel-{kernel}.json"))
        client.load_connection_file()
        client.start_channels(hb=False)
        client.kernel_info(reply=True, timeout=60)
        said = []
        client.execute_interactive(
            "import sys, matplotlib; matplotlib.get_configdir(); print(sys.prefix); gone", output_hook=said.append
        )
        client.stop_channels()
    text = "".join(message["content"].get("text", "") for message in said)
    assert text.startswith(f"{sys.prefix}\n") and "`make reset LESSON=02` brings the new one" in text


def test_a_second_start_takes_the_next_free_port(source, tmp_path):
    with opened(source, tmp_path) as (_, first, _), opened(source, tmp_path) as (_, second, _):
        ports = [int(re.search(r":(\d+)/", address)[1]) for address in (first, second)]
        assert 8888 <= ports[0] < ports[1]


def test_the_courses_files_are_its_own_and_private(tmp_path):
    own = start.surroundings({"PATH": "/bin", "JUPYTER_TOKEN": "known", "MPLBACKEND": "tk"}, tmp_path / "own")
    assert own["PATH"] == "/bin" and "JUPYTER_TOKEN" not in own and "MPLBACKEND" not in own
    for name in start.OWN:
        folder = Path(own[name])
        assert tmp_path in folder.parents and folder.stat().st_mode & 0o077 == 0


def test_where_everybody_may_read_the_keys_of_the_kernels_lie_elsewhere(tmp_path):
    (tmp_path / "runtime").mkdir(mode=0o755)
    runtime = Path(start.surroundings({}, tmp_path)["JUPYTER_RUNTIME_DIR"])
    assert tmp_path not in runtime.parents and runtime.stat().st_mode & 0o077 == 0
    runtime.rmdir()


def wait_for_address(process, log):
    """The address with its token, as JupyterLab prints it when it is ready."""
    for _ in range(1800):
        found = re.search(r"http://(?:localhost|127\.0\.0\.1):\d+/lab\S*token=\w+", log.read_text())
        if found:
            return found[0]
        assert process.poll() is None, log.read_text()
        time.sleep(0.1)
    raise AssertionError(log.read_text())
