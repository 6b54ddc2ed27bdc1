"""The prequeue: who waits in recv() processes what comes, into its own buffer."""

from __future__ import annotations

from softnet.kernel.sched import Task
from softnet.structs.socket import SockaddrIn
from softnet.syscalls import sys_connect, sys_recvfrom, sys_sendto
from softnet.uapi.socket import MSG_PEEK, MSG_WAITALL, SO_RCVBUF, SOL_SOCKET
from tests.kit.tcp_peer import Dut, Peer

LOOPBACK = 0x7F000001


def reading(dut: Dut, size: int, flags: int = 0) -> tuple[int, Peer, Task]:
    """A connection, its peer, and a task that waits in recv(size, flags)."""
    conn, peer = dut.accepted()
    return conn, peer, dut.start(sys_recvfrom, conn, size, flags)


def burst(peer: Peer, sizes: list[int], at: int = 1) -> bytes:
    """In-order segments that all come before anybody can run."""
    sent = b""
    for n in sizes:
        data = bytes((at + i) % 251 for i in range(n))
        peer.send("P.", at + len(sent), ack=1, data=data, run=False)
        sent += data
    return sent


def read_all(task: Task) -> bytes:
    return bytes(task.result()[0])


def test_straight_to_the_reader(dut: Dut) -> None:
    conn, peer, task = reading(dut, 5000)
    sent = burst(peer, [1000])
    assert dut.sock(conn).sk_receive_queue.first is None
    assert not task.finished()
    dut.pass_time(0)
    assert read_all(task) == sent
    assert [dut.ext("TCPPREQUEUED"), dut.ext("TCPDIRECTCOPYFROMPREQUEUE")] == [1, 1000]
    assert [dut.ext("TCPHPHITSTOUSER"), dut.ext("TCPHPHITS")] == [1, 0]
    assert dut.sock(conn).ucopy is None


def test_a_burst_is_worked_off_at_once(dut: Dut) -> None:
    conn, peer, task = reading(dut, 5000)
    peer.take()
    sent = burst(peer, [1000, 1000, 700])
    peer.silent()  # not even an ACK: all work is the reader's
    dut.pass_time(0)
    assert read_all(task) == sent
    assert [dut.ext("TCPPREQUEUED"), dut.ext("TCPDIRECTCOPYFROMPREQUEUE")] == [1, 2700]
    assert peer.take()[-1].ack == 2701
    assert dut.sock(conn).sk_rmem_alloc == 0


def test_what_the_buffer_cannot_hold_is_queued(dut: Dut) -> None:
    conn, peer, task = reading(dut, 1500)
    sent = burst(peer, [1000, 1000])
    dut.pass_time(0)
    assert read_all(task) == sent[:1500]
    assert dut.ext("TCPDIRECTCOPYFROMPREQUEUE") == 1500
    assert dut.read(conn) == sent[1500:]


def test_waitall_waits_again(dut: Dut) -> None:
    _, peer, task = reading(dut, 2500, MSG_WAITALL)
    peer.send("P.", 1, ack=1, data=b"a" * 1000)
    assert not task.finished()
    peer.send("P.", 1001, ack=1, data=b"b" * 1500)
    assert read_all(task) == b"a" * 1000 + b"b" * 1500
    assert dut.ext("TCPPREQUEUED") == 2


def test_a_hole_is_filled(dut: Dut) -> None:
    """What lay out of order passes the receive queue; the reader gets both, in order."""
    _, peer, task = reading(dut, 3000, MSG_WAITALL)
    burst(peer, [1000], 1001)
    burst(peer, [1000], 1)
    burst(peer, [1000], 2001)
    dut.pass_time(0)
    assert read_all(task) == bytes((1 + i) % 251 for i in range(1000)) + bytes(
        (1001 + i) % 251 for i in range(1000)
    ) + bytes((2001 + i) % 251 for i in range(1000))
    assert dut.ext("TCPDIRECTCOPYFROMPREQUEUE") == 1000


def test_the_end_of_the_stream(dut: Dut) -> None:
    _, peer, task = reading(dut, 3000, MSG_WAITALL)
    sent = burst(peer, [1000])
    peer.send("F.", 1001, ack=1)
    assert read_all(task) == sent
    dut.pass_time(0.05)
    assert peer.take()[-1].ack == 1002


def test_a_reset(dut: Dut) -> None:
    _, peer, task = reading(dut, 3000, MSG_WAITALL)
    sent = burst(peer, [1000])
    peer.send("R", 1001)
    assert read_all(task) == sent


def test_too_much_to_wait_for_the_reader(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.setopt(conn, SOL_SOCKET, SO_RCVBUF, 4096)
    task = dut.start(sys_recvfrom, conn, 5000, 0)
    sent = burst(peer, [400] * 7)
    assert dut.ext("TCPPREQUEUEDROPPED") > 1  # processed in the softirq, so not lost
    dut.pass_time(0)
    assert read_all(task) == sent
    assert dut.ext("TCPPREQUEUED") == 0


def test_a_reader_that_does_not_come(dut: Dut) -> None:
    """A hundred and fifty milliseconds on, the timer does what the reader should have done."""
    conn, peer, task = reading(dut, 5000)
    sent = burst(peer, [1000])
    task.crash()
    dut.pass_time(0.149)
    assert dut.ext("TCPSCHEDULERFAILED") == 0
    dut.pass_time(0.002)
    assert dut.ext("TCPSCHEDULERFAILED") == 1
    assert dut.sock(conn).ucopy is None
    assert dut.read(conn) == sent


def test_the_next_reader_takes_over(dut: Dut) -> None:
    conn, peer, task = reading(dut, 5000)
    sent = burst(peer, [1000])
    task.crash()
    assert bytes(dut.call(sys_recvfrom, conn, 5000, 0)[0]) == sent
    assert dut.ext("TCPDIRECTCOPYFROMPREQUEUE") == 1000


def test_the_second_reader_waits_like_ever(dut: Dut) -> None:
    conn, peer, first = reading(dut, 1000, MSG_WAITALL)
    second = dut.start(sys_recvfrom, conn, 500, MSG_WAITALL)
    burst(peer, [1000, 500])
    dut.pass_time(0)
    assert [len(read_all(first)), len(read_all(second))] == [1000, 500]
    assert dut.ext("TCPDIRECTCOPYFROMPREQUEUE") == 1000


def test_who_peeks_leaves_no_buffer(dut: Dut) -> None:
    conn, peer, task = reading(dut, 5000, MSG_PEEK)
    sent = burst(peer, [1000])
    dut.pass_time(0)
    assert read_all(task) == sent == dut.read(conn)
    assert dut.ext("TCPPREQUEUED") == 0


def test_the_backlog_too(dut: Dut) -> None:
    """Over loopback the reader's ACK brings the next data while the reader still owns the socket."""
    listener = dut.listen()
    client = dut.socket()
    dut.call(sys_connect, client, SockaddrIn(LOOPBACK, 80))
    conn = dut.accept(listener)
    task = dut.start(sys_recvfrom, conn, 200_000, MSG_WAITALL)
    writer = dut.start(sys_sendto, client, b"x" * 200_000, 0, None)
    dut.pass_time(1)
    assert writer.result() == 200_000
    assert read_all(task) == b"x" * 200_000
    assert dut.ext("TCPDIRECTCOPYFROMBACKLOG") > 0
    assert dut.ext("TCPDIRECTCOPYFROMPREQUEUE") > 0


def test_low_latency_turns_it_off(dut: Dut) -> None:
    dut.sysctl("low_latency", 1)
    conn, peer, task = reading(dut, 5000)
    sent = burst(peer, [1000])
    assert dut.sock(conn).sk_receive_queue.qlen == 1
    dut.pass_time(0)
    assert read_all(task) == sent
    names = "TCPPREQUEUED", "TCPDIRECTCOPYFROMPREQUEUE", "TCPHPHITSTOUSER"
    assert [dut.ext(name) for name in names] == [0, 0, 0]


def test_urgent_data_goes_the_long_way(dut: Dut) -> None:
    _, peer, task = reading(dut, 5000)
    peer.send("PU.", 1, ack=1, data=b"abc", urg=3, run=False)
    dut.pass_time(0)
    assert read_all(task) == b"ab"
    assert dut.ext("TCPDIRECTCOPYFROMPREQUEUE") == 0


def test_a_socket_that_goes_takes_its_prequeue_along(dut: Dut) -> None:
    conn, peer, task = reading(dut, 5000)
    burst(peer, [1000])
    sk = dut.sock(conn)
    task.crash()
    peer.send("R", 1, run=False)
    dut.shut(conn)
    dut.pass_time(1)
    assert sk.ucopy is None
