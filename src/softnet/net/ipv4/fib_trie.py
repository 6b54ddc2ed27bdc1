"""A forwarding table as a level- and path-compressed trie.

Linux: net/ipv4/fib_trie.c. Nilsson and Karlsson, "IP-address lookup using LC-tries", 1999.

A Leaf is one address (a prefix, its host bits zero) and has a LeafInfo for each length of prefix
that begins there, longest first, each with its aliases: by falling TOS, then rising priority. A
Tnode decides by `bits` bits from bit `pos` on and so has 2**bits children; bits before pos that all
below it share are skipped, and looked at only where that matters. A node is inflated (twice the
children) when many children are full and halved when most are empty; the thresholds are Linux's.

    tb.lookup(fl4, res)                      fib_table_lookup(): 0, -EAGAIN, or a route's own error
    fib_table_insert(tb, cfg)                0 or -errno; fib_table_delete, fib_table_flush
"""

from __future__ import annotations

import errno

import softnet.arch.mem as mem
import softnet.uapi.netlink as netlink
import softnet.uapi.rtnetlink as rtnl
from softnet.net.ipv4.fib_semantics import (
    fib_create_info,
    fib_nh_match,
    fib_props_error,
    fib_release_info,
    rtmsg_fib,
)
from softnet.net.ipv4.route_cache import rt_cache_flush
from softnet.structs.fib import FibAlias, FibConfig, FibInfo, FibResult, FibTable
from softnet.structs.flow import Flowi4
from softnet.structs.net_namespace import Net

KEYLENGTH = 32
EAGAIN = -errno.EAGAIN
MAX_WORK = 10  # how often one resize() may inflate or halve
# Per cent of children: full ones (a full child counts double) to inflate, used ones to halve.
INFLATE_THRESHOLD = 50
INFLATE_THRESHOLD_ROOT = 30
HALVE_THRESHOLD = 25
HALVE_THRESHOLD_ROOT = 15


class LeafInfo:
    """struct leaf_info: the aliases of one prefix."""

    __slots__ = ("falh", "mask_plen", "plen")

    plen: int
    mask_plen: int  # plen as a mask
    falh: list[FibAlias]

    def __init__(self, plen: int) -> None:
        self.plen = plen
        self.mask_plen = mem.u32(-1 << (KEYLENGTH - plen))
        self.falh = []


class RtTrieNode:
    """struct rt_trie_node"""

    __slots__ = ("bits", "key", "parent", "pos")

    key: int
    parent: Tnode | None
    pos: int
    bits: int  # 0 in a leaf

    def __init__(self, key: int, pos: int, bits: int) -> None:
        self.key = key
        self.parent = None
        self.pos = pos
        self.bits = bits


class Leaf(RtTrieNode):
    """struct leaf"""

    __slots__ = ("infos",)

    infos: list[LeafInfo]  # by falling plen

    def __init__(self, key: int) -> None:
        RtTrieNode.__init__(self, key, KEYLENGTH, 0)
        self.infos = []


class Tnode(RtTrieNode):
    """struct tnode"""

    __slots__ = ("child", "empty_children", "full_children", "size")

    child: list[RtTrieNode | None]
    size: int  # 2**bits
    full_children: int  # children that skip no bit
    empty_children: int

    def __init__(self, key: int, pos: int, bits: int) -> None:
        RtTrieNode.__init__(self, key, pos, bits)
        self.size = 1 << bits
        self.child = [None] * self.size
        self.full_children = 0
        self.empty_children = self.size


class FibTrie(FibTable):
    """struct trie, with its fib_table."""

    __slots__ = ("trie",)

    trie: RtTrieNode | None

    def __init__(self, net: Net, id: int) -> None:
        FibTable.__init__(self, net, id)
        self.trie = None

    def lookup(self, flp: Flowi4, res: FibResult) -> int:
        """fib_table_lookup(): the longest prefix of flp.daddr whose route fits flp.

        Going down looks only at the bits that tell children apart. From where that ends, shorter
        prefixes are tried by clearing the lowest set bit of the child's index, and of the parent's.
        """
        key = flp.daddr
        n = self.trie
        if n is None:
            return EAGAIN
        if n.bits == 0:
            return check_leaf(self, n, key, flp, res)
        pn: Tnode = n  # type: ignore[assignment]  # its bits say so
        chopped_off = 0
        plen = KEYLENGTH  # bits of key that still count
        cindex = 0
        while True:
            if chopped_off == 0:
                cindex = tkey_extract_bits(mask_pfx(key, plen), pn.pos, pn.bits)
            n = pn.child[cindex]
            if n is not None:
                if n.bits == 0:
                    err = check_leaf(self, n, key, flp, res)
                    if err != EAGAIN or res.type == rtnl.RTN_THROW:
                        return err
                else:
                    plen_below = descend(pn, n, key, plen)
                    if plen_below >= 0:
                        plen = plen_below
                        pn = n  # type: ignore[assignment]  # its bits say so
                        chopped_off = 0
                        continue
            # Nothing there: chop off the lowest bit that is set, here or further up.
            while True:
                chopped_off += 1
                while chopped_off <= pn.bits and not cindex >> (chopped_off - 1) & 1:
                    chopped_off += 1
                if plen > pn.pos + pn.bits - chopped_off:
                    plen = pn.pos + pn.bits - chopped_off
                if chopped_off <= pn.bits:
                    cindex &= ~(1 << (chopped_off - 1))
                    break
                parent = pn.parent
                if parent is None:
                    return EAGAIN
                cindex = tkey_extract_bits(pn.key, parent.pos, parent.bits)
                pn = parent
                chopped_off = 0


def descend(pn: Tnode, n: RtTrieNode, key: int, plen: int) -> int:
    """May a prefix of key that is at most plen long lie below n, a child of pn?

    -1 if not; else how many bits of key count from now on. Both checks say: where n's key and ours
    part, a prefix of ours that is still in n has only zeros from there on.
    """
    if plen < pn.pos + pn.bits:
        tn: Tnode = n  # type: ignore[assignment]  # the caller looked at bits
        if tkey_extract_bits(n.key, plen, n.pos - plen) or tn.child[0] is None:
            return -1
    mismatch = mask_pfx(n.key ^ key, n.pos)
    if mismatch:
        mp = KEYLENGTH - bit_length(mismatch)
        if tkey_extract_bits(n.key, mp, n.pos - mp):
            return -1
        if plen >= n.pos:
            return mp
    return plen


def check_leaf(tb: FibTrie, n: RtTrieNode, key: int, flp: Flowi4, res: FibResult) -> int:
    """check_leaf(): the first route of this leaf that fits flp, longest prefix first.

    0 and res filled; the error of a route that is one (then res.type says which); -EAGAIN.
    """
    leaf: Leaf = n  # type: ignore[assignment]  # the caller looked at bits
    res.type = rtnl.RTN_UNSPEC
    for li in leaf.infos:
        if leaf.key != key & li.mask_plen:
            continue
        for fa in li.falh:
            if fa.fa_tos and fa.fa_tos != flp.flowi4_tos:
                continue
            fi = fa.fa_info
            if fi.fib_dead or fi.fib_scope < flp.flowi4_scope:
                continue
            fa.fa_accessed = True
            err = fib_props_error(fa.fa_type)
            if err:
                res.type = fa.fa_type
                return err
            if fi.fib_flags & rtnl.RTNH_F_DEAD:
                continue
            for nhsel in range(fi.fib_nhs):
                nh = fi.fib_nh[nhsel]
                if not nh.nh_flags & rtnl.RTNH_F_DEAD and (
                    flp.flowi4_oif == 0 or flp.flowi4_oif == nh.nh_oif
                ):
                    res.prefixlen = li.plen
                    res.nh_sel = nhsel
                    res.type = fa.fa_type
                    res.scope = fi.fib_scope
                    res.fi = fi
                    res.table = tb
                    res.fa_head = li.falh
                    return 0
    return EAGAIN


# ---- bits of keys


def mask_pfx(k: int, n: int) -> int:
    """mask_pfx(): the first n bits of k, the rest zero."""
    return mem.u32(k >> (KEYLENGTH - n) << (KEYLENGTH - n))


def tkey_extract_bits(a: int, offset: int, bits: int) -> int:
    """tkey_extract_bits(): `bits` bits of a from bit `offset` on; 0 past the end."""
    if offset >= KEYLENGTH or bits <= 0:
        return 0
    return mem.u32(a << offset) >> (KEYLENGTH - bits)


def tkey_sub_equals(a: int, offset: int, bits: int, b: int) -> bool:
    """tkey_sub_equals(): are a and b alike in these bits?"""
    return tkey_extract_bits(a ^ b, offset, bits) == 0


def tkey_mismatch(a: int, offset: int, b: int) -> int:
    """tkey_mismatch(): the first bit, from offset on, in which a and b differ."""
    diff = mem.u32((a ^ b) << offset)
    return offset + KEYLENGTH - bit_length(diff) if diff else offset


def bit_length(v: int) -> int:
    """fls(): the number of the highest bit set, counted from 1; 0 for 0. v has 32 bits."""
    n = 0
    if v >> 16:
        v >>= 16
        n += 16
    if v >> 8:
        v >>= 8
        n += 8
    if v >> 4:
        v >>= 4
        n += 4
    if v >> 2:
        v >>= 2
        n += 2
    return n + 2 if v >> 1 else n + v


# ---- the trie grows and shrinks


def tnode_full(tn: Tnode, n: RtTrieNode | None) -> bool:
    """tnode_full(): is n a tnode that goes on at once where tn ends?"""
    return n is not None and n.bits != 0 and n.pos == tn.pos + tn.bits


def put_child(tn: Tnode, i: int, n: RtTrieNode | None, wasfull: int = -1) -> None:
    """tnode_put_child_reorg(): n becomes child i of tn. wasfull: -1, look at the old child."""
    chi = tn.child[i]
    if n is None and chi is not None:
        tn.empty_children += 1
    elif n is not None and chi is None:
        tn.empty_children -= 1
    if wasfull == -1:
        wasfull = 1 if tnode_full(tn, chi) else 0
    isfull = 1 if tnode_full(tn, n) else 0
    tn.full_children += isfull - wasfull
    if n is not None:
        n.parent = tn
    tn.child[i] = n


def resize(tn: Tnode) -> RtTrieNode | None:
    """resize(): tn, or what it becomes: inflated, halved, its only child, nothing."""
    if tn.empty_children == tn.size:
        return None
    if tn.empty_children == tn.size - 1:
        return only_child(tn)
    inflate_at = INFLATE_THRESHOLD
    halve_at = HALVE_THRESHOLD
    if tn.parent is None:
        inflate_at = INFLATE_THRESHOLD_ROOT
        halve_at = HALVE_THRESHOLD_ROOT
    work = MAX_WORK
    while tn.full_children > 0:
        work -= 1
        if work < 0 or 50 * (tn.full_children + tn.size - tn.empty_children) < inflate_at * tn.size:
            break
        tn = inflate(tn)
    if work != MAX_WORK:
        return tn
    while tn.bits > 1 and work > 0 and 100 * (tn.size - tn.empty_children) < halve_at * tn.size:
        work -= 1
        tn = halve(tn)
    if tn.empty_children == tn.size - 1:
        return only_child(tn)
    return tn


def only_child(tn: Tnode) -> RtTrieNode | None:
    """Path compression: the one child takes tn's place."""
    for n in tn.child:
        if n is not None:
            n.parent = None
            return n
    return None


def inflate(oldtn: Tnode) -> Tnode:
    """inflate(): one bit more, twice the children; full children are taken apart."""
    tn = Tnode(oldtn.key, oldtn.pos, oldtn.bits + 1)
    tn.parent = oldtn.parent
    for i in range(oldtn.size):
        node = oldtn.child[i]
        if node is None:
            continue
        if not tnode_full(oldtn, node):
            put_child(tn, tkey_extract_bits(node.key, tn.pos, tn.bits), node)
            continue
        inode: Tnode = node  # type: ignore[assignment]  # full ones are tnodes
        if inode.bits == 1:
            put_child(tn, 2 * i, inode.child[0])
            put_child(tn, 2 * i + 1, inode.child[1])
            continue
        # Two nodes of half the size, which differ in the bit that tn decides by now.
        bit = 1 << (KEYLENGTH - 1 - inode.pos)
        left = Tnode(inode.key & ~bit, inode.pos + 1, inode.bits - 1)
        right = Tnode(inode.key | bit, inode.pos + 1, inode.bits - 1)
        half = inode.size >> 1
        for j in range(half):
            put_child(left, j, inode.child[j])
            put_child(right, j, inode.child[j + half])
        left.parent = tn
        right.parent = tn
        put_child(tn, 2 * i, resize(left))
        put_child(tn, 2 * i + 1, resize(right))
    return tn


def halve(oldtn: Tnode) -> Tnode:
    """halve(): one bit less, half the children; pairs get a node of their own."""
    tn = Tnode(oldtn.key, oldtn.pos, oldtn.bits - 1)
    tn.parent = oldtn.parent
    for i in range(0, oldtn.size, 2):
        left = oldtn.child[i]
        right = oldtn.child[i + 1]
        if left is None or right is None:
            one = right if left is None else left
            if one is not None:
                put_child(tn, i >> 1, one)
            continue
        pair = Tnode(left.key, tn.pos + tn.bits, 1)
        pair.parent = tn
        put_child(pair, 0, left)
        put_child(pair, 1, right)
        put_child(tn, i >> 1, resize(pair))
    return tn


def trie_rebalance(t: FibTrie, tn: Tnode) -> None:
    """trie_rebalance(): resize tn and everything above it."""
    key = tn.key
    while tn.parent is not None:
        tp = tn.parent
        cindex = tkey_extract_bits(key, tp.pos, tp.bits)
        wasfull = 1 if tnode_full(tp, tn) else 0
        put_child(tp, cindex, resize(tn), wasfull)
        tn = tp
    t.trie = resize(tn)


def fib_find_node(t: FibTrie, key: int) -> Leaf | None:
    """fib_find_node(): the leaf of exactly that key."""
    pos = 0
    n = t.trie
    while n is not None and n.bits:
        if not tkey_sub_equals(n.key, pos, n.pos - pos, key):
            return None
        pos = n.pos + n.bits
        tn: Tnode = n  # type: ignore[assignment]  # its bits say so
        n = tn.child[tkey_extract_bits(key, tn.pos, tn.bits)]
    if n is not None and n.key == key:
        return n  # type: ignore[return-value]  # no bits, a leaf
    return None


def find_leaf_info(leaf: Leaf, plen: int) -> LeafInfo | None:
    """find_leaf_info()"""
    for li in leaf.infos:
        if li.plen == plen:
            return li
    return None


def insert_leaf_info(leaf: Leaf, plen: int) -> LeafInfo:
    """insert_leaf_info(): a new LeafInfo in its place, longer prefixes first."""
    li = LeafInfo(plen)
    at = 0
    while at < len(leaf.infos):
        other = leaf.infos[at]
        if other.plen < plen:
            break
        at += 1
    leaf.infos.insert(at, li)
    return li


def fib_insert_node(t: FibTrie, key: int, plen: int) -> list[FibAlias]:
    """fib_insert_node(): the list of aliases of key/plen, which has none yet."""
    leaf = fib_find_node(t, key)
    if leaf is not None:
        return insert_leaf_info(leaf, plen).falh
    pos = 0
    tp: Tnode | None = None
    n = t.trie
    while n is not None and n.bits and tkey_sub_equals(n.key, pos, n.pos - pos, key):
        tp = n  # type: ignore[assignment]  # its bits say so
        pos = n.pos + n.bits
        n = tp.child[tkey_extract_bits(key, tp.pos, tp.bits)]  # type: ignore[union-attr]  # as above
    leaf = Leaf(key)
    li = insert_leaf_info(leaf, plen)
    if tp is not None and n is None:
        put_child(tp, tkey_extract_bits(key, tp.pos, tp.bits), leaf)
        trie_rebalance(t, tp)
    elif n is None:
        t.trie = leaf
    else:
        # key and n part at newpos: a node there decides between them.
        newpos = tkey_mismatch(key, pos, n.key)
        tn = Tnode(n.key, newpos, 1)
        missbit = tkey_extract_bits(key, newpos, 1)
        put_child(tn, missbit, leaf)
        put_child(tn, 1 - missbit, n)
        if tp is not None:
            put_child(tp, tkey_extract_bits(key, tp.pos, tp.bits), tn)
            trie_rebalance(t, tp)
        else:
            trie_rebalance(t, tn)
    return li.falh


def trie_leaf_remove(t: FibTrie, leaf: Leaf) -> None:
    """trie_leaf_remove(): leaf has no alias any more."""
    tp = leaf.parent
    if tp is None:
        t.trie = None
        return
    put_child(tp, tkey_extract_bits(leaf.key, tp.pos, tp.bits), None)
    trie_rebalance(t, tp)


def trie_leaves(t: FibTrie) -> list[Leaf]:
    """trie_firstleaf(), trie_nextleaf(): every leaf, by rising key."""
    found: list[Leaf] = []
    stack: list[RtTrieNode] = [] if t.trie is None else [t.trie]
    while stack:
        n = stack.pop()
        if isinstance(n, Leaf):
            found.append(n)
        elif isinstance(n, Tnode):
            tn = n
            for i in range(tn.size - 1, -1, -1):
                child = tn.child[i]
                if child is not None:
                    stack.append(child)
    return found


# ---- routes come and go


def fib_find_alias(fah: list[FibAlias], tos: int, prio: int) -> int:
    """fib_find_alias(): where aliases of tos with at least that priority begin; -1: nowhere."""
    for i in range(len(fah)):
        fa = fah[i]
        fi = fa.fa_info
        if fa.fa_tos > tos:
            continue
        if fi.fib_priority >= prio or fa.fa_tos < tos:
            return i
    return -1


def same_key(fa: FibAlias, tos: int, prio: int) -> bool:
    """Do TOS and priority make it the same route, another next hop apart?"""
    fi = fa.fa_info
    return fa.fa_tos == tos and fi.fib_priority == prio


def bad_prefix(cfg: FibConfig) -> bool:
    """A length over 32, or bits behind the length?"""
    return not 0 <= cfg.fc_dst_len <= 32 or mem.u32(cfg.fc_dst << cfg.fc_dst_len) != 0


def fib_table_insert(tb: FibTrie, cfg: FibConfig) -> int:
    """fib_table_insert(): add, append or replace a route, as cfg.fc_nlflags says.

    0, or -EINVAL, -EEXIST, -ENOENT (no NLM_F_CREATE), or what fib_create_info() says.
    """
    if bad_prefix(cfg):
        return -errno.EINVAL
    key, plen, tos = cfg.fc_dst, cfg.fc_dst_len, cfg.fc_tos
    fi, err = fib_create_info(tb.net, cfg)
    if fi is None:
        return err
    leaf = fib_find_node(tb, key)
    li = None if leaf is None else find_leaf_info(leaf, plen)
    at = -1
    if li is not None:
        at = fib_find_alias(li.falh, tos, fi.fib_priority)
        if at >= 0 and same_key(li.falh[at], tos, fi.fib_priority):
            if cfg.fc_nlflags & netlink.NLM_F_EXCL:
                fib_release_info(fi)
                return -errno.EEXIST
            first = at
            match = -1
            while at < len(li.falh) and same_key(li.falh[at], tos, fi.fib_priority):
                if li.falh[at].fa_type == cfg.fc_type and li.falh[at].fa_info is fi:
                    match = at
                    break
                at += 1
            if cfg.fc_nlflags & netlink.NLM_F_REPLACE:
                return fib_replace_alias(tb, cfg, li, first, match, fi)
            if match >= 0:
                fib_release_info(fi)
                return -errno.EEXIST
            if not cfg.fc_nlflags & netlink.NLM_F_APPEND:
                at = first
    if not cfg.fc_nlflags & netlink.NLM_F_CREATE:
        fib_release_info(fi)
        return -errno.ENOENT
    new_fa = FibAlias(fi, tos, cfg.fc_type)
    falh = fib_insert_node(tb, key, plen) if li is None else li.falh
    falh.insert(at if at >= 0 else len(falh), new_fa)
    if plen == 0:
        tb.tb_num_default += 1
    rt_cache_flush(tb.net, -1)
    rtmsg_fib(rtnl.RTM_NEWROUTE, key, new_fa, plen, tb, 0)
    return 0


def fib_replace_alias(
    tb: FibTrie, cfg: FibConfig, li: LeafInfo, first: int, match: int, fi: FibInfo
) -> int:
    """NLM_F_REPLACE: the first route of that TOS and priority makes way for the new one."""
    if match >= 0:
        fib_release_info(fi)
        return 0 if match == first else -errno.EEXIST
    old = li.falh[first]
    new_fa = FibAlias(fi, old.fa_tos, cfg.fc_type)
    li.falh[first] = new_fa
    fib_release_info(old.fa_info)
    if old.fa_accessed:
        rt_cache_flush(tb.net, -1)
    rtmsg_fib(rtnl.RTM_NEWROUTE, cfg.fc_dst, new_fa, cfg.fc_dst_len, tb, netlink.NLM_F_REPLACE)
    return 0


def fib_table_delete(tb: FibTrie, cfg: FibConfig) -> int:
    """fib_table_delete(): delete the first route that fits all that cfg says.

    Type 0, scope RT_SCOPE_NOWHERE, protocol 0, and 0 for anything else say nothing. 0, -EINVAL,
    -ESRCH."""
    if bad_prefix(cfg):
        return -errno.EINVAL
    leaf = fib_find_node(tb, cfg.fc_dst)
    li = None if leaf is None else find_leaf_info(leaf, cfg.fc_dst_len)
    if leaf is None or li is None:
        return -errno.ESRCH
    at = fib_find_alias(li.falh, cfg.fc_tos, 0)
    while 0 <= at < len(li.falh):
        fa = li.falh[at]
        if fa.fa_tos != cfg.fc_tos:
            break
        if fib_alias_fits(fa, cfg):
            rtmsg_fib(rtnl.RTM_DELROUTE, cfg.fc_dst, fa, cfg.fc_dst_len, tb, 0)
            fib_remove_alias(tb, leaf, li, fa)
            if fa.fa_accessed:
                rt_cache_flush(tb.net, -1)
            return 0
        at += 1
    return -errno.ESRCH


def fib_alias_fits(fa: FibAlias, cfg: FibConfig) -> bool:
    """Does everything that cfg says hold for fa?"""
    fi = fa.fa_info
    return (
        cfg.fc_type in (0, fa.fa_type)
        and cfg.fc_scope in (rtnl.RT_SCOPE_NOWHERE, fi.fib_scope)
        and cfg.fc_prefsrc in (0, fi.fib_prefsrc)
        and cfg.fc_protocol in (0, fi.fib_protocol)
        and fib_nh_match(cfg, fi)
    )


def fib_remove_alias(tb: FibTrie, leaf: Leaf, li: LeafInfo, fa: FibAlias) -> None:
    """Take fa out, and what is empty without it."""
    li.falh.remove(fa)
    if li.plen == 0:
        tb.tb_num_default -= 1
    if not li.falh:
        leaf.infos.remove(li)
        if not leaf.infos:
            trie_leaf_remove(tb, leaf)
    fib_release_info(fa.fa_info)


def fib_table_flush(tb: FibTrie) -> int:
    """fib_table_flush(): drop every route whose fib_info is dead; how many there were."""
    found = 0
    for leaf in trie_leaves(tb):
        for li in list(leaf.infos):
            for fa in list(li.falh):
                if fa.fa_info.fib_flags & rtnl.RTNH_F_DEAD:
                    fib_remove_alias(tb, leaf, li, fa)
                    found += 1
    return found


def fib_table_dump(tb: FibTrie) -> list[tuple[int, int, FibAlias]]:
    """fib_table_dump(): (destination, length, alias) of every route, in netlink's order."""
    return [
        (leaf.key, li.plen, fa) for leaf in trie_leaves(tb) for li in leaf.infos for fa in li.falh
    ]
