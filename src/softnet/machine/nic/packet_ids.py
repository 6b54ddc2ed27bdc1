"""Trace ids beside the frames: how a packet keeps its number from one host to the next.

A cable carries an id with each frame (its `meta`). The card passes it between the cable and its
driver here, by the number of the descriptor; no bytes of the frame are touched. Both tables are
empty while nobody traces.
"""

from __future__ import annotations


class PacketIds:
    """One card's ids: tx by a packet's first descriptor, rx by a frame's last."""

    __slots__ = ("rx", "tx")

    tx: dict[int, int]
    rx: dict[int, int]

    def __init__(self) -> None:
        self.tx = {}
        self.rx = {}

    def note_tx(self, desc: int, pkt_id: int) -> None:
        """The driver sends a packet that has an id."""
        self.tx[desc] = pkt_id

    def take_tx(self, desc: int) -> object:
        """The card sends it; None if it has none."""
        return self.tx.pop(desc, None)

    def note_rx(self, desc: int, meta: object) -> None:
        """A frame was received into desc; what was left there before goes."""
        if isinstance(meta, int):
            self.rx[desc] = meta
        else:
            self.rx.pop(desc, None)

    def take_rx(self, desc: int) -> int:
        """The driver takes the frame out of desc; 0 if it has no id."""
        return self.rx.pop(desc, 0)

    def clear(self) -> None:
        """The card was reset."""
        self.tx.clear()
        self.rx.clear()
