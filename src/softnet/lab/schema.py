"""Topology files: what may stand in one, as types; their JSON Schema; mistakes named by line.

TOML, or YAML with the same keys (softnet[yaml]). msgspec (softnet[cli]) checks the types; unknown keys are
found first, to say which was meant.
"""

from __future__ import annotations

import importlib
import json
import re
import tomllib
from pathlib import Path
from typing import Any, Literal

import msgspec

from softnet.lab.errors import LabError, unknown

Amount = str | int | float  # "20ms", "1%", "10mbit", or a number in SI units


class LabTable(msgspec.Struct, forbid_unknown_fields=True):
    """[lab]"""

    seed: int = 0
    stop: Amount | None = None
    clock: Literal["virtual", "real"] = "virtual"
    order: Literal["fifo", "seeded"] = "fifo"
    isolate: Literal["none", "modules"] = "none"
    faults: str = ""


class LinkSettings(msgspec.Struct, forbid_unknown_fields=True):
    """[defaults.link]: what every link is, unless it says otherwise."""

    rate: Amount | None = None
    delay: Amount | None = None
    jitter: Amount | None = None
    loss: Amount | None = None
    duplicate: Amount | None = None
    reorder: Amount | None = None
    corrupt: Amount | None = None
    queue: Amount | None = None
    mtu: int = 0


class LinkTable(LinkSettings, forbid_unknown_fields=True, kw_only=True):
    """[[links]]: ends are hosts, "web", or their devices, "web:eth0"."""

    ends: tuple[str, str]
    name: str = ""
    addresses: tuple[str, str] = ("", "")


class DefaultsTable(msgspec.Struct, forbid_unknown_fields=True):
    """[defaults]"""

    link: LinkSettings = msgspec.field(default_factory=LinkSettings)


class RunTable(msgspec.Struct, forbid_unknown_fields=True):
    """A command of a host: when it starts, and the exit code that is expected."""

    cmd: str
    start: Amount = 0
    expect: int | None = None


class HostTable(msgspec.Struct, forbid_unknown_fields=True):
    """[hosts.NAME], [routers.NAME]"""

    run: list[str | RunTable] = []
    sysctl: dict[str, str | int] = {}
    ncpus: int = 1
    ram: int = 0
    era: str = "3.2"


class EventTable(msgspec.Struct, forbid_unknown_fields=True):
    """[[events]]: "link web-r1 down", "link web-r1 set loss 5%", "host web crash", "heal"."""

    at: Amount
    do: str


class CaptureTable(msgspec.Struct, forbid_unknown_fields=True):
    """[capture]"""

    file: str
    filter: str = ""
    on: list[str] = []


class Topology(msgspec.Struct, forbid_unknown_fields=True):
    """A whole file."""

    lab: LabTable = msgspec.field(default_factory=LabTable)
    defaults: DefaultsTable = msgspec.field(default_factory=DefaultsTable)
    hosts: dict[str, HostTable] = {}
    routers: dict[str, HostTable] = {}
    links: list[LinkTable] = []
    events: list[EventTable] = []
    capture: CaptureTable | None = None


def read(path: Path) -> Topology:
    """The file, checked; LabError with file, line and what was meant."""
    try:
        text = path.read_text()
    except OSError as e:
        raise LabError(f"cannot read {str(path)!r}: {e.strerror}") from None
    try:
        data = parse(path, text)
        check_keys(data, Topology, ())
        return msgspec.convert(data, Topology)
    except Misplaced as e:
        raise LabError(f"{path}{line_of(text, e.keys)}: {e}") from None
    except msgspec.ValidationError as e:
        what, _, where = str(e).partition(" - at ")
        keys = tuple(re.findall(r"[\w-]+", where))
        raise LabError(f"{path}{line_of(text, keys)}: {what} ({'.'.join(keys)})") from None


def parse(path: Path, text: str) -> Any:
    """The file as lists and dicts; LabError."""
    if path.suffix in (".yaml", ".yml"):
        try:
            yaml = importlib.import_module("yaml")
        except ModuleNotFoundError:
            raise LabError("YAML files need PyYAML: pip install 'softnet[yaml]'") from None
        try:
            return yaml.safe_load(text) or {}
        except yaml.YAMLError as e:
            raise LabError(f"{path}: {e}") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        raise LabError(f"{path}: {e}") from None


class Misplaced(Exception):
    """An unknown key, and the way to it."""

    def __init__(self, message: str, keys: tuple[str, ...]) -> None:
        Exception.__init__(self, message)
        self.keys = keys


def check_keys(data: Any, kind: Any, keys: tuple[str, ...]) -> None:
    """Misplaced for the first key that kind, or what lies in it, does not know."""
    for option in getattr(kind, "__args__", ()):
        origin = getattr(kind, "__origin__", None)
        if origin is dict and isinstance(data, dict):
            for name, value in data.items():
                check_keys(value, kind.__args__[1], (*keys, str(name)))
            return
        if origin is list and isinstance(data, list):
            for n, value in enumerate(data):
                check_keys(value, kind.__args__[0], (*keys, str(n)))
            return
        check_keys(data, option, keys)
    if not (isinstance(kind, type) and issubclass(kind, msgspec.Struct) and isinstance(data, dict)):
        return
    fields = {f.name: f.type for f in msgspec.structs.fields(kind)}
    for name, value in data.items():
        if name not in fields:
            where = f" in {'.'.join(keys)}" if keys else ""
            raise Misplaced(str(unknown("key", str(name), fields, where)), (*keys, str(name)))
        check_keys(value, fields[name], (*keys, name))


def line_of(text: str, keys: tuple[str, ...]) -> str:
    """ ":12", the line where the last of the keys stands, as far as can be told; else ""."""
    names = [key for key in keys if not key.isdigit()]
    numbers = [int(key) for key in keys if key.isdigit()]
    if not names:
        return ""
    pattern = re.compile(rf"(?:^|[\[{{,.\s\"'-]){re.escape(names[-1])}[\"']?\s*[]=:.]")
    lines = [n for n, line in enumerate(text.splitlines(), 1) if pattern.search(line)]
    if not lines:
        return ""
    start = section_line(text, names[:-1], numbers[0] if numbers else 0)
    return f":{next((n for n in lines if n >= start), lines[-1])}"


def section_line(text: str, names: list[str], number: int) -> int:
    """About where the table of those names begins, the number-th of its name."""
    if not names:
        return 0
    pattern = re.compile(rf"^\s*(\[\[?[\w.]*{re.escape(names[-1])}\]|{re.escape(names[-1])}\s*:)")
    found = [n for n, line in enumerate(text.splitlines(), 1) if pattern.match(line)]
    return found[min(number, len(found) - 1)] if found else 0


def json_schema() -> str:
    """The JSON Schema of topology files."""
    schema = msgspec.json.schema(Topology)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "softnet topology file"
    return json.dumps(schema, indent=2, sort_keys=True)
