"""Names and numbers of network devices are the host's."""

from __future__ import annotations

import errno
import socket
from typing import Any

import pytest


def test_devices_of_the_host(net: Any) -> None:
    def program() -> Any:
        with pytest.raises(OSError) as unknown:
            socket.if_nametoindex("wlan7")
        with pytest.raises(OSError) as high:
            socket.if_indextoname(77)
        return socket.if_nameindex(), socket.if_nametoindex("lo"), unknown.value, high.value

    names, index, unknown, high = net.run(program)
    assert names == [(index, "lo")]
    assert (unknown.errno or errno.ENODEV, high.errno) == (errno.ENODEV, errno.ENXIO)
