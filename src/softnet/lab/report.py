"""What a lab says about itself: its shape, who waits for what, what was lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from softnet.kernel.sched import Task
    from softnet.lab.seen import SeenLab
    from softnet.machine.cable import Direction


def topology_text(lab: SeenLab) -> str:
    """The lab as text, a line for each link:

    h1 (10.0.0.1) eth0 ──── 10mbit 20ms loss 1% ──── eth0 (10.0.0.2) r1
    """
    rows = []
    for link in lab.links.values():
        left = f"{link.a.node.name} {link.a.address.ip} {link.a.device}"
        right = f"{link.b.device} {link.b.address.ip} {link.b.node.name}"
        rows.append((left, link.describe(), right))
    width = max((len(left) for left, _, _ in rows), default=0)
    middle = max((len(text) for _, text, _ in rows), default=0)
    return "\n".join(
        f"  {left:>{width}} ──┤ {text:^{middle}} ├── {right}" for left, text, right in rows
    )


def topology_json(lab: SeenLab) -> str:
    """The same for programs: {"hosts": [...], "links": [...]}."""
    hosts = [
        {
            "name": node.name,
            "router": node.forwards,
            "interfaces": [{"name": e.device, "address": str(e.address)} for e in node.ends],
        }
        for node in lab.nodes.values()
    ]
    links = [
        {
            "name": link.name,
            "ends": [str(link.a), str(link.b)],
            "settings": link.describe(),
            "up": link.cable.up,
            "counters": {d.name: link_counters(d) for d in (link.cable.ab, link.cable.ba)},
        }
        for link in lab.links.values()
    ]
    return json.dumps({"hosts": hosts, "links": links}, indent=2)


def link_counters(direction: Direction) -> dict[str, object]:
    """Frames, bytes and what befell them, of one direction of a cable."""
    return {
        "tx_frames": direction.tx_frames,
        "tx_bytes": direction.tx_bytes,
        "rx_frames": direction.rx_frames,
        "rx_bytes": direction.rx_bytes,
        **direction.drops,
    }


def blocked_tasks(lab: SeenLab) -> str:
    """A line for each task that waits: host, name, for what, and the program's line."""
    rows = []
    for node in lab.nodes.values():
        for task in node.host.machine.sched.tasks.values():
            if task.finished():
                continue
            words = [f"blocked: {node.name}/{task.name}"]
            if isinstance(task.wait_channel, str):
                words.append(task.wait_channel)
            words.append(where(task))
            rows.append("  ".join(word for word in words if word))
    return "\n".join(rows)


def where(task: Task) -> str:
    """The innermost line of the task's own program, "file:line in function"."""
    frame = getattr(task.glet, "gr_frame", None)
    while frame is not None:
        path = frame.f_code.co_filename
        if "/softnet/" not in path and not path.startswith("<frozen"):
            short = "/".join(path.split("/")[-2:])
            return f"at {short}:{frame.f_lineno} in {frame.f_code.co_name}"
        frame = frame.f_back
    return ""


def drop_report(lab: SeenLab) -> str:
    """What the cables lost, a line for each that lost something."""
    lines = []
    for link in lab.links.values():
        for d in (link.cable.ab, link.cable.ba):
            if d.drops:
                words = ", ".join(f"{n} {what}" for what, n in sorted(d.drops.items()))
                lines.append(f"drops:   {d.name}: {words}")
    return "\n".join(lines)
