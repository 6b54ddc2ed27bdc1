"""Ethernet: the link header, and what every Ethernet driver has in common.

May import net/core. Drivers import from here and know nothing above it. One file: eth.py.
"""
