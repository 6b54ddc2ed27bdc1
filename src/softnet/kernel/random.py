"""A host's luck.

Linux: drivers/char/random.c, net/core/utils.c (net_random)

Every machine draws from its own stream, machine.random, which follows from the world's seed and the
machine's name. Nothing in the stack may take chance from anywhere else.
"""

from __future__ import annotations

from softnet.machine.cpu import this_cpu
from softnet.machine.entropy import RandomStream

# A compiled module does not show what it cimports; compiled code takes it from machine/entropy.py.
globals().update(RandomStream=RandomStream)


def get_random_bytes(n: int) -> bytes:
    """n bytes of this machine's luck."""
    return this_cpu().machine.random.bytes(n)


def net_random() -> int:
    """32 bits of this machine's luck: not for secrets on a real machine."""
    return this_cpu().machine.random.u32()


def random32() -> int:
    """net_random() by its other name."""
    return this_cpu().machine.random.u32()


def reciprocal_scale(value: int, n: int) -> int:
    """A 32-bit value scaled to 0 .. n - 1."""
    return value * n >> 32
