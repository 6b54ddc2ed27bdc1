/* Start a real program whose system calls are answered by the simulator: usr/binary/.

   spawn() forks and, in the child, installs a seccomp filter that stops the calls named by the caller
   (SECCOMP_RET_USER_NOTIF) and then executes the program: from its first instruction on. The filter
   is inherited by all threads and children and cannot be taken off. Everything else about the calls
   is Python's: this file holds what must happen between fork() and execve(), where Python cannot run,
   and the numbers of the system calls on this architecture.

   Linux: kernel/seccomp.c (5.9 or newer: SECCOMP_IOCTL_NOTIF_ADDFD), kernel/pid.c (pidfd_getfd). */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_futex_waitv
#define SYS_futex_waitv 449
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SECCOMP_FILTER_FLAG_NEW_LISTENER
#define SECCOMP_FILTER_FLAG_NEW_LISTENER (1UL << 3)
#endif
#ifndef SECCOMP_RET_USER_NOTIF
#define SECCOMP_RET_USER_NOTIF 0x7fc00000U
#endif

#if defined(__x86_64__)
#define MY_ARCH AUDIT_ARCH_X86_64
#else
#define MY_ARCH AUDIT_ARCH_AARCH64
#endif

enum { TRAPS_MAX = 240, FIXED = 8, WORDS_MAX = 4096 };

struct number {
    const char *name;
    int nr;
};

#define N(name) {#name, SYS_##name}

/* Every call that the simulator may want to answer, or to name in a report. */
static const struct number numbers[] = {
    N(socket), N(socketpair), N(bind), N(connect), N(listen), N(accept), N(accept4), N(sendto),
    N(recvfrom), N(sendmsg), N(recvmsg), N(sendmmsg), N(recvmmsg), N(shutdown), N(getsockname),
    N(getpeername), N(setsockopt), N(getsockopt), N(read), N(write), N(readv), N(writev),
    N(sendfile), N(splice), N(tee), N(ioctl), N(fcntl), N(ppoll), N(pselect6), N(epoll_create1),
    N(epoll_ctl), N(epoll_pwait), N(epoll_pwait2), N(pipe2), N(eventfd2), N(timerfd_create),
    N(timerfd_settime), N(timerfd_gettime), N(clock_gettime), N(clock_nanosleep), N(nanosleep),
    N(gettimeofday), N(setitimer), N(getitimer), N(timer_create), N(times), N(futex),
    N(futex_waitv), N(sched_yield), N(clone), N(clone3), N(execve), N(execveat), N(exit),
    N(exit_group), N(wait4), N(waitid), N(kill), N(tkill), N(tgkill), N(rt_sigqueueinfo),
    N(set_robust_list), N(openat), N(getrandom), N(uname), N(rt_sigtimedwait), N(rt_sigsuspend),
    N(flock), N(mq_timedreceive), N(msgrcv), N(semtimedop), N(io_getevents), N(sched_getaffinity),
    N(copy_file_range), N(pread64), N(ptrace), N(inotify_init1), N(signalfd4), N(mmap), N(brk),
    N(fsync), N(openat2), N(pidfd_open), N(timer_settime),
#if defined(__x86_64__)
    N(arch_prctl), N(open), N(poll), N(select), N(epoll_create), N(epoll_wait), N(pipe), N(eventfd),
    N(time), N(alarm), N(pause), N(fork), N(vfork),
#endif
};

/* The filter: another architecture's calls and io_uring do not exist, traps are notified. */
static int write_filter(struct sock_filter *f, const int *traps, int n)
{
    int i = 0, k;
    f[i++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                          offsetof(struct seccomp_data, arch));
    f[i++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MY_ARCH, 1, 0);
    f[i++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    f[i++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                          offsetof(struct seccomp_data, nr));
    f[i++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1);
    f[i++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS);
    for (k = 0; k < n; k++)
        f[i++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, traps[k], n - k, 0);
    f[i++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    f[i++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
    return i;
}

struct start {
    char *path, *cwd;
    char **argv, **envp;
    int fds[3];
    struct sock_fprog filter;
    volatile int *listener; /* shared with the parent: the descriptor's number, or -errno */
};

/* In the child, between fork() and execve(): async-signal-safe calls alone. */
static void child(const struct start *s)
{
    sigset_t none;
    int sig, fd, kept[3];
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (sig = 1; sig < NSIG; sig++)
        signal(sig, SIG_DFL);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    personality(ADDR_NO_RANDOMIZE);
    for (fd = 0; fd < 3; fd++) /* out of the way of 0, 1 and 2 first */
        kept[fd] = fcntl(s->fds[fd], F_DUPFD, 3);
    for (fd = 0; fd < 3; fd++)
        dup2(kept[fd], fd);
    syscall(SYS_close_range, 3U, ~0U, 0);
    if (s->cwd != NULL && chdir(s->cwd) != 0) {
        *s->listener = -errno;
        _exit(127);
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        *s->listener = -errno;
        _exit(127);
    }
    fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                 &s->filter);
    if (fd < 0) {
        *s->listener = -errno;
        _exit(127);
    }
    *s->listener = fd;
    execve(s->path, s->argv, s->envp);
    _exit(127);
}

/* A list of bytes objects as a C array that ends with NULL; the strings stay the list's. */
static int c_strings(PyObject *list, char **out)
{
    Py_ssize_t i, n = PyList_GET_SIZE(list);
    if (n >= WORDS_MAX) {
        PyErr_SetString(PyExc_ValueError, "too many words");
        return -1;
    }
    for (i = 0; i < n; i++) {
        out[i] = PyBytes_AsString(PyList_GET_ITEM(list, i));
        if (out[i] == NULL)
            return -1;
    }
    out[n] = NULL;
    return 0;
}

/* Wait for the child's word, then fetch its listener; (pidfd, listener) or an exception. */
static PyObject *fetch(pid_t pid, volatile int *shared)
{
    int said, pidfd, listener, e;
    while ((said = *shared) == 0)
        sched_yield();
    if (said < 0) {
        waitpid(pid, NULL, 0);
        errno = -said;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    pidfd = syscall(SYS_pidfd_open, pid, 0);
    listener = pidfd < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, pidfd, said, 0);
    if (listener < 0) {
        e = errno;
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        if (pidfd >= 0)
            close(pidfd);
        errno = e;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return Py_BuildValue("iii", (int)pid, pidfd, listener);
}

PyDoc_STRVAR(spawn_doc,
"spawn(path, argv, env, cwd, fds, traps) -> (pid, pidfd, listener)\n\n"
"Execute path, stopping the system calls in traps. Words are bytes; cwd may be None; fds are what\n"
"becomes 0, 1 and 2. OSError: what the kernel refused (not a failing execve(), which is a call).");

static PyObject *spawn(PyObject *module, PyObject *args)
{
    static char *argv[WORDS_MAX], *envp[WORDS_MAX];
    static struct sock_filter program[TRAPS_MAX + FIXED];
    struct start s;
    PyObject *argl, *envl, *cwd, *trapl, *made;
    int traps[TRAPS_MAX], n, i;
    volatile int *shared;
    pid_t pid;
    if (!PyArg_ParseTuple(args, "yO!O!O(iii)O!", &s.path, &PyList_Type, &argl, &PyList_Type, &envl,
                          &cwd, &s.fds[0], &s.fds[1], &s.fds[2], &PyList_Type, &trapl))
        return NULL;
    if (c_strings(argl, argv) < 0 || c_strings(envl, envp) < 0)
        return NULL;
    s.cwd = cwd == Py_None ? NULL : PyBytes_AsString(cwd);
    if (s.cwd == NULL && cwd != Py_None)
        return NULL;
    n = (int)PyList_GET_SIZE(trapl);
    if (n > TRAPS_MAX) {
        PyErr_SetString(PyExc_ValueError, "too many traps");
        return NULL;
    }
    for (i = 0; i < n; i++) {
        traps[i] = (int)PyLong_AsLong(PyList_GET_ITEM(trapl, i));
        if (traps[i] == -1 && PyErr_Occurred())
            return NULL;
    }
    s.argv = argv;
    s.envp = envp;
    s.filter.filter = program;
    s.filter.len = (unsigned short)write_filter(program, traps, n);
    shared = mmap(NULL, sizeof(int), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return PyErr_SetFromErrno(PyExc_OSError);
    *shared = 0;
    s.listener = shared;
    pid = fork();
    if (pid == 0)
        child(&s);
    made = pid < 0 ? PyErr_SetFromErrno(PyExc_OSError) : fetch(pid, shared);
    munmap((void *)shared, sizeof(int));
    return made;
}

PyDoc_STRVAR(getfd_doc, "getfd(pidfd, fd) -> a copy of that process's descriptor. OSError.");

static PyObject *getfd(PyObject *module, PyObject *args)
{
    int pidfd, fd, got;
    if (!PyArg_ParseTuple(args, "ii", &pidfd, &fd))
        return NULL;
    got = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
    if (got < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    return PyLong_FromLong(got);
}

PyDoc_STRVAR(pidfd_doc, "pidfd(pid) -> a descriptor that is readable once that process is dead.");

static PyObject *open_pidfd(PyObject *module, PyObject *args)
{
    int pid, got;
    if (!PyArg_ParseTuple(args, "i", &pid))
        return NULL;
    got = (int)syscall(SYS_pidfd_open, pid, 0);
    if (got < 0)
        return PyErr_SetFromErrno(PyExc_OSError);
    return PyLong_FromLong(got);
}

PyDoc_STRVAR(tgkill_doc, "tgkill(pid, tid, signum): send a signal to a thread, if it is there.");

static PyObject *send_thread(PyObject *module, PyObject *args)
{
    int pid, tid, signum;
    if (!PyArg_ParseTuple(args, "iii", &pid, &tid, &signum))
        return NULL;
    if (syscall(SYS_tgkill, pid, tid, signum) < 0 && errno != ESRCH)
        return PyErr_SetFromErrno(PyExc_OSError);
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"spawn", spawn, METH_VARARGS, spawn_doc},
    {"getfd", getfd, METH_VARARGS, getfd_doc},
    {"pidfd", open_pidfd, METH_VARARGS, pidfd_doc},
    {"tgkill", send_thread, METH_VARARGS, tgkill_doc},
    {NULL, NULL, 0, NULL},
};

static int fill(PyObject *module)
{
    size_t i;
    PyObject *table = PyDict_New();
    if (table == NULL)
        return -1;
    for (i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        PyObject *nr = PyLong_FromLong(numbers[i].nr);
        if (nr == NULL || PyDict_SetItemString(table, numbers[i].name, nr) < 0)
            return -1;
        Py_DECREF(nr);
    }
    return PyModule_AddObject(module, "NUMBERS", table);
}

#else /* elsewhere there is nothing to start */

static PyMethodDef methods[] = {{NULL, NULL, 0, NULL}};

static int fill(PyObject *module)
{
    return PyModule_AddObject(module, "NUMBERS", PyDict_New());
}

#endif

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_trap", "Real programs, stopped at their system calls.", -1, methods,
    NULL, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__trap(void)
{
    PyObject *module = PyModule_Create(&definition);
    if (module != NULL && fill(module) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}
