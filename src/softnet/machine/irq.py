"""Interrupt lines: from a device that asserts one to the handler that runs.

Linux: kernel/irq/manage.c, kernel/irq/handle.c, kernel/irq/spurious.c, kernel/smp.c

A device model holds an IrqLine and calls raise_irq(). If the line is unmasked and the CPU it is
bound to can be interrupted, the handler runs at once, inside irq_enter() and irq_exit(),
so softirqs run as it returns. Otherwise the line stays pending until enable_irq() or until the
CPU lets interrupts in. A line bound to a CPU other than the one that is in the middle of
something reaches it by an event at the same instant, as it would on a real board.
"""

from __future__ import annotations

import errno
from collections.abc import Callable

import softnet.arch.const as const
from softnet.machine.cpu import (
    Board,
    Cpu,
    Interrupt,
    irq_enter,
    irq_exit,
    local_irq_disable,
    local_irq_enable,
    set_this_cpu,
    this_cpu,
)
from softnet.machine.event import CallEvent, Event

NR_IRQS = 2304  # lines of a board: 256, and a message-signalled one for each slot of its buses
# An unhandled line is shut off when so many of the last hundred thousand found no taker.
SPURIOUS_WINDOW = 100_000
SPURIOUS_MAX = 99_900


class IrqAction:
    """struct irqaction: a driver's interrupt handler. Subclass, override handler()."""

    __slots__ = ("name", "dev")

    name: str
    dev: object

    def __init__(self, name: str = "", dev: object = None) -> None:
        self.name = name
        self.dev = dev

    def handler(self, irq: int) -> int:
        """Serve the device: IRQ_HANDLED, or IRQ_NONE if it was not this device. In hardirq."""
        return const.IRQ_NONE


class IrqDeliver(Event):
    """Carries an interrupt to another CPU, or to this one once it is done."""

    __slots__ = ("line",)

    line: IrqLine

    def __init__(self, line: IrqLine) -> None:
        Event.__init__(self)
        self.line = line

    def fire(self) -> None:
        """Interrupt the CPU."""
        self.line.deliver()


class IrqLine(Interrupt):
    """One line. level: stays asserted till the device lowers it; else each raise is one edge."""

    __slots__ = (
        "irq",
        "board",
        "level",
        "asserted",
        "depth",
        "in_progress",
        "waiting",
        "affinity",
        "actions",
        "counts",
        "seen",
        "unhandled",
        "shut_off",
        "messenger",
    )

    irq: int
    board: Board
    level: bool
    asserted: bool  # level: the wire is up; edge: an edge is not yet served
    depth: int  # disable_irq() nesting; masked while > 0
    in_progress: bool
    waiting: bool  # on its CPU's list of interrupts to let in
    affinity: Cpu
    actions: list[IrqAction]
    counts: list[int]  # handled, by CPU id: /proc/interrupts
    seen: int  # since the last look for a screaming line
    unhandled: int
    shut_off: bool
    messenger: IrqDeliver | None

    def __init__(self, board: Board, irq: int) -> None:
        self.irq = irq
        self.board = board
        self.level = False
        self.asserted = False
        self.depth = 0
        self.in_progress = False
        self.waiting = False
        self.affinity = board.cpus[0]
        self.actions = []
        self.counts = [0] * len(board.cpus)
        self.seen = 0
        self.unhandled = 0
        self.shut_off = False
        self.messenger = None

    def raise_irq(self) -> None:
        """The device asserts the line (level) or sends an edge. Any context."""
        self.asserted = True
        if self.depth == 0 and not self.in_progress and not self.waiting:
            self.deliver()

    def lower_irq(self) -> None:
        """The device takes a level line down again."""
        self.asserted = False

    def deliver(self) -> None:
        """Run the handlers if the CPU can be interrupted now; else see that it will be."""
        self.waiting = False
        if not self.asserted or self.depth or self.in_progress or not self.actions:
            return
        target = self.affinity
        here = this_cpu()
        if here is not target and here is not None and not here.idle():
            self.send()
        elif target.irqs_disabled or target.hardirq_count:
            self.waiting = True
            if target.irq_pending is None:
                target.irq_pending = []
            target.irq_pending.append(self)
        elif here is target:
            self.run_handlers(target)
        elif target.idle():
            set_this_cpu(target)
            try:
                self.run_handlers(target)
            finally:
                set_this_cpu(here)
        else:
            self.send()

    def send(self) -> None:
        """Reach the CPU as soon as the one that runs now is done: an event at this instant."""
        if self.messenger is None:
            self.messenger = IrqDeliver(self)
        if not self.messenger.pending:
            self.board.queue.push(self.messenger, self.board.clock.now, self.board.host_id)

    def run_handlers(self, cpu: Cpu) -> None:
        """handle_level_irq() and handle_edge_irq(): until nothing is asserted any more."""
        irq_enter(cpu)
        self.in_progress = True
        try:
            while self.asserted and self.depth == 0 and self.actions:
                if not self.level:
                    self.asserted = False
                handled = const.IRQ_NONE
                for action in self.actions:
                    handled |= action.handler(self.irq)
                self.counts[cpu.id] += 1
                self.note_interrupt(handled)
        finally:
            self.in_progress = False
            irq_exit(cpu)

    def note_interrupt(self, handled: int) -> None:
        """Shut off a line that nobody cares for, else it would interrupt for ever."""
        self.seen += 1
        if handled == const.IRQ_NONE:
            self.unhandled += 1
        if self.seen < SPURIOUS_WINDOW:
            return
        if self.unhandled > SPURIOUS_MAX:
            self.shut_off = True
            self.depth += 1
            if self.board.console is not None:
                self.board.console(f"irq {self.irq}: nobody cared, disabled")
        self.seen = 0
        self.unhandled = 0

    def set_affinity(self, cpu: Cpu) -> None:
        """irq_set_affinity(): bind the line to another CPU of its machine."""
        assert cpu.machine is self.board
        self.affinity = cpu


class IrqController:
    """The lines of one machine, made when first asked for."""

    __slots__ = ("board", "lines", "next_free")

    board: Board
    lines: dict[int, IrqLine]
    next_free: int

    def __init__(self, board: Board) -> None:
        self.board = board
        self.lines = {}
        self.next_free = 16  # below: the ISA lines

    def line(self, irq: int) -> IrqLine:
        """The line with this number."""
        if not 0 <= irq < NR_IRQS:
            raise OSError(errno.EINVAL, "no such interrupt line")
        line = self.lines.get(irq)
        if line is None:
            line = self.lines[irq] = IrqLine(self.board, irq)
        return line

    def alloc_line(self, level: bool = False) -> IrqLine:
        """A line nobody uses yet, for a device that is being plugged in."""
        if self.next_free >= NR_IRQS:
            raise OSError(errno.ENOSPC, "out of interrupt lines")
        line = self.line(self.next_free)
        line.level = level
        self.next_free += 1
        return line

    def request_irq(self, irq: int, action: IrqAction, name: str = "", dev: object = None) -> None:
        """Have action.handler() called for irq, behind the handlers it has already (a shared line).

        An interrupt that is pending strikes at once.
        """
        line = self.line(irq)
        if action in line.actions:
            raise OSError(errno.EBUSY, "the handler is on this line already")
        action.name = name or action.name
        action.dev = action.dev if dev is None else dev
        line.actions.append(action)
        if line.asserted and line.depth == 0:
            line.deliver()

    def free_irq(self, irq: int, action: IrqAction) -> None:
        """Take the handler off its line."""
        line = self.line(irq)
        if action not in line.actions:
            raise OSError(errno.EINVAL, "the handler is not on this line")
        line.actions.remove(action)

    def disable_irq(self, irq: int) -> None:
        """Mask a line. Nests."""
        line = self.line(irq)
        line.depth += 1

    def enable_irq(self, irq: int) -> None:
        """Undo one disable_irq(); the outermost lets in what is pending."""
        line = self.line(irq)
        assert line.depth > 0, "enable_irq() without disable_irq()"
        line.depth -= 1
        line.shut_off = False
        if line.depth == 0 and line.asserted:
            line.deliver()


class IpiCall(Interrupt):
    """smp_call_function_single()'s message."""

    __slots__ = ("cpu", "fn")

    cpu: Cpu
    fn: Callable[[], object]

    def __init__(self, cpu: Cpu, fn: Callable[[], object]) -> None:
        self.cpu = cpu
        self.fn = fn

    def deliver(self) -> None:
        """Run the function in hardirq context of its CPU, when that lets interrupts in."""
        cpu = self.cpu
        if cpu.irqs_disabled or cpu.hardirq_count:
            if cpu.irq_pending is None:
                cpu.irq_pending = []
            cpu.irq_pending.append(self)
            return
        previous = set_this_cpu(cpu)
        irq_enter(cpu)
        try:
            self.fn()
        finally:
            irq_exit(cpu)
            set_this_cpu(previous)


def smp_call_function_single(cpu: Cpu, fn: Callable[[], object]) -> None:
    """Interrupt cpu and have it call fn() in hardirq context; does not wait for it.

    Another CPU does so at this instant of virtual time, after what runs now has let go; this one at
    once, with interrupts off.
    """
    if cpu is this_cpu():
        local_irq_disable()
        try:
            fn()
        finally:
            local_irq_enable()
    else:
        board = cpu.machine
        board.queue.push(CallEvent(IpiCall(cpu, fn).deliver), board.clock.now, board.host_id)
