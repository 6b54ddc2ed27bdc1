"""Labs from end to end: programs talk over links, and what is wrong is said in words."""

from __future__ import annotations

import pytest

import softnet
from softnet.lab.errors import LabError
from tests.kit.programs_net import ask, echo_upper, fetch, web


def test_programs_talk_over_a_link() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, delay="20ms")
        h2.start(echo_upper)
        assert h1.call(ask, "h2") == b"HELLO"
        assert 0.08 <= lab.now < 0.081  # ARP there and back, the datagrams


def test_a_page_crosses_a_router_and_losses() -> None:
    with softnet.Lab(seed=3) as lab:
        h1, h2 = lab.hosts("h1", "h2")
        r1 = lab.router("r1")
        lossy = lab.link(h1, r1, rate="10mbit", delay="5ms", loss="5%")
        lab.link(r1, h2, delay="1ms")
        h2.start(web)
        assert h1.call(fetch, "h2", 100_000) == 100_000
        assert lossy.cable.ba.drops["loss"] > 0
        assert h2.counters()["Tcp.RetransSegs"] > 0
        assert r1.counters()["Ip.ForwDatagrams"] > 70


def test_time_passes_only_when_something_waits() -> None:
    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        assert h1.call(lambda: sum(range(1000))) == 499500
        assert lab.now == 0.0
        lab.run(until="2s")
        assert lab.now == 2.0
        lab.run_for("500ms")
        assert lab.now == 2.5


def test_at_and_every() -> None:
    with softnet.Lab() as lab:
        seen: list[float] = []
        lab.at("3s", lambda: seen.append(lab.now))
        lab.every("2s", lambda: seen.append(-lab.now))
        lab.run(until="5s")
        assert seen == [-2.0, 3.0, -4.0]


def test_every_ends_when_its_function_says_so() -> None:
    with softnet.Lab() as lab:
        seen: list[float] = []

        def three_times() -> bool:
            seen.append(lab.now)
            return len(seen) < 3

        lab.every("1s", three_times)
        lab.run(until="9s")
        assert seen == [1.0, 2.0, 3.0]


def test_run_until_says_whether_it_came_true() -> None:
    with softnet.Lab() as lab:
        lab.at("1s", lambda: None)
        assert lab.run_until(lambda: lab.now >= 1.0)
        assert not lab.run_until(lambda: False, timeout="1s")


def test_a_partition_stops_packets_and_heal_ends_it() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        wire = lab.link(h1, h2)
        h2.start(echo_upper)
        assert lab.partition(["h1"], ["h2"]) == [wire]
        with pytest.raises(OSError):
            h1.call(ask, "h2")
        lab.heal()
        lab.run_for("1s")  # a carrier that came back takes its time to be believed
        assert h1.call(ask, "h2") == b"HELLO"


def test_star() -> None:
    with softnet.Lab() as lab:
        leaves = lab.star(3, delay="1ms")
        leaves[2].start(echo_upper)
        assert leaves[0].call(ask, "h3") == b"HELLO"


def test_own_addresses() -> None:
    with softnet.Lab() as lab:
        a, b, c = lab.hosts("a", "b", "c")
        lab.link(a, b, address_a="192.168.7.1/24", address_b="192.168.7.9/24")
        lab.link(b, c)
        assert (a.address, b.address) == ("192.168.7.1", "192.168.7.9")
        assert c.address == "10.0.0.2"


def test_the_mtu_of_a_link() -> None:
    with softnet.Lab() as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b, mtu=600)
        b.start(echo_upper)
        assert len(a.call(ask, "b", bytes(1400))) == 1400
        assert a.counters()["Ip.FragCreates"] == 3


def test_an_exception_comes_back_with_its_place_and_time() -> None:
    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        with pytest.raises(ZeroDivisionError) as caught:
            h1.call(lambda: 1 // 0)
        assert any("h1/lambda" in note for note in caught.value.__notes__)


def test_a_program_that_can_never_go_on_is_named() -> None:
    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        with pytest.raises(LabError, match=r"h1/echo_upper .*in echo_upper"):
            h1.call(echo_upper)


def test_two_labs_one_after_the_other_are_equal() -> None:
    digests = set()
    for _ in range(2):
        with softnet.Lab(seed=5, digest=True) as lab:
            h1, h2 = lab.hosts("h1", "h2")
            lab.link(h1, h2, delay="1ms", jitter="300us", loss="10%")
            h2.start(web)
            h1.call(fetch, "h2", 20_000)
            digests.add(lab.digest)
    assert len(digests) == 1


# What users get wrong


def lab_with_two(lab: softnet.Lab) -> None:
    lab.hosts("web", "cli")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda lab: lab.link("web", "clu"), "no host 'clu': did you mean 'cli'"),
        (lambda lab: lab.link("web", "web"), "cannot be linked to itself"),
        (lambda lab: lab.host("web"), "there is a host 'web' already"),
        (lambda lab: lab.host("a b"), "is no host name"),
        (lambda lab: lab.link("web", "cli", rate="10mbps?"), "10mbit"),
        (lambda lab: lab.link("web", "cli", delay="20 apples"), "no unit 'apples'"),
        (lambda lab: lab.link("web", "cli", loss="101%"), "more than certain"),
        (lambda lab: lab.link("web", "cli", dealy="1ms"), "did you mean 'delay'"),
        (lambda lab: lab.link("web", "cli", address_a="10.1.1.1"), "write '10.1.1.1/24'"),
        (
            lambda lab: lab.link("web", "cli", address_a="10.1.1.1/24", address_b="10.1.1.1/24"),
            "is web:eth0's already",
        ),
        (
            lambda lab: lab.link("web", "cli", address_a="10.1.1.1/24", address_b="10.2.1.1/24"),
            "different networks",
        ),
        (lambda lab: lab.node("web").start(3), "takes a function or a command line"),
        (lambda lab: lab.node("web").sh("pong cli"), "did you mean 'ping'"),
        (lambda lab: lab.partition(["web"], ["cli"]), "nothing to cut"),
        (lambda lab: lab.every("0s", print), "longer than 0"),
        (lambda lab: lab.digest, "digest=True"),
        (lambda lab: lab.capture("x.pcapng", on="wob"), "no host 'wob'"),
    ],
)
def test_mistakes_are_answered_with_what_to_write(wrong, message: str) -> None:
    with softnet.Lab() as lab:
        lab_with_two(lab)
        with pytest.raises(LabError, match=message):
            wrong(lab)


def test_a_clock_that_does_not_exist() -> None:
    with pytest.raises(LabError, match="did you mean 'virtual'"):
        softnet.Lab(clock="virtul")


def test_a_lab_that_is_not_open() -> None:
    with pytest.raises(LabError, match=r"with softnet\.Lab"):
        softnet.Lab().host("h1")


def test_a_name_nobody_has_and_an_address_nobody_routes() -> None:
    with softnet.Lab() as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2)
        with pytest.raises(OSError, match="Name or service not known"):
            h1.call(ask, "h3")
        with pytest.raises(OSError, match="Network is unreachable"):
            h1.call(ask, "172.16.0.1")
