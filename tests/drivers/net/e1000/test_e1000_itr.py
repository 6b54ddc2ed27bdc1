"""How often an e1000 interrupts."""

from __future__ import annotations

import pytest

import softnet.uapi.e1000 as regs
from softnet.drivers.net.e1000.e1000_itr import e1000_set_itr, e1000_update_itr
from tests.drivers.net.e1000.kit import Pair

LOWEST, LOW, BULK = 0, 1, 2


@pytest.mark.parametrize(
    ("now", "packets", "size", "then"),
    [
        (LOWEST, 0, 0, LOWEST),
        (LOWEST, 4, 513, LOW),
        (LOWEST, 5, 513, LOWEST),
        (LOWEST, 1, 9000, BULK),
        (LOW, 2, 511, LOWEST),
        (LOW, 3, 511, LOW),
        (LOW, 1, 2500, BULK),
        (LOW, 9, 10_001, BULK),
        (LOW, 20, 10_001, LOW),
        (LOW, 20, 30_000, BULK),
        (LOW, 36, 10_001, LOWEST),
        (BULK, 36, 25_001, LOW),
        (BULK, 35, 25_001, BULK),
        (BULK, 10, 5999, LOW),
        (BULK, 10, 6000, BULK),
    ],
)
def test_ranges(now: int, packets: int, size: int, then: int) -> None:
    assert e1000_update_itr(now, packets, size) == then


def test_the_rate_falls_at_once_and_rises_in_steps(pair: Pair) -> None:
    dev = pair.dev[0]
    dev.itr = 20_000
    dev.tx_itr = dev.rx_itr = BULK
    dev.total_rx_packets, dev.total_rx_bytes = 20, 20_000
    e1000_set_itr(dev)
    assert dev.itr == 4_000
    assert pair.nic[0].readl(regs.E1000_ITR) == 10**9 // (4_000 * 256)
    dev.total_rx_packets = dev.total_rx_bytes = 0
    dev.tx_itr = dev.rx_itr = LOW
    rates = []
    for _ in range(4):
        e1000_set_itr(dev)
        rates.append(dev.itr)
    assert rates == [9_000, 14_000, 19_000, 20_000]


def test_only_mode_1_goes_up_to_70000(pair: Pair) -> None:
    dev = pair.dev[0]
    dev.itr = 20_000
    dev.tx_itr = dev.rx_itr = LOWEST
    e1000_set_itr(dev)
    assert dev.itr == 20_000
    dev.itr_setting = 1
    dev.tx_itr = dev.rx_itr = LOWEST
    for _ in range(5):
        e1000_set_itr(dev)
    assert dev.itr == 70_000
