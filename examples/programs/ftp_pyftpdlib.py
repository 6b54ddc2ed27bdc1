"""ftplib against pyftpdlib: active and passive, up and down, across a router.

softnet run examples/programs/ftp_pyftpdlib.py
"""

import ftplib
import hashlib
import io
import logging
import tempfile
from pathlib import Path

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

import softnet

DATA = bytes(range(256)) * 600  # 150 kB


def server(folder: str) -> None:
    """pyftpdlib as its tutorial starts it."""
    logging.basicConfig(level=logging.WARNING)
    authorizer = DummyAuthorizer()
    authorizer.add_user("anna", "secret", folder, perm="elradfmwMT")

    class Handler(FTPHandler):
        use_sendfile = True

    Handler.authorizer = authorizer
    FTPServer(("0.0.0.0", 21), Handler).serve_forever()


def client() -> list[str]:
    """Store a file, fetch it both ways, look, remove it."""
    report = []
    with ftplib.FTP("ftp", timeout=30) as ftp:
        ftp.login("anna", "secret")
        ftp.storbinary("STOR data.bin", io.BytesIO(DATA))
        for passive in (True, False):
            ftp.set_pasv(passive)
            hash_ = hashlib.sha256()
            ftp.retrbinary("RETR data.bin", hash_.update)
            whole = hash_.hexdigest() == hashlib.sha256(DATA).hexdigest()
            report.append(f"{'passive' if passive else 'active'}: {whole}")
        names = ftp.nlst()
        ftp.voidcmd("TYPE I")
        report.append(f"{names} {ftp.size('data.bin')}")
        ftp.delete("data.bin")
        report.append(f"{ftp.nlst()}")
    return report


with tempfile.TemporaryDirectory() as folder, softnet.Lab(seed=6, digest=True) as lab:
    ftp, cli = lab.hosts("ftp", "cli")
    r1 = lab.router("r1")
    lab.link(ftp, r1, rate="100mbit")
    lab.link(r1, cli, rate="5mbit", delay="25ms", loss="1%")
    ftp.start(server, folder)
    print(*cli.call(client), sep="\n")
    assert not list(Path(folder).iterdir())
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
