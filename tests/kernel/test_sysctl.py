"""Tunables: text forms and bounds as Linux has them."""

from __future__ import annotations

import errno

import pytest

from softnet.kernel.sysctl import (
    CallRow,
    IntRow,
    IntVecRow,
    JiffiesRow,
    MsJiffiesRow,
    RangeRow,
    StringRow,
    SysctlTable,
    UserHzRow,
    dotted,
    numbers,
    slashed,
)


class Obj:
    """Whoever uses the values."""

    def __init__(self) -> None:
        self.forward = 0
        self.mem = [1, 2, 3]
        self.low = 32768
        self.high = 61000
        self.fin_timeout = 60_000
        self.retrans = 1000
        self.ticks = 1000
        self.name = "cubic"
        self.flag = True


def make() -> tuple[SysctlTable, Obj]:
    return SysctlTable(), Obj()


def test_a_row_reads_and_writes_the_attribute() -> None:
    table, obj = make()
    table.register("net.ipv4.ip_forward", IntRow(obj, "forward", 0, 1))
    assert table.read("net.ipv4.ip_forward") == "0"
    table.write("net/ipv4/ip_forward", "1\n")
    assert obj.forward == 1
    assert table.get("net.ipv4.ip_forward") == 1
    table.set("net.ipv4.ip_forward", 0)
    assert obj.forward == 0


@pytest.mark.parametrize(
    ("text", "value"),
    [("7", 7), (" 12 \n", 12), ("0x10", 16), ("010", 8), ("-5", -5), ("3 4", 3), ("0", 0)],
)
def test_numbers_as_the_kernel_reads_them(text: str, value: int) -> None:
    table, obj = make()
    table.register("a", IntRow(obj, "forward"))
    table.write("a", text)
    assert obj.forward == value


@pytest.mark.parametrize(
    "text", ["", " ", "x", "1x", "0x", "08", "--1", "1_0", "+1", "2147483648", "99999999999", "٣"]
)
def test_what_is_no_int_is_einval(text: str) -> None:
    table, obj = make()
    table.register("a", IntRow(obj, "forward"))
    with pytest.raises(OSError, match="Invalid") as e:
        table.write("a", text)
    assert e.value.errno == errno.EINVAL
    assert obj.forward == 0


def test_bounds_are_kept() -> None:
    table, obj = make()
    table.register("a", IntRow(obj, "forward", 1, 255))
    for text in ("0", "256", "-1"):
        with pytest.raises(OSError, match="Invalid"):
            table.write("a", text)
    table.write("a", "255")
    assert obj.forward == 255


def test_a_bool_shows_as_a_number() -> None:
    table, obj = make()
    table.register("a", IntRow(obj, "flag", 0, 1))
    assert table.read("a") == "1"


def test_a_vector_takes_as_many_as_it_gets() -> None:
    table, obj = make()
    table.register("net.ipv4.tcp_mem", IntVecRow(obj, "mem", 0))
    assert table.read("net.ipv4.tcp_mem") == "1\t2\t3"
    table.write("net.ipv4.tcp_mem", "10 20")
    assert obj.mem == [10, 20, 3]
    table.set("net.ipv4.tcp_mem", [4, 5, 6])
    assert obj.mem == [4, 5, 6]
    with pytest.raises(OSError, match="Invalid"):
        table.write("net.ipv4.tcp_mem", "7 -1")
    with pytest.raises(OSError, match="Invalid"):
        table.write("net.ipv4.tcp_mem", "")
    assert obj.mem == [4, 5, 6]


def test_a_range_keeps_its_ends_in_order() -> None:
    table, obj = make()
    table.register("r", RangeRow(obj, "low", "high", 1, 65535))
    assert table.read("r") == "32768\t61000"
    table.write("r", "1024 65535")
    assert (obj.low, obj.high) == (1024, 65535)
    for text in ("5000 4000", "0 5", "", "1 65536"):
        with pytest.raises(OSError, match="Invalid"):
            table.write("r", text)
    table.write("r", "2000")
    assert (obj.low, obj.high) == (2000, 65535)


def test_times_have_their_own_units() -> None:
    table, obj = make()
    table.register("s", JiffiesRow(obj, "fin_timeout", 0))
    table.register("ms", MsJiffiesRow(obj, "retrans"))
    table.register("userhz", UserHzRow(obj, "ticks"))
    assert [table.read(p) for p in ("s", "ms", "userhz")] == ["60", "1000", "100"]
    table.write("s", "30")
    table.write("ms", "250")
    table.write("userhz", "50")
    assert (obj.fin_timeout, obj.retrans, obj.ticks) == (30_000, 250, 500)
    for text in ("-1", "2147484", "x"):
        with pytest.raises(OSError, match="Invalid"):
            table.write("s", text)


def test_a_string_ends_at_the_newline_and_is_cut() -> None:
    table, obj = make()
    table.register("cc", StringRow(obj, "name", 8))
    table.write("cc", "reno\nrest")
    assert table.read("cc") == "reno"
    table.write("cc", "a-very-long-name")
    assert obj.name == "a-very-l"


def test_a_row_may_be_functions() -> None:
    table, _ = make()
    store = ["x"]

    def put(text: str) -> None:
        if text == "bad":
            raise OSError(errno.EINVAL, "Invalid argument")
        store[0] = text

    table.register("rw", CallRow(lambda: store[0], put))
    table.register("ro", CallRow(lambda: "7"))
    table.write("rw", "y")
    assert table.read("rw") == "y"
    with pytest.raises(OSError, match="Invalid"):
        table.write("rw", "bad")
    assert table.read("ro") == "7"
    with pytest.raises(PermissionError):
        table.write("ro", "8")


def test_modes() -> None:
    table, obj = make()
    table.register("ro", IntRow(obj, "forward", mode=0o444))
    table.register("wo", IntRow(obj, "forward", mode=0o200))
    with pytest.raises(PermissionError):
        table.write("ro", "1")
    with pytest.raises(PermissionError):
        table.read("wo")
    table.write("wo", "1")
    assert table.read("ro") == "1"


def test_a_write_calls_the_hook_after_the_change() -> None:
    table, obj = make()
    seen: list[int] = []
    table.register("a", IntRow(obj, "forward", changed=lambda: seen.append(obj.forward)))
    table.write("a", "5")
    assert seen == [5]


def test_unknown_and_double_paths() -> None:
    table, obj = make()
    table.register("a.b", IntRow(obj, "forward"))
    with pytest.raises(FileExistsError):
        table.register("a/b", IntRow(obj, "forward"))
    with pytest.raises(FileNotFoundError) as e:
        table.read("a.c")
    assert e.value.filename == "/proc/sys/a/c"


def test_a_namespace_sees_its_own_rows_and_the_machines() -> None:
    machine, obj = make()
    net = SysctlTable(machine)
    machine.register("net.core.somaxconn", IntRow(obj, "forward"))
    machine.register("net.both", IntRow(obj, "low"))
    net.register("net.both", IntRow(obj, "high"))
    net.register("net.ipv4.x", IntRow(obj, "forward"))
    assert net.names() == ["net.both", "net.core.somaxconn", "net.ipv4.x"]
    assert net.read("net.both") == "61000"
    net.write("net.core.somaxconn", "9")
    assert machine.read("net.core.somaxconn") == "9"
    with pytest.raises(FileNotFoundError):
        machine.read("net.ipv4.x")


def test_unregister_takes_everything_below() -> None:
    table, obj = make()
    for path in ("net.ipv4.conf.eth0.a", "net.ipv4.conf.eth0.b", "net.ipv4.conf.eth01.a"):
        table.register(path, IntRow(obj, "forward"))
    table.unregister("net.ipv4.conf.eth0")
    assert table.names() == ["net.ipv4.conf.eth01.a"]


def test_helpers() -> None:
    assert dotted("net/ipv4/x") == "net.ipv4.x"
    assert slashed("net.ipv4.x") == "net/ipv4/x"
    assert numbers("1 2\t3") == [1, 2, 3]
