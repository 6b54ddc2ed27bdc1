"""The search for faults: it finds planted bugs, shrinks them, and finds none where there are none."""

from __future__ import annotations

import runpy
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import softnet
from softnet.lab.explore import (
    Failure,
    Result,
    Search,
    Seen,
    Trial,
    failure_of,
    halving,
    run_trial,
    simpler,
    single_faults,
    weight,
)
from softnet.lab.faults import Crash, Cut, PacketFault, Schedule, schedule
from tests.kit.programs_net import ask, echo_upper, fetch, web

BUGS = Path(__file__).parent.parent.parent / "examples" / "bugs"


@pytest.mark.slow
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("no_retry", {}, "crash db at"),
        ("one_recv", {"crash": ()}, "drop DATA"),
        ("two_leaders", {"crash": ()}, "towards hub"),
    ],
)
def test_a_planted_bug_is_found_and_shrunk(
    name: str, options: dict[str, object], words: str
) -> None:
    test = runpy.run_path(str(BUGS / f"{name}.py"))["test"]
    with pytest.raises(softnet.FoundFault) as e:
        softnet.explore(test, budget=100, **options)
    found = e.value
    assert 1 <= len(found.schedule) <= 3
    assert words in str(found.schedule)
    line = str(found).splitlines()[-1]
    assert line == f"replay: softnet.Lab(seed=0, faults={str(found.schedule)!r})"
    # The line replays it, and without the faults nothing is wrong.
    again = run_trial(test, Trial(found.seed, schedule(str(found.schedule))))
    assert again.failure == found.found.failure
    assert run_trial(test, Trial(found.seed, Schedule())).failure is None


@pytest.mark.slow
def test_a_sound_program_survives_the_budget() -> None:
    def test(lab: softnet.Lab) -> None:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, delay="1ms")
        h2.start(web)

        def patient() -> int:
            for _ in range(20):
                try:
                    return fetch("h2", 500)
                except OSError:
                    continue
            return 0

        assert h1.call(patient) == 500

    found = softnet.explore(test, budget=25)
    assert found.trial is None
    assert found.runs == 25


def test_a_test_that_fails_without_faults_is_said_to() -> None:
    def test(lab: softnet.Lab) -> None:
        assert lab.host("h1").name == "h2"

    with pytest.raises(softnet.FoundFault, match="without any fault") as e:
        softnet.explore(test)
    assert (e.value.found.runs, len(e.value.schedule)) == (1, 0)


def test_two_faults_are_needed_and_both_are_kept() -> None:
    """A judge instead of a run: it fails if the first two SYNs are lost, whatever else happens."""
    seen = Seen(hosts=["h1"], links={"a-b": ("a", "b")}, times=[10**9, 2 * 10**9])
    seen.packets.update({("SYN", "b"): 4, ("DATA", "b"): 3, ("ACK", "a"): 5})

    def judge(plan: Schedule) -> Failure | None:
        lost = {f.nth for f in plan if isinstance(f, PacketFault) and f.what == "SYN"}
        return Failure("Judged", "here", ValueError()) if {1, 2} <= lost else None

    search = Search(budget=5000)
    steps = search.steps()
    trial = next(steps)
    found = None
    while found is None:
        try:
            trial = steps.send(Result(judge(trial.schedule), seen))
        except StopIteration as end:
            found = end.value
    assert str(found.trial.schedule) == "drop SYN 1; drop SYN 2"
    assert found.runs == search.runs


def test_shrinking_never_makes_a_schedule_weigh_more_for_ever() -> None:
    plan = schedule("swap DATA 9 towards b; cut a-b towards a at 1.234s for 3s; crash c at 5.5s")
    steps = 0
    while lighter := [s for s in simpler(plan) if weight(s) < weight(plan) and len(s) == 3]:
        plan = lighter[0]
        steps += 1
    assert steps < 20
    assert all(isinstance(f, PacketFault) for f in plan)


def test_every_sort_of_fault_comes_early() -> None:
    seen = Seen(hosts=["h1"], links={"a-b": ("a", "b")}, times=[10**9])
    seen.packets.update({("SYN", "b"): 1, ("DATA", "b"): 30})
    first = list(single_faults(seen))[:8]
    assert {type(f) for f in first} == {PacketFault, Cut, Crash}
    assert str(first[0]) == "drop SYN 1 towards b"


def test_who_may_crash() -> None:
    def test(lab: softnet.Lab) -> None:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2)
        h2.start(echo_upper)
        h1.start(echo_upper)
        assert h1.call(ask, "h2") == b"HELLO"

    result = run_trial(test, Trial(0, Schedule()))
    assert result.seen is not None
    assert result.seen.hosts == ["h2"]
    assert result.seen.packets[("UDP", "h1")] == result.seen.packets[("UDP", "h2")] == 1
    assert result.seen.links == {"h1-h2": ("h1", "h2")}


def test_the_tests_own_host_is_not_to_blame() -> None:
    assert failure_of(softnet.HostCrashed("x")) is None
    assert failure_of(ValueError("x")) == Failure("ValueError", "?", KeyError())


def test_halving() -> None:
    assert halving([], 5) == []
    assert halving([1, 2, 3, 4, 5, 6, 7], 3) == [4, 2, 6]
    assert sorted(halving([1, 2, 3], 9)) == [1, 2, 3]


def test_a_seed_that_breaks_it_without_faults_is_found() -> None:
    """A packet that the first seed's link delivers and another's loses; no single fault hurts."""

    def test(lab: softnet.Lab) -> None:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, delay="1ms", loss="30%")
        assert h1.ping("h2", count=1).returncode == 0 or lab.seed == 0

    with pytest.raises(softnet.FoundFault) as e:
        softnet.explore(test, budget=60)
    assert e.value.seed > 0
    assert e.value.schedule == Schedule()
    assert f"replay: softnet.Lab(seed={e.value.seed}, faults='')" in str(e.value)


def test_seeds_that_change_nothing_are_no_longer_tried() -> None:
    search = Search(budget=60, seed=7)
    seen = Seen(packets=Counter({("SYN", "h2"): 40, ("ACK", "h1"): 40}), end=10**9)
    steps = search.steps()
    trial = next(steps)
    tried = []
    found = None
    while found is None:
        tried.append(trial)
        try:
            trial = steps.send(Result(None, seen))
        except StopIteration as end:
            found = end.value
    assert found.trial is None
    assert len(tried) == 60
    luck = [trial.seed for trial in tried if not trial.schedule.faults]
    assert luck == [7, 8, 9, 10]
    assert all(trial.seed == 7 for trial in tried if len(trial.schedule) == 1)


PROGRAM = """
import softnet

def test(lab):
    h1, h2 = lab.hosts("h1", "h2")
    lab.link(h1, h2, delay="1ms")
    assert h1.ping("h2", count=1).returncode == 0

if __name__ == "__main__":
    softnet.explore(test)
"""


@pytest.mark.slow
def test_what_a_program_prints_is_a_command_that_repeats_it(tmp_path: Path) -> None:
    program = tmp_path / "prog.py"
    program.write_text(PROGRAM)

    def last_lines(*words: str) -> list[str]:
        command = [sys.executable, "-m", "softnet", "run", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "runpy" not in done.stderr
        return done.stderr.splitlines()[-2:]

    found, line = last_lines(str(program))
    assert line.startswith("replay: softnet run --seed 0 --faults '")
    again, line_again = last_lines(*shlex.split(line)[3:])
    assert line_again == line
    assert found.partition(" (found in")[0] == again.partition(" (found in")[0]
    assert again.endswith("(found in 1 runs)")


def test_who_may_crash_must_be_there() -> None:
    def test(lab: softnet.Lab) -> None:
        lab.host("web")

    with pytest.raises(softnet.LabError, match="no host 'wep' that may crash: did you mean 'web'"):
        softnet.explore(test, budget=2, crash=["wep"])
    assert softnet.explore(test, budget=2, crash="web").trial is None
    with pytest.raises(softnet.LabError, match="takes a function of a lab, not 7"):
        softnet.explore(7)  # type: ignore[arg-type]  # the mistake
