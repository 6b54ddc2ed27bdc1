"""The rings' arithmetic."""

from __future__ import annotations

from softnet.drivers.net.e1000.e1000 import E1000RxRing, E1000TxRing


def test_one_descriptor_always_stays_free() -> None:
    for ring in (E1000TxRing(80), E1000RxRing(80)):
        assert ring.unused() == 79
        ring.next_to_use = 79
        assert ring.unused() == 0
        ring.next_to_clean = 10
        assert ring.unused() == 10
        ring.next_to_use = 5
        assert ring.unused() == 4


def test_indices_wrap() -> None:
    ring = E1000TxRing(80)
    assert ring.after(78) == 79
    assert ring.after(79) == 0
