"""Drivers: the near side of a device. They stop at net/ethernet and never see a protocol.

May import net/ethernet and net/core, structs, kernel, machine. All are network drivers: net/.
"""
