"""Packages with sockets of their own in C: mapped or refused, whenever they are imported."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import socket
import subprocess
import sys
import types
from typing import Any

import pytest

import softnet
from softnet.usr import foreign
from softnet.usr.api import EscapedError
from softnet.usr.patch import installer


def needs(package: str) -> Any:
    """Skip by name what is not installed."""
    return pytest.mark.skipif(
        importlib.util.find_spec(package) is None, reason=f"not installed: {package}"
    )


@needs("uvloop")
def test_uvloop_is_asyncio_in_a_program_and_itself_outside(net: Any) -> None:
    uvloop = importlib.import_module("uvloop")

    async def main() -> Any:
        await asyncio.sleep(100)
        return type(asyncio.get_running_loop()).__module__

    def program() -> Any:
        loop = uvloop.new_event_loop()
        loop.close()
        return uvloop.run(main()), type(loop).__module__

    assert net.run(program) == ("asyncio.unix_events", "asyncio.unix_events")
    loop = uvloop.new_event_loop()
    assert isinstance(loop, uvloop.Loop)
    loop.close()


@needs("trio")
def test_trios_idle_threads_stay_in_their_process() -> None:
    trio = importlib.import_module("trio")

    async def ask() -> list[str]:
        said = []
        for _ in range(3):
            said.append(await trio.to_thread.run_sync(socket.gethostname))
            await trio.sleep(1)
        return said

    for _ in range(2):  # nor do they cross from one lab to the next
        with softnet.Lab(until=100) as lab:
            procs = [host.start(trio.run, ask) for host in lab.hosts("h1", "h2")]
            assert [proc.wait() for proc in procs] == [["h1"] * 3, ["h2"] * 3]


@needs("pycares")
def test_pycares_is_refused_by_name(net: Any) -> None:
    pycares = importlib.import_module("pycares")
    with pytest.raises(EscapedError, match="pycares"):
        net.run(pycares.Channel.__init__, None)


def test_a_package_that_is_imported_inside_a_program(net: Any, tmp_path: Any) -> None:
    tmp_path.joinpath("softnet_test_package.py").write_text("def connect():\n    return 'real'\n")
    name = "softnet_test_package"
    foreign.FOREIGN[name] = (("connect", foreign.refuse("it", "leave it")),)
    sys.path.insert(0, str(tmp_path))
    try:
        with pytest.raises(EscapedError, match="leave it"):
            net.run(lambda: importlib.import_module(name).connect())
        module = sys.modules[name]
        assert module.connect() == "real"
        assert not isinstance(module.__loader__, foreign.Teller)
    finally:
        sys.path.remove(str(tmp_path))
        del foreign.FOREIGN[name], sys.modules[name], installer.redirects[f"{name}.connect"]


def test_what_a_package_does_not_have_is_left_out() -> None:
    module = types.ModuleType("grpc")
    sys.modules["grpc"] = module
    try:
        assert foreign.rows("grpc") == []
    finally:
        del sys.modules["grpc"]
    assert foreign.rows("nothing") == []


def test_nothing_stays_in_meta_path() -> None:
    code = (
        "import sys, softnet; before = list(sys.meta_path)\n"
        "with softnet.Lab(): assert len(sys.meta_path) == len(before) + 1\n"
        "assert sys.meta_path == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
