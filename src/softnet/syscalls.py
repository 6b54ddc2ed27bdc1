"""The system calls: the only door from programs (usr/, tools/) into a host's kernel.

Linux: net/socket.c (sys_*), fs/{read_write,select,eventpoll,pipe,eventfd,ioctl,fcntl}.c

Each function acts for the current task: its descriptors (task.files) and its network namespace
(task.nsproxy). It returns what Linux returns and raises OSError with Linux's errno. Addresses are
structs.socket.Sockaddr objects in host integers, data any bytes-like object.
"""

from __future__ import annotations

import errno
from os import strerror
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.fcntl as fcntl
import softnet.uapi.socket as uapi
import softnet.uapi.sockios as sockios
from softnet.fs.eventfd import eventfd_file
from softnet.fs.eventpoll import Eventpoll, ep_file, file_eventpoll
from softnet.fs.file import FdTable, get_file
from softnet.fs.foreign import Foreign as Foreign
from softnet.fs.foreign import file_foreign, foreign_file
from softnet.fs.namei import S_IFSOCK, FsRoot, fs_root, set_dir_ops
from softnet.fs.namei import DirOps as DirOps
from softnet.fs.namei import Inode as Inode
from softnet.fs.pipe import create_pipe_files
from softnet.fs.proc import proc_open
from softnet.fs.select import do_poll, do_select
from softnet.fs.splice import do_splice
from softnet.kernel.sched import SwitchHooks as SwitchHooks
from softnet.kernel.sched import Task as Task
from softnet.kernel.sched import current, nsleep, spawn
from softnet.kernel.wait import WaitQueueHead, wait_interruptible, wake_up_nr
from softnet.net.core.ethtool import ethtool_request_len as ethtool_request_len
from softnet.net.core.net_namespace import copy_net_ns
from softnet.net.socket import (
    free_msg,
    kernel_getsockopt,
    kernel_setsockopt,
    make_msg,
    sock_accept,
    sock_create,
    sock_from_file,
    sock_map_fd,
    sock_recvmsg,
    sock_release,
    sock_sendmsg,
)
from softnet.structs.net_namespace import Net
from softnet.structs.socket import Sockaddr as Sockaddr
from softnet.structs.socket import SockaddrIn as SockaddrIn
from softnet.structs.socket import SockaddrUn as SockaddrUn
from softnet.structs.socket import Socket

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


CLONE_NEWNET = 0x40000000
SPLICE_F_NONBLOCK = 2
IPPROTO_TCP = 6
UIO_MAXIOV = 1024  # buffers one sendmsg or recvmsg may name
RW_COUNT_MAX = 0x7FFFF000  # bytes one call moves at the most


def sys_socket(family: int, type: int, protocol: int = 0) -> int:
    """A descriptor for a new socket; type may carry SOCK_NONBLOCK and SOCK_CLOEXEC."""
    flags = type & ~uapi.SOCK_TYPE_MASK
    if flags & ~(uapi.SOCK_CLOEXEC | uapi.SOCK_NONBLOCK):
        raise OSError(errno.EINVAL, "Invalid argument")
    task = this_task()
    sock = sock_create(task_net(task), family, type & uapi.SOCK_TYPE_MASK, protocol)
    return sock_map_fd(sock, task_files(task), flags)


def sys_socketpair(family: int, type: int, protocol: int = 0) -> tuple[int, int]:
    """Two descriptors whose sockets are joined."""
    flags = type & ~uapi.SOCK_TYPE_MASK
    if flags & ~(uapi.SOCK_CLOEXEC | uapi.SOCK_NONBLOCK):
        raise OSError(errno.EINVAL, "Invalid argument")
    task = this_task()
    net = task_net(task)
    a = sock_create(net, family, type & uapi.SOCK_TYPE_MASK, protocol)
    try:
        b = sock_create(net, family, type & uapi.SOCK_TYPE_MASK, protocol)
    except OSError:
        sock_release(a)
        raise
    assert a.ops is not None
    err = a.ops.socketpair(a, b)
    if err < 0:
        sock_release(a)
        sock_release(b)
        raise failure(err)
    files = task_files(task)
    fd = sock_map_fd(a, files, flags)
    try:
        return fd, sock_map_fd(b, files, flags)
    except OSError:
        files.close(fd)
        raise


def sys_bind(fd: int, addr: Sockaddr) -> None:
    """Give fd its local address."""
    sock = lookup(fd)
    assert sock.ops is not None
    check(sock.ops.bind(sock, addr))


def sys_connect(fd: int, addr: Sockaddr) -> None:
    """Connect; blocks unless O_NONBLOCK (then EINPROGRESS)."""
    file = task_files(this_task()).fget(fd)
    sock = sock_from_file(file)
    assert sock.ops is not None
    check(sock.ops.connect(sock, addr, file.f_flags & fcntl.O_NONBLOCK))


def sys_listen(fd: int, backlog: int) -> None:
    """Listen; backlog is cut to net.core.somaxconn."""
    task = this_task()
    sock = lookup(fd)
    somaxconn = task_net(task).core.somaxconn
    if backlog < 0 or backlog > somaxconn:
        backlog = somaxconn
    assert sock.ops is not None
    check(sock.ops.listen(sock, backlog))


def sys_accept4(fd: int, flags: int = 0) -> tuple[int, Sockaddr]:
    """The next connection: its descriptor and its peer. flags: SOCK_NONBLOCK | SOCK_CLOEXEC."""
    if flags & ~(uapi.SOCK_CLOEXEC | uapi.SOCK_NONBLOCK):
        raise OSError(errno.EINVAL, "Invalid argument")
    files = task_files(this_task())
    file = files.fget(fd)
    newsock, peer = sock_accept(sock_from_file(file), file.f_flags & fcntl.O_NONBLOCK)
    return sock_map_fd(newsock, files, flags), peer


def sys_getsockname(fd: int) -> Sockaddr:
    """The local address."""
    sock = lookup(fd)
    assert sock.ops is not None
    return sock.ops.getname(sock, 0)


def sys_getpeername(fd: int) -> Sockaddr:
    """The peer's address; OSError(ENOTCONN)."""
    sock = lookup(fd)
    assert sock.ops is not None
    return sock.ops.getname(sock, 1)


def sys_sendto(fd: int, data: bytes, flags: int = 0, addr: Sockaddr | None = None) -> int:
    """Send data (bytes-like); how many bytes were taken."""
    n = send_or_errno(fd, data, flags, addr)
    if n < 0:
        raise failure(n)
    return n


def send_or_errno(fd: int, data: bytes, flags: int, addr: Sockaddr | None) -> int:
    """sys_sendto() that answers -errno instead of raising: what the kernel's own entry does."""
    size = mem.buf_len(data)
    msg = make_msg(data, size, flags)
    msg.name = addr
    n = sock_sendmsg(lookup(fd), msg, size)
    free_msg(msg)
    return n


def sys_recvfrom(fd: int, size: int, flags: int = 0) -> tuple[bytes, Sockaddr | None]:
    """At most size bytes and, for datagrams, who sent them."""
    buf = mem.new_buf(size)
    msg = make_msg(buf, size, 0)
    msg.fresh = True
    msg.want_name = True
    n = sock_recvmsg(lookup(fd), msg, size, flags)
    if n < 0:
        raise failure(n)
    return received(buf, n, size), msg.name


def sys_recv(fd: int, size: int, flags: int = 0) -> bytes:
    """At most size bytes."""
    buf = mem.new_buf(size)
    msg = make_msg(buf, size, 0)
    msg.fresh = True
    n = sock_recvmsg(lookup(fd), msg, size, flags)
    if n < 0:
        raise failure(n)
    return received(buf, n, size)


def received(buf: bytes, n: int, size: int) -> bytes:
    """What a receive gave: n bytes; more than size (MSG_TRUNC) are not there, and so shown as 0."""
    if n <= size:
        return mem.finish_buf(buf, n)
    return mem.finish_buf(buf, size).ljust(n, b"\0")


def sys_recv_into(fd: int, buf: bytearray, size: int, flags: int = 0) -> int:
    """Receive at most size bytes to the front of buf; how many."""
    n = recv_or_errno(fd, buf, size, flags)
    if n < 0:
        raise failure(n)
    return n


def recv_or_errno(fd: int, buf: bytearray, size: int, flags: int) -> int:
    """sys_recv_into() that answers -errno instead of raising."""
    msg = make_msg(buf, size, 0)
    n = sock_recvmsg(lookup(fd), msg, size, flags)
    free_msg(msg)
    return n


def sys_recvfrom_into(
    fd: int, buf: bytearray, size: int, flags: int = 0
) -> tuple[int, Sockaddr | None]:
    """sys_recvfrom() into the caller's buffer."""
    msg = make_msg(buf, size, 0)
    msg.want_name = True
    n = sock_recvmsg(lookup(fd), msg, size, flags)
    if n < 0:
        raise failure(n)
    return n, msg.name


def sys_sendmsg(
    fd: int,
    buffers: Sequence[bytes],
    control: list[tuple[int, int, bytes]] | None = None,
    flags: int = 0,
    addr: Sockaddr | None = None,
) -> int:
    """Send several buffers as one message, with ancillary data."""
    if len(buffers) > UIO_MAXIOV:
        raise OSError(errno.EMSGSIZE, "Message too long")
    data = buffers[0] if len(buffers) == 1 else b"".join(buffers)
    size = mem.buf_len(data)
    msg = make_msg(data, size, flags)
    msg.name = addr
    msg.control = control
    n = sock_sendmsg(lookup(fd), msg, size)
    if n < 0:
        raise failure(n)
    return n


def sys_recvmsg(
    fd: int, size: int, controllen: int = 0, flags: int = 0
) -> tuple[bytes, list[tuple[int, int, bytes]], int, Sockaddr | None]:
    """Data, ancillary rows that fit controllen bytes, msg_flags, address."""
    buf = mem.new_buf(size)
    msg = make_msg(buf, size, 0)
    msg.fresh = True
    msg.want_name = True
    msg.controllen = controllen
    n = sock_recvmsg(lookup(fd), msg, size, flags)
    if n < 0:
        raise failure(n)
    msg_flags = msg.flags | (flags & uapi.MSG_CMSG_CLOEXEC)
    return mem.finish_buf(buf, min(n, size)), msg.control or [], msg_flags, msg.name


def sys_sendmmsg(fd: int, messages: Sequence[tuple[bytes, Sockaddr | None]], flags: int = 0) -> int:
    """Send (data, address) messages until one fails; how many went. OSError if the first fails."""
    sock = lookup(fd)
    done = 0
    for data, addr in messages:
        size = mem.buf_len(data)
        msg = make_msg(data, size, flags)
        msg.name = addr
        n = sock_sendmsg(sock, msg, size)
        free_msg(msg)
        if n < 0:
            if done == 0:
                raise failure(n)
            break
        done += 1
    return done


def sys_recvmmsg(
    fd: int, vlen: int, size: int, flags: int = 0
) -> list[tuple[bytes, Sockaddr | None]]:
    """Up to vlen datagrams of at most size bytes; blocks for the first only with WAITFORONE."""
    sock = lookup(fd)
    got: list[tuple[bytes, Sockaddr | None]] = []
    while len(got) < vlen:
        buf = mem.new_buf(size)
        msg = make_msg(buf, size, 0)
        msg.fresh = True
        msg.want_name = True
        n = sock_recvmsg(sock, msg, size, flags & ~uapi.MSG_WAITFORONE)
        if n < 0:
            if not got:
                raise failure(n)
            break
        got.append((mem.finish_buf(buf, min(n, size)), msg.name))
        free_msg(msg)
        if flags & uapi.MSG_WAITFORONE:
            flags |= uapi.MSG_DONTWAIT
    return got


def sys_shutdown(fd: int, how: int) -> None:
    """SHUT_RD, SHUT_WR or SHUT_RDWR."""
    sock = lookup(fd)
    assert sock.ops is not None
    check(sock.ops.shutdown(sock, how))


def sys_setsockopt(fd: int, level: int, optname: int, optval: bytes) -> None:
    """optval as C lays it out."""
    check(kernel_setsockopt(lookup(fd), level, optname, optval))


def sys_getsockopt(fd: int, level: int, optname: int, optlen: int) -> bytes:
    """At most optlen bytes."""
    return kernel_getsockopt(lookup(fd), level, optname, optlen)


def sys_close(fd: int) -> None:
    """Close fd; the last descriptor of a file releases it."""
    task_files(this_task()).close(fd)


def sys_dup(fd: int) -> int:
    """The lowest free descriptor for the same file."""
    files = task_files(this_task())
    return files.fd_install(get_file(files.fget(fd)))


def sys_dup3(oldfd: int, newfd: int, flags: int = 0) -> int:
    """Make newfd lead where oldfd does. dup2 is this with flags 0."""
    files = task_files(this_task())
    file = files.fget(oldfd)
    if oldfd == newfd:
        return newfd
    return files.replace(get_file(file), newfd, flags & fcntl.O_CLOEXEC != 0)


def sys_fcntl(fd: int, cmd: int, arg: int = 0) -> int:
    """F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL; EINVAL for others."""
    files = task_files(this_task())
    file = files.fget(fd)
    if cmd in (fcntl.F_DUPFD, fcntl.F_DUPFD_CLOEXEC):
        start = max(arg, files.base)
        return files.fd_install(get_file(file), cmd == fcntl.F_DUPFD_CLOEXEC, start)
    if cmd == fcntl.F_GETFD:
        return 1 if fd in files.cloexec else 0
    if cmd == fcntl.F_SETFD:
        if arg & 1:
            files.cloexec.add(fd)
        else:
            files.cloexec.discard(fd)
        return 0
    if cmd == fcntl.F_GETFL:
        return file.f_flags
    if cmd == fcntl.F_SETFL:
        settable = fcntl.O_NONBLOCK | fcntl.O_APPEND | fcntl.O_ASYNC
        file.f_flags = (file.f_flags & ~settable) | (arg & settable)
        return 0
    if cmd == fcntl.F_GETOWN:
        return 0  # nobody: there is no SIGIO
    raise OSError(errno.EINVAL, "Invalid argument")


def sys_ioctl(fd: int, cmd: int, arg: object = 0) -> object:
    """FIONBIO here, the rest in the file's own ioctl."""
    file = task_files(this_task()).fget(fd)
    if cmd == sockios.FIONBIO:
        assert isinstance(arg, int)
        file.f_flags = file.f_flags & ~fcntl.O_NONBLOCK | (fcntl.O_NONBLOCK if arg else 0)
        return 0
    return file.f_op.ioctl(file, cmd, arg)


def sys_read(fd: int, size: int) -> bytes:
    """At most size bytes; b"" at the end."""
    file = task_files(this_task()).fget(fd)
    return file.f_op.read(file, min(size, RW_COUNT_MAX))


def sys_write(fd: int, data: bytes) -> int:
    """How many bytes were taken."""
    file = task_files(this_task()).fget(fd)
    return file.f_op.write(file, data)


def sys_open(path: str, flags: int = 0) -> int:
    """A descriptor for a file of /proc, the only files a host has. OSError(ENOENT)."""
    task = this_task()
    net = task_net(task)
    file = proc_open(path, net, net.sysctl)
    return task_files(task).fd_install(file, flags & fcntl.O_CLOEXEC != 0)


def sys_fstat(fd: int) -> tuple[int, int]:
    """(file type S_IF*, inode number) of what fd leads to; 0 and 0 for what has no inode."""
    file = task_files(this_task()).fget(fd)
    try:
        sock = sock_from_file(file)
    except OSError:
        return 0, 0
    return S_IFSOCK, sock.sk.sk_ino if sock.sk is not None else 0


def sys_stat(path: bytes, follow: bool = True) -> Inode | None:
    """The inode that path leads to; None if that is no file of the host's own. OSError."""
    return names().lookup(path, follow)


def sys_unlink(path: bytes) -> bool:
    """Take a name away; False if it is none of the host's own. OSError."""
    return names().unlink(path)


def sys_rename(old: bytes, new: bytes) -> bool:
    """Give a file another name; False if old is none of the host's own. OSError."""
    return names().rename(old, new)


def sys_names_in(directory: object) -> list[bytes]:
    """The host's own files in a directory."""
    return names().names_in(directory)


def sys_directory_gone(directory: object) -> None:
    """Somebody removed a directory."""
    names().directory_gone(directory)


def names() -> FsRoot:
    """The files that the caller's host made itself."""
    return fs_root(this_task().machine)


def set_places(ops: DirOps | None) -> None:
    """Let ops say where the paths of programs lead; None: nobody knows better than their letters."""
    set_dir_ops(ops)


def sys_sendfile(out_fd: int, data: bytes) -> int:
    """Send data that user space read from a file of its own: by reference, as sendfile does."""
    return sys_sendto(out_fd, data)


def sys_splice(in_fd: int, out_fd: int, size: int, flags: int = 0) -> int:
    """Move at most size bytes between a pipe and another file; flags: SPLICE_F_NONBLOCK.

    Of sockets only TCP's can be read so. OSError(EINVAL) for others, and if neither is a pipe.
    """
    files = task_files(this_task())
    src, dst = files.fget(in_fd), files.fget(out_fd)
    sock = src.private_data
    if isinstance(sock, Socket) and (sock.sk is None or sock.sk.sk_protocol != IPPROTO_TCP):
        raise OSError(errno.EINVAL, "Invalid argument")
    return do_splice(src, dst, size, flags & SPLICE_F_NONBLOCK != 0)


def sys_poll(fds: list[tuple[int, int]], timeout_ns: int = -1) -> list[tuple[int, int]]:
    """poll(): (fd, events) rows in, (fd, revents) rows with something to say out.

    timeout_ns: -1 waits for ever. A bad fd answers POLLNVAL, as in Linux.
    """
    return do_poll(task_files(this_task()), fds, timeout_ns)


def sys_select(
    r: Sequence[int], w: Sequence[int], x: Sequence[int], timeout_ns: int = -1
) -> tuple[list[int], list[int], list[int]]:
    """select(): the ready ones of each list. OSError(EBADF)."""
    return do_select(task_files(this_task()), r, w, x, timeout_ns)


def sys_epoll_create1(flags: int = 0) -> int:
    """A descriptor for a new epoll instance; flags: EPOLL_CLOEXEC."""
    if flags & ~fcntl.O_CLOEXEC:
        raise OSError(errno.EINVAL, "Invalid argument")
    return task_files(this_task()).fd_install(ep_file(), flags != 0)


def sys_epoll_ctl(epfd: int, op: int, fd: int, events: int = 0, data: int | None = None) -> None:
    """Add, change or remove fd; data defaults to fd."""
    files = task_files(this_task())
    ep = file_eventpoll(files.fget(epfd))
    ep.ctl(op, files.fget(fd), fd, events, fd if data is None else data)


def sys_epoll_wait(epfd: int, maxevents: int, timeout_ns: int = -1) -> list[tuple[int, int]]:
    """Up to maxevents (events, data) rows; timeout_ns -1 waits for ever."""
    if maxevents <= 0:
        raise OSError(errno.EINVAL, "Invalid argument")
    ep: Eventpoll = file_eventpoll(task_files(this_task()).fget(epfd))
    return ep.wait(maxevents, timeout_ns)


def sys_pipe2(flags: int = 0) -> tuple[int, int]:
    """(read end, write end); flags: O_NONBLOCK | O_CLOEXEC."""
    if flags & ~(fcntl.O_CLOEXEC | fcntl.O_NONBLOCK):
        raise OSError(errno.EINVAL, "Invalid argument")
    files = task_files(this_task())
    r, w = create_pipe_files(flags & fcntl.O_NONBLOCK)
    rfd = files.fd_install(r, flags & fcntl.O_CLOEXEC != 0)
    return rfd, files.fd_install(w, flags & fcntl.O_CLOEXEC != 0)


def sys_eventfd2(initval: int = 0, flags: int = 0) -> int:
    """A descriptor for a counter; flags: EFD_SEMAPHORE | EFD_NONBLOCK | EFD_CLOEXEC."""
    file = eventfd_file(initval, flags)
    return task_files(this_task()).fd_install(file, flags & fcntl.O_CLOEXEC != 0)


def sys_foreign(foreign: Foreign) -> int:
    """A descriptor for a file of the real system, to be sent along with SCM_RIGHTS."""
    return task_files(this_task()).fd_install(foreign_file(foreign), True)


def sys_foreign_of(fd: int) -> Foreign | None:
    """What sys_foreign() was given for this file; None for the host's own files."""
    return file_foreign(task_files(this_task()).fget(fd))


def sys_nanosleep(ns: int) -> None:
    """Sleep ns nanoseconds of the host's time."""
    nsleep(ns)


def sys_clock_gettime() -> int:
    """CLOCK_MONOTONIC of the host in ns."""
    return this_task().machine.clock.now


def sys_getpid() -> int:
    """The process id."""
    return this_task().pid


def sys_unshare(flags: int) -> None:
    """CLONE_NEWNET: go on in a new network namespace with nothing but lo."""
    if flags & ~CLONE_NEWNET:
        raise OSError(errno.EINVAL, "Invalid argument")
    task = this_task()
    if flags & CLONE_NEWNET:
        task.nsproxy = copy_net_ns(task_net(task), f"net-{task.tid}")


def sys_setns(net: Net) -> None:
    """Enter net, a namespace of this host."""
    task = this_task()
    if net.machine is not task.machine:
        raise OSError(errno.EINVAL, "Invalid argument")
    task.nsproxy = net


def sys_clone(fn: Callable[..., object], *args: object, name: str = "") -> Task:
    """A thread of the caller's process that will call fn(*args): same files, namespace and hooks."""
    task = this_task()
    thread = spawn(task.machine, fn, *args, name=name, process=task, keep_exception=True)
    thread.hooks = task.hooks
    return thread


def sys_new_process(fn: Callable[..., object], *args: object, name: str = "") -> Task:
    """A process of its own in the caller's namespace that will call fn(*args): no open files."""
    me = this_task()
    task = spawn(me.machine, fn, *args, name=name, keep_exception=True)
    task.files = FdTable(0)
    task.nsproxy = task_net(me)
    return task


def sys_pass_file(fd: int, process: Task) -> int:
    """Give another process of the host the caller's open file; its descriptor there."""
    return task_files(process).fd_install(get_file(task_files(this_task()).fget(fd)))


def sys_gettid() -> int:
    """The thread's number."""
    return this_task().tid


def sys_futex_wait(futex: WaitQueueHead, timeout_ns: int = -1) -> int:
    """FUTEX_WAIT: sleep until sys_futex_wake() or the time is over; what is left of it, -1: no limit.

    Nobody else runs between the caller's look at the value and the sleep, so there is none to
    compare. OSError(EINTR) on a signal.
    """
    try:
        return wait_interruptible(futex, timeout_ns)
    except OSError:
        this_task().raise_if_killed()
        raise


def sys_futex_wake(futex: WaitQueueHead, nr: int = 1) -> int:
    """FUTEX_WAKE: wake at most nr sleepers, in the order they came; how many. Any context."""
    return wake_up_nr(futex, nr)


def new_futex(name: object = None) -> WaitQueueHead:
    """Something to sleep on; name: what reports say."""
    return WaitQueueHead(name)


def this_task() -> Task:
    """The caller; a system call from outside every task is a bug of ours."""
    task = current()
    assert task is not None, "a system call needs a current task"
    return task


def task_net(task: Task) -> Net:
    """The namespace that task lives in."""
    net = task.nsproxy
    assert isinstance(net, Net)
    return net


def task_files(task: Task) -> FdTable:
    """The descriptors that task shares with its threads."""
    files = task.files
    assert isinstance(files, FdTable)
    return files


def lookup(fd: int) -> Socket:
    """sockfd_lookup_light() for the current task: FdTable.fget() without a call, where it succeeds."""
    task = current()
    assert task is not None, "a system call needs a current task"
    files: FdTable = task.files
    i = fd - files.base
    table = files.files
    if i >= 0 and i < len(table):
        file = table[i]
        if file is not None:
            return sock_from_file(file)
    return sock_from_file(files.fget(fd))


def check(err: int) -> None:
    """Raise for a negative errno."""
    if err < 0:
        raise failure(err)


def failure(err: int) -> OSError:
    """The exception for a negative errno; a task that was killed in its sleep dies here instead."""
    this_task().raise_if_killed()
    if err == -const.ERESTARTSYS:
        err = -errno.EINTR
    return OSError(-err, strerror(-err))


# A compiled module does not show what it cimports.
globals().update(Sockaddr=Sockaddr)
