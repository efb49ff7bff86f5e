#!/usr/bin/python3
"""Boots an image in QEMU with the console on this terminal: what `make run` calls.

usage: run.py [--print] IMAGE [smp=N] [mem=SIZE] [initrd=F] [append=WORDS] [disk=F] [pflash=F] [cpu=C] [qemu=Q] [extra=ARGS]
"""
import os
import shlex
import sys

from trine.machine import qemu_command

show = "--print" in sys.argv
words = [w for w in sys.argv[1:] if w != "--print"]
how = {k: v for k, _, v in (w.partition("=") for w in words[1:]) if v}
command = qemu_command(words[0], **how)
if show:
    print(shlex.join(command))
else:
    os.execvp(command[0], command)
