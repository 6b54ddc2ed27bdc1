"""The protocols and what stands between them and the drivers: net/ of the kernel tree.

core/      sk_buff, sock, devices, neighbours, dst: what every protocol uses
ethernet/  the link layer of most devices
socket     the families and struct socket: where system calls arrive
netlink/ sched/ netfilter/ ipv4/, and the families beside it

Each folder may import those named before it (`.importlinter` has the exact order), and structs,
fs, kernel, machine, wire, arch and uapi; never drivers. Read core/ first.
"""
