"""Running the programs of examples/programs: what each needs, and what it prints.

python -m tests.programs.runner      runs them all, one behind the other
"""

from __future__ import annotations

import contextlib
import gc
import importlib.util
import io
import shutil
import sys
import warnings
from pathlib import Path

FOLDER = Path(__file__).parent.parent.parent / "examples" / "programs"
# Program -> the packages it uses beyond the standard library, and /programs of the machine.
NEEDS: dict[str, tuple[str, ...]] = {
    "aiohttp_websocket": ("aiohttp",),
    "chat_selectors": (),
    "curl_and_python": ("softnet.usr.native._trap", "/curl"),
    "dns_dnspython": ("dns",),
    "ftp_pyftpdlib": ("pyftpdlib",),
    "gossip_rumours": (),
    "http_requests": ("requests",),
    "https_tls": ("requests",),
    "httpx_asyncio_trio": ("httpx", "trio"),
    "keep_alive_day": (),
    "lines_threads": (),
    "ntp_clock": (),
    "raft_election": (),
    "redis_small": ("redis",),
    "smtp_aiosmtpd": ("aiosmtpd",),
    "socketserver_tcp_udp": (),
    "ssh_asyncssh": ("asyncssh",),
    "trio_echo": ("trio",),
    "uvicorn_starlette": ("uvicorn", "starlette", "httpx"),
    "websocket_by_hand": (),
    "xmlrpc_calls": (),
}


def missing(program: str) -> list[str]:
    """The packages it needs that are not installed."""
    return [name for name in NEEDS[program] if not is_there(name)]


def is_there(name: str) -> bool:
    """Is a package installed, or, with a slash before its name, a program?"""
    if name.startswith("/"):
        return shutil.which(name[1:]) is not None
    return importlib.util.find_spec(name) is not None


def run(program: str) -> tuple[list[str], str]:
    """The lines it prints, and what it writes to stderr."""
    path = FOLDER / f"{program}.py"
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")  # what libraries warn of is theirs
        names: dict[str, object] = {"__name__": "__main__", "__file__": str(path)}
        exec(compile(path.read_text(), str(path), "exec"), names)
        names.clear()
        gc.collect()
    return out.getvalue().splitlines(), err.getvalue()


if __name__ == "__main__":
    for program in sys.argv[1:] or [p for p in NEEDS if not missing(p)]:
        print(program, run(program))
