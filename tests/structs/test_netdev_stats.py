"""A device's counters."""

from __future__ import annotations

from softnet.structs.netdev_stats import NetDeviceStats


def test_all_start_at_zero_and_count() -> None:
    stats = NetDeviceStats()
    assert (stats.rx_packets, stats.tx_bytes, stats.tx_compressed) == (0, 0, 0)
    stats.rx_bytes += 1 << 40
    assert stats.rx_bytes == 1 << 40
