"""System calls of a script: sockets' birth, connection and death; descriptors. And the table of all.

Each function is one call, made by a task of the host: it turns the script's arguments into those of
softnet.syscalls and returns what C would. What the call wrote into its arguments is compared with what
the script says stands there (CallContext.check). OSError is the call's own failure.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from os import strerror

import softnet.syscalls as sys_
import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket
import softnet.uapi.sockios as sockios
from softnet.lab.packetdrill import calls_io, calls_opt, calls_poll
from softnet.lab.packetdrill.callargs import CallContext, is_udp, name_of
from softnet.lab.packetdrill.flow import CONNECTING, LISTENING, NEW, OPEN, SYNACK_SENT, Flow
from softnet.lab.packetdrill.nodes import NULL
from softnet.syscalls import SockaddrIn

PROTOCOL_OF = {socket.SOCK_STREAM: in_.IPPROTO_TCP, socket.SOCK_DGRAM: in_.IPPROTO_UDP}

Handler = Callable[[CallContext], int]


def call_socket(c: CallContext) -> int:
    """socket(domain, type, protocol)"""
    domain = c.number(0, socket.AF_INET)
    kind, protocol = c.number(1), c.number(2)
    live = sys_.sys_socket(domain, kind, protocol)
    fd = c.new_fd(live)
    base = kind & socket.SOCK_TYPE_MASK
    c.run.add_flow(Flow(protocol or PROTOCOL_OF.get(base, 0), fd))
    return fd


def call_bind(c: CallContext) -> int:
    """bind(fd, ..., ...)"""
    address = c.address(c.value(1), c.local())
    sys_.sys_bind(c.fd(0), address)
    if isinstance(address, SockaddrIn):
        c.flow().local = (address.sin_addr or c.local()[0], address.sin_port)
    return 0


def call_listen(c: CallContext) -> int:
    """listen(fd, backlog)"""
    sys_.sys_listen(c.fd(0), c.number(1))
    c.flow().state = LISTENING
    return 0


def call_accept(c: CallContext) -> int:
    """accept(fd, ..., ...)"""
    return accept(c, 0)


def call_accept4(c: CallContext) -> int:
    """accept4(fd, ..., ..., flags)"""
    return accept(c, c.number(3))


def accept(c: CallContext, flags: int) -> int:
    """Both of them."""
    live, peer = sys_.sys_accept4(c.fd(0), flags)
    fd = c.new_fd(live)
    assert isinstance(peer, SockaddrIn)
    for flow in c.run.flows:
        if flow.fd == -1 and flow.remote == (peer.sin_addr, peer.sin_port):
            flow.fd = fd
            flow.state = max(flow.state, SYNACK_SENT)
            break
    c.check_address("peer", c.value(1), peer)
    return fd


def call_connect(c: CallContext) -> int:
    """connect(fd, ..., ...)"""
    address = c.address(c.value(1), c.remote())
    flow = c.flow()
    if not isinstance(address, SockaddrIn):
        flow.state = NEW
    elif flow.state == NEW:
        flow.state = CONNECTING
        flow.remote = (address.sin_addr, address.sin_port)
    sys_.sys_connect(c.fd(0), address)
    if is_udp(flow) and isinstance(address, SockaddrIn):
        mine = sys_.sys_getsockname(c.fd(0))
        assert isinstance(mine, SockaddrIn)
        flow.local, flow.state = (mine.sin_addr, mine.sin_port), OPEN
    return 0


def call_getsockname(c: CallContext) -> int:
    """getsockname(fd, {sa_family=…}, [16])"""
    c.check_address("address", c.value(1), sys_.sys_getsockname(c.fd(0)))
    return 0


def call_getpeername(c: CallContext) -> int:
    """getpeername(fd, {sa_family=…}, [16])"""
    c.check_address("address", c.value(1), sys_.sys_getpeername(c.fd(0)))
    return 0


def call_shutdown(c: CallContext) -> int:
    """shutdown(fd, how)"""
    sys_.sys_shutdown(c.fd(0), c.number(1))
    return 0


def call_close(c: CallContext) -> int:
    """close(fd)"""
    live = c.fd(0)
    if c.run.files.close(live):
        c.run.fds.pop(c.number(0), None)
        return 0
    c.run.fds.pop(c.number(0), None)
    sys_.sys_close(live)
    return 0


def call_fcntl(c: CallContext) -> int:
    """fcntl(fd, cmd[, arg])"""
    return sys_.sys_fcntl(c.fd(0), c.number(1), c.number(2))


def call_ioctl(c: CallContext) -> int:
    """ioctl(fd, cmd, [value]): FIONBIO reads the value, the others write it."""
    cmd = c.number(1)
    if cmd == sockios.FIONBIO:
        sys_.sys_ioctl(c.fd(0), cmd, c.number(2))
        return 0
    answer = sys_.sys_ioctl(c.fd(0), cmd, b"")
    if len(c.args) > 2:
        c.check("value", c.value(2), answer)
    return 0


def call_open(c: CallContext) -> int:
    """open(path, flags[, mode]): files that commands of the script made, and /proc."""
    path = name_of(c.value(0))
    if path.startswith("/proc/"):
        return c.new_fd(sys_.sys_open(path, c.number(1)))
    return c.new_fd(c.run.files.open(path, c.number(1)))


def call_pipe(c: CallContext) -> int:
    """pipe([5, 6])"""
    names = c.value(0)
    if names is NULL:
        raise OSError(errno.EFAULT, strerror(errno.EFAULT))
    if not isinstance(names, list) or len(names) != 2:
        raise c.fail("the two descriptors are [read end, write end]")
    r, w = sys_.sys_pipe2(c.number(1) if len(c.args) > 1 else 0)
    c.new_fd(r, names[0])
    c.new_fd(w, names[1])
    return 0


def call_dup(c: CallContext) -> int:
    """dup(fd)"""
    return c.new_fd(sys_.sys_dup(c.fd(0)))


def call_dup2(c: CallContext) -> int:
    """dup2(old, new)"""
    old, new = c.fd(0), c.number(1)
    if new in c.run.fds:
        sys_.sys_dup3(old, c.run.fds[new])
    else:
        c.run.fds[new] = sys_.sys_dup(old)
    return new


def call_usleep(c: CallContext) -> int:
    """usleep(microseconds)"""
    sys_.sys_nanosleep(c.number(0) * 1000)
    return 0


# Name: how many arguments at least and at most, and the function.
CALLS: dict[str, tuple[int, int, Handler]] = {
    "accept": (3, 3, call_accept),
    "accept4": (4, 4, call_accept4),
    "bind": (3, 3, call_bind),
    "close": (1, 1, call_close),
    "connect": (3, 3, call_connect),
    "dup": (1, 1, call_dup),
    "dup2": (2, 2, call_dup2),
    "epoll_create": (1, 1, calls_poll.call_epoll_create),
    "epoll_create1": (1, 1, calls_poll.call_epoll_create1),
    "epoll_ctl": (4, 4, calls_poll.call_epoll_ctl),
    "epoll_wait": (4, 4, calls_poll.call_epoll_wait),
    "fcntl": (2, 3, call_fcntl),
    "getpeername": (3, 3, call_getpeername),
    "getsockname": (3, 3, call_getsockname),
    "getsockopt": (5, 5, calls_opt.call_getsockopt),
    "ioctl": (2, 3, call_ioctl),
    "listen": (2, 2, call_listen),
    "open": (2, 3, call_open),
    "pipe": (1, 1, call_pipe),
    "pipe2": (2, 2, call_pipe),
    "poll": (3, 3, calls_poll.call_poll),
    "read": (3, 3, calls_io.call_read),
    "readv": (3, 3, calls_io.call_readv),
    "recv": (4, 4, calls_io.call_recv),
    "recvfrom": (6, 6, calls_io.call_recvfrom),
    "recvmsg": (3, 3, calls_io.call_recvmsg),
    "send": (4, 4, calls_io.call_send),
    "sendfile": (4, 4, calls_io.call_sendfile),
    "sendmsg": (3, 3, calls_io.call_sendmsg),
    "sendto": (6, 6, calls_io.call_sendto),
    "setsockopt": (5, 5, calls_opt.call_setsockopt),
    "shutdown": (2, 2, call_shutdown),
    "socket": (3, 3, call_socket),
    "splice": (6, 6, calls_io.call_splice),
    "usleep": (1, 1, call_usleep),
    "write": (3, 3, calls_io.call_write),
    "writev": (3, 3, calls_io.call_writev),
}
