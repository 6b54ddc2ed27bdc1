"""e1000's counters: fetched from the card, added up, given to whoever asks.

Linux: e1000_update_stats() of e1000_main.c, e1000_gstrings_stats of e1000_ethtool.c
"""

from __future__ import annotations

import softnet.uapi.e1000 as regs
from softnet.drivers.net.e1000.e1000 import E1000Adapter

HW_STATS = (
    regs.E1000_CRCERRS,
    regs.E1000_ALGNERRC,
    regs.E1000_SYMERRS,
    regs.E1000_RXERRC,
    regs.E1000_MPC,
    regs.E1000_SCC,
    regs.E1000_ECOL,
    regs.E1000_MCC,
    regs.E1000_LATECOL,
    regs.E1000_COLC,
    regs.E1000_DC,
    regs.E1000_TNCRS,
    regs.E1000_CEXTERR,
    regs.E1000_RLEC,
    regs.E1000_XONRXC,
    regs.E1000_XONTXC,
    regs.E1000_XOFFRXC,
    regs.E1000_XOFFTXC,
    regs.E1000_GPRC,
    regs.E1000_BPRC,
    regs.E1000_MPRC,
    regs.E1000_GPTC,
    regs.E1000_RNBC,
    regs.E1000_RUC,
    regs.E1000_ROC,
    regs.E1000_MGTPRC,
    regs.E1000_MGTPDC,
    regs.E1000_MGTPTC,
    regs.E1000_MPTC,
    regs.E1000_BPTC,
    regs.E1000_TSCTC,
    regs.E1000_TSCTFC,
)
OCTETS = (regs.E1000_GORCL, regs.E1000_GOTCL)


def e1000_update_stats(adapter: E1000Adapter) -> None:
    """Fetch the card's counters, which that clears, and bring dev.stats up to date."""
    io = adapter.io
    total = adapter.hw_stats
    for reg in HW_STATS:
        total[reg] = total.get(reg, 0) + io.readl(reg)
    for reg in OCTETS:
        total[reg] = total.get(reg, 0) + io.readl(reg) + (io.readl(reg + 4) << 32)
    stats = adapter.stats
    stats.multicast = total[regs.E1000_MPRC]
    stats.collisions = total[regs.E1000_COLC]
    stats.rx_length_errors = total[regs.E1000_RUC] + total[regs.E1000_ROC]
    stats.rx_crc_errors = total[regs.E1000_CRCERRS]
    stats.rx_frame_errors = total[regs.E1000_ALGNERRC]
    stats.rx_missed_errors = total[regs.E1000_MPC]
    stats.rx_errors = (
        total[regs.E1000_RXERRC]
        + total[regs.E1000_CRCERRS]
        + total[regs.E1000_ALGNERRC]
        + stats.rx_length_errors
        + total[regs.E1000_CEXTERR]
    )
    stats.tx_aborted_errors = total[regs.E1000_ECOL]
    stats.tx_window_errors = total[regs.E1000_LATECOL]
    stats.tx_carrier_errors = total[regs.E1000_TNCRS]
    stats.tx_errors = total[regs.E1000_ECOL] + total[regs.E1000_LATECOL]


def e1000_ethtool_stats(adapter: E1000Adapter) -> dict[str, int]:
    """`ethtool -S`: the counters by their names, in Linux's order."""
    e1000_update_stats(adapter)
    hw = adapter.hw_stats
    s = adapter.stats
    return {
        "rx_packets": hw[regs.E1000_GPRC],
        "tx_packets": hw[regs.E1000_GPTC],
        "rx_bytes": hw[regs.E1000_GORCL],
        "tx_bytes": hw[regs.E1000_GOTCL],
        "rx_broadcast": hw[regs.E1000_BPRC],
        "tx_broadcast": hw[regs.E1000_BPTC],
        "rx_multicast": hw[regs.E1000_MPRC],
        "tx_multicast": hw[regs.E1000_MPTC],
        "rx_errors": s.rx_errors,
        "tx_errors": s.tx_errors,
        "tx_dropped": s.tx_dropped,
        "multicast": hw[regs.E1000_MPRC],
        "collisions": hw[regs.E1000_COLC],
        "rx_length_errors": s.rx_length_errors,
        "rx_over_errors": s.rx_over_errors,
        "rx_crc_errors": hw[regs.E1000_CRCERRS],
        "rx_frame_errors": s.rx_frame_errors,
        "rx_no_buffer_count": hw[regs.E1000_RNBC],
        "rx_missed_errors": hw[regs.E1000_MPC],
        "tx_aborted_errors": hw[regs.E1000_ECOL],
        "tx_carrier_errors": hw[regs.E1000_TNCRS],
        "tx_fifo_errors": s.tx_fifo_errors,
        "tx_heartbeat_errors": s.tx_heartbeat_errors,
        "tx_window_errors": hw[regs.E1000_LATECOL],
        "tx_abort_late_coll": hw[regs.E1000_LATECOL],
        "tx_deferred_ok": hw[regs.E1000_DC],
        "tx_single_coll_ok": hw[regs.E1000_SCC],
        "tx_multi_coll_ok": hw[regs.E1000_MCC],
        "tx_timeout_count": adapter.tx_timeout_count,
        "tx_restart_queue": adapter.restart_queue,
        "rx_long_length_errors": hw[regs.E1000_ROC],
        "rx_short_length_errors": hw[regs.E1000_RUC],
        "rx_align_errors": hw[regs.E1000_ALGNERRC],
        "tx_tcp_seg_good": hw[regs.E1000_TSCTC],
        "tx_tcp_seg_failed": hw[regs.E1000_TSCTFC],
        "rx_flow_control_xon": hw[regs.E1000_XONRXC],
        "rx_flow_control_xoff": hw[regs.E1000_XOFFRXC],
        "tx_flow_control_xon": hw[regs.E1000_XONTXC],
        "tx_flow_control_xoff": hw[regs.E1000_XOFFTXC],
        "rx_long_byte_count": hw[regs.E1000_GORCL],
        "rx_csum_offload_good": adapter.hw_csum_good,
        "rx_csum_offload_errors": adapter.hw_csum_err,
        "alloc_rx_buff_failed": adapter.alloc_rx_buff_failed,
        "tx_smbus": hw[regs.E1000_MGTPTC],
        "rx_smbus": hw[regs.E1000_MGTPRC],
        "dropped_smbus": hw[regs.E1000_MGTPDC],
    }
