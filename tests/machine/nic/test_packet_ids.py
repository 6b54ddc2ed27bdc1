"""Trace ids beside the frames."""

from __future__ import annotations

from softnet.machine.nic.packet_ids import PacketIds


def test_ids_are_taken_once_and_overwritten() -> None:
    ids = PacketIds()
    ids.note_tx(3, 99)
    assert ids.take_tx(3) == 99
    assert ids.take_tx(3) is None
    ids.note_rx(1, 5)
    ids.note_rx(1, None)
    assert ids.take_rx(1) == 0
    ids.note_rx(2, 6)
    ids.clear()
    assert ids.take_rx(2) == 0
