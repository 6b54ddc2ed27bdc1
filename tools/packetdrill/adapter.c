/* softnet as a shared object for packetdrill's --so_filename.
 *
 * packetdrill_interface_init() fills the table of callbacks that the binary calls instead of the
 * kernel. Python is embedded; what the callbacks do is in softnet.lab.packetdrill.adapter. Each one
 * takes the GIL, hands its arguments over as ints and bytes, and copies the answer back.
 *
 * The table's members, their order and types are the binary's ABI. Built by `make packetdrill-adapter`;
 * SOFTNET_PATH (a macro) is where the package is, unless PYTHONPATH says otherwise.
 */
#define PY_SSIZE_T_CLEAN
#define _GNU_SOURCE
#include <Python.h>
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "interface.h"

struct adapter {
    PyObject *object;          /* adapter.Adapter */
    atomic_llong now_us;       /* the host's clock when it answered last */
    atomic_llong elapsed_us;   /* what gettimeofday() added since */
};

/* ---- calling Python */

static void give_up(const char *what)
{
    fprintf(stderr, "softnet: %s\n", what);
    if (PyErr_Occurred())
        PyErr_Print();
    exit(EXIT_FAILURE);
}

/* call(name, elapsed, args...), args by format as Py_BuildValue() takes them, a tuple. The answer is a
 * tuple (result, errno, ..., now); its result is returned and errno set. NULL out: no more is wanted.
 * The GIL is held on return if out is not NULL. */
static long long call(void *userdata, PyObject **out, PyGILState_STATE *gil, const char *name,
                      const char *format, ...)
{
    struct adapter *a = userdata;
    *gil = PyGILState_Ensure();
    va_list list;
    va_start(list, format);
    PyObject *args = Py_VaBuildValue(format, list);
    va_end(list);
    long long elapsed = atomic_exchange(&a->elapsed_us, 0);
    PyObject *method = PyObject_GetAttrString(a->object, "call");
    PyObject *head = Py_BuildValue("(sL)", name, elapsed);
    PyObject *all = args && head ? PySequence_Concat(head, args) : NULL;
    PyObject *answer = method && all ? PyObject_CallObject(method, all) : NULL;
    Py_XDECREF(method);
    Py_XDECREF(head);
    Py_XDECREF(args);
    Py_XDECREF(all);
    if (answer == NULL || !PyTuple_Check(answer) || PyTuple_GET_SIZE(answer) < 3)
        give_up(name);
    long long result = PyLong_AsLongLong(PyTuple_GET_ITEM(answer, 0));
    int error = (int)PyLong_AsLong(PyTuple_GET_ITEM(answer, 1));
    Py_ssize_t last = PyTuple_GET_SIZE(answer) - 1;
    long long now = PyLong_AsLongLong(PyTuple_GET_ITEM(answer, last));
    if (PyErr_Occurred())
        give_up(name);
    if (now > atomic_load(&a->now_us))
        atomic_store(&a->now_us, now);
    if (out != NULL) {
        *out = answer;
    } else {
        Py_DECREF(answer);
        PyGILState_Release(*gil);
    }
    errno = error;
    return result;
}

static void done(PyObject *answer, PyGILState_STATE gil)
{
    int error = errno;
    Py_DECREF(answer);
    PyGILState_Release(gil);
    errno = error;
}

/* Bytes at place `at` of an answer into buf, room bytes at most; how many there were. */
static size_t copy_out(PyObject *answer, int at, void *buf, size_t room)
{
    char *data;
    Py_ssize_t n;
    if (PyTuple_GET_SIZE(answer) <= at || PyBytes_AsStringAndSize(PyTuple_GET_ITEM(answer, at), &data, &n) < 0)
        give_up("an answer without its bytes");
    if (buf != NULL)
        memcpy(buf, data, (size_t)n < room ? (size_t)n : room);
    return (size_t)n;
}

static void copy_address(PyObject *answer, int at, struct sockaddr *addr, socklen_t *len)
{
    if (addr != NULL && len != NULL)
        *len = (socklen_t)copy_out(answer, at, addr, *len);
}

#define SIMPLE(...) do { PyGILState_STATE gil; return call(u, NULL, &gil, __VA_ARGS__); } while (0)

/* ---- the callbacks */

static int pd_socket(void *u, int domain, int type, int protocol)
{
    SIMPLE("socket", "(iii)", domain, type, protocol);
}

static int pd_bind(void *u, int fd, const struct sockaddr *addr, socklen_t len)
{
    SIMPLE("bind", "(iy#)", fd, addr, (Py_ssize_t)len);
}

static int pd_listen(void *u, int fd, int backlog)
{
    SIMPLE("listen", "(ii)", fd, backlog);
}

static int pd_accept(void *u, int fd, struct sockaddr *addr, socklen_t *len)
{
    PyGILState_STATE gil;
    PyObject *answer;
    int result = (int)call(u, &answer, &gil, "accept", "(i)", fd);
    if (result >= 0)
        copy_address(answer, 2, addr, len);
    done(answer, gil);
    return result;
}

static int pd_connect(void *u, int fd, const struct sockaddr *addr, socklen_t len)
{
    SIMPLE("connect", "(iy#)", fd, addr, (Py_ssize_t)len);
}

static ssize_t pd_read(void *u, int fd, void *buf, size_t count)
{
    PyGILState_STATE gil;
    PyObject *answer;
    ssize_t result = call(u, &answer, &gil, "read", "(in)", fd, (Py_ssize_t)count);
    if (result >= 0)
        copy_out(answer, 2, buf, count);
    done(answer, gil);
    return result;
}

static size_t vector_size(const struct iovec *iov, int count)
{
    size_t size = 0;
    for (int i = 0; i < count; i++)
        size += iov[i].iov_len;
    return size;
}

static void scatter(const struct iovec *iov, int count, const char *data, size_t left)
{
    for (int i = 0; i < count && left > 0; i++) {
        size_t n = iov[i].iov_len < left ? iov[i].iov_len : left;
        memcpy(iov[i].iov_base, data, n);
        data += n;
        left -= n;
    }
}

static char *gather(const struct iovec *iov, int count, size_t size)
{
    char *data = malloc(size + 1), *at = data;
    for (int i = 0; i < count; i++) {
        memcpy(at, iov[i].iov_base, iov[i].iov_len);
        at += iov[i].iov_len;
    }
    return data;
}

static ssize_t pd_recvfrom(void *u, int fd, void *buf, size_t len, int flags,
                           struct sockaddr *addr, socklen_t *addrlen)
{
    PyGILState_STATE gil;
    PyObject *answer;
    ssize_t result = call(u, &answer, &gil, "recv", "(ini)", fd, (Py_ssize_t)len, flags);
    if (result >= 0) {
        copy_out(answer, 2, buf, len);
        copy_address(answer, 3, addr, addrlen);
    }
    done(answer, gil);
    return result;
}

static ssize_t pd_recv(void *u, int fd, void *buf, size_t len, int flags)
{
    return pd_recvfrom(u, fd, buf, len, flags, NULL, NULL);
}

static ssize_t pd_recvmsg(void *u, int fd, struct msghdr *msg, int flags)
{
    size_t size = vector_size(msg->msg_iov, (int)msg->msg_iovlen);
    PyGILState_STATE gil;
    PyObject *answer;
    ssize_t result = call(u, &answer, &gil, "recv", "(ini)", fd, (Py_ssize_t)size, flags);
    if (result >= 0) {
        char *data = malloc(size + 1);
        size_t n = copy_out(answer, 2, data, size);
        scatter(msg->msg_iov, (int)msg->msg_iovlen, data, n);
        free(data);
        copy_address(answer, 3, msg->msg_name, &msg->msg_namelen);
        msg->msg_flags = (int)PyLong_AsLong(PyTuple_GET_ITEM(answer, 4));
        msg->msg_controllen = 0;
    }
    done(answer, gil);
    return result;
}

static ssize_t pd_readv(void *u, int fd, const struct iovec *iov, int count)
{
    size_t size = vector_size(iov, count);
    char *data = malloc(size + 1);
    ssize_t n = pd_read(u, fd, data, size);
    if (n > 0)
        scatter(iov, count, data, (size_t)n);
    free(data);
    return n;
}

static ssize_t pd_write(void *u, int fd, const void *buf, size_t count)
{
    SIMPLE("write", "(iy#)", fd, buf, (Py_ssize_t)count);
}

static ssize_t pd_sendto(void *u, int fd, const void *buf, size_t len, int flags,
                         const struct sockaddr *addr, socklen_t addrlen)
{
    if (addr == NULL) {
        addr = (const struct sockaddr *)"";
        addrlen = 0;
    }
    SIMPLE("send", "(iy#iy#)", fd, buf, (Py_ssize_t)len, flags, addr, (Py_ssize_t)addrlen);
}

static ssize_t pd_send(void *u, int fd, const void *buf, size_t len, int flags)
{
    return pd_sendto(u, fd, buf, len, flags, NULL, 0);
}

static ssize_t pd_writev(void *u, int fd, const struct iovec *iov, int count)
{
    size_t size = vector_size(iov, count);
    char *data = gather(iov, count, size);
    ssize_t n = pd_write(u, fd, data, size);
    free(data);
    return n;
}

static ssize_t pd_sendmsg(void *u, int fd, const struct msghdr *msg, int flags)
{
    size_t size = vector_size(msg->msg_iov, (int)msg->msg_iovlen);
    char *data = gather(msg->msg_iov, (int)msg->msg_iovlen, size);
    ssize_t n = pd_sendto(u, fd, data, size, flags, msg->msg_name, msg->msg_namelen);
    free(data);
    return n;
}

static int pd_fcntl(void *u, int fd, int cmd, ...)
{
    va_list list;
    va_start(list, cmd);
    long arg = va_arg(list, long);
    va_end(list);
    SIMPLE("fcntl", "(iii)", fd, cmd, (int)arg);
}

static int pd_ioctl(void *u, int fd, unsigned long request, ...)
{
    va_list list;
    va_start(list, request);
    int *arg = va_arg(list, int *);
    va_end(list);
    PyGILState_STATE gil;
    PyObject *answer;
    int result = (int)call(u, &answer, &gil, "ioctl", "(ik)", fd, request);
    if (result >= 0 && arg != NULL)
        *arg = (int)PyLong_AsLong(PyTuple_GET_ITEM(answer, 2));
    done(answer, gil);
    return result;
}

static int pd_close(void *u, int fd)
{
    SIMPLE("close", "(i)", fd);
}

static int pd_shutdown(void *u, int fd, int how)
{
    SIMPLE("shutdown", "(ii)", fd, how);
}

static int pd_getsockopt(void *u, int fd, int level, int option, void *value, socklen_t *len)
{
    PyGILState_STATE gil;
    PyObject *answer;
    int room = (int)*len;
    int result = (int)call(u, &answer, &gil, "getsockopt", "(iiii)", fd, level, option, room);
    if (result >= 0)
        *len = (socklen_t)copy_out(answer, 2, value, *len);
    done(answer, gil);
    return result;
}

static int pd_setsockopt(void *u, int fd, int level, int option, const void *value, socklen_t len)
{
    SIMPLE("setsockopt", "(iiiy#)", fd, level, option, value, (Py_ssize_t)len);
}

static int pd_poll(void *u, struct pollfd *fds, nfds_t count, int timeout)
{
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *rows = PyList_New((Py_ssize_t)count), *answer;
    for (nfds_t i = 0; i < count; i++)
        PyList_SET_ITEM(rows, (Py_ssize_t)i, Py_BuildValue("(ii)", fds[i].fd, (int)fds[i].events));
    PyGILState_STATE inner;
    int result = (int)call(u, &answer, &inner, "poll", "(Oi)", rows, timeout);
    Py_DECREF(rows);
    if (result >= 0)
        for (nfds_t i = 0; i < count; i++) {
            PyObject *revents = PyTuple_GET_ITEM(answer, 2);
            fds[i].revents = (short)PyLong_AsLong(PyList_GET_ITEM(revents, (Py_ssize_t)i));
        }
    done(answer, inner);
    int error = errno;
    PyGILState_Release(gil);
    errno = error;
    return result;
}

static int pd_netdev_send(void *u, const void *buf, size_t count)
{
    SIMPLE("netdev_send", "(y#)", buf, (Py_ssize_t)count);
}

static int pd_netdev_receive(void *u, void *buf, size_t *count, long long *time_usecs)
{
    PyGILState_STATE gil;
    PyObject *answer;
    int result = (int)call(u, &answer, &gil, "netdev_receive", "()");
    size_t n = copy_out(answer, 2, buf, *count);
    *count = n < *count ? n : *count;
    *time_usecs = PyLong_AsLongLong(PyTuple_GET_ITEM(answer, 3));
    done(answer, gil);
    return result;
}

static int pd_usleep(void *u, useconds_t usec)
{
    SIMPLE("usleep", "(I)", (unsigned int)usec);
}

static int pd_gettimeofday(void *u, struct timeval *tv, struct timezone *tz)
{
    struct adapter *a = u;
    (void)tz;
    long long now = atomic_load(&a->now_us) + atomic_fetch_add(&a->elapsed_us, 1);
    tv->tv_sec = now / 1000000;
    tv->tv_usec = now % 1000000;
    return 0;
}

static int pd_epoll_create(void *u, int size)
{
    if (size <= 0) {
        errno = EINVAL;
        return -1;
    }
    SIMPLE("epoll_create", "()");
}

static int pd_epoll_ctl(void *u, int epfd, int op, int fd, struct epoll_event *event)
{
    unsigned int events = event == NULL ? 0 : event->events;
    unsigned long long data = event == NULL ? 0 : event->data.u64;
    SIMPLE("epoll_ctl", "(iiiIK)", epfd, op, fd, events, data);
}

static int pd_epoll_wait(void *u, int epfd, struct epoll_event *events, int most, int timeout)
{
    PyGILState_STATE gil;
    PyObject *answer;
    int result = (int)call(u, &answer, &gil, "epoll_wait", "(iii)", epfd, most, timeout);
    for (int i = 0; i < result; i++) {
        PyObject *row = PyList_GET_ITEM(PyTuple_GET_ITEM(answer, 2), i);
        events[i].events = (uint32_t)PyLong_AsUnsignedLong(PyTuple_GET_ITEM(row, 0));
        events[i].data.u64 = PyLong_AsUnsignedLongLong(PyTuple_GET_ITEM(row, 1));
    }
    done(answer, gil);
    return result;
}

static int pd_pipe(void *u, int pipefd[2])
{
    PyGILState_STATE gil;
    PyObject *answer;
    int result = (int)call(u, &answer, &gil, "pipe", "()");
    if (result >= 0) {
        pipefd[0] = (int)PyLong_AsLong(PyTuple_GET_ITEM(answer, 2));
        pipefd[1] = (int)PyLong_AsLong(PyTuple_GET_ITEM(answer, 3));
    }
    done(answer, gil);
    return result;
}

static int pd_splice(void *u, int in, loff_t *off_in, int out, loff_t *off_out, size_t len,
                     unsigned int flags)
{
    if (off_in != NULL || off_out != NULL) {
        errno = ESPIPE;
        return -1;
    }
    SIMPLE("splice", "(iinI)", in, out, (Py_ssize_t)len, flags);
}

static void pd_free(void *u)
{
    struct adapter *a = u;
    PyGILState_STATE gil = PyGILState_Ensure();
    PyObject *none = PyObject_CallMethod(a->object, "free", NULL);
    if (none == NULL)
        give_up("free");
    Py_DECREF(none);
    Py_DECREF(a->object);
    PyGILState_Release(gil);
    free(a);
}

/* ---- the entry */

/* Extension modules look for Python's symbols among the global ones; whoever opened us kept them local. */
static void start_python(void)
{
    if (Py_IsInitialized())
        return;
    if (dlopen(SOFTNET_LIBPYTHON, RTLD_NOW | RTLD_GLOBAL) == NULL)
        give_up(dlerror());
    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.install_signal_handlers = 0;
    PyConfig_SetBytesString(&config, &config.executable, SOFTNET_PYTHON);
    if (getenv("PYTHONPATH") == NULL)
        PyConfig_SetBytesString(&config, &config.pythonpath_env, SOFTNET_PATH);
    PyStatus status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    if (PyStatus_Exception(status))
        give_up(status.err_msg == NULL ? "Python does not start" : status.err_msg);
    PyEval_SaveThread();
}

void packetdrill_interface_init(const char *flags, struct packetdrill_interface *ifc)
{
    start_python();
    PyGILState_STATE gil = PyGILState_Ensure();
    struct adapter *a = calloc(1, sizeof *a);
    PyObject *module = PyImport_ImportModule("softnet.lab.packetdrill.adapter");
    if (a == NULL || module == NULL)
        give_up("the package softnet cannot be imported");
    a->object = PyObject_CallMethod(module, "Adapter", "s", flags == NULL ? "" : flags);
    PyObject *now = a->object == NULL ? NULL : PyObject_GetAttrString(a->object, "now_us");
    if (now == NULL)
        give_up("the host does not boot");
    atomic_store(&a->now_us, PyLong_AsLongLong(now));
    Py_DECREF(now);
    Py_DECREF(module);
    PyGILState_Release(gil);
    *ifc = (struct packetdrill_interface){
        a, pd_free, pd_socket, pd_bind, pd_listen, pd_accept, pd_connect, pd_read, pd_readv, pd_recv,
        pd_recvfrom, pd_recvmsg, pd_write, pd_writev, pd_send, pd_sendto, pd_sendmsg, pd_fcntl, pd_ioctl,
        pd_close, pd_shutdown, pd_getsockopt, pd_setsockopt, pd_poll, pd_netdev_send, pd_netdev_receive,
        pd_usleep, pd_gettimeofday, pd_epoll_create, pd_epoll_ctl, pd_epoll_wait, pd_pipe, pd_splice,
    };
}
