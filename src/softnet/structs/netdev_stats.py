"""struct rtnl_link_stats64: a device's counters.

Linux: include/linux/if_link.h. A driver counts in dev.stats; dev_get_stats() adds what the core
knows.
"""

from __future__ import annotations


class NetDeviceStats:
    """struct rtnl_link_stats64: packets and bytes since register."""

    __slots__ = (
        "rx_packets",
        "tx_packets",
        "rx_bytes",
        "tx_bytes",
        "rx_errors",
        "tx_errors",
        "rx_dropped",
        "tx_dropped",
        "multicast",
        "collisions",
        "rx_length_errors",
        "rx_over_errors",
        "rx_crc_errors",
        "rx_frame_errors",
        "rx_fifo_errors",
        "rx_missed_errors",
        "tx_aborted_errors",
        "tx_carrier_errors",
        "tx_fifo_errors",
        "tx_heartbeat_errors",
        "tx_window_errors",
        "rx_compressed",
        "tx_compressed",
    )

    rx_packets: int
    tx_packets: int
    rx_bytes: int
    tx_bytes: int
    rx_errors: int
    tx_errors: int
    rx_dropped: int
    tx_dropped: int
    multicast: int
    collisions: int
    rx_length_errors: int
    rx_over_errors: int
    rx_crc_errors: int
    rx_frame_errors: int
    rx_fifo_errors: int
    rx_missed_errors: int
    tx_aborted_errors: int
    tx_carrier_errors: int
    tx_fifo_errors: int
    tx_heartbeat_errors: int
    tx_window_errors: int
    rx_compressed: int
    tx_compressed: int

    def __init__(self) -> None:
        self.rx_packets = 0
        self.tx_packets = 0
        self.rx_bytes = 0
        self.tx_bytes = 0
        self.rx_errors = 0
        self.tx_errors = 0
        self.rx_dropped = 0
        self.tx_dropped = 0
        self.multicast = 0
        self.collisions = 0
        self.rx_length_errors = 0
        self.rx_over_errors = 0
        self.rx_crc_errors = 0
        self.rx_frame_errors = 0
        self.rx_fifo_errors = 0
        self.rx_missed_errors = 0
        self.tx_aborted_errors = 0
        self.tx_carrier_errors = 0
        self.tx_fifo_errors = 0
        self.tx_heartbeat_errors = 0
        self.tx_window_errors = 0
        self.rx_compressed = 0
        self.tx_compressed = 0
