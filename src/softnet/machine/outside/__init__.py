"""The doors to the real world: what is plugged in here leaves the simulation.

    tap.py      a real TAP device: whole frames by file descriptor, or as the far end of a cable
    netns.py    network namespaces of the real kernel, and programs in them, for demonstrations

With machine/clock's RealClock this is the only code that touches the real world. It belongs into a
world with the real clock: frames from outside come when they come. May import machine, wire, arch
and uapi. Read tap.py first.
"""
