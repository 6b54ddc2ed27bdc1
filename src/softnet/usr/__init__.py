"""What libc and the standard library are to a program: unmodified Python programs on a host.

    from softnet.usr import api as usr

    usr.install()                                  when the first lab opens
    process = usr.run_main(host, main, arg)        a program; process.task.result() in the end
    usr.uninstall()                                when the last one closes

While installed, the definitions that table.py lists (sockets, select, time, threads, locks, chance,
signals, names) ask of each call whether a simulated program makes it. If so, they are system calls
of its host; if not, what they always were. After uninstall() nothing is left of it.

table.py is the list. native/redef.c changes the definitions, patch.py drives it. task.py knows
processes and threads; clock, threads, sockets, address, resolver, polling, files, chance and
signals hold the replacements; escape.py and watchdog.py report what no simulation can serve.
Enters the stack by softnet.syscalls alone. Read table.py first, then task.py.
"""
