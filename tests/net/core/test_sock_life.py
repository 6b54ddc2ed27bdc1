"""The life of a sock, its lock and backlog, its timers and route."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
import softnet.uapi.socket as uapi
from softnet.kernel.sched import nsleep
from softnet.kernel.timer import Timer, jiffies
from softnet.kernel.wait import WaitQueueHead
from softnet.net.core.skbuff import kfree_skb, skb_set_owner_w
from softnet.net.core.sock import (
    bh_lock_sock,
    bh_unlock_sock,
    lock_sock,
    lock_sock_fast,
    proto_list,
    proto_register,
    release_sock,
    sk_add_backlog,
    sk_common_release,
    sk_dst_check,
    sk_dst_reset,
    sk_dst_set,
    sk_free,
    sk_nocaps_add,
    sk_rcvqueues_full,
    sk_receive_skb,
    sk_reset_timer,
    sk_setup_caps,
    sk_stop_timer,
    sock_error,
    sock_graft,
    sock_hold,
    sock_init_data,
    sock_intr_errno,
    sock_orphan,
    sock_owned_by_user,
    sock_prot_inuse_add,
    sock_prot_inuse_get,
    sock_put,
    sock_rcvlowat,
    sock_rcvtimeo,
    sock_sndtimeo,
    unlock_sock_fast,
)
from softnet.structs.dst import DstEntry, DstOps
from softnet.structs.netdevice import NetDevice
from softnet.structs.socket import Socket
from tests.kit.skbs import make_skb
from tests.kit.socks import MS, PlainProto, SockWorld

pytestmark = pytest.mark.usefixtures("skb_debug")


@pytest.fixture
def w() -> SockWorld:
    return SockWorld()


# ---- life


def test_defaults_are_those_of_3_2(w: SockWorld) -> None:
    sk = w.sock(uapi.SOCK_STREAM)
    assert (sk.sk_rcvbuf, sk.sk_sndbuf) == (229376, 229376)
    assert (sk.sk_type, sk.sk_family, sk.sk_state) == (uapi.SOCK_STREAM, uapi.AF_INET, 7)
    assert (sk.sk_rcvlowat, sk.sk_stamp, sk.sk_refcnt, sk.sk_wmem_alloc) == (1, -1, 1, 1)
    assert sk.sk_rcvtimeo == sk.sk_sndtimeo == const.MAX_SCHEDULE_TIMEOUT
    assert sk.flag(const.SOCK_ZAPPED)
    assert sk.sk_socket is not None
    assert sk.sk_socket.sk is sk
    assert sk.sk_wq is sk.sk_socket.wq


def test_sysctls_set_the_buffers_of_new_socks(w: SockWorld) -> None:
    w.net.core.rmem_default = 4096
    w.net.core.wmem_default = 8192
    sk = w.sock()
    assert (sk.sk_rcvbuf, sk.sk_sndbuf) == (4096, 8192)


def test_the_last_put_frees(w: SockWorld) -> None:
    sk = w.sock()
    sock_hold(sk)
    sock_put(sk)
    assert sk.calls == []
    sock_put(sk)
    assert sk.calls == ["destruct"]
    with pytest.raises(AssertionError):
        sock_put(sk)
    with pytest.raises(AssertionError):
        sock_hold(sk)


def test_packets_under_way_keep_the_sock(w: SockWorld) -> None:
    sk = w.sock()
    skbs = [make_skb(b"x"), make_skb(b"y")]
    with w.on_cpu():
        for skb in skbs:
            skb_set_owner_w(skb, sk)
        sock_put(sk)
        kfree_skb(skbs[0])
        assert "destruct" not in sk.calls
        kfree_skb(skbs[1])
    assert sk.calls == ["write_space", "write_space", "destruct"]
    assert sk.sk_wmem_alloc == 0


def test_kernel_sock_has_no_socket(w: SockWorld) -> None:
    sk = w.prot.alloc(w.net, uapi.AF_INET)
    sk.sk_wmem_alloc = 1
    sock_init_data(None, sk)
    assert sk.sk_wq is None
    sk.sk_data_ready(3)
    sk_free(sk)


def test_orphan_and_graft(w: SockWorld) -> None:
    sk = w.sock()
    sock_orphan(sk)
    assert sk.flag(const.SOCK_DEAD)
    assert sk.sk_wq is None
    parent = Socket(uapi.SOCK_STREAM, WaitQueueHead("new"))
    sock_graft(sk, parent)
    assert parent.sk is sk
    assert sk.sk_wq is parent.wq


def test_common_release_ends_it(w: SockWorld) -> None:
    sk = w.sock()
    sk_common_release(sk)
    assert sk.flag(const.SOCK_DEAD)
    assert sk.calls == ["destruct"]


def test_protocols_are_listed_latest_first() -> None:
    a, b = PlainProto(), PlainProto()
    a.name, b.name = "TEST-A", "TEST-B"
    for prot in (a, b, a):
        proto_register(prot)
    assert [p for p in proto_list() if p.name.startswith("TEST-")] == [b, a]


def test_inuse_counts_per_namespace(w: SockWorld) -> None:
    sock_prot_inuse_add(w.net, w.prot, 2)
    sock_prot_inuse_add(w.net, w.prot, -1)
    assert sock_prot_inuse_get(w.net, w.prot) == 1
    assert sock_prot_inuse_get(SockWorld().net, w.prot) == 0


# ---- the lock


def test_backlog_waits_for_the_owner_and_keeps_its_order(w: SockWorld) -> None:
    sk = w.sock()
    with w.on_cpu():
        lock_sock(sk)
        assert sock_owned_by_user(sk)
        for data in (b"one", b"two"):
            bh_lock_sock(sk)
            assert sk_add_backlog(sk, make_skb(data)) == 0
            bh_unlock_sock(sk)
        assert w.prot.backlog == []
        release_sock(sk)
    assert w.prot.backlog == [b"one", b"two"]
    assert (sk.owned, sk.backlog_first, sk.backlog_last, sk.backlog_len) == (False, None, None, 0)


def test_packets_that_come_while_the_backlog_is_worked_off_are_too(w: SockWorld) -> None:
    sk = w.sock()

    class Echo(PlainProto):
        def backlog_rcv(self, sk: object, skb: object) -> int:
            if len(self.backlog) < 3:
                bh_lock_sock(inner)
                assert sk_add_backlog(inner, make_skb(b"more")) == 0
                bh_unlock_sock(inner)
            return PlainProto.backlog_rcv(self, sk, skb)  # type: ignore[arg-type]

    inner = sk
    prot = Echo()
    sk.sk_prot = prot
    with w.on_cpu():
        lock_sock(sk)
        sk_add_backlog(sk, make_skb(b"first"))
        release_sock(sk)
    assert prot.backlog == [b"first", b"more", b"more", b"more"]


def test_backlog_is_bounded_by_the_receive_buffer(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_rcvbuf = 2000
    accepted = 0
    with w.on_cpu():
        lock_sock(sk)
        while True:
            skb = make_skb(b"x")
            if sk_add_backlog(sk, skb):
                break
            accepted += 1
        assert sk_rcvqueues_full(sk)
        assert skb.users == 1
        kfree_skb(skb)
        assert sk.backlog_len == 768 * accepted
        release_sock(sk)
    assert accepted == 3  # 768, 1536 and, since that is not over 2000, 2304


def test_receive_skb_goes_the_way_the_lock_says(w: SockWorld) -> None:
    sk = w.sock()
    with w.on_cpu():
        sock_hold(sk)
        assert sk_receive_skb(sk, make_skb(b"direct")) == const.NET_RX_SUCCESS
        assert w.prot.backlog == [b"direct"]
        lock_sock(sk)
        sock_hold(sk)
        assert sk_receive_skb(sk, make_skb(b"later")) == const.NET_RX_SUCCESS
        sk.sk_rcvbuf = 100
        sock_hold(sk)
        assert sk_receive_skb(sk, make_skb(b"dropped")) == const.NET_RX_DROP
        release_sock(sk)
    assert w.prot.backlog == [b"direct", b"later"]
    assert (sk.sk_drops, sk.sk_refcnt) == (1, 1)


def test_a_second_task_waits_for_the_first(w: SockWorld) -> None:
    sk = w.sock()
    log: list[tuple[str, float]] = []

    def hold(name: str, ms: int) -> None:

        lock_sock(sk)
        log.append((name, w.now_ms()))
        nsleep(ms * MS)
        release_sock(sk)

    for name, ms in (("a", 5), ("b", 7), ("c", 1)):
        w.spawn(hold, name, ms)
    w.run()
    assert log == [("a", 0), ("b", 5), ("c", 12)]


def test_fast_lock_owns_only_if_it_must(w: SockWorld) -> None:
    sk = w.sock()
    with w.on_cpu() as cpu:
        slow = lock_sock_fast(sk)
        assert not slow
        assert not sk.owned
        assert cpu.softirq_count
        unlock_sock_fast(sk, slow)
        assert not cpu.softirq_count


def test_release_without_lock_is_a_bug(w: SockWorld) -> None:
    sk = w.sock()
    with w.on_cpu(), pytest.raises(AssertionError, match="without lock_sock"):
        release_sock(sk)


# ---- timers


class Bell(Timer):
    def __init__(self) -> None:
        Timer.__init__(self)
        self.rang = 0

    def function(self) -> None:
        self.rang += 1


def test_a_pending_timer_holds_the_sock_once(w: SockWorld) -> None:
    sk = w.sock()
    bell = Bell()
    with w.on_cpu():
        sk_reset_timer(sk, bell, jiffies() + 10)
        sk_reset_timer(sk, bell, jiffies() + 20)
        assert sk.sk_refcnt == 2
        sk_stop_timer(sk, bell)
        sk_stop_timer(sk, bell)
    assert sk.sk_refcnt == 1
    w.run()
    assert bell.rang == 0


# ---- the route


class Ops(DstOps):
    good = True

    def check(self, dst: DstEntry, cookie: int) -> DstEntry | None:
        return dst if self.good else None


def test_route_is_kept_checked_and_forgotten(w: SockWorld) -> None:
    sk = w.sock()
    ops = Ops(w.net, uapi.AF_INET, 0x800, 0)
    dst, other = DstEntry(ops, None), DstEntry(ops, None)
    assert sk_dst_check(sk, 0) is None
    sk_dst_set(sk, dst)
    sk.sk_tx_queue_mapping = 3
    sk_dst_set(sk, other)
    assert (dst.refcnt, other.refcnt, sk.sk_tx_queue_mapping) == (0, 1, -1)
    assert sk_dst_check(sk, 0) is other
    other.obsolete = 1
    assert sk_dst_check(sk, 0) is other
    Ops.good = False
    try:
        assert sk_dst_check(sk, 0) is None
    finally:
        Ops.good = True
    assert sk.sk_dst_cache is None
    sk_dst_reset(sk)


@pytest.mark.parametrize(
    ("features", "header_len", "want"),
    [
        (0, 0, 0),
        (const.NETIF_F_SG, 0, const.NETIF_F_SG),
        (
            const.NETIF_F_GSO,
            0,
            const.NETIF_F_GSO
            | const.NETIF_F_GSO_SOFTWARE
            | const.NETIF_F_SG
            | const.NETIF_F_HW_CSUM,
        ),
        (const.NETIF_F_GSO, 8, const.NETIF_F_GSO),
    ],
)
def test_caps_follow_the_device(w: SockWorld, features: int, header_len: int, want: int) -> None:
    sk = w.sock()
    sk.sk_gso_type = const.SKB_GSO_TCPV4
    dev = NetDevice("eth0")
    dev.features = features
    dev.gso_max_size = 12345
    dst = DstEntry(Ops(w.net, uapi.AF_INET, 0x800, 0), dev)
    dst.header_len = header_len
    sk_setup_caps(sk, dst)
    assert sk.sk_route_caps == want
    assert sk.sk_gso_max_size == (12345 if want & const.NETIF_F_HW_CSUM else 0)
    sk_nocaps_add(sk, const.NETIF_F_SG)
    assert not sk.sk_route_caps & const.NETIF_F_SG
    sk_setup_caps(sk, dst)
    assert sk.sk_dst_cache is dst


# ---- small things


def test_error_is_reported_once(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_err = 111
    assert sock_error(sk) == -111
    assert sock_error(sk) == 0


def test_times_and_marks(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_rcvtimeo, sk.sk_sndtimeo, sk.sk_rcvlowat = 5, 6, 10
    assert (sock_rcvtimeo(sk, False), sock_rcvtimeo(sk, True)) == (5, 0)
    assert (sock_sndtimeo(sk, False), sock_sndtimeo(sk, True)) == (6, 0)
    assert sock_intr_errno(5) == -4
    assert sock_intr_errno(const.MAX_SCHEDULE_TIMEOUT) == -const.ERESTARTSYS
    assert [sock_rcvlowat(sk, False, n) for n in (0, 4, 10, 99)] == [1, 4, 10, 10]
    assert sock_rcvlowat(sk, True, 99) == 99
