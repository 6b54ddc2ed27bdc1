"""softnet for the original packetdrill binary: what its --so_filename callbacks do.

    packetdrill --so_filename=build/packetdrill/softnet.so --so_flags=era=3.2,mtu=1500 script.pkt

tools/packetdrill/adapter.c embeds Python, makes an Adapter and turns each callback into call(name, ...)
from whatever thread it comes on. The host lives in one thread of its own, as greenlets must; a call is
a task of that host.

Time is virtual. It passes by usleep(); by netdev_receive(), up to the packet; by a call that sleeps; and
by one microsecond with each gettimeofday(), as the binary watches the clock for the last
milliseconds before an event. Two threads use it: the one that called init drives time. A call that
sleeps on another thread returns when the first one's callbacks have taken the host that far.

so_flags: NAME=VALUE, separated by commas; NAME is an option of softnet's own runner (era, mtu,
local_ip, remote_ip, gateway_ip, seed, tx_usecs) or a sysctl by its whole name.
"""

from __future__ import annotations

import errno
import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import softnet.arch.const as const
import softnet.syscalls as sys_
import softnet.uapi.tcp as tcp
from softnet.kernel.sched import Task, spawn
from softnet.lab.packetdrill.config import Config
from softnet.lab.packetdrill.netdev import Machine, ScriptEnd
from softnet.net.core.skbuff import skb_tobytes
from softnet.structs.skbuff import SkBuff
from softnet.structs.socket import Sockaddr, SockaddrIn
from softnet.wire.checksum import transport_checksum

FD_BASE = 3  # as a process that has 0 to 2 open
PATIENCE_NS = 600 * const.NSEC_PER_SEC  # virtual: a packet that has not come by then never will
ALIVE_SECONDS = 1  # real: how often a caller looks whether the host still runs
CSUM_AT = {6: 16, 17: 6}  # where the checksum of TCP and UDP is

Answer = tuple[Any, ...]


class Frames(ScriptEnd):
    """The device's far end: keeps each packet as bytes, its checksum filled in, with the time."""

    __slots__ = ("frames",)

    frames: deque[tuple[bytes, int]]

    def packet(self, skb: SkBuff) -> None:
        """Keep it."""
        data = skb_tobytes(skb)
        if skb.ip_summed == const.CHECKSUM_PARTIAL:
            data = with_checksum(data)
        self.frames.append((data, self.clock.now))
        ScriptEnd.packet(self, skb)
        self.queue.clear()


def with_checksum(data: bytes) -> bytes:
    """An IPv4 packet whose transport checksum the device was to fill in."""
    hdrlen = (data[0] & 15) * 4
    at = hdrlen + CSUM_AT[data[9]]
    blank = data[:at] + b"\0\0" + data[at + 2 :]
    saddr, daddr = int.from_bytes(data[12:16], "big"), int.from_bytes(data[16:20], "big")
    value = transport_checksum(saddr, daddr, data[9], blank[hdrlen:])
    return data[:at] + value.to_bytes(2, "big") + data[at + 2 :]


class Request:
    """A callback on its way to the host's thread."""

    __slots__ = ("answer", "args", "drives", "done", "elapsed_us", "name", "task")

    def __init__(self, name: str, args: Answer, elapsed_us: int, drives: bool) -> None:
        self.name = name
        self.args = args
        self.elapsed_us = elapsed_us  # that the clock was looked at away
        self.drives = drives  # from the thread that drives time
        self.done = threading.Event()
        self.answer: Answer = (-1, errno.EIO)
        self.task: Task | None = None

    def finish(self, answer: Answer) -> None:
        """Let the caller go on."""
        self.answer = answer
        self.done.set()


class Adapter:
    """One run of the binary: a host, its thread, and what that thread is asked to do."""

    def __init__(self, flags: str) -> None:
        self.flags = flags
        self.requests: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self.sleeping: list[Request] = []
        self.started = threading.Event()
        self.fault = ""
        self.now_us = 0
        self.thread = threading.Thread(target=self.serve, name="softnet", daemon=True)
        self.driver = threading.get_ident()
        self.thread.start()
        self.started.wait()
        if self.fault:
            raise ValueError(self.fault)

    # Any thread

    def call(self, name: str, elapsed_us: int, *args: Any) -> Answer:
        """A callback: (result, errno, what it gives back ...), and last the time in us."""
        request = Request(name, args, elapsed_us, threading.get_ident() == self.driver)
        self.requests.put(request)
        while not request.done.wait(ALIVE_SECONDS):
            if not self.thread.is_alive():
                return -1, errno.EIO, self.now_us
        return (*request.answer, self.now_us)

    def free(self) -> None:
        """The end of the run."""
        self.requests.put(None)
        self.thread.join()

    # The host's thread

    def serve(self) -> None:
        """Boot, then answer until free()."""
        try:
            self.boot()
        except (ValueError, OSError) as e:
            self.fault = str(e)
            return
        finally:
            self.started.set()
        while (request := self.requests.get()) is not None:
            self.advance(request.elapsed_us)
            self.handle(request)
            self.wake()
            self.now_us = self.world.clock.now // const.NSEC_PER_USEC
        for sleeper in self.sleeping:
            sleeper.finish((-1, errno.EINTR))
        self.machine.host.halt()

    def boot(self) -> None:
        """The host as so_flags want it."""
        config = Config()
        sysctls = []
        for pair in filter(None, self.flags.split(",")):
            name, _, value = pair.partition("=")
            if "." in name:
                sysctls.append((name, value))
            else:
                config.set(name, value)
        self.machine = Machine(config)
        self.world = self.machine.world
        end = Frames(self.world.clock, config.tx_usecs, self.machine.busy)
        end.frames = deque()
        self.frames = end.frames
        self.machine.end = self.machine.tun.end = end
        for name, value in sysctls:
            self.machine.host.sysctl(name, value)
        self.program = self.machine.host.spawn(program, name="script", fd_base=FD_BASE)
        self.now_us = self.world.clock.now // const.NSEC_PER_USEC

    def advance(self, us: int) -> None:
        """Let us microseconds pass."""
        self.world.run(until_ns=self.world.clock.now + us * const.NSEC_PER_USEC)

    def handle(self, request: Request) -> None:
        """Do what a callback asks for; a call that sleeps is answered later."""
        if request.name == "usleep":
            self.advance(int(request.args[0]))
            request.finish((0, 0))
        elif request.name == "netdev_send":
            request.finish(self.inject(*request.args))
        elif request.name == "netdev_receive":
            request.finish(self.receive())
        else:
            self.start(request)

    def inject(self, data: bytes) -> Answer:
        """A packet from the script."""
        try:
            self.machine.inject(data)
        except OSError as e:
            return -1, e.errno
        self.advance(0)
        return 0, 0

    def receive(self) -> Answer:
        """The next packet that the host sent, b"" if none comes: (0, 0, packet, its time in us)."""
        if not self.frames:
            limit = self.world.clock.now + PATIENCE_NS
            self.world.run(until_ns=limit, predicate=lambda: bool(self.frames))
        if not self.frames:
            return 0, 0, b"", self.world.clock.now // const.NSEC_PER_USEC
        data, at_ns = self.frames.popleft()
        return 0, 0, data, at_ns // const.NSEC_PER_USEC

    def start(self, request: Request) -> None:
        """A system call, as a task of the host's one program."""
        call = CALLS[request.name]
        machine, name = self.machine.host.machine, request.name
        task = spawn(machine, attempt, call, request.args, name=name, process=self.program)
        request.task = task
        self.advance(0)
        if not task.finished() and request.drives:
            limit = self.world.clock.now + PATIENCE_NS
            self.world.run(until_ns=limit, predicate=task.finished)
        self.sleeping.append(request)

    def wake(self) -> None:
        """Answer the calls that are over."""
        left = []
        for request in self.sleeping:
            task = request.task
            assert task is not None
            if task.finished():
                answer = task.result()
                assert isinstance(answer, tuple)
                request.finish(answer)
            elif request.drives:
                request.finish((-1, errno.EDEADLK))  # nothing will ever wake it
            else:
                left.append(request)
        self.sleeping = left


def program() -> None:
    """The process whose threads make the calls."""


def attempt(call: Callable[..., Any], args: Answer) -> Answer:
    """A system call's answer: (result, errno, what it gives back ...)."""
    try:
        answer = call(*args)
    except OSError as e:
        return -1, e.errno
    if isinstance(answer, tuple):
        return (answer[0], 0, *answer[1:])
    return 0 if answer is None else answer, 0


# ---- the calls, in C's values: addresses and structs as bytes


def address(raw: bytes) -> Sockaddr | None:
    """struct sockaddr, b"" for NULL."""
    if not raw:
        return None
    family = int.from_bytes(raw[:2], "little")
    if family == 2 and len(raw) >= 16:
        return SockaddrIn(int.from_bytes(raw[4:8], "big"), int.from_bytes(raw[2:4], "big"))
    return Sockaddr(family)


def need_address(raw: bytes) -> Sockaddr:
    """The same where there must be one; OSError(EINVAL)."""
    found = address(raw)
    if found is None:
        raise OSError(errno.EINVAL, "Invalid argument")
    return found


def accept(fd: int) -> Answer:
    """(descriptor, address)"""
    new, peer = sys_.sys_accept4(fd)
    return new, peer.pack()


def receive(fd: int, size: int, flags: int) -> Answer:
    """(length, data, address, flags of the message)"""
    data, _, out, peer = sys_.sys_recvmsg(fd, size, 0, flags)
    return len(data), data, b"" if peer is None else peer.pack(), out


def send(fd: int, data: bytes, flags: int, to: bytes) -> int:
    """sendto(), sendmsg()"""
    return sys_.sys_sendto(fd, data, flags, address(to))


def read(fd: int, size: int) -> Answer:
    """(length, data)"""
    data = sys_.sys_read(fd, size)
    return len(data), data


def ioctl(fd: int, request: int) -> Answer:
    """(0, the int it answers)"""
    answer = sys_.sys_ioctl(fd, request, 0)
    return 0, answer if isinstance(answer, int) else 0


def getsockopt(fd: int, level: int, option: int, room: int) -> Answer:
    """(0, value). TCP_INFO of a newer kernel is longer than 3.2's: zeros stand for what it has more."""
    value = sys_.sys_getsockopt(fd, level, option, room)
    if level == 6 and option == tcp.TCP_INFO:
        value = value.ljust(room, b"\0")
    return 0, value


def timeout_ns(ms: int) -> int:
    """poll()'s and epoll_wait()'s."""
    return ms if ms < 0 else ms * const.NSEC_PER_MSEC


def poll(fds: list[tuple[int, int]], ms: int) -> Answer:
    """(how many are ready, [revents])"""
    ready = dict(sys_.sys_poll(fds, timeout_ns(ms)))
    revents = [ready.get(fd, 0) for fd, _ in fds]
    return sum(1 for r in revents if r), revents


def epoll_wait(fd: int, most: int, ms: int) -> Answer:
    """(how many, [(events, data)])"""
    found = sys_.sys_epoll_wait(fd, most, timeout_ns(ms))
    return len(found), found


CALLS: dict[str, Callable[..., Any]] = {
    "socket": sys_.sys_socket,
    "bind": lambda fd, raw: sys_.sys_bind(fd, need_address(raw)),
    "listen": sys_.sys_listen,
    "accept": accept,
    "connect": lambda fd, raw: sys_.sys_connect(fd, need_address(raw)),
    "read": read,
    "recv": receive,
    "write": sys_.sys_write,
    "send": send,
    "fcntl": sys_.sys_fcntl,
    "ioctl": ioctl,
    "close": sys_.sys_close,
    "shutdown": sys_.sys_shutdown,
    "getsockopt": getsockopt,
    "setsockopt": sys_.sys_setsockopt,
    "poll": poll,
    "epoll_create": lambda: sys_.sys_epoll_create1(),
    "epoll_ctl": sys_.sys_epoll_ctl,
    "epoll_wait": epoll_wait,
    "pipe": lambda: (0, *sys_.sys_pipe2()),
    "splice": sys_.sys_splice,
}
