#!/usr/bin/python3
"""Boots an image in QEMU with the console on this terminal: what `make run` calls.

usage: run.py [--print|--check] [--size] IMAGE [smp=N] [mem=SIZE] [initrd=F] [append=WORDS] [disk=F] [pflash=F] [cpu=C] [qemu=Q] [extra=ARGS]

A word that is not given is taken from the environment (RUN_SMP, RUN_MEM ...). --print shows QEMU's command line;
--check only looks whether the values make sense; --size tells the kernel the size of this terminal, if it is one.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys

from trine.errors import plain
from trine.machine import FLASH_BANK, flash_bank, qemu_command

WORDS = ("smp", "mem", "cpu", "qemu", "initrd", "append", "disk", "pflash")
UNITS = {"": 1 << 20, "B": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
LEAST_MEMORY = 8 << 20
MOST_HARTS = 64  # NR_CPUS_MAX


def check_smp(value):
    harts = re.fullmatch(r"(\d+)(,.+)?", value)
    if not harts or not 1 <= int(harts.group(1)) <= MOST_HARTS:
        return f"a number of harts from 1 to {MOST_HARTS}"
    return None


def check_mem(value):
    size = re.fullmatch(r"(\d+(?:\.\d+)?)([BKMGT]?)", value.upper())
    if not size or float(size.group(1)) * UNITS[size.group(2)] < LEAST_MEMORY:
        return "a size of memory from 8M on (a number and K, M or G)"
    return None


def check_qemu(value):
    if not shutil.which(value):
        return "no such program"
    done = subprocess.run([value, "-machine", "help"], capture_output=True, text=True, errors="replace", check=False)
    return None if re.search(r"(?m)^virt\s.*RISC-V", done.stdout) else "not a QEMU that emulates a RISC-V virt machine"


def check_file(value):
    if not os.path.exists(value):
        return "no such file"
    if os.path.isdir(value):
        return "a folder, not a file"
    return None if os.access(value, os.R_OK) else "the file cannot be read"


def check_writable(value):
    return check_file(value) or (None if os.access(value, os.W_OK) else "the file cannot be written, and a machine writes to it")


def check_pflash(value):
    """A file as large as a bank is the bank, which the machine writes to; a shorter one is only read."""
    reason = check_file(value)
    if not reason and os.path.getsize(value) > FLASH_BANK:
        reason = f"larger than a bank of flash ({FLASH_BANK >> 20} MiB)"
    return reason or (check_writable(value) if os.path.getsize(value) == FLASH_BANK else None)


CHECKS = {"smp": check_smp, "mem": check_mem, "qemu": check_qemu, "initrd": check_file, "disk": check_writable,
          "pflash": check_pflash}


def check(how):
    for word, reason in ((w, CHECKS[w](how[w])) for w in CHECKS if w in how):
        if reason:
            sys.exit(f"error: {word.upper()}={how[word]}: {reason}")


def terminal_size():
    """A word for the kernel's command line, in front of those that are for init; none if this is no terminal."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return ""
    columns, rows = os.get_terminal_size()
    return f"tty.size={rows}x{columns} " if rows and columns else ""


def flash(path):
    """The bank for PFLASH=path, having said where writes go."""
    bank = flash_bank(path)
    if bank == path:
        print(f"PFLASH={path} is the bank itself: what the machine writes to flash is written to the file.")
    else:
        bank = os.path.relpath(bank)
        print(f"PFLASH={path} stays as it is: writes go to a copy that each such run makes anew, {bank}; "
              f"PFLASH={bank} goes on with what was written.")
    return bank


def main():
    plain()
    options = [w for w in sys.argv[1:] if w.startswith("--")]
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    how = {w: os.environ[f"RUN_{w.upper()}"] for w in WORDS if os.environ.get(f"RUN_{w.upper()}")}
    how.update((k, v) for k, _, v in (w.partition("=") for w in words[1:]) if v)
    if "--check" in options:
        return check(how)
    if "--size" in options:
        how["append"] = terminal_size() + how.get("append", "")
    if "pflash" in how:
        how["pflash"] = flash(how["pflash"])
    command = qemu_command(words[0], **how)
    if "--print" in options:
        print(shlex.join(command))
        return None
    print("QEMU's key is Ctrl-^ (Ctrl-6): Ctrl-^ x leaves, Ctrl-^ h says what else there is.", flush=True)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
