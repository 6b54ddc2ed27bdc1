"""Fixtures of this folder."""

from __future__ import annotations

from tests.kit.sanitizer import skb_debug

__all__ = ["skb_debug"]
