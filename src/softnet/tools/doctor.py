"""softnet doctor: what works on this machine, and what to do about what does not.

It runs the whole table of redirected definitions (usr/table.py): a new release of Python may have moved
one of them, and then this says which.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import softnet

OK, MISSING = "ok", "--"


def main(say: Callable[[str], object] = print, as_json: bool = False) -> int:
    """Print the findings; 0 if labs can be run, else 1. as_json: for programs to read."""
    needed = [python(), greenlet(), native(), table()]
    extras = [compiled(), repeatable_tls(), capture_reader(), tap(), real_programs()]
    if as_json:
        say(json.dumps(document(needed, extras), indent=2))
        return 0 if all(good for good, _, _ in needed) else 1
    say(f"softnet {softnet.__version__} in {Path(softnet.__file__).parent}")
    for good, text, advice in needed + extras:
        say(f"  {OK if good else MISSING}  {text}")
        if not good and advice:
            say(f"      {advice}")
    fine = all(good for good, _, _ in needed)
    say("labs can be run" if fine else "labs cannot be run here yet")
    return 0 if fine else 1


Finding = tuple[bool, str, str]  # is it good, what was looked at, what to do if not


def document(needed: list[Finding], extras: list[Finding]) -> dict[str, object]:
    """The same as JSON has it, and every row of the table."""

    def rows(findings: list[Finding]) -> list[dict[str, object]]:
        return [
            {"ok": good, "what": text, "advice": "" if good else advice}
            for good, text, advice in findings
        ]

    return {
        "softnet": softnet.__version__,
        "folder": str(Path(softnet.__file__).parent),
        "python": platform.python_version(),
        "needed": rows(needed),
        "extras": rows(extras),
        "table": [{"definition": key, "status": status} for key, status in verdicts()],
        "labs_can_be_run": all(good for good, _, _ in needed),
    }


def verdicts() -> list[tuple[str, str]]:
    """(definition, status) of each row of the table."""
    selfcheck = importlib.import_module("softnet.usr.selfcheck")
    try:
        return [tuple(verdict) for verdict in selfcheck.check_table()]
    except RuntimeError as e:  # a Python unlike the known, or no extension
        return [("", str(e))]


def table() -> Finding:
    """The definitions of the standard library that programs are served by."""
    found = verdicts()
    wrong = [f"{key}: {status}" for key, status in found if status not in ("ok", "absent")]
    ok = sum(status == "ok" for _, status in found)
    text = f"redirected definitions: {ok} of {len(found)} work"
    absent = len(found) - ok - len(wrong)
    if absent:
        text += f", {absent} are not in this Python"
    return not wrong, text, "; ".join(wrong)


def repeatable_tls() -> Finding:
    """Can OpenSSL's random numbers be had from the seed?"""
    openssl = importlib.import_module("softnet.usr.openssl")
    advice = "this OpenSSL hides RAND_set_rand_method: runs with TLS do not repeat byte for byte"
    return bool(openssl.source.find()), "repeatable TLS", advice


def python() -> Finding:
    """The interpreter."""
    good = sys.version_info >= (3, 11) and platform.python_implementation() == "CPython"
    text = f"{platform.python_implementation()} {platform.python_version()}"
    return good, text, "softnet needs CPython 3.11 or newer"


def greenlet() -> Finding:
    """The one package that softnet needs."""
    found = importlib.util.find_spec("greenlet") is not None
    return found, "greenlet", "install it: pip install greenlet"


def native() -> Finding:
    """The C extension that redirects the standard library for programs, or its stand-in."""
    redef = importlib.import_module("softnet.usr.redef")
    if redef.NATIVE:
        return True, "C extension for unmodified programs", ""
    stand_in = redef.backend.__name__.endswith("redef_pure")
    advice = (
        "install a C compiler and build again, or install a wheel; "
        "in a checkout: make ext M=softnet.usr.native._redef"
    )
    text = "C extension for unmodified programs"
    return stand_in, text + (": its slower stand-in in Python" if stand_in else ""), advice


def compiled() -> Finding:
    """Which form of the hot modules is loaded."""
    if os.environ.get("SOFTNET_PURE"):
        return False, "compiled modules: turned off", "unset SOFTNET_PURE to use them"
    spec = importlib.util.find_spec("softnet.net.core.skbuff")
    origin = str(spec.origin) if spec is not None else ""
    good = origin.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))
    return good, "compiled modules", "everything works without them, 20 to 50 times slower"


def capture_reader() -> Finding:
    """Something to look at captures with."""
    found = shutil.which("tshark") or shutil.which("wireshark")
    return found is not None, "tshark or wireshark", "to look at captures: install wireshark"


def tap() -> Finding:
    """Is there a TAP device to be had?"""
    good = os.access("/dev/net/tun", os.R_OK | os.W_OK)
    text = "/dev/net/tun" + (", as root" if os.geteuid() == 0 else "")
    return good, text, "for demo-tap: modprobe tun, and read and write access to /dev/net/tun"


def real_programs() -> Finding:
    """Can curl and the like be started on hosts?"""
    why = importlib.import_module("softnet.usr.binary.trap").allowed()
    advice = f"for host.exec() and subprocess: {why}"
    return not why, "real programs on hosts (seccomp_unotify)", advice
