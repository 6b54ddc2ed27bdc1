"""The life of a sock, its lock, its timers, its route.

Linux: net/core/sock.c, include/net/sock.h

Two counts keep a sock: sk_refcnt is who knows it; sk_wmem_alloc is one more than the bytes of its
packets still on their way out, whose destructor looks at it last. sock_put() of the last reference
gives back that one, and whoever brings sk_wmem_alloc to 0 frees the sock.

The lock has two levels. A task that works on the socket owns it (lock_sock), and may sleep
meanwhile. A softirq takes only the spinlock (bh_lock_sock) and looks at `owned`: if set, its packet
goes to the backlog, which release_sock() works off.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.kernel.trace as trace
from softnet.kernel.sched import current, might_sleep, schedule
from softnet.kernel.timer import Timer, del_timer, mod_timer
from softnet.kernel.wait import (
    WaitQueueHead,
    finish_wait,
    prepare_to_wait_exclusive,
    task_wait,
    wake_up,
)
from softnet.net.core.skbuff import kfree_skb, skb_queue_purge
from softnet.structs.dst import DstEntry
from softnet.structs.net_namespace import Net
from softnet.structs.skbuff import SkBuff, SkBuffHead
from softnet.structs.sock import Proto, ProtoMem, Sock
from softnet.structs.socket import Socket

ENOBUFS = 105

protos: dict[str, Proto] = {}


# ---- protocols


def proto_register(prot: Proto) -> None:
    """Make prot known to /proc/net/protocols. Registering it again changes nothing."""
    protos.setdefault(prot.name, prot)


def proto_list() -> list[Proto]:
    """The registered protocols, latest first, as /proc/net/protocols lists them."""
    return list(reversed(protos.values()))


def proto_mem(net: Net, prot: Proto) -> ProtoMem:
    """What prot's sockets in net use together; made on first use."""
    shared = net.core.prot_mem.get(prot.name)
    if shared is None:
        shared = net.core.prot_mem[prot.name] = ProtoMem()
    return shared


def sock_prot_inuse_add(net: Net, prot: Proto, val: int) -> None:
    """Count val sockets of prot more in net: /proc/net/sockstat."""
    net.sockets[prot.name] = net.sockets.get(prot.name, 0) + val


def sock_prot_inuse_get(net: Net, prot: Proto) -> int:
    """How many sockets of prot there are in net."""
    return net.sockets.get(prot.name, 0)


# ---- from birth to death


def sk_alloc(net: Net, family: int, prot: Proto) -> Sock:
    """A sock of prot with one reference; sock_init_data() comes next."""
    sk = prot.alloc(net, family)
    sk.sk_wmem_alloc = 1
    if prot.memory_limits(sk) is not None:
        sk.sk_mem = proto_mem(net, prot)
    if trace.sk_alloc.enabled:
        trace.sk_alloc.fire(sk)
    return sk


def sock_init_data(sock: Socket | None, sk: Sock) -> None:
    """The defaults of 3.2; join sk to its struct socket, None for a sock of the kernel's own."""
    if trace.sock_init_data.enabled:
        trace.sock_init_data.fire(sk)
    core = sk.sk_net.core
    sk.sk_rcvbuf = core.rmem_default
    sk.sk_sndbuf = core.wmem_default
    sk.sk_state = 7  # TCP_CLOSE
    sk.set_flag(const.SOCK_ZAPPED)
    if sock is not None:
        sk.sk_type = sock.type
        sk.sk_wq = sock.wq
        sock.sk = sk
    else:
        sk.sk_wq = None
    sk.sk_socket = sock
    sk.sk_rcvlowat = 1
    sk.sk_rcvtimeo = const.MAX_SCHEDULE_TIMEOUT
    sk.sk_sndtimeo = const.MAX_SCHEDULE_TIMEOUT
    sk.sk_stamp = -1
    sk.sk_refcnt = 1
    sk.sk_drops = 0


def sock_hold(sk: Sock) -> None:
    """Take a reference."""
    assert sk.sk_refcnt > 0, "sock_hold() of a sock that is gone"
    sk.sk_refcnt += 1


def sock_put(sk: Sock) -> None:
    """Give back a reference; the last one frees sk as soon as its packets are out."""
    assert sk.sk_refcnt > 0, "sock_put() without a reference"
    sk.sk_refcnt -= 1
    if sk.sk_refcnt == 0:
        sk_free(sk)


def sock_put_unref(sk: Sock) -> None:
    """__sock_put(): give back a reference that is not the last."""
    assert sk.sk_refcnt > 1
    sk.sk_refcnt -= 1


def sk_free(sk: Sock) -> None:
    """Give back the 1 that sk_alloc() put into sk_wmem_alloc."""
    if trace.sk_free.enabled:
        trace.sk_free.fire(sk)
    sk.sk_wmem_alloc -= 1
    assert sk.sk_wmem_alloc >= 0
    if sk.sk_wmem_alloc == 0:
        sk_free_last(sk)


def sk_free_last(sk: Sock) -> None:
    """__sk_free(): nobody knows sk and none of its packets is under way."""
    assert sk.backlog_first is None, "a sock freed with packets in its backlog"
    sk.sk_destruct()
    sk.sk_filter = None
    sock_disable_timestamp(sk, const.SOCK_TIMESTAMP)
    sock_disable_timestamp(sk, const.SOCK_TIMESTAMPING_RX_SOFTWARE)
    sk.sk_user_data = None
    sk.sk_dst_cache = None
    sk.sk_send_head = None


def sk_common_release(sk: Sock) -> None:
    """What datagram protocols do on close: out of the tables, off the file, one reference less."""
    sk.sk_prot.destroy(sk)
    sk.sk_prot.unhash(sk)
    sock_orphan(sk)
    sock_put(sk)


def sock_orphan(sk: Sock) -> None:
    """The file is gone: nobody waits for sk any more."""
    sk.set_flag(const.SOCK_DEAD)
    sk.sk_socket = None
    sk.sk_wq = None


def sock_graft(sk: Sock, parent: Socket) -> None:
    """Give sk, just accepted, its struct socket."""
    assert sk.sk_socket is None
    sk.sk_wq = parent.wq
    parent.sk = sk
    sk.sk_socket = parent


def sk_error_queue(sk: Sock) -> SkBuffHead:
    """sk->sk_error_queue, made on first use."""
    q = sk.sk_error_queue
    if q is None:
        q = sk.sk_error_queue = SkBuffHead()
    return q


def sock_purge_queues(sk: Sock) -> None:
    """Drop all that waits to be read or sent: for an sk_destruct()."""
    skb_queue_purge(sk.sk_receive_queue)
    skb_queue_purge(sk.sk_write_queue)
    if sk.sk_error_queue is not None:
        skb_queue_purge(sk.sk_error_queue)


# ---- the lock


def lock_sock(sk: Sock) -> None:
    """Own sk; sleeps while another task does. Task context."""
    if trace.lock_sock.enabled:
        trace.lock_sock.fire(sk)
    might_sleep()
    sk.slock.lock_bh()
    if sk.owned:
        lock_sock_wait(sk)
    sk.owned = True
    sk.slock.unlock_bh()


def lock_sock_wait(sk: Sock) -> None:
    """__lock_sock(): sleep until nobody owns sk. Called and left with the spinlock held."""
    if trace.lock_sock_wait.enabled:
        trace.lock_sock_wait.fire(sk)
    task = current()
    assert task is not None, "the socket is owned, and only a task could wait for it"
    wq = sk.lock_wq
    if wq is None:
        wq = sk.lock_wq = WaitQueueHead("lock_sock")
    e = task_wait(task)
    while sk.owned:
        prepare_to_wait_exclusive(wq, e, const.TASK_UNINTERRUPTIBLE)
        sk.slock.unlock_bh()
        try:
            schedule()
        finally:
            finish_wait(wq, e)
        sk.slock.lock_bh()


def release_sock(sk: Sock) -> None:
    """Stop owning sk: first work off what came in meanwhile, then let the next one have it."""
    if trace.release_sock.enabled:
        trace.release_sock.fire(sk)
    assert sk.owned or dying(), "release_sock() without lock_sock()"
    sk.slock.lock_bh()
    try:
        if sk.backlog_first is not None:
            release_backlog(sk)
        if sk.sk_deferred:
            sk.sk_deferred = False
            sk.sk_prot.release_cb(sk)
    finally:
        sk.owned = False
        if sk.lock_wq is not None:
            wake_up(sk.lock_wq)
        sk.slock.unlock_bh()


def dying() -> bool:
    """Is this task being torn down? Then its finally blocks may release what it had released."""
    task = current()
    return task is not None and task.killed is not None


def release_backlog(sk: Sock) -> None:
    """__release_sock(): the packets of the backlog, in order; those that come meanwhile too.

    Bottom halves stay off. backlog_len is only reset at the end, so that no flood can keep us here.
    """
    skb = sk.backlog_first
    try:
        while skb is not None:
            sk.backlog_first = None
            sk.backlog_last = None
            sk.slock.unlock()
            try:
                while skb is not None:
                    nxt = skb.next
                    skb.next = None
                    sk.sk_prot.backlog_rcv(sk, skb)
                    skb = nxt
            finally:
                sk.slock.lock()
            skb = sk.backlog_first
    finally:
        sk.backlog_len = 0


def lock_sock_fast(sk: Sock) -> bool:
    """For a short while, without sleeping; unlock_sock_fast() wants the answer: is sk owned?"""
    might_sleep()
    sk.slock.lock_bh()
    if not sk.owned:
        return False
    lock_sock_wait(sk)
    sk.owned = True
    sk.slock.unlock_bh()
    return True


def unlock_sock_fast(sk: Sock, slow: bool) -> None:
    """The end of lock_sock_fast()."""
    if slow:
        release_sock(sk)
    else:
        sk.slock.unlock_bh()


def bh_lock_sock(sk: Sock) -> None:
    """The spinlock alone, in a softirq: then look at sock_owned_by_user()."""
    sk.slock.lock()


def bh_lock_sock_nested(sk: Sock) -> None:
    """bh_lock_sock() of a child while its listener's is held."""
    sk.slock.lock_nested(1)


def bh_unlock_sock(sk: Sock) -> None:
    """The opposite."""
    sk.slock.unlock()


def sock_owned_by_user(sk: Sock) -> bool:
    """Is a task inside a call on sk?"""
    return sk.owned


def sk_rcvqueues_full(sk: Sock) -> bool:
    """Do backlog and receive queue hold more than sk_rcvbuf? One packet always fits."""
    return sk.backlog_len + sk.sk_rmem_alloc > sk.sk_rcvbuf


def sk_add_backlog(sk: Sock, skb: SkBuff) -> int:
    """Leave skb for release_sock(). 0, or -ENOBUFS: the backlog is full, skb the caller's."""
    if trace.sk_add_backlog.enabled:
        trace.sk_add_backlog.fire(skb)
    assert sk.owned
    assert skb.next is None
    if sk_rcvqueues_full(sk):
        return -ENOBUFS
    last = sk.backlog_last
    if last is None:
        sk.backlog_first = skb
    else:
        last.next = skb
    sk.backlog_last = skb
    sk.backlog_len += skb.truesize
    return 0


def sk_backlog_rcv(sk: Sock, skb: SkBuff) -> int:
    """Let the protocol process skb. Consumes it."""
    if trace.sk_backlog_rcv.enabled:
        trace.sk_backlog_rcv.fire(skb)
    return sk.sk_prot.backlog_rcv(sk, skb)


def sk_receive_skb(sk: Sock, skb: SkBuff) -> int:
    """A softirq's packet for sk, by the two-level lock; gives back the caller's reference to sk.

    Consumes skb. NET_RX_DROP when the backlog is full.
    """
    rc = const.NET_RX_SUCCESS
    skb.dev = None
    bh_lock_sock(sk)
    if not sk.owned:
        sk.sk_prot.backlog_rcv(sk, skb)
    elif sk_add_backlog(sk, skb):
        sk.sk_drops += 1
        kfree_skb(skb, const.SKB_DROP_REASON_SOCKET_BACKLOG)
        rc = const.NET_RX_DROP
    bh_unlock_sock(sk)
    sock_put(sk)
    return rc


# ---- timers


def sk_reset_timer(sk: Sock, timer: Timer, expires: int) -> None:
    """Arm timer for expires (jiffies); while it is pending it holds sk."""
    if not mod_timer(timer, expires):
        sk.sk_refcnt += 1


def sk_stop_timer(sk: Sock, timer: Timer) -> None:
    """Disarm timer and give back its reference. The caller has another."""
    if del_timer(timer):
        sock_put_unref(sk)


# ---- the route


def sk_dst_set(sk: Sock, dst: DstEntry | None) -> None:
    """Keep dst as sk's route."""
    old = sk.sk_dst_cache
    sk.sk_tx_queue_mapping = -1
    if dst is not None:
        dst.refcnt += 1
    sk.sk_dst_cache = dst
    if old is not None and old.refcnt > 0:
        old.refcnt -= 1


def sk_dst_reset(sk: Sock) -> None:
    """Forget the route."""
    sk_dst_set(sk, None)


def sk_dst_check(sk: Sock, cookie: int) -> DstEntry | None:
    """The cached route if it is still good, else None, and it is forgotten."""
    dst = sk.sk_dst_cache
    if dst is not None and dst.obsolete and dst.ops.check(dst, cookie) is None:
        sk_dst_reset(sk)
        return None
    return dst


def sk_setup_caps(sk: Sock, dst: DstEntry) -> None:
    """Keep dst as the route, and what its device can do for sk (GSO, scatter-gather, checksums)."""
    sk_dst_set(sk, dst)
    dev = dst.dev
    assert dev is not None
    caps = dev.features
    if caps & const.NETIF_F_GSO:
        caps |= const.NETIF_F_GSO_SOFTWARE
    caps &= ~sk.sk_route_nocaps
    wanted = sk.sk_gso_type << const.NETIF_F_GSO_SHIFT
    if caps & wanted == wanted:
        if dst.header_len:
            caps &= ~const.NETIF_F_GSO_MASK
        else:
            caps |= const.NETIF_F_SG | const.NETIF_F_HW_CSUM
            sk.sk_gso_max_size = dev.gso_max_size
    sk.sk_route_caps = caps


def sk_can_gso(sk: Sock) -> bool:
    """Does the route take super-packets of sk's kind?"""
    wanted = sk.sk_gso_type << const.NETIF_F_GSO_SHIFT
    return sk.sk_route_caps & wanted == wanted


def sk_nocaps_add(sk: Sock, flags: int) -> None:
    """Never use these features of a device."""
    sk.sk_route_nocaps |= flags
    sk.sk_route_caps &= ~flags


# ---- errors, timeouts


def sock_error(sk: Sock) -> int:
    """The pending error as -errno, which is thereby reported; 0 if there is none."""
    if not sk.sk_err:
        return 0
    err = sk.sk_err
    sk.sk_err = 0
    return -err


def sock_intr_errno(timeo: int) -> int:
    """What a wait that a signal ended answers: restartable only where no time was running."""
    return -const.ERESTARTSYS if timeo == const.MAX_SCHEDULE_TIMEOUT else -4  # -EINTR


def sock_rcvtimeo(sk: Sock, noblock: bool) -> int:
    """How long a receive may sleep, in ns."""
    return 0 if noblock else sk.sk_rcvtimeo


def sock_sndtimeo(sk: Sock, noblock: bool) -> int:
    """How long a send may sleep, in ns."""
    return 0 if noblock else sk.sk_sndtimeo


def sock_rcvlowat(sk: Sock, waitall: bool, length: int) -> int:
    """How many bytes a receive of length bytes wants before it returns."""
    v = length if waitall else sk.sk_rcvlowat
    if v > length:
        v = length
    return v if v else 1


# ---- struct socket's flag bits


def sock_set_bit(sk: Sock, bit: int) -> None:
    """set_bit(uapi.SOCK_*, &sk->sk_socket->flags), if there is a socket."""
    sock = sk.sk_socket
    if sock is not None:
        sock.flags |= 1 << bit


def sock_clear_bit(sk: Sock, bit: int) -> None:
    """clear_bit()"""
    sock = sk.sk_socket
    if sock is not None:
        sock.flags &= ~(1 << bit)


# ---- who wants received packets stamped


def sock_enable_timestamp(sk: Sock, flag: int) -> None:
    """Set SOCK_TIMESTAMP or SOCK_TIMESTAMPING_RX_SOFTWARE, and have packets stamped on arrival."""
    if not sk.flag(flag):
        first = not sock_wants_stamps(sk)
        sk.set_flag(flag)
        if first:
            host_net(sk).core.netstamp_needed += 1


def sock_disable_timestamp(sk: Sock, flag: int) -> None:
    """The opposite of sock_enable_timestamp()."""
    if sk.flag(flag):
        sk.reset_flag(flag)
        if not sock_wants_stamps(sk):
            core = host_net(sk).core
            core.netstamp_needed -= 1
            assert core.netstamp_needed >= 0


def host_net(sk: Sock) -> Net:
    """The first namespace of sk's host, where what is the host's is kept."""
    net: Net = sk.sk_net.nets[0]
    return net


def sock_wants_stamps(sk: Sock) -> bool:
    """Is either flag set?"""
    return sk.flag(const.SOCK_TIMESTAMP) or sk.flag(const.SOCK_TIMESTAMPING_RX_SOFTWARE)
