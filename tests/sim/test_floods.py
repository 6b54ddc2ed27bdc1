"""Floods: what the victim keeps is bounded, and a bystander's transfer is what it is without them.

SOFTNET_FLOOD_FULL=1 pytest tests/sim/test_floods.py     10^6 SYNs, 10^5 falling segments, 10^5 SACKs,
                                                         10^4 shut windows, instead of what CI has time for

The bystander's transfer is compared with the same on a quiet host: each frame must pass its link at the same
nanosecond; afterwards, with whatever the flood left in the tables, a transfer must run as many
functions of the path (compiled and interpreted) and lines of Python (interpreted). What one of the
flood's frames costs is bounded in lines.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from functools import cache
from itertools import islice

import pytest

from softnet.lab.check_tcp import tcp_sysctl
from softnet.net.ipv4.route_cache import rt_cache_of
from softnet.syscalls import sys_accept4, sys_close, sys_recvfrom, sys_sendto, sys_setsockopt
from softnet.uapi.socket import MSG_DONTWAIT, SO_SNDBUF, SOL_SOCKET
from tests.kit.tcp_pair import open_listener, pattern
from tests.sim.siege import STRANGERS, Passed, Siege, Stranger, lines_of, syns

FULL = bool(os.environ.get("SOFTNET_FLOOD_FULL"))
INTERPRETED = bool(os.environ.get("SOFTNET_PURE"))
FLOOD_MS, TRANSFER_MS = 4900, 5000  # after boot: what the attacker prepares takes less
LATER_MS = 30_000
LISTENER = 81  # of programs that the attacker wants something of
FUNCTIONS_MAX = 1.02  # times those of the quiet host
MSS_SMALLEST = 48  # TCP_MIN_SND_MSS
REPORTED = 24  # bytes of a SACK block: less than a segment

lines_only = pytest.mark.skipif(not INTERPRETED, reason="lines are counted interpreted")


@cache
def quiet(ram: int = 0, when_ms: int = TRANSFER_MS) -> tuple[Passed, int, int]:
    """Transfers without a flood: what the first passes, functions of the next, lines of one more."""
    with Siege(ram=ram) as s:
        s.until_ms(when_ms)
        passed = s.transfer()
        functions = s.functions_of_a_transfer()
        return passed, functions, lines_of(s.transfer) if INTERPRETED else 0


def judge(s: Siege, frames: Iterator[bytes], count: int, per_ms: int) -> None:
    """The flood comes, a transfer begins in the middle of it, others when it is over."""
    passed, functions, lines = quiet(s.ram)
    s.until_ms(FLOOD_MS)
    before = s.lab.world.queue.fired
    s.every_ms(frames, per_ms)
    s.until_ms(TRANSFER_MS)
    assert s.transfer() == passed, "the flood shows on the bystander's link"
    s.run_ms(count // per_ms)
    assert next(frames, None) is None, "it is not over"
    assert s.lab.world.queue.fired - before < 4 * count + 20_000
    assert s.functions_of_a_transfer() <= functions * FUNCTIONS_MAX
    if INTERPRETED:
        assert lines_of(s.transfer) <= lines * FUNCTIONS_MAX


def lines_of_each(s: Siege, frames: list[bytes]) -> list[int]:
    """What srv does for each of the frames, a tenth of them averaged at a time."""
    n = len(frames) // 10
    parts = [frames[i : i + n] for i in range(0, len(frames), n)]
    return [lines_of(lambda part=part: s.send(*part)) // n for part in parts]


# ---- 10^6 SYNs


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_syn_flood() -> None:
    """A million strangers, and cookies for them."""
    count = 10**6 if FULL else 15_000
    with Siege(ram=32 << 20) as s:
        judge(s, syns(s, count), count, 100)
        assert s.answers.count >= count
        assert s.counter("TcpExt.TCPReqQFullDoCookies") > count * 0.9
        assert s.embryos() == 256, "the power of two above the backlog of 128"
        assert s.routes() <= rt_cache_of(s.net).ip_rt_max_size == 4096
        assert s.pages() == 0
        assert s.sockstat("alloc") == s.sockstat("inuse") == 1
        s.run_ms(700_000)
        assert s.embryos() == 0
        assert s.routes() < 100


@lines_only
def test_what_a_syn_costs() -> None:
    """Of a host with little memory, whose tables are full soon: then as many forget as come."""
    with Siege(ram=4 << 20) as s:
        costs = lines_of_each(s, list(syns(s, 250)))
        assert s.routes() <= rt_cache_of(s.net).ip_rt_max_size
        assert max(costs) < 6000
        assert max(costs[5:]) < 1.1 * max(costs[:5])


# ---- 10^5 one-byte segments, the last one first


def falling(peer: Stranger, count: int, inner: bool) -> Iterator[bytes]:
    """One byte each, at every other place of the window, from its end to its beginning.

    Then what lacks, and the same again: the window has grown meanwhile.

    inner: the first place is taken already, so that whoever looks for a place from the front finds none.
    """
    frames = falls(peer, inner)
    return islice(frames, count)


def falls(peer: Stranger, inner: bool) -> Iterator[bytes]:
    """The same without an end."""
    base = 1
    tp = peer.sock()
    while True:
        size = tp.rcv_wnd // 1000 * 1000
        if inner:
            yield peer.frame(".", base + 1, 1, data=b"x")
        for place in range(size - 1, 2, -2):
            yield peer.frame(".", base + place, 1, data=b"x")
        for place in range(0, size, 1000):
            yield peer.frame(".", base + place, 1, data=bytes(1000))
        base += size


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("inner", [False, True])
def test_descending_segments(inner: bool) -> None:
    count = 10**5 if FULL else 6000
    with Siege() as s:
        peer = Stranger(s, STRANGERS, 2000)
        peer.connect()
        judge(s, falling(peer, count, inner), count, 100)
        tp = peer.sock()
        assert s.counter("TcpExt.PruneCalled") > 100
        assert tp.sk_rmem_alloc <= tp.sk_rcvbuf + 4096
        assert tp.sk_rcvbuf <= tcp_sysctl(s.net).rmem[2]
        assert s.pages() * 4096 <= 2 * tp.sk_rcvbuf


@lines_only
@pytest.mark.parametrize("inner", [False, True])
def test_what_a_falling_byte_costs(inner: bool) -> None:
    with Siege() as s:
        peer = Stranger(s, STRANGERS, 2000)
        peer.connect()
        costs = lines_of_each(s, list(falling(peer, 300, inner)))
        assert s.counter("TcpExt.PruneCalled") >= 100
        assert max(costs) < 4500


# ---- SACK storms, MSS 48


def rich(size: int) -> None:
    """Send size bytes, with a large buffer, to the first who comes."""
    listener = open_listener(LISTENER)
    sys_setsockopt(listener, SOL_SOCKET, SO_SNDBUF, (100_000).to_bytes(4, "little"))
    conn, _ = sys_accept4(listener, 0)
    sys_sendto(conn, pattern(size), 0, None)
    sys_recvfrom(conn, 1, 0)


def storm(peer: Stranger, out: int, count: int) -> Iterator[bytes]:
    """ACKs with four blocks, each less than a segment, anywhere in the out bytes under way."""
    rng = random.Random(1)
    for _ in range(count):
        starts = [1 + rng.randrange(2, out // REPORTED - 3) * REPORTED for _ in range(4)]
        yield peer.sack(1, *[(at, at + rng.randrange(1, 4) * REPORTED) for at in starts])


def stormed(s: Siege) -> tuple[Stranger, int]:
    """A connection with 3000 segments under way; how many bytes that is."""
    s.serve(rich, 1 << 20)
    peer = Stranger(s, STRANGERS, 2000, LISTENER)
    peer.connect(mss=MSS_SMALLEST, wscale=7)
    s.run_ms(20)
    tp = peer.sock()
    assert tp.mss_cache == MSS_SMALLEST
    assert tp.packets_out == 3000
    return peer, tp.packets_out * MSS_SMALLEST


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_sack_storm() -> None:
    count = 10**5 if FULL else 2000
    with Siege(initcwnd=3000) as s:
        peer, out = stormed(s)
        judge(s, storm(peer, out, count), count, 10)
        tp = peer.sock()
        assert s.counter("TcpExt.TCPWqueueTooBig") > 0, "it was cut to pieces without end"
        assert tp.sk_wmem_queued <= 2 * (tp.sk_sndbuf + 128 * 1024) + 4096
        assert s.pages() * 4096 <= 2 * tp.sk_wmem_queued


@lines_only
def test_what_a_sack_costs() -> None:
    """The queue is walked once, and some of its segments are cut."""
    with Siege(initcwnd=3000) as s:
        peer, out = stormed(s)
        costs = lines_of_each(s, list(storm(peer, out, 200)))
        assert max(costs) < 2000 + 20 * peer.sock().sk_write_queue.qlen


# ---- 10^4 peers that shut their window


def hoard(count: int) -> None:
    """Send 4000 bytes to each of count peers; close them all when one more comes and says something."""
    listener = open_listener(LISTENER, backlog=64)
    data = pattern(4000)
    conns = []
    for _ in range(count):
        conn, _ = sys_accept4(listener, 0)
        sys_sendto(conn, data, MSG_DONTWAIT, None)
        conns.append(conn)
    sys_recvfrom(sys_accept4(listener, 0)[0], 1, 0)
    for conn in conns:
        sys_close(conn)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_windows_that_stay_shut() -> None:
    """What they should get is kept, and they are asked ever more rarely.

    When no program holds the connections any more, only so many may stay.
    """
    count = 10**4 if FULL else 400
    orphans = count // 2
    with Siege(ram=1 << 30) as s:
        s.srv.sysctl("net.ipv4.tcp_max_orphans", orphans)
        s.serve(hoard, count)
        for n in range(count):
            peer = Stranger(s, STRANGERS + n, 2000, LISTENER)
            peer.connect(win=0)
            peer.answer(peer.frame(".", 1, 1, win=0))
        assert len(s.connections()) == count
        assert count < s.pages() <= 2 * count
        passed, functions, _ = quiet(s.ram, LATER_MS)
        s.until_ms(LATER_MS)
        assert s.transfer() == passed
        assert s.functions_of_a_transfer() <= functions * FUNCTIONS_MAX + 2 * count
        s.run_ms(120_000)
        asked = s.answers.count
        s.run_ms(240_000)
        assert s.answers.count - asked <= 3 * count, "a probe each 120 s"
        assert len(s.connections()) == count
        last = Stranger(s, STRANGERS + count, 2000, LISTENER)
        last.connect()
        s.send(last.frame("P.", 1, 1, data=b"x"))
        assert s.sockstat("orphan") <= orphans
        assert s.counter("TcpExt.TCPAbortOnMemory") >= count - orphans - 1
        assert s.pages() <= 2 * orphans + 1
        # While the limit is reached, whatever is closed with data under way is reset.
        s.srv.sysctl("net.ipv4.tcp_max_orphans", orphans + 10)
        s.transfer()
