"""Namespaces of the real kernel: made, used and removed. Skipped where we may not make any."""

from __future__ import annotations

import os
import shutil

import pytest

from softnet.machine.outside.netns import Outside, run


def may() -> bool:
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    try:
        run(["ip", "netns", "add", "snprobe"])
    except RuntimeError:
        return False
    run(["ip", "netns", "del", "snprobe"])
    return True


def test_what_a_program_said_is_in_the_error() -> None:
    with pytest.raises(RuntimeError, match="sh -c echo no >&2; exit 3: no"):
        run(["sh", "-c", "echo no >&2; exit 3"])
    assert run(["sh", "-c", "echo yes"]) == "yes\n"
    assert run(["false"], check=False) == ""


def fail_inside(outside: Outside) -> None:
    """Make a namespace and a program in it, then stumble."""
    with outside:
        outside.namespace("a").start(["sleep", "100"])
        raise ZeroDivisionError


@pytest.mark.slow
def test_namespaces_and_programs_go_also_when_something_fails() -> None:
    if not may():
        pytest.skip("we may not make network namespaces here")
    outside = Outside("sntest")
    with pytest.raises(ZeroDivisionError):
        fail_inside(outside)
    ns = outside.made["a"]
    assert ns.processes[0].returncode is not None
    assert ns.name not in run(["ip", "netns", "list"])
