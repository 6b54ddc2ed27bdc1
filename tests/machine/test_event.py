"""The event queue: order, cancelling, moving; the digest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from softnet.machine.event import CallEvent, Clock, Digest, Event, EventQueue, VirtualClock


def drain(queue: EventQueue, now: int = 1 << 60) -> list[Event]:
    out = []
    while (event := queue.pop_due(now)) is not None:
        out.append(event)
    return out


def test_events_come_by_time_then_host_then_order_of_arming() -> None:
    queue = EventQueue()
    events = {}
    for name, when, host in [
        ("d", 5, 2),
        ("b", 5, 1),
        ("e", 6, 0),
        ("c", 5, 1),
        ("a", 5, 0),
        ("z", 1, 9),
    ]:
        events[name] = Event()
        queue.push(events[name], when, host)
    names = {id(e): n for n, e in events.items()}
    assert "".join(names[id(e)] for e in drain(queue)) == "zabcde"


def test_nothing_is_due_before_its_time() -> None:
    queue = EventQueue()
    event = Event()
    queue.push(event, 100, 1)
    assert queue.pop_due(99) is None
    assert queue.next_when() == 100
    assert queue.pop_due(100) is event
    assert not event.pending
    assert queue.next_when() == -1
    assert queue.pop_due(1000) is None


def test_cancel_takes_an_event_out_for_good() -> None:
    queue = EventQueue()
    keep, gone = Event(), Event()
    queue.push(gone, 1, 1)
    queue.push(keep, 2, 1)
    assert queue.cancel(gone)
    assert not queue.cancel(gone)
    assert queue.pending_count() == 1
    assert drain(queue) == [keep]


def test_a_cancelled_event_can_be_armed_again() -> None:
    queue = EventQueue()
    event, other = Event(), Event()
    queue.push(event, 1, 1)
    queue.push(other, 5, 1)
    queue.cancel(event)
    queue.push(event, 9, 1)
    assert drain(queue) == [other, event]


def test_a_moved_event_goes_behind_its_equals() -> None:
    queue = EventQueue()
    a, b, c = Event(), Event(), Event()
    for event in (a, b, c):
        queue.push(event, 10, 1)
    queue.move(a, 10)
    assert drain(queue) == [b, c, a]


def test_arming_twice_is_a_bug() -> None:
    queue = EventQueue()
    event = Event()
    queue.push(event, 1, 1)
    with pytest.raises(AssertionError):
        queue.push(event, 2, 1)


def test_an_event_in_the_past_is_a_bug() -> None:
    queue = EventQueue()
    queue.push(Event(), 50, 1)
    queue.pop_due(50)
    with pytest.raises(AssertionError):
        queue.push(Event(), 49, 1)


def test_cancel_in_another_queue_is_a_bug() -> None:
    event = Event()
    here, there = EventQueue(), EventQueue()
    here.push(event, 1, 1)
    there.push(Event(), 1, 1)
    with pytest.raises(AssertionError):
        there.cancel(event)


@given(
    st.lists(
        st.tuples(st.sampled_from(["push", "cancel", "move", "pop"]), st.integers(0, 30)),
        max_size=120,
    )
)
def test_the_queue_is_a_sorted_list(ops: list[tuple[str, int]]) -> None:
    """Against a model: a list sorted by the key."""
    queue = EventQueue()
    model: list[tuple[int, int, int, Event]] = []
    floor = order = 0
    for op, n in ops:
        order += 1
        if op == "push":
            event = Event()
            queue.push(event, floor + n, n % 3)
            model.append((floor + n, n % 3, order, event))
        elif not model:
            continue
        elif op == "pop":
            model.sort(key=lambda row: row[:3])
            when, _, _, event = model.pop(0)
            assert queue.pop_due(when) is event
            floor = when
        else:
            i = n % len(model)
            _, host, _, event = model.pop(i)
            if op == "cancel":
                assert queue.cancel(event)
            else:
                queue.move(event, floor + n)
                model.append((floor + n, host, order, event))
        assert queue.pending_count() == len(model)
    model.sort(key=lambda row: row[:3])
    assert drain(queue) == [row[3] for row in model]


def test_call_event_calls() -> None:
    called = []
    CallEvent(lambda: called.append(1)).fire()
    assert called == [1]


def test_a_virtual_clock_stands_still_by_itself() -> None:
    clock = VirtualClock()
    clock.now = 7
    assert clock.virtual
    assert clock.update() == 7
    assert Clock().now == 0


def test_digest_does_not_depend_on_how_chains_interleave() -> None:
    a, b, c = Digest(), Digest(), Digest()
    a.add("h1", 1, b"x")
    a.add("h2", 1, b"y")
    b.add("h2", 1, b"y")
    b.add("h1", 1, b"x")
    c.add("h1", 1, b"x")
    c.add("h2", 2, b"y")
    assert a.hexdigest() == b.hexdigest()
    assert a.hexdigest() != c.hexdigest()
    assert Digest().hexdigest() != a.hexdigest()
