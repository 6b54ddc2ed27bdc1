"""Names of UNIX sockets: paths, abstract names, and those that the kernel chooses.

Linux: net/unix/af_unix.c (unix_mkname, unix_bind, unix_autobind, unix_find_other), unix(7)

A path belongs to the host, whatever the namespace: fs/namei says how. An abstract name begins with
NUL, belongs to its network namespace and goes with its socket.
"""

from __future__ import annotations

import errno
import os

import softnet.uapi.socket as uapi
from softnet.fs.namei import S_IFSOCK, FsRoot, fs_root
from softnet.structs.socket import Sockaddr, SockaddrUn
from softnet.structs.unix_sock import UnixSock, unix_net

AUTOBIND_NAMES = 1 << 20
SOCK_MODE = S_IFSOCK | 0o755  # what the usual umask leaves


def failure(number: int) -> OSError:
    """An OSError in the system's words."""
    return OSError(number, os.strerror(number))


def unix_mkname(addr: Sockaddr) -> bytes:
    """The name in addr, a path up to its first NUL; OSError(EINVAL) for none, or too long a one."""
    if not isinstance(addr, SockaddrUn) or not addr.path or len(addr.path) > uapi.UNIX_PATH_MAX:
        raise failure(errno.EINVAL)
    return addr.path if addr.path[0] == 0 else addr.path.split(b"\0", 1)[0]


def root_of(sk: UnixSock) -> FsRoot:
    """The file names of sk's host."""
    return fs_root(sk.sk_net.machine)


def unix_find_other(sk: UnixSock, addr: Sockaddr) -> UnixSock:
    """Whoever has the name addr. OSError: what path lookup says, ECONNREFUSED (nobody is bound to
    it), EPROTOTYPE (a path of a socket of another type)."""
    name = unix_mkname(addr)
    if name[0] == 0:
        found = unix_net(sk.sk_net).abstract.get((sk.sk_type, name))
        if found is None:
            raise failure(errno.ECONNREFUSED)
        return found
    inode = root_of(sk).lookup(name)
    owner = inode.owner if inode is not None else None
    if not isinstance(owner, UnixSock):
        raise failure(errno.ECONNREFUSED)
    if owner.sk_type != sk.sk_type:
        raise failure(errno.EPROTOTYPE)
    return owner


def unix_bind(sk: UnixSock, addr: Sockaddr) -> None:
    """Give sk the name addr, or one of the kernel's choice for an empty one.

    OSError: EINVAL (it has a name, or addr is none), EADDRINUSE, what making a file says.
    """
    if not isinstance(addr, SockaddrUn):
        raise failure(errno.EINVAL)
    if not addr.path:
        unix_autobind(sk)
        return
    name = unix_mkname(addr)
    if sk.addr is not None:
        raise failure(errno.EINVAL)
    if name[0] == 0:
        bind_abstract(sk, name)
        return
    try:
        inode = root_of(sk).mknod(name, SOCK_MODE)
    except FileExistsError:
        raise failure(errno.EADDRINUSE) from None
    inode.owner = sk
    sk.inode = inode
    sk.addr = name


def bind_abstract(sk: UnixSock, name: bytes) -> None:
    """Take an abstract name; OSError(EADDRINUSE)."""
    table = unix_net(sk.sk_net).abstract
    if (sk.sk_type, name) in table:
        raise failure(errno.EADDRINUSE)
    table[sk.sk_type, name] = sk
    sk.addr = name


def unix_autobind(sk: UnixSock) -> None:
    """An abstract name of five hex digits, unless sk has a name; OSError(ENOSPC) if all are taken.

    They count up from 00001, one sequence for the host, as 3.2 does; later kernels draw them.
    """
    if sk.addr is not None:
        return
    host = unix_net(sk.sk_net).host
    table = unix_net(sk.sk_net).abstract
    for _ in range(AUTOBIND_NAMES):
        name = b"\0%05x" % host.ordernum
        host.ordernum = host.ordernum + 1 & AUTOBIND_NAMES - 1
        if (sk.sk_type, name) not in table:
            bind_abstract(sk, name)
            return
    raise failure(errno.ENOSPC)


def unix_remove_socket(sk: UnixSock) -> None:
    """sk is closed: nobody finds it any more. A path stays, and leads to nobody."""
    unx = unix_net(sk.sk_net)
    del unx.sockets[sk]
    if sk.addr is not None and unx.abstract.get((sk.sk_type, sk.addr)) is sk:
        del unx.abstract[sk.sk_type, sk.addr]
    if sk.inode is not None and sk.inode.owner is sk:
        sk.inode.owner = None
    sk.inode = None
