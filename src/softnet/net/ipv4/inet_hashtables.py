"""Who gets a segment, and who holds a port: the hash tables of connection-oriented protocols.

Linux: net/ipv4/inet_hashtables.c, include/net/inet_hashtables.h

Three tables: connections by their four addresses (ehash; each bucket has a second chain for
TIME_WAIT mini-sockets), listeners by port, and owners of local ports (bhash). A segment is looked
up among the connections, then in TIME_WAIT, then among the listeners.

Differs from Linux: the tables are a namespace's own, and ehash starts small and doubles as it
fills, so that an idle host costs little; ehash_size is what 3.2 would have allocated.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.tcp as tcp
from softnet.net.core.secure_seq import jhash_3words, secure_ipv4_port_ephemeral
from softnet.net.core.sock import sock_prot_inuse_add
from softnet.net.core.sock_reuseport import next_pseudo_random32, reuseport_takes
from softnet.structs.inet_connection_sock import InetBindBucket, InetConnectionSock
from softnet.structs.inet_timewait_sock import InetTimewaitSock
from softnet.structs.sock import Sock

INET_LHTABLE_SIZE = 32
EHASH_START = 16  # buckets
EADDRNOTAVAIL = 99


class InetHashinfo:
    """struct inet_hashinfo"""

    __slots__ = (
        "ehash",
        "twhash",
        "ehash_mask",
        "ehash_count",
        "tw_count",
        "ehash_size",
        "listening_hash",
        "bhash",
        "secret",
        "port_key0",
        "port_key1",
        "port_hint",
    )

    ehash: list[Sock | None]
    twhash: list[InetTimewaitSock | None]
    ehash_mask: int
    ehash_count: int  # connections
    tw_count: int  # mini-sockets
    ehash_size: int  # buckets of the real 3.2, from the RAM: other limits follow from it
    listening_hash: list[Sock | None]
    bhash: dict[int, InetBindBucket]
    secret: int
    port_key0: int
    port_key1: int
    port_hint: int  # goes on with every port that a connect() took

    def __init__(self, ehash_size: int, secret: int, port_key0: int, port_key1: int) -> None:
        self.ehash = [None] * EHASH_START
        self.twhash = [None] * EHASH_START
        self.ehash_mask = EHASH_START - 1
        self.ehash_count = 0
        self.tw_count = 0
        self.ehash_size = ehash_size
        self.listening_hash = [None] * INET_LHTABLE_SIZE
        self.bhash = {}
        self.secret = secret
        self.port_key0 = port_key0
        self.port_key1 = port_key1
        self.port_hint = 0

    def twsk_unique(self, sk: InetConnectionSock, tw: InetTimewaitSock, connecting: bool) -> bool:
        """May sk take over the addresses of tw? connecting: the port was not asked for."""
        return False

    def twsk_deschedule(self, tw: InetTimewaitSock) -> None:
        """inet_twsk_deschedule(): tw ends now."""


def inet_ehashfn(hinfo: InetHashinfo, laddr: int, lport: int, faddr: int, fport: int) -> int:
    """The 32-bit hash of a connection's addresses."""
    return jhash_3words(laddr, faddr, lport << 16 | fport, hinfo.secret)


def inet_lookup_established(
    hinfo: InetHashinfo, saddr: int, sport: int, daddr: int, hnum: int, dif: int
) -> InetConnectionSock | None:
    """__inet_lookup_established(): the connection that a segment saddr:sport -> daddr:hnum is of.

    dif: index of the device it came by. No reference is taken.
    """
    hash = jhash_3words(daddr, saddr, hnum << 16 | sport, hinfo.secret)
    sk = hinfo.ehash[hash & hinfo.ehash_mask]
    while sk is not None:
        if sk.sk_hash == hash:
            icsk = sk
            assert isinstance(icsk, InetConnectionSock)
            if inet_match(icsk, saddr, sport, daddr, hnum, dif):
                return icsk
        sk = sk.sk_next
    return None


def inet_match(
    icsk: InetConnectionSock, saddr: int, sport: int, daddr: int, hnum: int, dif: int
) -> bool:
    """INET_MATCH()"""
    return (
        icsk.inet_daddr == saddr
        and icsk.inet_dport == sport
        and icsk.inet_rcv_saddr == daddr
        and icsk.inet_num == hnum
        and (icsk.sk_bound_dev_if == 0 or icsk.sk_bound_dev_if == dif)
    )


def inet_lookup_timewait(
    hinfo: InetHashinfo, saddr: int, sport: int, daddr: int, hnum: int, dif: int
) -> InetTimewaitSock | None:
    """The same among the mini-sockets."""
    if hinfo.tw_count == 0:
        return None
    hash = jhash_3words(daddr, saddr, hnum << 16 | sport, hinfo.secret)
    tw = hinfo.twhash[hash & hinfo.ehash_mask]
    while tw is not None:
        if tw.tw_hash == hash and inet_tw_match(tw, saddr, sport, daddr, hnum, dif):
            return tw
        tw = tw.tw_next
    return None


def inet_tw_match(
    tw: InetTimewaitSock, saddr: int, sport: int, daddr: int, hnum: int, dif: int
) -> bool:
    """INET_TW_MATCH()"""
    return (
        tw.tw_daddr == saddr
        and tw.tw_dport == sport
        and tw.tw_rcv_saddr == daddr
        and tw.tw_num == hnum
        and (tw.tw_bound_dev_if == 0 or tw.tw_bound_dev_if == dif)
    )


def inet_lookup_listener(
    hinfo: InetHashinfo, saddr: int, sport: int, daddr: int, hnum: int, dif: int
) -> InetConnectionSock | None:
    """__inet_lookup_listener(): the listener that fits best; bound addresses and devices count.

    Of several that share the port by SO_REUSEPORT one is chosen by the peer, saddr:sport.
    """
    best = None
    hiscore = -1
    matches = 0  # equals so far, if the best said SO_REUSEPORT
    phash = 0
    sk = hinfo.listening_hash[hnum & (INET_LHTABLE_SIZE - 1)]
    while sk is not None:
        icsk = sk
        assert isinstance(icsk, InetConnectionSock)
        score = inet_listener_score(icsk, daddr, hnum, dif)
        if score > hiscore:
            best = icsk
            hiscore = score
            matches = 0
            if icsk.sk_reuseport:
                phash = inet_ehashfn(hinfo, daddr, hnum, saddr, sport)
                matches = 1
        elif matches and score == hiscore:
            matches += 1
            if reuseport_takes(phash, matches):
                best = icsk
            phash = next_pseudo_random32(phash)
        sk = sk.sk_next
    return best


def inet_listener_score(icsk: InetConnectionSock, daddr: int, hnum: int, dif: int) -> int:
    """compute_score(): -1 if icsk does not want it."""
    if icsk.inet_num != hnum:
        return -1
    score = 1 if icsk.sk_family == 2 else 0  # an AF_INET listener goes before an IPv6 one
    if icsk.inet_rcv_saddr:
        if icsk.inet_rcv_saddr != daddr:
            return -1
        score += 2
    if icsk.sk_bound_dev_if:
        if icsk.sk_bound_dev_if != dif:
            return -1
        score += 2
    return score


# ---- in and out of the tables


def inet_hash_nolisten(hinfo: InetHashinfo, sk: InetConnectionSock) -> None:
    """__inet_hash_nolisten(): make the connection sk findable."""
    assert sk.icsk_hashed == const.ICSK_HASHED_NOT
    hash = inet_ehashfn(hinfo, sk.inet_rcv_saddr, sk.inet_num, sk.inet_daddr, sk.inet_dport)
    sk.sk_hash = hash
    if hinfo.ehash_count + hinfo.tw_count > hinfo.ehash_mask:
        inet_ehash_grow(hinfo)
    inet_chain_add(hinfo.ehash, hash & hinfo.ehash_mask, sk)
    sk.icsk_hashed = const.ICSK_HASHED_CONNECTION
    sock_prot_inuse_add(sk.sk_net, sk.sk_prot, 1)
    hinfo.ehash_count += 1


def inet_hash(hinfo: InetHashinfo, sk: InetConnectionSock) -> None:
    """inet_hash(): make sk findable, whatever it is; not for a closed one."""
    if sk.sk_state == tcp.TCP_CLOSE:
        return
    if sk.sk_state != tcp.TCP_LISTEN:
        inet_hash_nolisten(hinfo, sk)
        return
    assert sk.icsk_hashed == const.ICSK_HASHED_NOT
    sk.sk_hash = sk.inet_num & (INET_LHTABLE_SIZE - 1)
    inet_chain_add(hinfo.listening_hash, sk.sk_hash, sk)
    sk.icsk_hashed = const.ICSK_HASHED_LISTENER
    sock_prot_inuse_add(sk.sk_net, sk.sk_prot, 1)


def inet_unhash(hinfo: InetHashinfo, sk: InetConnectionSock) -> bool:
    """inet_unhash(): no segment finds sk any more; False if none did before."""
    if sk.icsk_hashed == const.ICSK_HASHED_NOT:
        return False
    if sk.icsk_hashed == const.ICSK_HASHED_LISTENER:
        inet_chain_del(hinfo.listening_hash, sk.sk_hash, sk)
    else:
        inet_chain_del(hinfo.ehash, sk.sk_hash & hinfo.ehash_mask, sk)
        hinfo.ehash_count -= 1
    sk.icsk_hashed = const.ICSK_HASHED_NOT
    sock_prot_inuse_add(sk.sk_net, sk.sk_prot, -1)
    return True


def inet_chain_add(table: list[Sock | None], slot: int, sk: Sock) -> None:
    """Put sk at the head of a chain."""
    head = table[slot]
    sk.sk_next = head
    sk.sk_pprev = None
    if head is not None:
        head.sk_pprev = sk
    table[slot] = sk


def inet_chain_del(table: list[Sock | None], slot: int, sk: Sock) -> None:
    """Take sk out of its chain."""
    nxt = sk.sk_next
    prev = sk.sk_pprev
    if prev is None:
        assert table[slot] is sk
        table[slot] = nxt
    else:
        prev.sk_next = nxt
    if nxt is not None:
        nxt.sk_pprev = prev
    sk.sk_next = None
    sk.sk_pprev = None


def inet_ehash_grow(hinfo: InetHashinfo) -> None:
    """Double ehash. Each chain keeps its order."""
    size = (hinfo.ehash_mask + 1) * 2
    old, old_tw = hinfo.ehash, hinfo.twhash
    new: list[Sock | None] = [None] * size
    new_tw: list[InetTimewaitSock | None] = [None] * size
    for slot in range(size >> 1):
        socks = []
        sk = old[slot]
        while sk is not None:
            socks.append(sk)
            sk = sk.sk_next
        for sk in reversed(socks):
            inet_chain_add(new, sk.sk_hash & (size - 1), sk)
        tws = []
        tw = old_tw[slot]
        while tw is not None:
            tws.append(tw)
            tw = tw.tw_next
        for tw in reversed(tws):
            inet_tw_chain_add(new_tw, tw.tw_hash & (size - 1), tw)
    hinfo.ehash, hinfo.twhash = new, new_tw
    hinfo.ehash_mask = size - 1


def inet_tw_chain_add(
    table: list[InetTimewaitSock | None], slot: int, tw: InetTimewaitSock
) -> None:
    """Put tw at the head of a bucket's second chain."""
    head = table[slot]
    tw.tw_next = head
    tw.tw_prev = None
    if head is not None:
        head.tw_prev = tw
    table[slot] = tw


def inet_twsk_hash(hinfo: InetHashinfo, tw: InetTimewaitSock) -> None:
    """Make the mini-socket tw, whose tw_hash is set, findable."""
    if hinfo.ehash_count + hinfo.tw_count > hinfo.ehash_mask:
        inet_ehash_grow(hinfo)
    inet_tw_chain_add(hinfo.twhash, tw.tw_hash & hinfo.ehash_mask, tw)
    hinfo.tw_count += 1


def inet_twsk_unhash(hinfo: InetHashinfo, tw: InetTimewaitSock) -> bool:
    """inet_twsk_unhash(): False if tw was not hashed."""
    slot = tw.tw_hash & hinfo.ehash_mask
    nxt = tw.tw_next
    prev = tw.tw_prev
    if prev is None:
        if hinfo.twhash[slot] is not tw:
            return False
        hinfo.twhash[slot] = nxt
    else:
        prev.tw_next = nxt
    if nxt is not None:
        nxt.tw_prev = prev
    tw.tw_next = None
    tw.tw_prev = None
    hinfo.tw_count -= 1
    return True


# ---- local ports


def inet_bind_bucket_create(hinfo: InetHashinfo, port: int) -> InetBindBucket:
    """A bucket for port, which has none."""
    assert port not in hinfo.bhash
    tb = InetBindBucket(port)
    hinfo.bhash[port] = tb
    return tb


def inet_bind_bucket_destroy(hinfo: InetHashinfo, tb: InetBindBucket) -> None:
    """Drop tb if nobody owns its port any more."""
    if tb.owners is None and tb.tw_owners is None:
        del hinfo.bhash[tb.port]


def inet_bind_hash(sk: InetConnectionSock, tb: InetBindBucket, snum: int) -> None:
    """inet_bind_hash(): sk becomes an owner of local port snum."""
    sk.inet_num = snum
    head = tb.owners
    sk.sk_bind_next = head
    sk.sk_bind_prev = None
    if head is not None:
        head.sk_bind_prev = sk
    tb.owners = sk
    tb.num_owners += 1
    sk.icsk_bind_hash = tb


def inet_put_port(hinfo: InetHashinfo, sk: InetConnectionSock) -> None:
    """inet_put_port(): sk gives its local port up."""
    tb = sk.icsk_bind_hash
    if tb is None:
        return
    nxt = sk.sk_bind_next
    prev = sk.sk_bind_prev
    if prev is None:
        assert tb.owners is sk
        tb.owners = nxt
    else:
        prev.sk_bind_next = nxt
    if nxt is not None:
        nxt.sk_bind_prev = prev
    sk.sk_bind_next = None
    sk.sk_bind_prev = None
    tb.num_owners -= 1
    sk.icsk_bind_hash = None
    sk.inet_num = 0
    inet_bind_bucket_destroy(hinfo, tb)


def inet_inherit_port(
    hinfo: InetHashinfo, sk: InetConnectionSock, child: InetConnectionSock
) -> None:
    """__inet_inherit_port(): child, accepted from listener sk, shares its port.

    With a transparent proxy the two ports differ, and child owns its own.
    """
    port = child.inet_num
    tb = sk.icsk_bind_hash
    assert tb is not None
    if tb.port != port:
        other = hinfo.bhash.get(port)
        tb = other if other is not None else inet_bind_bucket_create(hinfo, port)
    inet_bind_hash(child, tb, port)


def inet_twsk_bind(tb: InetBindBucket, tw: InetTimewaitSock) -> None:
    """tw becomes an owner of tb's port."""
    head = tb.tw_owners
    tw.tw_bind_next = head
    tw.tw_bind_prev = None
    if head is not None:
        head.tw_bind_prev = tw
    tb.tw_owners = tw
    tb.num_owners += 1
    tw.tw_tb = tb


def inet_twsk_bind_unhash(hinfo: InetHashinfo, tw: InetTimewaitSock) -> bool:
    """inet_twsk_bind_unhash(): tw gives its port up; False if it had none."""
    tb = tw.tw_tb
    if tb is None:
        return False
    nxt = tw.tw_bind_next
    prev = tw.tw_bind_prev
    if prev is None:
        assert tb.tw_owners is tw
        tb.tw_owners = nxt
    else:
        prev.tw_bind_next = nxt
    if nxt is not None:
        nxt.tw_bind_prev = prev
    tw.tw_bind_next = None
    tw.tw_bind_prev = None
    tb.num_owners -= 1
    tw.tw_tb = None
    inet_bind_bucket_destroy(hinfo, tb)
    return True


# ---- connect()


def inet_hash_connect(hinfo: InetHashinfo, sk: InetConnectionSock) -> int:
    """inet_hash_connect(): give sk a local port if it has none, and make it findable.

    0, or -EADDRNOTAVAIL when no port, or not the bound one, makes the four addresses unique.
    """
    if sk.inet_num == 0:
        return inet_hash_connect_any(hinfo, sk)
    tb = sk.icsk_bind_hash
    assert tb is not None
    if tb.owners is sk and sk.sk_bind_next is None and tb.tw_owners is None:
        inet_hash_nolisten(hinfo, sk)
        return 0
    tw = inet_check_established(hinfo, sk, sk.inet_num, False)
    if sk.icsk_hashed == const.ICSK_HASHED_NOT:
        return -EADDRNOTAVAIL
    if tw is not None:
        hinfo.twsk_deschedule(tw)
    return 0


def inet_hash_connect_any(hinfo: InetHashinfo, sk: InetConnectionSock) -> int:
    """The port search of __inet_hash_connect(): RFC 6056 3.3.3 in the way of 3.2.

    A port whose owners all got it by connect() may be shared if the four addresses stay unique;
    one that somebody bound is passed over.
    """
    v4 = sk.sk_net.ipv4
    low = v4.local_port_low
    remaining = v4.local_port_high - low + 1
    offset = hinfo.port_hint + secure_ipv4_port_ephemeral(
        hinfo.port_key0, hinfo.port_key1, sk.inet_rcv_saddr, sk.inet_daddr, sk.inet_dport
    )
    reserved = v4.reserved_ports
    for i in range(1, remaining + 1):
        port = low + (i + offset) % remaining
        if port in reserved:
            continue
        tw = None
        tb = hinfo.bhash.get(port)
        if tb is None:
            tb = inet_bind_bucket_create(hinfo, port)
            tb.fastreuse = -1
            sk.inet_num = port
            sk.inet_sport = port
            inet_hash_nolisten(hinfo, sk)
        elif tb.fastreuse >= 0:
            continue
        else:
            tw = inet_check_established(hinfo, sk, port, True)
            if sk.icsk_hashed == const.ICSK_HASHED_NOT:
                continue
        hinfo.port_hint += i
        inet_bind_hash(sk, tb, port)
        if tw is not None:
            inet_twsk_bind_unhash(hinfo, tw)
            hinfo.twsk_deschedule(tw)
        return 0
    return -EADDRNOTAVAIL


def inet_check_established(
    hinfo: InetHashinfo, sk: InetConnectionSock, lport: int, connecting: bool
) -> InetTimewaitSock | None:
    """__inet_check_established(): hash sk with local port lport if its four addresses are free.

    Success shows in sk.icsk_hashed. What is returned is the mini-socket that had to make room:
    it is out of the connection table; the caller ends it.
    """
    daddr, saddr, dport = sk.inet_rcv_saddr, sk.inet_daddr, sk.inet_dport
    dif = sk.sk_bound_dev_if
    if inet_lookup_established(hinfo, saddr, dport, daddr, lport, dif) is not None:
        return None
    tw = inet_lookup_timewait(hinfo, saddr, dport, daddr, lport, dif)
    if tw is not None and not hinfo.twsk_unique(sk, tw, connecting):
        return None
    sk.inet_num = lport
    sk.inet_sport = lport
    if tw is not None:
        inet_twsk_unhash(hinfo, tw)
    inet_hash_nolisten(hinfo, sk)
    return tw
