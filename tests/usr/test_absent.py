"""Without the C extension everything imports, and install() says what is missing."""

from __future__ import annotations

import pytest

from softnet.usr import absent, redef


def test_it_has_every_name_of_the_extension() -> None:
    names = [n for n in dir(redef.backend) if not n.startswith("_")]
    assert [n for n in names if not hasattr(absent, n)] == []
    for name in ("USER", "SOCKET", "EPOLL", "INSTANCE", "FD", "AFTER", "SIM_FD"):
        assert getattr(absent, name) == getattr(redef.backend, name)


def test_it_says_what_to_do() -> None:
    assert absent.current() is None
    assert not absent.user_mode()
    with pytest.raises(RuntimeError, match="install a C compiler"):
        absent.learn_types(object, object)
