"""softnet doctor: what works on this machine, and what to do about what does not."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import softnet

OK, MISSING = "ok", "--"


def main(say: Callable[[str], object] = print) -> int:
    """Print the findings; 0 if labs can be run, else 1."""
    needed = [python(), greenlet(), native()]
    extras = [compiled(), capture_reader(), tap()]
    say(f"softnet {softnet.__version__} in {Path(softnet.__file__).parent}")
    for good, text, advice in needed + extras:
        say(f"  {OK if good else MISSING}  {text}")
        if not good and advice:
            say(f"      {advice}")
    fine = all(good for good, _, _ in needed)
    say("labs can be run" if fine else "labs cannot be run here yet")
    return 0 if fine else 1


Finding = tuple[bool, str, str]  # is it good, what was looked at, what to do if not


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
    """The C extension that redirects the standard library for programs."""
    redef = importlib.import_module("softnet.usr.redef")
    advice = (
        "unmodified programs need it: install a C compiler and build again, or install a wheel; "
        "in a checkout: make ext M=softnet.usr.native._redef"
    )
    return bool(redef.NATIVE), "C extension for unmodified programs", advice


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
