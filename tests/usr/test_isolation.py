"""Lab(isolate="modules"): each host has its own modules, logging, environment, folder, output."""

from __future__ import annotations

import json
import logging
import os
import pickle
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import softnet
from tests.usr import isolated_program as program

COUNT = [0]  # this module's own: hosts have another


def bump(times: int) -> int:
    for _ in range(times):
        COUNT[0] += 1
        time.sleep(1)
    return COUNT[0]


@pytest.fixture
def lab() -> Any:
    with softnet.Lab(isolate="modules") as lab:
        lab.link(*lab.hosts("h1", "h2"), delay="1ms")
        yield lab


def test_module_globals_are_apart(lab: Any) -> None:
    one, two = lab.nodes["h1"], lab.nodes["h2"]
    runs = [one.start(program.remember, "a", 3), two.start(program.remember, "b", 2)]
    assert runs[0].wait() == ["a", "a", "a"]
    assert runs[1].wait() == ["b", "b"]
    assert one.call(program.remember, "c", 1) == ["a", "a", "a", "c"]  # the host's, not the call's
    assert program.seen == []
    assert sys.modules["tests.usr.isolated_program"] is program


def test_functions_of_the_test_itself_are_the_hosts_own(lab: Any) -> None:
    runs = [lab.nodes[name].start(bump, n) for name, n in (("h1", 2), ("h2", 5))]
    assert [run.wait() for run in runs] == [2, 5]
    assert COUNT == [0]


def test_closures_see_the_lab(lab: Any) -> None:
    seen: list[str] = []
    lab.nodes["h1"].call(lambda: seen.append("from h1"))
    assert seen == ["from h1"]


def test_the_standard_library_and_installed_packages_are_shared(lab: Any) -> None:
    def ids() -> tuple[int, ...]:
        return tuple(id(sys.modules[name]) for name in ("json", "pytest", "softnet", "_socket"))

    assert json is sys.modules["json"]
    assert lab.nodes["h1"].call(ids) == lab.nodes["h2"].call(ids) == ids()


def test_scripts_argv_and_main(lab: Any, tmp_path: Path) -> None:
    script = tmp_path / "prog.py"
    script.write_text(
        "import pickle, sys, time\n"
        "import friend\n"
        "class Thing: pass\n"
        "friend.calls.append(sys.argv[1])\n"
        "time.sleep(1)\n"
        "assert type(pickle.loads(pickle.dumps(Thing()))) is Thing\n"
        "assert sys.modules['__main__'].Thing is Thing\n"
        "print(sys.argv[1:], friend.calls)\n"
    )
    (tmp_path / "friend.py").write_text("calls = []\n")
    argv, path, main = sys.argv, sys.path, sys.modules["__main__"]
    runs = [lab.nodes[host].run_path(str(script), host, "x") for host in ("h1", "h2")]
    again = lab.nodes["h1"].run_path(str(script), "third")
    lab.run()
    assert [run.result() for run in (*runs, again)] == [None] * 3
    assert runs[0].stdout == "['h1', 'x'] ['h1', 'third']\n"
    assert runs[1].stdout == "['h2', 'x'] ['h2']\n"
    assert lab.nodes["h1"].stdout == "['h1', 'x'] ['h1', 'third']\n['third'] ['h1', 'third']\n"
    assert (sys.argv, sys.path, sys.modules["__main__"]) == (argv, path, main)
    assert "friend" not in sys.modules


def test_environment(lab: Any) -> None:
    def change(value: str) -> tuple[str | None, bytes | None, str | None]:
        os.environ["SOFTNET_TEST"] = value
        gone = os.environ.pop("HOME", None)
        time.sleep(1)
        return os.getenv("SOFTNET_TEST"), os.environb.get(b"SOFTNET_TEST"), gone

    home = os.environ.get("HOME")
    runs = [lab.nodes[name].start(change, name) for name in ("h1", "h2")]
    assert [run.wait() for run in runs] == [("h1", b"h1", home), ("h2", b"h2", home)]
    assert "SOFTNET_TEST" not in os.environ
    assert os.environ.get("HOME") == home


def test_working_directory_and_relative_opens(lab: Any, tmp_path: Path) -> None:
    for name in ("h1", "h2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "who").write_text(name)

    def look(name: str) -> list[str]:
        found = []
        os.chdir(tmp_path / name)
        for _ in range(3):
            time.sleep(1)
            found.append(Path("who").read_text() + os.path.basename(os.getcwd()))
        return found

    before = os.getcwd()
    at_two = []
    lab.at("2.5s", lambda: at_two.append(os.getcwd()))
    runs = [lab.nodes[name].start(look, name) for name in ("h1", "h2")]
    assert [run.wait() for run in runs] == [["h1h1"] * 3, ["h2h2"] * 3]
    assert at_two == [before]
    assert os.getcwd() == before


def test_logging_configuration(lab: Any) -> None:
    def program(name: str, level: int) -> None:
        logging.basicConfig(level=level, format=f"{name} %(name)s %(message)s")
        logging.getLogger("app").setLevel(logging.DEBUG if name == "h1" else logging.ERROR)
        time.sleep(1)
        logging.info("hello")
        logging.getLogger("app").debug("fine")
        logging.getLogger("app").error("coarse")

    before = (logging.root.handlers[:], logging.root.level, logging.getLogger("app").level)
    one = lab.nodes["h1"].start(program, "h1", logging.INFO)
    two = lab.nodes["h2"].start(program, "h2", logging.WARNING)
    lab.run()
    assert one.stderr == "h1 root hello\nh1 app fine\nh1 app coarse\n"
    assert two.stderr == "h2 app coarse\n"
    after = (logging.root.handlers[:], logging.root.level, logging.getLogger("app").level)
    assert after == before


def test_output_is_the_programs_own(lab: Any, capsys: Any) -> None:
    def program(text: str) -> None:
        sys.stdout.write(text + "\n")
        time.sleep(1)
        sys.stderr.write("error\n")
        sys.stdout.buffer.write(b"\xff\n")

    runs = [lab.nodes["h1"].start(program, text) for text in ("one", "two")]
    lab.run()
    assert [run.stdout for run in runs] == ["one\n\ufffd\n", "two\n\ufffd\n"]
    assert runs[0].stderr == "error\n"
    assert capsys.readouterr() == ("", "")
    sys.stdout.write("mine\n")
    assert capsys.readouterr().out == "mine\n"


def test_a_crash_forgets_everything(lab: Any) -> None:
    host = lab.nodes["h1"]
    assert host.call(program.remember, "a", 1) == ["a"]
    host.restart()
    assert host.call(program.remember, "b", 1) == ["b"]


def test_coroutines_and_classes(lab: Any) -> None:
    thing = lab.nodes["h1"].call(program.thing)
    assert type(thing) is not program.Thing
    assert thing.kind.name == "RED"
    assert lab.nodes["h2"].call(program.later, 2) == 2
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(thing)


def test_without_it_hosts_share_all() -> None:
    with softnet.Lab() as lab:
        one, two = lab.hosts("h1", "h2")
        assert one.call(program.remember, "a", 1) == ["a"]
        assert two.call(program.remember, "b", 1) == ["a", "b"]
    program.seen.clear()
    with pytest.raises(softnet.LabError, match="modules"):
        softnet.Lab(isolate="module")
