"""The rows of /proc/sys/net/ipv4/tcp_*, and the limits that follow from the size of the memory.

Linux: net/ipv4/sysctl_net_ipv4.c, tcp_init() in net/ipv4/tcp.c. Defaults are fields of NetnsTcp.
"""

from __future__ import annotations

import softnet.arch.const as const
from softnet.kernel.sysctl import CallRow, IntRow, IntVecRow, JiffiesRow, SysctlRow, SysctlTable
from softnet.net.ipv4.inet_timewait_sock import InetTimewaitDeathRow
from softnet.net.ipv4.tcp_cong import (
    tcp_set_allowed_congestion_control,
    tcp_set_default_congestion_control,
)
from softnet.net.ipv4.tcp_fastopen import fastopen_key_text, fastopen_set_key
from softnet.structs.net_namespace import Net
from softnet.structs.netns_tcp import NetnsTcp

# One bucket of the established hash per so many bytes of memory: as 3.2 sizes it.
EHASH_BYTES_LARGE = 1 << 13  # with 512 MiB and more
EHASH_BYTES_SMALL = 1 << 15
EHASH_LARGE_FROM = 512 << 20
EHASH_MAX = 512 * 1024
SYN_BACKLOG_MIN = 128
MEM_PAGES_MIN = 128
WMEM_MAX = 4 << 20  # bytes: no automatic buffer grows beyond it
WMEM_MAX_LEAST = 64 << 10

# Rows that are a plain int: name (after tcp_) and the field, where it differs.
INT_ROWS = (
    "timestamps",
    "window_scaling",
    "sack",
    "retrans_collapse",
    "syn_retries",
    "synack_retries",
    "max_orphans",
    "keepalive_probes",
    "retries2",
    "syncookies",
    "tw_reuse",
    "abort_on_overflow",
    "stdurg",
    "rfc1337",
    "max_syn_backlog",
    "orphan_retries",
    "fack",
    "reordering",
    "ecn",
    "dsack",
    "app_win",
    "frto",
    "frto_response",
    "low_latency",
    "no_metrics_save",
    "moderate_rcvbuf",
    "tso_win_divisor",
    "abc",
    "mtu_probing",
    "base_mss",
    "workaround_signed_windows",
    "slow_start_after_idle",
    "max_ssthresh",
    "cookie_size",
    "thin_linear_timeouts",
    "thin_dupack",
    "challenge_ack_limit",
    # after Linux 3.2, off: docs/tcp.md
    "notsent_lowat",
    "fastopen",
)
SECONDS_ROWS = ("keepalive_time", "keepalive_intvl", "fin_timeout")
BOUNDED_ROWS = (
    ("retries1", 0, const.U8_MAX),
    ("adv_win_scale", -31, 31),
    ("limit_output_bytes", 0, const.INT_MAX),
    ("min_snd_mss", const.TCP_MIN_SND_MSS, 65535),
    ("early_retrans", 0, 4),
    ("recovery", 0, 1),
    ("pacing_ss_ratio", 0, 1000),
    ("pacing_ca_ratio", 0, 1000),
)


def tcp_init_limits(sysctl: NetnsTcp, ram: int) -> int:
    """tcp_init(): backlog, orphans, tcp_mem, tcp_rmem and tcp_wmem for ram bytes of memory.

    The number of buckets that 3.2 would give the established hash.
    """
    per_bucket = EHASH_BYTES_LARGE if ram >= EHASH_LARGE_FROM else EHASH_BYTES_SMALL
    buckets = ram // per_bucket
    ehash_size = 1 << max(buckets - 1, 1).bit_length()
    ehash_size = min(ehash_size, EHASH_MAX)
    sysctl.max_orphans = ehash_size // 2
    sysctl.max_syn_backlog = max(SYN_BACKLOG_MIN, ehash_size // 256)
    limit = max(ram // const.PAGE_SIZE // 8, MEM_PAGES_MIN)
    low = limit // 4 * 3
    sysctl.mem = [low, limit, low * 2]
    limit_bytes = limit << (const.PAGE_SHIFT - 7)
    most = min(WMEM_MAX, limit_bytes)
    sysctl.wmem = [const.SK_MEM_QUANTUM, 16 * 1024, max(WMEM_MAX_LEAST, most)]
    sysctl.rmem = [const.SK_MEM_QUANTUM, 87380, max(87380, most)]
    return ehash_size


def tcp_sysctl_net_init(net: Net, sysctl: NetnsTcp, row: InetTimewaitDeathRow) -> None:
    """The rows of one namespace, made when they are first looked at."""
    net.sysctl.later(lambda: register_rows(net.sysctl, sysctl, row))


def register_rows(table: SysctlTable, sysctl: NetnsTcp, row: InetTimewaitDeathRow) -> None:
    """Register the rows of one namespace."""
    for name in INT_ROWS:
        table.register(f"net.ipv4.tcp_{name}", IntRow(sysctl, name))
    for name in SECONDS_ROWS:
        table.register(f"net.ipv4.tcp_{name}", JiffiesRow(sysctl, name))
    for name, least, most in BOUNDED_ROWS:
        table.register(f"net.ipv4.tcp_{name}", IntRow(sysctl, name, least, most))
    table.register(
        "net.ipv4.tcp_fastopen_key",
        CallRow(lambda: fastopen_key_text(sysctl), lambda text: fastopen_set_key(sysctl, text)),
    )
    table.register("net.ipv4.tcp_mem", IntVecRow(sysctl, "mem", 0))
    table.register("net.ipv4.tcp_wmem", IntVecRow(sysctl, "wmem", 1))
    table.register("net.ipv4.tcp_rmem", IntVecRow(sysctl, "rmem", 1))
    table.register("net.ipv4.tcp_tw_recycle", IntRow(row, "sysctl_tw_recycle"))
    table.register("net.ipv4.tcp_max_tw_buckets", IntRow(row, "sysctl_max_tw_buckets"))
    for name, entry in congestion_rows(sysctl).items():
        table.register(f"net.ipv4.tcp_{name}", entry)


def congestion_rows(sysctl: NetnsTcp) -> dict[str, SysctlRow]:
    """The three rows that are names of algorithms."""
    return {
        "congestion_control": CallRow(
            lambda: sysctl.congestion_control.name,
            lambda text: tcp_set_default_congestion_control(sysctl, text.strip()),
        ),
        "available_congestion_control": CallRow(
            lambda: " ".join(ca.name for ca in sysctl.cong_available)
        ),
        "allowed_congestion_control": CallRow(
            lambda: " ".join(
                ca.name for ca in sysctl.cong_available if ca.name in sysctl.cong_allowed
            ),
            lambda text: tcp_set_allowed_congestion_control(sysctl, text),
        ),
    }
