"""What every connection-oriented protocol does alike: ports, listening, accepting, timers.

Linux: net/ipv4/inet_connection_sock.c, include/net/inet_connection_sock.h

    inet_csk_get_port        bind(): the conflict rules of local ports
    inet_csk_listen_start    listen(); inet_csk_accept; inet_csk_listen_stop
    inet_csk_search_req ...  the SYN table of a listener, and its SYN-ACK timer
    inet_csk_reset_xmit_timer    the timers, made so that re-arming costs next to nothing
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.uapi.fcntl as fcntl
import softnet.uapi.in_ as in_
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.kernel.sched import need_current, schedule_timeout
from softnet.kernel.timer import Timer, jiffies, timer_pending
from softnet.kernel.wait import finish_wait, prepare_to_wait_exclusive, task_wait
from softnet.net.core.request_sock import (
    reqsk_free,
    reqsk_queue_alloc,
    reqsk_queue_destroy,
    reqsk_queue_get_child,
    reqsk_queue_hash_req,
    reqsk_queue_removed,
    reqsk_queue_unlink,
    reqsk_queue_yank_acceptq,
)
from softnet.net.core.secure_seq import jhash_3words
from softnet.net.core.sock import (
    bh_lock_sock,
    bh_unlock_sock,
    lock_sock,
    release_sock,
    sk_dst_reset,
    sk_reset_timer,
    sk_stop_timer,
    sock_hold,
    sock_orphan,
    sock_put,
    sock_rcvtimeo,
)
from softnet.net.core.sock_reuseport import reuseport_shares
from softnet.net.core.stream import sk_stream_kill_queues
from softnet.net.ipv4.inet_hashtables import (
    InetHashinfo,
    inet_bind_bucket_create,
    inet_bind_hash,
)
from softnet.net.ipv4.route import ip_route_output_key
from softnet.structs.flow import Flowi4
from softnet.structs.inet_connection_sock import (
    InetBindBucket,
    InetConnectionSock,
    icsk_queue,
)
from softnet.structs.request_sock import InetRequestSock, TcpRequestSock
from softnet.structs.route import Rtable
from softnet.structs.sock import Sock

BIND_ATTEMPTS = 5


# ---- bind()


def inet_csk_get_port(hinfo: InetHashinfo, sk: InetConnectionSock, snum: int) -> int:
    """Make sk an owner of local port snum, or of a free one for 0. 0, or 1 if that cannot be."""
    attempts = BIND_ATTEMPTS
    smallest = -1
    while True:
        if snum == 0:
            port, smallest = inet_csk_find_port(hinfo, sk)
            if port < 0:
                return 1
        else:
            port = snum
        tb = hinfo.bhash.get(port)
        if tb is None:
            break
        quick = inet_csk_quick(sk, tb)
        if (quick and smallest < 0) or not inet_csk_bind_conflict(sk, tb):
            break
        attempts -= 1
        if not quick or smallest < 0 or attempts < 0:
            return 1
    if tb is None:
        tb = inet_bind_bucket_create(hinfo, port)
    shares = sk.sk_reuse != 0 and sk.sk_state != tcp.TCP_LISTEN
    reuseport = sk.sk_reuseport != 0
    if tb.owners is None and tb.tw_owners is None:
        tb.fastreuse = 1 if shares else 0
        tb.fastreuseport = reuseport
        tb.fastuid = sk.sk_uid
    else:
        if tb.fastreuse and not shares:
            tb.fastreuse = 0
        if tb.fastreuseport and not (reuseport and tb.fastuid == sk.sk_uid):
            tb.fastreuseport = False
    inet_csk_own_port(sk, tb, port)
    return 0


def inet_csk_quick(sk: InetConnectionSock, tb: InetBindBucket) -> bool:
    """Is it plain that sk may share tb's port, without a look at its owners?

    Differs from Linux 3.9: who got its port by SO_REUSEPORT takes fastreuse away all the same, when it
    listens, as in later kernels.
    """
    if tb.fastreuse > 0 and sk.sk_reuse != 0 and sk.sk_state != tcp.TCP_LISTEN:
        return True
    return tb.fastreuseport and sk.sk_reuseport != 0 and tb.fastuid == sk.sk_uid


def inet_csk_own_port(sk: InetConnectionSock, tb: InetBindBucket, port: int) -> None:
    """listen() on a bound socket asks for the port it has already."""
    if sk.icsk_bind_hash is None:
        inet_bind_hash(sk, tb, port)
    assert sk.icsk_bind_hash is tb


def inet_csk_find_port(hinfo: InetHashinfo, sk: InetConnectionSock) -> tuple[int, int]:
    """A port for bind(0): (port, -1) if nobody has it, (port, owners) if it must be shared.

    (-1, -1) if there is none. The search begins at a random port. With SO_REUSEADDR and all ports
    taken, the one with the fewest owners is offered.
    """
    net = sk.sk_net
    low = net.ipv4.local_port_low
    remaining = net.ipv4.local_port_high - low + 1
    start = net.rand.below(remaining)
    best, fewest = -1, -1
    for i in range(remaining):
        port = low + (start + i) % remaining
        if port in net.ipv4.reserved_ports:
            continue
        tb = hinfo.bhash.get(port)
        if tb is None:
            return port, -1
        if inet_csk_quick(sk, tb) and (fewest < 0 or tb.num_owners < fewest):
            best, fewest = port, tb.num_owners
    return best, fewest


def inet_csk_bind_conflict(sk: InetConnectionSock, tb: InetBindBucket) -> bool:
    """Is there an owner of tb's port that sk cannot share it with?

    Two can share it on different addresses or devices, or if both said SO_REUSEADDR and the
    other does not listen, or by SO_REUSEPORT.
    """
    other = tb.owners
    while other is not None:
        icsk = other
        assert isinstance(icsk, InetConnectionSock)
        if (
            icsk is not sk
            and inet_same_device(sk.sk_bound_dev_if, icsk.sk_bound_dev_if)
            and (not sk.sk_reuse or not icsk.sk_reuse or icsk.sk_state == tcp.TCP_LISTEN)
            and not (sk.sk_reuseport and reuseport_shares(sk, icsk))
            and inet_same_address(sk.inet_rcv_saddr, icsk.inet_rcv_saddr)
        ):
            return True
        other = other.sk_bind_next
    tw = tb.tw_owners
    while tw is not None:
        if (
            inet_same_device(sk.sk_bound_dev_if, tw.tw_bound_dev_if)
            and (not sk.sk_reuse or not tw.tw_reuse)
            and (not sk.sk_reuseport or not tw.tw_reuseport)
            and inet_same_address(sk.inet_rcv_saddr, tw.tw_rcv_saddr)
        ):
            return True
        tw = tw.tw_bind_next
    return False


def inet_same_device(a: int, b: int) -> bool:
    """Do two bound devices (0: any) overlap?"""
    return a == 0 or b == 0 or a == b


def inet_same_address(a: int, b: int) -> bool:
    """Do two bound addresses (0: any) overlap?"""
    return a == 0 or b == 0 or a == b


# ---- listen(), accept()


def inet_csk_listen_start(
    sk: InetConnectionSock, nr_table_entries: int, max_syn_backlog: int
) -> int:
    """sk, bound or not, listens from now on; 0 or -EADDRINUSE."""
    queue = icsk_queue(sk)
    reqsk_queue_alloc(queue, nr_table_entries, max_syn_backlog, sk.sk_net.rand.u32())
    sk.sk_max_ack_backlog = 0
    sk.sk_ack_backlog = 0
    sk.ack_init()
    # Among the owners of the port sk must be seen as a listener before the port is asked for:
    # two that race for it then both lose, instead of both winning.
    sk.sk_state = tcp.TCP_LISTEN
    if sk.sk_prot.get_port(sk, sk.inet_num) == 0:
        sk.inet_sport = sk.inet_num
        sk_dst_reset(sk)
        sk.sk_prot.hash(sk)
        return 0
    sk.sk_state = tcp.TCP_CLOSE
    reqsk_queue_destroy(queue)
    return -errno.EADDRINUSE


def inet_csk_accept(sk: InetConnectionSock, flags: int) -> Sock:
    """The connection that waited longest; sleeps for one. flags: O_NONBLOCK.

    Raises OSError: EINVAL when sk does not listen, EAGAIN, EINTR.
    """
    lock_sock(sk)
    try:
        if sk.sk_state != tcp.TCP_LISTEN:
            raise OSError(errno.EINVAL, "Invalid argument")
        queue = icsk_queue(sk)
        if queue.rskq_accept_head is None:
            timeo = sock_rcvtimeo(sk, flags & fcntl.O_NONBLOCK != 0)
            if timeo == 0:
                raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
            inet_csk_wait_for_connect(sk, timeo)
        newsk = reqsk_queue_get_child(queue, sk)
        assert newsk.sk_state != tcp.TCP_SYN_RECV or queue.fastopenq is not None
        return newsk
    finally:
        release_sock(sk)


def inet_csk_wait_for_connect(sk: InetConnectionSock, timeo: int) -> None:
    """Sleep until the accept queue has something; timeo in ns. OSError EINVAL, EAGAIN, EINTR.

    Exclusive: a new connection wakes one of the tasks in accept().
    """
    me = need_current()
    wq = sk.sk_wq
    assert wq is not None
    queue = icsk_queue(sk)
    e = task_wait(me)
    try:
        while True:
            prepare_to_wait_exclusive(wq, e, const.TASK_INTERRUPTIBLE)
            release_sock(sk)
            if queue.rskq_accept_head is None:
                timeo = schedule_timeout(timeo)
            lock_sock(sk)
            if queue.rskq_accept_head is not None:
                return
            if sk.sk_state != tcp.TCP_LISTEN:
                raise OSError(errno.EINVAL, "Invalid argument")
            if me.signal_pending():
                raise OSError(errno.EINTR, "Interrupted system call")
            if timeo == 0:
                raise OSError(errno.EAGAIN, "Resource temporarily unavailable")
    finally:
        finish_wait(wq, e)


def inet_csk_listen_stop(sk: InetConnectionSock) -> None:
    """The listener closes: embryos are forgotten, connections nobody accepted are reset."""
    inet_csk_delete_keepalive_timer(sk)
    queue = icsk_queue(sk)
    req = reqsk_queue_yank_acceptq(queue)
    reqsk_queue_destroy(queue)
    while req is not None:
        following = req.dl_next
        req.dl_next = None
        child = req.sk
        assert isinstance(child, InetConnectionSock)
        bh_lock_sock(child)
        assert not child.owned
        sock_hold(child)
        child.sk_prot.disconnect(child, fcntl.O_NONBLOCK)
        sock_orphan(child)
        child.sk_mem.orphan_count += 1  # type: ignore[union-attr]  # TCP's memory is always accounted
        inet_csk_destroy_sock(child)
        bh_unlock_sock(child)
        sock_put(child)
        sk.sk_ack_backlog -= 1
        reqsk_free(req)
        req = following
    assert sk.sk_ack_backlog == 0
    fastopenq = queue.fastopenq
    if fastopenq is not None:
        fastopenq.qlen -= len(fastopenq.rst)
        fastopenq.rst = []


def inet_csk_destroy_sock(sk: InetConnectionSock) -> None:
    """The end of a closed orphan; its memory goes with the last reference."""
    assert sk.sk_state == tcp.TCP_CLOSE
    assert sk.sk_flags >> const.SOCK_DEAD & 1
    assert sk.icsk_hashed == const.ICSK_HASHED_NOT
    assert sk.inet_num == 0 or sk.icsk_bind_hash is not None
    sk.sk_prot.destroy(sk)
    sk_stream_kill_queues(sk)
    sk.sk_mem.orphan_count -= 1  # type: ignore[union-attr]  # TCP's memory is always accounted
    sock_put(sk)


# ---- the SYN table


def inet_synq_hash(raddr: int, rport: int, rnd: int, size: int) -> int:
    """The chain of a peer in a SYN table of size chains."""
    return jhash_3words(raddr, rport, 0, rnd) & (size - 1)


def inet_csk_search_req(
    sk: InetConnectionSock, rport: int, raddr: int, laddr: int
) -> TcpRequestSock | None:
    """The embryo of listener sk for a peer's segment, None if there is none."""
    queue = sk.icsk_accept_queue
    assert queue is not None
    lopt = queue.listen_opt
    assert lopt is not None
    if lopt.qlen == 0:
        return None
    req = lopt.syn_table[inet_synq_hash(raddr, rport, lopt.hash_rnd, lopt.nr_table_entries)]
    while req is not None:
        ireq = req
        assert isinstance(ireq, TcpRequestSock)
        if (
            ireq.rmt_port == rport
            and ireq.rmt_addr == raddr
            and ireq.loc_addr == laddr
            and ireq.sk is None
        ):
            return ireq
        req = req.dl_next
    return None


def inet_csk_reqsk_queue_hash_add(
    sk: InetConnectionSock, req: TcpRequestSock, timeout: int
) -> None:
    """Put req into the SYN table; its SYN-ACK is repeated after timeout jiffies."""
    queue = sk.icsk_accept_queue
    assert queue is not None
    lopt = queue.listen_opt
    assert lopt is not None
    slot = inet_synq_hash(req.rmt_addr, req.rmt_port, lopt.hash_rnd, lopt.nr_table_entries)
    if reqsk_queue_hash_req(queue, slot, req, jiffies() + timeout) == 0:
        inet_csk_reset_keepalive_timer(sk, timeout)


def inet_csk_reqsk_queue_unlink(sk: InetConnectionSock, req: InetRequestSock) -> None:
    """Take req out of the SYN table, wherever in its chain it is."""
    queue = sk.icsk_accept_queue
    assert queue is not None
    lopt = queue.listen_opt
    assert lopt is not None
    prev = None
    at = lopt.syn_table[req.slot]
    while at is not req:
        assert at is not None
        prev = at
        at = at.dl_next
    reqsk_queue_unlink(queue, req, prev)


def inet_csk_reqsk_queue_removed(sk: InetConnectionSock, req: InetRequestSock) -> None:
    """Count req out; with the last one the SYN-ACK timer stops."""
    queue = sk.icsk_accept_queue
    assert queue is not None
    if reqsk_queue_removed(queue, req) == 0:
        inet_csk_delete_keepalive_timer(sk)


def inet_csk_reqsk_queue_drop(sk: InetConnectionSock, req: InetRequestSock) -> None:
    """Forget the embryo req."""
    inet_csk_reqsk_queue_unlink(sk, req)
    inet_csk_reqsk_queue_removed(sk, req)
    reqsk_free(req)


def inet_csk_reqsk_queue_prune(
    parent: InetConnectionSock, interval: int, timeout: int, max_rto: int, synack_retries: int
) -> None:
    """The SYN-ACK timer: repeat what is due, drop what was repeated often enough.

    Runs every interval jiffies and looks at a part of the table each time, so that each chain is
    seen about every timeout / 2. When more than half of the table is filled with embryos that
    were repeated already, they live shorter: an attack must not keep the young ones out.
    """
    queue = parent.icsk_accept_queue
    assert queue is not None
    lopt = queue.listen_opt
    if lopt is None or lopt.qlen == 0:
        return
    max_retries = parent.icsk_syn_retries if parent.icsk_syn_retries else synack_retries
    thresh = max_retries
    if lopt.qlen >> (lopt.max_qlen_log - 1):
        young = lopt.qlen_young << 1
        while thresh > 2 and lopt.qlen >= young:
            thresh -= 1
            young <<= 1
    if queue.rskq_defer_accept:
        max_retries = queue.rskq_defer_accept
    budget = 2 * (lopt.nr_table_entries // (timeout // interval))
    slot = lopt.clock_hand
    now = jiffies()
    while True:
        req = lopt.syn_table[slot]
        while req is not None:
            following = req.dl_next
            if now >= req.expires:
                ireq = req
                assert isinstance(ireq, InetRequestSock)
                inet_csk_reqsk_due(parent, ireq, now, timeout, max_rto, thresh, max_retries)
            req = following
        slot = (slot + 1) & (lopt.nr_table_entries - 1)
        budget -= 1
        if budget <= 0:
            break
    lopt.clock_hand = slot
    if lopt.qlen:
        inet_csk_reset_keepalive_timer(parent, interval)


def inet_csk_reqsk_due(
    parent: InetConnectionSock,
    req: InetRequestSock,
    now: int,
    timeout: int,
    max_rto: int,
    thresh: int,
    max_retries: int,
) -> None:
    """One embryo's SYN-ACK was not answered in time: repeat it, or give up."""
    queue = parent.icsk_accept_queue
    assert queue is not None
    lopt = queue.listen_opt
    assert lopt is not None
    defer = queue.rskq_defer_accept
    if defer:
        # Acknowledged, but no data yet: silent until the period is nearly over, then one last
        # SYN-ACK gives the peer the chance to show that it is alive.
        expire = req.retrans >= thresh and (not req.acked or req.retrans >= max_retries)
        resend = not req.acked or req.retrans >= defer - 1
    else:
        expire = req.retrans >= thresh
        resend = True
    req.rsk_ops.syn_ack_timeout(parent, req)
    if not expire and (not resend or req.rsk_ops.rtx_syn_ack(parent, req) == 0 or req.acked):
        if req.retrans == 0:
            lopt.qlen_young -= 1
        req.retrans += 1
        timeo = timeout << req.retrans
        req.expires = now + (timeo if timeo < max_rto else max_rto)
        return
    inet_csk_reqsk_queue_unlink(parent, req)
    reqsk_queue_removed(queue, req)
    reqsk_free(req)


def inet_csk_route_req(sk: InetConnectionSock, req: InetRequestSock) -> Rtable | None:
    """The way back to the peer of req; None (and OutNoRoutes) if there is none."""
    opt = req.opt
    net = sk.sk_net
    fl4 = Flowi4()
    fl4.flowi4_oif = sk.sk_bound_dev_if
    fl4.flowi4_mark = sk.sk_mark
    fl4.flowi4_tos = sk.tos & in_.IPTOS_RT_MASK
    if sk.sk_flags >> const.SOCK_LOCALROUTE & 1:
        fl4.flowi4_tos |= const.RTO_ONLINK
    fl4.flowi4_proto = sk.sk_protocol
    fl4.daddr = opt.faddr if opt is not None and opt.srr else req.rmt_addr
    fl4.saddr = req.loc_addr
    fl4.fl4_dport = req.rmt_port
    fl4.fl4_sport = req.loc_port
    rt = ip_route_output_key(net, fl4)
    if rt is None or (opt is not None and opt.is_strictroute and fl4.daddr != rt.rt_gateway):
        net.mib.ip.inc(snmp.IPSTATS_MIB_OUTNOROUTES)
        return None
    return rt


# ---- timers


def inet_csk_reset_xmit_timer(sk: InetConnectionSock, what: int, when: int, max_when: int) -> None:
    """Arm the retransmit timer for what (ICSK_TIME_RETRANS, _PROBE0), or the delayed ACK's, in when
    jiffies, max_when at most.

    A timer that would fire earlier is left alone: its handler looks at icsk_timeout (or
    icsk_ack_timeout) and goes back to sleep. So a stream of segments arms a timer about once per
    timeout, not once per segment.
    """
    if when > max_when:
        when = max_when
    due = jiffies() + when
    if what == const.ICSK_TIME_DACK:
        sk.icsk_ack_pending |= const.ICSK_ACK_TIMER
        sk.icsk_ack_timeout = due
        inet_csk_arm(sk, sk.icsk_delack_timer, due)
    else:
        sk.icsk_pending = what
        sk.icsk_timeout = due
        inet_csk_arm(sk, sk.icsk_retransmit_timer, due)


def inet_csk_arm(sk: InetConnectionSock, timer: Timer | None, due: int) -> None:
    """Make sure that timer fires at due or before."""
    assert timer is not None
    if not timer_pending(timer) or timer.expires > due:
        sk_reset_timer(sk, timer, due)


def inet_csk_clear_xmit_timer(sk: InetConnectionSock, what: int) -> None:
    """Nothing is to happen for what. The timer itself may fire and find that out."""
    if what == const.ICSK_TIME_DACK:
        sk.icsk_ack_blocked = False
        sk.icsk_ack_pending = 0
    else:
        sk.icsk_pending = 0


def inet_csk_clear_xmit_timers(sk: InetConnectionSock) -> None:
    """The connection is closed: stop all three timers."""
    sk.icsk_pending = 0
    sk.icsk_ack_pending = 0
    sk.icsk_ack_blocked = False
    if sk.icsk_retransmit_timer is not None:
        sk_stop_timer(sk, sk.icsk_retransmit_timer)
    if sk.icsk_delack_timer is not None:
        sk_stop_timer(sk, sk.icsk_delack_timer)
    inet_csk_delete_keepalive_timer(sk)


def inet_csk_reset_keepalive_timer(sk: InetConnectionSock, len: int) -> None:
    """Arm the keepalive timer, which also repeats SYN-ACKs and ends FIN_WAIT2; len in jiffies."""
    timer = sk.sk_timer
    assert timer is not None
    sk_reset_timer(sk, timer, jiffies() + len)


def inet_csk_delete_keepalive_timer(sk: InetConnectionSock) -> None:
    """Disarm it."""
    if sk.sk_timer is not None:
        sk_stop_timer(sk, sk.sk_timer)
