"""Links: what they are set to, what they drop, and what they say."""

from __future__ import annotations

import pytest

import softnet
from softnet.lab.errors import LabError
from tests.kit.programs_net import ask, echo_upper, fetch, web


def test_drop_the_first_syn_and_the_connection_takes_a_second_more() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        wire = lab.link(h1, h2, delay="1ms")
        h2.start(web)
        rule = wire.drop(nth=1, match="tcp[tcpflags] & tcp-syn != 0")
        assert h1.call(fetch, "h2", 100) == 100
        assert rule.hits == 1
        assert 1.0 < lab.now < 1.1
        assert h1.counters()["Tcp.RetransSegs"] == 1


def test_drop_by_a_function_and_undrop() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        wire = lab.link(h1, h2)
        h2.start(echo_upper)
        rule = wire.drop(match=lambda frame: b"secret" in frame)
        with pytest.raises(TimeoutError):
            h1.call(ask, "h2", b"secret")
        assert h1.call(ask, "h2", b"other") == b"OTHER"
        wire.undrop(rule)
        assert h1.call(ask, "h2", b"secret") == b"SECRET"


def test_drop_in_one_direction() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        wire = lab.link(h1, h2)
        h2.start(echo_upper)
        wire.drop(match="udp", towards="h1")
        with pytest.raises(TimeoutError):
            h1.call(ask, "h2")
        assert h2.counters()["Udp.InDatagrams"] == 1


def test_set_changes_one_thing_and_leaves_the_others() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        wire = lab.link(h1, h2, rate="10mbit", delay="20ms")
        wire.set(loss="5%")
        assert wire.describe() == "10mbit 20ms loss 5%"
        wire.set(delay=0.001, towards="h2")
        assert (wire.cable.ab.delay, wire.cable.ba.delay) == (1_000_000, 20_000_000)


def test_down_and_up() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        wire = lab.link(h1, h2)
        h2.start(echo_upper)
        assert h1.call(ask, "h2") == b"HELLO"
        wire.down()
        assert wire.describe() == "down"
        lab.at("8s", wire.up)

        def keep_asking() -> bytes:
            while True:
                try:
                    return ask("h2", timeout=1)
                except OSError:
                    continue

        assert h1.call(keep_asking) == b"HELLO"
        assert 8.0 <= lab.now < 10.0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"nth": -1}, "counted from 1"),
        ({"match": "tcp prot 80"}, "prot"),
        ({"towards": "h3"}, "did you mean"),
    ],
)
def test_a_rule_that_makes_no_sense(words: dict[str, object], message: str) -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        wire = lab.link(h1, h2)
        with pytest.raises(LabError, match=message):
            wire.drop(**words)
