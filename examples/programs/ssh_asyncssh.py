"""asyncssh at both ends: commands, and a file by SFTP.

softnet run examples/programs/ssh_asyncssh.py

The keys come from the cryptography package's own OpenSSL, so this run's bytes are not the same
each time; all lengths are, and with them all times.
"""

import asyncio
import tempfile
from pathlib import Path

import asyncssh

import softnet

KEY = "ssh-ed25519"


class Server(asyncssh.SSHServer):
    """Lets anna in."""

    def password_auth_supported(self) -> bool:
        """Yes."""
        return True

    def validate_password(self, username: str, password: str) -> bool:
        """Is it she?"""
        return (username, password) == ("anna", "secret")


async def shell(process: "asyncssh.SSHServerProcess[str]") -> None:
    """The one command: count lines."""
    lines = 0
    async for _ in process.stdin:
        lines += 1
    process.stdout.write(
        f"{process.command}: {lines} lines for {process.get_extra_info('username')}\n"
    )
    process.exit(3)


async def serve(folder: str) -> None:
    """An SSH server with SFTP."""

    def sftp(channel: "asyncssh.SSHServerChannel[bytes]") -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=folder)

    key = asyncssh.generate_private_key(KEY)
    await asyncssh.create_server(
        Server, "", 22, server_host_keys=[key], process_factory=shell, sftp_factory=sftp,
        kex_algs=["curve25519-sha256"],
    )  # fmt: skip
    await asyncio.Event().wait()


async def visit(folder: str) -> list[str]:
    """A command, an upload, a wrong password."""
    options = {"username": "anna", "known_hosts": None, "client_keys": [], "agent_path": None}
    report = []
    async with asyncssh.connect("srv", password="secret", config=[], **options) as ssh:
        done = await ssh.run("count", input="one\ntwo\nthree\n")
        report.append(f"{str(done.stdout).strip()}, exit {done.exit_status}")
        async with ssh.start_sftp_client() as sftp:
            await sftp.put(str(Path(folder, "local")), "remote")
            report.append(f"{await sftp.getsize('remote')} bytes there")
    try:
        await asyncssh.connect("srv", password="wrong", config=[], **options)
    except asyncssh.PermissionDenied:
        report.append("permission denied")
    return report


with (
    tempfile.TemporaryDirectory() as there,
    tempfile.TemporaryDirectory() as here,
    softnet.Lab(seed=9) as lab,
):
    Path(here, "local").write_bytes(bytes(100_000))
    srv, cli = lab.hosts("srv", "cli")
    lab.link(srv, cli, rate="10mbit", delay="30ms", loss="1%")
    srv.start(lambda: asyncio.run(serve(there)))
    print(*cli.call(lambda: asyncio.run(visit(here))), sep="\n")
    assert Path(there, "remote").read_bytes() == bytes(100_000)
    print(f"{lab.now:.6f} s of virtual time")
