"""The Internet Protocol, version 4: net/ipv4/ of the kernel tree. May import all of net/ below it.

From the wire up, and in that order of imports:

inetpeer                      what is remembered of remote hosts
route_cache                   cached routes and their ageing
devconf devinet               net.ipv4.conf.*, addresses of devices (devinet_ioctl: by ifconfig)
fib_lookup fib_semantics      asking the tables; what makes a route sound
fib_trie fib_rules fib_frontend   a table; which table; routes that addresses imply (fib_proc shows)
route_ops route_make route_input route_output route    which way a packet goes (route_proc shows)
arp                           next hops' link addresses (arp_ioctl: by arp(8))
protocol ip_options ip_fragment ip_output ip_append ip_input ip_forward icmp igmp
af_inet raw ping udp          sockets (inet_ioctl: the structs of their ioctls)
inet_hashtables inet_connection_sock inet_timewait_sock tcp_*   TCP

Read ip_input first, then route, fib_trie, arp and ip_output; then tcp.
"""
