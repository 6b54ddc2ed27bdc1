cimport cython
cimport softnet.uapi.socket as uapi
from softnet.arch.types cimport i64
from softnet.structs.skbuff cimport SkbDestructor, SkBuff
from softnet.structs.socket cimport MsgHdr
from softnet.structs.unix_sock cimport UnixSock

cdef i64 MAX_RECURSION_LEVEL


@cython.final
cdef class UnixDestructScm(SkbDestructor):
    cdef SkbDestructor wfree


cpdef object unix_scm_send(MsgHdr msg)
cpdef i64 unix_scm_to_skb(object cookie, SkBuff skb, bint send_fds) except? -1
@cython.locals(level=i64, u=UnixSock)
cpdef i64 unix_attach_fds(object cookie, object own, SkBuff skb) except? -1
cpdef object unix_detach_fds(object cookie)
cpdef bint passes_cred(UnixSock sk) except -1
cpdef void maybe_add_creds(SkBuff skb, UnixSock sk, UnixSock other) except *
cpdef object take_cookie(SkBuff skb, bint peek)
cpdef void unix_scm_recv(UnixSock sk, MsgHdr msg, object cookie, i64 flags) except *
