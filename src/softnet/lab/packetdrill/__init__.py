"""packetdrill: scripts that say which packets a TCP must send, when, and what its system calls answer.

    softnet packetdrill tests/scripts/connection/handshake.pkt

A script runs against one host with a tun device, on the virtual clock: read runner.py first, then
script.py (the words), packets.py (what goes over the wire), calls.py (what programs call) and
shell.py (what operators type). The language is that of github.com/google/packetdrill.
"""
