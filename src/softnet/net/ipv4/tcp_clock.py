"""The clocks that TCP reads, and how long a timestamp may be trusted.

Linux: include/net/tcp.h (tcp_time_stamp, tcp_paws_check), get_seconds(). RFC 7323.

Differs from Linux: seconds are those since the machine was made, not since 1970: TCP only ever
subtracts them, and a run must not depend on the date. They start at 1, as 0 says "never".
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
from softnet.kernel.timer import jiffies
from softnet.structs.tcp import TcpOptionsReceived


def tcp_time_stamp() -> int:
    """Jiffies modulo 2**32: the clock of TSval and of every stored 32-bit time."""
    return mem.u32(jiffies())


def get_seconds() -> int:
    """Whole seconds, 1 or more."""
    return jiffies() // const.HZ + 1


def tcp_paws_check(rx_opt: TcpOptionsReceived, paws_win: int) -> bool:
    """Is the last timestamp received not older than ts_recent by more than paws_win?

    RFC 7323 5.5: after 24 days of silence ts_recent has no say. One that is 0 has none either:
    some peers sent 0 while they booted.
    """
    if mem.s32(rx_opt.ts_recent - rx_opt.rcv_tsval) <= paws_win:
        return True
    if get_seconds() >= rx_opt.ts_recent_stamp + const.TCP_PAWS_24DAYS:
        return True
    return rx_opt.ts_recent == 0


def tcp_paws_reject(rx_opt: TcpOptionsReceived, rst: bool) -> bool:
    """Must a segment be dropped for its timestamp? A reset only within the first minute (MSL)."""
    if tcp_paws_check(rx_opt, 0):
        return False
    return not (rst and get_seconds() >= rx_opt.ts_recent_stamp + const.TCP_PAWS_MSL)
