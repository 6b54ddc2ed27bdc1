from softnet.net.core.sock_life cimport (
    bh_lock_sock, bh_lock_sock_nested, bh_unlock_sock, lock_sock, lock_sock_fast, lock_sock_wait,
    proto_list, proto_mem, proto_register, release_sock, sk_add_backlog, sk_alloc, sk_backlog_rcv,
    sk_can_gso, sk_common_release, sk_dst_check, sk_dst_reset, sk_dst_set, sk_error_queue,
    sk_free, sk_free_last, sk_nocaps_add, sk_rcvqueues_full, sk_receive_skb, sk_reset_timer,
    sk_setup_caps, sk_stop_timer, sock_clear_bit, sock_disable_timestamp, sock_enable_timestamp,
    sock_error, sock_graft, sock_hold, sock_init_data, sock_intr_errno, sock_orphan,
    sock_owned_by_user, sock_prot_inuse_add, sock_prot_inuse_get, sock_purge_queues, sock_put,
    sock_put_unref, sock_rcvlowat, sock_rcvtimeo, sock_set_bit, sock_sndtimeo, sock_wants_stamps,
    unlock_sock_fast
)
from softnet.net.core.sock_mem cimport (
    signal_pending, sk_filter, sk_has_account, sk_mem_charge, sk_mem_pages, sk_mem_reclaim,
    sk_mem_reclaim_pages, sk_mem_reclaim_partial, sk_mem_schedule, sk_mem_uncharge,
    sk_rmem_alloc_get, sk_rmem_schedule, sk_stream_moderate_sndbuf, sk_wait_data,
    sk_wait_unlocked, sk_wmem_alloc_get, sk_wmem_free_skb, sk_wmem_schedule, sock_alloc_send_pskb,
    sock_alloc_send_skb, sock_kfree_s, sock_kmalloc, sock_queue_err_skb, sock_queue_rcv_skb,
    sock_rmalloc, sock_wait_for_wmem, sock_wmalloc, sock_writeable, sock_wspace
)
from softnet.net.core.sock_opt cimport (
    register_filter_ops, skb_tstamp_tx, skb_tx_timestamp, sock_get_timestamp,
    sock_get_timestampns, sock_getsockopt, sock_recv_timestamp, sock_recv_ts_and_drops,
    sock_setsockopt, sock_tx_timestamp
)
from softnet.net.core.skbuff cimport skb_orphan, skb_set_owner_r, skb_set_owner_w
