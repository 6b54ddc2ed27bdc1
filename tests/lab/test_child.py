"""host.exec() and host.popen(): real programs in virtual time."""

from __future__ import annotations

import http.server
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

import softnet
from softnet.lab.errors import HostCrashed, LabError
from tests.kit.binaries import PYTHON, needs_curl, needs_trap

pytestmark = needs_trap
PAGE = b"a page of a simulated host\n" * 300


class Handler(http.server.BaseHTTPRequestHandler):
    """GET / is a page, /slow comes after 100 s."""

    def do_GET(self) -> None:
        if self.path == "/slow":
            time.sleep(100)
        self.send_response(200)
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, *args: Any) -> None:
        """Nothing."""


def serve() -> None:
    """A web server on port 80."""
    http.server.ThreadingHTTPServer(("", 80), Handler).serve_forever()


def fetch(seed: int, *options: str, loss: str = "0%") -> tuple[Any, float, str]:
    """What curl with these options became, when it ended, and the fingerprint of it all."""
    with softnet.Lab(seed=seed, digest=True) as lab:
        client, web = lab.hosts("client", "web")
        lab.link(client, web, delay="10ms", loss=loss)
        web.start(serve)
        done = client.exec("curl", "-sS", *options)
        return done, lab.now, lab.digest


@needs_curl
def test_curl_fetches_by_name_over_a_lossy_link_and_repeats() -> None:
    first = fetch(7, "http://web/", loss="5%")
    assert first[0].returncode == 0
    assert first[0].stdout_bytes == PAGE
    assert fetch(7, "http://web/", loss="5%")[1:] == first[1:]
    assert fetch(8, "http://web/", loss="5%")[2] != first[2]


@needs_curl
@pytest.mark.parametrize(
    ("options", "code", "when"),
    [
        (("http://web:99/",), 7, 0.04),  # refused; ARP took a round trip as well
        (("http://10.9.9.9/",), 7, 0.0),  # no route
        (("http://nobody/",), 6, 0.0),
        (("--max-time", "30", "http://web/slow"), 28, 30.0),
    ],
)
def test_curl_fails_with_its_own_exit_codes(options: Any, code: int, when: float) -> None:
    done, now, _ = fetch(1, *options)
    assert (done.returncode, round(now, 2)) == (code, when)


@pytest.mark.skipif(shutil.which("ping") is None, reason="there is no ping here")
def test_the_real_ping() -> None:
    with softnet.Lab() as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b, delay="10ms")
        lines = a.exec("ping", "-c", "3", "b").stdout.splitlines()
        assert lines[1] == "64 bytes from b (10.0.0.2): icmp_seq=1 ttl=64 time=40.0 ms"
        assert lines[3] == "64 bytes from b (10.0.0.2): icmp_seq=3 ttl=64 time=20.0 ms"
        assert round(lab.now, 2) == 2.02


def test_an_hour_of_sleep_takes_none() -> None:
    with softnet.Lab() as lab:
        done = lab.host("h1").exec("sh", "-c", "date +%F; sleep 3600; hostname; exit 3")
        assert (done.returncode, done.stdout, lab.now) == (3, "2026-01-01\nh1\n", 3600.0)


def test_input_environment_and_folder(tmp_path: Path) -> None:
    with softnet.Lab() as lab:
        host = lab.host("h1")
        script = "cat; echo $COLOUR; pwd"
        env = {"COLOUR": "red", "PATH": "/usr/bin:/bin"}
        done = host.exec("sh", "-c", script, input="in\n", env=env, cwd=str(tmp_path))
        assert done.stdout == f"in\nred\n{tmp_path}\n"
        with pytest.raises(FileNotFoundError):
            host.exec("sh", "-c", "true", cwd=str(tmp_path / "no-such-folder"))


def test_a_timeout_of_virtual_time_kills() -> None:
    with softnet.Lab() as lab:
        with pytest.raises(TimeoutError) as e:
            lab.host("h1").exec("sh", "-c", "echo begun; sleep 99", timeout="5s")
        assert lab.now == 5.0
        assert e.value.__notes__ == ["stdout so far: 'begun\\n'"]


def test_popen_shows_output_and_takes_signals() -> None:
    with softnet.Lab() as lab:
        child = lab.host("h1").popen("sh", "-c", "echo one; sleep 5; echo two; sleep 5", input="")
        lab.run_for("6s")
        assert (child.stdout, child.returncode) == ("one\ntwo\n", None)
        child.terminate()
        assert child.wait() == -15
        assert lab.now == 6.0


def test_a_lab_with_real_programs_has_one_future() -> None:
    with softnet.Lab() as lab:
        child = lab.host("h1").popen("sleep", "5")
        with pytest.raises(LabError, match=r"real programs: h1/sleep runs"):
            lab.fork(one=lambda: None)
        child.wait()
        assert lab.fork(one=lambda: 1)["one"].value == 1


def test_a_crash_of_the_host_ends_it_and_a_restart_begins_it_again() -> None:
    with softnet.Lab() as lab:
        host = lab.host("h1")
        child = host.popen("sh", "-c", "sleep 5; echo over")
        lab.run_for("1s")
        host.crash()
        with pytest.raises(HostCrashed):
            child.wait()
        host.restart()
        lab.run()
        assert (child.stdout, lab.now) == ("over\n", 6.0)


def test_what_is_no_program_is_refused_at_once() -> None:
    with softnet.Lab() as lab:
        with pytest.raises(FileNotFoundError, match="no-such-program"):
            lab.host("h1").exec("no-such-program")
        with pytest.raises(PermissionError):
            lab.host("h2").exec("/etc/passwd")
        with pytest.raises(LabError, match=r"which program\? write h3.exec\("):
            lab.host("h3").exec()


SERVER = """
import http.server
http.server.HTTPServer(("", 8080), http.server.SimpleHTTPRequestHandler).serve_forever()
"""
CLIENT = """
import asyncio, random, threading, time, urllib.request
begun, woken = time.monotonic(), []
def nap(seconds):
    time.sleep(seconds)
    woken.append(seconds)
threads = [threading.Thread(target=nap, args=(s,)) for s in (3, 1, 2)]
[t.start() for t in threads], [t.join() for t in threads]
async def main():
    async with asyncio.timeout(60):
        reader, writer = await asyncio.open_connection("server", 8080)
        writer.write(b"HEAD / HTTP/1.0\\r\\n\\r\\n")
        await asyncio.gather(asyncio.sleep(5), asyncio.to_thread(time.sleep, 7))
        return (await reader.readline()).decode().strip()
print(woken, asyncio.run(main()), round(time.monotonic() - begun, 1), random.random())
"""


def test_child_pythons_serve_and_ask_with_threads_and_asyncio() -> None:
    said = set()
    for _ in range(2):
        with softnet.Lab(seed=5, digest=True) as lab:
            server, client = lab.hosts("server", "client")
            lab.link(server, client, delay="10ms")
            server.popen(PYTHON, "-c", SERVER)
            done = client.exec(PYTHON, "-c", CLIENT)
            assert done.returncode == 0, done.stderr
            assert done.stdout.startswith("[1, 2, 3] HTTP/1.0 200 OK 10.0 "), done.stdout
            said.add((done.stdout, lab.digest))
    assert len(said) == 1
