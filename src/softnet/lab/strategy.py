"""softnet.faults(): schedules of faults as a Hypothesis strategy, which shrinks them.

    @given(plan=softnet.faults(links=["web-cli"], hosts=["web"]))
    def test_client(plan):
        with softnet.Lab(faults=plan) as lab: ...

Needs Hypothesis (softnet[test]). Shrinking goes towards no fault, towards "drop", towards the first
packet and the lab's beginning.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

from softnet.lab.errors import LabError, unknown
from softnet.lab.faults import EVERY, VERBS, Crash, Cut, PacketFault, Schedule
from softnet.lab.units import Quantity, time_ns

PACKETS = ("SYN-ACK", "SYN", "DATA", "ACK", "FIN")
MS = 10**6


def faults(
    *,
    actions: Sequence[str] = (),
    packets: Sequence[str] = PACKETS,
    links: Sequence[str] = (EVERY,),
    hosts: Sequence[str] = (),
    towards: Sequence[str] = (),
    nth_max: int = 10,
    until: Quantity = "10s",
    max_faults: int = 3,
) -> Any:
    """A strategy of Schedules.

    actions: of drop, duplicate, delay, swap, corrupt, cut, crash; by default all but corrupt.
    packets: kinds (lab/packets.py) or filters. links: those that may be cut. hosts: those that may
    crash. towards: hosts; then directions are struck, too. until: when the last fault begins.
    """
    try:
        st: Any = importlib.import_module("hypothesis.strategies")
    except ModuleNotFoundError as e:
        raise LabError("softnet.faults() needs Hypothesis: pip install 'softnet[test]'") from e
    wanted = actions or [v for v in VERBS if v != "corrupt" and (v != "crash" or hosts)]
    if wrong := [v for v in wanted if v not in VERBS]:
        raise unknown("action", wrong[0], VERBS)
    if "crash" in wanted and not hosts:
        raise LabError("who may crash? write softnet.faults(hosts=['web'])")
    ways = st.sampled_from(["", *towards])
    at = st.integers(0, time_ns(until, "until") // MS).map(lambda ms: ms * MS)
    length = st.sampled_from([1000, 100, 5000, 0]).map(lambda ms: ms * MS)
    kinds = st.sampled_from(list(packets))
    nth = st.integers(1, nth_max)
    made = []
    if plain := [v for v in wanted if v not in ("cut", "crash", "delay")]:
        made.append(st.builds(PacketFault, st.sampled_from(plain), kinds, nth, ways))
    if "delay" in wanted:
        by = st.sampled_from([200, 2000, 20]).map(lambda ms: ms * MS)
        made.append(st.builds(PacketFault, st.just("delay"), kinds, nth, ways, by=by))
    if "cut" in wanted:
        made.append(st.builds(Cut, st.sampled_from(list(links)), ways, at, length))
    if "crash" in wanted:
        made.append(st.builds(Crash, st.sampled_from(list(hosts)), at, length))
    lists = st.lists(st.one_of(made), max_size=max_faults, unique=True)
    return lists.map(lambda found: Schedule(tuple(found)))
