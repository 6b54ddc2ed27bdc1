cimport softnet.kernel.tracepoint as tp

cdef tp.FunctionTrace trace_function

# Sockets and system calls: net/socket.c, net/core/sock.c, datagram.c, stream.c
cdef tp.TracePoint sys_socket, sys_bind, sys_listen, sys_accept, sys_connect, sys_sendto
cdef tp.TracePoint sys_recvfrom, sys_sendmsg, sys_recvmsg, sys_shutdown, sys_setsockopt
cdef tp.TracePoint sys_getsockopt, sys_close, sys_sendfile, sys_splice, sock_create, sock_alloc
cdef tp.TracePoint sock_alloc_file, sock_map_fd, sock_init_data, sock_register, sock_release
cdef tp.TracePoint sock_sendmsg, sock_recvmsg, sk_alloc, sk_free, lock_sock, release_sock
cdef tp.TracePoint lock_sock_wait, sk_add_backlog, sk_backlog_rcv, sock_alloc_send_skb
cdef tp.TracePoint sock_alloc_send_pskb, sock_wmalloc, sock_queue_rcv_skb, sock_def_readable
cdef tp.TracePoint sock_def_write_space, sock_def_error_report, sock_def_wakeup, sk_data_ready
cdef tp.TracePoint sock_wfree, sock_rfree, sk_stream_wait_memory, sk_stream_wait_connect
cdef tp.TracePoint sk_stream_write_space, sk_wait_data, sk_mem_schedule, skb_recv_datagram
cdef tp.TracePoint skb_copy_datagram_iovec, skb_free_datagram, skb_kill_datagram, datagram_poll
# Packet buffers: net/core/skbuff.c
cdef tp.TracePoint alloc_skb, netdev_alloc_skb, kfree_skb, consume_skb, skb_clone, skb_copy
cdef tp.TracePoint pskb_copy, pskb_expand_head, skb_copy_bits, skb_checksum, skb_checksum_help
cdef tp.TracePoint skb_segment, skb_gro_receive, skb_linearize, pskb_pull_tail, skb_split
cdef tp.TracePoint skb_set_owner_w, skb_orphan, skb_queue_purge
cdef tp.TracePoint skb_reserve, skb_put, skb_push, skb_pull, skb_headroom, skb_tailroom
# Devices: net/core/dev.c, link_watch.c, net/ethernet/eth.c
cdef tp.TracePoint register_netdevice, register_netdev, unregister_netdevice, dev_open
cdef tp.TracePoint dev_open_core, dev_close, dev_change_flags, dev_set_mtu
cdef tp.TracePoint call_netdevice_notifiers, dev_activate, dev_deactivate, dev_watchdog
cdef tp.TracePoint dev_watchdog_up, netif_carrier_on, netif_carrier_off, linkwatch_fire_event
cdef tp.TracePoint eth_type_trans, eth_header
# Transmitting: net/core/dev.c, net/sched
cdef tp.TracePoint dev_queue_xmit, dev_pick_tx, dev_xmit_skb, sch_direct_xmit, qdisc_run
cdef tp.TracePoint qdisc_restart, dev_requeue_skb, dev_hard_start_xmit, dev_gso_segment
cdef tp.TracePoint netif_skb_features, netif_schedule, net_tx_action, netif_start_queue
cdef tp.TracePoint netif_stop_queue, netif_wake_queue, dev_loopback_xmit, qdisc_enqueue
cdef tp.TracePoint qdisc_dequeue, qdisc_drop, pfifo_fast_enqueue, pfifo_fast_dequeue
cdef tp.TracePoint qdisc_watchdog, tc_classify, dev_kfree_skb_irq, dev_kfree_skb_any
# Receiving: net/core/dev.c
cdef tp.TracePoint netif_rx, netif_rx_ni, enqueue_to_backlog, process_backlog, napi_schedule
cdef tp.TracePoint napi_poll, napi_complete, napi_enable, napi_disable, net_rx_action
cdef tp.TracePoint napi_gro_receive, dev_gro_receive, napi_gro_flush, napi_gro_complete
cdef tp.TracePoint netif_receive_skb, netif_receive_skb_core, deliver_skb, dev_forward_skb
cdef tp.TracePoint get_rps_cpu, rps_trigger_softirq, net_rps_action_and_irq_enable
cdef tp.TracePoint netdev_rx_handler_register, packet_rcv
# Linux 3.2's own tracepoints of the network, where no function above has the name
cdef tp.TracePoint net_dev_queue, net_dev_xmit, sock_rcvqueue_full, sock_exceed_buf_limit
cdef tp.TracePoint udp_fail_queue_rcv_skb
# Neighbours and ARP: net/core/neighbour.c, net/ipv4/arp.c
cdef tp.TracePoint neigh_create, neigh_lookup, neigh_event_send, neigh_update, neigh_resolve_output
cdef tp.TracePoint neigh_connected_output, neigh_hh_output, neigh_output, neigh_probe
cdef tp.TracePoint neigh_timer_handler, neigh_invalidate, neigh_destroy, arp_rcv, arp_process
cdef tp.TracePoint arp_send, arp_xmit, arp_solicit, arp_create, arp_error_report
# Routing: net/ipv4/route.c, fib_*.c
cdef tp.TracePoint ip_route_input_noref, ip_route_input_common, ip_route_input_slow
cdef tp.TracePoint ip_route_input_mc, ip_mkroute_input, ip_route_output_key, ip_route_output_slow
cdef tp.TracePoint ip_route_output_flow, rt_intern_hash, rt_dst_alloc, rt_cache_flush
cdef tp.TracePoint rt_garbage_collect, ip_rt_redirect, ip_rt_update_pmtu, ip_rt_frag_needed
cdef tp.TracePoint ip_rt_send_redirect, ip_error, fib_lookup, fib_table_lookup, fib_validate_source
cdef tp.TracePoint fib_rules_lookup, dst_input, dst_output, dst_release
# IPv4: net/ipv4/ip_*.c, icmp.c, igmp.c, raw.c
cdef tp.TracePoint ip_rcv, ip_rcv_finish, ip_local_deliver, ip_local_deliver_finish
cdef tp.TracePoint ip_call_ra_chain, ip_rcv_options, ip_forward, ip_forward_finish, ip_mr_input
cdef tp.TracePoint ip_defrag, ip_frag_queue, ip_frag_reasm, ip_expire, ip_local_out, ip_queue_xmit
cdef tp.TracePoint ip_build_and_send_pkt, ip_send_reply, ip_append_data, ip_push_pending_frames
cdef tp.TracePoint ip_make_skb, ip_send_skb, ip_flush_pending_frames, ip_output, ip_mc_output
cdef tp.TracePoint ip_finish_output, ip_finish_output2, ip_fragment, ip_options_compile
cdef tp.TracePoint ip_options_build, ip_options_rcv_srr, icmp_rcv, icmp_send, icmp_reply, icmp_echo
cdef tp.TracePoint icmp_unreach, icmp_redirect, icmp_timestamp, icmp_push_reply, ping_rcv
cdef tp.TracePoint ping_sendmsg, ping_queue_rcv_skb, raw_local_deliver, raw_rcv, raw_sendmsg
cdef tp.TracePoint raw_err, igmp_rcv, igmp_send_report, ip_mc_join_group, ip_mc_leave_group
cdef tp.TracePoint inet_create, inet_bind, inet_listen, inet_accept, inet_stream_connect
cdef tp.TracePoint inet_dgram_connect, inet_sendmsg, inet_recvmsg, inet_release, inet_autobind
cdef tp.TracePoint inet_csk_get_port
# Netfilter: net/netfilter/core.c, nf_conntrack_core.c
cdef tp.TracePoint nf_hook, nf_hook_slow, nf_iterate, nf_queue, nf_reinject, ipt_do_table
cdef tp.TracePoint nf_conntrack_in, nf_conntrack_confirm, nf_nat_fn, nf_ct_destroy, nf_log_packet
# UDP: net/ipv4/udp.c
cdef tp.TracePoint udp_sendmsg, udp_push_pending_frames, udp_send_skb, udp_recvmsg, udp_rcv
cdef tp.TracePoint udp_queue_rcv_skb, udp_queue_rcv_one_skb, udp_err, udp_disconnect
cdef tp.TracePoint udp_lib_get_port, udp4_lib_rcv, udp4_lib_lookup, udp4_lib_mcast_deliver
# TCP: net/ipv4/tcp*.c, inet_connection_sock.c, inet_timewait_sock.c
cdef tp.TracePoint tcp_v4_init_sock, tcp_v4_connect, tcp_connect, tcp_sendmsg, tcp_sendpage
cdef tp.TracePoint tcp_push, tcp_push_one, tcp_push_pending_frames, tcp_write_xmit
cdef tp.TracePoint tcp_transmit_skb, tcp_retransmit_skb, tcp_xmit_retransmit_queue, tcp_send_ack
cdef tp.TracePoint tcp_send_delayed_ack, tcp_send_fin, tcp_send_active_reset, tcp_send_probe0
cdef tp.TracePoint tcp_make_synack, tcp_send_synack, tcp_simple_retransmit, tcp_mtu_probe
cdef tp.TracePoint tcp_fragment, tso_fragment, tcp_current_mss, tcp_sync_mss, tcp_select_window
cdef tp.TracePoint tcp_v4_rcv, tcp_v4_do_rcv, tcp_v4_hnd_req, tcp_v4_conn_request
cdef tp.TracePoint tcp_v4_send_synack, tcp_v4_syn_recv_sock, tcp_v4_send_reset, tcp_v4_send_ack
cdef tp.TracePoint tcp_v4_err, tcp_v4_destroy_sock, tcp_rcv_state_process, tcp_rcv_established
cdef tp.TracePoint tcp_rcv_synsent_state_process, tcp_validate_incoming, tcp_data_queue
cdef tp.TracePoint tcp_data_snd_check, tcp_ack, tcp_ack_saw_tstamp, tcp_clean_rtx_queue
cdef tp.TracePoint tcp_ack_update_window, tcp_sacktag_write_queue, tcp_fastretrans_alert
cdef tp.TracePoint tcp_enter_loss, tcp_enter_recovery, tcp_enter_cwr, tcp_enter_frto
cdef tp.TracePoint tcp_process_frto, tcp_undo, tcp_update_cwnd_in_recovery, tcp_cong_avoid
cdef tp.TracePoint tcp_slow_start, tcp_reset, tcp_fin, tcp_urg, tcp_ofo_queue, tcp_prune_queue
cdef tp.TracePoint tcp_collapse, tcp_rcv_space_adjust, tcp_rcv_rtt_update, tcp_rtt_estimator
cdef tp.TracePoint tcp_set_rto, tcp_event_data_recv, tcp_recvmsg, tcp_cleanup_rbuf, tcp_read_sock
cdef tp.TracePoint tcp_splice_read, tcp_poll, tcp_close, tcp_shutdown, tcp_done, tcp_disconnect
cdef tp.TracePoint tcp_set_state, tcp_abort, tcp_check_req, tcp_create_openreq_child
cdef tp.TracePoint tcp_child_process, tcp_time_wait, tcp_timewait_state_process
cdef tp.TracePoint tcp_retransmit_timer, tcp_write_timer, tcp_delack_timer, tcp_probe_timer
cdef tp.TracePoint tcp_keepalive_timer, tcp_write_timeout, tcp_out_of_resources, tcp_orphan_retries
cdef tp.TracePoint cookie_v4_init_sequence, cookie_v4_check, inet_csk_listen_start, inet_csk_accept
cdef tp.TracePoint inet_csk_reqsk_queue_prune, inet_csk_destroy_sock, inet_csk_reset_xmit_timer
cdef tp.TracePoint inet_csk_complete_hashdance, inet_hash_connect, inet_lookup_established
cdef tp.TracePoint inet_lookup_listener, inet_twsk_schedule, inet_twsk_kill
# Drivers: loopback, veth, tun, e1000, virtio_net
cdef tp.TracePoint loopback_xmit, veth_xmit, tun_net_xmit, tun_get_user, tun_do_read, e1000_probe
cdef tp.TracePoint e1000_open, e1000_close, e1000_configure, e1000_setup_all_tx_resources
cdef tp.TracePoint e1000_setup_all_rx_resources, e1000_irq_enable, e1000_intr, e1000_clean
cdef tp.TracePoint e1000_clean_rx_irq, e1000_clean_tx_irq, e1000_alloc_rx_buffers, e1000_xmit_frame
cdef tp.TracePoint e1000_tx_timeout, e1000_watchdog, virtnet_poll, virtnet_xmit, ixgbe_intr
cdef tp.TracePoint ixgbe_poll, ixgbe_xmit_frame, bond_start_xmit, macvlan_start_xmit, dummy_xmit
cdef tp.TracePoint ifb_xmit
# Bridge, VLAN, packet, unix, netlink, IPv6
cdef tp.TracePoint br_handle_frame, br_handle_frame_finish, br_forward, br_flood_forward
cdef tp.TracePoint br_dev_xmit, br_fdb_update, vlan_do_receive, vlan_dev_hard_start_xmit
cdef tp.TracePoint packet_sendmsg, packet_recvmsg, tpacket_rcv, unix_stream_sendmsg
cdef tp.TracePoint unix_stream_recvmsg, unix_dgram_sendmsg, unix_dgram_recvmsg, unix_stream_connect
cdef tp.TracePoint netlink_sendmsg, netlink_recvmsg, netlink_rcv_skb, netlink_unicast
cdef tp.TracePoint netlink_broadcast, rtnetlink_rcv_msg, ipv6_rcv, ip6_input, ip6_output, ip6_xmit
cdef tp.TracePoint ip6_forward, ndisc_rcv, icmpv6_rcv, icmpv6_send, tcp_v6_rcv, udpv6_rcv
# Deferred work
cdef tp.TracePoint raise_softirq, do_softirq
