"""tools/judge_cpython.py: how verdicts are read and compared. Runs no tests of CPython's."""

from __future__ import annotations

from tools.judge_cpython import (
    differ,
    from_log,
    from_xml,
    named_exceptions,
    total,
    with_skipped,
)

XML = """<testsuites><testsuite>
<testcase name="test.test_x.A.test_one" status="run" result="completed" time="0.1" />
<testcase name="test.test_x.A.test_two"><error>Traceback</error></testcase>
<testcase name="test.test_x.A.test_three"><skipped>IPv6 required for this test</skipped></testcase>
<testcase name="test.test_x.A.test_four"><failure>no</failure></testcase>
<testcase name="test.test_x.A.test_four" />
</testsuite></testsuites>"""

LOG = """test_one (test.test_x.A.test_one) ... ok
test_two (test.test_x.A.test_two)
What it is for ... noise
ERROR
test_three (test.test_x.A.test_three) ... skipped 'no IPv6'
test_four (test.test_x.A.test_four) ... """


def test_the_report_is_read() -> None:
    assert from_xml(XML) == {
        "test.test_x.A.test_one": "ok",
        "test.test_x.A.test_two": "ERROR",
        "test.test_x.A.test_three": "skip: IPv6 required for this test",
        "test.test_x.A.test_four": "FAIL",  # of two subtests, the one that failed
    }
    assert total(from_xml(XML)) == "1+1s+2bad"


def test_what_the_report_leaves_out_is_taken_from_the_log() -> None:
    report = {"test.test_x.A.test_one": "ok", "test.test_x.A.test_two": "FAIL"}
    assert with_skipped(report, LOG) == report | {"test.test_x.A.test_three": "skip: no IPv6"}


def test_a_reason_with_an_apostrophe_is_in_double_quotes() -> None:
    log = LOG.replace("'no IPv6'", '"it isn\'t here"')
    assert from_log(log, hung=True)["test.test_x.A.test_three"] == "skip: it isn't here"


def test_of_a_run_that_hung_the_log_is_read() -> None:
    assert from_log(LOG, hung=True) == {
        "test.test_x.A.test_one": "ok",
        "test.test_x.A.test_two": "ERROR",
        "test.test_x.A.test_three": "skip: no IPv6",
        "test.test_x.A.test_four": "HANG",
    }


def test_only_what_is_neither_named_nor_for_ipv6_differs() -> None:
    kernel = dict.fromkeys(("m.A.one", "m.A.two", "m.A.three", "m.A.four"), "ok")
    softnet = {"m.A.one": "ok", "m.A.two": "FAIL", "m.A.three": "skip: IPv6 required"}
    assert differ(kernel, softnet, set()) == ["m.A.four", "m.A.two"]
    assert differ(kernel, softnet, {"A.four", "m.A.two"}) == []
    assert differ({"m.A.five": "skip: a"}, {"m.A.five": "skip: b"}, set()) == []
    assert differ({"m.A.six": "skip: no UDP-Lite"}, {"m.A.six": "ok"}, set()) == []
    assert differ({"m.A.six": "skip: no UDP-Lite"}, {"m.A.six": "FAIL"}, set()) == ["m.A.six"]


def test_the_page_names_tests_in_the_first_column() -> None:
    page = "| test | why |\n|---|---|\n| `A.four` | because of `B.five` |\n"
    assert named_exceptions(page) == {"A.four"}
