"""What devices, handlers and napis do that override nothing."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
import softnet.uapi.if_ as if_
from softnet.structs.netdevice import (
    HeaderOps,
    Napi,
    NetDevice,
    PacketType,
    PtypeBucket,
    RxHandler,
)
from softnet.structs.skbuff import SkBuff


def test_a_new_device() -> None:
    dev = NetDevice("eth0", 3)
    assert [q.index for q in dev.tx] == [0, 1, 2]
    assert dev.tx0 is dev.tx[0]
    assert dev.priv_flags == if_.IFF_XMIT_DST_RELEASE
    assert (dev.rx, dev.ingress_queue, dev.rx_dropped) == (None, None, 0)
    assert dev.tx0.xmit_lock_owner == -1


def test_defaults_of_a_driver() -> None:
    dev = NetDevice("eth0")
    assert dev.ndo_init() == dev.ndo_open() == dev.ndo_stop() == dev.ndo_validate_addr() == 0
    assert dev.ndo_select_queue(SkBuff()) == -1
    assert dev.ndo_do_ioctl(None, 0x89F0) == -95
    assert dev.ndo_change_mtu(67) == -22
    assert dev.ndo_change_mtu(68) == 0
    assert dev.mtu == 68
    assert dev.ndo_set_mac_address(b"123456") == 0
    assert dev.dev_addr == b"123456"
    assert dev.ndo_get_stats() is dev.stats
    assert dev.ndo_fix_features(5) == 5
    with pytest.raises(AssertionError, match="ndo_start_xmit"):
        dev.ndo_start_xmit(SkBuff())


def test_defaults_of_a_handler() -> None:
    pt = PacketType(0x0800, None)
    assert pt.rcv(SkBuff(), NetDevice("eth0"), None) == const.NET_RX_DROP
    assert pt.gso_segment(SkBuff(), 0) is None
    assert pt.gro_receive(Napi(None, 64), SkBuff()) == const.GRO_NORMAL
    assert pt.func_name() == "PacketType"
    assert PtypeBucket().first is None
    assert RxHandler().handle_frame(SkBuff()) == const.RX_HANDLER_PASS


def test_defaults_of_a_napi_and_a_link() -> None:
    napi = Napi(None, 64)
    assert (napi.poll(64), napi.irq_armed(), napi.state) == (0, -1, 0)
    ops = HeaderOps()
    assert ops.create(SkBuff(), NetDevice("eth0"), 0x0800, None, None, 0) == 0
    assert ops.parse(SkBuff()) == ops.cache(b"", NetDevice("eth0"), 0x0800) == b""
