"""Time and what is to happen: the clock, an event, the queue of events.

Time is an integer, nanoseconds since the world began. An event is due at `when`, belongs to a
host, and is ordered by (when, host_id, order of arming). Two events of different hosts
at one instant run in the order of their hosts, whoever was armed first; so adding a host to a
world never changes the order among the others.

The queue is a binary heap of the event objects themselves. Each event knows its own place,
so taking one out or moving it costs O(log n) and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2s


class Clock:
    """The virtual clock of a world: `now` in nanoseconds, moved by the world's main loop only."""

    __slots__ = ("now", "virtual")

    now: int
    virtual: bool

    def __init__(self) -> None:
        self.now = 0
        self.virtual = True

    def update(self) -> int:
        """Bring `now` up to date and return it. A virtual clock is always up to date."""
        return self.now


class VirtualClock(Clock):
    """Time passes only when nobody can run; then it jumps to the next event."""

    __slots__ = ()


class Event:
    """Something that happens to one host at one time: subclasses say what, in fire().

    fire() runs from the main loop with this_cpu() set to the host's boot CPU, which is idle then.
    """

    __slots__ = ("when", "host_id", "seq", "index", "pending")

    when: int  # ns
    host_id: int  # 0 is the lab itself
    seq: int  # order of arming, the last tie-break
    index: int  # place in the heap
    pending: bool

    def __init__(self) -> None:
        self.when = 0
        self.host_id = 0
        self.seq = 0
        self.index = -1
        self.pending = False

    def fire(self) -> None:
        """Happen."""


class WorldTap:
    """An observer of a world, for judges and pictures: subclass, override."""

    __slots__ = ()

    def after_event(self, host_id: int) -> None:
        """A task ran, or an event happened: that host's; 0 is the lab, whose may be any host's.

        Called from the main loop, outside every CPU.
        """


class CallEvent(Event):
    """Calls a Python callable without arguments."""

    __slots__ = ("fn",)

    fn: Callable[[], object]

    def __init__(self, fn: Callable[[], object]) -> None:
        Event.__init__(self)
        self.fn = fn

    def fire(self) -> None:
        """Call it."""
        self.fn()


def event_before(a: Event, b: Event) -> bool:
    """Is a due before b? Total: no two events have one (when, host_id, seq)."""
    if a.when != b.when:
        return a.when < b.when
    if a.host_id != b.host_id:
        return a.host_id < b.host_id
    return a.seq < b.seq


class EventQueue:
    """Events by (when, host_id, order of arming). `fired` counts those that pop_due() gave out."""

    __slots__ = ("heap", "seq", "fired", "floor")

    heap: list[Event]
    seq: int
    fired: int
    floor: int  # `when` of the last event given out: none may be armed before it

    def __init__(self) -> None:
        self.heap = []
        self.seq = 0
        self.fired = 0
        self.floor = 0

    def push(self, event: Event, when: int, host_id: int) -> None:
        """Arm event for host_id at when (ns). It must not be armed already."""
        assert not event.pending, "push() of an event that is armed already"
        assert when >= self.floor, "an event in the past"
        self.seq += 1
        event.when = when
        event.host_id = host_id
        event.seq = self.seq
        event.pending = True
        self.heap.append(event)
        self.sift_up(event, len(self.heap) - 1)

    def cancel(self, event: Event) -> bool:
        """Disarm event; False if it was not armed."""
        if not event.pending:
            return False
        assert self.heap[event.index] is event, "an event of another queue"
        self.remove(event)
        event.pending = False
        return True

    def move(self, event: Event, when: int) -> None:
        """Arm event, which is armed, for another time; it goes behind its equals."""
        assert event.pending
        assert when >= self.floor, "an event in the past"
        later = when >= event.when
        self.seq += 1
        event.when = when
        event.seq = self.seq
        if later:
            self.sift_down(event, event.index)
        else:
            self.sift_up(event, event.index)

    def pop_due(self, now: int) -> Event | None:
        """Take out the first event if it is due at now, else None."""
        if len(self.heap) == 0:
            return None
        event = self.heap[0]
        if event.when > now:
            return None
        assert event.when >= self.floor
        self.floor = event.when
        self.remove(event)
        event.pending = False
        self.fired += 1
        return event

    def next_when(self) -> int:
        """When the first event is due, in ns; -1 if there is none."""
        if len(self.heap) == 0:
            return -1
        event = self.heap[0]
        return event.when

    def pending_count(self) -> int:
        """How many events are armed."""
        return len(self.heap)

    def remove(self, event: Event) -> None:
        """Take event out of the heap: the last one fills its place, then moves where it belongs."""
        i = event.index
        last = self.heap.pop()
        event.index = -1
        if last is event:
            return
        last.index = i
        if i > 0 and event_before(last, self.heap[(i - 1) >> 1]):
            self.sift_up(last, i)
        else:
            self.sift_down(last, i)

    def sift_up(self, event: Event, i: int) -> None:
        """Put event at i or nearer to the root."""
        heap = self.heap
        while i > 0:
            j = (i - 1) >> 1
            parent = heap[j]
            if not event_before(event, parent):
                break
            heap[i] = parent
            parent.index = i
            i = j
        heap[i] = event
        event.index = i

    def sift_down(self, event: Event, i: int) -> None:
        """Put event at i or farther from the root."""
        heap = self.heap
        n = len(heap)
        j = 2 * i + 1
        while j < n:
            child = heap[j]
            if j + 1 < n:
                other = heap[j + 1]
                if event_before(other, child):
                    child = other
                    j += 1
            if not event_before(child, event):
                break
            heap[i] = child
            child.index = i
            i = j
            j = 2 * i + 1
        heap[i] = event
        event.index = i


class Digest:
    """A running fingerprint of a simulation: equal for two runs that did the same things.

    Each host and each cable has a chain of its own, and the digest is that of all
    chains by name: so it does not depend on how events of different hosts interleave, only
    on what happened to each and when.
    """

    __slots__ = ("chains",)

    chains: dict[str, blake2s]

    def __init__(self) -> None:
        self.chains = {}

    def add(self, chain: str, when: int, data: bytes) -> None:
        """Append one happening to a chain."""
        h = self.chains.get(chain)
        if h is None:
            h = self.chains[chain] = blake2s()
        h.update(when.to_bytes(8, "little") + len(data).to_bytes(4, "little"))
        h.update(data)

    def hexdigest(self) -> str:
        """The fingerprint of all chains, in hex."""
        total = blake2s()
        for name in sorted(self.chains):
            total.update(name.encode() + b"\0" + self.chains[name].digest())
        return total.hexdigest()
