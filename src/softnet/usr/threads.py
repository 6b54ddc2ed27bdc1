"""_thread, its locks and _queue: threads that are tasks.

A lock keeps its own C state: a simulated thread takes it without blocking, and where that fails
sleeps on a futex until the lock's release() tells. So locks made before the first lab, held by the
lab's own code or shared with real threads go on being right. C's RLock counts by OS thread, and all
simulated threads share one: its owner and count are kept here.
"""

from __future__ import annotations

import _queue
import _thread
import concurrent.futures.thread as pool
import sys
import threading
from collections.abc import Callable
from typing import Any

from greenlet import GreenletExit  # type: ignore[import-untyped]  # it ships no stubs

import softnet.syscalls as sys_
from softnet.usr.clock import original, skew_ns, timeout_ns
from softnet.usr.redef import add_waiters, user_call
from softnet.usr.task import (
    Process,
    Thread,
    end_thread,
    host,
    interrupted,
    me,
    start_thread,
)

TIMEOUT_MAX = threading.TIMEOUT_MAX


class Spot:
    """Where simulated threads sleep for one lock, queue or thread handle."""

    __slots__ = ("futex", "sleepers", "thing")

    thing: object  # kept, so that its id stays its own
    futex: Any
    sleepers: int

    def __init__(self, thing: object) -> None:
        self.thing = thing
        self.futex = sys_.new_futex(type(thing).__name__)
        self.sleepers = 0


spots: dict[int, Spot] = {}  # by id of the thing


def deadline(timeout: float) -> int:
    """The world's time when a time-out in seconds is over; -1: never."""
    if timeout < 0:
        return -1
    return sys_.sys_clock_gettime() + skew_ns(host()) + timeout_ns(timeout)


def wait_for(thing: object, attempt: Callable[[], bool], until: int) -> bool:
    """Sleep until attempt() succeeds after a wake(thing); False when until comes.

    until: the world's time in ns; -1: never.
    """
    spot = spots.get(id(thing))
    if spot is None:
        spot = spots[id(thing)] = Spot(thing)
    spot.sleepers += 1
    add_waiters(1)
    try:
        while True:
            left = -1
            if until >= 0:
                left = until - sys_.sys_clock_gettime()
                if left <= 0:
                    return False
            try:
                sys_.sys_futex_wait(spot.futex, left)
            except InterruptedError:
                interrupted()
            if attempt():
                return True
    except BaseException:
        sys_.sys_futex_wake(spot.futex)  # the wake-up that came may have been ours alone
        raise
    finally:
        add_waiters(-1)
        spot.sleepers -= 1
        if spot.sleepers == 0:
            spots.pop(id(thing), None)


def wake(thing: object, nr: int = 1) -> None:
    """Something happened to thing that nr of its sleepers may want to see."""
    spot = spots.get(id(thing))
    if spot is not None:
        sys_.sys_futex_wake(spot.futex, nr)


# _thread.lock


def lock_acquire(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
    """lock.acquire(), acquire_lock(), __enter__()"""
    take = original("_thread.LockType.acquire")
    if timeout != -1 and (not blocking or timeout < 0 or timeout > TIMEOUT_MAX):
        return bool(take(self, blocking, timeout))  # raises
    if take(self, False):
        return True
    if not blocking or timeout == 0:
        return False
    return wait_for(self, lambda: take(self, False), deadline(timeout))


def lock_released(self: Any) -> None:
    """After lock.release(), release_lock(), __exit__()."""
    wake(self)


# _thread.RLock


class Hold:
    """Who holds an RLock, how often."""

    __slots__ = ("count", "owner", "rlock")

    rlock: object
    owner: Thread
    count: int

    def __init__(self, rlock: object, owner: Thread) -> None:
        self.rlock = rlock
        self.owner = owner
        self.count = 1


holds: dict[int, Hold] = {}  # by id of the RLock


def rlock_acquire(self: Any, blocking: bool = True, timeout: float = -1) -> bool:
    """RLock.acquire(), __enter__()"""
    thread = me()
    hold = holds.get(id(self))
    if timeout != -1 and (not blocking or timeout < 0 or timeout > TIMEOUT_MAX):
        return bool(original("_thread.RLock.acquire")(self, blocking, timeout))  # raises
    if hold is None:
        holds[id(self)] = Hold(self, thread)
        return True
    if hold.owner is thread:
        hold.count += 1
        return True
    if not blocking or timeout == 0:
        return False

    def attempt() -> bool:
        if id(self) in holds:
            return False
        holds[id(self)] = Hold(self, thread)
        return True

    return wait_for(self, attempt, deadline(timeout))


def rlock_release(self: Any, *exc: object) -> None:
    """RLock.release(), __exit__()"""
    hold = holds.get(id(self))
    if hold is None or hold.owner is not me():
        raise RuntimeError("cannot release un-acquired lock")
    hold.count -= 1
    if hold.count == 0:
        del holds[id(self)]
        wake(self)


def rlock_is_owned(self: Any) -> bool:
    """RLock._is_owned()"""
    hold = holds.get(id(self))
    return hold is not None and hold.owner is me()


def rlock_recursion_count(self: Any) -> int:
    """RLock._recursion_count()"""
    hold = holds.get(id(self))
    return hold.count if hold is not None and hold.owner is me() else 0


def rlock_release_save(self: Any) -> tuple[int, int]:
    """RLock._release_save(): let it go however often it was taken."""
    hold = holds.get(id(self))
    if hold is None or hold.owner is not me():
        raise RuntimeError("cannot release un-acquired lock")
    count = hold.count
    hold.count = 1
    rlock_release(self)
    return count, hold.owner.ident


def rlock_acquire_restore(self: Any, state: tuple[int, int]) -> None:
    """RLock._acquire_restore()"""
    rlock_acquire(self)
    holds[id(self)].count = state[0]


def rlock_locked(self: Any) -> bool:
    """RLock.locked() of 3.14"""
    return id(self) in holds


# _queue.SimpleQueue


def simple_queue_get(self: Any, block: bool = True, timeout: float | None = None) -> Any:
    """SimpleQueue.get()"""
    get = original("_queue.SimpleQueue.get")
    if block and timeout is not None and not 0 <= timeout <= TIMEOUT_MAX:
        return get(self, block, timeout)  # raises
    try:
        return get(self, False)
    except _queue.Empty:
        if not block or timeout == 0:
            raise
    got: list[Any] = []

    def attempt() -> bool:
        try:
            got.append(get(self, False))
        except _queue.Empty:
            return False
        return True

    if not wait_for(self, attempt, deadline(-1 if timeout is None else timeout)):
        raise _queue.Empty
    return got[0]


def simple_queue_filled(self: Any) -> None:
    """After SimpleQueue.put()."""
    wake(self)


# Threads


def get_ident() -> int:
    """_thread.get_ident()"""
    return me().ident


def get_native_id() -> int:
    """_thread.get_native_id()"""
    return sys_.sys_gettid()


def main_ident() -> int:
    """_thread._get_main_thread_ident() of 3.13"""
    return me().process.main.ident


def count_threads() -> int:
    """_thread._count(): those that were started."""
    return len(me().process.threads) - 1


def start_new_thread(*args: Any) -> int:
    """_thread.start_new_thread(), start_new()"""
    fn, fn_args, fn_kwargs = (
        args if len(args) == 3 else (*args, {}) if len(args) == 2 else (0, 0, 0)
    )
    if not (callable(fn) and isinstance(fn_args, tuple) and isinstance(fn_kwargs, dict)):
        return int(original("_thread.start_new_thread")(*args))  # says what is wrong
    return start_thread(thread_body, fn, fn_args, fn_kwargs, None, name=thread_name(fn)).ident


def thread_name(fn: Any) -> str:
    """What reports call a thread that runs fn."""
    owner = getattr(fn, "__self__", None)
    if isinstance(owner, threading.Thread):
        return str(owner.name)
    return getattr(fn, "__name__", "thread")


def thread_body(fn: Any, args: tuple[Any, ...], kwargs: dict[str, Any], handle: Any) -> None:
    """A simulated thread from start to end, in kernel mode but for fn."""
    thread = me()
    try:
        user_call(fn, *args, **kwargs)
    except SystemExit:
        pass
    except GreenletExit:
        raise
    except BaseException as e:  # noqa: BLE001 (as CPython: a thread's death ends nothing else)
        user_call(
            sys.unraisablehook,
            Unraisable(type(e), e, e.__traceback__, "Exception ignored in thread started by", fn),
        )
    finally:
        try:
            end_thread()
        finally:
            thread_ended(thread, handle)


class Unraisable:
    """What sys.unraisablehook() is handed."""

    __slots__ = ("err_msg", "exc_traceback", "exc_type", "exc_value", "object")

    def __init__(
        self, exc_type: Any, exc_value: Any, exc_traceback: Any, err_msg: str, object: Any
    ) -> None:
        self.exc_type = exc_type
        self.exc_value = exc_value
        self.exc_traceback = exc_traceback
        self.err_msg = err_msg
        self.object = object


def thread_ended(thread: Thread, handle: Any) -> None:
    """Tell who joins: the sentinel lock of 3.11 and 3.12, or the handle of 3.13."""
    lock = thread.sentinel
    if lock is not None:
        thread.sentinel = None
        if lock.locked():
            original("_thread.LockType.release")(lock)
            wake(lock)
        if shutdown_locks is not None:
            shutdown_locks.discard(lock)
    if handle is not None:
        state = handles.get(id(handle))
        if state is not None:
            state.done = True
        wake(handle, 0)


def set_sentinel() -> Any:
    """_thread._set_sentinel() of 3.11 and 3.12"""
    lock = _thread.allocate_lock()
    me().sentinel = lock
    return lock


def interrupt_main(signum: int = 2) -> None:
    """_thread.interrupt_main()"""
    process = me().process
    process.pending.append(int(signum))
    process.main.task.signal_wake_up()


# _thread._ThreadHandle of 3.13


class HandleState:
    """A handle that a simulated thread was started by."""

    __slots__ = ("done", "handle", "thread")

    handle: object
    thread: Thread
    done: bool

    def __init__(self, handle: object, thread: Thread) -> None:
        self.handle = handle
        self.thread = thread
        self.done = False


handles: dict[int, HandleState] = {}  # by id of the handle


def start_joinable_thread(function: Any, handle: Any = None, daemon: bool = True) -> Any:
    """_thread.start_joinable_thread()"""
    if handle is None:
        handle = vars(_thread)["_ThreadHandle"]()
    if id(handle) in handles:
        raise RuntimeError("thread already started")
    thread = start_thread(thread_body, function, (), {}, handle, name=thread_name(function))
    handles[id(handle)] = HandleState(handle, thread)
    return handle


def handle_join(self: Any, timeout: float | None = None) -> None:
    """_ThreadHandle.join()"""
    state = handles.get(id(self))
    if state is None:
        original("_thread._ThreadHandle.join")(self, *(() if timeout is None else (timeout,)))
        return
    if state.thread is me():
        raise RuntimeError("Cannot join current thread")
    if not state.done:
        until = deadline(-1 if timeout is None or timeout < 0 else timeout)
        wait_for(self, lambda: state.done, until)


def handle_is_done(self: Any) -> bool:
    """_ThreadHandle.is_done()"""
    state = handles.get(id(self))
    return (
        state.done if state is not None else bool(original("_thread._ThreadHandle.is_done")(self))
    )


def handle_set_done(self: Any) -> None:
    """_ThreadHandle._set_done()"""
    state = handles.get(id(self))
    if state is None:
        original("_thread._ThreadHandle._set_done")(self)
    else:
        state.done = True


# threading, where it keeps one of what each process has

# The sentinels of threads that are no daemons (3.11, 3.12).
shutdown_locks: set[Any] | None = getattr(threading, "_shutdown_locks", None)


def maintain_shutdown_locks() -> None:
    """threading._maintain_shutdown_locks(): each thread that ends looks for those that have ended.

    Of n simulated threads that would be n looks for each; thread_ended() takes its own out instead.
    """


def main_thread() -> threading.Thread | None:
    """threading.main_thread()"""
    return me().process.main_object


def new_name(template: str) -> str:
    """threading._newname(): each process counts its own threads."""
    process = me().process
    process.newname += 1
    return template % process.newname


def adopt_main_thread(process: Process) -> None:
    """Give a process's main thread its Thread object: current_thread() must not make a dummy."""
    process.main_object = user_call(threading._MainThread)  # type: ignore[attr-defined] # private


def retire_main_thread(process: Process) -> None:
    """The process ends: nothing of its main thread stays in threading's tables."""
    thread = process.main
    threading._active.pop(thread.ident, None)  # type: ignore[attr-defined] # private
    thread_ended(thread, None)


def join_threads(process: Process) -> None:
    """threading._shutdown() of one process, in user mode: idle pool workers go, the rest join."""
    mine = process.threads
    for worker, queue in list(pool._threads_queues.items()):
        if worker.ident in mine:
            queue.put(None)
    current = threading.current_thread()
    for thread in list(threading._active.values()):  # type: ignore[attr-defined] # private
        if thread.ident in mine and thread is not current and not thread.daemon:
            thread.join()


def forget_all() -> None:
    """The last lab closed: what its threads held and waited for is void."""
    spots.clear()
    holds.clear()
    handles.clear()
