#!/usr/bin/python3
"""Packs a guest set for the hypervisor: the compiled description and every image it names.

usage: guests.py OUT.cpio DESCRIPTION.dts NAME=WHAT...

NAME is a `path` of the description. WHAT is a file; or guest:SOURCE.c, a small guest of tests/guests or the
tour; or a kernel to build, KERNEL[:APP][,VARIABLE=VALUE...], for example unikernel:u3-pflash,HEAP=slab.
The form of the description is in virt/guestcfg/include/guestcfg/guestcfg.h.
"""
import sys

from trine.errors import plain
from trine.guest import pack

plain()
if len(sys.argv) < 3:
    sys.exit(__doc__)
for word in sys.argv[3:]:
    if "=" not in word:
        sys.exit(f"error: {word}: not NAME=WHAT")
pack(sys.argv[1], sys.argv[2], dict(w.split("=", 1) for w in sys.argv[3:]))
