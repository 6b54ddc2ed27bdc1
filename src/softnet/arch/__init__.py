"""The few primitives with a C twin: byte order, copy, checksum, 32-bit wrap, kernel constants.

May import nothing. Each .py here runs under the interpreter; the .pxd of the same name holds the
bodies that C modules inline. The two must agree on every input: tests/arch holds them side by side.
Nothing here is compiled itself. Read mem.py first, then csum.py; const.py is the kernel's numbers.
"""
