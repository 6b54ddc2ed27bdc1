"""The hooks in the packet's path, and what hangs in them.

Linux: net/netfilter/. May import net/core and everything below; it knows no protocol family's
stages: those call nf_hook() and pass an NfOkfn that says how to go on. Read core first.
"""
