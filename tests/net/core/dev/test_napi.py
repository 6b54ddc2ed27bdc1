"""NAPI: polling, budgets, and "scheduled or armed, never both"."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
from softnet.machine.cpu import irq_enter, irq_exit
from softnet.net.core.dev.napi import (
    napi_check,
    napi_complete,
    napi_disable,
    napi_enable,
    napi_schedule,
    netif_napi_add,
    netif_napi_del,
)
from softnet.net.core.dev.receive import netif_receive_skb
from softnet.structs.netdevice import Napi
from tests.net.core.dev.kit import DevHost, Wire, received, sink, up


class Ring(Napi):
    """The napi of a device with a ring of frames and an interrupt."""

    def __init__(self, dev: Wire, weight: int = 64) -> None:
        Napi.__init__(self, dev, weight)
        self.wire = dev
        self.ring = 0
        self.armed = True
        self.polls: list[int] = []
        self.forget_to_arm = False
        self.tick = 0

    def interrupt(self) -> None:
        """The handler: mask, schedule; the softirq runs as it returns."""
        cpu = self.wire.nd_net.machine.cpus[0]
        irq_enter(cpu)
        if self.armed and napi_schedule(self):
            self.armed = False
        irq_exit(cpu)

    def poll(self, budget: int) -> int:
        work = 0
        self.wire.nd_net.machine.clock.now += self.tick
        while self.ring and work < budget:
            self.ring -= 1
            work += 1
            netif_receive_skb(received(self.wire))
        self.polls.append(work)
        if work < budget:
            napi_complete(self)
            self.armed = not self.forget_to_arm
        return work

    def irq_armed(self) -> int:
        return int(self.armed)


@pytest.fixture
def eth(host: DevHost) -> Wire:
    dev = Wire(host.net)
    up(dev)
    sink(host.net)
    return dev


def ring(dev: Wire, frames: int, weight: int = 64) -> Ring:
    napi = Ring(dev, weight)
    netif_napi_add(dev, napi)
    napi_enable(napi)
    napi.ring = frames
    return napi


def test_interrupt_polls_until_dry_and_arms(host: DevHost, eth: Wire) -> None:
    napi = ring(eth, 10)
    napi.interrupt()
    assert napi.polls == [10]
    assert napi.armed
    assert napi.state == 0
    assert napi_check(eth) == 1
    assert host.sd().processed == 10


def test_poll_is_repeated_while_it_uses_its_weight(host: DevHost, eth: Wire) -> None:
    napi = ring(eth, 150)
    napi.interrupt()
    assert napi.polls == [64, 64, 22]
    assert host.sd().time_squeeze == 0


def test_napis_take_turns(host: DevHost, eth: Wire) -> None:
    order: list[str] = []

    class Named(Ring):
        def poll(self, budget: int) -> int:
            order.append(self.name)
            return Ring.poll(self, budget)

        name = ""

    one, two = Named(eth, 4), Named(eth, 4)
    for napi, name in ((one, "one"), (two, "two")):
        netif_napi_add(eth, napi)
        napi_enable(napi)
        napi.name = name
        napi.ring = 6
        napi.armed = False
    cpu = host.machine.cpus[0]
    irq_enter(cpu)
    napi_schedule(one)
    napi_schedule(two)
    irq_exit(cpu)
    assert order == ["one", "two", "one", "two"]


def test_budget_of_300_squeezes_and_goes_on_in_the_next_round(host: DevHost, eth: Wire) -> None:
    napi = ring(eth, 700)
    napi.interrupt()
    # 5 polls of 64 are 320: the budget is looked at between polls.
    assert napi.polls == [64] * 10 + [60]
    assert host.sd().time_squeeze == 2


def test_two_jiffies_squeeze(host: DevHost, eth: Wire) -> None:
    napi = ring(eth, 256)
    napi.tick = 1_000_000
    napi.interrupt()
    assert napi.polls == [64, 64, 64, 64, 0]
    assert host.sd().time_squeeze == 1


def test_budget_is_tunable(host: DevHost, eth: Wire) -> None:
    host.net.sysctl.write("net.core.netdev_budget", "64")
    napi = ring(eth, 128)
    napi.interrupt()
    assert host.sd().time_squeeze == 2


def test_schedule_says_whether_it_was_us(host: DevHost, eth: Wire) -> None:
    napi = ring(eth, 0)
    cpu = host.machine.cpus[0]
    irq_enter(cpu)
    napi.armed = False
    assert napi_schedule(napi)
    assert not napi_schedule(napi)
    irq_exit(cpu)
    assert napi.polls == [0]


def test_poll_beyond_its_budget_is_a_bug(host: DevHost, eth: Wire) -> None:
    class Greedy(Ring):
        def poll(self, budget: int) -> int:
            return budget + 1

    napi = Greedy(eth)
    netif_napi_add(eth, napi)
    napi_enable(napi)
    with pytest.raises(AssertionError, match="more than its budget"):
        napi.interrupt()


def test_complete_and_full_budget_is_a_bug(host: DevHost, eth: Wire) -> None:
    class Both(Ring):
        def poll(self, budget: int) -> int:
            napi_complete(self)
            return budget

    napi = Both(eth)
    netif_napi_add(eth, napi)
    napi_enable(napi)
    with pytest.raises(AssertionError, match="after napi_complete"):
        napi.interrupt()


def test_neither_scheduled_nor_armed_is_a_bug(host: DevHost, eth: Wire) -> None:
    napi = ring(eth, 1)
    napi.forget_to_arm = True
    with pytest.raises(AssertionError, match="nobody will poll it"):
        napi.interrupt()


def test_scheduled_with_armed_interrupt_is_a_bug(host: DevHost, eth: Wire) -> None:
    napi = ring(eth, 64)
    cpu = host.machine.cpus[0]
    irq_enter(cpu)
    napi_schedule(napi)  # and the interrupt was not masked
    with pytest.raises(AssertionError, match="armed"):
        irq_exit(cpu)


def test_disable_keeps_it_from_being_scheduled(host: DevHost, eth: Wire) -> None:
    napi = ring(eth, 0)
    napi_disable(napi)
    assert not napi_schedule(napi)
    napi_enable(napi)
    cpu = host.machine.cpus[0]
    irq_enter(cpu)
    napi.armed = False
    assert napi_schedule(napi)
    irq_exit(cpu)


def test_disable_while_polling_ends_it(host: DevHost, eth: Wire) -> None:
    class Endless(Ring):
        def poll(self, budget: int) -> int:
            self.polls.append(budget)
            if len(self.polls) == 3:
                self.state |= 1 << const.NAPI_STATE_DISABLE
            return budget

    napi = Endless(eth)
    netif_napi_add(eth, napi)
    napi_enable(napi)
    napi.interrupt()
    assert len(napi.polls) == 3
    assert napi.state == 1 << const.NAPI_STATE_DISABLE


def test_complete_of_what_is_not_scheduled_is_a_bug(host: DevHost, eth: Wire) -> None:
    napi = ring(eth, 0)
    with pytest.raises(AssertionError, match="not scheduled"):
        napi_complete(napi)


def test_del_forgets_the_napi(host: DevHost, eth: Wire) -> None:
    one, two = ring(eth, 0), ring(eth, 0)
    assert napi_check(eth) == 2
    napi_disable(one)
    netif_napi_del(one)
    assert napi_check(eth) == 1
    assert eth.napi_list is two
