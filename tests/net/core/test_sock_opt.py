"""SOL_SOCKET options: bounds, encodings, errnos; and the control messages they switch on."""

from __future__ import annotations

import errno
import struct

import pytest

import softnet.arch.const as const
import softnet.uapi.errqueue as errqueue
import softnet.uapi.socket as uapi
from softnet.net.core.skbuff import kfree_skb, skb_queue_purge, skb_set_owner_w, skb_tobytes
from softnet.net.core.sock import (
    register_filter_ops,
    sk_error_queue,
    sk_free_last,
    skb_tx_timestamp,
    sock_get_timestamp,
    sock_get_timestampns,
    sock_getsockopt,
    sock_recv_ts_and_drops,
    sock_setsockopt,
    sock_tx_timestamp,
)
from softnet.net.core.sock_opt import FilterOps
from softnet.structs.errqueue import SockExterr
from softnet.structs.netdevice import NetDevice
from softnet.structs.sock import SkFilter, Sock
from softnet.structs.socket import MsgHdr
from tests.kit.errors import os_error
from tests.kit.skbs import make_skb
from tests.kit.socks import PlainSock, SockWorld

pytestmark = pytest.mark.usefixtures("skb_debug")


@pytest.fixture
def w() -> SockWorld:
    return SockWorld()


def i32(v: int) -> bytes:
    return struct.pack("<i", v)


def timeval(sec: int, usec: int) -> bytes:
    return struct.pack("<qq", sec, usec)


def set_(w: SockWorld, sk: PlainSock, opt: int, value: int | bytes) -> int:
    assert sk.sk_socket is not None
    with w.on_cpu():
        return sock_setsockopt(sk.sk_socket, opt, i32(value) if isinstance(value, int) else value)


def get(sk: PlainSock, opt: int, optlen: int = 128) -> bytes:
    assert sk.sk_socket is not None
    return sock_getsockopt(sk.sk_socket, opt, optlen)


def get_int(sk: PlainSock, opt: int) -> int:
    value = get(sk, opt)
    assert len(value) == 4
    return int(struct.unpack("<i", value)[0])


SWITCHES = [
    uapi.SO_DEBUG,
    uapi.SO_REUSEADDR,
    uapi.SO_DONTROUTE,
    uapi.SO_BROADCAST,
    uapi.SO_KEEPALIVE,
    uapi.SO_OOBINLINE,
    uapi.SO_NO_CHECK,
    uapi.SO_PASSCRED,
    uapi.SO_PASSSEC,
    uapi.SO_TIMESTAMP,
    uapi.SO_TIMESTAMPNS,
    uapi.SO_RXQ_OVFL,
]


@pytest.mark.parametrize("opt", SWITCHES)
def test_switches_are_0_or_1_whatever_was_given(w: SockWorld, opt: int) -> None:
    sk = w.sock()
    assert get_int(sk, opt) == 0
    for given, want in ((5, 1), (-1, 1), (0, 0)):
        assert set_(w, sk, opt, given) == 0
        assert get_int(sk, opt) == want
    assert not sk.owned


@pytest.mark.parametrize("opt", [*SWITCHES, uapi.SO_SNDBUF, uapi.SO_MARK, 9999])
def test_short_values_are_einval(w: SockWorld, opt: int) -> None:
    assert set_(w, w.sock(), opt, b"\1\0\0") == -errno.EINVAL


def test_longer_values_are_fine(w: SockWorld) -> None:
    sk = w.sock()
    assert set_(w, sk, uapi.SO_BROADCAST, i32(1) + b"more") == 0
    assert get_int(sk, uapi.SO_BROADCAST) == 1


def test_answers_are_cut_to_what_there_is_room_for(w: SockWorld) -> None:
    sk = w.sock(uapi.SOCK_STREAM)
    assert get(sk, uapi.SO_TYPE, 2) == b"\1\0"
    assert get(sk, uapi.SO_LINGER, 4) == i32(0)
    assert get(sk, uapi.SO_TYPE, 0) == b""
    with os_error(errno.EINVAL):
        get(sk, uapi.SO_TYPE, -1)


@pytest.mark.parametrize(
    ("opt", "field", "minimum"),
    [
        (uapi.SO_SNDBUF, "sk_sndbuf", 2048),
        (uapi.SO_RCVBUF, "sk_rcvbuf", 2304),
    ],
)
def test_buffers_are_doubled_within_bounds(
    w: SockWorld, opt: int, field: str, minimum: int
) -> None:
    sk = w.sock()
    for given, want in (
        (10000, 20000),
        (0, minimum),
        (1, minimum),
        (229376, 458752),
        (1 << 30, 458752),
        (-1, 458752),
    ):
        assert set_(w, sk, opt, given) == 0
        assert getattr(sk, field) == want
        assert get_int(sk, opt) == want
    lock = const.SOCK_SNDBUF_LOCK if opt == uapi.SO_SNDBUF else const.SOCK_RCVBUF_LOCK
    assert sk.sk_userlocks == lock


@pytest.mark.parametrize("opt", [uapi.SO_SNDBUFFORCE, uapi.SO_RCVBUFFORCE])
def test_forced_buffers_know_no_maximum(w: SockWorld, opt: int) -> None:
    sk = w.sock()
    field = "sk_sndbuf" if opt == uapi.SO_SNDBUFFORCE else "sk_rcvbuf"
    assert set_(w, sk, opt, 1 << 24) == 0
    assert getattr(sk, field) == 1 << 25
    assert set_(w, sk, opt, -5) == 0
    assert getattr(sk, field) in (2048, 2304)
    with os_error(errno.ENOPROTOOPT):
        get(sk, opt)


def test_more_send_buffer_wakes_writers(w: SockWorld) -> None:
    sk = w.sock()
    set_(w, sk, uapi.SO_SNDBUF, 5000)
    assert sk.calls == ["write_space"]


@pytest.mark.parametrize("opt", [uapi.SO_TYPE, uapi.SO_PROTOCOL, uapi.SO_DOMAIN, uapi.SO_ERROR])
def test_what_can_only_be_read(w: SockWorld, opt: int) -> None:
    assert set_(w, w.sock(), opt, 1) == -errno.ENOPROTOOPT


@pytest.mark.parametrize(
    "opt", [uapi.SO_REUSEPORT, uapi.SO_SNDLOWAT, uapi.SO_ACCEPTCONN, uapi.SO_PEEK_OFF, 4242]
)
def test_what_3_2_does_not_know(w: SockWorld, opt: int) -> None:
    sk = w.sock()
    assert set_(w, sk, opt, 1) == -errno.ENOPROTOOPT
    if opt not in (uapi.SO_SNDLOWAT, uapi.SO_ACCEPTCONN):
        with os_error(errno.ENOPROTOOPT):
            get(sk, opt)


def test_what_a_sock_is(w: SockWorld) -> None:
    sk = w.sock(uapi.SOCK_STREAM)
    sk.sk_protocol = 6
    assert get_int(sk, uapi.SO_TYPE) == uapi.SOCK_STREAM
    assert get_int(sk, uapi.SO_DOMAIN) == uapi.AF_INET
    assert get_int(sk, uapi.SO_PROTOCOL) == 6
    assert get_int(sk, uapi.SO_ACCEPTCONN) == 0
    sk.sk_state = 10
    assert get_int(sk, uapi.SO_ACCEPTCONN) == 1
    assert get_int(sk, uapi.SO_SNDLOWAT) == 1


def test_error_then_soft_error_then_none(w: SockWorld) -> None:
    sk = w.sock()
    sk.sk_err, sk.sk_err_soft = errno.ECONNREFUSED, errno.EHOSTUNREACH
    seen = [get_int(sk, uapi.SO_ERROR) for _ in range(3)]
    assert seen == [errno.ECONNREFUSED, errno.EHOSTUNREACH, 0]


def test_keepalive_tells_the_protocol(w: SockWorld) -> None:
    sk = w.sock()
    set_(w, sk, uapi.SO_KEEPALIVE, 1)
    set_(w, sk, uapi.SO_KEEPALIVE, 0)
    assert w.prot.keepalive == [True, False]


def test_priority_mark_and_lowat(w: SockWorld) -> None:
    sk = w.sock()
    for given in (6, 1 << 16):
        assert set_(w, sk, uapi.SO_PRIORITY, given) == 0
        assert get_int(sk, uapi.SO_PRIORITY) == given
    assert set_(w, sk, uapi.SO_MARK, -2) == 0
    assert sk.sk_mark == 0xFFFFFFFE
    assert get_int(sk, uapi.SO_MARK) == -2
    for given, want in ((100, 100), (0, 1), (-1, 0x7FFFFFFF)):
        assert set_(w, sk, uapi.SO_RCVLOWAT, given) == 0
        assert get_int(sk, uapi.SO_RCVLOWAT) == want


def test_linger(w: SockWorld) -> None:
    sk = w.sock()
    assert set_(w, sk, uapi.SO_LINGER, i32(1)) == -errno.EINVAL
    assert set_(w, sk, uapi.SO_LINGER, i32(1) + i32(7)) == 0
    assert sk.sk_lingertime == 7 * const.NSEC_PER_SEC
    assert get(sk, uapi.SO_LINGER) == i32(1) + i32(7)
    assert set_(w, sk, uapi.SO_LINGER, i32(0) + i32(9)) == 0
    assert get(sk, uapi.SO_LINGER) == i32(0) + i32(7)


@pytest.mark.parametrize("opt", [uapi.SO_RCVTIMEO, uapi.SO_SNDTIMEO])
def test_timeouts(w: SockWorld, opt: int) -> None:
    sk = w.sock()
    field = "sk_rcvtimeo" if opt == uapi.SO_RCVTIMEO else "sk_sndtimeo"
    assert get(sk, opt) == timeval(0, 0)
    assert set_(w, sk, opt, timeval(2, 500_000)) == 0
    assert getattr(sk, field) == 2_500_000_000
    assert get(sk, opt) == timeval(2, 500_000)
    assert set_(w, sk, opt, timeval(0, 1)) == 0
    assert get(sk, opt) == timeval(0, 1000)  # a jiffy
    assert set_(w, sk, opt, timeval(-1, 0)) == 0
    assert getattr(sk, field) == 0
    for usec in (-1, 1_000_000):
        assert set_(w, sk, opt, timeval(0, usec)) == -errno.EDOM
    assert set_(w, sk, opt, timeval(1, 0)[:12]) == -errno.EINVAL
    for forever in (timeval(0, 0), timeval(1 << 60, 0)):
        assert set_(w, sk, opt, forever) == 0
        assert getattr(sk, field) == const.MAX_SCHEDULE_TIMEOUT


def test_bind_to_device(w: SockWorld) -> None:
    sk = w.sock()
    dev = NetDevice("eth0")
    dev.ifindex = 3
    w.net.dev_by_name["eth0"] = dev
    for value, want in ((b"eth0\0garbage", 3), (b"", 0), (b"eth0", 3), (b"\0", 0)):
        assert set_(w, sk, uapi.SO_BINDTODEVICE, value) == 0
        assert sk.sk_bound_dev_if == want
    assert set_(w, sk, uapi.SO_BINDTODEVICE, b"eth1") == -errno.ENODEV
    long = NetDevice("a23456789012345")
    long.ifindex = 9
    w.net.dev_by_name[long.name] = long
    assert set_(w, sk, uapi.SO_BINDTODEVICE, b"a23456789012345xyz") == 0
    assert sk.sk_bound_dev_if == 9


def test_peer(w: SockWorld) -> None:
    sk = w.sock()
    assert get(sk, uapi.SO_PEERCRED) == struct.pack("<iii", 0, -1, -1)
    sk.sk_peer_pid, sk.sk_peer_uid, sk.sk_peer_gid = 42, 0, 0
    assert get(sk, uapi.SO_PEERCRED) == struct.pack("<iii", 42, 0, 0)
    name = struct.pack("<H", 2) + struct.pack(">HI", 80, 0x0A000001) + bytes(8)
    assert get(sk, uapi.SO_PEERNAME, 16) == name
    assert get(sk, uapi.SO_PEERNAME, 4) == name[:4]
    with os_error(errno.EINVAL):
        get(sk, uapi.SO_PEERNAME, 17)


# ---- filters


def test_attach_and_detach_a_filter(w: SockWorld) -> None:
    class Attach(FilterOps):
        def attach(self, sk: Sock, optval: bytes) -> int:
            sk.sk_filter = SkFilter()
            return 0

    sk = w.sock()
    register_filter_ops(Attach())
    try:
        assert set_(w, sk, uapi.SO_ATTACH_FILTER, bytes(16)) == 0
    finally:
        register_filter_ops(FilterOps())
    assert sk.sk_filter is not None
    assert set_(w, sk, uapi.SO_DETACH_FILTER, 0) == 0
    assert sk.sk_filter is None


# ---- time stamps

STAMP = 5_123_456_789


def received(sk: PlainSock, tstamp: int = STAMP, hw: int = 0, drops: int = 0) -> MsgHdr:
    """What recvmsg() would tell about a packet stamped so."""
    msg = MsgHdr(bytearray(), 0)
    msg.controllen = 200
    skb = make_skb(b"x")
    skb.tstamp, skb.shinfo.hwtstamp, skb.dropcount = tstamp, hw, drops
    sock_recv_ts_and_drops(msg, sk, skb)
    kfree_skb(skb)
    return msg


def test_timestamp_unit_is_that_of_the_last_call(w: SockWorld) -> None:
    sk = w.sock()
    assert received(sk).control is None
    set_(w, sk, uapi.SO_TIMESTAMP, 1)
    row = (uapi.SOL_SOCKET, uapi.SCM_TIMESTAMP, timeval(5, 123456))
    assert received(sk).control == [row]
    set_(w, sk, uapi.SO_TIMESTAMPNS, 1)
    row = (uapi.SOL_SOCKET, uapi.SCM_TIMESTAMPNS, timeval(5, 123456789))
    assert received(sk).control == [row]
    assert (get_int(sk, uapi.SO_TIMESTAMP), get_int(sk, uapi.SO_TIMESTAMPNS)) == (0, 1)
    set_(w, sk, uapi.SO_TIMESTAMP, 0)
    assert received(sk).control is None


def test_unstamped_packet_gets_now(w: SockWorld) -> None:
    sk = w.sock()
    set_(w, sk, uapi.SO_TIMESTAMPNS, 1)
    w.world.run(until_ns=77)
    assert received(sk, tstamp=0).control == [
        (uapi.SOL_SOCKET, uapi.SCM_TIMESTAMPNS, timeval(0, 77))
    ]


def test_asking_for_stamps_switches_them_on_for_the_host_until_the_sock_goes(w: SockWorld) -> None:
    core = w.net.core
    a, b = w.sock(), w.sock()
    set_(w, a, uapi.SO_TIMESTAMP, 1)
    set_(w, a, uapi.SO_TIMESTAMPING, errqueue.SOF_TIMESTAMPING_RX_SOFTWARE)
    assert core.netstamp_needed == 1
    set_(w, b, uapi.SO_TIMESTAMPING, errqueue.SOF_TIMESTAMPING_RX_SOFTWARE)
    assert core.netstamp_needed == 2
    set_(w, b, uapi.SO_TIMESTAMPING, 0)
    assert core.netstamp_needed == 1
    sk_free_last(a)
    assert core.netstamp_needed == 0


def test_timestamping_reports_three_stamps(w: SockWorld) -> None:
    sk = w.sock()
    mask = errqueue.SOF_TIMESTAMPING_SOFTWARE | errqueue.SOF_TIMESTAMPING_RAW_HARDWARE
    assert set_(w, sk, uapi.SO_TIMESTAMPING, 0x80) == -errno.EINVAL
    assert set_(w, sk, uapi.SO_TIMESTAMPING, mask) == 0
    assert get_int(sk, uapi.SO_TIMESTAMPING) == mask
    assert received(sk, hw=9).control == [
        (
            uapi.SOL_SOCKET,
            uapi.SCM_TIMESTAMPING,
            timeval(5, 123456789) + timeval(0, 0) + timeval(0, 9),
        )
    ]
    assert received(sk, tstamp=0).control is None


@pytest.mark.parametrize("bit", range(7))
def test_timestamping_bits_are_read_back(w: SockWorld, bit: int) -> None:
    sk = w.sock()
    assert set_(w, sk, uapi.SO_TIMESTAMPING, 1 << bit) == 0
    assert get_int(sk, uapi.SO_TIMESTAMPING) == 1 << bit


def test_drops_are_told_when_there_were_some(w: SockWorld) -> None:
    sk = w.sock()
    set_(w, sk, uapi.SO_RXQ_OVFL, 1)
    assert received(sk).control is None
    assert received(sk, drops=3).control == [(uapi.SOL_SOCKET, uapi.SO_RXQ_OVFL, i32(3))]


def test_siocgstamp(w: SockWorld) -> None:
    sk = w.sock()
    with os_error(errno.ENOENT):
        sock_get_timestamp(sk)
    assert w.net.core.netstamp_needed == 1
    received(sk)
    assert sock_get_timestamp(sk) == timeval(5, 123456)
    assert sock_get_timestampns(sk) == timeval(5, 123456789)


def test_transmit_stamp_comes_back_on_the_error_queue(w: SockWorld) -> None:
    sk = w.sock()
    want = errqueue.SOF_TIMESTAMPING_TX_SOFTWARE | errqueue.SOF_TIMESTAMPING_TX_HARDWARE
    set_(w, sk, uapi.SO_TIMESTAMPING, want)
    flags = sock_tx_timestamp(sk)
    assert flags == const.SKBTX_HW_TSTAMP | const.SKBTX_SW_TSTAMP
    skb = make_skb(b"frame")
    skb_set_owner_w(skb, sk)
    with w.on_cpu():
        skb_tx_timestamp(skb)  # not asked for: nothing
        assert sk.sk_error_queue is None
        skb.shinfo.tx_flags = flags
        skb_tx_timestamp(skb)
    entry = sk_error_queue(sk).first
    assert entry is not None
    assert skb_tobytes(entry) == b"frame"
    serr = entry.cb
    assert isinstance(serr, SockExterr)
    assert serr.pack() == struct.pack("<iBBBBII", errno.ENOMSG, 4, 0, 0, 0, 0, 0)
    kfree_skb(skb)
    skb_queue_purge(sk_error_queue(sk))
