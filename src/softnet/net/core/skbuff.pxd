from softnet.net.core.skb_copy cimport (
    pskb_copy, skb_checksum, skb_checksum_complete, skb_checksum_complete_head, skb_checksum_help,
    skb_checksum_none_assert, skb_copy, skb_copy_and_csum_bits, skb_copy_and_csum_dev,
    skb_copy_expand, skb_csum_unnecessary, skb_pad, skb_padto, skb_partial_csum_set,
    skb_realloc_headroom, skb_store_bits, skb_unshare
)
from softnet.net.core.skb_frags cimport (
    pskb_expand_head, pskb_may_pull, pskb_pull, pskb_pull_tail, pskb_trim, pskb_trim_rcsum,
    skb_clone_writable, skb_copy_bits, skb_cow, skb_cow_head, skb_has_frag_list,
    skb_header_pointer_copy, skb_headers_offset_update, skb_linearize, skb_linearize_cow,
    skb_make_writable, skb_pagelen, skb_postpull_rcsum, skb_postpush_rcsum, skb_pull_rcsum,
    skb_tobytes, skb_trim
)
from softnet.net.core.skb_life cimport (
    alloc_skb, build_skb, consume_skb, copy_skb_header, dev_alloc_skb, kfree_skb, kfree_skb_last,
    netdev_alloc_skb, netdev_alloc_skb_ip_align, nf_reset, skb_add_rx_frag, skb_clone, skb_cloned,
    skb_drop_list, skb_dst_drop, skb_fill_page_desc, skb_get, skb_header_cloned,
    skb_header_release, skb_id, skb_morph, skb_orphan, skb_queue_purge,
    skb_set_owner_r, skb_set_owner_w, skb_share_check
)
from softnet.net.core.skb_segment cimport (
    skb_append_datato_frags, skb_gro_receive, skb_segment, skb_shift, skb_split
)
from softnet.net.core.skb_slab cimport (
    skb_number_packets, skb_slab_counts, skb_slab_limits, skb_slab_shrink
)
