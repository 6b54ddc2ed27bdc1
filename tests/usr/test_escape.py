"""What would leave the simulation is caught and named; what hangs it is named too."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any

import pytest

from softnet.usr.api import EscapedError


@pytest.mark.parametrize(
    "escape",
    [
        lambda: subprocess.run([sys.executable, "-c", ""], check=True, preexec_fn=print),
        lambda: os.posix_spawn("/bin/true", ["true"], {}, setpgroup=7),
        os.fork,
        lambda: socket.socket(fileno=0),
    ],
)
def test_escapes_are_named(net: Any, escape: Any) -> None:
    with pytest.raises(EscapedError) as caught:
        net.run(lambda: escape())
    assert "host 'h1'" in str(caught.value)
    assert "test_escape.py:" in str(caught.value)


def test_the_lab_itself_may_do_anything(net: Any) -> None:
    net.run(lambda: None)
    subprocess.run([sys.executable, "-c", ""], check=True)
