"""The sanitizer for socket buffers: what is freed twice, used too late, never freed, or stale.

    with skb_sanitizer() as debug:      a fixture does this around each test
        ...
        assert debug.leaks() == []

While it is on, the free lists are out of use. A freed skb goes into quarantine, its bytes and
lengths poisoned, and stays there until QUARANTINE_MAX others were freed after it; a head that was
replaced (pskb_expand_head, pskb_pull_tail, which now always replace it) likewise. So

    double free          kfree_skb() of it, at any time: users is 0
    use after free       put, push, pull, clone, ... of it: lengths that no operation accepts
    write after free     into its bytes, also through a stale header view: the poison is broken when
                         it leaves quarantine, or when verify() looks
    unwritten bytes      alloc_skb() gives bytes of 0xa5: what nobody wrote shows on the wire
    leak                 leaks() lists what is alive, oldest first
    nonsense             lengths, fragments and header offsets that contradict each other

raise SkbError (or an AssertionError of the operation itself), which names the lines that allocated
and freed. These are found by walking the frames of interpreted Python; of a compiled stack it is
the line that called into it.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import softnet.arch.const as const
from softnet.net.core.skb_slab import SkbSanitizer, skb_set_sanitizer
from softnet.structs.skbuff import SkbSharedInfo, SkBuff

QUARANTINE_MAX = 1024  # freed skbs, and as many heads, that are kept to catch who still uses them
SITE_FRAMES = 3  # callers that a site names
FREED_BYTE = 0x6B
FRESH_BYTE = 0xA5
POISON = 1 << 40  # a length that no packet has
OWN_FILES = (
    "/skb_slab.py",
    "/skb_life.py",
    "/skb_frags.py",
    "/skb_copy.py",
    "/skb_segment.py",
    "/skb_debug.py",
)


class SkbError(AssertionError):
    """A misuse of a socket buffer."""


class SkbSite:
    """Where an skb came from and where it went: skb.site while the sanitizer is on."""

    __slots__ = ("allocated", "freed", "serial")

    serial: int
    allocated: str
    freed: str  # "" while it lives

    def __init__(self, serial: int, allocated: str) -> None:
        self.serial = serial
        self.allocated = allocated
        self.freed = ""

    def __str__(self) -> str:
        text = f"[#{self.serial} allocated at {self.allocated}"
        return text + (f"; freed at {self.freed}]" if self.freed else "]")


def caller_site() -> str:
    """The lines that led here, innermost first, without those of the sk_buff files themselves."""
    frame = sys._getframe(1)
    found: list[str] = []
    while frame is not None and len(found) < SITE_FRAMES:
        path = frame.f_code.co_filename
        if not path.endswith(OWN_FILES):
            inside = "/softnet/" in path
            name = path.rpartition("/softnet/" if inside else "/")[2]
            found.append(f"{name}:{frame.f_lineno} {frame.f_code.co_name}")
        frame = frame.f_back  # type: ignore[assignment]  # None ends the walk
    return " < ".join(found)


class SkbDebug(SkbSanitizer):
    """One run of the sanitizer."""

    __slots__ = ("heads", "live", "lost", "quarantine", "serial")

    serial: int
    live: dict[int, SkBuff]  # by serial
    quarantine: deque[SkBuff]
    heads: deque[tuple[SkbSharedInfo, str]]  # replaced ones, and where that was
    lost: SkbSharedInfo  # what a freed clone shows

    def __init__(self) -> None:
        self.serial = 0
        self.live = {}
        self.quarantine = deque()
        self.heads = deque()
        self.lost = SkbSharedInfo(bytearray([FREED_BYTE]) * const.PAGE_SIZE)

    # what skb_life calls

    def allocated(self, skb: SkBuff) -> None:
        """Note where skb was made."""
        self.serial += 1
        skb.site = SkbSite(self.serial, caller_site())
        self.live[self.serial] = skb

    def head_fresh(self, sh: SkbSharedInfo) -> None:
        """Let unwritten bytes be seen."""
        fill(sh.head, FRESH_BYTE)

    def check(self, skb: SkBuff) -> None:
        """Raise SkbError unless skb lives and makes sense."""
        problem = find_problem(skb)
        if problem:
            raise SkbError(f"{problem}: {describe(skb)}")

    def freed(self, skb: SkBuff, sh: SkbSharedInfo | None) -> None:
        """Into quarantine."""
        site = skb.site
        if isinstance(site, SkbSite):
            site.freed = caller_site()
            self.live.pop(site.serial, None)
        if sh is None:
            sh = self.lost
        else:
            fill(sh.head, FREED_BYTE)
        skb.shinfo = sh
        skb.next = None
        poison(skb)
        self.quarantine.append(skb)
        if len(self.quarantine) > QUARANTINE_MAX:
            verify_skb(self.quarantine.popleft())

    def head_replaced(self, skb: SkBuff, sh: SkbSharedInfo) -> None:
        """The old head into quarantine: views into it are stale."""
        fill(sh.head, FREED_BYTE)
        self.heads.append((sh, f"{skb.site}, head replaced at {caller_site()}"))
        if len(self.heads) > QUARANTINE_MAX:
            verify_head(*self.heads.popleft())

    # what a test calls

    def verify(self) -> None:
        """Look at everything now: freed skbs and old heads untouched, living skbs sound."""
        for skb in self.quarantine:
            verify_skb(skb)
        for sh, note in self.heads:
            verify_head(sh, note)
        for serial in sorted(self.live):
            self.check(self.live[serial])

    def leaks(self) -> list[str]:
        """The skbs that are alive, in the order they were made, each with its line."""
        return [describe(self.live[serial]) for serial in sorted(self.live)]


def fill(head: bytearray, byte: int) -> None:
    """Every byte of head, which keeps its place."""
    memoryview(head)[:] = bytes([byte]) * len(head)


def poison(skb: SkBuff) -> None:
    """Lengths that make push(), put() and pull() fail."""
    skb.data = 0
    skb.tail = POISON
    skb.len = POISON
    skb.data_len = POISON
    skb.mac_header = 0
    skb.network_header = 0
    skb.transport_header = 0


def verify_skb(skb: SkBuff) -> None:
    """A freed skb must be as poison() left it."""
    lengths = (skb.users, skb.data, skb.tail, skb.len, skb.data_len)
    if lengths != (0, 0, POISON, POISON, POISON):
        raise SkbError(f"changed after free: {describe(skb)}")
    head = skb.shinfo.head
    if head.count(FREED_BYTE) != len(head):
        raise SkbError(f"written to after free: {describe(skb)}")


def verify_head(sh: SkbSharedInfo, note: str) -> None:
    """A replaced head must be as head_replaced() left it."""
    if sh.head.count(FREED_BYTE) != len(sh.head):
        raise SkbError(f"stale header: written to a head that was replaced: {note}")


def describe(skb: SkBuff) -> str:
    """One line about skb."""
    if skb.users == 0:
        return f"freed skb {skb.site}"
    return f"skb len={skb.len} data_len={skb.data_len} users={skb.users} {skb.site}"


def find_problem(skb: SkBuff) -> str:
    """What is wrong with skb; "" if nothing is."""
    if skb.users <= 0:
        return "use after free"
    sh = skb.shinfo
    if sh.dataref <= 0:
        return "its bytes were given back"
    if not 0 <= skb.data <= skb.tail <= sh.end:
        return f"data={skb.data} tail={skb.tail} end={sh.end}"
    if skb.tail - skb.data != skb.len - skb.data_len:
        return "linear length is not len - data_len"
    if skb.data_len != paged_length(sh):
        return "data_len is not what fragments and frag_list hold"
    return find_header_problem(skb, sh.end)


def find_header_problem(skb: SkBuff, end: int) -> str:
    """A header offset or a checksum's place that lies outside the head."""
    for name, at in (
        ("mac_header", skb.mac_header),
        ("network_header", skb.network_header),
        ("transport_header", skb.transport_header),
    ):
        if not -1 <= at <= end:
            return f"stale {name} {at}"
    if skb.ip_summed == const.CHECKSUM_PARTIAL and not 0 <= skb.csum_start <= end:
        return f"stale csum_start {skb.csum_start}"
    return ""


def paged_length(sh: SkbSharedInfo) -> int:
    """Bytes in the fragments and the frag_list; -1 if nr_frags or frags_tail lie."""
    total = 0
    count = 0
    last = None
    f = sh.frags
    while f is not None:
        total += f.size
        count += 1
        last = f
        f = f.next
    if count != sh.nr_frags or last is not sh.frags_tail:
        return -1
    part = sh.frag_list
    while part is not None:
        total += part.len
        part = part.next
    return total


def skb_debug_enable() -> SkbDebug:
    """Switch a new sanitizer on."""
    debug = SkbDebug()
    skb_set_sanitizer(debug)
    return debug


def skb_debug_disable() -> None:
    """Switch it off. What is in quarantine is forgotten."""
    skb_set_sanitizer(None)


@contextmanager
def skb_sanitizer() -> Iterator[SkbDebug]:
    """with skb_sanitizer() as debug: on for the block; at its end everything is verified."""
    debug = skb_debug_enable()
    try:
        yield debug
        debug.verify()
    finally:
        skb_debug_disable()
