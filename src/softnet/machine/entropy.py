"""Chance that can be repeated: streams of random numbers drawn from a seed and a name.

Every host, every cable and every impairment of a cable has its own stream, so that what one of
them draws never changes another's luck. A stream is blake2s in counter mode: block i
is blake2s(i) keyed by blake2s(seed, name), 32 bytes a block.
"""

from __future__ import annotations

from hashlib import blake2s

BLOCK = 32  # bytes of one blake2s digest
STEP53 = 2.0**-53


class RandomStream:
    """RandomStream(seed, name): the same two give the same numbers, on every machine."""

    __slots__ = ("name", "key", "counter", "block", "used")

    name: str
    key: bytes
    counter: int
    block: bytes
    used: int

    def __init__(self, seed: int, name: str) -> None:
        self.name = name
        self.key = blake2s(f"{seed}:{name}".encode()).digest()
        self.counter = 0
        self.block = b""
        self.used = 0

    def refill(self) -> None:
        """Make the next block."""
        self.block = blake2s(self.counter.to_bytes(8, "little"), key=self.key).digest()
        self.counter += 1
        self.used = 0

    def bytes(self, n: int) -> bytes:
        """The next n bytes."""
        parts = []
        while n > 0:
            if self.used >= len(self.block):
                self.refill()
            part = self.block[self.used : self.used + n]
            self.used += len(part)
            n -= len(part)
            parts.append(part)
        return b"".join(parts)

    def bits(self, nbytes: int) -> int:
        """The next nbytes (1 to 7) bytes as an integer."""
        if self.used + nbytes > len(self.block):
            self.refill()  # the odd bytes at a block's end are not used
        block = self.block
        v = 0
        i = self.used
        self.used += nbytes
        while nbytes > 0:
            v = v << 8 | block[i]
            i += 1
            nbytes -= 1
        return v

    def u32(self) -> int:
        """0 to 2**32 - 1."""
        return self.bits(4)

    def u64(self) -> int:
        """0 to 2**64 - 1: too wide for compiled code's i64."""
        return int.from_bytes(self.bytes(8), "little")

    def below(self, n: int) -> int:
        """0 to n - 1, each as likely; n from 1 to 2**48."""
        assert 0 < n <= 1 << 48
        span = 1 << 48
        limit = span - span % n
        while True:
            v = self.bits(6)
            if v < limit:
                return v % n

    def uniform53(self) -> float:
        """0.0 <= x < 1.0, in steps of 2**-53."""
        return (self.bits(7) >> 3) * STEP53

    def chance(self, p: float) -> bool:
        """True with probability p. Draws once, whatever p is."""
        return self.uniform53() < p
