"""ssl over simulated sockets: https, errors, time-outs, and back to plain text."""

from __future__ import annotations

import asyncio
import http.server
import smtplib
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.usr.test_programs import Quiet

KEYCERT = str(Path(__file__).parent / "keycert.pem")  # RSA, for web and localhost, self-signed


def server_context() -> ssl.SSLContext:
    """A server that has the key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(KEYCERT)
    return context


def client_context() -> ssl.SSLContext:
    """A client that trusts it."""
    return ssl.create_default_context(cafile=KEYCERT)


def test_https(net: Any) -> None:
    def program() -> Any:
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 443), Quiet)
        server.socket = server_context().wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        got = urllib.request.urlopen("https://localhost/x", context=client_context()).read()
        posted = urllib.request.urlopen(
            "https://localhost/", data=b"ab" * 50_000, context=client_context()
        ).read()
        with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urllib.request.urlopen("https://localhost/x")
        server.shutdown()
        server.server_close()
        return got.split()[:2], len(posted)

    assert net.run(program) == ([b"GET", b"/x"], 100_000)


def test_a_connection_by_hand(net: Any) -> None:
    def program() -> Any:
        listener = socket.create_server(("127.0.0.1", 4433))
        seen: list[Any] = []

        def server() -> None:
            raw = listener.accept()[0]
            s = server_context().wrap_socket(raw, server_side=True)
            seen.append(s.recv(100))
            s.sendall(b"x" * 100_000)
            plain = s.unwrap()
            seen.append(plain.recv(100))
            plain.close()

        t = threading.Thread(target=server)
        t.start()
        raw = socket.create_connection(("127.0.0.1", 4433))
        s = client_context().wrap_socket(raw, server_hostname="web")
        s.sendall(b"hello")
        size = 0
        while size < 100_000:
            size += len(s.recv(65536))
        plain = s.unwrap()
        plain.sendall(b"plain again")
        plain.close()
        t.join()
        listener.close()
        return seen, size, type(plain).__name__

    assert net.run(program) == (
        [b"hello", b"plain again"],
        100_000,
        "SSLSocket",
    )  # it is, in CPython


def test_timeouts_and_nonblocking(net: Any) -> None:
    def program() -> Any:
        listener = socket.create_server(("127.0.0.1", 4433))
        raw = socket.create_connection(("127.0.0.1", 4433))
        raw.settimeout(2)
        start = time.monotonic()
        with pytest.raises(TimeoutError, match="handshake operation timed out"):
            client_context().wrap_socket(raw, server_hostname="web")
        took = time.monotonic() - start
        listener.accept()[0].close()
        raw = socket.create_connection(("127.0.0.1", 4433))
        raw.setblocking(False)
        s = client_context().wrap_socket(raw, server_hostname="web", do_handshake_on_connect=False)
        with pytest.raises(ssl.SSLWantReadError):
            s.do_handshake()
        s.close()
        listener.close()
        return took

    assert net.run(program) == 2.0


def test_attributes(net: Any) -> None:
    def program() -> Any:
        a, b = socket.socketpair()
        context = server_context()
        context.set_alpn_protocols(["h2"])
        holder: list[Any] = []
        t = threading.Thread(target=lambda: holder.append(context.wrap_socket(a, server_side=True)))
        t.start()
        client = client_context()
        client.set_alpn_protocols(["h2", "http/1.1"])
        s = client.wrap_socket(b, server_hostname="web")
        t.join()
        facts = (s.version(), s.selected_alpn_protocol(), s.getpeercert()["subject"], s.pending())
        s.close()
        holder[0].close()
        return facts

    version, alpn, subject, pending = net.run(program)
    assert version == "TLSv1.3"
    assert alpn == "h2"
    assert subject == ((("commonName", "web"),),)
    assert pending == 0


def test_asyncio_tls(net: Any) -> None:
    async def handle(reader: Any, writer: Any) -> None:
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    async def main() -> Any:
        server = await asyncio.start_server(handle, "127.0.0.1", 8443, ssl=server_context())
        async with server:
            reader, writer = await asyncio.open_connection("localhost", 8443, ssl=client_context())
            writer.write(b"hello\n")
            got = await reader.readline()
            writer.close()
            return got

    assert net.run(lambda: asyncio.run(main())) == b"HELLO\n"


def test_starttls(net: Any) -> None:
    def program() -> Any:
        listener = socket.create_server(("127.0.0.1", 25))
        log: list[bytes] = []

        def server() -> None:
            s: Any = listener.accept()[0]
            s.sendall(b"220 ready\r\n")
            while True:
                line = s.recv(1000)
                log.append(line.split()[0].upper())
                if log[-1] == b"EHLO":
                    s.sendall(b"250-web\r\n250 STARTTLS\r\n")
                elif log[-1] == b"STARTTLS":
                    s.sendall(b"220 go\r\n")
                    s = server_context().wrap_socket(s, server_side=True)
                elif log[-1] == b"QUIT":
                    s.sendall(b"221 bye\r\n")
                    s.close()
                    return

        t = threading.Thread(target=server)
        t.start()
        with smtplib.SMTP("localhost", 25) as client:
            client.starttls(context=client_context())
            client.ehlo()
        t.join()
        listener.close()
        return log

    assert net.run(program) == [b"EHLO", b"STARTTLS", b"EHLO", b"QUIT"]
