"""Files in flight, and the collector of those that can never arrive.

Linux: net/unix/garbage.c

A socket may be sent in a message, also through itself, and then be closed by all who had it: its
only references are in messages that lie in queues of such sockets. Nobody can read these any more.
Each socket counts in `inflight` how many of its file's references are in messages; one whose file
has no others is a candidate. Subtract what candidates hold of each other: who keeps some is held from
outside, and so is all that it can reach. What remains is garbage.

Read unix_gc() first.
"""

from __future__ import annotations

import softnet.uapi.socket as uapi
import softnet.uapi.tcp as tcp
from softnet.fs.file import File
from softnet.net.core.scm import ScmCookie
from softnet.net.core.skbuff import skb_queue_purge
from softnet.net.socket import socket_file_ops
from softnet.structs.skbuff import SkBuff, SkBuffHead
from softnet.structs.socket import Socket
from softnet.structs.unix_sock import UnixHost, UnixSock, unix_net

UNIX_INFLIGHT_TRIGGER_GC = 16000  # files in messages: from here on who sends collects first


def unix_gc(host: UnixHost) -> None:
    """Find the sockets that only lost messages refer to, and drop those messages."""
    if host.gc_in_progress:
        return  # what we drop below closes sockets, which call us again
    host.gc_in_progress = True
    try:
        hitlist = garbage_messages(host)
        skb_queue_purge(hitlist)
    finally:
        host.gc_in_progress = False


def garbage_messages(host: UnixHost) -> SkBuffHead:
    """The messages that keep the garbage alive, off their queues."""
    candidates = [u for u in host.gc_inflight if file_of(u).f_count == u.inflight]
    for u in candidates:
        u.gc_candidate = u.gc_maybe_cycle = True
    for u in candidates:
        for child in children(u):
            child.inflight -= 1
    # The order of visits is that of the list, to which who is reached late is added again.
    held = list(candidates)
    for u in held:
        if u.inflight > 0 and u.gc_maybe_cycle:
            u.gc_maybe_cycle = False
            for child in children(u):
                child.inflight += 1
                if child.gc_maybe_cycle:
                    held.append(child)
    garbage = [u for u in candidates if u.gc_maybe_cycle]
    hitlist = SkBuffHead()
    for u in garbage:
        for child in children(u):
            child.inflight += 1
    for u in garbage:
        collect(u, hitlist)
    for u in candidates:
        u.gc_candidate = u.gc_maybe_cycle = False
    return hitlist


def children(u: UnixSock) -> list[UnixSock]:
    """scan_children(): the candidates in u's messages, and in those of a listener's connections."""
    found = []
    for queue in queues(u):
        skb = queue.first
        while skb is not None:
            found += candidates_in(skb)
            skb = skb.next
    return found


def collect(u: UnixSock, hitlist: SkBuffHead) -> None:
    """Move u's messages with garbage in them to hitlist."""
    for queue in queues(u):
        skb = queue.first
        while skb is not None:
            nxt = skb.next
            if candidates_in(skb):
                queue.unlink(skb)
                hitlist.queue_tail(skb)
            skb = nxt


def queues(u: UnixSock) -> list[SkBuffHead]:
    """Where messages for u lie; a listener's are those of its connections that wait for accept()."""
    if u.sk_state != tcp.TCP_LISTEN:
        return [u.sk_receive_queue]
    found = []
    skb = u.sk_receive_queue.first
    while skb is not None:
        embryo = skb.sk
        assert embryo is not None
        found.append(embryo.sk_receive_queue)
        skb = skb.next
    return found


def candidates_in(skb: SkBuff) -> list[UnixSock]:
    """scan_inflight(): the candidates among the files of a message, as often as they are in it."""
    cookie = skb.cb
    if not isinstance(cookie, ScmCookie):
        return []
    sockets = [unix_get_socket(file) for file in cookie.fp]
    return [u for u in sockets if u is not None and u.gc_candidate]


# ---- the counters


def unix_get_socket(file: File) -> UnixSock | None:
    """The UNIX socket behind file, if it is one."""
    if file.f_op is not socket_file_ops:
        return None
    sock = file.private_data
    assert isinstance(sock, Socket)
    if sock.ops is None or sock.ops.family != uapi.AF_UNIX:
        return None
    sk = sock.sk
    return sk if isinstance(sk, UnixSock) else None


def file_of(u: UnixSock) -> File:
    """The file of a socket that is in flight: the message keeps it open."""
    assert u.sk_socket is not None
    file = u.sk_socket.file
    assert file is not None
    assert file.f_count >= u.inflight
    return file


def unix_inflight(file: File) -> None:
    """file goes into a message."""
    u = unix_get_socket(file)
    if u is not None:
        host = unix_net(u.sk_net).host
        host.gc_inflight[u] = None
        u.inflight += 1
        host.tot_inflight += 1


def unix_notinflight(file: File) -> None:
    """file came out of a message."""
    u = unix_get_socket(file)
    if u is not None:
        host = unix_net(u.sk_net).host
        assert u.inflight > 0
        u.inflight -= 1
        host.tot_inflight -= 1
        if u.inflight == 0:
            del host.gc_inflight[u]


def wait_for_unix_gc(host: UnixHost) -> None:
    """Before sending: collect, if too much is under way."""
    if host.tot_inflight > UNIX_INFLIGHT_TRIGGER_GC:
        unix_gc(host)
