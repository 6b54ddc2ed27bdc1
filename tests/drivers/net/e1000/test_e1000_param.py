"""The parameters of e1000 and their bounds."""

from __future__ import annotations

import pytest

from softnet.drivers.net.e1000.e1000_param import E1000Params, ring_size


def test_defaults_are_those_of_3_2() -> None:
    p = E1000Params()
    assert (p.tx_count, p.rx_count, p.copybreak) == (256, 256, 256)
    assert (p.tx_int_delay, p.tx_abs_int_delay) == (8, 32)
    assert (p.rx_int_delay, p.rx_abs_int_delay) == (0, 8)
    assert (p.itr, p.itr_setting) == (20_000, 3)


@pytest.mark.parametrize(
    ("value", "itr", "setting"),
    [(0, 0, 0), (1, 20_000, 1), (3, 20_000, 3), (100, 100, 100), (8003, 8003, 8000)],
)
def test_interrupt_throttle_rate(value: int, itr: int, setting: int) -> None:
    p = E1000Params()
    assert p.set_itr(value)
    assert (p.itr, p.itr_setting) == (itr, setting)


@pytest.mark.parametrize("value", [-1, 2, 5, 99, 100_001])
def test_rates_without_sense_change_nothing(value: int) -> None:
    p = E1000Params()
    assert not p.set_itr(value)
    assert (p.itr, p.itr_setting) == (20_000, 3)


@pytest.mark.parametrize(("count", "size"), [(0, 80), (81, 88), (256, 256), (9999, 4096)])
def test_rings_are_multiples_of_eight_within_bounds(count: int, size: int) -> None:
    assert ring_size(count, 80, 4096) == size
