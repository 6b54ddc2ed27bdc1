"""Hosts: how programs start, crashes, restarts; what the peers see of it."""

from __future__ import annotations

import asyncio
import io
import socket
import time

import pytest

import softnet
from softnet.lab.errors import HostCrashed, LabError
from tests.kit.programs_net import ask, echo_upper, fetch, web


def serve_one(log: list[object]) -> None:
    """A TCP server on port 9 that says what recv() gave, then keeps the connection."""
    log.append("boot")
    with socket.create_server(("", 9)) as listening:
        conn, _ = listening.accept()
        with conn:
            while data := conn.recv(100):
                log.append(data)
                conn.sendall(data)
            log.append("eof")


def talk(host: str, wait: float) -> str:
    """Send, wait, send, and say what became of the connection."""
    with socket.create_connection((host, 9)) as s:
        s.sendall(b"one")
        s.recv(10)
        time.sleep(wait)
        try:
            s.sendall(b"two")
            s.settimeout(5)
            return repr(s.recv(10))
        except OSError as e:
            return type(e).__name__


def test_a_coroutine_function_runs_by_asyncio() -> None:
    async def nap(seconds: float) -> str:
        await asyncio.sleep(seconds)
        return "rested"

    with softnet.Lab() as lab:
        assert lab.host("h1").call(nap, 3.5) == "rested"
        assert 3.5 <= lab.now < 3.6


def test_start_time() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2)
        times = []
        h1.start(lambda: times.append(round(time.monotonic(), 3)), start_time="3s")
        ping = h2.start("ping -c 1 h1", start_time="5s")
        lab.run(until="4s")
        assert times == [3.0]
        assert ping.stdout == ""
        ping.wait()
        assert 5.0 <= lab.now < 6.1
        assert "1 received" in ping.stdout


def test_a_crash_is_silent_and_the_client_learns_by_the_reset_of_the_next_boot() -> None:
    with softnet.Lab() as lab:
        srv, cli = lab.hosts("srv", "cli")
        lab.link(srv, cli, delay="1ms")
        log: list[object] = []
        srv.start(serve_one, log)
        capture = lab.trace("tcp_reset")
        client = cli.start(talk, "srv", 4)
        lab.at("1s", srv.crash)
        lab.run(until="2s")
        assert log == ["boot", b"one"]
        tcp = lab.links["srv-cli"].cable
        sent = tcp.ab.tx_frames
        lab.run(until="3s")
        assert tcp.ab.tx_frames == sent, "a host without power sends nothing"
        lab.at("3500ms", srv.restart)
        assert client.wait() == "ConnectionResetError"
        assert log == ["boot", b"one", "boot"]
        assert len(capture.events) >= 1


def test_nobody_says_goodbye_in_a_crash() -> None:
    with softnet.Lab() as lab:
        srv, cli = lab.hosts("srv", "cli")
        lab.link(srv, cli, delay="1ms")
        log: list[object] = []
        proc = srv.start(serve_one, log)
        cli.start(talk, "srv", 100)
        lab.run(until="1s")
        pcap = io.BytesIO()
        capture = lab.capture(pcap, match="tcp[tcpflags] & (tcp-fin|tcp-rst) != 0")
        cli.crash()
        lab.run(until="90s")
        assert log == ["boot", b"one"]
        assert capture.packets == 0
        assert not proc.finished()


def test_a_killed_program_closes_its_sockets_as_the_kernel_does() -> None:
    with softnet.Lab() as lab:
        srv, cli = lab.hosts("srv", "cli")
        lab.link(srv, cli, delay="1ms")
        log: list[object] = []
        server = srv.start(serve_one, log)
        client = cli.start(talk, "srv", 100)
        lab.run(until="1s")
        client.kill()
        server.wait()
        assert log == ["boot", b"one", "eof"]
        assert client.returncode == -9
        assert client.wait() is None
        assert lab.now < 1.1


def test_after_a_restart_the_host_is_as_before() -> None:
    with softnet.Lab() as lab:
        left, right = lab.hosts("left", "right")
        router = lab.router("r")
        lab.link(left, router, delay="1ms", mtu=1400)
        lab.link(right, router, delay="1ms")
        right.start(echo_upper)
        right.start(web)
        assert left.call(ask, "right") == b"HELLO"
        before = left.ip("addr"), left.ip("route"), router.ip("route")
        for node in (left, router, right):
            node.restart()
        lab.run_for("1s")
        assert (left.ip("addr"), left.ip("route"), router.ip("route")) == before
        assert left.call(ask, "right") == b"HELLO"
        assert left.call(fetch, "right", 5000) == 5000
        assert router.read("/proc/sys/net/ipv4/ip_forward").strip() == "1"


def test_boots_differ_and_runs_do_not() -> None:
    def ports(seed: int) -> list[int]:
        def port() -> int:
            with socket.create_connection(("b", 9)) as s:
                return int(s.getsockname()[1])

        def sink() -> None:
            with socket.create_server(("", 9)) as s:
                while True:
                    s.accept()[0].close()

        with softnet.Lab(seed=seed) as lab:
            a, b = lab.hosts("a", "b")
            lab.link(a, b)
            b.start(sink)
            found = []
            for _ in range(3):
                found.append(a.call(port))
                a.restart()
            return found  # type: ignore[return-value]  # what call() gave

    assert ports(1) == ports(1)
    assert ports(1) != ports(2)
    assert len(set(ports(1))) == 3


def test_who_waits_for_a_program_of_a_crashed_host_is_told() -> None:
    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        lab.at("2s", h1.crash)
        with pytest.raises(HostCrashed, match="'h1' lost power while 'sleep'"):
            h1.call(time.sleep, 10)
        assert lab.now == 2.0
        with pytest.raises(LabError, match=r"h1\.restart\(\) first"):
            h1.start(time.sleep, 1)


def test_a_program_that_cannot_die_quietly_dies() -> None:
    """Threads, locks and finally blocks that would wait."""

    def stubborn() -> None:
        try:
            asyncio.run(asyncio.sleep(1000))
        finally:
            time.sleep(10)

    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        proc = h1.start(stubborn)
        lab.run(until="1s")
        h1.crash()
        assert proc.finished()
        lab.run(until="5s")


def test_programs_of_the_lab_start_wait_crash_and_restart_others() -> None:
    with softnet.Lab() as lab:
        boss, h1 = lab.hosts("boss", "h1")
        lab.link(boss, h1, delay="1ms")

        def work(x: int) -> int:
            time.sleep(2)
            return x * 2

        def chaos() -> list[object]:
            h1.start(echo_upper)
            seen: list[object] = [ask("h1"), h1.start(work, 4).wait()]
            with pytest.raises(TimeoutError):
                h1.start(work, 4).wait("1s")
            h1.crash()
            with pytest.raises(TimeoutError):
                ask("h1", timeout=1)
            h1.restart()
            time.sleep(0)
            return [*seen, ask("h1", timeout=9)]

        assert boss.call(chaos) == [b"HELLO", 8, b"HELLO"]


def test_sysctls_that_do_not_exist_are_named() -> None:
    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        with pytest.raises(LabError, match=r"did you mean 'net.ipv4.tcp_sack'"):
            h1.sysctl("net.ipv4.tcp_sak", 0)
        with pytest.raises(
            LabError, match=r"tcp_sack = 'x' on 'h1': Invalid argument; it is 1 now"
        ):
            h1.sysctl("net.ipv4.tcp_sack", "x")
        with pytest.raises(LabError, match=r"no congestion control 'cubik': did you mean 'cubic'"):
            h1.sysctl("net/ipv4/tcp_congestion_control", "cubik")
        h1.sysctl("net/ipv4/tcp_sack", 0)
        assert h1.sh("cat /proc/sys/net/ipv4/tcp_sack") == "0"


def test_nothing_runs_when_the_lab_is_closed() -> None:
    with softnet.Lab() as lab:
        h1 = lab.host("h1")
    with pytest.raises(LabError, match=r"the lab of 'h1' is closed"):
        h1.call(print)


def test_a_program_that_crashes_its_host_at_its_end_does_so_before_the_restart() -> None:
    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        h1.call(h1.crash)
        with pytest.raises(LabError, match=r"h1\.restart\(\) first"):
            h1.call(time.sleep, 1)
        h1.restart()
        h1.call(h1.crash)
        h1.restart()
        h1.call(time.sleep, 1)  # the second crash is over, too
        assert lab.now == 1
