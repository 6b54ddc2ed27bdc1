"""The table of redirected definitions: what of the standard library a simulated program shares.

A row says where a definition stands, what is called instead, and for which calls (rule):

USER      calls from a simulated program's own code
SOCKET    calls on a socket whose descriptor is simulated; EPOLL likewise
INSTANCE  USER, on one object only
FD        USER, when the first argument is a simulated descriptor
AFTER     none: the replacement is told after the real thing has done its work
PYTHON    USER, of a function written in Python

What is constructed and destroyed in C (socket, epoll) goes through native.redef's set_slots().
tests/usr/test_table.py checks every row on the Python that runs it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from softnet.usr import (
    chance,
    children,
    clock,
    cpus,
    files,
    interfaces,
    isolation,
    paths,
    polling,
    program,
    resolver,
    signals,
    sockcalls,
    sockends,
    sockets,
    spawn,
    streams,
    threads,
    tls,
)
from softnet.usr.redef import AFTER, EPOLL, FD, INSTANCE, SOCKET, USER

PYTHON = -1


class Row(NamedTuple):
    """One redirected definition."""

    module: str
    name: str  # of a function, or Type.method
    replacement: Callable[..., Any]
    rule: int = USER
    instance: object = None
    since: tuple[int, ...] = (3, 11)  # the Pythons that have it; (3, 11, 5): from 3.11.5 on
    until: tuple[int, int] = (3, 99)

    def key(self) -> str:
        """What clock.original() finds it by."""
        return f"{self.module}.{self.name}"

    def applies(self) -> bool:
        """Does this Python have it?"""
        return self.since <= sys.version_info[:3] and sys.version_info[:2] <= self.until


SHARED_RANDOM = random._inst  # the object behind random's functions

TIME = (
    Row("time", "time", clock.time_time),
    Row("time", "time_ns", clock.time_ns),
    Row("time", "monotonic", clock.monotonic),
    Row("time", "monotonic_ns", clock.monotonic_ns),
    Row("time", "perf_counter", clock.monotonic),
    Row("time", "perf_counter_ns", clock.monotonic_ns),
    Row("time", "process_time", clock.process_time),
    Row("time", "process_time_ns", clock.process_time_ns),
    Row("time", "thread_time", clock.process_time),
    Row("time", "thread_time_ns", clock.process_time_ns),
    Row("time", "clock_gettime", clock.clock_gettime),
    Row("time", "clock_gettime_ns", clock.clock_gettime_ns),
    Row("time", "clock_settime", clock.clock_settime),
    Row("time", "clock_settime_ns", clock.clock_settime),
    Row("time", "pthread_getcpuclockid", cpus.pthread_getcpuclockid),
    Row("time", "sleep", clock.sleep),
    Row("time", "gmtime", clock.gmtime),
    Row("time", "localtime", clock.localtime),
    Row("time", "ctime", clock.ctime),
    Row("time", "asctime", clock.asctime),
    Row("time", "strftime", clock.strftime),
    Row("datetime", "datetime.now", clock.datetime_now),
    Row("datetime", "datetime.utcnow", clock.datetime_utcnow),
    Row("datetime", "date.today", clock.date_today),
)

THREADS = (
    Row("_thread", "start_new_thread", threads.start_new_thread),
    Row("_thread", "start_new", threads.start_new_thread),
    Row("_thread", "start_joinable_thread", threads.start_joinable_thread, since=(3, 13)),
    Row("_thread", "_set_sentinel", threads.set_sentinel, until=(3, 12)),
    Row("_thread", "_get_main_thread_ident", threads.main_ident, since=(3, 13)),
    Row("_thread", "_ThreadHandle.join", threads.handle_join, since=(3, 13)),
    Row("_thread", "_ThreadHandle.is_done", threads.handle_is_done, since=(3, 13)),
    Row("_thread", "_ThreadHandle._set_done", threads.handle_set_done, since=(3, 13)),
    Row("_thread", "get_ident", threads.get_ident),
    Row("_thread", "get_native_id", threads.get_native_id),
    Row("_thread", "set_name", cpus.set_name, since=(3, 14)),
    Row("_thread", "_count", threads.count_threads),
    Row("_thread", "interrupt_main", threads.interrupt_main),
    Row("_thread", "_excepthook", program.report_thread_exception),
    Row("_thread", "LockType.acquire", threads.lock_acquire),
    Row("_thread", "LockType.acquire_lock", threads.lock_acquire),
    Row("_thread", "LockType.__enter__", threads.lock_acquire),
    Row("_thread", "LockType.release", threads.lock_released, AFTER),
    Row("_thread", "LockType.release_lock", threads.lock_released, AFTER),
    Row("_thread", "LockType.__exit__", threads.lock_released, AFTER),
    Row("_thread", "RLock.acquire", threads.rlock_acquire),
    Row("_thread", "RLock.__enter__", threads.rlock_acquire),
    Row("_thread", "RLock.release", threads.rlock_release),
    Row("_thread", "RLock.__exit__", threads.rlock_release),
    Row("_thread", "RLock.locked", threads.rlock_locked, since=(3, 14)),
    Row("_thread", "RLock._is_owned", threads.rlock_is_owned),
    Row("_thread", "RLock._recursion_count", threads.rlock_recursion_count, since=(3, 11, 5)),
    Row("_thread", "RLock._release_save", threads.rlock_release_save),
    Row("_thread", "RLock._acquire_restore", threads.rlock_acquire_restore),
    Row("_queue", "SimpleQueue.get", threads.simple_queue_get),
    Row("_queue", "SimpleQueue.put", threads.simple_queue_filled, AFTER),
    Row("_queue", "SimpleQueue.put_nowait", threads.simple_queue_filled, AFTER),
    Row("threading", "main_thread", threads.main_thread, PYTHON),
    Row("threading", "_make_invoke_excepthook", program.make_invoke_excepthook, PYTHON),
    Row("threading", "_newname", threads.new_name, PYTHON),
    Row(
        "threading",
        "_maintain_shutdown_locks",
        threads.maintain_shutdown_locks,
        PYTHON,
        until=(3, 12),
    ),
)

CHANCE = (
    Row("posix", "urandom", chance.urandom),
    Row("posix", "getrandom", chance.getrandom),
    Row("_random", "Random.random", chance.shared_random, INSTANCE, SHARED_RANDOM),
    Row("_random", "Random.getrandbits", chance.shared_getrandbits, INSTANCE, SHARED_RANDOM),
    Row("_random", "Random.getstate", chance.shared_getstate, INSTANCE, SHARED_RANDOM),
    Row("_random", "Random.setstate", chance.shared_setstate, INSTANCE, SHARED_RANDOM),
    Row("_random", "Random.seed", chance.seed),
    Row("_uuid", "generate_time_safe", chance.generate_time_safe),
    Row("uuid", "getnode", chance.getnode, PYTHON),
)

SOCKETS = (
    Row("_socket", "socket._accept", sockends.accept, SOCKET),
    Row("_socket", "socket.bind", sockets.bind, SOCKET),
    Row("_socket", "socket.close", sockends.close, SOCKET),
    Row("_socket", "socket.connect", sockends.connect, SOCKET),
    Row("_socket", "socket.connect_ex", sockets.connect_ex, SOCKET),
    Row("_socket", "socket.getpeername", sockets.getpeername, SOCKET),
    Row("_socket", "socket.getsockname", sockets.getsockname, SOCKET),
    Row("_socket", "socket.getsockopt", sockets.getsockopt, SOCKET),
    Row("_socket", "socket.listen", sockets.listen, SOCKET),
    Row("_socket", "socket.recv", sockcalls.recv, SOCKET),
    Row("_socket", "socket.recv_into", sockcalls.recv_into, SOCKET),
    Row("_socket", "socket.recvfrom", sockcalls.recvfrom, SOCKET),
    Row("_socket", "socket.recvfrom_into", sockets.recvfrom_into, SOCKET),
    Row("_socket", "socket.recvmsg", sockets.recvmsg, SOCKET),
    Row("_socket", "socket.recvmsg_into", sockets.recvmsg_into, SOCKET),
    Row("_socket", "socket.send", sockcalls.send, SOCKET),
    Row("_socket", "socket.sendall", sockcalls.sendall, SOCKET),
    Row("_socket", "socket.sendmsg", sockets.sendmsg, SOCKET),
    Row("_socket", "socket.sendmsg_afalg", sockets.sendmsg_afalg, SOCKET),
    Row("_socket", "socket.sendto", sockcalls.sendto, SOCKET),
    Row("_socket", "socket.setblocking", sockets.setblocking, SOCKET),
    Row("_socket", "socket.setsockopt", sockets.setsockopt, SOCKET),
    Row("_socket", "socket.settimeout", sockets.settimeout, SOCKET),
    Row("_socket", "socket.shutdown", sockets.shutdown, SOCKET),
    Row("_ssl", "_SSLContext._wrap_socket", tls.wrap_socket),
    Row("_socket", "close", sockets.close_fd, FD),
    Row("_socket", "dup", sockets.dup_fd, FD),
    Row("_socket", "socketpair", sockets.socketpair),
    Row("_socket", "getdefaulttimeout", sockends.getdefaulttimeout),
    Row("_socket", "setdefaulttimeout", sockets.setdefaulttimeout),
)

NAMES = (
    Row("_socket", "getaddrinfo", resolver.getaddrinfo),
    Row("_socket", "gethostbyname", resolver.gethostbyname),
    Row("_socket", "gethostbyname_ex", resolver.gethostbyname_ex),
    Row("_socket", "gethostbyaddr", resolver.gethostbyaddr),
    Row("_socket", "getnameinfo", resolver.getnameinfo),
    Row("_socket", "gethostname", resolver.gethostname),
    Row("_socket", "sethostname", resolver.sethostname),
    Row("_socket", "getservbyname", resolver.getservbyname),
    Row("_socket", "getservbyport", resolver.getservbyport),
    Row("_socket", "getprotobyname", resolver.getprotobyname),
    Row("_socket", "if_nameindex", interfaces.if_nameindex),
    Row("_socket", "if_nametoindex", interfaces.if_nametoindex),
    Row("_socket", "if_indextoname", interfaces.if_indextoname),
    Row("posix", "uname", resolver.uname),
    Row("platform", "uname", resolver.platform_uname, PYTHON),
    Row("platform", "processor", resolver.platform_processor, PYTHON),
    Row("ctypes.util", "find_library", resolver.find_library, PYTHON),
)

POLLING = (
    Row("select", "select", polling.select),
    Row("select", "poll", polling.poll),
    Row("select", "epoll.close", polling.epoll_close, EPOLL),
    Row("select", "epoll.__exit__", polling.epoll_exit, EPOLL),
    Row("select", "epoll.register", polling.epoll_register, EPOLL),
    Row("select", "epoll.modify", polling.epoll_modify, EPOLL),
    Row("select", "epoll.unregister", polling.epoll_unregister, EPOLL),
    Row("select", "epoll.poll", polling.epoll_poll, EPOLL),
)

FILES = (
    Row("posix", "read", files.read, FD),
    Row("posix", "write", files.write, FD),
    Row("posix", "readv", files.readv, FD),
    Row("posix", "writev", files.writev, FD),
    Row("posix", "close", files.close, FD),
    Row("posix", "closerange", files.closerange, FD),
    Row("posix", "dup", files.dup, FD),
    Row("posix", "dup2", files.dup2, FD),
    Row("posix", "fstat", files.fstat, FD),
    Row("posix", "set_blocking", files.set_blocking, FD),
    Row("posix", "get_blocking", files.get_blocking, FD),
    Row("posix", "set_inheritable", files.set_inheritable, FD),
    Row("posix", "get_inheritable", files.get_inheritable, FD),
    Row("posix", "isatty", files.isatty, FD),
    Row("posix", "lseek", files.lseek, FD),
    Row("posix", "splice", files.splice, FD),
    Row("posix", "sendfile", files.sendfile, FD),
    Row("posix", "pipe", files.pipe),
    Row("posix", "pipe2", files.pipe2),
    Row("posix", "eventfd", files.eventfd),
    Row("posix", "eventfd_read", files.eventfd_read, FD),
    Row("posix", "eventfd_write", files.eventfd_write, FD),
    Row("posix", "getpid", files.getpid),
    Row("posix", "getppid", files.getppid),
    Row("posix", "_exit", files.exit_now),
    Row("posix", "cpu_count", cpus.cpu_count),
    Row("posix", "sched_getaffinity", cpus.sched_getaffinity),
    Row("posix", "sched_setaffinity", cpus.sched_setaffinity),
    Row("posix", "sched_yield", cpus.sched_yield),
    Row("posix", "getloadavg", cpus.getloadavg),
    Row("_io", "open", streams.open_fd, FD),
    Row("posix", "times", files.times),
    Row("_posixsubprocess", "fork_exec", children.fork_exec),
    Row("posix", "posix_spawn", spawn.posix_spawn),
    Row("posix", "posix_spawnp", spawn.posix_spawnp),
    Row("os", "_spawnvef", spawn.spawn_and_wait, PYTHON),
    Row("posix", "waitpid", children.waitpid),
    Row("posix", "wait", children.wait),
    Row("posix", "wait3", children.wait3),
    Row("posix", "wait4", children.wait4),
    Row("posix", "waitid", children.waitid),
    Row("posix", "system", children.system),
    Row("fcntl", "fcntl", files.fcntl_fcntl, FD),
    Row("fcntl", "ioctl", files.fcntl_ioctl, FD),
)

PATHS = (
    Row("posix", "stat", paths.stat),
    Row("posix", "lstat", paths.lstat),
    Row("posix", "access", paths.access),
    Row("posix", "unlink", paths.unlink),
    Row("posix", "remove", paths.remove),
    Row("posix", "rename", paths.rename),
    Row("posix", "replace", paths.replace),
    Row("posix", "chmod", paths.chmod),
    Row("posix", "chown", paths.chown),
    Row("posix", "lchown", paths.lchown),
    Row("posix", "utime", paths.utime),
    Row("posix", "rmdir", paths.rmdir),
    Row("posix", "listdir", paths.listdir),
    Row("posix", "chdir", isolation.chdir),
    Row("posix", "fchdir", isolation.fchdir),
    Row("posix", "putenv", isolation.putenv),
    Row("posix", "unsetenv", isolation.unsetenv),
)

SIGNALS = (
    Row("_signal", "signal", signals.set_handler),
    Row("_signal", "getsignal", signals.getsignal),
    Row("_signal", "siginterrupt", signals.siginterrupt),
    Row("_signal", "set_wakeup_fd", signals.set_wakeup_fd),
    Row("_signal", "raise_signal", signals.raise_signal),
    Row("_signal", "pthread_kill", signals.pthread_kill),
    Row("_signal", "pthread_sigmask", signals.pthread_sigmask),
    Row("_signal", "sigpending", signals.sigpending),
    Row("_signal", "sigwait", signals.sigwait),
    Row("_signal", "pause", signals.pause),
    Row("_signal", "alarm", signals.alarm),
    Row("_signal", "setitimer", signals.setitimer),
    Row("_signal", "getitimer", signals.getitimer),
    Row("_signal", "sigwaitinfo", signals.sigwaitinfo),
    Row("_signal", "sigtimedwait", signals.sigtimedwait),
    Row("_signal", "pidfd_send_signal", signals.pidfd),
    Row("posix", "kill", signals.kill),
    Row("posix", "killpg", signals.killpg),
    Row("posix", "abort", signals.abort),
    Row("posix", "pidfd_open", signals.pidfd),
)

ROWS: tuple[Row, ...] = (
    *TIME,
    *THREADS,
    *CHANCE,
    *SOCKETS,
    *NAMES,
    *POLLING,
    *FILES,
    *PATHS,
    *SIGNALS,
)
