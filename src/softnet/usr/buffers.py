"""Buffers that programs pass to sockets: what to send, where to receive."""

from __future__ import annotations

from typing import Any


def data_of(data: Any) -> Any:
    """What to send as bytes or a flat view of them."""
    if type(data) is bytes or type(data) is bytearray:
        return data
    try:
        view = memoryview(data)
    except TypeError:
        raise TypeError(f"a bytes-like object is required, not {type(data).__name__!r}") from None
    return view.cast("B") if view.c_contiguous else view.tobytes()


def room_of(buffer: Any, nbytes: int, who: str) -> tuple[memoryview, int]:
    """A writable buffer as bytes, and how many of them to use."""
    if nbytes < 0:
        raise ValueError(f"negative buffersize in {who}")
    view = memoryview(buffer)
    if view.readonly:
        raise TypeError(
            f"{who}() argument 1 must be read-write bytes-like object, not {type(buffer).__name__}"
        )
    view = view.cast("B")
    if nbytes > len(view):
        raise ValueError("buffer too small for requested bytes")
    return view, nbytes or len(view)
