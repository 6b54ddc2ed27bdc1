"""What the 82540EM's engines share: its counters, its interrupt, the timers that delay it.

Intel: Software Developer's Manual, 13.4.17 (ICR) to 13.4.21, 3.2.7 and 3.3.5 (delays), 13.7
(statistics)

A cause sets its bit in ICR; the line is up while ICR & IMS is not 0, but not sooner than ITR allows
after the last time. Reading ICR clears it.
"""

from __future__ import annotations

import softnet.arch.mem as mem
import softnet.uapi.e1000 as hw
from softnet.machine.event import Clock, Event, EventQueue
from softnet.machine.irq import IrqLine

STATS_COUNT = (hw.E1000_STATS_END - hw.E1000_STATS) >> 2


class Counters:
    """The statistics registers, by their offset. They count on beyond 32 bits in here."""

    __slots__ = ("own", "v")

    own: object
    v: mem.I64s

    def __init__(self) -> None:
        self.own = mem.i64_array(STATS_COUNT)
        self.v = mem.i64_ptr(self.own)

    def add(self, reg: int, n: int) -> None:
        """Count."""
        self.v[(reg - hw.E1000_STATS) >> 2] += n

    def get(self, reg: int) -> int:
        """Look without clearing."""
        return self.v[(reg - hw.E1000_STATS) >> 2]

    def take(self, reg: int) -> int:
        """What a read of the register gives: its low 32 bits, and 0 the next time.

        The upper half of an octet counter is in the next register once the lower was read.
        """
        i = (reg - hw.E1000_STATS) >> 2
        value = self.v[i]
        self.v[i] = 0
        if reg in (hw.E1000_GORCL, hw.E1000_GOTCL):
            self.v[i + 1] = value >> 32
        return mem.u32(value)


class Interrupts:
    """ICR, IMS, ITR and the line."""

    __slots__ = ("line", "clock", "queue", "host_id", "icr", "ims", "gap", "not_before", "throttle")

    line: IrqLine
    clock: Clock
    queue: EventQueue
    host_id: int
    icr: int
    ims: int
    gap: int  # ns between two interrupts
    not_before: int  # ns of the clock
    throttle: ThrottleOver

    def __init__(self, line: IrqLine, clock: Clock, queue: EventQueue, host_id: int) -> None:
        self.line = line
        self.clock = clock
        self.queue = queue
        self.host_id = host_id
        self.icr = 0
        self.ims = 0
        self.gap = 0
        self.not_before = 0
        self.throttle = ThrottleOver(self)

    def reset(self) -> None:
        """No cause, all masked, no throttling."""
        if self.throttle.pending:
            self.queue.cancel(self.throttle)
        self.icr = 0
        self.ims = 0
        self.gap = 0
        self.not_before = 0
        self.line.lower_irq()

    def read(self) -> int:
        """ICR: what happened since it was last read."""
        icr = self.icr
        self.icr = 0
        self.line.lower_irq()
        return icr

    def mask(self, bits: int) -> None:
        """IMC: these causes do not interrupt any more."""
        self.ims &= ~bits
        if not self.icr & self.ims:
            self.line.lower_irq()

    def unmask(self, bits: int) -> None:
        """IMS: these do, and at once if they are there."""
        self.ims |= bits
        if self.icr & self.ims:
            self.interrupt()

    def set(self, cause: int) -> None:
        """Something happened (E1000_ICR_*)."""
        self.icr |= cause
        if self.icr & self.ims:
            self.interrupt()

    def urgent(self, cause: int) -> None:
        """Something that does not wait for ITR.

        Differs from hardware: few receive descriptors left. On a cable without a rate any number of
        frames arrive at one instant; a real one brings five in 50 microseconds.
        """
        self.not_before = 0
        self.set(cause)

    def interrupt(self) -> None:
        """Raise the line if there is a cause, now or when ITR allows it."""
        if not self.icr & self.ims:
            return
        now = self.clock.now
        if now < self.not_before:
            if not self.throttle.pending:
                self.queue.push(self.throttle, self.not_before, self.host_id)
            return
        self.not_before = now + self.gap
        self.line.raise_irq()


class ThrottleOver(Event):
    """ITR allows the next interrupt."""

    __slots__ = ("irq",)

    irq: Interrupts

    def __init__(self, irq: Interrupts) -> None:
        Event.__init__(self)
        self.irq = irq

    def fire(self) -> None:
        """Interrupt, if there is still a cause."""
        self.irq.interrupt()


class DelayTimer(Event):
    """TIDV with TADV, RDTR with RADV: an interrupt once nothing happened for a while.

    Each frame begins the delay anew, but none waits for its interrupt longer than `absolute`.
    """

    __slots__ = ("irq", "cause", "delay", "absolute", "quiet_at", "limit")

    irq: Interrupts
    cause: int
    delay: int  # ns
    absolute: int  # ns; 0: no limit
    quiet_at: int  # ns of the clock
    limit: int

    def __init__(self, irq: Interrupts, cause: int) -> None:
        Event.__init__(self)
        self.irq = irq
        self.cause = cause
        self.delay = 0
        self.absolute = 0
        self.quiet_at = 0
        self.limit = 0

    def begin(self) -> None:
        """A frame was handled now."""
        now = self.irq.clock.now
        self.quiet_at = now + self.delay
        if not self.pending:
            self.limit = now + self.absolute if self.absolute else 0
            self.arm()

    def arm(self) -> None:
        """Set the event for whatever comes first."""
        when = self.quiet_at
        if self.limit and self.limit < when:
            when = self.limit
        self.irq.queue.push(self, when, self.irq.host_id)

    def fire(self) -> None:
        """Interrupt, unless there was a frame since and the limit is not reached."""
        now = self.irq.clock.now
        if now < self.quiet_at and (self.limit == 0 or now < self.limit):
            self.arm()
        else:
            self.irq.set(self.cause)

    def expire(self) -> None:
        """Do not wait any longer."""
        if self.pending:
            self.irq.queue.cancel(self)
            self.irq.set(self.cause)

    def reset(self) -> None:
        """No delay, and nothing waits."""
        if self.pending:
            self.irq.queue.cancel(self)
        self.delay = 0
        self.absolute = 0
