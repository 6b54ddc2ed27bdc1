"""softnet plot: the connections of a capture file, listed or as a picture."""

from __future__ import annotations

import sys
from pathlib import Path

from softnet.lab.errors import LabError
from softnet.lab.plot import plot_flow, subtitle
from softnet.lab.segments import Flow, flows_of

OK, FAILED, USAGE = 0, 1, 2


def main(file: str, output: str | None, number: int, reverse: bool) -> int:
    """Write the picture of connection `number` to output; list the connections if it is None."""
    try:
        with Path(file).open("rb") as capture:
            flows = flows_of(capture)
    except (OSError, ValueError) as e:
        print(f"softnet: {file}: {e}", file=sys.stderr)
        return FAILED
    if output is None:
        print("\n".join(row(i, flow) for i, flow in enumerate(flows)) or "no TCP in this capture")
        return OK
    if not 0 <= number < len(flows):
        known = f"it has 0 to {len(flows) - 1}" if flows else "it has none"
        print(f"softnet: {file}: there is no connection {number}: {known}", file=sys.stderr)
        return USAGE
    flow = flows[number]
    try:
        plot_flow(flow, output, flow.busier() != reverse)
    except LabError as e:
        print(f"softnet: {e}", file=sys.stderr)
        return USAGE
    except OSError as e:
        print(f"softnet: cannot write {output}: {e.strerror}", file=sys.stderr)
        return FAILED
    print(f"{output}: {row(number, flow)}")
    return OK


def row(number: int, flow: Flow) -> str:
    """A line about a connection."""
    return f"{number}: {flow}: {subtitle(flow, flow.busier())}"
