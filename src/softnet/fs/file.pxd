cimport cython
cimport softnet.uapi.fcntl as fcntl
cimport softnet.uapi.poll as poll_
from softnet.arch.types cimport i64
from softnet.kernel.wait cimport WaitQueueHead

cdef class FdTable
cdef class PollTable
cdef class FileOps
cdef class File
cdef class EpollLink

@cython.final
cdef class FdTable:
    cdef public i64 base
    cdef public list files
    cdef public set cloexec
    cdef public i64 count
    cdef public i64 limit
    cdef public i64 next_fd
    @cython.locals(i=i64, file=File)
    cpdef File fget(self, i64 fd)
    cpdef i64 fd_install(self, File file, bint cloexec=*, i64 start=*) except? -1
    cpdef i64 replace(self, File file, i64 fd, bint cloexec) except? -1
    cpdef int close(self, i64 fd) except -1
    cpdef int close_all(self) except -1
    cpdef FdTable fork(self)

cdef class PollTable:
    cpdef void queue(self, File file, WaitQueueHead wq) except *

cdef class FileOps:
    cpdef bytes read(self, File file, i64 size)
    cpdef i64 write(self, File file, object data) except? -1
    cpdef i64 poll(self, File file, PollTable pt) except? -1
    cpdef object ioctl(self, File file, i64 cmd, object arg)
    cpdef void release(self, File file) except *

@cython.final
@cython.freelist(64)
cdef class File:
    cdef public FileOps f_op
    cdef public i64 f_flags
    cdef public i64 f_count
    cdef public object private_data
    cdef public list ep_links
    cpdef bint nonblock(self) except? -1

cdef class EpollLink:
    cpdef void file_released(self, File file) except *

@cython.locals(file=File)
cpdef File new_file(FileOps f_op, i64 f_flags, object private_data)
cdef int init_file(File file, FileOps f_op, i64 f_flags, object private_data) except -1

cpdef File get_file(File file)

cpdef int fput(File file) except -1

cpdef int poll_wait(File file, WaitQueueHead wq, PollTable pt) except -1
