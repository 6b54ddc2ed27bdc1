"""System calls of scripts: what each reads from its arguments, and what it compares."""

from __future__ import annotations

import pytest

from softnet.lab.packetdrill.config import Config
from softnet.lab.packetdrill.report import PASS, Verdict
from softnet.lab.packetdrill.runner import run_script
from softnet.lab.packetdrill.script import parse_script
from tests.lab.packetdrill.test_runner import SERVER


def run(text: str) -> Verdict:
    return run_script(parse_script("x.pkt", (SERVER + text).strip()), Config())


@pytest.mark.parametrize(
    "line",
    [
        'write(4, "hello", 5) = 5',
        "writev(4, [{..., 100}, {..., 50}], 2) = 150",
        "send(4, ..., 10, MSG_MORE) = 10",
        "sendto(4, ..., 10, 0, ..., ...) = 10",
        "sendmsg(4, {msg_name(...)=..., msg_iov(2)=[{..., 10},{..., 20}], msg_flags=0}, 0) = 30",
        "fcntl(4, F_GETFL) = 2",
        "fcntl(4, F_SETFL, O_RDWR|O_NONBLOCK) = 0",
        "ioctl(4, SIOCINQ, [0]) = 0",
        "ioctl(4, FIONBIO, [1]) = 0",
        "shutdown(4, SHUT_WR) = 0",
        "poll([{fd=4, events=POLLIN|POLLOUT, revents=POLLOUT}], 1, 0) = 1",
        "poll([{fd=4, events=POLLIN}], 1, 0) = 0",
        "getsockopt(4, SOL_SOCKET, SO_TYPE, [SOCK_STREAM], [4]) = 0",
        'getsockopt(4, SOL_TCP, TCP_CONGESTION, "cubic", [16]) = 0',
        'setsockopt(4, SOL_TCP, TCP_CONGESTION, "reno", 4) = 0',
        "setsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=2}, 8) = 0",
        "setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, [1, 500000], 16) = 0",
        "setsockopt(4, SOL_SOCKET, SO_RCVTIMEO, {tv_sec=1, tv_usec=5}, 16) = 0",
        "setsockopt(4, SOL_TCP, TCP_MAXSEG, [7], 4) = -1 EINVAL (Invalid argument)",
        "getpeername(4, {sa_family=AF_INET, sin_port=htons(40001), "
        'sin_addr=inet_addr("192.0.2.1")}, [16]) = 0',
        "getsockname(4, {sa_family=AF_INET, sin_port=htons(8080), "
        'sin_addr=inet_addr("192.168.0.1")}, [16]) = 0',
        "socket(AF_INET, SOCK_RAW, IPPROTO_TCP) = 9",
        "socket(AF_INET, 99, 0) = -1 EINVAL (Invalid argument)",
        'open("/tmp/none", O_RDONLY) = -1 ENOENT (No such file or directory)',
        "dup(4) = 8",
        "write(4, NULL, 10) = -1 EFAULT (Bad address)",
        "recv(4, ..., 10, MSG_DONTWAIT|MSG_PEEK) = -1 EAGAIN (Resource temporarily unavailable)",
        "epoll_create(0) = -1 EINVAL (Invalid argument)",
    ],
)
def test_call(line: str) -> None:
    verdict = run(f"+0 {line}\n")
    assert verdict.verdict == PASS, verdict.text()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("ioctl(4, SIOCINQ, [3]) = 0", "value: expected 3, seen 0"),
        ("poll([{fd=4, events=POLLOUT, revents=POLLIN}], 1, 0) = 1", "revents"),
        ("poll([{fd=4, events=POLLOUT}], 2, 0) = 1", "2 pollfds are announced"),
        ('getsockopt(4, SOL_TCP, TCP_CONGESTION, "reno", [16]) = 0', "'reno', seen 'cubic'"),
        ("getsockopt(4, SOL_SOCKET, SO_LINGER, {onoff=1, linger=2}, [8]) = 0", "onoff"),
        ("getsockopt(4, SOL_SOCKET, SO_TYPE, [1], [8]) = 0", "size: expected 8, seen 4"),
        ("writev(4, [{..., 100}], 2) = 100", "2 iovecs are announced"),
        ("setsockopt(4, SOL_SOCKET, SO_LINGER, {fd=1, events=2}, 8) = 0", ""),
        ("getpeername(4, {sa_family=AF_INET, sin_port=htons(1), "
         'sin_addr=inet_addr("192.0.2.1")}, [16]) = 0', "seen 192.0.2.1:40001"),
        ("dup(4) = 3", "has a descriptor 3 already"),
        ("connect(4, [1, 2], ...) = 0", "struct sockaddr is needed"),
    ],
)  # fmt: skip
def test_what_a_call_wrote_is_compared(line: str, message: str) -> None:
    verdict = run(f"+0 {line}\n")
    if message:
        assert verdict.verdict != PASS
    assert message in verdict.text()


def test_received_data_and_its_flags() -> None:
    got = run(
        "+0 < P. 1:101(100) ack 1 win 257\n"
        "+0 recv(4, ..., 10, MSG_PEEK) = 10\n"
        "+0 readv(4, [{..., 10}, {..., 20}], 2) = 30\n"
        '+0 read(4, "\\0\\0", 2) = 2\n'
        "+0 recvfrom(4, ..., 8, MSG_TRUNC, ..., ...) = 8\n"
        "+0 recvmsg(4, {msg_name(...)=..., msg_iov(1)=[{..., 100}], msg_flags=0}, 0) = 60\n"
    )
    assert got.verdict == PASS, got.text()
    assert "data" in run('+0 < P. 1:2(1) ack 1 win 257\n+0 read(4, "a", 1) = 1\n').text()


def test_epoll() -> None:
    got = run(
        "+0 epoll_create(1) = 5\n"
        "+0 epoll_ctl(5, EPOLL_CTL_ADD, 4, {events=EPOLLIN|EPOLLET, fd=4}) = 0\n"
        "+0 epoll_wait(5, {events=0, ptr=0}, 1, 0) = 0\n"
        "+0...0.1 epoll_wait(5, {events=EPOLLIN, fd=4}, 1, 1000) = 1\n"
        "+.1 < P. 1:101(100) ack 1 win 257\n"
        "+0 epoll_ctl(5, EPOLL_CTL_MOD, 4, {events=EPOLLOUT, u32=7}) = 0\n"
        "+0 epoll_wait(5, {events=EPOLLOUT, u32=7}, 1, 0) = 1\n"
        "+0 epoll_ctl(5, EPOLL_CTL_DEL, 4, NULL) = 0\n"
        "+0 epoll_ctl(5, EPOLL_CTL_DEL, 4, NULL) = -1 ENOENT (No such file or directory)\n"
    )
    assert got.verdict == PASS, got.text()


def test_pipes_files_splice_and_sendfile() -> None:
    got = run(
        "+0 pipe([5, 6]) = 0\n"
        "+0 `dd if=/dev/zero of=/tmp/f bs=10 count=3`\n"
        '+0 open("/tmp/f", O_RDONLY) = 7\n'
        "+0 read(7, ..., 12) = 12\n"
        "+0 sendfile(4, 7, NULL, 100) = 18\n"
        "+0 > P. 1:19(18) ack 1\n"
        "+0 sendfile(4, 7, [25], 100) = 5\n"
        "+0 close(7) = 0\n"
        "+0 < P. 1:101(100) ack 19 win 257\n"
        "+0 splice(4, NULL, 6, NULL, 60, 0) = 60\n"
        "+0 read(5, ..., 100) = 60\n"
    )
    assert got.verdict == PASS, got.text()


def test_error_queue() -> None:
    text = """
0  socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
+0 setsockopt(3, SOL_IP, IP_RECVERR, [1], 4) = 0
+0 connect(3, ..., ...) = 0
+0 write(3, ..., 10) = 10
+0 > udp (10)
+0 < icmp unreachable port_unreachable [udp (10)]
+0 recvmsg(3, {msg_name(...)=..., msg_iov(1)=[{..., 10}], msg_flags=MSG_ERRQUEUE,
               msg_control=[{cmsg_level=SOL_IP, cmsg_type=IP_RECVERR,
                             cmsg_data={ee_errno=ECONNREFUSED, ee_origin=SO_EE_ORIGIN_ICMP,
                                        ee_type=3, ee_code=3, ee_info=0, ee_data=0}}]},
           MSG_ERRQUEUE) = ...
"""
    verdict = run_script(parse_script("x.pkt", text.strip()), Config())
    assert verdict.verdict == PASS, verdict.text()
    wrong = text.replace("ee_code=3", "ee_code=1")
    assert (
        "ee_code: expected 1, seen 3"
        in run_script(parse_script("x.pkt", wrong.strip()), Config()).text()
    )
