"""How /proc/net shows datagram sockets.

Linux: udp4_format_sock() in net/ipv4/udp.c, raw_sock_seq_show(), ping_format_sock()
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from softnet.net.core.sock import sk_wmem_alloc_get

if TYPE_CHECKING:
    from softnet.structs.inet_sock import InetSock

SOCK_SEQ_HEADER = (
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt"
    "   uid  timeout inode ref pointer drops"
)


def format_inet_sock(sk: InetSock, slot: str, dport: int, sport: int) -> str:
    """One row of /proc/net/udp, udplite, raw or icmp, from the slot number to the drops.

    The pointer is zeros, as kptr_restrict has it.
    """
    src = swab32(sk.inet_rcv_saddr)
    dst = swab32(sk.inet_daddr)
    return (
        f"{slot}: {src:08X}:{sport:04X} {dst:08X}:{dport:04X}"
        f" {sk.sk_state:02X} {sk_wmem_alloc_get(sk):08X}:{sk.sk_rmem_alloc:08X}"
        f" 00:00000000 00000000 {sk.sk_uid:5d} {0:8d} {sk.sk_ino}"
        f" {sk.sk_refcnt} {0:016x} {sk.sk_drops}"
    )


def swab32(addr: int) -> int:
    """An address as x86 reads its four bytes: that is how /proc prints them."""
    return int.from_bytes(addr.to_bytes(4, "big"), "little")
