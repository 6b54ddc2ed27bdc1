"""Quantities as Linux's tools write them: "10mbit", "20ms", "1%", "64kb".

Numbers are taken in SI base units: bit/s, seconds, a chance of 1, bytes. As in tc, prefixes of
rates are decimal (kbit = 1000 bit/s, kibit = 1024), "bps" means bytes per second, and prefixes of
sizes are binary (k = kb = 1024 bytes).
"""

from __future__ import annotations

import re

from softnet.lab.errors import LabError

NUMBER = re.compile(r"^\s*([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*([a-zA-Z%]*)\s*$")

RATES = {
    "": 1,
    "bit": 1,
    "kbit": 10**3,
    "mbit": 10**6,
    "gbit": 10**9,
    "tbit": 10**12,
    "kibit": 1 << 10,
    "mibit": 1 << 20,
    "gibit": 1 << 30,
    "bps": 8,
    "kbps": 8 * 10**3,
    "mbps": 8 * 10**6,
    "gbps": 8 * 10**9,
}
TIMES = {
    "": 10**9,
    "s": 10**9,
    "sec": 10**9,
    "secs": 10**9,
    "ms": 10**6,
    "msec": 10**6,
    "msecs": 10**6,
    "us": 10**3,
    "usec": 10**3,
    "usecs": 10**3,
    "ns": 1,
    "nsec": 1,
    "min": 60 * 10**9,
    "h": 3600 * 10**9,
    "d": 86400 * 10**9,
}
SIZES = {
    "": 1,
    "b": 1,
    "k": 1 << 10,
    "kb": 1 << 10,
    "m": 1 << 20,
    "mb": 1 << 20,
    "g": 1 << 30,
    "gb": 1 << 30,
    "kbit": 128,
    "mbit": 1 << 17,
}

Quantity = str | int | float


def rate_bps(value: Quantity, what: str = "rate") -> int:
    """Bits per second: "10mbit" -> 10_000_000."""
    return round(scaled(value, RATES, what, "10mbit, 1gbit or 64kbit"))


def time_ns(value: Quantity, what: str = "time") -> int:
    """Nanoseconds: "20ms" -> 20_000_000; a bare number is seconds."""
    return round(scaled(value, TIMES, what, "20ms, 1.5s or 300us"))


def size_bytes(value: Quantity, what: str = "size") -> int:
    """Bytes: "64kb" -> 65536."""
    return round(scaled(value, SIZES, what, "1500, 64kb or 1mb"))


def chance(value: Quantity, what: str = "loss") -> float:
    """A chance from 0 to 1: "1%" -> 0.01; a bare number is the chance itself."""
    got = scaled(value, {"": 1, "%": 0.01}, what, "1%, 0.5% or 0.01")
    if got > 1:
        text = f"{value}%" if not str(value).endswith("%") else "100%"
        raise LabError(f"{what}={value!r} is more than certain: write {text!r} at the most")
    return got


def scaled(
    value: Quantity, units: dict[str, int] | dict[str, float], what: str, like: str
) -> float:
    """value in the base unit; LabError that shows what it could look like."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise LabError(f"{what}={value!r} is no quantity: write something like {like}")
    if isinstance(value, int | float):
        if value < 0:
            raise LabError(f"{what}={value!r} is negative")
        return value * units[""]
    match = NUMBER.match(value)
    if match is None:
        raise LabError(f"{what}={value!r} is no quantity: write something like {like}")
    number, unit = match.groups()
    factor = units.get(unit.lower())
    if factor is None:
        known = ", ".join(u for u in units if u)
        raise LabError(f"{what}={value!r}: no unit {unit!r}; write something like {like} ({known})")
    return float(number) * factor


def show_rate(bps: int) -> str:
    """10_000_000 -> "10mbit"."""
    for unit in ("gbit", "mbit", "kbit"):
        if bps and bps % RATES[unit] == 0:
            return f"{bps // RATES[unit]}{unit}"
    return f"{bps}bit" if bps else "no limit"


def show_time(ns: int) -> str:
    """20_000_000 -> "20ms"."""
    for unit in ("s", "ms", "us"):
        if ns >= TIMES[unit] or unit == "us":
            text = f"{ns / TIMES[unit]:.3f}".rstrip("0").rstrip(".")
            return text + unit
    return "0"


def show_chance(p: float) -> str:
    """0.01 -> "1%"."""
    return f"{p * 100:.6f}".rstrip("0").rstrip(".") + "%"
