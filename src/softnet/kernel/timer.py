"""Timers with the resolution of a jiffy (1 ms), and the wheel that keeps them.

Linux: kernel/timer.c, include/linux/timer.h

    class Retransmit(Timer):
        def function(self) -> None: ...

    mod_timer(t, jiffies() + HZ)        arm, or move; del_timer(t) disarms

The wheel has 256 slots of one jiffy and four coarser levels of 64 slots; a timer that is far away
trickles down as its time comes near. Arming, moving and disarming are O(1), and leave the
world's event queue alone unless the machine must be woken earlier than was planned: the machine has
one event, and no tick. Timers run in TIMER_SOFTIRQ on the boot CPU, by expiry, those of one jiffy
in the order in which they were armed.

Differs from Linux: no slack. Rounding an expiry up saves power there; here it would only blur.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter

import softnet.arch.const as const
import softnet.machine.cpu as cpu_
from softnet.kernel.softirq import SoftirqAction, open_softirq, raise_softirq
from softnet.machine.cpu import Board, Ticks, irq_enter, irq_exit, this_cpu
from softnet.machine.event import Event, EventQueue

HZ = const.HZ  # jiffies per second; hot code says const.HZ

# The wheel: 256 slots of one jiffy, then four levels of 64 slots, each 64 times as coarse as the
# last. The slots of all levels stand in one list; behind them the list of timers being run.
TV1_SLOTS = 256
TVN_SLOTS = 64
TV1_BITS = 8
TVN_BITS = 6
LEVELS = 4
WORK_SLOT = TV1_SLOTS + LEVELS * TVN_SLOTS
# Farther timers wait in the last level, and are looked at again when their slot comes round.
WHEEL_SPAN = (1 << 32) - 1
FAR = 1 << 62  # jiffies: later than every expiry


class Timer:
    """struct timer_list: subclass, override function().

    It belongs to the machine of this_cpu() when it is first armed; set `base` (machine.timers) to
    arm it from outside every CPU.
    """

    __slots__ = ("expires", "base", "tnext", "tprev", "tslot", "torder")

    expires: int  # jiffies
    base: TimerBase | None
    tnext: Timer | None
    tprev: Timer | None  # of the first in a slot: the last
    tslot: int  # -1 while not pending
    torder: int  # of arming

    def __init__(self) -> None:
        init_timer(self)

    def function(self) -> None:
        """The timer expired and is not pending any more. Softirq context."""

    def timer_pending(self) -> bool:
        """Is it armed?"""
        return self.tslot >= 0


def init_timer(t: Timer) -> None:
    """init_timer(): t is new, and not pending."""
    t.expires = 0
    t.base = None
    t.tnext = None
    t.tprev = None
    t.tslot = -1
    t.torder = 0


class CallTimer(Timer):
    """A timer that calls a Python callable without arguments."""

    __slots__ = ("fn",)

    fn: Callable[[], object]

    def __init__(self, base: TimerBase | None, fn: Callable[[], object]) -> None:
        Timer.__init__(self)
        self.base = base
        self.fn = fn

    def function(self) -> None:
        """Call it."""
        self.fn()


class TimerEvent(Event):
    """The machine's timer interrupt, armed for the next expiry only."""

    __slots__ = ("base",)

    base: TimerBase

    def __init__(self, base: TimerBase) -> None:
        Event.__init__(self)
        self.base = base

    def fire(self) -> None:
        """Interrupt the boot CPU, which then runs the timers in softirq."""
        cpu = this_cpu()
        self.base.armed_for = FAR
        irq_enter(cpu)
        try:
            raise_softirq(const.TIMER_SOFTIRQ)
        finally:
            irq_exit(cpu)


class TimerSoftirq(SoftirqAction):
    """run_timer_softirq()"""

    __slots__ = ()

    def action(self) -> None:
        """Run what expired on this CPU's machine."""
        timer_base(this_cpu().machine).run_timers()


class TimerBase(Ticks):
    """struct tvec_base: the timers of one machine, machine.timers.

    initial_jiffies is the count at time 0. Linux starts five minutes before the 32-bit wrap to find
    code that cannot bear it; a test may do the same.
    """

    __slots__ = (
        "machine",
        "queue",
        "event",
        "timer_jiffies",
        "offset",
        "slots",
        "busy",
        "slot_min",
        "count",
        "near",
        "order",
        "armed_for",
        "running",
    )

    machine: Board
    queue: EventQueue
    event: TimerEvent
    timer_jiffies: int  # the next jiffy to process
    offset: int  # jiffies at time 0
    slots: list[Timer | None]
    busy: bytearray  # of each slot: 1 if something hangs there. Searching it is quick
    slot_min: list[int]  # of each coarse slot: nothing in it expires before this
    count: int  # pending timers
    near: int  # of these, those in the slots of one jiffy
    order: int
    armed_for: int  # the expiry that the event is armed for
    running: bool

    def __init__(self, machine: Board, initial_jiffies: int = 0) -> None:
        Ticks.__init__(self, machine.clock, initial_jiffies)
        self.machine = machine
        self.queue = machine.queue
        self.event = TimerEvent(self)
        self.offset = initial_jiffies
        self.slots = [None] * (WORK_SLOT + 1)
        self.busy = bytearray(WORK_SLOT + 1)
        self.slot_min = [0] * (LEVELS * TVN_SLOTS)
        self.count = 0
        self.near = 0
        self.order = 0
        self.armed_for = FAR
        self.running = False
        self.timer_jiffies = self.jiffies()

    def jiffies(self) -> int:
        """The machine's time in jiffies."""
        now = self.clock.now
        if now != self.read_ns:
            self.read_ns = now
            self.read_jiffies = now // const.TICK_NSEC + self.offset
        return self.read_jiffies

    def add(self, t: Timer, expires: int) -> None:
        """Arm t, which is not pending."""
        now = self.jiffies()
        # Timers that have already run left timer_jiffies one ahead.
        if self.count == 0 and now > self.timer_jiffies:
            self.timer_jiffies = now
        # The tick of this jiffy is over; where a timer arms another, run_timers() has moved on.
        soonest = self.timer_jiffies if self.running else now + 1
        if expires < soonest:
            expires = soonest
        self.order += 1
        t.base = self
        t.expires = expires
        t.torder = self.order
        self.count += 1
        self.place(t)
        if expires < self.armed_for and not self.running:
            self.arm(expires)

    def place(self, t: Timer) -> None:
        """internal_add_timer(): hang t into the slot that its distance calls for."""
        expires = t.expires
        delta = expires - self.timer_jiffies
        if delta < TV1_SLOTS:
            if delta < 0:
                expires = self.timer_jiffies  # overdue: with those that are next
            self.near += 1
            self.hang(t, expires & (TV1_SLOTS - 1))
            return
        if delta > WHEEL_SPAN:
            expires = self.timer_jiffies + WHEEL_SPAN
            delta = WHEEL_SPAN
        shift = TV1_BITS
        first = 0
        while delta >> (shift + TVN_BITS) and first < (LEVELS - 1) * TVN_SLOTS:
            shift += TVN_BITS
            first += TVN_SLOTS
        slot = first + ((expires >> shift) & (TVN_SLOTS - 1))
        if self.slots[TV1_SLOTS + slot] is None or expires < self.slot_min[slot]:
            self.slot_min[slot] = expires
        self.hang(t, TV1_SLOTS + slot)

    def hang(self, t: Timer, slot: int) -> None:
        """Put t at the end of a slot's list."""
        t.tslot = slot
        t.tnext = None
        head = self.slots[slot]
        if head is None:
            self.slots[slot] = t
            self.busy[slot] = 1
            t.tprev = t
        else:
            last = head.tprev
            assert last is not None
            last.tnext = t
            t.tprev = last
            head.tprev = t

    def unhang(self, t: Timer) -> None:
        """Take t out of its slot's list."""
        slot = t.tslot
        head = self.slots[slot]
        following = t.tnext
        before = t.tprev
        assert head is not None
        assert before is not None
        if head is t:
            self.slots[slot] = following
            if following is not None:
                following.tprev = before
            else:
                self.busy[slot] = 0
        else:
            before.tnext = following
            if following is None:
                head.tprev = before
            else:
                following.tprev = before
        t.tnext = None
        t.tprev = None
        t.tslot = -1
        if slot < TV1_SLOTS:
            self.near -= 1

    def remove(self, t: Timer) -> None:
        """Disarm t, which is pending."""
        self.unhang(t)
        self.count -= 1

    def next_expiry(self) -> int:
        """When a timer expires next, in jiffies, or a little earlier; FAR if none is pending.

        Earlier when the timer that a coarse slot's minimum came from was disarmed since.
        """
        best = FAR
        at = self.timer_jiffies
        if self.slots[WORK_SLOT] is not None:
            return at
        if self.near:
            i = self.first_busy(0, TV1_SLOTS, at & (TV1_SLOTS - 1))
            best = at + ((i - at) & (TV1_SLOTS - 1))
        if self.count > self.near:
            level = self.busy_level(0)
            while level >= 0:
                first = level * TVN_SLOTS
                here = ((at >> (TV1_BITS + level * TVN_BITS)) + 1) & (TVN_SLOTS - 1)
                i = self.first_busy(TV1_SLOTS + first, TVN_SLOTS, here)
                if self.slot_min[first + i] < best:
                    best = self.slot_min[first + i]
                level = self.busy_level(level + 1)
        return best

    def busy_level(self, level: int) -> int:
        """The first coarse level that has timers, from that one on; -1: none has."""
        i = self.busy.find(1, TV1_SLOTS + level * TVN_SLOTS, WORK_SLOT)
        return (i - TV1_SLOTS) >> TVN_BITS if i >= 0 else -1

    def first_busy(self, first: int, size: int, start: int) -> int:
        """Which of the size slots from first on has timers, looked for from start on; -1: none."""
        i = self.busy.find(1, first + start, first + size)
        if i < 0:
            i = self.busy.find(1, first, first + start)
        return i - first if i >= 0 else -1

    def jump(self, to: int) -> None:
        """Make `to` the next jiffy to process; nothing expires before it.

        Where that enters a new block of a coarse level, the block's timers trickle down.
        """
        at = self.timer_jiffies
        assert to >= at
        self.timer_jiffies = to
        if self.count == self.near or at >> TV1_BITS == to >> TV1_BITS:
            return
        shift = TV1_BITS + (LEVELS - 1) * TVN_BITS
        first = (LEVELS - 1) * TVN_SLOTS
        while first >= 0:
            if at >> shift != to >> shift:
                slot = TV1_SLOTS + first + ((to >> shift) & (TVN_SLOTS - 1))
                t = self.slots[slot]
                self.slots[slot] = None
                self.busy[slot] = 0
                while t is not None:
                    following = t.tnext
                    self.place(t)
                    t = following
            shift -= TVN_BITS
            first -= TVN_SLOTS

    def run_timers(self) -> None:
        """__run_timers(): run all that expired, then arm the event for what comes next."""
        assert not self.running
        now = self.jiffies()
        upcoming = FAR
        self.running = True
        try:
            while self.count:
                self.run_work()  # also what a timer that raised left over
                upcoming = self.next_expiry()
                if upcoming > now:
                    break
                self.jump(upcoming)
                self.collect(upcoming & (TV1_SLOTS - 1))
            if self.timer_jiffies <= now:
                self.jump(now + 1)
        finally:
            self.running = False
            upcoming = self.next_expiry()
            if upcoming < self.armed_for:
                self.arm(upcoming)

    def collect(self, slot: int) -> None:
        """Move the timers of the current jiffy to the work list, by expiry and order of arming."""
        t = self.slots[slot]
        if t is None:
            return  # only timers that trickled down
        in_order = True
        work = []
        while t is not None:
            following = t.tnext
            if following is not None and timer_before(following, t):
                in_order = False
            work.append(t)
            t = following
        if not in_order:
            work.sort(key=TIMER_ORDER)
        self.slots[slot] = None
        self.busy[slot] = 0
        self.near -= len(work)
        for t in work:
            self.hang(t, WORK_SLOT)
        self.jump(self.timer_jiffies + 1)

    def run_work(self) -> None:
        """Run the timers of the work list. One that raises leaves the others there."""
        t = self.slots[WORK_SLOT]
        while t is not None:
            self.remove(t)
            count = this_cpu().preempt_count
            t.function()
            assert this_cpu().preempt_count == count, "a timer left with a lock held"
            t = self.slots[WORK_SLOT]

    def arm(self, expires: int) -> None:
        """Have the machine interrupted when expires begins."""
        self.armed_for = expires
        when = (expires - self.offset) * const.TICK_NSEC
        if when < self.clock.now:
            when = self.clock.now
        if self.event.pending:
            self.queue.move(self.event, when)
        else:
            self.queue.push(self.event, when, self.machine.host_id)

    def pending(self) -> list[Timer]:
        """The pending timers, by expiry and order of arming: for reports and leak checks."""
        found: list[Timer] = []
        for t in self.slots:
            while t is not None:
                found.append(t)
                t = t.tnext
        found.sort(key=TIMER_ORDER)
        return found


TIMER_ORDER = attrgetter("expires", "torder")


def timer_before(a: Timer, b: Timer) -> bool:
    """Does a run before b?"""
    return a.expires < b.expires or (a.expires == b.expires and a.torder < b.torder)


def timer_base(machine: Board) -> TimerBase:
    """The timers of a machine."""
    if machine.timers is None:
        machine.timers = TimerBase(machine)
    base: TimerBase = machine.timers
    return base


def jiffies() -> int:
    """This machine's time in jiffies; `& 0xFFFFFFFF` (mem.u32) of it is what the wire sees."""
    cpu = cpu_.state.cpu
    assert cpu is not None  # only stack code calls it
    return read_ticks(cpu.machine)


def read_ticks(machine: Board) -> int:
    """jiffies() of a machine. Compiled, what it says most of the time takes no reference."""
    if machine.timers is not None and machine.timers.clock.now == machine.timers.read_ns:
        ticks: int = machine.timers.read_jiffies
        return ticks
    return timer_base(machine).jiffies()


def mod_timer(t: Timer, expires: int) -> bool:
    """Arm t for expires (jiffies), or move it there; was it pending? Any context.

    A timer whose time is past, or is now, runs when the next jiffy begins: t.expires says so.
    """
    base = t.base
    if t.tslot >= 0:
        if t.expires == expires:
            return True
        assert base is not None
        base.remove(t)
        base.add(t, expires)
        return True
    if base is None:
        base = timer_base(this_cpu().machine)
    base.add(t, expires)
    return False


def mod_timer_pending(t: Timer, expires: int) -> bool:
    """Move t if it is pending; was it?"""
    if t.tslot < 0:
        return False
    return mod_timer(t, expires)


def add_timer(t: Timer) -> None:
    """Arm t for t.expires; it must not be pending."""
    assert t.tslot < 0, "add_timer() of a pending timer"
    mod_timer(t, t.expires)


def del_timer(t: Timer) -> bool:
    """Disarm t; was it pending?"""
    if t.tslot < 0:
        return False
    base = t.base
    assert base is not None
    base.remove(t)
    return True


def timer_pending(t: Timer) -> bool:
    """Is t armed?"""
    return t.tslot >= 0


def round_jiffies(j: int) -> int:
    """j moved to a whole second, so that timers of little hurry expire together."""
    return round_common(j, False)


def round_jiffies_up(j: int) -> int:
    """round_jiffies(), never earlier than j."""
    return round_common(j, True)


def round_jiffies_relative(delta: int) -> int:
    """round_jiffies() of a distance from now."""
    now = jiffies()
    return round_common(now + delta, False) - now


def round_common(j: int, up: bool) -> int:
    """Down if less than a quarter of a second is past the full second, else up; never past."""
    rest = j % const.HZ
    rounded = j - rest
    if up or rest >= const.HZ // 4:
        rounded += const.HZ
    return rounded if rounded > jiffies() else j


def msecs_to_jiffies(ms: int) -> int:
    """Milliseconds, rounded up to jiffies."""
    return (ms * const.HZ + const.MSEC_PER_SEC - 1) // const.MSEC_PER_SEC


def jiffies_to_msecs(j: int) -> int:
    """Jiffies in milliseconds."""
    return j * const.MSEC_PER_SEC // const.HZ


def nsecs_to_jiffies(ns: int) -> int:
    """Nanoseconds, rounded up to jiffies."""
    return (ns + const.TICK_NSEC - 1) // const.TICK_NSEC


def jiffies_to_nsecs(j: int) -> int:
    """Jiffies in nanoseconds."""
    return j * const.TICK_NSEC


open_softirq(const.TIMER_SOFTIRQ, TimerSoftirq())
