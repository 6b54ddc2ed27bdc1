"""Looking for the faults that break a test, and for the fewest of them.

    def test(lab): ...                      makes hosts and links, runs programs, asserts

    softnet.explore(test, budget=300)       FoundFault: ... replay: Lab(seed=0, faults="drop SYN-ACK 2")

What it prints repeats the run: for a program of its own as a command, softnet run --faults=... prog.py.

The search first watches a run without faults: which packets there are, when they cross which link,
which hosts serve. From that it makes every fault that could matter and tries them one by one, all sorts
in turn, then pairs and triples drawn by luck, each under another seed. In between it tries seeds without
a fault, for as long as they make a difference: a seed draws losses, jitter, and with order="seeded"
who runs first. What breaks the test is shrunk: faults go, and what is
left becomes earlier, rounder, shorter, as long as the test fails at the same line for the same reason.
"""

from __future__ import annotations

import os
import random
import shlex
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, repeat, zip_longest

from softnet.lab.errors import HostCrashed, LabError, unknown
from softnet.lab.faults import EVERY, Crash, Cut, Fault, PacketFault, Schedule, schedule
from softnet.lab.packets import kind_of
from softnet.lab.settings import integer
from softnet.lab.topology import Lab
from softnet.machine.cable import DELIVERED, CableTap, Direction

NTH_MAX = 12  # packets of one kind and direction that are struck one by one
INSTANTS_MAX = 10  # at which links are cut and hosts crash
LENGTHS = (3 * 10**9, 400 * 10**6, 10 * 10**9)  # ns of a cut or a crash
DELAYS = (300 * 10**6, 5 * 10**9)  # ns
SHRINK_RUNS = 200
LUCK_EVERY = 5  # runs: each fifth has another seed and no fault
LUCKLESS = 3  # seeds that changed nothing, after which no more are tried
ROUND = (10**9, 10**8, 10**7, 10**6)  # ns: to multiples of what instants are rounded
UNTIL = 600  # virtual seconds after which a run with faults is taken to hang


@dataclass
class Seen:
    """What happened in a run without faults."""

    packets: Counter[tuple[str, str]] = field(default_factory=Counter)  # by kind and destination
    links: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> hosts
    hosts: list[str] = field(default_factory=list)  # those that may crash
    times: list[int] = field(default_factory=list)  # ns, when frames crossed links
    end: int = 0  # ns

    def instants(self) -> list[int]:
        """When a cut or a crash is worth trying: just after packets, and in silences."""
        times = sorted({t + 1_000 for t in self.times})
        quiet = [a + (b - a) // 2 for a, b in zip(times, times[1:], strict=False) if b - a > 10**8]
        both = zip_longest(halving(times, INSTANTS_MAX), halving(quiet, INSTANTS_MAX))
        return [t for pair in both for t in pair if t is not None]


def halving(values: list[int], n: int) -> list[int]:
    """At most n of values: the middle one, the middles of the halves, of the quarters, ..."""
    found: list[int] = []
    parts = [values]
    while parts and len(found) < n:
        part = parts.pop(0)
        if part:
            middle = len(part) // 2
            found.append(part[middle])
            parts += [part[:middle], part[middle + 1 :]]
    return found


class Watch(CableTap):
    """Fills a Seen. Made of an open lab, before or after its links."""

    __slots__ = ("lab", "seen")

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.seen = Seen()
        lab.watch(self)

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """Count a frame where it arrives."""
        if verdict == DELIVERED:
            machine = self.lab.world.boards[direction.target.host_id]
            self.seen.packets[(kind_of(frame), machine.name)] += 1
            self.seen.times.append(when)

    def done(self, crash: Iterable[str] | None = None) -> Seen:
        """The run is over. crash: the hosts that may; None: those that serve, and call nobody."""
        seen = self.seen
        seen.end = self.lab.world.clock.now
        seen.links = {name: (k.a.node.name, k.b.node.name) for name, k in self.lab.links.items()}
        nodes = self.lab.nodes.values()
        serving = [n.name for n in nodes if (n.services or n.forwards) and not n.called]
        seen.hosts = serving if crash is None else [n for n in names(crash) if n in self.lab.nodes]
        return seen


def names(crash: Iterable[str]) -> list[str]:
    """Of the hosts that may crash: one, or several."""
    return [crash] if isinstance(crash, str) else list(crash)


def know_hosts(lab: Lab, crash: Iterable[str] | None) -> None:
    """LabError for a host that may crash and that a whole run did not make."""
    for name in names(crash or ()):
        if name not in lab.nodes:
            raise unknown("host", name, lab.nodes, " that may crash")


@dataclass(frozen=True)
class Trial:
    """A run to be made."""

    seed: int
    schedule: Schedule


@dataclass(frozen=True)
class Failure:
    """How a test failed: equal for failures that are the same one."""

    kind: str  # of the exception
    place: str  # "file.py:12"
    error: BaseException = field(compare=False)


@dataclass(frozen=True)
class Result:
    """What became of a trial."""

    failure: Failure | None
    seen: Seen | None = None


@dataclass(frozen=True)
class Found:
    """The end of a search."""

    trial: Trial | None  # the smallest that fails; None if all passed
    failure: Failure | None
    runs: int
    first: Trial | None = None  # that failed, before it was shrunk

    @property
    def replay(self) -> str:
        """What repeats it, for Lab()."""
        assert self.trial is not None
        return f"softnet.Lab(seed={self.trial.seed}, faults={str(self.trial.schedule)!r})"


class FoundFault(AssertionError):
    """explore() found faults that break the test."""

    def __init__(self, found: Found, command: str = "") -> None:
        """command: what repeats it in a shell."""
        assert found.trial is not None
        assert found.failure is not None
        self.found = found
        self.schedule = found.trial.schedule
        self.seed = found.trial.seed
        n = len(self.schedule)
        what = f"{n} fault{'s' if n > 1 else ''} break" + ("s" if n == 1 else "")
        AssertionError.__init__(
            self,
            f"{what if n else 'it breaks without any fault:'} the test at {found.failure.place}:"
            f" {found.failure.kind}: {found.failure.error} (found in {found.runs} runs)\n"
            f"replay: {command or found.replay}",
        )


def explore(
    test: Callable[[Lab], object],
    budget: int = 300,
    *,
    seed: int = 0,
    crash: Iterable[str] | None = None,
    order: str = "fifo",
    until: int = UNTIL,
) -> Found:
    """Run test(lab) up to budget times, under other faults and seeds; FoundFault if some break it.

    crash: the hosts that may lose power, by default those whose programs only serve. order: "seeded"
    makes who runs first a matter of luck, too. until: virtual seconds; longer is a hang.
    """
    if not callable(test):
        raise LabError(f"explore() takes a function of a lab, not {test!r}: write explore(test)")
    fixed = integer("SOFTNET_SEED")
    seed = seed if fixed is None else fixed
    faults = os.environ.get("SOFTNET_FAULTS")
    if faults is None:
        search = Search(budget, seed, fixed is not None).steps()
    else:
        search = replay(Trial(seed, schedule(faults)))
    trial = next(search)
    while True:
        result = run_trial(test, trial, crash, order, until)
        try:
            trial = search.send(result)
        except StopIteration as e:
            found: Found = e.value
            break
    if found.trial is None:
        return found
    assert found.failure is not None
    raise FoundFault(found, command(test, found.trial)) from found.failure.error


def replay(trial: Trial) -> Generator[Trial, Result, Found]:
    """A search that is none: `softnet run --faults` says what to run."""
    result = yield trial
    return Found(trial if result.failure else None, result.failure, 1)


def command(test: Callable[[Lab], object], trial: Trial) -> str:
    """What repeats it in a shell; "" if the test does not stand in the program that was run."""
    path = sys.argv[0] if sys.argv else ""
    code = getattr(test, "__code__", None)
    if code is None or os.path.abspath(code.co_filename) != os.path.abspath(path):
        return ""
    options = ["--seed", str(trial.seed), "--faults", str(trial.schedule)]
    return shlex.join(["softnet", "run", *options, *sys.argv])


def run_trial(
    test: Callable[[Lab], object],
    trial: Trial,
    crash: Iterable[str] | None = None,
    order: str = "fifo",
    until: int = UNTIL,
) -> Result:
    """One run."""
    failure = None
    lab = Lab(trial.seed, faults=trial.schedule, order=order, until=until)
    with lab:
        watch = Watch(lab)
        try:
            test(lab)
        except Exception as e:  # noqa: BLE001 (whatever the test lets out is what we look for)
            failure = failure_of(e)
        else:
            know_hosts(lab, crash)
        seen = watch.done(crash)
    return Result(failure, seen)


def failure_of(e: BaseException) -> Failure | None:
    """What failed and where; None if the test cannot be blamed: its own host was switched off."""
    if isinstance(e, HostCrashed) or (isinstance(e, LabError) and "has no power" in str(e)):
        return None
    frames = [f for f in traceback.extract_tb(e.__traceback__) if "/softnet/" not in f.filename]
    last = frames[-1] if frames else None
    place = f"{last.filename.rsplit('/', 1)[-1]}:{last.lineno}" if last else "?"
    return Failure(type(e).__name__, place, e)


class Search:
    """What to try next. steps() gives a Trial and takes its Result until it returns a Found."""

    def __init__(self, budget: int, seed: int = 0, fixed: bool = False) -> None:
        """fixed: no other seeds."""
        self.budget = budget
        self.seed = seed
        self.fixed = fixed
        self.runs = 0
        self.luck = random.Random(seed)

    def steps(self) -> Generator[Trial, Result, Found]:
        """The search."""
        clean = Trial(self.seed, Schedule())
        result = yield from self.run(clean)
        if result.failure is not None:
            return Found(clean, result.failure, self.runs, clean)
        assert result.seen is not None
        seen, equal = result.seen, 0
        others = repeat(self.seed) if self.fixed else count(self.seed + 1)
        for faults in schedules(seen, self.luck):
            trials = [Trial(self.seed if len(faults) == 1 else next(others), Schedule(faults))]
            if self.runs % LUCK_EVERY == 0 and equal < LUCKLESS:
                trials.insert(0, Trial(next(others), Schedule()))
            for trial in trials:
                if self.runs >= self.budget:
                    return Found(None, None, self.runs)
                result = yield from self.run(trial)
                if result.failure is not None:
                    return (yield from self.shrink(trial, result.failure))
                equal += not trial.schedule.faults and result.seen == seen
        return Found(None, None, self.runs)

    def run(self, trial: Trial) -> Generator[Trial, Result, Result]:
        """One run more."""
        self.runs += 1
        return (yield trial)

    def shrink(self, first: Trial, failure: Failure) -> Generator[Trial, Result, Found]:
        """The simplest schedule that fails as first did."""
        best, left = first, SHRINK_RUNS
        if first.seed != self.seed and first.schedule.faults:  # was it the faults alone?
            trial = Trial(self.seed, first.schedule)
            result = yield from self.run(trial)
            best = trial if result.failure == failure else first
        tried = {best.schedule}
        found = True
        while found and left:
            found = False
            for candidate in simpler(best.schedule):
                if candidate in tried or weight(candidate) >= weight(best.schedule):
                    continue
                tried.add(candidate)
                if not left:
                    break
                left -= 1
                trial = Trial(best.seed, candidate)
                result = yield from self.run(trial)
                if result.failure == failure:
                    assert result.failure is not None
                    best, failure, found = trial, result.failure, True
                    break
        return Found(best, failure, self.runs, first)


def schedules(seen: Seen, luck: random.Random) -> Iterator[tuple[Fault, ...]]:
    """Every single fault that could matter, then groups of two and three, without end."""
    singles = list(single_faults(seen))
    for fault in singles:
        yield (fault,)
    while len(singles) > 1:
        yield tuple(luck.sample(singles, luck.choice((2, 2, 3)) if len(singles) > 2 else 2))


def single_faults(seen: Seen) -> Iterator[Fault]:
    """All sorts of faults in turn: each sort's likeliest come first."""
    sorts = [
        packet_faults(seen, "drop"),
        cuts(seen, one_way=True),
        packet_faults(seen, "delay"),
        crashes(seen),
        packet_faults(seen, "swap"),
        cuts(seen, one_way=False),
        packet_faults(seen, "duplicate"),
    ]
    for turn in zip_longest(*sorts):
        yield from (fault for fault in turn if fault is not None)


def packet_faults(seen: Seen, action: str) -> Iterator[Fault]:
    """The first of each kind of packet, the rare kinds first; then the second of each; ..."""
    kinds = sorted(seen.packets.items(), key=lambda item: (item[1], item[0]))
    for by in DELAYS if action == "delay" else (0,):
        for nth in range(1, NTH_MAX + 1):
            for (kind, towards), many in kinds:
                if nth <= many:
                    yield PacketFault(action, kind, nth, towards, by=by)


def cuts(seen: Seen, one_way: bool) -> Iterator[Fault]:
    """Each link, at each instant, long enough to be noticed first."""
    for at in seen.instants():
        for length in LENGTHS:
            for name, ends in seen.links.items():
                for towards in ends if one_way else ("",):
                    yield Cut(name, towards, at, length)


def crashes(seen: Seen) -> Iterator[Fault]:
    """Each host that may crash, at each instant."""
    for at in seen.instants():
        for length in LENGTHS:
            for host in seen.hosts:
                yield Crash(host, at, length)


def weight(plan: Schedule) -> tuple[int, int, str]:
    """Less is simpler: fewer faults, shorter to say, earlier."""
    return len(plan), len(str(plan)), str(plan)


def simpler(plan: Schedule) -> Iterator[Schedule]:
    """Schedules that may be simpler, the boldest steps first."""
    faults = plan.faults
    for i in range(len(faults)):
        yield Schedule(faults[:i] + faults[i + 1 :])
    for i, fault in enumerate(faults):
        for other in simpler_faults(fault):
            yield Schedule((*faults[:i], other, *faults[i + 1 :]))


def simpler_faults(fault: Fault) -> Iterator[Fault]:
    """The same for one fault."""
    if isinstance(fault, PacketFault):
        yield replace(fault, action="drop", by=0, towards="")
        yield replace(fault, action="drop", by=0)
        yield replace(fault, towards="")
        for nth in range(1, fault.nth):
            yield replace(fault, nth=nth)
        return
    for nth in (1, 2):
        for what in ("DATA", "SYN", "SYN-ACK", "FIN"):
            yield PacketFault("drop", what, nth)
    if isinstance(fault, Cut):
        yield replace(fault, towards="")
        yield replace(fault, link=EVERY)
    yield replace(fault, length=0)
    for unit in ROUND:
        for at in (fault.at // unit * unit, (fault.at // unit + 1) * unit):
            yield replace(fault, at=at)
            if fault.length:
                yield replace(fault, at=at, length=10**9)
    for length in (10**9, 10**8):
        if length < fault.length:
            yield replace(fault, length=length)
