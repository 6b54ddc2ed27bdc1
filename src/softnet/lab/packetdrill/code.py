"""%{ Python }% of scripts: one program, whose tcpi_* variables are a snapshot of TCP_INFO each time.

%{ assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd }%

isns is the list of the host's true initial sequence numbers, one for each connection, in their order.
"""

from __future__ import annotations

import contextlib
import struct
import sys
import textwrap
import traceback
from types import CodeType

import softnet.uapi.tcp as tcp
from softnet.net.ipv4.tcp_sockopt import TCP_INFO_FORMAT

BYTES = ("state", "ca_state", "retransmits", "probes", "backoff", "options")
NUMBERS = (
    "rto", "ato", "snd_mss", "rcv_mss", "unacked", "sacked", "lost", "retrans", "fackets",
    "last_data_sent", "last_ack_sent", "last_data_recv", "last_ack_recv", "pmtu", "rcv_ssthresh",
    "rtt", "rttvar", "snd_ssthresh", "snd_cwnd", "advmss", "reordering", "rcv_rtt", "rcv_space",
    "total_retrans",
)  # fmt: skip
# What later kernels added: 0 here, so that scripts that only look at them run.
LATER = (
    "delivery_rate_app_limited", "pacing_rate", "max_pacing_rate", "bytes_acked",
    "bytes_received", "segs_out", "segs_in", "notsent_bytes", "min_rtt", "data_segs_in",
    "data_segs_out", "delivery_rate", "busy_time", "rwnd_limited", "sndbuf_limited", "delivered",
    "delivered_ce", "bytes_sent", "bytes_retrans", "dsack_dups", "reord_seen", "rcv_ooopack",
    "snd_wnd", "fastopen_client_fail",
)  # fmt: skip
SYMBOLS = ("TCP_", "TCPI_", "TCP_CA_")


class CodeFailed(Exception):
    """The script's Python raised something: what, and its own line."""


class CodeSpace:
    """The variables of a script's Python."""

    def __init__(self) -> None:
        self.names: dict[str, object] = {"__name__": "packetdrill"}
        for name, value in vars(tcp).items():
            if name.startswith(SYMBOLS) and isinstance(value, int):
                self.names[name] = value

    def take(self, info: bytes) -> None:
        """A new snapshot: struct tcp_info."""
        values = struct.unpack(TCP_INFO_FORMAT, info.ljust(tcp.TCP_INFO_LEN, b"\0"))
        for name, value in zip(BYTES, values[: len(BYTES)], strict=True):
            self.names[f"tcpi_{name}"] = value
        self.names["tcpi_snd_wscale"] = values[6] & 15
        self.names["tcpi_rcv_wscale"] = values[6] >> 4
        for name, value in zip(NUMBERS, values[8:], strict=True):
            self.names[f"tcpi_{name}"] = value
        for name in LATER:
            self.names.setdefault(f"tcpi_{name}", 0)

    def run(self, text: str, path: str, line: int) -> None:
        """Run a snippet; CodeFailed. What it prints goes to the standard error."""
        self.names["_file"], self.names["_line"] = path, line
        try:
            program = compile_snippet(text, path, line)
            with contextlib.redirect_stdout(sys.stderr):
                exec(program, self.names)
        except Exception as e:  # noqa: BLE001 (the script's own code may raise anything)
            raise CodeFailed(explain(e, text, path, line)) from None


def compile_snippet(text: str, path: str, line: int) -> CodeType:
    """Code whose line numbers are the script's; a snippet that is indented as a whole is undone."""
    padded = "\n" * (line - 1)
    try:
        return compile(padded + text, path, "exec")
    except IndentationError:
        return compile(padded + textwrap.dedent(text), path, "exec")


def explain(e: Exception, text: str, path: str, line: int) -> str:
    """What was raised, and by which line of the script."""
    rows = [f.lineno for f in traceback.extract_tb(e.__traceback__) if f.filename == path]
    at = (rows[-1] or line) if rows else line
    lines = text.split("\n")
    said = lines[at - line].strip() if 0 <= at - line < len(lines) else text.strip()
    what = f"{type(e).__name__}: {e}".rstrip(": ")
    return f"{what}, in: {said}"
