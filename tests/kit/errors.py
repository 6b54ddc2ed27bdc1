"""with os_error(errno.EAGAIN): the block must raise OSError with exactly that errno."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def os_error(number: int) -> Iterator[None]:
    """Fail unless the block raises OSError(number)."""
    with pytest.raises(OSError) as caught:
        yield
    assert caught.value.errno == number
