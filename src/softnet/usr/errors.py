"""What goes wrong between a program and its simulation."""

from __future__ import annotations


class EscapedError(RuntimeError):
    """A simulated program reached for the real world: a real socket, process or descriptor."""
