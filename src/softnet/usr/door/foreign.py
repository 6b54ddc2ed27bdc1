"""Packages that drive a descriptor from C, once they are imported.

pyOpenSSL hands it to OpenSSL (SSL_set_fd), which reads and writes it: the descriptor carries its
bytes from then on (channel.py).
"""

from __future__ import annotations

from typing import Any

from softnet.usr.door.sock import here


def patch_pyopenssl(module: Any) -> None:
    """OpenSSL.SSL: the descriptors that it gives to OpenSSL carry their bytes."""
    theirs = module._asFileDescriptor

    def _asFileDescriptor(obj: Any) -> int:
        fd: int = theirs(obj)
        entry = here.kernel.find(fd)
        if entry is not None:
            here.kernel.hand_over(entry, fd)
        return fd

    module._asFileDescriptor = _asFileDescriptor
