"""The names that a script may use, and their numbers: what C's header files say on x86-64.

number_of("SOL_SOCKET") == 1        number_of("SO_REUSADDR") -> None, nearest() -> SO_REUSEADDR
"""

from __future__ import annotations

import difflib
import errno
from types import ModuleType

import softnet.uapi.errqueue as errqueue
import softnet.uapi.eventpoll as eventpoll
import softnet.uapi.fcntl as fcntl
import softnet.uapi.in_ as in_
import softnet.uapi.poll as poll
import softnet.uapi.socket as socket
import softnet.uapi.sockios as sockios
import softnet.uapi.tcp as tcp

MODULES: tuple[ModuleType, ...] = (
    socket, tcp, in_, poll, fcntl, sockios, eventpoll, errqueue,
)  # fmt: skip
# Names of later kernels and of IPv6 that scripts of other systems use, too.
MORE = {
    "CMSG_LEVEL_IP": in_.IPPROTO_IP,
    "CMSG_TYPE_RECVERR": in_.IP_RECVERR,
    "FD_CLOEXEC": 1,
    "IPPROTO_ICMPV6": 58,
    "IPV6_HOPLIMIT": 52,
    "IPV6_MTU": 24,
    "IPV6_MTU_DISCOVER": 23,
    "IPV6_RECVERR": 25,
    "IPV6_TCLASS": 67,
    "IPV6_UNICAST_HOPS": 16,
    "IPV6_V6ONLY": 26,
    "MSG_FASTOPEN": 0x20000000,
    "MSG_PROXY": 0x10,
    "SCM_CREDENTIALS": 2,
    "SCM_RIGHTS": 1,
    "SCM_TIMESTAMP": socket.SO_TIMESTAMP,
    "SCM_TIMESTAMPING": socket.SO_TIMESTAMPING,
    "SCM_TIMESTAMPING_OPT_STATS": 54,
    "SCM_TIMESTAMPNS": socket.SO_TIMESTAMPNS,
    "SCM_TSTAMP_ACK": 2,
    "SCM_TSTAMP_SCHED": 1,
    "SCM_TSTAMP_SND": 0,
    "SEEK_CUR": 1,
    "SEEK_END": 2,
    "SEEK_SET": 0,
    "SOF_TIMESTAMPING_OPT_STATS": 0x1000,
    "TCP_CA_CWR": 2,
    "TCP_CA_DISORDER": 1,
    "TCP_CA_Disorder": 1,
    "TCP_CA_LOSS": 4,
    "TCP_CA_Loss": 4,
    "TCP_CA_OPEN": 0,
    "TCP_CA_Open": 0,
    "TCP_CA_RECOVERY": 3,
    "TCP_CA_Recovery": 3,
    "TCP_INFINITE_SSTHRESH": 0x7FFFFFFF,
}


def constants(module: ModuleType) -> dict[str, int]:
    """The integers that a module of uapi defines."""
    return {
        name: value
        for name, value in vars(module).items()
        if name[:1].isupper() and isinstance(value, int)
    }


def all_symbols() -> dict[str, int]:
    """Every name."""
    table: dict[str, int] = {}
    for module in MODULES:
        table.update(constants(module))
    table.update(MORE)
    return table


SYMBOLS = all_symbols()
ERRNOS = {name: number for number, name in errno.errorcode.items()}
ERRNOS["EWOULDBLOCK"] = errno.EAGAIN
ERRNOS["ENOTSUP"] = errno.EOPNOTSUPP


def number_of(name: str) -> int | None:
    """The number that a name stands for; None if it is no name."""
    if name in SYMBOLS:
        return SYMBOLS[name]
    return ERRNOS.get(name)


def nearest(name: str) -> str:
    """ ", did you mean …?" for a name that does not exist; "" if nothing comes near."""
    return did_you_mean(name, [*SYMBOLS, *ERRNOS])


def did_you_mean(name: str, known: list[str]) -> str:
    """The same among any names."""
    close = difflib.get_close_matches(name, sorted(known), n=2, cutoff=0.6)
    return f": did you mean {' or '.join(close)}?" if close else ""
