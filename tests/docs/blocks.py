"""The examples of the documentation: find them, run them, compare; or write what they print.

A ```python block runs as a program of its own, in an empty folder with a small index.html; the
```text block behind it is what it prints. `python -m tests.docs.blocks` rewrites those.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGES = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md"]
BLOCK = re.compile(r"```python\n(?P<code>.*?)```\n(?:\n```text\n(?P<text>.*?)```\n)?", re.DOTALL)
PAGE = "<html>" + "x" * 1000 + "</html>"


def run(code: str, name: str) -> str:
    """What a program prints."""
    out = io.StringIO()
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "index.html").write_text(PAGE)
        os.chdir(folder)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
                exec(compile(code, name, "exec"), {"__name__": "__main__"})
        finally:
            os.chdir(before)
    return "".join(line.rstrip() + "\n" for line in out.getvalue().splitlines())


def rewrite(page: Path) -> None:
    """Put what the examples of a page print below them."""

    def block(match: re.Match[str]) -> str:
        whole = match.group()
        if match["text"] is None:
            return whole
        start = match.start("text") - match.start()
        return whole[:start] + run(match["code"], page.name) + "```\n"

    page.write_text(BLOCK.sub(block, page.read_text()))


if __name__ == "__main__":
    for path in PAGES:
        rewrite(path)
