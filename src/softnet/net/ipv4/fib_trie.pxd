cimport cython
cimport softnet.arch.mem as mem
cimport softnet.uapi.rtnetlink as rtnl
from softnet.arch.types cimport i64
from softnet.net.ipv4.fib_semantics cimport fib_props_error
from softnet.structs.fib cimport FibAlias, FibConfig, FibInfo, FibNh, FibResult, FibTable
from softnet.structs.flow cimport Flowi4

cdef class RtTrieNode
cdef class Tnode
cdef class Leaf

cdef i64 KEYLENGTH, EAGAIN, MAX_WORK, INFLATE_THRESHOLD, INFLATE_THRESHOLD_ROOT
cdef i64 HALVE_THRESHOLD, HALVE_THRESHOLD_ROOT


@cython.final
cdef class LeafInfo:
    cdef public i64 plen, mask_plen
    cdef public list falh


cdef class RtTrieNode:
    cdef public i64 key, pos, bits
    cdef public Tnode parent


@cython.final
cdef class Leaf(RtTrieNode):
    cdef public list infos


@cython.final
cdef class Tnode(RtTrieNode):
    cdef public list child
    cdef public i64 size, full_children, empty_children


cdef class FibTrie(FibTable):
    cdef public RtTrieNode trie

    @cython.locals(key=i64, n=RtTrieNode, pn=Tnode, parent=Tnode, chopped_off=i64, plen=i64,
                   cindex=i64, err=i64, plen_below=i64)
    cpdef i64 lookup(self, Flowi4 flp, FibResult res) except? -1

@cython.locals(tn=Tnode, mismatch=i64, mp=i64)
cdef i64 descend(Tnode pn, RtTrieNode n, i64 key, i64 plen) except? -1
@cython.locals(leaf=Leaf, li=LeafInfo, fa=FibAlias, fi=FibInfo, nh=FibNh, err=i64, nhsel=i64)
cdef i64 check_leaf(FibTrie tb, RtTrieNode n, i64 key, Flowi4 flp, FibResult res) except? -1
cpdef i64 mask_pfx(i64 k, i64 n) except? -1
cpdef i64 tkey_extract_bits(i64 a, i64 offset, i64 bits) except? -1
cdef bint tkey_sub_equals(i64 a, i64 offset, i64 bits, i64 b) except? -1
@cython.locals(diff=i64)
cdef i64 tkey_mismatch(i64 a, i64 offset, i64 b) except? -1
@cython.locals(n=i64)
cdef i64 bit_length(i64 v) except? -1
cpdef bint tnode_full(Tnode tn, RtTrieNode n) except? -1
@cython.locals(chi=RtTrieNode, isfull=i64)
cdef void put_child(Tnode tn, i64 i, RtTrieNode n, i64 wasfull=*) except *
@cython.locals(inflate_at=i64, halve_at=i64, work=i64)
cdef RtTrieNode resize(Tnode tn)
@cython.locals(n=RtTrieNode)
cdef RtTrieNode only_child(Tnode tn)
@cython.locals(tn=Tnode, i=i64, j=i64, node=RtTrieNode, inode=Tnode, bit=i64, left=Tnode,
               right=Tnode, half=i64)
cdef Tnode inflate(Tnode oldtn)
@cython.locals(tn=Tnode, i=i64, left=RtTrieNode, right=RtTrieNode, one=RtTrieNode, pair=Tnode)
cdef Tnode halve(Tnode oldtn)
@cython.locals(key=i64, tp=Tnode, cindex=i64, wasfull=i64)
cdef void trie_rebalance(FibTrie t, Tnode tn) except *
@cython.locals(pos=i64, n=RtTrieNode, tn=Tnode)
cpdef Leaf fib_find_node(FibTrie t, i64 key)
@cython.locals(li=LeafInfo)
cpdef LeafInfo find_leaf_info(Leaf leaf, i64 plen)
@cython.locals(li=LeafInfo, at=i64, other=LeafInfo)
cdef LeafInfo insert_leaf_info(Leaf leaf, i64 plen)
@cython.locals(leaf=Leaf, li=LeafInfo, pos=i64, tp=Tnode, n=RtTrieNode, newpos=i64, tn=Tnode,
               missbit=i64)
cdef list fib_insert_node(FibTrie t, i64 key, i64 plen)
@cython.locals(tp=Tnode)
cdef void trie_leaf_remove(FibTrie t, Leaf leaf) except *
@cython.locals(found=list, stack=list, n=RtTrieNode, tn=Tnode, i=i64, child=RtTrieNode)
cpdef list trie_leaves(FibTrie t)
@cython.locals(i=i64, fa=FibAlias, fi=FibInfo)
cdef i64 fib_find_alias(list fah, i64 tos, i64 prio) except? -1
@cython.locals(fi=FibInfo)
cdef bint same_key(FibAlias fa, i64 tos, i64 prio) except -1
cdef bint bad_prefix(FibConfig cfg) except -1
