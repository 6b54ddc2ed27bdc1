"""What a run says of itself: one line if the script passed; else what was expected beside what was seen.

a.pkt:12: FAIL at 0.200000 s: expected a packet, and it differs in: ack
    12 | +0 > . 1:1(0) ack 1001
             expected                       seen
  * ack      1001                           1
    expected  IP 192.168.0.1.8080 > 192.0.2.1.40001: Flags [.], …
    seen      IP …
"""

from __future__ import annotations

from dataclasses import dataclass, field

from softnet.lab.packetdrill.compare import Row

PASS, FAIL, ERROR = "pass", "fail", "error"
COLUMN = 34  # characters of the column of what was expected, at least


class Failure(Exception):
    """The host did not do what the script says."""

    def __init__(self, line: int, message: str) -> None:
        Exception.__init__(self, message)
        self.line = line
        self.message = message
        self.time_us = 0
        self.rows: list[Row] = []
        self.expected = ""  # in tcpdump's words
        self.seen = ""
        self.script_text = ""


@dataclass
class Verdict:
    """How a script ended."""

    path: str
    verdict: str  # pass fail error
    line: int = 0
    time_us: int = 0
    message: str = ""
    expected: str = ""
    seen: str = ""
    script_text: str = ""
    rows: list[Row] = field(default_factory=list)
    history: list[str] = field(default_factory=list)  # the last packets and calls
    warnings: list[str] = field(default_factory=list)

    def passed(self) -> bool:
        """Did the host do all that the script says?"""
        return self.verdict == PASS

    def json(self) -> dict[str, object]:
        """For programs: one object a script."""
        return {
            "script": self.path,
            "verdict": self.verdict,
            "line": self.line,
            "time": self.time_us / 1e6,
            "message": self.message,
            "expected": self.expected,
            "seen": self.seen,
            "fields": [
                {"field": r.name, "expected": r.expected, "seen": r.seen, "same": r.same}
                for r in self.rows
            ],
        }

    def text(self) -> str:
        """For people."""
        if self.verdict == PASS:
            return f"{self.path}: OK ({self.time_us / 1e6:.6f} s)"
        if self.verdict == ERROR:
            where = f"{self.path}:{self.line}" if self.line else self.path
            shown = f"\n  {self.line:4} | {self.script_text}" if self.script_text else ""
            return f"{where}: error: {self.message}{shown}"
        when = f"{self.time_us / 1e6:.6f} s"
        lines = [f"{self.path}:{self.line}: FAIL at {when}: {self.message}"]
        if self.script_text:
            lines.append(f"  {self.line:4} | {self.script_text}")
        if self.rows:
            width = max(COLUMN, *(len(row.expected) for row in self.rows))
            lines.append(f"{'':12}{'expected':{width}} seen")
            for row in self.rows:
                mark = " " if row.same else "*"
                lines.append(f"  {mark} {row.name:8}{row.expected:{width}} {row.seen}")
        if self.expected:
            lines.append(f"    expected  {self.expected}")
        if self.seen:
            lines.append(f"    seen      {self.seen}")
        if self.history:
            lines.append("    before that:")
            lines += [f"      {line}" for line in self.history]
        return "\n".join(lines)
