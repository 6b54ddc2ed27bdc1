"""Process mode: real programs (curl, a child Python, any binary) on a simulated host, in virtual time.

A program is started by native/trap.c under a seccomp filter that stops it at each system call that
has to do with sockets, waiting, time, chance, threads or processes; the kernel then tells the
simulator (seccomp_unotify(2)), which reads the arguments out of the program's memory, makes the
call on the simulated host, and writes the answer back. All other calls go through. Nothing of it is
known to the program, and nothing in it can be passed by: what libc does inside, raw system calls and
static binaries stop as well. The clock, which is no system call, is made one: vdso.py.

Each thread of the program is a task of the host (tree.py). One runs at a time, for as long as it
makes no call that waits; the lab waits for it meanwhile, and virtual time stands still. Time passes
when every thread of every program waits in a call.

    trap.py         the C extension, and the numbers of system calls
    program.py      which file to start, and what cannot be started
    listener.py     the kernel's notifications and our answers
    memory.py       a process's memory         vdso.py      its clock
    tree.py         a program, from its start to its end: start with this one
    process.py      its processes and their threads      signals.py      what they are sent
    descriptors.py  which of a process's descriptors are the host's
    calls.py        the table: system call -> what answers it, in calls_*.py

Imports: syscalls.py below, usr/ beside.
"""
