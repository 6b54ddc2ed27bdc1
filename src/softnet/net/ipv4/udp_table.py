"""Which UDP socket owns a port, and which one a datagram is for.

Linux: udp_lib_get_port() to __udp4_lib_lookup() in net/ipv4/udp.c, include/net/udp.h

Two tables of chains: by local port, and by local address and port. Ports are chosen and unicasts looked
up in whichever chain is shorter. UDP and UDP-Lite have a table each, every namespace its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.socket as socket_
from softnet.net.core.secure_seq import jhash_3words
from softnet.net.core.sock import sock_prot_inuse_add
from softnet.net.core.sock_reuseport import (
    next_pseudo_random32,
    reuseport_shares,
    reuseport_takes,
)
from softnet.net.ipv4.inet_hashtables import InetHashinfo
from softnet.net.ipv4.udp_sock import UdpSock

if TYPE_CHECKING:
    from softnet.structs.net_namespace import Net, SnmpMib

UDP_HTABLE_SIZE_MIN = 256
UDP_HTABLE_SIZE_MAX = 64 * 1024
UDP_HTABLE_SCALE = 21  # one slot for each 2 MB of memory
CHAIN_LONG = 10  # sockets in a port's chain from which on the second table may be shorter
SCORE2_MAX = 7  # family, and peer's address, port and device match


class UdpTable:
    """struct udp_table: heads and lengths of the chains; made when the first socket binds."""

    __slots__ = ("log", "mask", "hash", "count", "hash2", "count2", "secret")

    mask: int
    log: int
    hash: list[UdpSock | None]
    count: list[int]
    hash2: list[UdpSock | None]
    count2: list[int]
    secret: int  # of the hash that chooses among SO_REUSEPORT sockets

    def __init__(self, ram: int) -> None:
        size = UDP_HTABLE_SIZE_MIN
        while size < ram >> UDP_HTABLE_SCALE and size < UDP_HTABLE_SIZE_MAX:
            size <<= 1
        self.mask = size - 1
        self.log = size.bit_length() - 1
        self.hash = []
        self.count = []
        self.hash2 = []
        self.count2 = []
        self.secret = 0

    def grow(self) -> None:
        """Make the chains."""
        self.hash = [None] * (self.mask + 1)
        self.count = [0] * (self.mask + 1)
        self.hash2 = [None] * (self.mask + 1)
        self.count2 = [0] * (self.mask + 1)


def udp_table_of(sk: UdpSock) -> UdpTable:
    """The table of sk's protocol in sk's namespace."""
    ipv4 = sk.sk_net.ipv4
    table = ipv4.udplite_table if sk.pcflag else ipv4.udp_table
    assert isinstance(table, UdpTable)
    if not table.hash:
        table.grow()
    return table


def udp4_portaddr_hash(saddr: int, port: int) -> int:
    """udp4_portaddr_hash(): where (address, port) is in the second table, before masking."""
    h = mem.u32((saddr ^ saddr >> 15) * 0x2C1B3C6D)
    h = mem.u32((h ^ h >> 12) * 0x297A2D39)
    return (h ^ h >> 15) ^ port


def udp_v4_get_port(sk: UdpSock, snum: int) -> int:
    """udp_v4_get_port(): bind sk to port snum, a free one for 0; 0, or 1 if it cannot be."""
    partial = udp4_portaddr_hash(sk.inet_rcv_saddr, 0)
    sk.udp_portaddr_hash = partial
    return udp_lib_get_port(sk, snum)


def udp_lib_get_port(sk: UdpSock, snum: int) -> int:
    """udp_lib_get_port()"""
    if trace.udp_lib_get_port.enabled:
        trace.udp_lib_get_port.fire(sk)
    table = udp_table_of(sk)
    if sk.sk_reuseport:
        table.secret = udp_reuseport_secret(sk.sk_net)
    if snum == 0:
        snum = udp_choose_port(sk, table)
        if snum == 0:
            return 1
    elif udp_lport_inuse(sk, table, snum):
        return 1
    sk.inet_num = snum
    sk.udp_port_hash = snum
    sk.udp_portaddr_hash ^= snum
    if not sk.hashed:
        udp_link(sk, table)
        sock_prot_inuse_add(sk.sk_net, sk.sk_prot, 1)
    return 0


def udp_reuseport_secret(net: Net) -> int:
    """TCP's, as Linux has one for both."""
    hinfo = net.ipv4.tcp_hashinfo
    assert isinstance(hinfo, InetHashinfo)
    return hinfo.secret


def udp_choose_port(sk: UdpSock, table: UdpTable) -> int:
    """A free port of ip_local_port_range, 0 if there is none.

    A random start; then steps of an odd multiple of the table's size, which stay in one chain and
    meet all its ports; then the next chain.
    """
    net = sk.sk_net
    low = net.ipv4.local_port_low
    high = net.ipv4.local_port_high
    size = table.mask + 1
    remaining = high - low + 1
    rand = net.rand.u32()
    first = (rand * remaining >> 32) + low
    step = (rand | 1) * size & 0xFFFF
    for start in range(first, first + size):
        used = udp_ports_inuse(sk, table, start & table.mask)
        port = start & 0xFFFF
        begin = port
        while True:
            if low <= port <= high and port not in used and port not in net.ipv4.reserved_ports:
                return port
            port = (port + step) & 0xFFFF
            if port == begin:
                break
    return 0


def udp_conflict(sk: UdpSock, other: UdpSock) -> bool:
    """May sk and other not share a port? Both with SO_REUSEADDR, on different devices, with
    different addresses, or by SO_REUSEPORT they may."""
    return (
        other is not sk
        and not (other.sk_reuse and sk.sk_reuse)
        and not (sk.sk_reuseport and reuseport_shares(sk, other))
        and (
            not other.sk_bound_dev_if
            or not sk.sk_bound_dev_if
            or other.sk_bound_dev_if == sk.sk_bound_dev_if
        )
        and ipv4_rcv_saddr_equal(sk, other)
    )


def ipv4_rcv_saddr_equal(sk: UdpSock, other: UdpSock) -> bool:
    """ipv4_rcv_saddr_equal(): do they listen on a common IPv4 address?"""
    return not other.ipv6only and (
        not sk.inet_rcv_saddr
        or not other.inet_rcv_saddr
        or sk.inet_rcv_saddr == other.inet_rcv_saddr
    )


def udp_ports_inuse(sk: UdpSock, table: UdpTable, slot: int) -> set[int]:
    """udp_lib_lport_inuse() with a bitmap: the ports of a chain that sk may not have."""
    used: set[int] = set()
    other = table.hash[slot]
    while other is not None:
        if udp_conflict(sk, other):
            used.add(other.udp_port_hash)
        nxt = other.sk_next
        assert nxt is None or isinstance(nxt, UdpSock)
        other = nxt
    return used


def udp_lport_inuse(sk: UdpSock, table: UdpTable, num: int) -> bool:
    """udp_lib_lport_inuse(): is num taken for sk? Looks through the shorter chains."""
    slot = num & table.mask
    length = table.count[slot]
    if length > CHAIN_LONG:
        any_slot = (udp4_portaddr_hash(0, 0) ^ num) & table.mask
        own_slot = (sk.udp_portaddr_hash ^ num) & table.mask
        if sk.inet_rcv_saddr and table.count2[any_slot] + table.count2[own_slot] < length:
            return udp_chain2_inuse(sk, table, any_slot, num) or (
                own_slot != any_slot and udp_chain2_inuse(sk, table, own_slot, num)
            )
    other = table.hash[slot]
    while other is not None:
        if other.udp_port_hash == num and udp_conflict(sk, other):
            return True
        nxt = other.sk_next
        assert nxt is None or isinstance(nxt, UdpSock)
        other = nxt
    return False


def udp_chain2_inuse(sk: UdpSock, table: UdpTable, slot2: int, num: int) -> bool:
    """udp_lib_lport_inuse2(): the same in a chain of the second table."""
    other = table.hash2[slot2]
    while other is not None:
        if other.udp_port_hash == num and udp_conflict(sk, other):
            return True
        other = other.udp_portaddr_next
    return False


def udp_link(sk: UdpSock, table: UdpTable) -> None:
    """Put sk at the head of its two chains."""
    slot = sk.udp_port_hash & table.mask
    sk.sk_next = table.hash[slot]
    table.hash[slot] = sk
    table.count[slot] += 1
    sk.hashed = True
    udp_link2(sk, table)


def udp_link2(sk: UdpSock, table: UdpTable) -> None:
    """Put sk at the head of its chain in the second table."""
    slot2 = sk.udp_portaddr_hash & table.mask
    sk.udp_portaddr_next = table.hash2[slot2]
    table.hash2[slot2] = sk
    table.count2[slot2] += 1


def udp_unlink2(sk: UdpSock, table: UdpTable) -> None:
    """Take sk out of its chain in the second table."""
    slot2 = sk.udp_portaddr_hash & table.mask
    other = table.hash2[slot2]
    if other is sk:
        table.hash2[slot2] = sk.udp_portaddr_next
    else:
        while other is not None and other.udp_portaddr_next is not sk:
            other = other.udp_portaddr_next
        assert other is not None
        other.udp_portaddr_next = sk.udp_portaddr_next
    sk.udp_portaddr_next = None
    table.count2[slot2] -= 1


def udp_lib_unhash(sk: UdpSock) -> None:
    """udp_lib_unhash(): nobody finds sk any more."""
    if not sk.hashed:
        return
    table = udp_table_of(sk)
    slot = sk.udp_port_hash & table.mask
    other = table.hash[slot]
    if other is sk:
        nxt = sk.sk_next
        assert nxt is None or isinstance(nxt, UdpSock)
        table.hash[slot] = nxt
    else:
        while other is not None and other.sk_next is not sk:
            nxt = other.sk_next
            assert nxt is None or isinstance(nxt, UdpSock)
            other = nxt
        assert other is not None
        other.sk_next = sk.sk_next
    sk.sk_next = None
    table.count[slot] -= 1
    udp_unlink2(sk, table)
    sk.hashed = False
    sk.inet_num = 0
    sock_prot_inuse_add(sk.sk_net, sk.sk_prot, -1)


def udp_v4_rehash(sk: UdpSock) -> None:
    """udp_v4_rehash(): sk's local address changed."""
    new = udp4_portaddr_hash(sk.inet_rcv_saddr, sk.inet_num)
    if sk.hashed and new != sk.udp_portaddr_hash:
        table = udp_table_of(sk)
        udp_unlink2(sk, table)
        sk.udp_portaddr_hash = new
        udp_link2(sk, table)


def compute_score(sk: UdpSock, saddr: int, hnum: int, sport: int, daddr: int, dif: int) -> int:
    """compute_score(): how well sk fits a datagram; -1 not at all. Addresses of the datagram."""
    if sk.udp_port_hash != hnum or sk.ipv6only:
        return -1
    score = 1 if sk.sk_family == socket_.AF_INET else 0
    if sk.inet_rcv_saddr:
        if sk.inet_rcv_saddr != daddr:
            return -1
        score += 2
    if sk.inet_daddr:
        if sk.inet_daddr != saddr:
            return -1
        score += 2
    if sk.inet_dport:
        if sk.inet_dport != sport:
            return -1
        score += 2
    if sk.sk_bound_dev_if:
        if sk.sk_bound_dev_if != dif:
            return -1
        score += 2
    return score


def compute_score2(sk: UdpSock, saddr: int, sport: int, daddr: int, hnum: int, dif: int) -> int:
    """compute_score2(): the same for sockets whose own address is daddr exactly."""
    if sk.udp_port_hash != hnum or sk.inet_rcv_saddr != daddr or sk.ipv6only:
        return -1
    score = 1 if sk.sk_family == socket_.AF_INET else 0
    if sk.inet_daddr:
        if sk.inet_daddr != saddr:
            return -1
        score += 2
    if sk.inet_dport:
        if sk.inet_dport != sport:
            return -1
        score += 2
    if sk.sk_bound_dev_if:
        if sk.sk_bound_dev_if != dif:
            return -1
        score += 2
    return score


def udp4_lib_lookup(
    table: UdpTable, saddr: int, sport: int, daddr: int, hnum: int, dif: int
) -> UdpSock | None:
    """__udp4_lib_lookup(): the socket that a unicast from saddr:sport to daddr:hnum is for."""
    if trace.udp4_lib_lookup.enabled:
        trace.udp4_lib_lookup.fire(table)
    if not table.hash:
        return None
    slot = hnum & table.mask
    length = table.count[slot]
    if length > CHAIN_LONG:
        slot2 = udp4_portaddr_hash(daddr, hnum) & table.mask
        if table.count2[slot2] <= length:
            found = udp4_lib_lookup2(table, saddr, sport, daddr, hnum, dif, slot2)
            if found is not None:
                return found
            slot2 = udp4_portaddr_hash(0, hnum) & table.mask
            if table.count2[slot2] <= length:
                return udp4_lib_lookup2(table, saddr, sport, 0, hnum, dif, slot2)
    best: UdpSock | None = None
    badness = -1
    matches = 0  # equals so far, if the best said SO_REUSEPORT
    phash = 0
    sk = table.hash[slot]
    while sk is not None:
        score = compute_score(sk, saddr, hnum, sport, daddr, dif)
        if score > badness:
            best = sk
            badness = score
            matches = 0
            if sk.sk_reuseport:
                phash = jhash_3words(daddr, saddr, hnum << 16 | sport, table.secret)
                matches = 1
        elif matches and score == badness:
            matches += 1
            if reuseport_takes(phash, matches):
                best = sk
            phash = next_pseudo_random32(phash)
        nxt = sk.sk_next
        assert nxt is None or isinstance(nxt, UdpSock)
        sk = nxt
    return best


def udp4_lib_lookup2(
    table: UdpTable, saddr: int, sport: int, daddr: int, hnum: int, dif: int, slot2: int
) -> UdpSock | None:
    """udp4_lib_lookup2(): the same in one chain of the second table."""
    best: UdpSock | None = None
    badness = -1
    matches = 0
    phash = 0
    sk = table.hash2[slot2]
    while sk is not None:
        score = compute_score2(sk, saddr, sport, daddr, hnum, dif)
        if score > badness:
            best = sk
            badness = score
            matches = 0
            if sk.sk_reuseport:
                phash = jhash_3words(daddr, saddr, hnum << 16 | sport, table.secret)
                matches = 1
            elif score == SCORE2_MAX:
                break
        elif matches and score == badness:
            matches += 1
            if reuseport_takes(phash, matches):
                best = sk
            phash = next_pseudo_random32(phash)
        sk = sk.udp_portaddr_next
    return best


def udp_mib(sk: UdpSock) -> SnmpMib:
    """UDP's counters, or UDP-Lite's."""
    return sk.sk_net.mib.udplite if sk.pcflag else sk.sk_net.mib.udp


def udp_table_net_init(net: Net) -> None:
    """udp_table_init(): empty tables for both protocols."""
    net.ipv4.udp_table = UdpTable(net.machine.memory.size)
    net.ipv4.udplite_table = UdpTable(net.machine.memory.size)
