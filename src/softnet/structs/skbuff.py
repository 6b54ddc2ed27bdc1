"""struct sk_buff: the packet, from the user's buffer to the wire and back.

Linux: include/linux/skbuff.h

An SkBuff is the small part that changes hands; its SkbSharedInfo holds the bytes and may be shared
by clones. Layout of the bytes, as offsets into `head`:

    0          data                  tail          end
    | headroom | linear packet bytes | tailroom    |   + frags (references) + frag_list (skbs)

`len` counts linear part, frags and frag_list; `data_len` the last two. Fragments refer to immutable
`bytes` that somebody else owns; nothing in a fragment is ever written.
Allocation, freeing, cloning and everything that may need more memory is in net/core/skbuff.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.mem as mem
import softnet.kernel.trace as trace

if TYPE_CHECKING:
    from softnet.arch.mem import Mem
    from softnet.structs.dst import DstEntry
    from softnet.structs.netdevice import NetDevice
    from softnet.structs.sock import Sock


class SkbFrag:
    """skb_frag_t: `size` bytes at `off` of `page`, an immutable bytes object."""

    __slots__ = ("next", "off", "page", "ptr", "size")

    next: SkbFrag | None
    page: bytes | None
    ptr: Mem
    off: int
    size: int

    def __init__(self) -> None:
        self.next = None
        self.page = None
        self.off = 0
        self.size = 0


class SkbSharedInfo:
    """struct skb_shared_info and the head it ends: what clones share.

    `head` is never resized, so `ptr` (the same object here, its address in C) stays good.
    """

    __slots__ = (
        "next",
        "head",
        "ptr",
        "end",
        "dataref",
        "nr_frags",
        "frags",
        "frags_tail",
        "frag_list",
        "gso_size",
        "gso_segs",
        "gso_type",
        "tx_flags",
        "hwtstamp",
    )

    next: SkbSharedInfo | None  # on the free list of its size class
    head: bytearray
    ptr: Mem
    end: int
    dataref: int
    nr_frags: int
    frags: SkbFrag | None
    frags_tail: SkbFrag | None
    frag_list: SkBuff | None
    gso_size: int
    gso_segs: int
    gso_type: int
    tx_flags: int  # const.SKBTX_*
    hwtstamp: int  # hwtstamps: ns, 0 while unset

    def __init__(self, head: bytearray) -> None:
        self.next = None
        self.head = head
        self.ptr = mem.addr(head)
        self.end = len(head)
        self.dataref = 1
        self.nr_frags = 0
        self.frags = None
        self.frags_tail = None
        self.frag_list = None
        self.gso_size = 0
        self.gso_segs = 0
        self.gso_type = 0
        self.tx_flags = 0
        self.hwtstamp = 0


class SkbDestructor:
    """skb->destructor: what happens to the owner's accounts when skb leaves it.

    Linux: sock_wfree(), sock_rfree(). One instance per kind; skb.sk is the owner.
    """

    __slots__ = ()

    def destruct(self, skb: SkBuff) -> None:
        """Give skb's truesize back to skb.sk; softirq or task context."""


class SkBuff:
    """struct sk_buff. Whoever is handed one frees it or hands it on."""

    __slots__ = (
        "next",
        "prev",
        "sk",
        "dev",
        "dst",
        "shinfo",
        "ptr",
        "destructor",
        "data",
        "tail",
        "len",
        "data_len",
        "mac_len",
        "hdr_len",
        "mac_header",
        "network_header",
        "transport_header",
        "users",
        "truesize",
        "cloned",
        "nohdr",
        "local_df",
        "peeked",
        "ooo_okay",
        "ip_summed",
        "csum",
        "csum_start",
        "csum_offset",
        "protocol",
        "pkt_type",
        "priority",
        "mark",
        "skb_iif",
        "queue_mapping",
        "rxhash",
        "l4_rxhash",
        "vlan_tci",
        "tc_index",
        "tc_verd",
        "dropcount",
        "tstamp",
        "nfct",
        "nfctinfo",
        "nf_bridge",
        "cb",
        "seq",
        "end_seq",
        "ack_seq",
        "when",
        "tcp_flags",
        "sacked",
        "ip_opt",
        "ip_flags",
        "gro_offset",
        "gro_flush",
        "gro_count",
        "gro_same_flow",
        "gro_free",
        "gro_last",
        "pkt_id",
        "site",
    )

    next: SkBuff | None
    prev: SkBuff | None
    sk: Sock | None
    dev: NetDevice | None
    dst: DstEntry | None  # _skb_refdst
    shinfo: SkbSharedInfo  # None only while on the free list
    ptr: Mem  # shinfo.ptr, one load nearer
    destructor: SkbDestructor | None

    data: int
    tail: int
    len: int
    data_len: int
    mac_len: int
    hdr_len: int  # writable header length of a clone
    mac_header: int  # offsets into head; -1 while unset
    network_header: int
    transport_header: int

    users: int
    truesize: int
    cloned: bool
    nohdr: bool
    local_df: bool
    peeked: bool
    ooo_okay: bool
    ip_summed: int  # CHECKSUM_*
    csum: int  # CHECKSUM_COMPLETE: folded 16-bit or wider sum, host order
    csum_start: int  # CHECKSUM_PARTIAL: offset into head where summing starts
    csum_offset: int  # CHECKSUM_PARTIAL: where to store, from csum_start
    protocol: int
    pkt_type: int
    priority: int
    mark: int
    skb_iif: int
    queue_mapping: int
    rxhash: int
    l4_rxhash: bool  # rxhash covers the ports
    vlan_tci: int
    tc_index: int
    tc_verd: int
    dropcount: int
    tstamp: int  # ns, 0 while unset
    nfct: object
    nfctinfo: int
    nf_bridge: object

    # skb->cb, spelled out: the layer that holds the skb owns these.
    cb: object
    seq: int  # TCP_SKB_CB
    end_seq: int
    ack_seq: int
    when: int
    tcp_flags: int
    sacked: int
    ip_opt: object  # IPCB(skb)->opt: IpOptions or None
    ip_flags: int  # IPCB(skb)->flags
    gro_offset: int  # NAPI_GRO_CB: where the next header starts, from data
    gro_flush: int
    gro_count: int
    gro_same_flow: bool
    gro_free: bool  # its data moved into another skb: only the SkBuff is left to free
    gro_last: SkBuff | None  # the end of the frag_list that GRO builds

    pkt_id: int  # for tracing: survives clone, copy, segmentation; 0 until first asked for
    site: object  # the sanitizer's note of who allocated it; None when off

    def __init__(self) -> None:
        self.next = None
        self.prev = None
        self.sk = None
        self.dev = None
        self.dst = None
        self.shinfo = None  # type: ignore[assignment]  # alloc_skb() sets it at once
        self.destructor = None
        self.nfct = None
        self.nf_bridge = None
        self.cb = None
        self.ip_opt = None
        self.gro_last = None
        self.site = None
        self.data = 0
        self.tail = 0
        self.data_len = 0
        self.len = 0
        self.users = 0
        self.truesize = 0
        self.cloned = False
        self.reset_meta()

    def reset_meta(self) -> None:
        """Every scalar that alloc_skb() promises to be zero (or unset), and no reference."""
        self.mac_header = -1
        self.network_header = -1
        self.transport_header = -1
        self.mac_len = 0
        self.hdr_len = 0
        self.ip_summed = 0
        self.csum = 0
        self.csum_start = 0
        self.csum_offset = 0
        self.protocol = 0
        self.pkt_type = 0
        self.priority = 0
        self.mark = 0
        self.skb_iif = 0
        self.queue_mapping = 0
        self.rxhash = 0
        self.vlan_tci = 0
        self.tc_index = 0
        self.tc_verd = 0
        self.dropcount = 0
        self.tstamp = 0
        self.nfctinfo = 0
        self.seq = 0
        self.end_seq = 0
        self.ack_seq = 0
        self.when = 0
        self.tcp_flags = 0
        self.sacked = 0
        self.ip_flags = 0
        self.gro_offset = 0
        self.gro_flush = 0
        self.gro_count = 0
        self.pkt_id = 0
        self.local_df = False
        self.ooo_okay = False
        self.l4_rxhash = False
        self.gro_same_flow = False
        self.gro_free = False
        self.nohdr = False
        self.peeked = False

    def headlen(self) -> int:
        """skb_headlen(): bytes in the linear part."""
        return self.len - self.data_len

    def headroom(self) -> int:
        """skb_headroom(): bytes free in front of data."""
        if trace.skb_headroom.enabled:
            trace.skb_headroom.fire(self)
        return self.data

    def tailroom(self) -> int:
        """skb_tailroom(): bytes free behind tail; 0 when there are fragments."""
        if trace.skb_tailroom.enabled:
            trace.skb_tailroom.fire(self)
        return 0 if self.data_len else self.shinfo.end - self.tail

    def reserve(self, n: int) -> None:
        """skb_reserve(): make n bytes of headroom in a buffer that holds nothing yet."""
        if trace.skb_reserve.enabled:
            trace.skb_reserve.fire(self)
        assert self.len == 0, skb_panic(self, "reserve in a packet that has data")
        assert self.tail + n <= self.shinfo.end, skb_panic(self, "skb_over_panic")
        self.data += n
        self.tail += n

    def put(self, n: int) -> int:
        """skb_put(): use n more bytes at the end; the offset in head where they start."""
        if trace.skb_put.enabled:
            trace.skb_put.fire(self)
        o = self.tail
        assert self.data_len == 0, skb_panic(self, "put behind fragments")
        assert o + n <= self.shinfo.end, skb_panic(self, "skb_over_panic")
        self.tail = o + n
        self.len += n
        return o

    def push(self, n: int) -> int:
        """skb_push(): prepend n bytes; the new data offset."""
        if trace.skb_push.enabled:
            trace.skb_push.fire(self)
        assert n <= self.data, skb_panic(self, "skb_under_panic")
        self.data -= n
        self.len += n
        return self.data

    def pull(self, n: int) -> int:
        """skb_pull(): drop n linear bytes off the front; the new data offset, -1 if too short."""
        if trace.skb_pull.enabled:
            trace.skb_pull.fire(self)
        if n > self.len:
            return -1
        assert n <= self.len - self.data_len, skb_panic(self, "pull past the linear part")
        self.len -= n
        self.data += n
        return self.data

    def reset_mac_header(self) -> None:
        """skb_reset_mac_header()"""
        self.mac_header = self.data

    def reset_network_header(self) -> None:
        """skb_reset_network_header()"""
        self.network_header = self.data

    def reset_transport_header(self) -> None:
        """skb_reset_transport_header()"""
        self.transport_header = self.data

    def shared(self) -> bool:
        """skb_shared(): does anybody else hold this very SkBuff?"""
        return self.users != 1

    def end_offset(self) -> int:
        """skb_end_offset(): the size of the linear area in bytes."""
        return self.shinfo.end

    def head_bytes(self) -> bytes:
        """The linear part, copied out."""
        return mem.tobytes(self.ptr, self.data, self.len - self.data_len)


def skb_panic(skb: SkBuff, what: str) -> str:
    """skb_panic(): what went wrong with skb, for an assertion's message.

    With the sanitizer on (net/core/skb_debug), also where skb was allocated and freed.
    """
    site = "" if skb.site is None else f" {skb.site}"
    if skb.users == 0:
        return f"{what}: freed skb{site}"
    lengths = f"len={skb.len} data_len={skb.data_len} data={skb.data} tail={skb.tail}"
    return f"{what}: skb {lengths} users={skb.users}{site}"


class SkBuffHead:
    """struct sk_buff_head: a queue of skbs, linked through next and prev (None at both ends)."""

    __slots__ = ("first", "last", "qlen")

    first: SkBuff | None
    last: SkBuff | None
    qlen: int

    def __init__(self) -> None:
        self.init()

    def init(self) -> None:
        """skb_queue_head_init()"""
        self.first = None
        self.last = None
        self.qlen = 0

    def queue_tail(self, skb: SkBuff) -> None:
        """__skb_queue_tail()"""
        last = self.last
        assert skb.next is None
        assert skb.prev is None
        skb.prev = last
        if last is None:
            self.first = skb
        else:
            last.next = skb
        self.last = skb
        self.qlen += 1

    def queue_head(self, skb: SkBuff) -> None:
        """__skb_queue_head()"""
        first = self.first
        assert skb.next is None
        assert skb.prev is None
        skb.next = first
        if first is None:
            self.last = skb
        else:
            first.prev = skb
        self.first = skb
        self.qlen += 1

    def queue_after(self, prev: SkBuff, skb: SkBuff) -> None:
        """__skb_queue_after(): link skb right behind prev."""
        nxt = prev.next
        assert skb.next is None
        assert skb.prev is None
        skb.prev = prev
        skb.next = nxt
        prev.next = skb
        if nxt is None:
            self.last = skb
        else:
            nxt.prev = skb
        self.qlen += 1

    def queue_before(self, nxt: SkBuff, skb: SkBuff) -> None:
        """__skb_queue_before(): link skb right in front of nxt."""
        prev = nxt.prev
        if prev is None:
            self.queue_head(skb)
        else:
            self.queue_after(prev, skb)

    def dequeue(self) -> SkBuff | None:
        """__skb_dequeue(): take the first, None if there is none."""
        skb = self.first
        if skb is not None:
            nxt = skb.next
            self.first = nxt
            if nxt is None:
                self.last = None
            else:
                nxt.prev = None
                skb.next = None
            self.qlen -= 1
        return skb

    def dequeue_tail(self) -> SkBuff | None:
        """__skb_dequeue_tail()"""
        skb = self.last
        if skb is not None:
            self.unlink(skb)
        return skb

    def unlink(self, skb: SkBuff) -> None:
        """__skb_unlink(): take skb, which must be on this queue, out of it."""
        nxt = skb.next
        prev = skb.prev
        if prev is None:
            assert self.first is skb
            self.first = nxt
        else:
            prev.next = nxt
        if nxt is None:
            assert self.last is skb
            self.last = prev
        else:
            nxt.prev = prev
        skb.next = None
        skb.prev = None
        self.qlen -= 1

    def peek(self) -> SkBuff | None:
        """skb_peek()"""
        return self.first

    def peek_tail(self) -> SkBuff | None:
        """skb_peek_tail()"""
        return self.last

    def splice_tail_init(self, other: SkBuffHead) -> None:
        """skb_queue_splice_tail_init(): move all of other to our end and leave it empty."""
        first = other.first
        if first is not None:
            last = self.last
            if last is None:
                self.first = first
            else:
                last.next = first
                first.prev = last
            self.last = other.last
            self.qlen += other.qlen
            other.first = None
            other.last = None
            other.qlen = 0
