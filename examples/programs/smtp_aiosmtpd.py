"""smtplib against aiosmtpd, whose controller runs its event loop in a thread.

softnet run examples/programs/smtp_aiosmtpd.py
"""

import smtplib
import threading
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

import softnet

mailbox: list[tuple[str, str, int]] = []


class Keep:
    """Keeps what it is handed, but for mail to nobody."""

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Does he live here?"""
        if address.startswith("nobody@"):
            return "550 unknown"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Into the mailbox."""
        mailbox.append((envelope.mail_from, envelope.rcpt_tos[0], len(envelope.content)))
        return "250 kept"


def server() -> None:
    """A mail server that runs for ever."""
    Controller(Keep(), hostname="0.0.0.0", port=25, ready_timeout=30).start()
    threading.Event().wait()


def client() -> str:
    """Three letters, one of them to nobody."""
    refused = ""
    with smtplib.SMTP("mail", timeout=30) as smtp:
        for to in ("anna", "nobody", "bert"):
            letter = EmailMessage()
            letter["From"], letter["To"], letter["Subject"] = "me@cli", f"{to}@mail", "hello"
            letter.set_content("word " * 4000)
            try:
                smtp.send_message(letter)
            except smtplib.SMTPRecipientsRefused as e:
                refused = ", ".join(e.recipients)
    return refused


with softnet.Lab(seed=7, digest=True) as lab:
    mail, cli = lab.hosts("mail", "cli")
    lab.link(mail, cli, rate="1mbit", delay="60ms", loss="1%")
    mail.start(server)
    lab.run_for("1s")
    print("refused:", cli.call(client))
    print(*mailbox, sep="\n")
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
