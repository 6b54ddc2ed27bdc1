"""What has the names of native/_redef where that was not built: nothing works, and says why."""

from __future__ import annotations

from typing import Any, NoReturn

USER, SOCKET, EPOLL, INSTANCE, FD, AFTER = range(6)
SIM_FD = 1 << 20


class Context:
    """A thread that can never run."""

    __slots__ = ()


def missing(*args: Any, **kwargs: Any) -> NoReturn:
    """RuntimeError: unmodified programs need the extension."""
    raise RuntimeError(
        "softnet was built without its C extension (softnet.usr.native._redef), and unmodified"
        " programs need it: install a C compiler and build again, or install a wheel"
    )


def current() -> None:
    """No program runs."""


def user_mode() -> bool:
    """No program runs."""
    return False


Redirect = missing
add_waiters = missing
back_idents = missing
check_layout = missing
epoll_set = missing
kernel_call = missing
learn_types = missing
mute_me = missing
set_mute_hook = missing
set_outside_hook = missing
set_slots = missing
sock_direct = missing
sock_get = missing
sock_set = missing
sock_set_timeout = missing
sock_take = missing
switch_in = missing
switch_out = missing
user_call = missing
watch_escapes = missing
