"""Cables: time, loss and all the rest, each with its own luck."""

from __future__ import annotations

from typing import Any

import pytest

from softnet.machine.cable import ETHERNET_OVERHEAD, Cable, CablePort, CableTap, Direction
from softnet.machine.clock import World

MS = 1_000_000


class End(CablePort):
    """Keeps what arrives, with the time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.got: list[tuple[int, bytes, object]] = []
        self.carriers: list[bool] = []

    def deliver(self, frame: bytes | bytearray, meta: object) -> None:
        self.got.append((self.world.clock.now, bytes(frame), meta))

    def carrier(self, up: bool) -> None:
        self.carriers.append(up)

    def frames(self) -> list[bytes]:
        return [frame for _, frame, _ in self.got]


class Tap(CableTap):
    """Keeps what it sees."""

    def __init__(self) -> None:
        self.seen: list[tuple[int, str, bytes, str]] = []

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        self.seen.append((when, direction.name, bytes(frame), verdict))


def make(seed: int = 1, **settings: Any) -> tuple[World, Cable, End, End]:
    world = World(seed=seed)
    cable = Cable(world, "c", **settings)
    a, b = End(world), End(world)
    cable.a.attach(a, 1)
    cable.b.attach(b, 2)
    world.new_machine("a")
    world.new_machine("b")
    return world, cable, a, b


def numbered(n: int) -> list[bytes]:
    return [i.to_bytes(2, "big") + bytes(62) for i in range(n)]


def test_a_bare_cable_delivers_at_once_both_ways() -> None:
    world, cable, a, b = make()
    assert cable.a.transmit(b"ping", 41) == 0
    cable.b.transmit(b"pong")
    assert b.got == []
    world.run()
    assert b.got == [(0, b"ping", 41)]
    assert a.got == [(0, b"pong", None)]
    assert cable.ab.rx_frames == cable.ba.rx_frames == 1
    assert (cable.ab.tx_bytes, cable.ab.rx_bytes) == (4, 4)


def test_delay_and_rate_add_up() -> None:
    world, cable, _, b = make(delay=20 * MS, rate=10_000_000)
    free = cable.a.transmit(bytes(84))
    assert free == 67_200
    world.run()
    assert b.got[0][0] == 20 * MS + 67_200


def test_overhead_counts_for_the_rate() -> None:
    world, cable, _, b = make(rate=10_000_000, overhead=ETHERNET_OVERHEAD)
    cable.a.transmit(bytes(60))
    world.run()
    assert b.got[0][0] == 67_200


def test_frames_wait_for_the_transmitter_and_stay_in_order() -> None:
    world, cable, _, b = make(rate=1_000_000_000)
    frames = numbered(5)
    for frame in frames:
        cable.a.transmit(frame)
    assert cable.ab.queued() == 4
    world.run()
    assert b.frames() == frames
    assert [when for when, _, _ in b.got] == [512, 1024, 1536, 2048, 2560]
    assert cable.ab.queued() == 0


def test_the_queue_is_bounded() -> None:
    world, cable, _, b = make(rate=1_000_000, queue_max=2)
    answers = [cable.a.transmit(frame) for frame in numbered(5)]
    assert answers == [512_000, 1_024_000, 1_536_000, -1, -1]
    assert cable.ab.drops == {"queue": 2}
    world.run(until_ns=600_000)
    assert cable.a.transmit(b"x" * 64) == 2_048_000, "one of the two that waited is on its way"
    world.run()
    assert len(b.got) == 4


def test_the_directions_are_apart() -> None:
    world, cable, a, b = make(delay=5 * MS)
    cable.ba.set(delay=7 * MS, rate=8_000)
    cable.a.transmit(b"x")
    cable.b.transmit(b"y")
    world.run()
    assert b.got[0][0] == 5 * MS
    assert a.got[0][0] == 8 * MS


def test_loss_is_a_share_and_repeats_with_the_seed() -> None:
    def survivors(seed: int) -> list[bytes]:
        world, cable, _, b = make(seed, loss=0.25)
        for frame in numbered(400):
            cable.a.transmit(frame)
        world.run()
        assert cable.ab.drops["loss"] == 400 - len(b.got)
        return b.frames()

    first = survivors(1)
    assert 260 < len(first) < 340
    assert first == survivors(1)
    assert first != survivors(2)


def test_turning_one_impairment_on_leaves_the_luck_of_the_others_alone() -> None:
    def late_ones(**settings: float) -> set[bytes]:
        world, cable, _, b = make(5, reorder=0.2, reorder_delay=3 * MS, **settings)
        for frame in numbered(200):
            cable.a.transmit(frame)
        world.run()
        return {frame[:2] for when, frame, _ in b.got if when >= 3 * MS}

    plain = late_ones()
    assert 20 < len(plain) < 60
    assert late_ones(loss=0.3) < plain
    assert late_ones(duplicate=0.5) == plain
    assert late_ones(corrupt=0.3, delay=0) | plain >= plain


def test_jitter_does_not_reorder() -> None:
    world, cable, _, b = make(delay=10 * MS, jitter=4 * MS)
    frames = numbered(100)
    for n, frame in enumerate(frames):
        world.at(n * MS, 1, lambda frame=frame: cable.a.transmit(frame))  # type: ignore[misc]
    world.run()
    assert b.frames() == frames
    spread = [when - n * MS for n, (when, _, _) in enumerate(b.got)]
    assert min(spread) >= 6 * MS
    assert max(spread) <= 14 * MS
    assert len(set(spread)) > 50


def test_reordered_frames_come_later_than_their_followers() -> None:
    world, cable, _, b = make(3, reorder=0.1, reorder_delay=2 * MS)
    frames = numbered(100)
    for n, frame in enumerate(frames):
        world.at(n * MS, 1, lambda frame=frame: cable.a.transmit(frame))  # type: ignore[misc]
    world.run()
    assert sorted(b.frames()) == frames
    assert b.frames() != frames
    assert cable.ab.drops["reorder"] > 3


def test_duplicates_come_twice() -> None:
    world, cable, _, b = make(duplicate=1.0)
    cable.a.transmit(b"x", "id")
    world.run()
    assert b.got == [(0, b"x", "id")] * 2
    assert cable.ab.drops == {"duplicate": 1}


def test_corruption_flips_one_bit_of_a_copy() -> None:
    world, cable, _, b = make(corrupt=1.0)
    frame = bytearray(100)
    for _ in range(20):
        cable.a.transmit(frame)
    world.run()
    assert frame == bytes(100)
    assert all(sum(byte.bit_count() for byte in got) == 1 for got in b.frames())
    assert len(set(b.frames())) > 10


def test_a_cable_that_goes_down_loses_what_is_under_way() -> None:
    world, cable, a, b = make(delay=10 * MS)
    cable.a.transmit(b"lost")
    world.at(5 * MS, 0, lambda: cable.set_carrier(False))
    world.run()
    assert b.got == []
    assert cable.a.transmit(b"no carrier") == -1
    assert not cable.a.carrier_ok()
    cable.set_carrier(True)
    cable.set_carrier(True)
    cable.a.transmit(b"good")
    world.run()
    assert b.frames() == [b"good"]
    assert cable.ab.drops == {"down": 2}
    assert cable.ab.in_flight == 0
    assert a.carriers == b.carriers == [True, False, True]


def test_the_nth_match_is_dropped() -> None:
    world, cable, _, b = make()
    rule = cable.rule(nth=2, match=lambda frame: frame[1] % 2 == 1, direction=cable.ab)
    frames = numbered(8)
    for frame in frames:
        cable.a.transmit(frame)
    world.run()
    assert b.frames() == [f for f in frames if f[1] != 3]
    assert (rule.seen, rule.hits) == (4, 1)
    assert cable.ab.drops == {"rule": 1}


def test_a_rule_for_all_ends_with_undrop() -> None:
    world, cable, a, b = make()
    rule = cable.rule()
    cable.a.transmit(b"x")
    cable.b.transmit(b"x")
    cable.remove_rule(rule)
    cable.a.transmit(b"y")
    world.run()
    assert (a.frames(), b.frames()) == ([], [b"y"])
    assert rule.hits == 2


def test_taps_see_every_fate() -> None:
    world, cable, _, _ = make(delay=MS, queue_max=0, rate=8_000_000)
    tap = Tap()
    cable.taps.append(tap)
    cable.rule(nth=2)
    cable.a.transmit(b"1")
    world.run()
    cable.a.transmit(b"2")
    cable.a.transmit(b"3")
    cable.set_carrier(False)
    cable.a.transmit(b"4")
    verdicts = [(frame, verdict) for _, _, frame, verdict in tap.seen]
    assert verdicts == [
        (b"1", "sent"),
        (b"1", "delivered"),
        (b"2", "rule"),
        (b"3", "queue"),
        (b"4", "down"),
    ]
    assert tap.seen[1][:2] == (MS + 1000, "c:ab")


def test_settings_are_checked_and_the_others_stay() -> None:
    _, cable, _, _ = make(delay=MS)
    cable.set(loss=0.5)
    assert cable.ab.delay == MS
    for wrong in ({"loss": 1.5}, {"delay": -1}, {"colour": 1}, {"loss": -0.1}):
        with pytest.raises(ValueError, match=r"cable|chance|negative"):
            cable.set(**wrong)
    assert cable.ab.loss == 0.5


def test_a_cable_without_anybody_at_its_end_swallows_frames() -> None:
    world = World()
    cable = Cable(world, "c")
    cable.a.transmit(b"x")
    world.run()
    assert cable.ab.rx_frames == 1


def test_the_digest_sees_frames() -> None:
    def digest(frame: bytes) -> str:
        world = World(digest=True)
        cable = Cable(world, "c")
        cable.a.transmit(frame)
        world.run()
        assert world.digest is not None
        return world.digest.hexdigest()

    assert digest(b"a") == digest(b"a")
    assert digest(b"a") != digest(b"b")


def test_a_rule_duplicates_delays_or_damages_the_nth_frame() -> None:
    world, cable, _, b = make(delay=MS)
    cable.rule(nth=1, action="duplicate")
    cable.rule(nth=2, action="delay", delay=5 * MS)
    cable.rule(nth=3, action="corrupt")
    frames = numbered(4)
    for frame in frames:
        cable.a.transmit(frame)
    world.run()
    assert b.frames()[:2] == [frames[0], frames[0]]
    assert frames[3] in b.frames()
    assert b.got[-1][:2] == (6 * MS, frames[1]), "the others overtook it"
    assert frames[2] not in b.frames()
    assert cable.ab.drops == {"duplicate": 1, "corrupt": 1}


def test_a_swapped_frame_arrives_after_the_one_that_follows() -> None:
    world, cable, _, b = make(delay=MS)
    cable.rule(nth=2, action="swap")
    frames = numbered(4)
    for frame in frames[:2]:
        cable.a.transmit(frame)
    world.run(until_ns=50 * MS)
    assert b.frames() == frames[:1]
    for frame in frames[2:]:
        cable.a.transmit(frame)
    world.run()
    assert b.frames() == [frames[0], frames[2], frames[1], frames[3]]


def test_a_cut_is_one_way_and_nobody_sees_it() -> None:
    world, cable, a, b = make(delay=MS)
    cable.a.transmit(b"under way")
    cable.ab.set_cut(True)
    assert cable.a.transmit(b"lost") == -1
    cable.b.transmit(b"arrives")
    world.run()
    assert (a.frames(), b.frames()) == ([b"arrives"], [])
    assert cable.ab.drops == {"down": 2}
    assert b.carriers == [True]
    cable.ab.set_cut(False)
    cable.a.transmit(b"again")
    world.run()
    assert b.frames() == [b"again"]


def test_held_frames_go_when_they_are_released_and_are_lost_with_the_carrier() -> None:
    world, cable, _, b = make(delay=MS)
    cable.ab.hold()
    frames = numbered(3)
    for frame in frames:
        cable.a.transmit(frame)
    world.run(until_ns=9 * MS)
    assert b.frames() == []
    cable.ab.release()
    world.run()
    assert [(when, frame) for when, frame, _ in b.got] == [(10 * MS, f) for f in frames]
    cable.ab.hold()
    cable.a.transmit(b"never")
    cable.set_carrier(False)
    cable.ab.release()
    world.run()
    assert len(b.got) == 3


def test_a_new_port_takes_the_old_one_off_the_cable() -> None:
    world, cable, a, b = make(delay=MS)
    old = cable.a
    cable.b.transmit(b"to whoever is there")
    port = cable.new_port(old)
    assert old.transmit(b"into the air") == -1
    assert not old.carrier_ok()
    world.run()
    assert (a.got, b.got) == ([], [])
    other = End(world)
    port.attach(other, 1)
    cable.b.transmit(b"hello")
    port.transmit(b"back")
    world.run()
    assert (a.got, other.frames(), b.frames()) == ([], [b"hello"], [b"back"])
