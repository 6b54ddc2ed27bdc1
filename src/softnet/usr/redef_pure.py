"""native/_redef in Python, for installations without a C compiler: slower, and less follows.

CPython's structs are changed through ctypes. A function of a module is redirected where it is
defined, as in C: it calls PyObject_Vectorcall on our dispatcher, and every copy follows. A method is
exchanged in its type's dictionary: who took a descriptor or a bound method before the first lab
keeps the real one, and holders() names the modules that do. Sockets and epoll objects that are only
dropped, not closed, are closed when their program ends. CPython 3.11 and 3.12 with the GIL.
"""

from __future__ import annotations

import _thread
import ctypes
import gc
import select
import selectors
import socket
import sys
import types
import warnings
from collections.abc import Callable
from typing import Any

from softnet.usr import absent

USER, SOCKET, EPOLL, INSTANCE, FD, AFTER = range(6)
SIM_FD = absent.SIM_FD
FASTCALL_KEYWORDS = 0x0080 | 0x0002
WORD = ctypes.sizeof(ctypes.c_void_p)
HEAD = 2 * WORD  # PyObject_HEAD
AT_ML, AT_SELF, AT_VECTORCALL = HEAD, HEAD + WORD, HEAD + 4 * WORD  # PyCFunctionObject
AT_FD, AT_FAMILY, AT_TYPE, AT_PROTO, AT_TIMEOUT = HEAD, HEAD + 4, HEAD + 8, HEAD + 12, HEAD + 24
TSTATE_WORDS = 100  # of PyThreadState that are searched for its dict
PROT_READ, MAP_FLAGS = 1, 0x02 | 0x20 | 0x4000 | 0x100000  # private anonymous noreserve noreplace

api = ctypes.pythonapi
api.PyCFunction_NewEx.restype = ctypes.py_object
api.PyCFunction_NewEx.argtypes = (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
api.PyThreadState_GetDict.restype = ctypes.c_void_p
api.PyThreadState_Get.restype = ctypes.c_void_p
api.PyType_Modified.argtypes = (ctypes.py_object,)
api.Py_DecRef.argtypes = (ctypes.c_void_p,)

works = (
    sys.implementation.name == "cpython"
    and (3, 11) <= sys.version_info[:2] <= (3, 12)
    and WORD == 8
    and sys.platform == "linux"
)


class MethodDef(ctypes.Structure):
    """PyMethodDef"""

    _fields_ = (
        ("ml_name", ctypes.c_char_p),
        ("ml_meth", ctypes.c_void_p),
        ("ml_flags", ctypes.c_int),
        ("ml_doc", ctypes.c_char_p),
    )


def word(address: int) -> int:
    """What lies there."""
    return ctypes.c_uint64.from_address(address).value


def set_word(address: int, value: int) -> None:
    """Put it there."""
    ctypes.c_uint64.from_address(address).value = value


class State:
    """What the C extension has in its static variables."""

    def __init__(self) -> None:
        self.user = False
        self.current: Context | None = None
        self.thread = 0  # ident of the OS thread that the simulation runs in
        self.outer_dict = 0
        self.outer_hooks: tuple[Any, Any] = (None, None)
        self.dict_at = 0  # address of PyThreadState.dict of that thread
        self.waiters = 0
        self.is_mute = False
        self.mute_hook: Callable[[bool], object] | None = None
        self.outside_hook: Callable[[str, Any, int], object] | None = None
        self.audit_hook: Callable[[str, object], None] | None = None
        self.audited = False
        self.real_epoll: Any = select.epoll
        self.real_init: Any = None


state = State()


def copy_of(function: Any) -> Any:
    """A function object of its own that does the same."""
    at = id(function)
    return api.PyCFunction_NewEx(
        word(at + AT_ML), function.__self__, word(at + AT_SELF + WORD) or None
    )


real_ident = copy_of(_thread.get_ident) if works else _thread.get_ident


def in_user_mode() -> bool:
    """Does a simulated program's own code run, in this thread?"""
    return state.user and real_ident() == state.thread


class Context:
    """What changes hands when a simulated thread is switched to."""

    dict_word = 0
    hooks: tuple[Any, Any] = (None, None)  # sys.set_asyncgen_hooks() while it does not run
    loop: Any = None
    user = False
    dying = 0

    def forget(self) -> None:
        """The thread is over: drop its thread-local values."""
        if self is state.current:
            old = word(state.dict_at)
            set_word(state.dict_at, 0)
            sys.set_asyncgen_hooks(None, None)
        else:
            old, self.dict_word = self.dict_word, 0
        if old:
            api.Py_DecRef(old)


def find_dict() -> int:
    """The address of PyThreadState.dict of the thread that runs."""
    wanted = api.PyThreadState_GetDict()
    base = api.PyThreadState_Get()
    for i in range(TSTATE_WORDS):
        if word(base + i * WORD) == wanted:
            return int(base + i * WORD)
    raise RuntimeError("this Python's PyThreadState is not as expected")


def running_loop(*loop: Any) -> Any:
    """Get or set asyncio's running loop, which it keeps by OS thread."""
    module = sys.modules.get("_asyncio")
    if module is None:
        return None
    return module._set_running_loop(*loop) if loop else module._get_running_loop()


def switch_in(task: Any) -> None:
    """SwitchHooks.on_switch_in: task.usr becomes current."""
    context = task.usr
    if not isinstance(context, Context):
        return
    ident = real_ident()
    if ident != state.thread:
        state.thread = ident
        state.dict_at = find_dict()
    state.outer_dict = word(state.dict_at)
    set_word(state.dict_at, context.dict_word)
    context.dict_word = 0
    state.outer_hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(*context.hooks)
    state.current = context
    state.user = context.user
    if context.loop is not None:
        running_loop(context.loop)
        context.loop = None
    if context.dying:
        mute(True)


def switch_out(task: Any) -> None:
    """SwitchHooks.on_switch_out"""
    context = state.current
    if context is None:
        return
    if state.is_mute:
        mute(False)
    loop = running_loop()
    if loop is not None:
        running_loop(None)
        context.loop = loop
    context.hooks = sys.get_asyncgen_hooks()
    sys.set_asyncgen_hooks(*state.outer_hooks)
    context.dict_word = word(state.dict_at)
    set_word(state.dict_at, state.outer_dict)
    state.outer_dict = 0
    context.user = state.user
    state.user = False
    state.current = None


def mute(on: bool) -> None:
    """A dying thread's turn begins or ends."""
    state.is_mute = on
    if state.mute_hook is not None:
        state.mute_hook(on)


def mute_me() -> None:
    """The thread that runs is dying from now on."""
    context = current()
    if context is not None:
        context.dying = 1
        if not state.is_mute:
            mute(True)


def current() -> Context | None:
    """The Context that runs, or None."""
    if state.current is None or real_ident() != state.thread:
        return None
    return state.current


user_mode = in_user_mode


def user_call(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call back into the simulated program."""
    was = state.user
    state.user = state.current is not None
    try:
        return fn(*args, **kwargs)
    finally:
        state.user = was


def kernel_call(fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call with nothing redirected."""
    was = state.user
    state.user = False
    try:
        return fn(*args, **kwargs)
    finally:
        state.user = was


# Redirects


def object_fd(thing: Any) -> int:
    """The descriptor inside a socket or an epoll object."""
    return ctypes.c_int.from_address(id(thing) + AT_FD).value


def is_sim_fd(thing: Any) -> bool:
    """Is it, or has it, a simulated descriptor?"""
    if isinstance(thing, int):
        return thing >= SIM_FD
    if isinstance(thing, str | bytes) or not hasattr(thing, "fileno"):
        return False
    try:
        return int(thing.fileno()) >= SIM_FD
    except (OSError, ValueError, TypeError):
        return False


class Redirect:
    """Redirect(definition, replacement, rule=USER, instance=None)"""

    dispatch: Any  # what is called in the place of the definition

    def __init__(
        self,
        definition: Any,
        replacement: Callable[..., Any],
        rule: int = USER,
        instance: object = None,
    ) -> None:
        self.definition = definition
        self.replacement = replacement
        self.rule = rule
        self.instance = instance
        self.enabled = 0
        self.name = definition.__name__
        self.owner = getattr(definition, "__objclass__", None)
        self.class_method = isinstance(definition, types.ClassMethodDescriptorType)
        if isinstance(definition, types.BuiltinFunctionType):
            self.original = copy_of(definition)
            self.prepare_function()
        elif self.owner is not None and hasattr(definition, "__get__"):
            self.original = definition
            self.prepare_method()
        else:
            raise TypeError(f"{definition!r} is not a C function or method")

    def call(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the trampoline in C does."""
        if self.rule == AFTER:
            result = self.original(*args, **kwargs)
            if state.waiters and real_ident() == state.thread:
                self.replace(args[:1], {})
            return result
        if self.wanted(args):
            if self.rule in (SOCKET, EPOLL) and current() is None and state.outside_hook:
                return state.outside_hook(self.name, args[0], object_fd(args[0]))
            return self.replace(args, kwargs)
        if self.class_method:
            return self.original.__get__(None, args[0])(*args[1:], **kwargs)
        return self.original(*args, **kwargs)

    def wanted(self, args: tuple[Any, ...]) -> bool:
        """Is this call for the replacement?"""
        if self.rule in (SOCKET, EPOLL):
            return object_fd(args[0]) >= SIM_FD
        if not in_user_mode():
            return False
        if self.rule == INSTANCE:
            return args[0] is self.instance
        return self.rule == USER or bool(args and is_sim_fd(args[0]))

    def replace(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The replacement, in kernel mode."""
        was = in_user_mode()
        if was:
            state.user = False
        try:
            return self.replacement(*args, **kwargs)
        finally:
            if was:
                state.user = True

    def prepare_function(self) -> None:
        """PyObject_Vectorcall has the signature of a fast function: with our dispatcher as self."""

        def dispatch(*args: Any, **kwargs: Any) -> Any:
            return self.call(args, kwargs)

        self.dispatch = dispatch
        at = id(self.definition)
        self.was = tuple(word(at + n) for n in (AT_ML, AT_SELF, AT_VECTORCALL))
        target = ctypes.cast(api.PyObject_Vectorcall, ctypes.c_void_p).value
        self.method = MethodDef(self.name.encode(), target, FASTCALL_KEYWORDS, None)
        donor = word(id(sorted) + AT_VECTORCALL)  # a function of that calling convention
        self.now = (ctypes.addressof(self.method), id(dispatch), donor)

    def prepare_method(self) -> None:
        """A function in the type's dictionary."""

        def dispatch(*args: Any, **kwargs: Any) -> Any:
            return self.call(args, kwargs)

        dispatch.__name__ = self.name
        self.dispatch = classmethod(dispatch) if self.class_method else dispatch

    def enable(self) -> None:
        """Redirect from now on."""
        self.enabled = 1
        self.put(self.dispatch, getattr(self, "now", ()))

    def disable(self) -> None:
        """Put the definition back as it was."""
        self.put(self.definition, getattr(self, "was", ()))
        self.enabled = 0

    def put(self, entry: Any, words: tuple[int, ...]) -> None:
        """Change the function, or the type's dictionary."""
        if self.owner is not None:
            curse(self.owner, self.name, entry)
            return
        at = id(self.definition)
        for where, value in zip((AT_ML, AT_SELF, AT_VECTORCALL), words, strict=True):
            set_word(at + where, value)


def curse(owner: type, name: str, entry: Any) -> None:
    """Change the dictionary of a type that does not let itself be changed."""
    table = gc.get_referents(owner.__dict__)[0]
    table[name] = entry
    api.PyType_Modified(owner)


# Objects that hold a descriptor


def check_layout(
    sock: Any, fd: int, family: int, type: int, proto: int, ns: int, epoll: Any, epfd: int
) -> bool:
    """Do the C structs look as expected?"""
    at = id(sock)
    found = [ctypes.c_int.from_address(at + n).value for n in (AT_FD, AT_FAMILY, AT_TYPE, AT_PROTO)]
    timeout = ctypes.c_int64.from_address(at + AT_TIMEOUT).value
    return found == [fd, family, type, proto] and timeout == ns and object_fd(epoll) == epfd


def learn_types(socket_type: type, epoll_type: type) -> None:
    """Once, before anything of theirs is redirected."""
    if state.real_init is None:
        state.real_init = socket_type.__dict__["__init__"]
        state.real_epoll = epoll_type
        copies = holders()
        if copies:
            warnings.warn(
                "softnet runs without its C extension; these modules hold methods that will not follow: "
                + ", ".join(copies),
                RuntimeWarning,
                stacklevel=2,
            )


def holders() -> list[str]:
    """Modules with descriptors or bound methods of sockets and locks in their own names."""
    kinds = (socket.SocketType, _thread.LockType, _thread.RLock, select.epoll)
    found = []
    for name, module in sorted(sys.modules.items()):
        for thing in list(getattr(module, "__dict__", {}).values()):
            owner = getattr(thing, "__objclass__", None) or type(getattr(thing, "__self__", None))
            if owner in kinds and isinstance(
                thing, types.MethodDescriptorType | types.BuiltinMethodType
            ):
                found.append(name)
                break
    return found


def set_slots(
    on: bool, sock_init: Any, sock_finalize: Any, epoll_new: Any, epoll_gone: Any
) -> None:
    """Redirect construction, or put it back."""

    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        if in_user_mode() and kernel_call(sock_init, self, *args, **kwargs) is not None:
            return
        state.real_init(self, *args, **kwargs)

    class Epoll:
        """select.epoll, by name: what it makes is of the real kind."""

        fromfd = state.real_epoll.fromfd
        __wrapped__ = state.real_epoll

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            if not in_user_mode():
                return state.real_epoll(*args, **kwargs)
            fd = kernel_call(epoll_new, *args, **kwargs)
            made = state.real_epoll.fromfd(SIM_FD - 1)
            epoll_set(made, fd)
            return made

    curse(socket.SocketType, "__init__", init if on else state.real_init)
    kind = Epoll if on else state.real_epoll
    select.epoll = kind  # type: ignore[misc] # by name
    vars(selectors)["EpollSelector"]._selector_cls = kind


def sock_set(sock: Any, fd: int, family: int, type: int, proto: int, ns: int) -> None:
    """Fill a socket's struct."""
    if not isinstance(sock, socket.SocketType):
        raise TypeError("sock_set() needs a socket")
    for at, value in ((AT_FD, fd), (AT_FAMILY, family), (AT_TYPE, type), (AT_PROTO, proto)):
        ctypes.c_int.from_address(id(sock) + at).value = int(value)
    sock_set_timeout(sock, ns)


def sock_set_timeout(sock: Any, ns: int) -> None:
    """Its time-out."""
    ctypes.c_int64.from_address(id(sock) + AT_TIMEOUT).value = ns


def sock_get(sock: Any) -> tuple[int, int]:
    """(fd, timeout_ns)"""
    if not isinstance(sock, socket.SocketType):
        raise TypeError("sock_get() needs a socket")
    return object_fd(sock), ctypes.c_int64.from_address(id(sock) + AT_TIMEOUT).value


def sock_take(sock: Any) -> int:
    """The descriptor; from now on the socket has none."""
    fd, _ = sock_get(sock)
    ctypes.c_int.from_address(id(sock) + AT_FD).value = -1
    return fd


def sock_direct(sock: Any, family: int) -> int:
    """The descriptor, if the socket has that family and no time-out; else -1."""
    fd, timeout = sock_get(sock)
    own = ctypes.c_int.from_address(id(sock) + AT_FAMILY).value
    return fd if timeout <= 0 and family in (0, own) else -1


def epoll_set(epoll: Any, fd: int) -> None:
    """Fill an epoll object's struct."""
    if not isinstance(epoll, state.real_epoll):
        raise TypeError("epoll_set() needs an epoll object")
    ctypes.c_int.from_address(id(epoll) + AT_FD).value = fd


# The rest


def add_waiters(n: int) -> int:
    """How many more wait for what AFTER tells of."""
    state.waiters += n
    return state.waiters


def audit(event: str, args: object) -> None:
    """Somebody opens a door to the real world: a simulated program must not."""
    if not state.user or state.audit_hook is None or not in_user_mode():
        return
    if event.startswith(("socket.", "subprocess.", "os.", "pty.")):
        kernel_call(state.audit_hook, event, args)


def watch_escapes(hook: Callable[[str, object], None] | None) -> None:
    """hook(event, args) on audit events in user mode; None ends it."""
    state.audit_hook = hook
    if not state.audited:
        state.audited = True
        sys.addaudithook(audit)


def back_idents(base: int, size: int) -> bool:
    """Let numbers there be addresses of zeros; False if they cannot."""
    mmap = ctypes.CDLL(None).mmap
    mmap.restype = ctypes.c_uint64
    mmap.argtypes = (ctypes.c_uint64, ctypes.c_uint64, *(ctypes.c_int,) * 3, ctypes.c_long)
    return bool(mmap(base, size, PROT_READ, MAP_FLAGS, -1, 0) == base)


def set_mute_hook(hook: Callable[[bool], object] | None) -> None:
    """hook(True), hook(False) around a dying thread's turn."""
    state.mute_hook = hook


def set_outside_hook(hook: Callable[[str, Any, int], object] | None) -> None:
    """hook(name, self, fd): a simulated descriptor is used where no simulated program runs."""
    state.outside_hook = hook
