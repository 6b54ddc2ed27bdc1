"""The poll list of a CPU."""

from __future__ import annotations

import pytest

import softnet.arch.const as const
from softnet.net.core.dev.poll_list import (
    napi_schedule_claimed,
    napi_schedule_prep,
    poll_list_add,
    poll_list_del,
)
from softnet.structs.netdevice import Napi, SoftnetData
from tests.net.core.dev.kit import DevHost, softirq


def names(sd: SoftnetData, napis: list[Napi]) -> list[int]:
    out = []
    n = sd.poll_first
    while n is not None:
        out.append(napis.index(n))
        n = n.next
    return out


@pytest.mark.parametrize("gone", [0, 1, 2])
def test_any_of_the_list_can_go(host: DevHost, gone: int) -> None:
    sd = host.sd()
    napis = [Napi(None, 64) for _ in range(3)]
    for napi in napis:
        poll_list_add(sd, napi)
    assert names(sd, napis) == [0, 1, 2]
    poll_list_del(sd, napis[gone])
    assert names(sd, napis) == [n for n in range(3) if n != gone]
    poll_list_add(sd, napis[gone])
    assert names(sd, napis)[-1] == gone
    assert sd.poll_last is napis[gone]


def test_removing_what_is_not_there_is_a_bug(host: DevHost) -> None:
    poll_list_add(host.sd(), Napi(None, 64))
    with pytest.raises(AssertionError, match="on no poll list"):
        poll_list_del(host.sd(), Napi(None, 64))


def test_claim_then_schedule(host: DevHost) -> None:
    napi = Napi(None, 64)
    with softirq(host.machine.cpus[0]):
        assert napi_schedule_prep(napi)
        assert not napi_schedule_prep(napi)
        napi_schedule_claimed(napi)
    assert host.sd().poll_first is napi
    assert napi.sd is host.sd()
    assert host.machine.cpus[0].softirq_pending == 1 << const.NET_RX_SOFTIRQ


def test_disabled_napi_cannot_be_claimed(host: DevHost) -> None:
    napi = Napi(None, 64)
    napi.state = 1 << const.NAPI_STATE_DISABLE
    assert not napi_schedule_prep(napi)
