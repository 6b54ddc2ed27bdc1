"""The kernel's own part of booting a machine, before any driver or protocol; then comes host.py.

Linux: init/main.c (start_kernel, up to rest_init)

    start_kernel(world.new_machine("h1"))

What it makes would also be made at first use; doing it here fixes the order, whatever runs first.
"""

from __future__ import annotations

from softnet.kernel.printk import log_of
from softnet.kernel.rcu import rcu_state
from softnet.kernel.sched import sched_of
from softnet.kernel.sysctl import SysctlTable
from softnet.kernel.timer import timer_base
from softnet.kernel.workqueue import workqueue_of
from softnet.machine.cpu import Board


def start_kernel(machine: Board) -> None:
    """Give a machine its timers, its scheduler, its log and the rest of kernel/. Idempotent."""
    log_of(machine)
    sched_of(machine)
    timer_base(machine)
    rcu_state(machine)
    workqueue_of(machine)
    if machine.sysctl is None:
        machine.sysctl = SysctlTable()
