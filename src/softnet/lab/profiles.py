"""What `softnet trace` and `softnet run --trace` show of a lab: the profiles full, tcp and drops."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from softnet.lab.errors import unknown
from softnet.lab.filter import compile_filter
from softnet.lab.settings import Settings

if TYPE_CHECKING:
    from softnet.lab.topology import Lab

PROFILES = ("full", "tcp", "drops")


def start_trace(lab: Lab) -> None:
    """Begin the trace that lab's settings ask for; it ends with the lab. LabError."""
    s = lab.settings
    if s.profile not in PROFILES:
        raise unknown("profile", s.profile, PROFILES)
    compile_filter(s.match)  # nothing is opened for one that makes no sense
    stream, as_json = s.trace_stream(), s.trace_json
    if stream not in (sys.stderr, Settings.stream):
        lab.closers.append(stream.close)
    if s.profile == "tcp":
        lab.connection(match=s.match, on=s.on, stream=stream, as_json=as_json)
    elif s.profile == "drops":
        lab.trace_drops(match=s.match, on=s.on, stream=stream, as_json=as_json)
    else:
        lab.trace(match=s.match, on=s.on, stream=stream, as_json=as_json)
