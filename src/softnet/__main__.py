"""python -m softnet: the same as the softnet command."""

from __future__ import annotations

import sys

from softnet.tools.cli import main

if __name__ == "__main__":
    sys.exit(main())
