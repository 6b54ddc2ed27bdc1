"""The life of an sk_buff: sizes, counts, clones, owners, free lists."""

from __future__ import annotations

import threading

import pytest

import softnet.arch.const as const
from softnet.net.core.skbuff import (
    alloc_skb,
    build_skb,
    consume_skb,
    dev_alloc_skb,
    kfree_skb,
    netdev_alloc_skb_ip_align,
    nf_reset,
    pskb_expand_head,
    skb_clone,
    skb_cloned,
    skb_fill_page_desc,
    skb_get,
    skb_header_cloned,
    skb_header_release,
    skb_id,
    skb_morph,
    skb_number_packets,
    skb_orphan,
    skb_queue_purge,
    skb_share_check,
    skb_tobytes,
)
from softnet.structs.skbuff import SkbDestructor, SkBuff, SkBuffHead
from tests.kit.skbs import add_frag_list, make_skb, write

pytestmark = pytest.mark.usefixtures("skb_debug")


@pytest.mark.parametrize(
    ("size", "room", "truesize"),
    [
        (0, 128, 768),
        (128, 128, 768),
        (129, 640, 1280),
        (640, 640, 1280),
        (641, 1664, 2304),
        (1664, 1664, 2304),
        (1665, 3712, 4352),
        (3713, 7808, 8448),
        (16436, 32384, 33024),
    ],
)
def test_heads_have_the_sizes_of_kmalloc(size: int, room: int, truesize: int) -> None:
    skb = alloc_skb(size)
    assert (skb.end_offset(), skb.truesize) == (room, truesize)
    assert (skb.len, skb.data_len, skb.headroom(), skb.tailroom()) == (0, 0, 0, room)
    kfree_skb(skb)


def test_a_fresh_skb_has_nothing_of_an_earlier_one() -> None:
    skb = make_skb(b"abc", b"frag", room=20)
    skb.mark = 7
    skb.protocol = 0x800
    skb.mac_header = 3
    skb.cb = "mine"
    skb.cloned = True
    skb.shinfo.gso_size = 1460
    kfree_skb(skb)
    fresh = alloc_skb(100)
    assert (fresh.len, fresh.mark, fresh.protocol, fresh.mac_header) == (0, 0, 0, -1)
    assert (fresh.cb, fresh.cloned, fresh.shinfo.gso_size, fresh.shinfo.frags) == (
        None,
        False,
        0,
        None,
    )
    kfree_skb(fresh)


def test_device_skbs_have_headroom() -> None:
    skb = dev_alloc_skb(100)
    assert skb.headroom() == const.NET_SKB_PAD
    aligned = netdev_alloc_skb_ip_align(None, 1514)
    assert aligned.headroom() == const.NET_SKB_PAD + const.NET_IP_ALIGN
    assert aligned.tailroom() >= 1514
    kfree_skb(skb)
    kfree_skb(aligned)


def test_build_skb_takes_the_buffer_as_it_is() -> None:
    head = bytearray(b"....payload")
    skb = build_skb(head)
    skb.reserve(4)
    skb.put(7)
    assert skb_tobytes(skb) == b"payload"
    assert skb.shinfo.head is head
    kfree_skb(skb)


def test_a_long_chain_is_dropped_whole() -> None:
    """Link by link, but not on the stack, which is small here."""

    def drop() -> None:
        chain: SkBuff | None = None
        for _ in range(20_000):
            skb = SkBuff()
            skb.next = chain
            chain = skb

    size = threading.stack_size(256 << 10)
    try:
        thread = threading.Thread(target=drop)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)


def test_put_push_pull_reserve_move_the_ends() -> None:
    skb = alloc_skb(100)
    skb.reserve(20)
    assert skb.put(10) == 20
    assert skb.push(4) == 16
    assert (skb.len, skb.headroom(), skb.tailroom()) == (14, 16, skb.end_offset() - 30)
    assert skb.pull(6) == 22
    assert skb.pull(9) == -1
    assert skb.len == 8
    kfree_skb(skb)


def test_over_and_under_panic() -> None:
    skb = alloc_skb(10)
    with pytest.raises(AssertionError, match="skb_over_panic"):
        skb.put(skb.end_offset() + 1)
    with pytest.raises(AssertionError, match="skb_under_panic"):
        skb.push(1)
    kfree_skb(skb)


def test_the_last_reference_frees() -> None:
    skb = alloc_skb(10)
    assert skb_get(skb) is skb
    kfree_skb(skb)
    assert skb.users == 1
    consume_skb(skb)
    assert skb.users == 0


def test_a_clone_shares_bytes_and_survives_the_original() -> None:
    skb = make_skb(b"linear", b"paged")
    skb.mark = 5
    n = skb_clone(skb)
    assert n.shinfo is skb.shinfo
    assert skb_cloned(n)
    assert skb_cloned(skb)
    assert (n.mark, n.truesize, n.len, n.users) == (5, skb.truesize, skb.len, 1)
    kfree_skb(skb)
    assert not skb_cloned(n)
    assert skb_tobytes(n) == b"linearpaged"
    kfree_skb(n)


def test_a_clone_has_no_owner() -> None:
    log = Log()
    skb = alloc_skb(10)
    skb.destructor = log
    n = skb_clone(skb)
    assert n.destructor is None
    kfree_skb(n)
    assert log.seen == []
    kfree_skb(skb)
    assert len(log.seen) == 1


# What __copy_skb_header() and __skb_clone() copy, as far as it is a number here.
CLONED = """
    mac_header network_header transport_header mac_len hdr_len ip_summed csum csum_start
    csum_offset protocol pkt_type priority mark skb_iif queue_mapping rxhash vlan_tci tc_index
    tc_verd dropcount tstamp nfctinfo seq end_seq ack_seq when tcp_flags sacked ip_flags
    gro_offset gro_flush gro_count pkt_id truesize
""".split()  # noqa: SIM905  a list of words
CLONED_FLAGS = ("local_df", "ooo_okay", "l4_rxhash", "gro_same_flow", "gro_free")


def test_clone_copies_every_scalar() -> None:
    skb = alloc_skb(100)
    for i, name in enumerate(CLONED, 1):
        setattr(skb, name, i)
    for name in CLONED_FLAGS:
        setattr(skb, name, True)
    n = skb_clone(skb)
    assert [getattr(n, name) for name in CLONED] == list(range(1, len(CLONED) + 1))
    assert all(getattr(n, name) for name in CLONED_FLAGS)
    assert not n.peeked
    kfree_skb(n)
    kfree_skb(skb)


def test_clone_keeps_the_references() -> None:
    skb = alloc_skb(10)
    mark = ["cb"]
    skb.cb = mark
    skb.nfct = mark
    skb.nf_bridge = mark
    skb.ip_opt = mark
    n = skb_clone(skb)
    assert n.cb is mark
    assert n.nfct is mark
    assert n.nf_bridge is mark
    assert n.ip_opt is mark
    nf_reset(n)
    assert n.nfct is None
    assert skb.nfct is mark
    kfree_skb(n)
    kfree_skb(skb)


def test_headers_may_be_written_when_the_other_kept_only_the_payload() -> None:
    skb = make_skb(b"payload", room=40)
    skb_header_release(skb)
    n = skb_clone(skb)
    assert skb_cloned(n)
    assert not skb_header_cloned(n)
    assert n.hdr_len == 40
    kfree_skb(n)
    assert not skb_cloned(skb)
    kfree_skb(skb)


def test_payload_reference_can_go_first_or_last() -> None:
    for first in (0, 1):
        skb = make_skb(b"payload", room=40)
        skb_header_release(skb)
        pair = [skb, skb_clone(skb)]
        kfree_skb(pair[first])
        assert pair[1 - first].shinfo.dataref & 0xFFFF == 1
        kfree_skb(pair[1 - first])


def test_share_check_clones_only_what_is_shared() -> None:
    skb = make_skb(b"x")
    assert skb_share_check(skb) is skb
    skb_get(skb)
    n = skb_share_check(skb)
    assert n is not skb
    assert (skb.users, n.users) == (1, 1)
    kfree_skb(n)
    kfree_skb(skb)


def test_morph_turns_one_into_a_clone_of_another() -> None:
    a = make_skb(b"first")
    b = make_skb(b"second", b"+page")
    assert skb_morph(a, b) is a
    assert skb_tobytes(a) == b"second+page"
    kfree_skb(b)
    assert skb_tobytes(a) == b"second+page"
    kfree_skb(a)


class Log(SkbDestructor):
    """Remembers for whom it was called."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def destruct(self, skb: SkBuff) -> None:
        self.seen.append(skb.truesize)


def test_orphan_settles_the_account_once() -> None:
    log = Log()
    skb = alloc_skb(10)
    skb.destructor = log
    skb_orphan(skb)
    skb_orphan(skb)
    kfree_skb(skb)
    assert log.seen == [768]


def test_freeing_frees_the_frag_list_and_spares_what_others_hold() -> None:
    a, b = make_skb(b"a"), make_skb(b"b")
    skb_get(b)
    top = add_frag_list(make_skb(b"top"), a, b)
    kfree_skb(top)
    assert (a.users, b.users) == (0, 1)
    kfree_skb(b)


def test_queue_purge_empties() -> None:
    q = SkBuffHead()
    for _ in range(3):
        q.queue_tail(alloc_skb(1))
    skb_queue_purge(q)
    assert (q.qlen, q.first, q.last) == (0, None, None)


def test_fragments_may_not_be_added_to_shared_bytes() -> None:
    skb = make_skb(b"x")
    n = skb_clone(skb)
    with pytest.raises(AssertionError, match="shared data"):
        skb_fill_page_desc(n, b"page", 0, 4)
    kfree_skb(n)
    kfree_skb(skb)


def test_fragment_must_lie_in_its_page() -> None:
    skb = alloc_skb(1)
    for off, size in ((0, 5), (-1, 2), (3, 2), (0, -1)):
        with pytest.raises(AssertionError):
            skb_fill_page_desc(skb, b"page", off, size)
    kfree_skb(skb)


def test_packet_number_survives_clones_when_numbering() -> None:
    skb_number_packets(True)
    try:
        skb = alloc_skb(1)
        n = skb_clone(skb)
        assert skb_id(n) == skb_id(skb)
        kfree_skb(n)
        kfree_skb(skb)
    finally:
        skb_number_packets(False)


def test_queue_keeps_its_order_and_links() -> None:
    q = SkBuffHead()
    a, b, c, d = (alloc_skb(1) for _ in range(4))
    q.queue_tail(b)
    q.queue_head(a)
    q.queue_tail(d)
    q.queue_before(d, c)
    assert (q.peek(), q.peek_tail(), q.qlen) == (a, d, 4)
    q.unlink(b)
    other = SkBuffHead()
    other.queue_tail(b)
    other.splice_tail_init(q)
    assert (q.qlen, q.first, other.qlen) == (0, None, 4)
    assert [other.dequeue() for _ in range(3)] == [b, a, c]
    assert other.dequeue_tail() is d
    assert other.dequeue() is None
    for skb in (a, b, c, d):
        assert skb.next is None
        assert skb.prev is None
        kfree_skb(skb)


def test_grown_head_belongs_to_one_clone_only() -> None:
    skb = make_skb(b"abc", room=10)
    n = skb_clone(skb)
    assert pskb_expand_head(n, 0, 0) == 0
    write(n, b"!")
    assert skb_tobytes(skb) == b"abc"
    assert skb_tobytes(n) == b"abc!"
    kfree_skb(n)
    kfree_skb(skb)
