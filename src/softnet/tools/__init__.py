"""Programs of softnet's own: what an administrator types on a host, and the softnet command.

    terminal.py    what a tool gets: its words, where to print, names
    commands.py    the tools by name
    ping.py traceroute.py                           probes
    ss.py ip.py cat.py                              listings
    cli.py         softnet, python -m softnet: demo, run, doctor
    demo.py doctor.py    what `make demo` shows; what works on this machine

The tools look and answer as Linux's do. They run as tasks of a host (host.sh("ping -c 3 h2")) and enter
by softnet.syscalls and by nothing else. Read ping.py first.
"""
