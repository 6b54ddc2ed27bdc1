"""Records are cut so that no byte beyond the one that is arriving is asked for."""

from __future__ import annotations

import ssl
from types import SimpleNamespace
from typing import Any

from softnet.usr.tls_records import TlsRecords

RECORD = bytes.fromhex("170303 0004") + b"body"


def records() -> TlsRecords:
    def make(incoming: Any, outgoing: Any) -> Any:
        return SimpleNamespace(version=lambda: "TLSv1.3")

    return TlsRecords(None, ssl.MemoryBIO, make)


def test_a_record_is_asked_for_header_first_then_body() -> None:
    tls = records()
    assert tls.wanted() == 5
    tls.arrived(RECORD[:2])
    assert tls.wanted() == 3
    tls.arrived(RECORD[2:5])
    assert tls.wanted() == 4
    tls.arrived(RECORD[5:8])
    assert tls.wanted() == 1
    tls.arrived(RECORD[8:])
    assert tls.wanted() == 5
    assert tls.incoming.read() == RECORD
    assert not tls.incoming.eof


def test_nothing_is_the_end_of_the_stream() -> None:
    tls = records()
    tls.arrived(b"")
    assert tls.incoming.eof


def test_what_was_left_goes_before_what_is_new() -> None:
    tls = records()
    tls.unsent = b"old "
    tls.outgoing.write(b"new")
    assert tls.to_send() == b"old new"
    assert tls.to_send() == b""


def test_the_rest_is_the_connections_own() -> None:
    assert records().version() == "TLSv1.3"
