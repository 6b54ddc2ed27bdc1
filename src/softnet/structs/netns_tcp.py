"""The net.ipv4.tcp_* tunables and TCP's accounts of one namespace.

Linux: include/net/tcp.h (the sysctl_tcp_* variables). Defaults, bounds and names of the rows in
/proc/sys/net/ipv4 are in net/ipv4/tcp_sysctl.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softnet.structs.sock import ProtoMem

if TYPE_CHECKING:
    from softnet.structs.tcp import TcpCongestionOps


class NetnsTcp:
    """The tunables of /proc/sys/net/ipv4/tcp_*, in the kernel's names, and TCP's accounts.

    Differs from Linux: 3.2 has one set for all namespaces of a machine; here each has its own.
    """

    __slots__ = (
        "timestamps",
        "window_scaling",
        "sack",
        "retrans_collapse",
        "syn_retries",
        "synack_retries",
        "max_orphans",
        "keepalive_time",
        "keepalive_probes",
        "keepalive_intvl",
        "retries1",
        "retries2",
        "fin_timeout",
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
        "mem",
        "wmem",
        "rmem",
        "app_win",
        "adv_win_scale",
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
        "thin_linear_timeouts",
        "thin_dupack",
        "cookie_size",
        "challenge_ack_limit",
        "notsent_lowat",
        "limit_output_bytes",
        "fastopen",
        "early_retrans",
        "recovery",
        "pacing_ss_ratio",
        "pacing_ca_ratio",
        "congestion_control",
        "cong_allowed",
        "cong_available",
        "rfc5961",
        "min_snd_mss",
        "challenge_timestamp",
        "challenge_count",
        "accounts",
        "syncookie_secret",
        "isn_secret",
        "synflood_warned",
        "tsq",
        "fastopen_key",
        "fastopen_cache",
    )

    timestamps: int
    window_scaling: int
    sack: int
    retrans_collapse: int
    syn_retries: int
    synack_retries: int
    max_orphans: int
    keepalive_time: int
    keepalive_probes: int
    keepalive_intvl: int
    retries1: int
    retries2: int
    fin_timeout: int
    syncookies: int
    tw_reuse: int
    abort_on_overflow: int
    stdurg: int
    rfc1337: int
    max_syn_backlog: int
    orphan_retries: int
    fack: int
    reordering: int
    ecn: int
    dsack: int
    mem: list[int]  # pages: below [0] no pressure, above [1] pressure, above [2] no more
    wmem: list[int]  # bytes: least, at first, most
    rmem: list[int]
    app_win: int
    adv_win_scale: int
    frto: int
    frto_response: int
    low_latency: int
    no_metrics_save: int
    moderate_rcvbuf: int
    tso_win_divisor: int
    abc: int
    mtu_probing: int
    base_mss: int
    workaround_signed_windows: int
    slow_start_after_idle: int
    max_ssthresh: int
    thin_linear_timeouts: int
    thin_dupack: int
    cookie_size: int
    challenge_ack_limit: int  # per second
    notsent_lowat: int  # bytes; -1: no limit
    limit_output_bytes: int  # TSQ: bytes of a socket below TCP; 0: no limit
    fastopen: int  # tcp_fastopen: bits, TFO_*
    early_retrans: int  # 3 or 4: tail loss probes (3.10)
    recovery: int  # 1: RACK (4.4)
    pacing_ss_ratio: int  # per cent of cwnd / srtt, in slow start (4.3)
    pacing_ca_ratio: int  # the same afterwards
    congestion_control: TcpCongestionOps
    cong_allowed: list[str]  # tcp_allowed_congestion_control
    cong_available: list[TcpCongestionOps]  # in order, the default first
    rfc5961: bool  # challenge ACKs: 3.2's last stable releases have them, 3.2.0 has not
    min_snd_mss: int  # the least MSS that we let a peer impose on us
    challenge_timestamp: int  # the second that challenge_count counts in
    challenge_count: int
    accounts: ProtoMem  # sk_mem of every socket
    syncookie_secret: bytes
    isn_secret: bytes
    synflood_warned: bool
    tsq: object  # tcp_tsq.TsqTasklet, made by the first who needs it
    fastopen_key: bytes  # 16, drawn by the first cookie
    fastopen_cache: dict[int, object]  # tcp_fastopen.FastopenMetrics by the server's address

    def __init__(self) -> None:
        self.timestamps = 1
        self.window_scaling = 1
        self.sack = 1
        self.retrans_collapse = 1
        self.syn_retries = 5
        self.synack_retries = 5
        self.max_orphans = 4096
        self.keepalive_time = 7200_000
        self.keepalive_probes = 9
        self.keepalive_intvl = 75_000
        self.retries1 = 3
        self.retries2 = 15
        self.fin_timeout = 60_000
        self.syncookies = 1
        self.tw_reuse = 0
        self.abort_on_overflow = 0
        self.stdurg = 0
        self.rfc1337 = 0
        self.max_syn_backlog = 128
        self.orphan_retries = 0
        self.fack = 1
        self.reordering = 3
        self.ecn = 2
        self.dsack = 1
        self.mem = [0, 0, 0]
        self.wmem = [4096, 16384, 4 << 20]
        self.rmem = [4096, 87380, 4 << 20]
        self.app_win = 31
        self.adv_win_scale = 2
        self.frto = 2
        self.frto_response = 0
        self.low_latency = 0
        self.no_metrics_save = 0
        self.moderate_rcvbuf = 1
        self.tso_win_divisor = 3
        self.abc = 0
        self.mtu_probing = 0
        self.base_mss = 512
        self.workaround_signed_windows = 0
        self.slow_start_after_idle = 1
        self.max_ssthresh = 0
        self.thin_linear_timeouts = 0
        self.thin_dupack = 0
        self.cookie_size = 0
        self.challenge_ack_limit = 100
        self.notsent_lowat = -1
        self.limit_output_bytes = 0
        self.fastopen = 0
        self.early_retrans = 0
        self.recovery = 0
        self.pacing_ss_ratio = 200
        self.pacing_ca_ratio = 120
        self.congestion_control = None  # type: ignore[assignment]  # tcp_net_init() sets it
        self.cong_allowed = []
        self.cong_available = []
        self.rfc5961 = True
        self.min_snd_mss = 48
        self.challenge_timestamp = 0
        self.challenge_count = 0
        self.accounts = ProtoMem()
        self.syncookie_secret = b""
        self.isn_secret = b""
        self.synflood_warned = False
        self.tsq = None
        self.fastopen_key = b""
        self.fastopen_cache = {}
