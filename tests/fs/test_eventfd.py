"""eventfd: a counter that blocks at 0."""

from __future__ import annotations

import errno

import pytest

from softnet.fs.eventfd import EFD_NONBLOCK, EFD_SEMAPHORE, ULLONG_MAX, eventfd_file
from softnet.kernel.sched import nsleep


def put(file, value: int) -> int:
    return file.f_op.write(file, value.to_bytes(8, "little"))


def get(file) -> int:
    return int.from_bytes(file.f_op.read(file, 8), "little")


def test_read_takes_the_sum_and_sleeps_at_zero(box) -> None:
    file = eventfd_file(2, 0)

    def adder() -> None:
        put(file, 3)
        nsleep(1000)
        put(file, 4)

    assert box.run(adder, lambda: (get(file), get(file)))[1] == (5, 4)
    assert box.now == 1000


def test_semaphore_gives_one_at_a_time() -> None:
    file = eventfd_file(2, EFD_SEMAPHORE | EFD_NONBLOCK)
    assert (get(file), get(file)) == (1, 1)
    with pytest.raises(OSError) as e:
        get(file)
    assert e.value.errno == errno.EAGAIN


def test_bounds() -> None:
    file = eventfd_file(ULLONG_MAX - 1, EFD_NONBLOCK)
    with pytest.raises(OSError) as e:
        put(file, 1)
    assert e.value.errno == errno.EAGAIN
    with pytest.raises(OSError) as e:
        put(file, ULLONG_MAX)
    assert e.value.errno == errno.EINVAL
    with pytest.raises(OSError) as e:
        file.f_op.read(file, 7)
    assert e.value.errno == errno.EINVAL
