"""Network cards: the far side of a driver, between its registers and a cable.

    e1000.py           Intel 82540EM: registers, rings, interrupts      plug one in: E1000Nic(...)
    e1000_offload.py   what it computes on frames: checksums, segmentation
    e1000_eeprom.py    its slow parts: EEPROM and PHY

A model does what the data sheet says and knows nothing of the driver; the two meet in registers
(machine/bus.py) and in memory that the driver mapped (machine/memory.py). May import machine, wire,
arch and uapi. Read e1000.py first.
"""
