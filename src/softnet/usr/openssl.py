"""OpenSSL's random numbers: a simulated program's come from its own luck, so that TLS is repeatable.

The stdlib's _ssl shares its libcrypto with the process; RAND_set_rand_method(3) puts our source before
the real one, which goes on serving everybody else. A libcrypto that is linked into another
extension (the cryptography package's) cannot be reached and stays as it is.
"""

from __future__ import annotations

import _ssl
import ctypes
from typing import Any

from softnet.usr.task import current_process

BYTES = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_ubyte), ctypes.c_int)
SEED = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int)
CLEANUP = ctypes.CFUNCTYPE(None)
ADD = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_double)
STATUS = ctypes.CFUNCTYPE(ctypes.c_int)


class RandMethod(ctypes.Structure):
    """RAND_METHOD of openssl/rand.h."""

    _fields_ = (
        ("seed", SEED),
        ("bytes", BYTES),
        ("cleanup", CLEANUP),
        ("add", ADD),
        ("pseudorand", BYTES),
        ("status", STATUS),
    )


class Source:
    """The library, the real method and ours."""

    __slots__ = ("library", "method", "real")

    library: Any
    real: Any
    method: RandMethod | None

    def __init__(self) -> None:
        self.library = None
        self.real = None
        self.method = None

    def find(self) -> bool:
        """Look for the two functions; False where this OpenSSL hides them."""
        if self.method is not None:
            return True
        path = getattr(_ssl, "__file__", None)
        try:
            self.library = ctypes.CDLL(path)
            get, set_ = self.library.RAND_OpenSSL, self.library.RAND_set_rand_method
        except (OSError, AttributeError):
            return False
        get.restype = ctypes.POINTER(RandMethod)
        set_.argtypes = (ctypes.c_void_p,)
        self.real = get().contents
        self.method = RandMethod(
            self.real.seed, BYTES(draw), CLEANUP(0), self.real.add, BYTES(draw), self.real.status
        )
        return True


source = Source()


def draw(buffer: Any, size: int) -> int:
    """RAND_bytes(), RAND_priv_bytes(): 1 when done."""
    process = current_process()
    if process is None:
        done: int = source.real.bytes(buffer, size)
        return done
    ctypes.memmove(buffer, process.urandom(size), size)
    return 1


def install() -> None:
    """Our source first."""
    if source.find() and source.method is not None:
        source.library.RAND_set_rand_method(ctypes.addressof(source.method))


def uninstall() -> None:
    """The real one alone."""
    if source.method is not None:
        source.library.RAND_set_rand_method(None)
