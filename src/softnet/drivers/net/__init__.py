"""Network drivers.

    loopback.py   lo                     dummy.py   a device that swallows everything
    veth.py       two ends of a cable between namespaces
    tun.py        frames from and to a program       e1000/   Intel's PCI gigabit NIC

A driver subclasses NetDevice and overrides ndo_*. Read loopback.py first, then e1000.
"""
