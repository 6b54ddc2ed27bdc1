"""tun and tap: a device whose wire ends in a program."""

from __future__ import annotations

import errno
import struct
from collections.abc import Callable, Iterator

import pytest

import softnet.arch.const as const
import softnet.uapi.fcntl as fcntl
import softnet.uapi.if_ as if_
import softnet.uapi.if_tun as tunh
import softnet.uapi.poll as poll
import softnet.uapi.sockios as sockios
from softnet.drivers.net.tun import Tun, tun_chr_open
from softnet.fs.file import File, fput
from softnet.kernel.sched import spawn
from softnet.net.core.dev.config import dev_close, dev_open, dev_set_mtu
from softnet.net.core.dev.registry import dev_get_by_name, unregister_netdev
from softnet.net.core.dev.xmit import dev_queue_xmit
from softnet.structs.netdevice import NetDevice
from tests.net.core.dev.kit import MAC_B, PROTO, DevHost, frame, rtnl, sink

TAP = tunh.IFF_TAP | tunh.IFF_NO_PI
TUN = tunh.IFF_TUN | tunh.IFF_NO_PI


files: list[File] = []


@pytest.fixture
def host() -> Iterator[DevHost]:
    """Whatever a test leaves open is closed, and with it goes what nobody read."""
    with DevHost() as h:
        yield h
        while files:
            file = files.pop()
            if file.f_count:
                fput(file)


def ifreq(name: str, flags: int) -> bytes:
    return struct.pack("16sH22x", name.encode(), flags)


def make(host: DevHost, flags: int, name: str = "", up: bool = True) -> tuple[File, Tun]:
    file = tun_chr_open(host.net, fcntl.O_NONBLOCK)
    files.append(file)
    answer = file.f_op.ioctl(file, tunh.TUNSETIFF, ifreq(name, flags))
    assert isinstance(answer, bytes)
    dev = dev_get_by_name(host.net, answer[:16].split(b"\0")[0].decode())
    assert isinstance(dev, Tun)
    if up:
        with rtnl(host.net):
            assert dev_open(dev) == 0
        host.run(5)
    return file, dev


def fails(code: int, fn: Callable[..., object], *args: object) -> None:
    with pytest.raises(OSError) as e:
        fn(*args)
    assert e.value.errno == code


def send(dev: NetDevice, data: bytes) -> None:
    assert dev_queue_xmit(frame(dev, data)) == 0


def test_names_are_numbered_by_kind(host: DevHost) -> None:
    assert make(host, TUN)[1].name == "tun0"
    assert make(host, TAP)[1].name == "tap0"
    assert make(host, TAP, "vpn%d")[1].name == "vpn0"


def test_a_frame_that_the_host_sends_is_read(host: DevHost) -> None:
    file, dev = make(host, TAP)
    send(dev, b"hello")
    assert file.f_op.poll(file, None) & poll.POLLIN
    wanted = MAC_B + dev.dev_addr + PROTO.to_bytes(2, "big") + b"hello"
    assert file.f_op.read(file, 2000) == wanted
    fails(errno.EAGAIN, file.f_op.read, file, 2000)
    assert not file.f_op.poll(file, None) & poll.POLLIN
    assert dev.stats.tx_packets == 1


def test_what_is_written_is_received(host: DevHost) -> None:
    file, dev = make(host, TAP)
    got = sink(host.net)
    data = dev.dev_addr + MAC_B + PROTO.to_bytes(2, "big") + bytes(range(256)) * 30
    assert file.f_op.write(file, data) == len(data)
    assert dev.stats.rx_packets == 1
    assert dev.stats.rx_bytes == len(data)
    assert len(got.frames) == 1
    assert got.frames[0] == data[14:1664]


@pytest.mark.parametrize(("first", "proto"), [(0x45, 0x0800), (0x60, 0x86DD)])
def test_a_tun_knows_ip_by_its_version(host: DevHost, first: int, proto: int) -> None:
    file, _ = make(host, TUN)
    got = sink(host.net, proto)
    file.f_op.write(file, bytes([first]) + bytes(39))
    assert len(got.frames) == 1


def test_other_versions_are_refused_and_counted(host: DevHost) -> None:
    file, dev = make(host, TUN)
    fails(errno.EINVAL, file.f_op.write, file, b"\x15" + bytes(30))
    assert dev.stats.rx_dropped == 1


def test_packet_information_says_protocol_and_cut(host: DevHost) -> None:
    file, dev = make(host, tunh.IFF_TUN)
    got = sink(host.net)
    file.f_op.write(file, b"\0\0" + PROTO.to_bytes(2, "big") + b"data")
    assert got.frames == [b"data"]
    skb = frame(dev, b"12345678")
    assert dev_queue_xmit(skb) == 0
    assert dev_queue_xmit(frame(dev, b"12345678")) == 0
    out = file.f_op.read(file, 100)
    assert out[:4] == b"\0\0" + PROTO.to_bytes(2, "big")
    short = file.f_op.read(file, 10)
    assert len(short) == 10
    assert short[:2] == tunh.TUN_PKT_STRIP.to_bytes(2, "little")


@pytest.mark.parametrize("data", [b"", bytes(13), bytes(70_000)])
def test_no_frame_at_all(host: DevHost, data: bytes) -> None:
    file, _ = make(host, TAP)
    fails(errno.EINVAL, file.f_op.write, file, data)


def test_vnet_header_brings_super_packets_and_missing_checksums(host: DevHost) -> None:
    file, dev = make(host, TAP | tunh.IFF_VNET_HDR)
    got = sink(host.net)
    body = dev.dev_addr + MAC_B + PROTO.to_bytes(2, "big") + bytes(5000)
    hdr = struct.pack("<BBHHHH", 1, 1, 54, 1460, 34, 16)
    assert file.f_op.write(file, hdr + body) == len(hdr) + len(body)
    assert len(got.frames) == 1
    fails(errno.EINVAL, file.f_op.write, file, struct.pack("<BBHHHH", 1, 0, 0, 0, 9000, 2) + body)
    fails(errno.EINVAL, file.f_op.write, file, struct.pack("<BBHHHH", 0, 1, 54, 0, 0, 0) + body)
    assert dev.stats.rx_frame_errors == 1
    send(dev, b"out")
    assert file.f_op.read(file, 100)[:10] == bytes(10)


def test_the_queue_stops_when_nobody_reads_and_wakes_when_somebody_does(host: DevHost) -> None:
    file, dev = make(host, TAP)
    assert dev.tx_queue_len == 500
    for n in range(501):  # one more than fits: it is still taken
        send(dev, n.to_bytes(2, "big"))
    assert dev.tx0.state & 1 << const.QUEUE_STATE_XOFF
    assert dev.stats.tx_fifo_errors == 1
    verdicts = [dev_queue_xmit(frame(dev, n.to_bytes(2, "big"))) for n in range(600)]
    assert verdicts == [const.NET_XMIT_SUCCESS] * 500 + [const.NET_XMIT_DROP] * 100
    read = 0
    while file.f_op.poll(file, None) & poll.POLLIN:
        file.f_op.read(file, 100)
        read += 1
    assert read == 501 + 500


def test_one_queue_drops_in_the_driver(host: DevHost) -> None:
    _, dev = make(host, TAP | tunh.IFF_ONE_QUEUE)
    for _ in range(510):
        send(dev, b"x")
    assert dev.stats.tx_dropped == 10
    assert not dev.tx0.state & 1 << const.QUEUE_STATE_XOFF


def test_a_reader_sleeps_until_there_is_something(host: DevHost) -> None:
    file, dev = make(host, TAP)
    file.f_flags &= ~fcntl.O_NONBLOCK
    task = spawn(host.machine, lambda: file.f_op.read(file, 100), name="reader")
    host.run(1)
    assert not task.finished()
    send(dev, b"wake up")
    host.run(1)
    data = task.result()
    assert isinstance(data, bytes)
    assert data[14:] == b"wake up"


def test_a_reader_of_a_device_that_goes_gets_eio(host: DevHost) -> None:
    file, dev = make(host, TAP)
    file.f_flags &= ~fcntl.O_NONBLOCK
    task = spawn(
        host.machine, lambda: file.f_op.read(file, 100), name="reader", keep_exception=True
    )
    host.run(1)
    unregister_netdev(dev)
    host.run(1)
    with pytest.raises(OSError) as e:
        task.result()
    assert e.value.errno == errno.EIO
    assert file.f_op.poll(file, None) == poll.POLLERR
    fails(errno.EIO, file.f_op.write, file, bytes(60))


def test_the_device_goes_with_its_file_unless_it_persists(host: DevHost) -> None:
    file, dev = make(host, TAP, "one")
    send(dev, b"unread")
    fput(file)
    assert dev_get_by_name(host.net, "one") is None
    file, dev = make(host, TAP, "two")
    file.f_op.ioctl(file, tunh.TUNSETPERSIST, 1)
    fput(file)
    assert dev_get_by_name(host.net, "two") is dev
    assert dev.state & 1 << const.LINK_STATE_NOCARRIER
    again, same = make(host, TAP, "two")
    assert same is dev
    assert not dev.state & 1 << const.LINK_STATE_NOCARRIER
    fput(again)


def test_one_reader_at_a_time(host: DevHost) -> None:
    make(host, TAP, "t")
    other = tun_chr_open(host.net)
    fails(errno.EBUSY, other.f_op.ioctl, other, tunh.TUNSETIFF, ifreq("t", TAP))
    fails(errno.EINVAL, other.f_op.ioctl, other, tunh.TUNSETIFF, ifreq("t", TUN))
    excl = ifreq("t", TAP | tunh.IFF_TUN_EXCL)
    fails(errno.EBUSY, other.f_op.ioctl, other, tunh.TUNSETIFF, excl)
    fails(errno.EINVAL, other.f_op.ioctl, other, tunh.TUNSETIFF, ifreq("u", 0))
    fails(errno.EBADFD, other.f_op.read, other, 10)
    fails(errno.EBADFD, other.f_op.ioctl, other, tunh.TUNGETIFF, b"")
    assert other.f_op.poll(other, None) == poll.POLLERR


def test_offloads_are_what_the_program_can_take(host: DevHost) -> None:
    file, dev = make(host, TAP | tunh.IFF_VNET_HDR)
    bits = tunh.TUN_F_CSUM | tunh.TUN_F_TSO4
    assert not dev.features & const.NETIF_F_HW_CSUM
    file.f_op.ioctl(file, tunh.TUNSETOFFLOAD, bits)
    wanted = const.NETIF_F_HW_CSUM | const.NETIF_F_TSO | const.NETIF_F_SG
    assert dev.features & wanted == wanted
    file.f_op.ioctl(file, tunh.TUNSETOFFLOAD, 0)
    assert not dev.features & (const.NETIF_F_HW_CSUM | const.NETIF_F_TSO)
    fails(errno.EINVAL, file.f_op.ioctl, file, tunh.TUNSETOFFLOAD, tunh.TUN_F_TSO4)
    fails(errno.EINVAL, file.f_op.ioctl, file, tunh.TUNSETOFFLOAD, 0x80)


def test_the_filter_lets_through_what_the_program_wants(host: DevHost) -> None:
    file, dev = make(host, TAP)
    one = struct.pack("<HH", 0, 1) + MAC_B
    assert file.f_op.ioctl(file, tunh.TUNSETTXFILTER, one) == 1
    send(dev, b"pass")
    assert dev_queue_xmit(frame(dev, b"stop", dst=b"\x01" * 6)) == 0
    assert dev.stats.tx_dropped == 1
    many = struct.pack("<HH", tunh.TUN_FLT_ALLMULTI, 1) + MAC_B
    assert file.f_op.ioctl(file, tunh.TUNSETTXFILTER, many) == 1
    assert dev_queue_xmit(frame(dev, b"pass", dst=b"\x01" * 6)) == 0
    assert file.f_op.ioctl(file, tunh.TUNSETTXFILTER, struct.pack("<HH", 0, 0)) == 0
    assert dev.txflt is None
    assert dev.end is not None


def test_the_other_ioctls(host: DevHost) -> None:
    file, dev = make(host, TAP, up=False)
    ioctl = file.f_op.ioctl
    known = ioctl(file, tunh.TUNGETFEATURES, 0)
    assert isinstance(known, int)
    assert known & tunh.IFF_VNET_HDR
    answer = ioctl(file, tunh.TUNGETIFF, b"")
    assert isinstance(answer, bytes)
    assert struct.unpack("16sH22x", answer)[1] == TAP
    assert ioctl(file, tunh.TUNSETOWNER, 1000) == 0
    assert ioctl(file, tunh.TUNSETGROUP, 100) == 0
    assert (dev.owner, dev.group_id) == (1000, 100)
    assert ioctl(file, tunh.TUNSETLINK, 65534) == 0
    assert dev.type == 65534
    ioctl(file, tunh.TUNSETLINK, 1)
    assert ioctl(file, tunh.TUNGETVNETHDRSZ, 0) == 10
    fails(errno.EINVAL, ioctl, file, tunh.TUNSETVNETHDRSZ, 12)
    mac = bytes.fromhex("02aabbccddee")
    ioctl(file, sockios.SIOCSIFHWADDR, struct.pack("16sH6s16x", b"", 1, mac))
    assert dev.dev_addr == mac
    answer = ioctl(file, sockios.SIOCGIFHWADDR, b"")
    assert isinstance(answer, bytes)
    assert answer[18:24] == mac
    fails(errno.EINVAL, ioctl, file, 0x1234, 0)
    fails(errno.EFAULT, ioctl, file, tunh.TUNSETOWNER, None)


def test_a_tun_is_a_point_to_point_link_without_addresses(host: DevHost) -> None:
    _, dev = make(host, TUN)
    assert dev.flags & if_.IFF_POINTOPOINT
    assert dev.flags & if_.IFF_NOARP
    assert (dev.mtu, dev.hard_header_len, dev.addr_len) == (1500, 0, 0)
    with rtnl(host.net):
        assert dev_set_mtu(dev, 65535) == 0
        assert dev_set_mtu(dev, 65536) == -errno.EINVAL
        assert dev_set_mtu(dev, 67) == -errno.EINVAL
        dev_close(dev)
