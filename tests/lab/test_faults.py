"""Schedules of faults: their text, and what they do to a lab."""

from __future__ import annotations

import time

import pytest

import softnet
from softnet.lab.errors import LabError
from softnet.lab.faults import Crash, Cut, PacketFault, Schedule, schedule
from tests.kit.programs_net import ask, echo_upper, fetch, web

ALL = [
    "drop SYN-ACK 2",
    "duplicate DATA 1 towards h2 on h1-h2",
    "corrupt 'udp port 53' 7",
    "swap ANY 3",
    "delay TCP 1 by 1.5s",
    "delay TCP 1 by 300ms towards h1",
    "cut h1-h2 at 3s",
    "cut * at 1.000000001s for 20ms",
    "cut h1-h2 towards h1 at 0s for 2us",
    "crash h1 at 3ms for 7ns",
]


@pytest.mark.parametrize("text", [*ALL, "; ".join(ALL), ""])
def test_the_text_of_a_schedule_reads_back(text: str) -> None:
    plan = schedule(text)
    assert str(plan) == text
    assert schedule(plan) is plan
    assert schedule(plan.faults) == plan
    assert repr(plan) == f"Schedule({text!r})"


def test_what_the_words_mean() -> None:
    assert schedule("delay DATA 1\n cut a-b  at 1 ; crash c at 2s for 1s").faults == (
        PacketFault("delay", "DATA", 1, by=200_000_000),
        Cut("a-b", at=10**9),
        Crash("c", at=2 * 10**9, length=10**9),
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dorp SYN 1", "no fault 'dorp': did you mean 'drop'"),
        ("drop SYN", r"write drop SYN-ACK 2 \[towards"),
        ("swap SYN 0", "counted from 1; write swap"),
        ("drop SYNACK 1", "SYNACK"),
        ("cut a-b when 3s", "no word 'when'"),
        ("cut a-b at", "write cut LINK"),
        ("crash a at 3 apples", "write crash HOST"),
        ("crash a at 3apples", "no unit 'apples'"),
        ("drop 'udp 1", "closing quotation"),
    ],
)
def test_mistakes(text: str, message: str) -> None:
    with pytest.raises(LabError, match=f"(?i){message}"):
        schedule(text)


def run(faults: str) -> tuple[float, softnet.Lab]:
    """Fetch a page through a router."""
    with softnet.Lab(faults=faults) as lab:
        h1, h2 = lab.hosts("h1", "h2")
        r = lab.router("r")
        lab.link(h1, r, delay="1ms")
        lab.link(r, h2, delay="1ms")
        h2.start(web)
        assert h1.call(fetch, "h2", 5000) == 5000
        return lab.now, lab


def test_a_lost_syn_ack_costs_a_second() -> None:
    clean, _ = run("")
    late, lab = run("drop SYN-ACK 1")
    assert 0.9 < late - clean < 1.1
    assert lab.faults.idle() == []
    later, lab = run("drop SYN-ACK 1 on r-h2; drop SYN-ACK 1 towards h1; drop SYN-ACK 9")
    assert later - clean > 1.1, "two answers come after a second, and one of them is lost"
    assert lab.faults.idle() == ["drop SYN-ACK 9"]


@pytest.mark.slow
def test_each_kind_of_packet_can_be_lost_and_nothing_breaks() -> None:
    clean, _ = run("")
    for kind in ("ARP", "SYN", "SYN-ACK", "ACK", "DATA", "FIN", "'tcp port 80'"):
        late, lab = run(f"drop {kind} 1")
        assert lab.faults.idle() == [], kind
        assert late >= clean, kind


@pytest.mark.parametrize("action", ["duplicate", "corrupt", "swap", "delay"])
def test_each_action_strikes_and_nothing_breaks(action: str) -> None:
    _, lab = run(f"{action} DATA 2")
    assert lab.faults.idle() == []


def keep_asking() -> float:
    """When the server first answers after a silence; patience is 100 s."""
    silent = False
    while time.monotonic() < 100:
        try:
            ask("h2", timeout=0.1)
        except OSError:
            silent = True
        else:
            if silent:
                break
        time.sleep(0.1)
    return round(time.monotonic(), 1)


@pytest.mark.parametrize(
    ("faults", "back"),
    [
        ("cut h1-h2 at 2s for 3s", 5.0),
        ("cut h1-h2 towards h1 at 2s for 3s", 5.0),
        ("cut * towards h2 at 2s for 3s", 5.0),
        ("crash h2 at 2s for 3s", 5.0),
        ("cut h1-r at 2s for 3s", 100.0),
        ("crash h2 at 2s", 100.0),
    ],
)
def test_a_silence_has_an_end(faults: str, back: float) -> None:
    with softnet.Lab(faults=faults) as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, delay="1ms")
        h2.start(echo_upper)
        assert h1.call(keep_asking) == pytest.approx(back, abs=0.5)


def test_a_schedule_is_a_value() -> None:
    assert len(schedule("drop SYN 1; drop FIN 1")) == 2
    assert schedule("drop SYN 1") == Schedule((PacketFault("drop", "SYN", 1),))
    assert len({schedule("drop SYN 1"), schedule("drop  SYN 1")}) == 1


def test_the_limit_of_a_lab() -> None:
    with softnet.Lab(until="5s") as lab:
        with pytest.raises(softnet.TimeLimit):
            lab.host("h1").call(time.sleep, 10)
        assert lab.now == 5.0
