"""cat: the text of files of /proc.

h1.sh("cat /proc/net/dev")
"""

from __future__ import annotations

from softnet.tools.terminal import Terminal, parser, read_file


def main(t: Terminal) -> int:
    """cat"""
    p = parser("cat", "print files of /proc")
    p.add_argument("files", nargs="+")
    code = 0
    for path in t.parse(p).files:
        try:
            t.out.write(read_file(path))
        except OSError as e:
            t.print(f"cat: {path}: {e.strerror}")
            code = 1
    return code
