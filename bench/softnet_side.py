"""The softnet side: the same program inside a simulated host, under its patched socket module.

Nothing of the stack is left out: routing, netfilter's hook points, the loopback device and its
backlog, congestion control, timers. The checkers that tests switch on (lockdep, the buffer
sanitizer) are off, as in every program that does not ask for them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bench.programs import Clock
from softnet import syscalls
from softnet.host import Host
from softnet.machine.clock import World
from softnet.structs.socket import SockaddrIn
from softnet.usr import api as usr
from softnet.usr.clock import original

LOOPBACK = 0x7F000001
LIMIT_NS = 10**13  # of virtual time: a program that hangs is an error, not a wait


class Simulation:
    """One world with one host, whose programs may be started one after another."""

    def __init__(self) -> None:
        usr.install()
        self.clock: Clock = original("time.thread_time")
        self.world = World(seed=1)
        self.host = Host(self.world, "bench")

    def close(self) -> None:
        """The standard library is itself again."""
        usr.uninstall()

    def run(self, program: Callable[..., float], count: int, **arguments: Any) -> float:
        """Seconds that the program's inner loop took, of real CPU time."""

        def body() -> float:
            return program(self.clock, count, **arguments)

        process = usr.run_main(self.host, body, name=program.__name__)
        self.finish(process)
        seconds = process.result()
        assert isinstance(seconds, float)
        return seconds

    def run_syscalls(self, program: Callable[..., float], count: int, **arguments: Any) -> float:
        """The same for a program that calls softnet.syscalls itself."""
        task = self.host.spawn(program, self.clock, count, *arguments.values())
        self.finish(task)
        seconds = task.result()
        assert isinstance(seconds, float)
        return seconds

    def finish(self, what: Any) -> None:
        """Let the world run until it is over."""
        until = self.world.clock.now + LIMIT_NS
        reason = self.world.run(until_ns=until, predicate=what.finished)
        if not what.finished():
            raise RuntimeError(f"the program hangs: {reason}")


def syscall_udp(clock: Clock, count: int, size: int) -> float:
    """count datagrams by sys_sendto() and sys_recv_into(): the stack's own share of a datagram."""
    sender = syscalls.sys_socket(2, 2)
    receiver = syscalls.sys_socket(2, 2)
    syscalls.sys_bind(receiver, SockaddrIn(LOOPBACK, 5000))
    syscalls.sys_connect(sender, SockaddrIn(LOOPBACK, 5000))
    payload, buf = bytes(size), bytearray(4096)
    send, recv = syscalls.sys_sendto, syscalls.sys_recv_into
    try:
        start = clock()
        for _ in range(count):
            send(sender, payload)
            recv(receiver, buf, 4096)
        return clock() - start
    finally:
        syscalls.sys_close(sender)
        syscalls.sys_close(receiver)


def syscall_udp_batch(clock: Clock, count: int, size: int) -> float:
    """The same with sys_sendmmsg() and sys_recvmmsg(), 32 datagrams a call."""
    sender = syscalls.sys_socket(2, 2)
    receiver = syscalls.sys_socket(2, 2)
    syscalls.sys_bind(receiver, SockaddrIn(LOOPBACK, 5000))
    syscalls.sys_connect(sender, SockaddrIn(LOOPBACK, 5000))
    batch: Any = [(bytes(size), None)] * 32
    send, recv = syscalls.sys_sendmmsg, syscalls.sys_recvmmsg
    try:
        start = clock()
        for _ in range(count // 32):
            send(sender, batch)
            recv(receiver, 32, size)
        return clock() - start
    finally:
        syscalls.sys_close(sender)
        syscalls.sys_close(receiver)


def syscall_segments(clock: Clock, count: int, size: int) -> float:
    """count sends of size bytes on a TCP connection, each received at once: a segment and its share
    of the acknowledgements."""
    listener = syscalls.sys_socket(2, 1)
    syscalls.sys_bind(listener, SockaddrIn(LOOPBACK, 5001))
    syscalls.sys_listen(listener, 8)
    sender = syscalls.sys_socket(2, 1)
    syscalls.sys_setsockopt(sender, 6, 1, (1).to_bytes(4, "little"))  # TCP_NODELAY
    syscalls.sys_connect(sender, SockaddrIn(LOOPBACK, 5001))
    receiver, _ = syscalls.sys_accept4(listener)
    syscalls.sys_close(listener)
    payload, buf = bytes(size), bytearray(max(size, 4096))
    send, recv = syscalls.sys_sendto, syscalls.sys_recv_into
    try:
        start = clock()
        for _ in range(count):
            send(sender, payload)
            recv(receiver, buf, size)
        return clock() - start
    finally:
        syscalls.sys_close(sender)
        syscalls.sys_close(receiver)
