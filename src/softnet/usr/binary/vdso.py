"""The clock of a process: its functions in the vDSO are made system calls, so that they stop too.

clock_gettime() and its kin read the kernel's clock from a page that is mapped into every process,
without a system call. Here the first instructions of those functions are replaced, in the process's
own copy of that code, by the system call. vdso(7)
"""

from __future__ import annotations

import os
import platform
import struct
from functools import cache

from softnet.usr.binary.memory import Memory
from softnet.usr.binary.trap import NUMBERS

SHT_DYNSYM = 11
SECTION = struct.Struct("=IIQQQQIIQQ")
SYMBOL = struct.Struct("=IBBHQQ")
ENOSYS = 38
CLOCKS = {  # function -> the system call it becomes
    "__vdso_clock_gettime": "clock_gettime",
    "__vdso_gettimeofday": "gettimeofday",
    "__vdso_time": "time",
    "__kernel_clock_gettime": "clock_gettime",
    "__kernel_gettimeofday": "gettimeofday",
}
NEVER = ("__vdso_getrandom", "__kernel_getrandom")  # these fail, and libc makes the call


def replace_clock(memory: Memory) -> bool:
    """Make a process's clock stop; False if that was done, or it has none."""
    base = vdso_base(memory.pid)
    if base < 0:
        return False
    fresh = False
    for offset, code in patches():
        if memory.read(base + offset, len(code)) != code:
            memory.write(base + offset, code)
            fresh = True
    return fresh


def vdso_base(pid: int | str) -> int:
    """Where a process has its vDSO; -1: nowhere."""
    with open(f"/proc/{pid}/maps") as maps:
        for line in maps:
            if line.rstrip().endswith("[vdso]"):
                return int(line.partition("-")[0], 16)
    return -1


@cache
def patches() -> tuple[tuple[int, bytes], ...]:
    """(offset, instructions) for the vDSO of this kernel, which all processes share."""
    found = []
    for name, offset in symbols(own_image()).items():
        if name in CLOCKS:
            found.append((offset, call_code(NUMBERS[CLOCKS[name]])))
        elif name in NEVER:
            found.append((offset, fail_code()))
    return tuple(sorted(found))


def own_image() -> bytes:
    """The vDSO of this process."""
    memory = os.open("/proc/self/mem", os.O_RDONLY)
    try:
        base = vdso_base("self")
        image = b""
        with open("/proc/self/maps") as maps:
            for line in maps:
                if line.rstrip().endswith("[vdso]"):
                    end = int(line.split()[0].partition("-")[2], 16)
                    image = os.pread(memory, end - base, base)
        return image
    finally:
        os.close(memory)


def symbols(image: bytes) -> dict[str, int]:
    """Name -> offset of what an ELF image exports."""
    found: dict[str, int] = {}
    if not image:
        return found
    (at,) = struct.unpack_from("=Q", image, 0x28)  # e_shoff
    size, count = struct.unpack_from("=HH", image, 0x3A)
    sections = [SECTION.unpack_from(image, at + i * size) for i in range(count)]
    for section in sections:
        if section[1] != SHT_DYNSYM:
            continue
        strings = sections[section[6]][4]
        for row in range(section[4], section[4] + section[5], SYMBOL.size):
            name, _, _, _, value, _ = SYMBOL.unpack_from(image, row)
            start = strings + name
            found[image[start : image.index(b"\0", start)].decode()] = value
    return found


def call_code(nr: int) -> bytes:
    """Instructions of a function that makes system call nr with its own arguments."""
    if platform.machine() == "x86_64":
        return b"\xb8" + struct.pack("<I", nr) + b"\x0f\x05\xc3"  # mov eax, nr; syscall; ret
    # movz x8, nr; svc 0; ret
    return struct.pack("<III", 0xD2800008 | nr << 5, 0xD4000001, 0xD65F03C0)


def fail_code() -> bytes:
    """Instructions of a function that returns -ENOSYS."""
    if platform.machine() == "x86_64":
        return b"\x48\xc7\xc0" + struct.pack("<i", -ENOSYS) + b"\xc3"  # mov rax, -38; ret
    return struct.pack("<II", 0x92800000 | (ENOSYS - 1) << 5, 0xD65F03C0)  # movn x0, 37; ret
