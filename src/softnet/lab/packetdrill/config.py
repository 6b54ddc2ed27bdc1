"""The options of packetdrill, on the command line and at the top of a script.

    config = Config()
    config.set("tolerance_usecs", "4000")      ValueError says what is wrong with it

Addresses and times are those of the original program, but for the local address, which is always
192.168.0.1, the gateway, 192.168.0.2, and the tolerances, which are 0: virtual time is exact.
"""

from __future__ import annotations

from softnet.kernel.era import era_version
from softnet.lab.packetdrill.symbols import did_you_mean
from softnet.wire.addr import ip_aton, parse_prefix

NUMBERS = {
    "tolerance_usecs": (0, 10**12),
    "bind_port": (1, 65535),
    "connect_port": (1, 65535),
    "mtu": (68, 65535),
    "mss": (1, 65535),
    "speed": (0, 10**9),
    "tcp_ts_tick_usecs": (0, 10**6),
    "tx_usecs": (0, 10**9),
    "seed": (0, 1 << 62),
}
ADDRESSES = ("local_ip", "remote_ip", "gateway_ip", "netmask_ip")
SWITCHES = (
    "tcp_ts_ecr_scaled",
    "strict_segments",
    "dry_run",
    "is_anyip",
    "send_omit_free",
    "debug",
    "verbose",
)
CHOICES = {
    "ip_version": ("ipv4", "ipv4-mapped-ipv6", "ipv6"),
    "code_format": ("python",),
    "code_sockopt": ("", "TCP_INFO", "TCP_CC_INFO", "SO_MEMINFO"),
}
WORDS = ("code_command", "init_scripts", "non_fatal", "define")
# What only the original's remote mode and shared objects need: accepted, without effect here.
IGNORED = (
    "wire_client",
    "wire_client_dev",
    "wire_server",
    "wire_server_at",
    "wire_server_dev",
    "wire_server_ip",
    "wire_server_port",
    "so_filename",
    "so_flags",
)


class Config:
    """One run's options."""

    def __init__(self) -> None:
        self.tolerance_usecs = 0
        self.tolerance_percent = 0.0
        self.bind_port = 8080
        self.connect_port = 8080
        self.mtu = 1500
        self.mss = 0
        self.speed = 0
        self.tcp_ts_tick_usecs = 0  # 0: the clock that a TS val shows is not compared
        self.tx_usecs = 0  # how long the device is busy with a packet; the next ones queue
        self.seed = 1
        self.local_ip = "192.168.0.1"
        self.remote_ip = "192.0.2.1/24"
        self.gateway_ip = "192.168.0.2"
        self.netmask_ip = "255.255.0.0"
        self.tcp_ts_ecr_scaled = False
        self.strict_segments = False
        self.dry_run = False
        self.is_anyip = False
        self.send_omit_free = False
        self.debug = False
        self.verbose = False
        self.ip_version = "ipv4"
        self.code_format = "python"
        self.code_sockopt = ""
        self.code_command = ""
        self.era = "3.2"
        self.init_scripts = ""
        self.non_fatal = ""
        self.defines: dict[str, str] = {}

    def copy(self) -> Config:
        """Another one with the same options."""
        other = Config()
        other.__dict__.update(self.__dict__)
        other.defines = dict(self.defines)
        return other

    def set(self, name: str, value: str) -> None:
        """One option; ValueError."""
        if name == "define":
            symbol, equals, meaning = value.partition("=")
            if not equals:
                raise ValueError(f"--define needs NAME=VALUE, not {value!r}")
            self.defines[symbol] = meaning
        elif name in NUMBERS:
            setattr(self, name, number(name, value))
        elif name == "tolerance_percent":
            try:
                self.tolerance_percent = float(value)
            except ValueError:
                raise ValueError(f"--{name} is a number, not {value!r}") from None
        elif name == "era":
            era_version(value)
            self.era = value
        elif name in ADDRESSES:
            parse_prefix(value)
            setattr(self, name, value)
        elif name in SWITCHES:
            setattr(self, name, True)
        elif name in CHOICES:
            if value not in CHOICES[name]:
                known = " or ".join(c or "nothing" for c in CHOICES[name])
                raise ValueError(f"--{name} is {known}, not {value!r}")
            setattr(self, name, value)
        elif name in WORDS:
            setattr(self, name, value)
        elif name not in IGNORED:
            raise ValueError(f"unknown option --{name}{did_you_mean(name, option_names())}")

    def local(self) -> int:
        """The host's address."""
        return parse_prefix(self.local_ip)[0]

    def remote(self) -> tuple[int, int]:
        """The script's own address, and how long the prefix that is routed to it is."""
        addr, plen = parse_prefix(self.remote_ip)
        return addr, plen if "/" in self.remote_ip else 24

    def gateway(self) -> int:
        """The next hop to it."""
        return parse_prefix(self.gateway_ip)[0]

    def prefixlen(self) -> int:
        """Of the host's address."""
        return ip_aton(self.netmask_ip).bit_count()

    def tolerance(self, delta_us: int) -> int:
        """How many microseconds early or late something may be that comes delta_us after another."""
        return max(self.tolerance_usecs, int(self.tolerance_percent * delta_us / 100))


def option_names() -> list[str]:
    """The names of all options."""
    return [*NUMBERS, *ADDRESSES, *SWITCHES, *CHOICES, *WORDS, *IGNORED, "tolerance_percent"]


def takes_value(name: str) -> bool:
    """Does --name stand before a value?"""
    return name not in SWITCHES and name not in ("wire_client", "wire_server")


def number(name: str, value: str) -> int:
    """A number within the bounds of its option."""
    least, most = NUMBERS[name]
    try:
        n = int(value, 0)
    except ValueError:
        raise ValueError(f"--{name} is a number, not {value!r}") from None
    if not least <= n <= most:
        raise ValueError(f"--{name} is {least} to {most}, not {n}")
    return n
