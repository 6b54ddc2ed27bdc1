"""SO_REUSEPORT, Linux 3.9: sockets of one user that share an address and port.

Linux: include/linux/random.h (next_pseudo_random32) and the places that ask for sk_reuseport.

Two sockets may be bound to the same address and port if both said SO_REUSEPORT before and are of
the same user. A new connection, or a datagram, goes to one of those that fit it equally well,
chosen by a hash of its addresses: a flow stays with its socket while none comes or goes. Walking the
chain, the n-th of equals takes the place of the one before with probability 1/n, so one pass does.

Off unless the host's era has it: kernel/era.
"""

from __future__ import annotations

import errno

import softnet.arch.mem as mem
from softnet.kernel.era import era_has
from softnet.structs.sock import Sock

RAND_FACTOR = 1664525  # of the linear congruence in Numerical Recipes
RAND_OFFSET = 1013904223


def set_reuseport(sk: Sock, on: bool) -> int:
    """setsockopt(SO_REUSEPORT): 0 or -ENOPROTOOPT."""
    if not has_reuseport(sk):
        return -errno.ENOPROTOOPT
    sk.sk_reuseport = int(on)
    return 0


def has_reuseport(sk: Sock) -> bool:
    """Does the host's kernel know the option?"""
    return era_has(sk.sk_net.era, "SO_REUSEPORT")


def reuseport_shares(sk: Sock, other: Sock) -> bool:
    """May sk and other be bound to the same address and port?"""
    return sk.sk_reuseport != 0 and other.sk_reuseport != 0 and sk.sk_uid == other.sk_uid


def reuseport_takes(phash: int, matches: int) -> bool:
    """Does the matches-th of equals take the place of the one chosen so far? phash: 32 bits."""
    return phash * matches >> 32 == 0


def next_pseudo_random32(seed: int) -> int:
    """The next 32 bits after seed."""
    return mem.u32(seed * RAND_FACTOR + RAND_OFFSET)
