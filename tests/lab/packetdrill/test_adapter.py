"""The adapter for the original packetdrill: its Python half, and the whole of it driven from C."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import softnet
from softnet.lab.packetdrill.adapter import Adapter
from softnet.uapi.socket import AF_INET, SOCK_NONBLOCK, SOCK_STREAM
from softnet.wire.build import build_ipv4, build_tcp
from tools.packetdrill_adapter import build, compiler, unfit

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
ANY = bytes((2, 0, 0x1F, 0x90)) + bytes(12)  # port 8080
LOCAL, REMOTE = 0xC0A80001, 0xC0000201
FIN, SYN, ACK = 1, 2, 16


@pytest.fixture
def adapter() -> Iterator[Adapter]:
    made = Adapter("")
    yield made
    made.free()


def segment(flags: int, seq: int, ack: int = 0, data: bytes = b"") -> bytes:
    tcp = build_tcp(
        REMOTE, LOCAL, 40000, 8080, flags=flags, seq=seq, ack_seq=ack, window=9999, payload=data
    )
    return build_ipv4(REMOTE, LOCAL, 6, tcp)


def connected(adapter: Adapter) -> tuple[int, int]:
    """A connection's descriptor, and the number of the host's next byte."""
    fd = adapter.call("socket", 0, AF_INET, SOCK_STREAM, 6)[0]
    assert adapter.call("bind", 0, fd, ANY)[0] == 0
    assert adapter.call("listen", 0, fd, 5)[0] == 0
    adapter.call("netdev_send", 0, segment(SYN, 1000))
    packet = adapter.call("netdev_receive", 0)[2]
    isn = int.from_bytes(packet[24:28], "big")
    adapter.call("netdev_send", 0, segment(ACK, 1001, isn + 1))
    conn = adapter.call("accept", 0, fd)
    assert conn[2][4:8] == REMOTE.to_bytes(4, "big")
    return int(conn[0]), isn + 1


def test_flags_are_options_and_sysctls() -> None:
    adapter = Adapter("era=3.9,mtu=600,net.ipv4.tcp_sack=0")
    assert adapter.machine.tun.mtu == 600
    assert adapter.machine.host.net.ipv4.tcp.sack == 0
    fd = adapter.call("socket", 0, AF_INET, SOCK_STREAM, 6)[0]
    assert adapter.call("setsockopt", 0, fd, 1, 15, b"\1\0\0\0")[0] == 0
    adapter.free()


@pytest.mark.parametrize("flags", ["era=1.0", "mtu=5", "colour=red", "net.ipv4.none=1"])
def test_wrong_flags_are_refused(flags: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Adapter(flags)


def test_time_passes_by_sleeping_and_by_looking(adapter: Adapter) -> None:
    begin = adapter.now_us
    assert adapter.call("usleep", 0, 1500)[-1] == begin + 1500
    assert adapter.call("usleep", 20, 0)[-1] == begin + 1520


def test_errors_are_errnos(adapter: Adapter) -> None:
    assert adapter.call("close", 0, 77)[:2] == (-1, errno.EBADF)
    fd = adapter.call("socket", 0, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 6)[0]
    assert adapter.call("bind", 0, fd, b"")[:2] == (-1, errno.EINVAL)
    assert adapter.call("accept", 0, fd)[:2] == (-1, errno.EINVAL)


def test_a_call_that_nothing_will_wake_does_not_hang(adapter: Adapter) -> None:
    conn, _ = connected(adapter)
    begin = adapter.now_us
    assert adapter.call("read", 0, conn, 1)[:2] == (-1, errno.EDEADLK)
    assert adapter.now_us == begin + 600_000_000


def test_nothing_to_receive_is_an_empty_packet(adapter: Adapter) -> None:
    assert adapter.call("netdev_receive", 0)[2] == b""


def test_a_call_sleeps_in_another_thread(adapter: Adapter) -> None:
    conn, ack = connected(adapter)
    got: list[tuple[object, ...]] = []
    thread = threading.Thread(target=lambda: got.append(adapter.call("read", 0, conn, 99)))
    thread.start()
    adapter.call("usleep", 0, 1000)
    adapter.call("netdev_send", 0, segment(ACK, 1001, ack, b"hello"))
    while thread.is_alive():
        adapter.call("usleep", 0, 1000)
    assert got[0][:3] == (5, 0, b"hello")


@pytest.mark.slow
def test_driven_from_c(tmp_path: Path) -> None:
    """Compile both, and let a C program go through every callback."""
    if reason := unfit():
        pytest.skip(reason)
    library, check = tmp_path / "softnet.so", tmp_path / "check"
    assert build(library) == 0
    flags = ["-O1", "-Wall", "-Wextra", "-pthread", f"-I{ROOT / 'tools' / 'packetdrill'}"]
    source = str(HERE / "adapter_check.c")
    subprocess.run([*compiler(), *flags, source, "-o", str(check), "-ldl"], check=True)
    where = Path(softnet.__file__).parent.parent
    env = dict(os.environ, PYTHONPATH=str(where))
    done = subprocess.run(
        [check, library], env=env, capture_output=True, text=True, check=False, timeout=100
    )
    assert (done.stdout, done.stderr) == ("ok\n", "")
    assert done.returncode == 0
    wrong = subprocess.run([check, sys.executable], capture_output=True, check=False, timeout=100)
    assert wrong.returncode == 1
