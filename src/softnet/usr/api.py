"""What a lab calls: usr.install(), usr.run_main() and the like in one place."""

from __future__ import annotations

from softnet.usr.binary.program import environment, find_program, words
from softnet.usr.binary.tree import Start, Tree, running_on
from softnet.usr.dns import ResolvConf
from softnet.usr.errors import EscapedError
from softnet.usr.isolation import isolate, outside, own_version, printed_by, streams_of
from softnet.usr.mute import lose_power, silence
from softnet.usr.patch import install, installed, uninstall
from softnet.usr.program import run_main, run_path
from softnet.usr.redef import kernel_call, user_call
from softnet.usr.resolver import Resolver, set_resolver
from softnet.usr.task import Process, current_process, registry

__all__ = [
    "EscapedError",
    "Process",
    "ResolvConf",
    "Resolver",
    "Start",
    "Tree",
    "current_process",
    "environment",
    "find_program",
    "install",
    "installed",
    "isolate",
    "kernel_call",
    "lose_power",
    "outside",
    "own_version",
    "printed_by",
    "registry",
    "run_main",
    "run_path",
    "running_on",
    "set_resolver",
    "silence",
    "streams_of",
    "uninstall",
    "user_call",
    "words",
]
