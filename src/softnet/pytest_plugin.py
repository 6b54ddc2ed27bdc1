"""The pytest plugin: a lab for each test, under as many seeds and faults as one likes.

    def test_client(softnet):                                the fixture is an open Lab
        web, cli = softnet.hosts("web", "cli")
        ...

    @pytest.mark.softnet(seeds=200, topology="star.toml")    200 runs, one test
    async def test_election(softnet): ...                    runs on a host, by asyncio.run

Options: --softnet-seed --softnet-seeds --softnet-explore --softnet-faults --softnet-order
--softnet-pcap --softnet-report --softnet-realtime; docs/testing.md explains them. Each run has fresh
fixtures. What fails is run once more, with a capture and a trace; that also tells whether the seed
alone decides.

Nothing of softnet is imported until a test asks for the fixture.
"""

from __future__ import annotations

import importlib
import inspect
import os
import re
import shlex
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from _pytest.runner import runtestprotocol  # what every plugin that repeats tests calls

if TYPE_CHECKING:
    from softnet.lab.explore import Trial
    from softnet.lab.testrun import TestRun
    from softnet.lab.topology import Lab

FIXTURE = "softnet"
FOLDER = ".softnet"
MARKER = (
    "softnet(seeds=1, seed=0, topology='', host='', faults='', explore=0, crash=None, order='fifo', "
    "until=None): how often and how the `softnet` fixture's lab is made; host: run the test on that host"
)
Reports = list[pytest.TestReport]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options."""
    group = parser.getgroup("softnet", "softnet: simulated networks")
    add = group.addoption
    add("--softnet-seed", type=int, metavar="N", help="run each test with this seed, once")
    add("--softnet-seeds", type=int, metavar="N", help="run each test with the seeds 0 to N-1")
    add("--softnet-faults", metavar="TEXT", help="what goes wrong, as a failure printed it")
    add("--softnet-explore", type=int, metavar="N", help="look for faults that break it, N runs")
    add("--softnet-order", choices=["fifo", "seeded"], help="who runs first: seeded draws it")
    add(
        "--softnet-pcap",
        choices=["failed", "all", "none"],
        default="failed",
        help="whose packets and trace are written to files (failed)",
    )
    add("--softnet-report", metavar="DIR", help=f"where they are written to ({FOLDER})")
    add("--softnet-realtime", action="store_true", help="keep pace with the real clock")


def pytest_configure(config: pytest.Config) -> None:
    """The marker."""
    config.addinivalue_line("markers", MARKER)


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test with the marker has a lab, whether or not it asks for the fixture."""
    names = getattr(item, "fixturenames", None)
    if names is not None and FIXTURE not in names and item.get_closest_marker("softnet"):
        names.insert(0, FIXTURE)


@pytest.fixture
def softnet(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """An open softnet.Lab of the test's own."""
    attempt = request.node.stash.get(ATTEMPT, None) or Attempt(plan_of(request.node))
    run = attempt.open()
    with run:
        attempt.build(request.node)
        yield run.lab
        if attempt.plan.explore:
            run.know_hosts(attempt.plan.crash)


@pytest.fixture
def lab(softnet: Lab) -> Lab:
    """The same as softnet: for tests that import the module of that name."""
    return softnet


# What is to be done with a test


@dataclass
class Plan:
    """What the marker and the options want of a test."""

    seeds: list[int]
    faults: str = ""
    explore: int = 0
    crash: Any = None
    order: str = "fifo"
    clock: str = "virtual"
    until: Any = None
    topology: Any = ""
    host: str = ""
    on_host: bool = False
    pcap: str = "failed"
    folder: Path = field(default_factory=Path)


def plan_of(item: pytest.Item) -> Plan:
    """The plan of a test; a marker that makes no sense fails it."""
    wanted: dict[str, Any] = {}
    for marker in reversed(list(item.iter_markers("softnet"))):
        if marker.args:
            pytest.fail(
                f"softnet{marker.args}: write softnet(seeds={marker.args[0]!r})", pytrace=False
            )
        wanted.update(marker.kwargs)
    known = {
        "seeds",
        "seed",
        "topology",
        "host",
        "faults",
        "explore",
        "crash",
        "order",
        "until",
        "clock",
    }
    if wrong := sorted(set(wanted) - known):
        errors = importlib.import_module("softnet.lab.errors")
        pytest.fail(str(errors.unknown("option", wrong[0], known)), pytrace=False)
    option: Callable[[str], Any] = item.config.getoption
    seeds = wanted.get("seeds", 1)
    if option("softnet_seed") is not None:
        seeds = [option("softnet_seed")]
    elif option("softnet_seeds") is not None:
        seeds = option("softnet_seeds")
    elif "seed" in wanted:
        seeds = [wanted["seed"]]
    plan = Plan(seeds_of(seeds))
    for name in ("topology", "host", "until", "clock", "crash"):
        setattr(plan, name, wanted.get(name, getattr(plan, name)))
    plan.faults = option("softnet_faults") or str(wanted.get("faults", ""))
    replaying = option("softnet_seed") is not None or option("softnet_faults") is not None
    plan.explore = option("softnet_explore") or (0 if replaying else wanted.get("explore", 0))
    plan.order = option("softnet_order") or wanted.get("order", "fifo")
    if option("softnet_realtime"):
        plan.clock = "real"
    plan.pcap = option("softnet_pcap")
    plan.on_host = "host" in wanted
    plan.folder = Path(option("softnet_report") or item.config.rootpath / FOLDER)
    return plan


def seeds_of(wanted: object) -> list[int]:
    """Which seeds a number or a list means; what is neither fails the test."""
    seeds = range(wanted) if isinstance(wanted, int) else wanted
    if not isinstance(seeds, range | list | tuple | set) or not seeds:
        pytest.fail(
            f"seeds={wanted!r}: write how many, seeds=200, or which, seeds=[3, 8]", pytrace=False
        )
    return list(seeds)


class Attempt:
    """One run of a test: with that seed and those faults."""

    def __init__(self, plan: Plan, seed: int | None = None, faults: object = None) -> None:
        self.plan = plan
        self.seed = plan.seeds[0] if seed is None else seed
        self.faults = plan.faults if faults is None else faults
        self.folder: Path | None = None
        self.notes: list[str] = []  # what the report begins with
        self.run: TestRun | None = None
        self.reports: Reports = []

    def open(self) -> TestRun:
        """The lab, not yet entered."""
        plan = self.plan
        testrun = importlib.import_module("softnet.lab.testrun")
        run: TestRun = testrun.TestRun(
            self.seed,
            faults=self.faults,
            order=plan.order,
            clock=plan.clock,
            until=plan.until or (UNTIL if plan.explore else None),
            folder=self.folder,
        )
        self.run = run
        hide_frames()
        return run

    def build(self, item: pytest.Item) -> None:
        """Make the hosts and links that the marker's topology names."""
        assert self.run is not None
        topology = self.plan.topology
        if callable(topology):
            topology(self.run.lab)
        elif topology:
            file = importlib.import_module("softnet.lab.file")
            hide_frames()
            file.load(item.path.parent / topology).build(self.run.lab)

    def go(self, item: pytest.Item) -> Attempt:
        """Run the test with fresh fixtures of its own; those of its module and session stay."""
        item.stash[ATTEMPT] = self
        sections = getattr(item, "_report_sections", None)
        if sections is not None:
            sections.clear()  # what was printed by the run before
        self.reports = runtestprotocol(item, log=False, nextitem=item.parent)  # type: ignore[arg-type] # any node serves
        return self

    @property
    def quiet(self) -> bool:
        """Did it pass, with nothing to say?"""
        return all(r.outcome == "passed" and not hasattr(r, "wasxfail") for r in self.reports)

    @property
    def failed(self) -> bool:
        """Did it fail?"""
        return any(r.failed for r in self.reports)

    def said(self) -> list[str]:
        """How it failed, without addresses in memory."""
        words = []
        for r in self.reports:
            if r.failed:
                crash = getattr(r.longrepr, "reprcrash", None)
                words.append(re.sub("0x[0-9a-f]+", "0x", str(crash)))
        return words


def hide_frames() -> None:
    """Leave softnet's own functions out of tracebacks (--full-trace shows them)."""
    for name in list(sys.modules):
        if name.startswith("softnet."):
            vars(sys.modules[name]).setdefault("__tracebackhide__", True)


ATTEMPT = pytest.StashKey[Attempt]()
UNTIL = "600s"  # of virtual time; a run with faults that takes longer hangs


# Running a test


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test that has a lab as often as its plan says; report the last run."""
    if FIXTURE not in getattr(item, "fixturenames", ()):
        return None
    try:
        plan = plan_of(item)
    except pytest.fail.Exception:
        return None  # run as any other, it fails in the fixture, which says why
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    attempt = explore(item, plan) if plan.explore else try_seeds(item, plan)
    if attempt.failed and plan.pcap == "failed":
        attempt = again(item, attempt)
    for report in attempt.reports:
        item.ihook.pytest_runtest_logreport(report=report)
    if nextitem is None or nextitem.parent is not item.parent:
        item.session._setupstate.teardown_exact(nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def try_seeds(item: pytest.Item, plan: Plan) -> Attempt:
    """The first run that does not simply pass, or the last."""
    for n, seed in enumerate(plan.seeds):
        attempt = Attempt(plan, seed)
        before = f" ({n} seed{'s' * (n > 1)} passed first)" if n else ""
        attempt.notes.append(f"failed at seed {seed}{before}")
        if plan.pcap == "all":
            attempt.folder = folder_of(item, plan, seed)
        attempt.go(item)
        if not attempt.quiet:
            return attempt
    return attempt


def explore(item: pytest.Item, plan: Plan) -> Attempt:
    """The run that fails under the fewest faults, or the last."""
    search = importlib.import_module("softnet.lab.explore").Search(plan.explore, plan.seeds[0])
    steps = search.steps()
    trial: Trial = next(steps)
    while True:
        attempt = Attempt(plan, trial.seed, trial.schedule).go(item)
        if attempt.run is None:  # skipped, or a fixture of its module failed
            return attempt
        try:
            trial = steps.send(attempt.run.result(plan.crash))
        except StopIteration as e:
            found = e.value
            break
    if found.trial is None:
        return attempt if not attempt.failed else Attempt(plan).go(item)
    n = len(found.trial.schedule)
    text = f"broken by {n} fault{'s' * (n != 1)}" if n else "fails without any fault"
    best = Attempt(plan, found.trial.seed, found.trial.schedule)
    best.notes.append(f"{text}, found in {found.runs} runs: {found.trial.schedule}")
    return best.go(item)


def again(item: pytest.Item, failed: Attempt) -> Attempt:
    """A failed run once more, with files. What it says is reported if it is the same."""
    attempt = Attempt(failed.plan, failed.seed, failed.faults)
    attempt.notes = failed.notes
    attempt.folder = folder_of(item, failed.plan, failed.seed)
    if failed.plan.clock == "real":
        return failed
    attempt.go(item)
    if attempt.said() == failed.said():
        return attempt
    for report in failed.reports:
        if report.failed:
            report.sections.append(
                (
                    "softnet",
                    "the same seed did not fail the same way again: something else decides, too"
                    + ("" if os.environ.get("PYTHONHASHSEED") else "; PYTHONHASHSEED is not set"),
                )
            )
    return failed


def folder_of(item: pytest.Item, plan: Plan, seed: int) -> Path:
    """Where the files of a run go; in a folder that git does not see."""
    plan.folder.mkdir(parents=True, exist_ok=True)
    if plan.folder.name == FOLDER:
        (plan.folder / ".gitignore").write_text("*\n")
    name = re.sub(r"[^\w.]+", "-", item.nodeid.replace("/", ".").replace("::", "."))
    return plan.folder / f"{name.strip('-')}-{seed}"


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run coroutine functions, and tests whose marker names a host, as programs of a host."""
    attempt = pyfuncitem.stash.get(ATTEMPT, None)
    if attempt is None or attempt.run is None:
        return None
    is_async = inspect.iscoroutinefunction(pyfuncitem.obj)
    if not is_async and not attempt.plan.on_host:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    testrun = importlib.import_module("softnet.lab.testrun")
    body = testrun.on_host(pyfuncitem.obj, arguments)
    attempt.run.call(body, name=pyfuncitem.name, host=attempt.plan.host)
    return True


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add to a failure what softnet knows, while the lab is still open."""
    report = yield
    attempt = item.stash.get(ATTEMPT, None)
    if attempt is None or attempt.run is None or not report.failed or call.excinfo is None:
        return report
    attempt.run.fail(call.excinfo.value)
    report.sections.append(("softnet", describe(item, attempt)))
    return report


def describe(item: pytest.Item, attempt: Attempt) -> str:
    """What is said about a run that failed."""
    assert attempt.run is not None
    lines = [*attempt.notes]
    words = ["pytest", shlex.quote(item.nodeid), f"--softnet-seed={attempt.seed}"]
    if str(attempt.faults):
        words.append("--softnet-faults=" + shlex.quote(str(attempt.faults)))
    if attempt.plan.order != "fifo":
        words.append(f"--softnet-order={attempt.plan.order}")
    if hashseed := os.environ.get("PYTHONHASHSEED"):
        words.insert(0, f"PYTHONHASHSEED={hashseed}")
    lines += ["replay:  " + " ".join(words), attempt.run.report()]
    if attempt.folder is not None:
        lines.append(f"files:   {attempt.folder}/{{run.pcapng,story.txt,trace.txt.gz}}")
    return "\n".join(lines)


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Packetdrill scripts are tests: lab/packetdrill reads them."""
    if file_path.suffix != ".pkt" or parent.config.pluginmanager.hasplugin(PACKETDRILL):
        return None
    collect: Callable[..., pytest.Collector | None]
    collect = importlib.import_module(PACKETDRILL).pytest_collect_file
    return collect(file_path, parent)


PACKETDRILL = "softnet.lab.packetdrill.collect"
