"""The pytest plugin, run by pytest's own pytester."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import softnet
import softnet.lab.explore
import softnet.lab.file
import softnet.lab.packetdrill.collect
import softnet.lab.testrun  # here: pytester forgets what its tests import, and patches stay

pytest_plugins = ["pytester"]

PROGRAMS = """
import asyncio, os, socket, time
import pytest

def echo():
    with socket.create_server(("", 9)) as s:
        while True:
            c, _ = s.accept()
            with c:
                while d := c.recv(100):
                    c.sendall(d)

def talk(host):
    with socket.create_connection((host, 9), timeout=5) as s:
        s.sendall(b"hello")
        return s.recv(100)

@pytest.fixture
def net(softnet):
    a, b = softnet.hosts("a", "b")
    softnet.link(a, b, delay="5ms", loss="20%")
    b.start(echo)
    return softnet
"""

# By its module, whether or not an installed softnet brings it by its name, too.
PLUGIN = ("-p", "no:softnet", "-p", "softnet.pytest_plugin")


class Runner:
    """Runs pytest on a file of tests, in this process."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester

    def __call__(self, tests: str, *options: str, **counts: int) -> str:
        """What it printed; counts: passed=1 and the like."""
        self.pytester.makepyfile(test_it=PROGRAMS + tests)
        result = self.pytester.runpytest_inprocess(*PLUGIN, "-p", "no:cacheprovider", *options)
        result.assert_outcomes(**counts)
        return result.stdout.str()

    def files(self) -> list[str]:
        """What was left."""
        root = self.pytester.path
        return sorted(str(p.relative_to(root)) for p in root.rglob(".softnet/**/*") if p.is_file())


@pytest.fixture
def run(pytester: pytest.Pytester) -> Runner:
    """A Runner in a folder of its own."""
    return Runner(pytester)


def line(out: str, start: str) -> str:
    """The line of an output that begins so."""
    return next(text for text in out.splitlines() if text.startswith(start))


def test_the_fixture_is_an_open_lab_for_each_test(run: Runner) -> None:
    run(
        """
def test_one(net, lab, softnet):
    assert net is lab is softnet
    assert net.node("a").call(talk, "b") == b"hello"

def test_two(softnet):
    assert softnet.now == 0 and not softnet.nodes
""",
        passed=2,
    )
    assert run.files() == []


def test_a_failure_says_all_there_is_to_know(run: Runner) -> None:
    out = run(
        """
@pytest.mark.softnet(seed=3)
def test_fails(net):
    assert net.node("a").call(talk, "b") == b"hullo"
""",
        failed=1,
    )
    assert "failed at seed 3" in out
    assert line(out, "replay:") == "replay:  pytest test_it.py::test_fails --softnet-seed=3"
    assert line(out, "virtual time").startswith("virtual time ")
    assert line(out, "blocked: b/echo").endswith("in echo")
    assert "last packets:" in out
    assert "Flags [P." in out
    assert line(out, "files:").endswith("{run.pcapng,story.txt,trace.txt.gz}")
    folder = ".softnet/test_it.py.test_fails-3"
    names = ("run.pcapng", "story.txt", "trace.txt.gz")
    assert run.files() == [".softnet/.gitignore", *(f"{folder}/{name}" for name in names)]
    assert all((run.pytester.path / name).stat().st_size for name in run.files())
    assert "kernel/sched.py" not in out, "softnet's own frames are hidden"


@pytest.mark.slow
def test_seeds_are_tried_in_turn_with_fresh_fixtures_and_the_first_failure_is_shown(
    run: Runner,
) -> None:
    out = run(
        """
count = 0
@pytest.fixture
def fresh():
    global count
    count += 1
    return count

@pytest.mark.softnet(seeds=100)
def test_seeds(net, fresh):
    print("this is run", fresh)
    assert net.seed == fresh - 1 or net.seed == 5
    assert net.seed < 5, "five is too much"
    assert net.node("a").call(talk, "b") == b"hello"
""",
        failed=1,
    )
    assert "failed at seed 5 (5 seeds passed first)" in out
    assert "five is too much" in out
    assert "this is run 7" in out, "the sixth, and the same again for the files"
    assert "this is run 5" not in out


@pytest.mark.slow
def test_the_replay_line_replays(run: Runner) -> None:
    tests = """
@pytest.mark.softnet(seeds=100)
def test_slow(net):
    net.node("a").call(talk, "b")
    assert net.now < 2, net.now
"""
    first = run(tests, failed=1)
    words = line(first, "replay:").split()
    again = run(tests, *words[2:], failed=1)
    assert line(again, "E  ") == line(first, "E  ")
    assert line(again, "virtual").split()[:4] == line(first, "virtual").split()[:4]
    assert "seeds passed" not in again
    run(tests, "--softnet-seed=0", passed=1)
    assert "failed at seed" in run(tests, "--softnet-seeds=50", failed=1)


def test_async_tests_run_on_a_host(run: Runner) -> None:
    run(
        """
@pytest.fixture
def quiet(softnet):
    a, b = softnet.hosts("a", "b")
    softnet.link(a, b, delay="1s")
    b.start(echo)

@pytest.mark.softnet(host="a")
async def test_async(quiet, tmp_path, softnet):
    reader, writer = await asyncio.open_connection("b", 9)
    writer.write(b"hello")
    assert await reader.read(5) == b"hello"
    writer.close()
    assert 5 < asyncio.get_running_loop().time() < 7
    assert socket.gethostname() == "a"

async def test_without_hosts(softnet):
    await asyncio.sleep(1000)
    assert socket.gethostname() == "test"

@pytest.mark.softnet
async def test_without_the_fixture():
    await asyncio.sleep(1000)

@pytest.mark.softnet(host="b")
def test_blocking(quiet):
    assert socket.gethostname() == "b"
    assert talk("a" if False else "b") == b"hello"
""",
        passed=4,
    )


@pytest.mark.slow
def test_exploring_prints_the_smallest_schedule_and_it_replays(run: Runner) -> None:
    tests = """
@pytest.mark.softnet(explore=50)
def test_fast(softnet):
    a, b = softnet.hosts("a", "b")
    softnet.link(a, b, delay="5ms")
    b.start(echo)
    assert a.call(talk, "b") == b"hello"
    assert softnet.now < 0.9, "too slow"
"""
    out = run(tests, failed=1)
    assert "broken by 1 fault, found in" in out
    replay = line(out, "replay:")
    assert replay.endswith("--softnet-seed=0 --softnet-faults='drop SYN 1'")
    assert "too slow" in run(
        tests, "--softnet-seed=0", "--softnet-faults=drop SYN 1", "--softnet-pcap=none", failed=1
    )
    run(tests, "--softnet-faults=drop FIN 1", passed=1)
    run(tests.replace('a.call(talk, "b") == b"hello"', "not a.call(time.sleep, 0.1)"), passed=1)
    run(tests.replace("explore=50", "seed=0"), "--softnet-explore=20", failed=1)


def test_what_does_not_fail_again_is_said_to(run: Runner) -> None:
    out = run(
        """
def test_flaky(net):
    seen = os.environ.pop("SEEN", None)
    if seen is None:
        os.environ["SEEN"] = "1"
        assert 0, "only once"
""",
        failed=1,
    )
    assert "only once" in out
    assert "something else decides, too" in out


def test_outcomes_other_than_failure(run: Runner) -> None:
    run(
        """
@pytest.mark.softnet(seeds=3)
def test_skips(net):
    pytest.skip("not today")

@pytest.mark.softnet(seeds=3)
@pytest.mark.xfail(strict=True)
def test_xfails(net):
    assert net.seed == 1

@pytest.mark.skipif(True, reason="never")
@pytest.mark.softnet(explore=3)
def test_never(softnet):
    pass
""",
        skipped=2,
        xfailed=1,
    )


def test_a_topology_by_a_function(run: Runner) -> None:
    run(
        """
def star(lab):
    lab.star(3)

@pytest.mark.softnet(topology=star, order="seeded", until="10s")
def test_star(softnet):
    assert sorted(softnet.nodes) == ["h1", "h2", "h3", "hub"]
    with pytest.raises(Exception, match="time limit"):
        softnet.node("h1").call(time.sleep, 20)
""",
        passed=1,
    )


def test_a_topology_from_a_file_beside_the_test(run: Runner) -> None:
    text = '[hosts.a]\n[hosts.b]\n[[links]]\nends = ["a", "b"]\ndelay = "5ms"\n'
    run.pytester.path.joinpath("two.toml").write_text(text)
    run(
        """
@pytest.mark.softnet(topology="two.toml", host="a")
async def test_two(softnet):
    softnet.node("b").start(echo)
    assert talk("b") == b"hello"
""",
        passed=1,
    )


def test_pcap_of_all_and_of_none_and_another_folder(run: Runner) -> None:
    tests = """
@pytest.mark.softnet(seeds=2)
def test_ok(net):
    net.node("a").call(talk, "b")
"""
    run(tests, "--softnet-pcap=all", "--softnet-report=out", passed=1)
    found = sorted(p.name for p in (run.pytester.path / "out").iterdir())
    assert found == ["test_it.py.test_ok-0", "test_it.py.test_ok-1"]
    run(tests + "    assert 0\n", "--softnet-pcap=none", failed=1)
    assert run.files() == []


def test_real_time(run: Runner) -> None:
    run(
        """
def test_clock(softnet):
    began = time.monotonic()
    softnet.host("a").call(time.sleep, 0.2)
    assert time.monotonic() - began >= 0.2
""",
        "--softnet-realtime",
        passed=1,
    )


MISTAKES = {  # in the marker -> what is said
    "seedz=3": "did you mean 'seed' or 'seeds'",
    "50": "write softnet(seeds=50)",
    "seeds=0": "seeds=0: write how many",
    "seeds='all'": "seeds='all': write how many",
    "host='hosd'": "no host 'hosd': did you mean 'host'",
    "explore=2, crash=['hosd']": "no host 'hosd' that may crash: did you mean 'host'",
    "faults='dorp SYN 1'": "no fault 'dorp'",
}


def test_mistakes_in_a_marker_fail_that_test_alone(run: Runner) -> None:
    tests = [
        f"@pytest.mark.softnet({marker})\ndef test_{n}(net): pass\n"
        for n, marker in enumerate(MISTAKES)
    ]
    fixture = "@pytest.fixture\ndef net(softnet):\n    softnet.host('host')\n"
    run.pytester.makepyfile(
        "import pytest\n" + fixture + "".join(tests) + "def test_last(net): pass\n"
    )
    result = run.pytester.runpytest_inprocess(*PLUGIN)
    said = result.stdout.str() + result.stderr.str()
    assert [text for text in MISTAKES.values() if text not in said] == []
    found = result.parseoutcomes()
    assert found["failed"] == 1, said  # that runs on a host
    assert found["errors"] == len(MISTAKES) - 1
    assert found["passed"] == 2  # a passed body, whose marker is wrong; and the last


def test_fixtures_of_modules_live_as_long_as_their_module(run: Runner) -> None:
    run(
        """
log = []

@pytest.fixture(scope="module")
def server():
    log.append("up")
    yield
    log.append("down")

@pytest.mark.softnet(seeds=3)
def test_one(softnet, server):
    assert log == ["up"]

def test_two(softnet, server):
    assert log == ["up"]

def test_three():
    assert log == ["up"]
""",
        passed=3,
    )


@pytest.mark.slow
def test_workers_do_not_meet(pytester: pytest.Pytester) -> None:
    fails = "\ndef test_{n}(net):\n    assert net.node('a').call(talk, 'b') == b'{n}'\n"
    pytester.makepyfile(test_it=PROGRAMS + "".join(fails.format(n=n) for n in range(4)))
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, "-n2", "-q"],
        cwd=pytester.path,
        env=os.environ | {"PYTHONPATH": str(Path(softnet.__file__).parent.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 failed" in done.stdout, done.stdout + done.stderr
    assert done.stdout.count("failed at seed 0") == 4
    found = sorted(p.name for p in (pytester.path / ".softnet").iterdir() if p.is_dir())
    assert found == [f"test_it.py.test_{n}-0" for n in range(4)]


def test_the_plugin_costs_little_when_unused() -> None:
    program = (
        "import time, sys, pytest, softnet, shlex, inspect, _pytest.runner\n"
        "t = time.process_time(); import softnet.pytest_plugin\n"
        "print(time.process_time() - t)\n"
        "sys.exit(any(m.startswith('softnet.lab') for m in sys.modules))\n"
    )
    path = str(Path(softnet.__file__).parent.parent)
    times = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )
        times.append(float(done.stdout))
    assert min(times) < 0.02


SCRIPT = """0.0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = {}
"""


def test_packetdrill_scripts_are_tests(pytester: pytest.Pytester) -> None:
    pytester.path.joinpath("good.pkt").write_text(SCRIPT.format(0))
    pytester.path.joinpath("bad.pkt").write_text(SCRIPT.format(7))
    result = pytester.runpytest_inprocess(*PLUGIN)
    result.assert_outcomes(passed=1, failed=1)


PAGE = Path(__file__).parent.parent / "docs" / "testing.md"
EXAMPLE = re.compile(
    r"```python\n# (?P<name>test_\w+)\.py\n(?P<code>.*?)```\n\n"
    r"```console\n\$ pytest (?P<words>.*?)\n(?P<says>.*?)```\n",
    re.DOTALL,
)
EXAMPLES = [pytest.param(found, id=found["name"]) for found in EXAMPLE.finditer(PAGE.read_text())]


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.slow
@pytest.mark.parametrize("example", EXAMPLES)
def test_what_the_page_says_is_said(pytester: pytest.Pytester, example: re.Match[str]) -> None:
    pytester.makepyfile(**{example["name"]: example["code"]})
    words = example["words"].split()
    out = pytester.runpytest_inprocess(*PLUGIN, *words).stdout.str()
    for text in example["says"].splitlines():
        assert text in out
