"""What all protocols share: net/core/ of the kernel tree.

skbuff       socket buffers: life, copies, fragments, segmentation (each in its own skb_* file)
sock         struct sock: life, locking, memory accounting, SOL_SOCKET options
datagram     receiving from a queue of datagrams; copying packets to the user's buffer
stream       waiting for room or for a state, as stream protocols do
scm          control messages
filter       SO_ATTACH_FILTER: classic BPF
dev_ioctl, ethtool   what ifconfig and ethtool ask of devices
dev/         devices: registration, transmit, receive, NAPI, GRO
neighbour, dst, sch_generic, rtnl, request_sock, secure_seq

Imports structs and below, nothing else of net/. Read skbuff first, then sock.
"""
