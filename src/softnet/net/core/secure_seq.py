"""Numbers that outsiders must not guess: initial sequence numbers, where the port search starts.

Linux: net/core/secure_seq.c, include/linux/jhash.h. RFC 6528 for sequence numbers, RFC 6056 3.3.3
for ports: both are a keyed hash of the connection's addresses, so that they do not repeat for one
peer and tell nothing to another.

Differs from Linux: 3.2 hashes with MD5; HalfSipHash-2-4 (Aumasson and Bernstein) is a keyed hash
made for such short input, and its 32-bit words need no wide integers.
"""

from __future__ import annotations

import softnet.arch.mem as mem

JHASH_INITVAL = 0xDEADBEEF


def rol32(v: int, n: int) -> int:
    """v, 32 bits, rotated to the left by n."""
    return mem.u32(v << n) | v >> (32 - n)


class SipState:
    """The four words of HalfSipHash, keyed by 64 bits."""

    __slots__ = ("v0", "v1", "v2", "v3")

    v0: int
    v1: int
    v2: int
    v3: int

    def rounds(self, n: int) -> None:
        """n rounds of mixing."""
        v0, v1, v2, v3 = self.v0, self.v1, self.v2, self.v3
        while n > 0:
            v0 = mem.u32(v0 + v1)
            v1 = rol32(v1, 5) ^ v0
            v0 = rol32(v0, 16)
            v2 = mem.u32(v2 + v3)
            v3 = rol32(v3, 8) ^ v2
            v0 = mem.u32(v0 + v3)
            v3 = rol32(v3, 7) ^ v0
            v2 = mem.u32(v2 + v1)
            v1 = rol32(v1, 13) ^ v2
            v2 = rol32(v2, 16)
            n -= 1
        self.v0 = v0
        self.v1 = v1
        self.v2 = v2
        self.v3 = v3

    def word(self, m: int) -> None:
        """Take in one 32-bit word."""
        self.v3 ^= m
        self.rounds(2)
        self.v0 ^= m

    def finish(self, length: int) -> int:
        """The hash of what was taken in, length bytes, a multiple of 4: 32 bits."""
        self.word(length << 24)
        self.v2 ^= 0xFF
        self.rounds(4)
        return self.v1 ^ self.v3


def sip_state(key0: int, key1: int) -> SipState:
    """The state that a key begins with; made without a call of Python's when compiled."""
    state = SipState.__new__(SipState)
    state.v0 = key0
    state.v1 = key1
    state.v2 = 0x6C796765 ^ key0
    state.v3 = 0x74656462 ^ key1
    return state


def hsiphash_3words(a: int, b: int, c: int, key0: int, key1: int) -> int:
    """HalfSipHash-2-4 of three 32-bit words under a 64-bit key: 32 bits."""
    state = sip_state(key0, key1)
    state.word(a)
    state.word(b)
    state.word(c)
    return state.finish(12)


def secure_tcp_sequence_number(
    key0: int, key1: int, now_ns: int, saddr: int, daddr: int, sport: int, dport: int
) -> int:
    """The initial sequence number of a connection made at now_ns.

    RFC 6528: the keyed hash of the addresses plus a clock. As in Linux the clock ticks every 64 ns,
    which goes round in 274 s.
    """
    hash = hsiphash_3words(saddr, daddr, sport << 16 | dport, key0, key1)
    return mem.u32(hash + (now_ns >> 6))


def secure_ipv4_port_ephemeral(key0: int, key1: int, saddr: int, daddr: int, dport: int) -> int:
    """Where among the local ports a connection to daddr:dport begins its search: 32 bits."""
    return hsiphash_3words(saddr, daddr, dport ^ key1, key0, key1)


def jhash_3words(a: int, b: int, c: int, initval: int) -> int:
    """Bob Jenkins's lookup3 of three 32-bit words, public domain: 32 bits, quick, not secret."""
    a = mem.u32(a + JHASH_INITVAL + 12 + initval)
    b = mem.u32(b + JHASH_INITVAL + 12 + initval)
    c = mem.u32(c + JHASH_INITVAL + 12 + initval)
    c = mem.u32((c ^ b) - rol32(b, 14))
    a = mem.u32((a ^ c) - rol32(c, 11))
    b = mem.u32((b ^ a) - rol32(a, 25))
    c = mem.u32((c ^ b) - rol32(b, 16))
    a = mem.u32((a ^ c) - rol32(c, 4))
    b = mem.u32((b ^ a) - rol32(a, 14))
    return mem.u32((c ^ b) - rol32(b, 24))
