"""Reading a script's text bit by bit: white space, comments, numbers, words, with line numbers.

There is no list of tokens: `.` ends a number, begins one or is a TCP flag, by where it stands, so each
rule of script.py says which pattern it wants next.
"""

from __future__ import annotations

import re
from typing import NoReturn

from softnet.lab.packetdrill.nodes import ScriptError

SPACE = re.compile(r"(?:[ \t\r\n\f\v]+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|-?[0-9]+")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
STRING = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
BACKQUOTED = re.compile(r"`((?:\\.|[^`\\])*)`", re.DOTALL)
ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
EXCERPT = 24  # characters of the text that an error shows
U32_MAX = 0xFFFFFFFF


class Scanner:
    """A place in a text."""

    def __init__(self, path: str, text: str, defines: dict[str, str]) -> None:
        self.path = path
        self.text = text
        self.at = 0
        self.defines = defines

    def line(self) -> int:
        """The line of the place, from 1."""
        return self.text.count("\n", 0, min(self.at, len(self.text.rstrip()))) + 1

    def fail(self, message: str) -> NoReturn:
        """Raise a ScriptError here."""
        raise ScriptError(self.path, self.line(), message)

    def skip(self) -> None:
        """Go over white space and comments."""
        found = SPACE.match(self.text, self.at)
        assert found is not None
        self.at = found.end()

    def done(self) -> bool:
        """Is nothing left?"""
        self.skip()
        return self.at >= len(self.text)

    def sees(self, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        """Does the pattern, a literal text or a regular expression, come next? Does not move."""
        self.skip()
        if isinstance(pattern, str):
            pattern = re.compile(re.escape(pattern))
        return pattern.match(self.text, self.at)

    def take(self, pattern: str | re.Pattern[str]) -> re.Match[str] | None:
        """sees(), and go behind it."""
        found = self.sees(pattern)
        if found is not None:
            self.at = found.end()
        return found

    def expect(self, pattern: str | re.Pattern[str], what: str = "") -> re.Match[str]:
        """take(), or fail."""
        found = self.take(pattern)
        if found is None:
            what = what or (repr(pattern) if isinstance(pattern, str) else pattern.pattern)
            self.fail(f"expected {what}, not {self.excerpt()}")
        return found

    def excerpt(self) -> str:
        """What stands here, for errors."""
        self.skip()
        if self.at >= len(self.text):
            return "the end of the script"
        return repr(self.text[self.at : self.at + EXCERPT].split("\n")[0])

    def keyword(self, *words: str) -> str:
        """Take one of these words if it comes next; else ""."""
        found = self.sees(WORD)
        if found is not None and found[0] in words:
            self.at = found.end()
            return found[0]
        return ""

    def integer(self, what: str = "a number", most: int = U32_MAX) -> int:
        """An integer from 0 to most, decimal or 0x…."""
        found = self.expect(NUMBER, what)
        value = int(found[0], 0) if found[0][:2] in ("0x", "0X") else int(found[0])
        if not 0 <= value <= most:
            self.fail(f"{what} {value} is out of range: 0 to {most}")
        return value

    def string(self) -> str:
        """A string literal, escapes resolved."""
        return unescape(self.expect(STRING, "a string")[1])


def unescape(text: str) -> str:
    """What a C string literal means."""

    def one(found: re.Match[str]) -> str:
        code = found[1]
        if code[0] == "x" and len(code) > 1:
            return chr(int(code[1:], 16))
        if code[0].isdigit():
            return chr(int(code, 8) & 255)
        return ESCAPES.get(code, code)

    return ESCAPE.sub(one, text)
