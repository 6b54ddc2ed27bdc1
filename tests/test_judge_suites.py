"""tools/judge_suites.py: how pytest's verdicts are read. Runs no suite."""

from __future__ import annotations

from pathlib import Path

from tools.judge_suites import differing, file_of, from_junit, from_lines, is_named

XML = """<testsuites><testsuite>
<testcase classname="tests.test_x.TestA" name="test_one[asyncio]" time="0.1" />
<testcase classname="tests.test_x" name="test_two"><failure message="no">Traceback</failure></testcase>
<testcase classname="tests.test_x" name="test_three"><skipped message="no IPv6" /></testcase>
<testcase classname="tests.test_x" name="test_four" />
<testcase classname="tests.test_x" name="test_four"><error message="at its end" /></testcase>
</testsuite></testsuites>"""

LINES = """tests/test_x.py::TestA::test_one[asyncio] PASSED                 [  1%]
tests/test_x.py::test_two FAILED                                          [  2%]
tests/test_x.py::test_three SKIPPED (no IPv6)                             [  3%]
what a test printed
tests/test_x.py::test_four """


def test_the_report_is_read() -> None:
    assert from_junit(XML) == {
        "tests.test_x.TestA.test_one[asyncio]": "ok",
        "tests.test_x.test_two": "FAIL",
        "tests.test_x.test_three": "skip: no IPv6",
        "tests.test_x.test_four": "ERROR",
    }


def test_of_a_run_that_hung_the_log_is_read() -> None:
    assert from_lines(LINES) == {
        "tests.test_x.TestA.test_one[asyncio]": "ok",
        "tests.test_x.test_two": "FAIL",
        "tests.test_x.test_three": "skip: ?",
        "tests.test_x.test_four": "HANG",
    }


def test_the_page_names_a_test_with_all_its_parameters() -> None:
    assert is_named("tests.test_x.TestA.test_one[a.b]", {"TestA.test_one"})
    assert not is_named("tests.test_x.TestA.test_one", {"A.test_one"})
    kernel, softnet = {"m.one[1]": "ok", "m.two": "ok"}, {"m.one[1]": "FAIL", "m.two": "HANG"}
    assert differing(kernel, softnet, {"m.one"}) == ["m.two"]
    assert differing({"m.two": "FAIL"}, {"m.two": "ok"}, set()) == []


def test_the_file_of_a_test(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_x.py").touch()
    assert file_of("tests.test_x.TestA.test_one[1.2]", tmp_path) == "tests/test_x.py"
    assert file_of("tests.test_y.test_one", tmp_path) == ""
