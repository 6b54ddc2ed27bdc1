"""Hook points: order, verdicts, queueing, and that they cost nothing while empty."""

from __future__ import annotations

import errno

import pytest

import softnet.uapi.netfilter as nf
import softnet.uapi.socket as socket_
from softnet.net.core.skbuff import kfree_skb
from softnet.net.netfilter.core import (
    NfQueueEntry,
    NfQueueHandler,
    nf_hook,
    nf_key,
    nf_register_hook,
    nf_register_hooks,
    nf_register_queue_handler,
    nf_reinject,
    nf_unregister_hook,
    nf_unregister_hooks,
    nf_unregister_queue_handler,
)
from softnet.structs.netdevice import NetDevice
from softnet.structs.netfilter import NfHookOps, NfOkfn
from softnet.structs.skbuff import SkBuff
from tests.kit.skbs import make_skb
from tests.net.ipv4.ip_kit import IpHost, Wire, eth, host, ip_bytes, udp

__all__ = ["eth", "host"]

V4 = nf.NFPROTO_IPV4
PRE, IN, FORWARD, OUT, POST = range(5)


class Hook(NfHookOps):
    """Answers its verdicts in turn, the last one for ever, and writes its name into a log."""

    def __init__(
        self, log: list[str], name: str, priority: int, *verdicts: int, hooknum: int = PRE
    ) -> None:
        NfHookOps.__init__(self, V4, hooknum, priority)
        self.log = log
        self.name = name
        self.verdicts = list(verdicts) or [nf.NF_ACCEPT]

    def hook(
        self, hooknum: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None
    ) -> int:
        self.log.append(self.name)
        return self.verdicts.pop(0) if len(self.verdicts) > 1 else self.verdicts[0]


class Ok(NfOkfn):
    def __init__(self) -> None:
        self.got: list[SkBuff] = []

    def okfn(self, skb: SkBuff) -> int:
        self.got.append(skb)
        return 0


def ask(host: IpHost, skb: SkBuff, ok: NfOkfn | None = None) -> int:
    return nf_hook(host.net, V4, PRE, skb, None, None, ok or Ok())


def test_without_hooks_the_answer_is_go_on(host: IpHost) -> None:
    skb = make_skb(b"x")
    assert ask(host, skb) == 1
    assert host.net.nf_active == 0
    kfree_skb(skb)


def test_hooks_run_by_priority_equals_in_order_of_registration(host: IpHost) -> None:
    log: list[str] = []
    regs = [Hook(log, n, p) for n, p in (("c", 5), ("a", -9), ("d", 5), ("b", 0))]
    nf_register_hooks(host.net, list(regs))
    skb = make_skb(b"x")
    assert ask(host, skb) == 1
    assert log == ["a", "b", "c", "d"]
    nf_unregister_hooks(host.net, list(regs))
    assert host.net.nf_active == 0
    assert ask(host, skb) == 1
    assert len(log) == 4
    kfree_skb(skb)


@pytest.mark.parametrize(
    ("verdict", "answer", "asked"),
    [
        (nf.NF_ACCEPT, 1, ["a", "b"]),
        (nf.NF_STOP, 1, ["a"]),
        (nf.NF_DROP, -errno.EPERM, ["a"]),
        (nf.NF_DROP | errno.EHOSTUNREACH << 16, -errno.EHOSTUNREACH, ["a"]),
        (nf.NF_QUEUE, 0, ["a"]),  # nobody takes queued packets: dropped
        (nf.NF_QUEUE | nf.NF_VERDICT_FLAG_QUEUE_BYPASS, 1, ["a", "b"]),
        (99, -errno.EPERM, ["a"]),
    ],
)
def test_verdicts(host: IpHost, verdict: int, answer: int, asked: list[str]) -> None:
    log: list[str] = []
    nf_register_hook(host.net, Hook(log, "a", 0, verdict))
    nf_register_hook(host.net, Hook(log, "b", 1))
    skb = make_skb(b"x")
    assert ask(host, skb) == answer
    assert log == asked
    if answer == 1:
        kfree_skb(skb)


def test_repeat_asks_the_same_hook_again(host: IpHost) -> None:
    log: list[str] = []
    nf_register_hook(host.net, Hook(log, "a", 0, nf.NF_REPEAT, nf.NF_REPEAT, nf.NF_ACCEPT))
    skb = make_skb(b"x")
    assert ask(host, skb) == 1
    assert log == ["a"] * 3
    kfree_skb(skb)


def test_repeat_for_ever_ends_as_a_drop(host: IpHost) -> None:
    nf_register_hook(host.net, Hook([], "a", 0, nf.NF_REPEAT))
    assert ask(host, make_skb(b"x")) == -errno.EPERM


class Thief(Hook):
    def hook(
        self, hooknum: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None
    ) -> int:
        kfree_skb(skb)
        return nf.NF_STOLEN


def test_stolen_packets_are_the_hooks_business(host: IpHost) -> None:
    nf_register_hook(host.net, Thief([], "thief", 0))
    assert ask(host, make_skb(b"x")) == 0


class Keep(NfQueueHandler):
    def __init__(self, answer: int = 0) -> None:
        NfQueueHandler.__init__(self, "keep")
        self.answer = answer
        self.entries: list[tuple[NfQueueEntry, int]] = []

    def outfn(self, entry: NfQueueEntry, queuenum: int) -> int:
        if self.answer == 0:
            self.entries.append((entry, queuenum))
        return self.answer


@pytest.mark.parametrize(
    ("verdict", "asked", "arrives"),
    [
        (nf.NF_ACCEPT, ["q", "after"], True),
        (nf.NF_REPEAT, ["q", "q", "after"], True),
        (nf.NF_STOP, ["q"], True),
        (nf.NF_DROP, ["q"], False),
    ],
)
def test_a_queued_packet_goes_on_as_the_verdict_says(
    host: IpHost, verdict: int, asked: list[str], arrives: bool
) -> None:
    log: list[str] = []
    nf_register_hook(host.net, Hook(log, "q", 0, nf.NF_QUEUE | 7 << 16, nf.NF_ACCEPT))
    nf_register_hook(host.net, Hook(log, "after", 1))
    keep = Keep()
    nf_register_queue_handler(host.net, V4, keep)
    ok = Ok()
    skb = make_skb(b"x")
    assert ask(host, skb, ok) == 0
    (entry, queuenum) = keep.entries[0]
    assert queuenum == 7
    assert (entry.pf, entry.hook) == (V4, PRE)
    nf_reinject(entry, verdict)
    assert log == asked
    assert ok.got == ([skb] if arrives else [])
    for got in ok.got:
        kfree_skb(got)


def test_a_queued_packet_may_be_stolen_or_queued_again(host: IpHost) -> None:
    nf_register_hook(host.net, Hook([], "q", 0, nf.NF_QUEUE))
    keep = Keep()
    nf_register_queue_handler(host.net, V4, keep)
    skb = make_skb(b"x")
    assert ask(host, skb) == 0
    nf_reinject(keep.entries[0][0], nf.NF_QUEUE | 3 << 16)
    assert [q for _, q in keep.entries] == [0, 3]
    nf_reinject(keep.entries[1][0], nf.NF_STOLEN)
    kfree_skb(skb)


def test_a_hook_gone_meanwhile_drops_what_it_queued(host: IpHost) -> None:
    reg = Hook([], "q", 0, nf.NF_QUEUE)
    nf_register_hook(host.net, reg)
    keep = Keep()
    nf_register_queue_handler(host.net, V4, keep)
    ok = Ok()
    assert ask(host, make_skb(b"x"), ok) == 0
    nf_unregister_hook(host.net, reg)
    nf_reinject(keep.entries[0][0], nf.NF_ACCEPT)
    assert ok.got == []


def test_a_handler_that_refuses_passes_or_drops(host: IpHost) -> None:
    log: list[str] = []
    nf_register_hook(host.net, Hook(log, "q", 0, nf.NF_QUEUE))
    nf_register_hook(host.net, Hook(log, "after", 1))
    keep = Keep(-errno.ECANCELED)
    nf_register_queue_handler(host.net, V4, keep)
    skb = make_skb(b"x")
    assert ask(host, skb) == 1
    assert log == ["q", "after"]
    keep.answer = -errno.ENOSPC
    assert ask(host, skb) == 0


def test_one_queue_handler_for_a_family(host: IpHost) -> None:
    first, second = Keep(), Keep()
    nf_register_queue_handler(host.net, V4, first)
    nf_register_queue_handler(host.net, V4, first)
    with pytest.raises(OSError, match="busy") as e:
        nf_register_queue_handler(host.net, V4, second)
    assert e.value.errno == errno.EBUSY
    with pytest.raises(OSError, match="Invalid"):
        nf_unregister_queue_handler(host.net, V4, second)
    nf_unregister_queue_handler(host.net, V4, first)
    nf_register_queue_handler(host.net, V4, second)


def test_hooks_see_their_own_namespace_only(host: IpHost) -> None:
    log: list[str] = []
    nf_register_hook(host.net, Hook(log, "a", 0))
    other = host.new_net()
    skb = make_skb(b"x")
    assert nf_hook(other, V4, PRE, skb, None, None, Ok()) == 1
    assert log == []
    kfree_skb(skb)


def test_every_hook_point_has_a_bit_of_its_own() -> None:
    families = (nf.NFPROTO_IPV4, nf.NFPROTO_ARP, nf.NFPROTO_BRIDGE, nf.NFPROTO_IPV6)
    keys = [nf_key(pf, hook) for pf in families for hook in range(8)]
    assert len(set(keys)) == len(keys)
    assert all(0 <= key < 64 for key in keys)


def test_a_packet_meets_the_hooks_of_its_way(host: IpHost, eth: Wire) -> None:
    log: list[str] = []
    names = ("PRE", "IN", "FORWARD", "OUT", "POST")
    for hooknum, name in enumerate(names):
        nf_register_hook(host.net, Hook(log, name, 0, hooknum=hooknum))
    peer, us = "10.0.0.2", "10.0.0.1"
    host.receive(eth, ip_bytes(peer, us, udp(peer, us, 1, 2), 17))  # and its answer
    assert log == ["PRE", "IN", "OUT", "POST"]
    log.clear()
    out = host.eth("10.1.0.1/24")
    host.neigh(out, "10.1.0.2")
    log.clear()
    host.sysctl("ip_forward", 1)
    host.receive(eth, ip_bytes(peer, "10.1.0.2", b"x"))
    assert log == ["PRE", "FORWARD", "POST"]


@pytest.mark.parametrize("hooknum", [PRE, IN, OUT, POST])
def test_a_queued_packet_arrives_after_all(host: IpHost, eth: Wire, hooknum: int) -> None:
    """Each hook point's okfn goes on where the packet was held."""
    nf_register_hook(host.net, Hook([], "q", 0, nf.NF_QUEUE, nf.NF_ACCEPT, hooknum=hooknum))
    keep = Keep()
    nf_register_queue_handler(host.net, V4, keep)
    s = host.udp_sock("127.0.0.1", 5000)
    a = host.udp_sock()
    assert a.send(b"held", "127.0.0.1", 5000) == 4
    assert s.recv() == -errno.EAGAIN
    entry, _ = keep.entries[0]
    nf_reinject(entry, nf.NF_ACCEPT)
    host.settle()
    assert s.recv() == b"held"
    assert socket_.AF_INET == 2
