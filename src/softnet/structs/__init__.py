"""The nouns of the network subsystem: what the layers hand to each other.

Linux: include/linux/{skbuff,netdevice,net}.h, include/net/{sock,dst,neighbour,net_namespace}.h.

Fields, ops classes that one layer calls and another overrides, and operations on one object's own
fields. No stage of the packet's path lives here. May import wire, kernel, fs, machine, arch and
uapi; the nouns know each other's classes under TYPE_CHECKING only, which is how rings between C
headers become a tree here. Read skbuff first, then netdevice, sock, dst, net_namespace.
"""
