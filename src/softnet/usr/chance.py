"""random, os.urandom and what stands on them (secrets, uuid): each process has its own luck.

A library that made a generator of its own when it was imported, before there was a world, drew its seed
from the real machine: LIBRARIES names those that are known, and each world seeds them anew.
"""

from __future__ import annotations

import os
import random
import sys
import uuid
from collections.abc import Callable, Iterable
from typing import Any

from softnet.usr.clock import original, time_ns
from softnet.usr.task import me, world_begins

UUID_EPOCH = 0x01B21DD213814000  # 100 ns from 1582-10-15 to 1970-01-01
LIBRARIES: dict[str, Callable[[Any], Iterable[object]]] = {
    # The masks of WebSocket frames: a default argument.
    "aiohttp._websocket.writer": lambda module: (
        module.WebSocketWriter.__init__.__kwdefaults__.values()
    ),
    # Which of the tasks that can run comes first.
    "trio._core._run": lambda module: (module._r,),
}


def seed_libraries(world: Any) -> None:
    """A world begins: its luck for the generators of libraries that are loaded."""
    for name, find in LIBRARIES.items():
        module = sys.modules.get(name)
        if module is None:
            continue
        for thing in find(module):
            if isinstance(thing, random.Random):
                thing.seed(world.random(f"library:{name}").u64())


def urandom(size: int, /) -> bytes:
    """os.urandom()"""
    if size < 0:
        raise ValueError("negative argument not allowed")
    return me().process.urandom(size)


def getrandom(size: int, flags: int = 0) -> bytes:
    """os.getrandom(): never blocks."""
    if size < 0:
        raise OSError(22, os.strerror(22))
    return me().process.urandom(size)


def shared_random(self: Any) -> float:
    """random.random()"""
    return float(me().process.rng.random())


def shared_getrandbits(self: Any, k: int, /) -> int:
    """random.getrandbits(), and all that random's functions draw by it."""
    result: int = me().process.rng.getrandbits(k)
    return result


def shared_getstate(self: Any) -> Any:
    """random.getstate(), the C part."""
    return original("_random.Random.getstate")(me().process.rng)


def shared_setstate(self: Any, state: Any, /) -> None:
    """random.setstate(), the C part."""
    original("_random.Random.setstate")(me().process.rng, state)


def seed(self: Any, *args: Any) -> None:
    """_random.Random.seed(): without a seed, one of the process's luck; the shared one is ours."""
    process = me().process
    if self is random._inst:
        self = process.rng
    if not args or args[0] is None:
        args = (int.from_bytes(process.urandom(32), "little"),)
    original("_random.Random.seed")(self, *args)


def generate_time_safe() -> tuple[bytes, int]:
    """_uuid.generate_time_safe(): what uuid.uuid1() is made of."""
    process = me().process
    stamp = time_ns() // 100 + UUID_EPOCH
    luck = process.urandom(2)
    node = getnode()  # with the multicast bit: no real card's address
    made = uuid.UUID(
        fields=(
            stamp & 0xFFFFFFFF,
            stamp >> 32 & 0xFFFF,
            stamp >> 48 & 0x0FFF,
            luck[0] & 0x3F,
            luck[1],
            node,
        ),
        version=1,
    )
    return made.bytes, 0


def getnode() -> int:
    """uuid.getnode(): a number of the process's own; the real card's address is nobody's business."""
    return int.from_bytes(me().process.node, "big") | 1 << 40


world_begins[:] = [seed_libraries]
