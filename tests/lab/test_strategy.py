"""softnet.faults(): Hypothesis draws schedules and shrinks them."""

from __future__ import annotations

import pytest
from hypothesis import find, given, settings

import softnet
from softnet.lab.errors import LabError
from softnet.lab.faults import Crash, Schedule, schedule
from tests.kit.programs_net import fetch, web


@settings(max_examples=200)
@given(softnet.faults(links=["a-b"], hosts=["a"], towards=["a", "b"]))
def test_what_is_drawn_reads_back(plan: Schedule) -> None:
    assert schedule(str(plan)) == plan
    assert len(plan) <= 3


def takes_more_than_a_second(plan: Schedule) -> bool:
    with softnet.Lab(faults=plan) as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, delay="1ms")
        h2.start(web)
        h1.call(fetch, "h2", 200)
        return lab.now > 0.9


@pytest.mark.slow
def test_it_shrinks_to_the_one_packet_that_matters() -> None:
    plan = find(
        softnet.faults(actions=["drop", "duplicate"], packets=["DATA", "SYN"], nth_max=4),
        takes_more_than_a_second,
        settings=settings(max_examples=100, database=None, derandomize=True),
    )
    assert str(plan) == "drop SYN 1"


def test_only_what_was_asked_for() -> None:
    plan = find(softnet.faults(actions=["crash"], hosts=["web"]), lambda plan: len(plan) > 0)
    assert plan.faults == (Crash("web", 0, 10**9),)


@pytest.mark.parametrize(
    ("words", "message"),
    [({"actions": ["dorp"]}, "did you mean 'drop'"), ({"actions": ["crash"]}, "who may crash")],
)
def test_mistakes(words: dict[str, list[str]], message: str) -> None:
    with pytest.raises(LabError, match=message):
        softnet.faults(**words)
