"""CPUs and the contexts code runs in.

Linux: include/linux/hardirq.h, include/linux/preempt.h, kernel/softirq.c (the counts)

One OS thread plays all CPUs of all machines, so at each moment one CPU is "this" one:
this_cpu(). The main loop sets it before an event or a task of a host runs. Three counts of
the CPU say what is running on it:

    hardirq_count    interrupt handlers nested on this CPU
    softirq_count    1 while softirqs are being served, plus 2 for each local_bh_disable()
    preempt_count    preempt_disable() and, when they are checked, spinlocks held

All zero is task context: the only one that may sleep.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from softnet.machine.entropy import RandomStream
from softnet.machine.event import Clock, EventQueue


class Interrupt:
    """Something a CPU must attend to as soon as its interrupts are on."""

    __slots__ = ()

    def deliver(self) -> None:
        """Try again to interrupt the CPU."""


class Ticks:
    """A machine's time in jiffies as it was last read: what kernel.timer.TimerBase is made of."""

    __slots__ = ("clock", "read_ns", "read_jiffies")

    clock: Clock
    read_ns: int  # the time that jiffies() was last asked at: a division saved for most of a packet
    read_jiffies: int  # and what it said

    def __init__(self, clock: Clock, jiffies: int) -> None:
        self.clock = clock
        self.read_ns = 0
        self.read_jiffies = jiffies


class Board:
    """What a machine is to those below it: a name, the world's clock and queue, its CPUs.

    The slots below `random` belong to the kernel that was booted on the machine (kernel/boot.py
    fills them); they are here so that code that holds this_cpu() reaches its kernel in two loads.
    """

    __slots__ = (
        "name",
        "host_id",
        "world",
        "clock",
        "queue",
        "cpus",
        "boot_cpu",
        "random",
        "timers",
        "hrtimers",
        "sched",
        "rcu",
        "log",
        "sysctl",
        "workqueue",
        "init_net",
        "kernel",
        "console",
    )

    name: str
    host_id: int
    world: Any  # clock.World
    clock: Clock
    queue: EventQueue
    cpus: list[Cpu]
    boot_cpu: Cpu | None  # None for the lab itself, host 0
    random: RandomStream
    timers: Any  # kernel.timer.TimerBase
    hrtimers: Any  # kernel.hrtimer.HrtimerBase
    sched: Any  # kernel.sched.Sched
    rcu: Any  # kernel.rcu.RcuState
    log: Any  # kernel.printk.LogBuffer
    sysctl: Any  # kernel.sysctl.SysctlTable: the rows that are the same in every namespace
    workqueue: Any  # kernel.workqueue.Workqueue
    init_net: Any  # structs.net_namespace.Net
    kernel: Any  # whatever else host.py keeps
    console: Callable[[str], object] | None  # where the hardware's complaints go

    def __init__(self, name: str, host_id: int, clock: Clock, queue: EventQueue) -> None:
        self.name = name
        self.host_id = host_id
        self.world = None
        self.clock = clock
        self.queue = queue
        self.cpus = []
        self.boot_cpu = None
        self.random = None  # type: ignore[assignment]  # Machine sets it; the lab has none
        self.timers = None
        self.hrtimers = None
        self.sched = None
        self.rcu = None
        self.log = None
        self.sysctl = None
        self.workqueue = None
        self.init_net = None
        self.kernel = None
        self.console = None


class Cpu:
    """One CPU of one machine."""

    __slots__ = (
        "id",
        "machine",
        "softirq_pending",
        "softirq_count",
        "hardirq_count",
        "preempt_count",
        "irqs_disabled",
        "rcu_nesting",
        "irq_pending",
        "current",
        "softnet",
        "ksoftirqd",
        "tasklets",
        "held_locks",
        "percpu",
    )

    id: int
    machine: Board
    softirq_pending: int  # bit n: softirq n is raised
    softirq_count: int
    hardirq_count: int
    preempt_count: int
    irqs_disabled: int  # nesting of local_irq_disable()
    rcu_nesting: int  # read-side sections open here (counted while lockdep is on)
    irq_pending: list[Interrupt] | None
    current: Any  # kernel.sched.Task running here, None if the CPU is idle
    softnet: Any  # structs.netdevice.SoftnetData
    ksoftirqd: Any  # kernel.softirq.Ksoftirqd, made when first needed
    tasklets: Any  # kernel.softirq.TaskletQueue, made when first needed
    held_locks: list[Any] | None  # kernel.lock: locks held while no task runs here
    percpu: dict[object, Any]  # kernel.percpu and whoever else

    def __init__(self, machine: Board, cpu_id: int) -> None:
        self.id = cpu_id
        self.machine = machine
        self.softirq_pending = 0
        self.softirq_count = 0
        self.hardirq_count = 0
        self.preempt_count = 0
        self.irqs_disabled = 0
        self.rcu_nesting = 0
        self.irq_pending = None
        self.current = None
        self.softnet = None
        self.ksoftirqd = None
        self.tasklets = None
        self.held_locks = None
        self.percpu = {}

    def idle(self) -> bool:
        """Is nothing at all running on this CPU?"""
        return (
            self.current is None
            and self.hardirq_count == 0
            and self.softirq_count == 0
            and self.preempt_count == 0
        )

    def __repr__(self) -> str:
        return f"<Cpu {self.machine.name}/{self.id}>"


class SoftirqOps:
    """What the kernel does when the last interrupt handler of a CPU returns."""

    __slots__ = ()

    def invoke_softirq(self, cpu: Cpu) -> None:
        """Softirqs are pending on cpu, which is this CPU and in no interrupt: run them."""


class CpuState:
    """The two things that are one for the whole process: this CPU, and the kernel's softirq ops."""

    __slots__ = ("cpu", "softirq_ops")

    cpu: Cpu | None
    softirq_ops: SoftirqOps

    def __init__(self) -> None:
        self.cpu = None
        self.softirq_ops = SoftirqOps()


state = CpuState()


def this_cpu() -> Cpu:
    """The CPU that is running; None outside any host (a test's or a lab's own code)."""
    return state.cpu  # type: ignore[return-value]  # None only where no stack code runs


def set_this_cpu(cpu: Cpu | None) -> Cpu | None:
    """Make cpu the running one; return the one that was."""
    previous = state.cpu
    state.cpu = cpu
    return previous


def smp_processor_id() -> int:
    """The number of this CPU within its machine."""
    return state.cpu.id  # type: ignore[union-attr]  # only stack code calls it


def in_irq() -> bool:
    """Is an interrupt handler running on this CPU?"""
    cpu = state.cpu
    return cpu is not None and cpu.hardirq_count > 0


def in_softirq() -> bool:
    """Are softirqs being served, or bottom halves disabled, on this CPU?"""
    cpu = state.cpu
    return cpu is not None and cpu.softirq_count > 0


def in_serving_softirq() -> bool:
    """Is this CPU inside a softirq action (not only with bottom halves disabled)?"""
    cpu = state.cpu
    return cpu is not None and cpu.softirq_count & 1 == 1


def in_interrupt() -> bool:
    """In a hardirq, in a softirq, or with bottom halves disabled."""
    cpu = state.cpu
    return cpu is not None and (cpu.hardirq_count > 0 or cpu.softirq_count > 0)


def in_task() -> bool:
    """Neither in a hardirq nor serving a softirq."""
    cpu = state.cpu
    return cpu is None or (cpu.hardirq_count == 0 and cpu.softirq_count & 1 == 0)


def in_atomic() -> bool:
    """Is sleeping forbidden here: in an interrupt, bottom halves or preemption disabled?"""
    cpu = state.cpu
    return cpu is not None and (
        cpu.hardirq_count > 0
        or cpu.softirq_count > 0
        or cpu.preempt_count > 0
        or cpu.irqs_disabled > 0
    )


def preempt_disable() -> None:
    """Stay on this CPU: a task must not sleep until preempt_enable()."""
    cpu = this_cpu()
    cpu.preempt_count += 1


def preempt_enable() -> None:
    """Undo one preempt_disable()."""
    cpu = this_cpu()
    assert cpu.preempt_count > 0, "preempt_enable() without preempt_disable()"
    cpu.preempt_count -= 1


def local_irq_disable() -> None:
    """No interrupt handler runs on this CPU until the matching local_irq_enable(). Nests."""
    cpu = this_cpu()
    cpu.irqs_disabled += 1


def local_irq_enable() -> None:
    """Undo one local_irq_disable(); the outermost lets the waiting interrupts in."""
    cpu = this_cpu()
    assert cpu.irqs_disabled > 0, "local_irq_enable() without local_irq_disable()"
    cpu.irqs_disabled -= 1
    if cpu.irqs_disabled == 0 and cpu.irq_pending is not None:
        deliver_pending(cpu)


def deliver_pending(cpu: Cpu) -> None:
    """Let in the interrupts that waited for cpu."""
    while cpu.irq_pending is not None and cpu.irqs_disabled == 0 and cpu.hardirq_count == 0:
        waiting = cpu.irq_pending
        interrupt = waiting.pop(0)
        if not waiting:
            cpu.irq_pending = None
        interrupt.deliver()


def irq_enter(cpu: Cpu) -> None:
    """An interrupt handler begins on cpu, which must be this CPU."""
    cpu.hardirq_count += 1


def irq_exit(cpu: Cpu) -> None:
    """The handler is done: let in what waited, then run the softirqs it raised."""
    assert cpu.hardirq_count > 0, "irq_exit() without irq_enter()"
    cpu.hardirq_count -= 1
    if cpu.hardirq_count == 0:
        if cpu.irq_pending is not None:
            deliver_pending(cpu)
        if cpu.softirq_pending and cpu.softirq_count == 0:
            state.softirq_ops.invoke_softirq(cpu)


def register_softirq_ops(ops: SoftirqOps) -> None:
    """The kernel says what irq_exit() shall call."""
    state.softirq_ops = ops


class OnCpu:
    """with OnCpu(cpu): run a block as code of that CPU, from a test or a lab."""

    __slots__ = ("cpu", "previous")

    cpu: Cpu
    previous: Cpu | None

    def __init__(self, cpu: Cpu) -> None:
        self.cpu = cpu
        self.previous = None

    def __enter__(self) -> Cpu:
        self.previous = set_this_cpu(self.cpu)
        return self.cpu

    def __exit__(self, *exc: object) -> None:
        set_this_cpu(self.previous)
