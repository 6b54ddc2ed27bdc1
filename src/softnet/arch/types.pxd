# The two types of a .pxd: every integer is a signed 64-bit, a byte is what a pointer points to.
# Py_ssize_t and not long long: `except? -1` of the latter is not valid C with Cython 3.3.

ctypedef Py_ssize_t i64
ctypedef unsigned char u8
