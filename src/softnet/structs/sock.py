"""struct sock: a protocol's side of a socket, and struct proto: what the protocol does with it.

Linux: include/net/sock.h

A protocol subclasses Sock (InetSock, TcpSock, UnixSock) for its fields and Proto for its functions;
`sk.sk_prot` is the one Proto instance. The callbacks that Linux keeps as function pointers are
virtual methods here; their defaults (sock_def_readable and friends) stand below.
Life, buffers, locking and options are in net/core/sock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.poll as poll
from softnet.kernel.lock import SpinLock
from softnet.kernel.wait import WaitQueueHead, wake_up, wake_up_all
from softnet.structs.skbuff import SkBuffHead

if TYPE_CHECKING:
    from softnet.fs.file import File, PollTable
    from softnet.kernel.timer import Timer
    from softnet.structs.dst import DstEntry
    from softnet.structs.net_namespace import Net
    from softnet.structs.skbuff import SkBuff
    from softnet.structs.socket import MsgHdr, Sockaddr, Socket

SK_MEM_QUANTUM = 4096
SLOCK = SpinLock("slock")  # nobody takes it: its class is that of every sock's


class SkFilter:
    """struct sk_filter: what decides how much of a packet a socket sees."""

    __slots__ = ()

    def run(self, skb: SkBuff) -> int:
        """sk_run_filter(): how many bytes of skb to keep, 0 to drop it."""
        return 0xFFFFFFF


class ProtoMem:
    """What the sockets of one protocol use together in one namespace.

    Linux: proto->memory_allocated, memory_pressure, sockets_allocated, orphan_count.
    Differs from Linux: per namespace, as a Proto instance serves all hosts of the process.
    """

    __slots__ = ("allocated", "orphan_count", "pressure", "sockets_allocated")

    allocated: int  # pages of SK_MEM_QUANTUM
    pressure: bool
    sockets_allocated: int
    orphan_count: int

    def __init__(self) -> None:
        self.allocated = 0
        self.pressure = False
        self.sockets_allocated = 0
        self.orphan_count = 0


class Proto:
    """struct proto: one instance per protocol, registered by proto_register()."""

    __slots__ = ("name", "max_header", "no_autobind")

    name: str
    max_header: int
    no_autobind: bool

    def __init__(self, name: str) -> None:
        self.name = name
        self.max_header = const.MAX_HEADER
        self.no_autobind = False

    def alloc(self, net: Net, family: int) -> Sock:
        """A zeroed sock of this protocol's class (sk_prot_alloc)."""
        raise AssertionError("a proto without alloc")

    def init(self, sk: Sock) -> int:
        """Protocol-private setup after sock_init_data(); 0 or -errno."""
        return 0

    def destroy(self, sk: Sock) -> None:
        """The sock is about to go; give back what init() and use took."""

    def close(self, sk: Sock, timeout: int) -> None:
        """The last file reference went; timeout (ns) is the linger time, 0 for none."""

    def connect(self, sk: Sock, addr: Sockaddr) -> int:
        """0, or -errno. Called with the socket locked."""
        return -95

    def disconnect(self, sk: Sock, flags: int) -> int:
        """connect(AF_UNSPEC): 0 or -errno."""
        return -95

    def accept(self, sk: Sock, flags: int) -> Sock:
        """The next connection; raises OSError."""
        raise OSError(95, "Operation not supported")

    def ioctl(self, sk: Sock, cmd: int, arg: object) -> object:
        """The answer; raises OSError(ENOIOCTLCMD as ENOTTY)."""
        raise OSError(25, "Inappropriate ioctl for device")

    def shutdown(self, sk: Sock, how: int) -> None:
        """how: const.RCV_SHUTDOWN and SEND_SHUTDOWN bits."""

    def setsockopt(self, sk: Sock, level: int, optname: int, optval: bytes) -> int:
        """0 or -errno; optval as user space laid it out."""
        return -92

    def getsockopt(self, sk: Sock, level: int, optname: int, optlen: int) -> bytes:
        """The value, at most optlen bytes; raises OSError."""
        raise OSError(92, "Protocol not available")

    def sendmsg(self, sk: Sock, msg: MsgHdr, size: int) -> int:
        """Bytes sent, or -errno."""
        return -95

    def recvmsg(self, sk: Sock, msg: MsgHdr, size: int, flags: int) -> int:
        """Bytes received (the real length with MSG_TRUNC), or -errno."""
        return -95

    def bind(self, sk: Sock, addr: Sockaddr) -> int:
        """Only raw-like protocols: their own bind. 0 or -errno."""
        return -95

    def backlog_rcv(self, sk: Sock, skb: SkBuff) -> int:
        """Process skb that came while the socket was owned by user; consumes it."""
        return 0

    def hash(self, sk: Sock) -> None:
        """Make sk findable by its addresses."""

    def unhash(self, sk: Sock) -> None:
        """The opposite of hash()."""

    def sync_mss(self, sk: Sock, pmtu: int) -> int:
        """icsk_sync_mss: the path or the IP options changed; the new MSS in bytes."""
        return 0

    def rehash(self, sk: Sock) -> None:
        """sk's local address changed while it was hashed."""

    def get_port(self, sk: Sock, snum: int) -> int:
        """Bind sk to local port snum, or to a free one for 0; nonzero if that port is taken."""
        return 0

    def set_keepalive(self, sk: Sock, on: bool) -> None:
        """SO_KEEPALIVE is being switched (tcp_set_keepalive); the flag follows."""

    def set_pacing(self, sk: Sock) -> None:
        """SO_MAX_PACING_RATE was set: begin to pace, if this protocol does."""

    def listen_start(self, sk: Sock, backlog: int) -> int:
        """inet_csk_listen_start(): accept connections from now on; 0 or -errno."""
        return -95

    def poll(self, file: File, sock: Socket, wait: PollTable | None) -> int:
        """POLL* bits that hold now; registers with wait if given."""
        return 0

    def release_cb(self, sk: Sock) -> None:
        """What waited for the owner of sk to go, as sk_deferred says."""

    def stream_memory_free(self, sk: Sock) -> bool:
        """May more be queued, by the protocol's own rule? sk_sndbuf is looked at before."""
        return True

    def enter_memory_pressure(self, sk: Sock) -> None:
        """sk_stream: the protocol's memory is above its pressure mark."""

    def memory_limits(self, sk: Sock) -> list[int] | None:
        """sysctl_mem in pages [low, pressure, high]; None if this protocol is not accounted."""
        return None

    def rmem_min(self, sk: Sock) -> int:
        """sysctl_rmem[0]: always allowed, in bytes."""
        return SK_MEM_QUANTUM

    def wmem_min(self, sk: Sock) -> int:
        """sysctl_wmem[0]: always allowed, in bytes."""
        return SK_MEM_QUANTUM


class Sock:
    """struct sock."""

    __slots__ = (
        "sk_family",
        "sk_state",
        "sk_reuse",
        "sk_reuseport",
        "sk_bound_dev_if",
        "sk_prot",
        "sk_net",
        "sk_shutdown",
        "sk_no_check",
        "sk_userlocks",
        "sk_protocol",
        "sk_type",
        "sk_refcnt",
        "sk_hash",
        "sk_next",
        "sk_pprev",
        "sk_bind_next",
        "sk_bind_prev",
        "slock",
        "owned",
        "lock_wq",
        "backlog_first",
        "backlog_last",
        "backlog_len",
        "sk_wq",
        "sk_dst_cache",
        "sk_rmem_alloc",
        "sk_wmem_alloc",
        "sk_omem_alloc",
        "sk_rcvbuf",
        "sk_sndbuf",
        "sk_receive_queue",
        "sk_write_queue",
        "sk_error_queue",
        "sk_wmem_queued",
        "sk_forward_alloc",
        "sk_route_caps",
        "sk_route_nocaps",
        "sk_gso_type",
        "sk_gso_max_size",
        "sk_rcvlowat",
        "sk_flags",
        "sk_lingertime",
        "sk_err",
        "sk_err_soft",
        "sk_drops",
        "sk_ack_backlog",
        "sk_max_ack_backlog",
        "sk_priority",
        "sk_peer_pid",
        "sk_peer_uid",
        "sk_peer_gid",
        "sk_uid",
        "sk_rcvtimeo",
        "sk_sndtimeo",
        "sk_filter",
        "sk_mem",
        "sk_tx_queue_mapping",
        "recv_error",
        "recv_peeked",
        "sk_timer",
        "sk_stamp",
        "sk_socket",
        "sk_send_head",
        "sk_write_pending",
        "sk_mark",
        "sk_rxhash",
        "sk_tx_flags",
        "sk_user_data",
        "sk_ino",
        "sk_deferred",
        "sk_pacing_status",
        "sk_pacing_rate",
        "sk_max_pacing_rate",
    )

    sk_family: int
    sk_state: int  # TCP_* states serve every protocol
    sk_reuse: int
    sk_reuseport: int
    sk_bound_dev_if: int
    sk_prot: Proto
    sk_net: Net
    sk_shutdown: int
    sk_no_check: int
    sk_userlocks: int
    sk_protocol: int
    sk_type: int
    sk_refcnt: int
    sk_hash: int
    sk_next: Sock | None  # links in a hash bucket
    sk_pprev: Sock | None
    sk_bind_next: Sock | None  # link among the owners of one local port
    sk_bind_prev: Sock | None
    slock: SpinLock  # sk_lock.slock
    owned: bool  # sk_lock.owned: a task is inside a call on this socket
    lock_wq: WaitQueueHead | None  # sk_lock.wq, made by the first who waits
    backlog_first: SkBuff | None  # sk_backlog
    backlog_last: SkBuff | None
    backlog_len: int
    sk_wq: WaitQueueHead | None
    sk_dst_cache: DstEntry | None
    sk_rmem_alloc: int
    sk_wmem_alloc: int
    sk_omem_alloc: int
    sk_rcvbuf: int
    sk_sndbuf: int
    sk_receive_queue: SkBuffHead
    sk_write_queue: SkBuffHead
    sk_error_queue: SkBuffHead | None  # made by the first error that wants it
    sk_wmem_queued: int
    sk_forward_alloc: int
    sk_route_caps: int  # NETIF_F_* of the route's device
    sk_route_nocaps: int
    sk_gso_type: int
    sk_gso_max_size: int
    sk_rcvlowat: int
    sk_flags: int  # 1 << const.SOCK_*
    sk_lingertime: int  # ns
    sk_err: int
    sk_err_soft: int
    sk_drops: int
    sk_ack_backlog: int
    sk_max_ack_backlog: int
    sk_priority: int
    sk_peer_pid: int
    sk_peer_uid: int
    sk_peer_gid: int
    sk_uid: int
    sk_rcvtimeo: int  # ns
    sk_sndtimeo: int  # ns
    sk_filter: SkFilter | None
    sk_mem: ProtoMem | None  # None: the protocol's memory is not accounted
    sk_tx_queue_mapping: int  # -1 while unset
    recv_error: int  # why skb_recv_datagram() just answered None: -errno, 0 after shutdown
    recv_peeked: bool  # had what it answered been looked at before (MSG_PEEK)?
    sk_timer: Timer | None
    sk_stamp: int  # ns
    sk_socket: Socket | None
    sk_send_head: SkBuff | None
    sk_write_pending: int
    sk_mark: int
    sk_rxhash: int
    sk_tx_flags: int
    sk_user_data: object
    sk_ino: int  # inode number as /proc/net shows it
    sk_deferred: bool  # release_sock() has something to do: sk_prot.release_cb()
    sk_pacing_status: int  # SK_PACING_*
    sk_pacing_rate: int  # bytes/s; 0: nothing known yet
    sk_max_pacing_rate: int  # SO_MAX_PACING_RATE, bytes/s

    def __init__(self, prot: Proto, net: Net, family: int) -> None:
        init_sock(self, prot, net, family)

    def flag(self, bit: int) -> bool:
        """sock_flag(): is SOCK_* bit set?"""
        return (self.sk_flags >> bit) & 1 != 0

    def set_flag(self, bit: int) -> None:
        """sock_set_flag()"""
        self.sk_flags |= 1 << bit

    def reset_flag(self, bit: int) -> None:
        """sock_reset_flag()"""
        self.sk_flags &= ~(1 << bit)

    def sk_state_change(self) -> None:
        """sock_def_wakeup(): connect, accept or a reset finished something."""
        if trace.sock_def_wakeup.enabled:
            trace.sock_def_wakeup.fire(self)
        wq = self.sk_wq
        if wq is not None and wq.first is not None:
            wake_up_all(wq, 0)

    def sk_data_ready(self, len: int) -> None:
        """sock_def_readable(): len new bytes, or a new connection."""
        if trace.sock_def_readable.enabled:
            trace.sock_def_readable.fire(self)
        wq = self.sk_wq
        if wq is not None and wq.first is not None:  # wq_has_sleeper()
            wake_up(wq, poll.POLLIN | poll.POLLPRI | poll.POLLRDNORM | poll.POLLRDBAND)

    def sk_write_space(self) -> None:
        """sock_def_write_space(): wake writers once half of sk_sndbuf is free."""
        if trace.sock_def_write_space.enabled:
            trace.sock_def_write_space.fire(self)
        if self.sk_wmem_alloc << 1 > self.sk_sndbuf:
            return
        wq = self.sk_wq
        if wq is not None and wq.first is not None:
            wake_up(wq, poll.POLLOUT | poll.POLLWRNORM | poll.POLLWRBAND)

    def sk_error_report(self) -> None:
        """sock_def_error_report(): sk_err is set."""
        if trace.sock_def_error_report.enabled:
            trace.sock_def_error_report.fire(self)
        wq = self.sk_wq
        if wq is not None and wq.first is not None:
            wake_up(wq, poll.POLLERR)

    def sk_destruct(self) -> None:
        """The last reference went: purge the queues, check the accounts."""


def new_skb_head() -> SkBuffHead:
    """SkBuffHead(), without a call of Python's when compiled."""
    head = SkBuffHead.__new__(SkBuffHead)
    head.init()
    return head


def init_sock(sk: Sock, prot: Proto, net: Net, family: int) -> None:
    """What Sock.__init__() does, without a call of Python's when compiled."""
    sk.sk_family = family
    sk.sk_state = 7  # TCP_CLOSE
    sk.sk_reuse = 0
    sk.sk_reuseport = 0
    sk.sk_bound_dev_if = 0
    sk.sk_prot = prot
    sk.sk_net = net
    sk.sk_shutdown = 0
    sk.sk_no_check = 0
    sk.sk_userlocks = 0
    sk.sk_protocol = 0
    sk.sk_type = 0
    sk.sk_refcnt = 1
    sk.sk_hash = 0
    sk.sk_next = None
    sk.sk_pprev = None
    sk.sk_bind_next = None
    sk.sk_bind_prev = None
    sk.slock = SpinLock.__new__(SpinLock)
    sk.slock.cls = SLOCK.cls
    sk.owned = False
    sk.lock_wq = None
    sk.backlog_first = None
    sk.backlog_last = None
    sk.backlog_len = 0
    sk.sk_wq = None
    sk.sk_dst_cache = None
    sk.sk_rmem_alloc = 0
    sk.sk_wmem_alloc = 0
    sk.sk_omem_alloc = 0
    sk.sk_rcvbuf = 0
    sk.sk_sndbuf = 0
    sk.sk_receive_queue = new_skb_head()
    sk.sk_write_queue = new_skb_head()
    sk.sk_error_queue = None
    sk.sk_wmem_queued = 0
    sk.sk_forward_alloc = 0
    sk.sk_route_caps = 0
    sk.sk_route_nocaps = 0
    sk.sk_gso_type = 0
    sk.sk_gso_max_size = 0
    sk.sk_rcvlowat = 1
    sk.sk_flags = 0
    sk.sk_lingertime = 0
    sk.sk_err = 0
    sk.sk_err_soft = 0
    sk.sk_drops = 0
    sk.sk_ack_backlog = 0
    sk.sk_max_ack_backlog = 0
    sk.sk_priority = 0
    sk.sk_peer_pid = 0
    sk.sk_peer_uid = -1
    sk.sk_peer_gid = -1
    sk.sk_uid = 0
    sk.sk_rcvtimeo = const.MAX_SCHEDULE_TIMEOUT
    sk.sk_sndtimeo = const.MAX_SCHEDULE_TIMEOUT
    sk.sk_filter = None
    sk.sk_mem = None
    sk.sk_tx_queue_mapping = -1
    sk.recv_error = 0
    sk.recv_peeked = False
    sk.sk_timer = None
    sk.sk_stamp = -1
    sk.sk_socket = None
    sk.sk_send_head = None
    sk.sk_write_pending = 0
    sk.sk_mark = 0
    sk.sk_rxhash = 0
    sk.sk_tx_flags = 0
    sk.sk_user_data = None
    sk.sk_ino = 0
    sk.sk_deferred = False
    sk.sk_pacing_status = const.SK_PACING_NONE
    sk.sk_pacing_rate = 0
    sk.sk_max_pacing_rate = const.SK_PACING_UNLIMITED


def sock_flag(sk: Sock, bit: int) -> bool:
    """sock_flag(): is SOCK_* bit set? A direct call, where sk.flag() is a virtual one."""
    return (sk.sk_flags >> bit) & 1 != 0


def sock_set_flag(sk: Sock, bit: int) -> None:
    """sock_set_flag()"""
    sk.sk_flags |= 1 << bit


def sock_reset_flag(sk: Sock, bit: int) -> None:
    """sock_reset_flag()"""
    sk.sk_flags &= ~(1 << bit)
