/* Redirect definitions of the standard library while a simulated program runs.
 *
 * A builtin function, a bound method and a method descriptor all lead to one PyMethodDef, and so
 * does specialised bytecode. A Redirect changes the function pointer in it, in place, and keeps the
 * calling convention: every copy of the function that anybody took at any time follows, and
 * disable() leaves nothing behind. Each redirected definition has a trampoline of its own, which
 * asks whether the call is meant for the simulation and else calls the original: that costs one
 * load and one jump.
 *
 * "User mode": the code that runs is that of a simulated program. A trampoline leaves it for as
 * long as its replacement runs, as a system call does; what the replacement calls is the real
 * thing. The flag belongs to a Context, one for each simulated thread, and changes hands with the
 * thread-state dictionary (threading.local), the hooks of asynchronous generators, and asyncio's
 * running loop in switch_in/switch_out.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>
#include <sys/mman.h>

#define SIM_FD (1 << 20) /* softnet.fs.file.FD_BASE_SIMULATED: descriptors from here up are ours */

/* ---- contexts ------------------------------------------------------------------------------ */

/* Since 3.13 threading.local finds a thread's values by two fields of their own. */
#if PY_VERSION_HEX >= 0x030D0000
#define LOCAL_FIELDS 1
#endif

typedef struct {
    PyObject_HEAD
    PyObject *dict; /* PyThreadState.dict while it does not run; NULL: not made yet */
#ifdef LOCAL_FIELDS
    PyObject *local_key, *local_sentinel; /* PyThreadState.threading_local_*, likewise */
#endif
    PyObject *firstiter, *finalizer; /* sys.set_asyncgen_hooks(), likewise */
    PyObject *loop; /* asyncio's running loop while it does not run, or NULL */
    int user;       /* was in user mode when it was switched out */
    int dying;      /* it was killed: what it says while it unwinds is nobody's to read */
} Context;

static int user_mode;             /* the code that runs is a simulated program's */
static Context *current;          /* NULL outside tasks */
static PyThreadState *sim_thread; /* the OS thread that the simulation runs in */
static PyObject *outer_dict;      /* the OS thread's own PyThreadState.dict while a task runs */
static PyObject *outer_firstiter, *outer_finalizer; /* and its hooks */
#ifdef LOCAL_FIELDS
static PyObject *outer_key, *outer_sentinel;
#endif
static PyObject *modules, *asyncio_name, *usr_name, *get_loop_name, *set_loop_name;

static inline int
in_user_mode(void)
{
    return user_mode && PyThreadState_Get() == sim_thread;
}

static int
context_traverse(Context *c, visitproc visit, void *arg)
{
    Py_VISIT(c->dict);
    Py_VISIT(c->loop);
    Py_VISIT(c->firstiter);
    Py_VISIT(c->finalizer);
#ifdef LOCAL_FIELDS
    Py_VISIT(c->local_key);
    Py_VISIT(c->local_sentinel);
#endif
    return 0;
}

static int
context_clear(Context *c)
{
    Py_CLEAR(c->dict);
    Py_CLEAR(c->loop);
    Py_CLEAR(c->firstiter);
    Py_CLEAR(c->finalizer);
#ifdef LOCAL_FIELDS
    Py_CLEAR(c->local_key);
    Py_CLEAR(c->local_sentinel);
#endif
    return 0;
}

static void
context_dealloc(Context *c)
{
    PyObject_GC_UnTrack(c);
    context_clear(c);
    Py_TYPE(c)->tp_free((PyObject *)c);
}

static PyObject *
context_forget(Context *c, PyObject *unused)
{
    /* The thread is over: destroy what threading.local kept for it. */
    if (c == current) {
        PyThreadState *ts = PyThreadState_Get();
        PyObject *old = ts->dict;
        ts->dict = NULL;
        Py_XDECREF(old);
        Py_CLEAR(ts->async_gen_firstiter);
        Py_CLEAR(ts->async_gen_finalizer);
#ifdef LOCAL_FIELDS
        Py_CLEAR(ts->threading_local_key);
        Py_CLEAR(ts->threading_local_sentinel); /* its weak references drop the values */
#endif
    }
    context_clear(c);
    Py_RETURN_NONE;
}

static PyMethodDef context_methods[] = {
    {"forget", (PyCFunction)context_forget, METH_NOARGS,
     "The thread is over: drop its thread-local values."},
    {NULL},
};

static PyMemberDef context_members[] = {
    {"dying", T_INT, offsetof(Context, dying), 0, "Killed: from its next turn on it is mute."},
    {NULL},
};

static PyTypeObject Context_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "softnet.usr.native._redef.Context",
    .tp_doc = "What changes hands when a simulated thread is switched to.",
    .tp_basicsize = sizeof(Context),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_dealloc = (destructor)context_dealloc,
    .tp_traverse = (traverseproc)context_traverse,
    .tp_clear = (inquiry)context_clear,
    .tp_methods = context_methods,
    .tp_members = context_members,
};

/* asyncio caches its running loop by OS thread, outside the thread-state dictionary. */
static PyObject *
asyncio_call(PyObject *name, PyObject *arg)
{
    PyObject *module = PyDict_GetItemWithError(modules, asyncio_name);
    if (module == NULL)
        return PyErr_Occurred() ? NULL : Py_NewRef(Py_None);
    return arg ? PyObject_CallMethodOneArg(module, name, arg)
               : PyObject_CallMethodNoArgs(module, name);
}

/* Called with True when a dying thread's turn begins, with False when it ends. */
static PyObject *mute_hook;
static int is_mute;

static int
mute(int on)
{
    is_mute = on;
    if (mute_hook == NULL)
        return 0;
    PyObject *done = PyObject_CallOneArg(mute_hook, on ? Py_True : Py_False);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static PyObject *
mute_me(PyObject *module, PyObject *unused)
{
    /* The thread that runs ends itself at once, as by os._exit(). */
    if (current != NULL && PyThreadState_Get() == sim_thread) {
        current->dying = 1;
        if (!is_mute && mute(1) < 0)
            return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
set_mute_hook(PyObject *module, PyObject *hook)
{
    Py_XSETREF(mute_hook, hook == Py_None ? NULL : Py_NewRef(hook));
    Py_RETURN_NONE;
}

static PyObject *
switch_in(PyObject *module, PyObject *task)
{
    PyObject *usr = PyObject_GetAttr(task, usr_name);
    if (usr == NULL)
        return NULL;
    if (!PyObject_TypeCheck(usr, &Context_Type)) {
        Py_DECREF(usr);
        Py_RETURN_NONE;
    }
    Context *c = (Context *)usr;
    PyThreadState *ts = PyThreadState_Get();
    sim_thread = ts;
    outer_dict = ts->dict;
    ts->dict = c->dict;
    c->dict = NULL;
    outer_firstiter = ts->async_gen_firstiter;
    outer_finalizer = ts->async_gen_finalizer;
    ts->async_gen_firstiter = c->firstiter;
    ts->async_gen_finalizer = c->finalizer;
    c->firstiter = c->finalizer = NULL;
#ifdef LOCAL_FIELDS
    outer_key = ts->threading_local_key;
    outer_sentinel = ts->threading_local_sentinel;
    ts->threading_local_key = c->local_key;
    ts->threading_local_sentinel = c->local_sentinel;
    c->local_key = c->local_sentinel = NULL;
#endif
    Py_XSETREF(current, c);
    user_mode = c->user;
    if (c->loop) {
        PyObject *done = asyncio_call(set_loop_name, c->loop);
        Py_CLEAR(c->loop);
        if (done == NULL)
            return NULL;
        Py_DECREF(done);
    }
    if (c->dying && mute(1) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *
switch_out(PyObject *module, PyObject *task)
{
    Context *c = current;
    if (c == NULL)
        Py_RETURN_NONE;
    if (is_mute && mute(0) < 0)
        return NULL;
    PyObject *loop = asyncio_call(get_loop_name, NULL);
    if (loop == NULL)
        return NULL;
    if (loop != Py_None) {
        PyObject *done = asyncio_call(set_loop_name, Py_None);
        if (done == NULL) {
            Py_DECREF(loop);
            return NULL;
        }
        Py_DECREF(done);
        Py_XSETREF(c->loop, loop);
    }
    else
        Py_DECREF(loop);
    PyThreadState *ts = PyThreadState_Get();
    c->dict = ts->dict;
    ts->dict = outer_dict;
    outer_dict = NULL;
    c->firstiter = ts->async_gen_firstiter;
    c->finalizer = ts->async_gen_finalizer;
    ts->async_gen_firstiter = outer_firstiter;
    ts->async_gen_finalizer = outer_finalizer;
    outer_firstiter = outer_finalizer = NULL;
#ifdef LOCAL_FIELDS
    c->local_key = ts->threading_local_key;
    c->local_sentinel = ts->threading_local_sentinel;
    ts->threading_local_key = outer_key;
    ts->threading_local_sentinel = outer_sentinel;
    outer_key = outer_sentinel = NULL;
#endif
    c->user = user_mode;
    user_mode = 0;
    current = NULL;
    Py_DECREF(c);
    Py_RETURN_NONE;
}

static PyObject *
get_current(PyObject *module, PyObject *unused)
{
    if (current == NULL || PyThreadState_Get() != sim_thread)
        Py_RETURN_NONE;
    return Py_NewRef((PyObject *)current);
}

static PyObject *
user_call(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *kw)
{
    if (n < 1) {
        PyErr_SetString(PyExc_TypeError, "user_call(fn, *args, **kwargs)");
        return NULL;
    }
    int was = user_mode;
    user_mode = current != NULL;
    PyObject *r = PyObject_Vectorcall(args[0], args + 1, (size_t)(n - 1), kw);
    user_mode = was;
    return r;
}

static PyObject *
kernel_call(PyObject *module, PyObject *const *args, Py_ssize_t n, PyObject *kw)
{
    if (n < 1) {
        PyErr_SetString(PyExc_TypeError, "kernel_call(fn, *args, **kwargs)");
        return NULL;
    }
    int was = user_mode;
    user_mode = 0;
    PyObject *r = PyObject_Vectorcall(args[0], args + 1, (size_t)(n - 1), kw);
    user_mode = was;
    return r;
}

/* Thread idents are numbers that no real thread has; a C library that takes one for a pthread_t
 * (trio names its threads) reads from there. It finds zeros, and a thread that does not exist. */
static PyObject *
back_idents(PyObject *module, PyObject *args)
{
    unsigned long long base, size;
    if (!PyArg_ParseTuple(args, "KK", &base, &size))
        return NULL;
    void *at = mmap((void *)(uintptr_t)base, (size_t)size, PROT_READ,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
    return PyBool_FromLong(at == (void *)(uintptr_t)base);
}

static PyObject *
get_user_mode(PyObject *module, PyObject *unused)
{
    return PyBool_FromLong(in_user_mode());
}

/* ---- C objects that hold a descriptor ------------------------------------------------------ */

/* The first fields of _socket.socket in CPython 3.11 to 3.14 (Modules/socketmodule.h); learn()
 * proves on a real socket that they lie here. */
typedef struct {
    PyObject_HEAD
    int fd;
    int family;
    int type;
    int proto;
    PyObject *(*errorhandler)(void);
    int64_t timeout; /* ns; negative: blocking */
} SockObject;

typedef struct {
    PyObject_HEAD
    int fd;
} EpollObject;

static PyTypeObject *sock_type, *epoll_type;

static PyObject *
check_layout(PyObject *module, PyObject *args)
{
    /* check_layout(sock, fd, family, type, proto, timeout_ns, epoll, epfd) -> bool */
    SockObject *s;
    EpollObject *e;
    int fd, family, type, proto, epfd;
    long long timeout;
    if (!PyArg_ParseTuple(args, "OiiiiLOi", &s, &fd, &family, &type, &proto, &timeout, &e, &epfd))
        return NULL;
    size_t room = (size_t)Py_TYPE(s)->tp_basicsize;
    int ok = room >= sizeof *s && s->fd == fd && s->family == family && s->type == type &&
             s->proto == proto && s->timeout == timeout && e->fd == epfd;
    return PyBool_FromLong(ok);
}

static PyObject *
sock_set(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    /* sock_set(sock, fd, family, type, proto, timeout_ns) */
    if (n != 6 || sock_type == NULL || !PyObject_TypeCheck(args[0], sock_type)) {
        PyErr_SetString(PyExc_TypeError, "sock_set() needs a socket and five integers");
        return NULL;
    }
    long long v[6];
    for (int i = 1; i < 6; i++) {
        v[i] = PyLong_AsLongLong(args[i]);
        if (v[i] == -1 && PyErr_Occurred())
            return NULL;
        if (i < 5 && v[i] != (int)v[i]) {
            PyErr_SetString(PyExc_OverflowError, "signed integer is too large for a C int");
            return NULL;
        }
    }
    SockObject *s = (SockObject *)args[0];
    s->fd = (int)v[1];
    s->family = (int)v[2];
    s->type = (int)v[3];
    s->proto = (int)v[4];
    s->timeout = v[5];
    Py_RETURN_NONE;
}

static PyObject *
sock_set_timeout(PyObject *module, PyObject *args)
{
    SockObject *s;
    long long timeout;
    if (!PyArg_ParseTuple(args, "OL", &s, &timeout))
        return NULL;
    if (sock_type == NULL || !PyObject_TypeCheck((PyObject *)s, sock_type)) {
        PyErr_SetString(PyExc_TypeError, "sock_set_timeout() needs a socket");
        return NULL;
    }
    s->timeout = timeout;
    Py_RETURN_NONE;
}

static PyObject *
sock_get(PyObject *module, PyObject *o)
{
    /* (fd, timeout_ns) */
    if (sock_type == NULL || !PyObject_TypeCheck(o, sock_type)) {
        PyErr_SetString(PyExc_TypeError, "sock_get() needs a socket");
        return NULL;
    }
    SockObject *s = (SockObject *)o;
    return Py_BuildValue("iL", s->fd, (long long)s->timeout);
}

static PyObject *
sock_take(PyObject *module, PyObject *o)
{
    /* The descriptor; from now on the socket has none. */
    if (sock_type == NULL || !PyObject_TypeCheck(o, sock_type)) {
        PyErr_SetString(PyExc_TypeError, "sock_take() needs a socket");
        return NULL;
    }
    int fd = ((SockObject *)o)->fd;
    ((SockObject *)o)->fd = -1;
    return PyLong_FromLong(fd);
}

static PyObject *
sock_direct(PyObject *module, PyObject *const *args, Py_ssize_t n)
{
    /* The descriptor of a socket of that family (0: any) whose calls need not poll first, as it
     * has no time-out; else -1. */
    if (n != 2 || sock_type == NULL || !PyObject_TypeCheck(args[0], sock_type)) {
        PyErr_SetString(PyExc_TypeError, "sock_direct() needs a socket and a family");
        return NULL;
    }
    SockObject *s = (SockObject *)args[0];
    long family = PyLong_AsLong(args[1]);
    if (family == -1 && PyErr_Occurred())
        return NULL;
    int direct = s->timeout <= 0 && (family == 0 || family == s->family);
    return PyLong_FromLong(direct ? s->fd : -1);
}

static PyObject *
epoll_set(PyObject *module, PyObject *args)
{
    EpollObject *e;
    int fd;
    if (!PyArg_ParseTuple(args, "Oi", &e, &fd))
        return NULL;
    if (epoll_type == NULL || !PyObject_TypeCheck((PyObject *)e, epoll_type)) {
        PyErr_SetString(PyExc_TypeError, "epoll_set() needs an epoll object");
        return NULL;
    }
    e->fd = fd;
    Py_RETURN_NONE;
}

/* ---- redirects ----------------------------------------------------------------------------- */

enum {
    RULE_USER,     /* in user mode */
    RULE_SOCKET,   /* self is a socket with a simulated descriptor, in any mode */
    RULE_EPOLL,    /* self is an epoll object with a simulated descriptor, in any mode */
    RULE_INSTANCE, /* in user mode, and self is the one object */
    RULE_FD,       /* in user mode, and the first argument is a simulated descriptor */
    RULE_AFTER,    /* always the original; the replacement after it if somebody waits */
};

static Py_ssize_t waiters; /* simulated threads that wait for a lock or a queue: RULE_AFTER */

typedef struct {
    PyObject_HEAD
    PyMethodDef *ml;  /* the definition that is redirected, of static storage */
    PyMethodDef copy; /* what it was: the definition of `original` */
    PyCFunction trampoline;
    PyObject *replacement;
    PyObject *original; /* callable, always the real thing */
    PyObject *instance; /* RULE_INSTANCE */
    Py_ssize_t (*direct)(Py_ssize_t fd, PyObject *arg); /* sockcalls' compiled function, or NULL */
    int rule;
    int bind; /* hand self to the replacement: it is a method's */
    int on;
} Redirect;

/* A simulated descriptor's method is called and no simulated program runs: hook(name, self, fd). */
static PyObject *outside_hook;

static PyObject *
set_outside_hook(PyObject *module, PyObject *hook)
{
    Py_XSETREF(outside_hook, hook == Py_None ? NULL : Py_NewRef(hook));
    Py_RETURN_NONE;
}

static int
is_outside(Redirect *r)
{
    return (r->rule == RULE_SOCKET || r->rule == RULE_EPOLL) && outside_hook != NULL &&
           (current == NULL || PyThreadState_Get() != sim_thread);
}

/* What a direct function answers besides a count: sockcalls.ELSEWHERE, and -EAGAIN. */
#define ELSEWHERE (-(1 << 20))

/* A socket call with one argument, by a C function; NULL without an exception: not a plain one. */
static PyObject *
run_direct(Redirect *r, SockObject *s, PyObject *arg)
{
    static PyObject *again;
    int was = in_user_mode();
    if (was)
        user_mode = 0;
    Py_ssize_t n = r->direct(s->fd, arg);
    if (was)
        user_mode = 1;
    if (n >= 0)
        return PyLong_FromSsize_t(n);
    if (n == -EAGAIN) {
        if (again == NULL)
            again = Py_BuildValue("(is)", EAGAIN, strerror(EAGAIN));
        if (again != NULL)
            PyErr_SetObject(PyExc_BlockingIOError, again);
    }
    else if (n != ELSEWHERE && !PyErr_Occurred())
        PyErr_Format(PyExc_SystemError, "a direct socket call answered %zd", n);
    return NULL;
}

static PyObject *
run_replacement(Redirect *r, PyObject *self, PyObject *const *args, Py_ssize_t n, PyObject *kw)
{
    if (is_outside(r)) {
        int fd = r->rule == RULE_SOCKET ? ((SockObject *)self)->fd : ((EpollObject *)self)->fd;
        return PyObject_CallFunction(outside_hook, "sOi", r->ml->ml_name, self, fd);
    }
    PyObject *few[10], **v = few;
    Py_ssize_t all = n + (kw ? PyTuple_GET_SIZE(kw) : 0);
    if (all > 8) {
        v = PyMem_Malloc((size_t)(all + 2) * sizeof *v);
        if (v == NULL)
            return PyErr_NoMemory();
    }
    v[1] = self;
    for (Py_ssize_t i = 0; i < all; i++)
        v[2 + i] = args[i];
    /* v[0] is scratch room for the callee: PY_VECTORCALL_ARGUMENTS_OFFSET. */
    PyObject **first = r->bind ? v + 1 : v + 2;
    size_t count = (size_t)(r->bind ? n + 1 : n) | PY_VECTORCALL_ARGUMENTS_OFFSET;
    int was = in_user_mode();
    if (was)
        user_mode = 0;
    PyObject *result = PyObject_Vectorcall(r->replacement, first, count, kw);
    if (was)
        user_mode = 1;
    if (v != few)
        PyMem_Free(v);
    return result;
}

static PyObject *
run_tuple(Redirect *r, PyObject *self, PyObject *args, PyObject *kwargs)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args), k = kwargs ? PyDict_GET_SIZE(kwargs) : 0;
    if (r->direct != NULL && n == 1 && k == 0 && ((SockObject *)self)->timeout <= 0 &&
        current != NULL && PyThreadState_Get() == sim_thread) {
        PyObject *done = run_direct(r, (SockObject *)self, PyTuple_GET_ITEM(args, 0));
        if (done != NULL || PyErr_Occurred())
            return done;
    }
    if (k == 0)
        return run_replacement(r, self, &PyTuple_GET_ITEM(args, 0), n, NULL);
    PyObject **v = PyMem_Malloc((size_t)(n + k) * sizeof *v), *names = PyTuple_New(k);
    PyObject *result = NULL, *key, *value;
    if (v != NULL && names != NULL) {
        Py_ssize_t pos = 0, i = 0;
        for (; i < n; i++)
            v[i] = PyTuple_GET_ITEM(args, i);
        while (PyDict_Next(kwargs, &pos, &key, &value)) {
            PyTuple_SET_ITEM(names, i - n, Py_NewRef(key));
            v[i++] = value;
        }
        result = run_replacement(r, self, v, n, names);
    }
    else
        PyErr_NoMemory();
    Py_XDECREF(names);
    PyMem_Free(v);
    return result;
}

static inline int
is_sim_fd(PyObject *o)
{
    if (o == NULL)
        return 0;
    if (!PyLong_Check(o)) { /* fcntl() takes whatever has a fileno() */
        int fd = PyUnicode_Check(o) || PyBytes_Check(o) ? -1 : PyObject_AsFileDescriptor(o);
        PyErr_Clear();
        return fd >= SIM_FD;
    }
    int overflow;
    long fd = PyLong_AsLongAndOverflow(o, &overflow);
    return !overflow && fd >= SIM_FD;
}

/* Is this call for the replacement? Not RULE_AFTER. */
static inline int
wanted(Redirect *r, PyObject *self, PyObject *first)
{
    switch (r->rule) {
    case RULE_USER:
        return in_user_mode();
    case RULE_SOCKET:
        return ((SockObject *)self)->fd >= SIM_FD;
    case RULE_EPOLL:
        return ((EpollObject *)self)->fd >= SIM_FD;
    case RULE_INSTANCE:
        return self == r->instance && in_user_mode();
    case RULE_FD:
        return in_user_mode() && is_sim_fd(first);
    }
    return 0;
}

/* RULE_AFTER: tell the replacement what happened to self, unless nobody waits. */
static PyObject *
after(Redirect *r, PyObject *self, PyObject *result)
{
    if (result == NULL || waiters == 0 || PyThreadState_Get() != sim_thread)
        return result;
    PyObject *told = run_replacement(r, self, NULL, 0, NULL);
    if (told == NULL) {
        Py_DECREF(result);
        return NULL;
    }
    Py_DECREF(told);
    return result;
}

typedef PyObject *(*NoArgs)(PyObject *, PyObject *);
typedef PyObject *(*VarKw)(PyObject *, PyObject *, PyObject *);
typedef PyObject *(*Fast)(PyObject *, PyObject *const *, Py_ssize_t);
typedef PyObject *(*FastKw)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
typedef PyObject *(*Method)(PyObject *, PyTypeObject *, PyObject *const *, size_t, PyObject *);

#define ORIGINAL(convention, r) ((convention)(void (*)(void))(r)->copy.ml_meth)
#define DISPATCH(r, self, first, original, replaced)   \
    if (!(r)->on)                                      \
        return original;                               \
    if ((r)->rule == RULE_AFTER)                       \
        return after(r, self, original);               \
    return wanted(r, self, first) ? replaced : original

#define SLOTS 64
#define EACH_8(X, b) X(b##0) X(b##1) X(b##2) X(b##3) X(b##4) X(b##5) X(b##6) X(b##7)
#define EACH(X) EACH_8(X, 0) EACH_8(X, 01) EACH_8(X, 02) EACH_8(X, 03) \
                EACH_8(X, 04) EACH_8(X, 05) EACH_8(X, 06) EACH_8(X, 07)

static Redirect *noargs_slots[SLOTS], *o_slots[SLOTS], *var_slots[SLOTS], *varkw_slots[SLOTS],
    *fast_slots[SLOTS], *fastkw_slots[SLOTS], *method_slots[SLOTS];

#define NOARGS(i)                                                                       \
    static PyObject *noargs_##i(PyObject *s, PyObject *unused)                          \
    {                                                                                   \
        Redirect *r = noargs_slots[i];                                                  \
        DISPATCH(r, s, NULL, r->copy.ml_meth(s, unused),                                \
                 run_replacement(r, s, NULL, 0, NULL));                                 \
    }
#define ONE(i)                                                                          \
    static PyObject *o_##i(PyObject *s, PyObject *a)                                    \
    {                                                                                   \
        Redirect *r = o_slots[i];                                                       \
        DISPATCH(r, s, a, r->copy.ml_meth(s, a), run_replacement(r, s, &a, 1, NULL));   \
    }
#define VAR(i)                                                                          \
    static PyObject *var_##i(PyObject *s, PyObject *a)                                  \
    {                                                                                   \
        Redirect *r = var_slots[i];                                                     \
        PyObject *first = PyTuple_GET_SIZE(a) ? PyTuple_GET_ITEM(a, 0) : NULL;          \
        DISPATCH(r, s, first, r->copy.ml_meth(s, a), run_tuple(r, s, a, NULL));         \
    }
#define VARKW(i)                                                                        \
    static PyObject *varkw_##i(PyObject *s, PyObject *a, PyObject *k)                   \
    {                                                                                   \
        Redirect *r = varkw_slots[i];                                                   \
        PyObject *first = PyTuple_GET_SIZE(a) ? PyTuple_GET_ITEM(a, 0) : NULL;          \
        DISPATCH(r, s, first, ORIGINAL(VarKw, r)(s, a, k), run_tuple(r, s, a, k));      \
    }
#define FAST(i)                                                                         \
    static PyObject *fast_##i(PyObject *s, PyObject *const *a, Py_ssize_t n)            \
    {                                                                                   \
        Redirect *r = fast_slots[i];                                                    \
        DISPATCH(r, s, n ? a[0] : NULL, ORIGINAL(Fast, r)(s, a, n),                     \
                 run_replacement(r, s, a, n, NULL));                                    \
    }
#define FASTKW(i)                                                                       \
    static PyObject *fastkw_##i(PyObject *s, PyObject *const *a, Py_ssize_t n,          \
                                PyObject *k)                                            \
    {                                                                                   \
        Redirect *r = fastkw_slots[i];                                                  \
        DISPATCH(r, s, n ? a[0] : NULL, ORIGINAL(FastKw, r)(s, a, n, k),                \
                 run_replacement(r, s, a, n, k));                                       \
    }
#define METHOD(i)                                                                       \
    static PyObject *method_##i(PyObject *s, PyTypeObject *t, PyObject *const *a,       \
                                size_t n, PyObject *k)                                  \
    {                                                                                   \
        Redirect *r = method_slots[i];                                                  \
        DISPATCH(r, s, n ? a[0] : NULL, ORIGINAL(Method, r)(s, t, a, n, k),             \
                 run_replacement(r, s, a, (Py_ssize_t)n, k));                           \
    }

EACH(NOARGS)
EACH(ONE)
EACH(VAR)
EACH(VARKW)
EACH(FAST)
EACH(FASTKW)
EACH(METHOD)

#define ADDRESS(f) (PyCFunction)(void (*)(void)) f
#define NOARGS_AT(i) ADDRESS(noargs_##i),
#define ONE_AT(i) ADDRESS(o_##i),
#define VAR_AT(i) ADDRESS(var_##i),
#define VARKW_AT(i) ADDRESS(varkw_##i),
#define FAST_AT(i) ADDRESS(fast_##i),
#define FASTKW_AT(i) ADDRESS(fastkw_##i),
#define METHOD_AT(i) ADDRESS(method_##i),

static struct pool {
    int flags; /* METH_*, but for METH_STATIC, METH_CLASS and METH_COEXIST */
    Redirect **slots;
    int used;
    PyCFunction trampolines[SLOTS];
} pools[] = {
    {METH_NOARGS, noargs_slots, 0, {EACH(NOARGS_AT)}},
    {METH_O, o_slots, 0, {EACH(ONE_AT)}},
    {METH_VARARGS, var_slots, 0, {EACH(VAR_AT)}},
    {METH_VARARGS | METH_KEYWORDS, varkw_slots, 0, {EACH(VARKW_AT)}},
    {METH_FASTCALL, fast_slots, 0, {EACH(FAST_AT)}},
    {METH_FASTCALL | METH_KEYWORDS, fastkw_slots, 0, {EACH(FASTKW_AT)}},
    {METH_METHOD | METH_FASTCALL | METH_KEYWORDS, method_slots, 0, {EACH(METHOD_AT)}},
};

/* Give r a trampoline of its definition's calling convention, for good. */
static int
take_slot(Redirect *r)
{
    int flags = r->ml->ml_flags & ~(METH_STATIC | METH_CLASS | METH_COEXIST);
    for (size_t i = 0; i < sizeof pools / sizeof pools[0]; i++) {
        struct pool *p = &pools[i];
        if (p->flags != flags)
            continue;
        if (p->used == SLOTS)
            break;
        r->trampoline = p->trampolines[p->used];
        p->slots[p->used++] = (Redirect *)Py_NewRef((PyObject *)r);
        return 0;
    }
    PyErr_Format(PyExc_RuntimeError, "no trampoline for %s() (flags 0x%x)", r->ml->ml_name, flags);
    return -1;
}

static PyObject *
redirect_enable(Redirect *r, PyObject *unused)
{
    r->on = 1;
    r->ml->ml_meth = r->trampoline;
    Py_RETURN_NONE;
}

static PyObject *
redirect_set_direct(Redirect *r, PyObject *capsule)
{
    /* Cython names a function's capsule by its signature. */
    const char *i64 = "__pyx_t_7softnet_4arch_5types_i64";
    const char *name = PyCapsule_GetName(capsule);
    char expected[100];
    snprintf(expected, sizeof expected, "%s (%s, PyObject *)", i64, i64);
    if (name == NULL || r->rule != RULE_SOCKET || strcmp(name, expected)) {
        if (!PyErr_Occurred())
            PyErr_Format(PyExc_TypeError, "%s() cannot be called directly", name);
        return NULL;
    }
    *(void **)&r->direct = PyCapsule_GetPointer(capsule, name);
    Py_RETURN_NONE;
}

static PyObject *
redirect_disable(Redirect *r, PyObject *unused)
{
    r->ml->ml_meth = r->copy.ml_meth;
    r->on = 0;
    Py_RETURN_NONE;
}

static PyObject *
redirect_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *definition, *replacement, *instance = Py_None;
    int rule = RULE_USER;
    if (!PyArg_ParseTuple(args, "OO|iO:Redirect", &definition, &replacement, &rule, &instance))
        return NULL;
    PyMethodDef *ml;
    int is_method = Py_IS_TYPE(definition, &PyMethodDescr_Type);
    int is_class_method = Py_IS_TYPE(definition, &PyClassMethodDescr_Type);
    if (PyCFunction_Check(definition))
        ml = ((PyCFunctionObject *)definition)->m_ml;
    else if (is_method || is_class_method)
        ml = ((PyMethodDescrObject *)definition)->d_method;
    else {
        PyErr_Format(PyExc_TypeError, "%R is not a C function or method", definition);
        return NULL;
    }
    if ((rule == RULE_SOCKET || rule == RULE_EPOLL) &&
        !(is_method && PyDescr_TYPE(definition) == (rule == RULE_SOCKET ? sock_type : epoll_type))) {
        PyErr_SetString(PyExc_TypeError, "this rule is for that type's methods");
        return NULL;
    }
    Redirect *r = (Redirect *)type->tp_alloc(type, 0);
    if (r == NULL)
        return NULL;
    r->ml = ml;
    r->copy = *ml;
    r->rule = rule;
    r->bind = is_method || is_class_method;
    r->replacement = Py_NewRef(replacement);
    r->instance = Py_NewRef(instance);
    if (is_method)
        r->original = PyDescr_NewMethod(PyDescr_TYPE(definition), &r->copy);
    else if (is_class_method)
        r->original = PyDescr_NewClassMethod(PyDescr_TYPE(definition), &r->copy);
    else {
        PyCFunctionObject *f = (PyCFunctionObject *)definition;
        r->original = PyCMethod_New(&r->copy, f->m_self, f->m_module, PyCFunction_GET_CLASS(f));
    }
    if (r->original == NULL || take_slot(r) < 0) {
        Py_DECREF(r);
        return NULL;
    }
    return (PyObject *)r; /* its slot keeps it: a frame may be inside the trampoline at any time */
}

static void
redirect_dealloc(Redirect *r)
{
    Py_XDECREF(r->replacement);
    Py_XDECREF(r->original);
    Py_XDECREF(r->instance);
    Py_TYPE(r)->tp_free((PyObject *)r);
}

static PyMethodDef redirect_methods[] = {
    {"enable", (PyCFunction)redirect_enable, METH_NOARGS, "Redirect from now on."},
    {"disable", (PyCFunction)redirect_disable, METH_NOARGS, "Put the definition back as it was."},
    {"set_direct", (PyCFunction)redirect_set_direct, METH_O,
     "set_direct(capsule): call this C function when there is one argument and no time-out."},
    {NULL},
};

static PyMemberDef redirect_members[] = {
    {"original", T_OBJECT_EX, offsetof(Redirect, original), READONLY, "Calls the real thing."},
    {"replacement", T_OBJECT_EX, offsetof(Redirect, replacement), 0, "What is called instead."},
    {"enabled", T_INT, offsetof(Redirect, on), READONLY, "Is it on?"},
    {NULL},
};

static PyTypeObject Redirect_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "softnet.usr.native._redef.Redirect",
    .tp_doc = "Redirect(definition, replacement, rule=USER, instance=None)",
    .tp_basicsize = sizeof(Redirect),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = redirect_new,
    .tp_dealloc = (destructor)redirect_dealloc,
    .tp_methods = redirect_methods,
    .tp_members = redirect_members,
};

static PyObject *
add_waiters(PyObject *module, PyObject *n)
{
    Py_ssize_t v = PyLong_AsSsize_t(n);
    if (v == -1 && PyErr_Occurred())
        return NULL;
    waiters += v;
    return PyLong_FromSsize_t(waiters);
}

/* ---- type slots ---------------------------------------------------------------------------- */

static initproc real_sock_init;
static destructor real_sock_finalize, real_epoll_dealloc;
static newfunc real_epoll_new;
static PyObject *on_sock_init, *on_sock_finalize, *on_epoll_new, *on_epoll_dealloc;
static PyObject *live_epolls; /* addresses of simulated epoll objects; their kind has no subclass */
static int slots_on;

#define SOCK_INIT_ARGS 4 /* family, type, proto, fileno */

static int
sim_sock_init(PyObject *self, PyObject *args, PyObject *kwargs)
{
    if (!slots_on || !in_user_mode())
        return real_sock_init(self, args, kwargs);
    /* The hook says None when the call is the real socket's after all. */
    PyObject *v[SOCK_INIT_ARGS + 2]; /* v[0]: PY_VECTORCALL_ARGUMENTS_OFFSET */
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (n > SOCK_INIT_ARGS)
        return real_sock_init(self, args, kwargs); /* which says so */
    v[1] = self;
    for (Py_ssize_t i = 0; i < n; i++)
        v[2 + i] = PyTuple_GET_ITEM(args, i);
    user_mode = 0;
    size_t count = (size_t)(n + 1) | PY_VECTORCALL_ARGUMENTS_OFFSET;
    PyObject *done = PyObject_VectorcallDict(on_sock_init, v + 1, count, kwargs);
    user_mode = 1;
    if (done == NULL)
        return -1;
    int real = done == Py_None;
    Py_DECREF(done);
    return real ? real_sock_init(self, args, kwargs) : 0;
}

/* An object with a simulated descriptor goes: give the descriptor to the hook, with self if it
 * may still be looked at. */
static void
drop_fd(PyObject *hook, PyObject *self, int *fd)
{
    if (*fd < SIM_FD || hook == NULL)
        return;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    int was = in_user_mode();
    if (was)
        user_mode = 0;
    PyObject *done = PyObject_CallFunction(hook, "Oii", self, *fd, was);
    if (was)
        user_mode = 1;
    if (done == NULL)
        PyErr_WriteUnraisable(NULL);
    Py_XDECREF(done);
    *fd = -1;
    PyErr_Restore(type, value, trace);
}

static void
sim_sock_finalize(PyObject *self)
{
    drop_fd(on_sock_finalize, self, &((SockObject *)self)->fd);
    real_sock_finalize(self);
}

static PyObject *
sim_epoll_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    if (!slots_on || !in_user_mode())
        return real_epoll_new(type, args, kwargs);
    user_mode = 0;
    PyObject *fd = PyObject_Call(on_epoll_new, args, kwargs);
    user_mode = 1;
    if (fd == NULL)
        return NULL;
    EpollObject *e = (EpollObject *)type->tp_alloc(type, 0);
    if (e != NULL)
        e->fd = (int)PyLong_AsLong(fd);
    Py_DECREF(fd);
    PyObject *address = e != NULL ? PyLong_FromVoidPtr(e) : NULL;
    if (address == NULL || PySet_Add(live_epolls, address) < 0)
        Py_CLEAR(e);
    Py_XDECREF(address);
    return (PyObject *)e;
}

/* The last lab closed: whoever holds an epoll object still finds it closed. */
static int
close_epolls(void)
{
    PyObject *address;
    while (PySet_GET_SIZE(live_epolls) > 0) {
        address = PySet_Pop(live_epolls);
        if (address == NULL)
            return -1;
        ((EpollObject *)PyLong_AsVoidPtr(address))->fd = -1;
        Py_DECREF(address);
    }
    return 0;
}

static void
sim_epoll_dealloc(PyObject *self)
{
    drop_fd(on_epoll_dealloc, Py_None, &((EpollObject *)self)->fd);
    PyObject *address = PySet_GET_SIZE(live_epolls) > 0 ? PyLong_FromVoidPtr(self) : NULL;
    if (address == NULL || PySet_Discard(live_epolls, address) < 0)
        PyErr_Clear();
    Py_XDECREF(address);
    real_epoll_dealloc(self);
}

/* Subclasses made meanwhile have inherited the finaliser: walk them all. */
static int
set_finalize(PyTypeObject *type, destructor from, destructor to)
{
    if (type->tp_finalize == from)
        type->tp_finalize = to;
    PyObject *list = PyObject_CallMethod((PyObject *)type, "__subclasses__", NULL);
    if (list == NULL)
        return -1;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
        if (set_finalize((PyTypeObject *)PyList_GET_ITEM(list, i), from, to) < 0) {
            Py_DECREF(list);
            return -1;
        }
    Py_DECREF(list);
    return 0;
}

static PyObject *
learn_types(PyObject *module, PyObject *args)
{
    /* learn_types(socket type, epoll type): once, before anything of theirs is redirected. */
    PyTypeObject *s, *e;
    if (!PyArg_ParseTuple(args, "O!O!", &PyType_Type, &s, &PyType_Type, &e))
        return NULL;
    if (sock_type == NULL) {
        sock_type = (PyTypeObject *)Py_NewRef(s);
        epoll_type = (PyTypeObject *)Py_NewRef(e);
        real_sock_init = s->tp_init;
        real_sock_finalize = s->tp_finalize;
        real_epoll_new = e->tp_new;
        real_epoll_dealloc = e->tp_dealloc;
    }
    Py_RETURN_NONE;
}

static PyObject *
set_slots(PyObject *module, PyObject *args)
{
    /* set_slots(on, sock_init, sock_finalize, epoll_new, epoll_dealloc) */
    PyObject *si, *sf, *en, *ed;
    int on;
    if (!PyArg_ParseTuple(args, "pOOOO", &on, &si, &sf, &en, &ed))
        return NULL;
    Py_XSETREF(on_sock_init, Py_NewRef(si));
    Py_XSETREF(on_sock_finalize, Py_NewRef(sf));
    Py_XSETREF(on_epoll_new, Py_NewRef(en));
    Py_XSETREF(on_epoll_dealloc, Py_NewRef(ed));
    /* socket.socket.__init__ calls _socket.socket.__init__, a wrapper that holds the pointer. */
    PyObject *dict = PyObject_GetAttrString((PyObject *)sock_type, "__dict__");
    PyObject *init = dict ? PyMapping_GetItemString(dict, "__init__") : NULL;
    Py_XDECREF(dict);
    if (init == NULL)
        return NULL;
    ((PyWrapperDescrObject *)init)->d_wrapped =
        on ? (void *)sim_sock_init : (void *)real_sock_init;
    Py_DECREF(init);
    sock_type->tp_init = on ? sim_sock_init : real_sock_init;
    epoll_type->tp_new = on ? sim_epoll_new : real_epoll_new;
    epoll_type->tp_dealloc = on ? sim_epoll_dealloc : real_epoll_dealloc;
    slots_on = on;
    if (!on && close_epolls() < 0)
        return NULL;
    if (set_finalize(sock_type, on ? real_sock_finalize : sim_sock_finalize,
                     on ? sim_sock_finalize : real_sock_finalize) < 0)
        return NULL;
    Py_RETURN_NONE;
}

/* ---- escapes ------------------------------------------------------------------------------- */

static PyObject *on_audit;

/* Somebody opens a door to the real world: a simulated program must not. */
static int
audit(const char *event, PyObject *args, void *unused)
{
    if (!user_mode || on_audit == NULL || !in_user_mode())
        return 0;
    if (strncmp(event, "socket.", 7) && strncmp(event, "subprocess.", 11) &&
        strncmp(event, "os.", 3) && strncmp(event, "pty.", 4))
        return 0;
    user_mode = 0;
    PyObject *done = PyObject_CallFunction(on_audit, "sO", event, args);
    user_mode = 1;
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static PyObject *
watch_escapes(PyObject *module, PyObject *hook)
{
    static int added;
    Py_XSETREF(on_audit, hook == Py_None ? NULL : Py_NewRef(hook));
    if (!added && PySys_AddAuditHook(audit, NULL) < 0)
        return NULL;
    added = 1;
    Py_RETURN_NONE;
}

/* ---- the module ---------------------------------------------------------------------------- */

static PyMethodDef functions[] = {
    {"switch_in", switch_in, METH_O, "SwitchHooks.on_switch_in: task.usr becomes current."},
    {"switch_out", switch_out, METH_O, "SwitchHooks.on_switch_out."},
    {"current", get_current, METH_NOARGS, "The Context that runs, or None."},
    {"user_mode", get_user_mode, METH_NOARGS, "Does a simulated program's own code run?"},
    {"user_call", ADDRESS(user_call), METH_FASTCALL | METH_KEYWORDS,
     "user_call(fn, *args, **kwargs): call back into the simulated program."},
    {"kernel_call", ADDRESS(kernel_call), METH_FASTCALL | METH_KEYWORDS,
     "kernel_call(fn, *args, **kwargs): call with nothing redirected."},
    {"check_layout", check_layout, METH_VARARGS, "Do the C structs look as expected?"},
    {"learn_types", learn_types, METH_VARARGS, "learn_types(_socket.socket, select.epoll)"},
    {"set_slots", set_slots, METH_VARARGS, "Redirect construction and destruction, or put back."},
    {"sock_set", ADDRESS(sock_set), METH_FASTCALL,
     "sock_set(sock, fd, family, type, proto, timeout_ns)"},
    {"sock_set_timeout", sock_set_timeout, METH_VARARGS, "sock_set_timeout(sock, ns)"},
    {"sock_take", sock_take, METH_O, "The descriptor; from now on the socket has none."},
    {"sock_get", sock_get, METH_O, "sock_get(sock) -> (fd, timeout_ns)"},
    {"sock_direct", (PyCFunction)(void (*)(void))sock_direct, METH_FASTCALL,
     "The descriptor, if the socket has that family and no time-out; else -1."},
    {"epoll_set", epoll_set, METH_VARARGS, "epoll_set(epoll, fd)"},
    {"watch_escapes", watch_escapes, METH_O,
     "watch_escapes(hook): hook(event, args) on audit events in user mode; None ends it."},
    {"back_idents", back_idents, METH_VARARGS,
     "back_idents(base, size): let numbers there be addresses of zeros; False if they cannot."},
    {"mute_me", mute_me, METH_NOARGS, "The thread that runs is dying from now on."},
    {"set_mute_hook", set_mute_hook, METH_O, "hook(True), hook(False) around a dying thread's turn."},
    {"set_outside_hook", set_outside_hook, METH_O,
     "hook(name, self, fd): a simulated descriptor is used where no simulated program runs."},
    {"add_waiters", add_waiters, METH_O, "How many more wait for what RULE_AFTER tells of."},
    {NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_redef", "Redirects definitions of the standard library.", -1, functions,
};

PyMODINIT_FUNC
PyInit__redef(void)
{
    PyObject *m = PyModule_Create(&definition);
    if (m == NULL)
        return NULL;
    modules = PyImport_GetModuleDict();
    live_epolls = PySet_New(NULL);
    if (live_epolls == NULL)
        return NULL;
    asyncio_name = PyUnicode_InternFromString("_asyncio");
    usr_name = PyUnicode_InternFromString("usr");
    get_loop_name = PyUnicode_InternFromString("_get_running_loop");
    set_loop_name = PyUnicode_InternFromString("_set_running_loop");
    if (PyModule_AddType(m, &Context_Type) < 0 || PyModule_AddType(m, &Redirect_Type) < 0 ||
        PyModule_AddIntConstant(m, "USER", RULE_USER) < 0 ||
        PyModule_AddIntConstant(m, "SOCKET", RULE_SOCKET) < 0 ||
        PyModule_AddIntConstant(m, "EPOLL", RULE_EPOLL) < 0 ||
        PyModule_AddIntConstant(m, "INSTANCE", RULE_INSTANCE) < 0 ||
        PyModule_AddIntConstant(m, "FD", RULE_FD) < 0 ||
        PyModule_AddIntConstant(m, "AFTER", RULE_AFTER) < 0 ||
        PyModule_AddIntConstant(m, "SIM_FD", SIM_FD) < 0) {
        Py_DECREF(m);
        return NULL;
    }
    return m;
}
