"""How loads scale from one hart to two, by wall clock, beside Debian's Linux.

QEMU runs each hart on a thread of its own, so this is a figure of the machine that it is measured on: leave it idle. The pairs
are taken in turn, so that what else the machine does strikes all alike, and the median of them counts.
"""
import os
import re
import statistics
import subprocess

from .cpio import Archive
from .machine import ROOT, Machine, build
from .packages import add_packages

PAIRS = int(os.environ.get("PAIRS", "5"))

# name, rounds of each of two workers: bench/user/loads.c. About a second each on one hart.
LOADS = [("exec", 300), ("faults", 1500), ("space", 1500), ("open", 30000), ("create", 15000), ("futex", 20000), ("pipe", 10000)]
NAMES = [name for name, _ in LOADS] + ["make"]

RC = """#!/bin/busybox sh
export LC_ALL=C PATH=/usr/bin
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t tmpfs tmp /tmp
cd /tmp
{loads}
/bin/busybox cp /etc/compiled/* .
/bin/timed load.make '/bin/busybox rm -f *.o; /usr/bin/make -s -j2'
/bin/busybox poweroff -f
"""

# Ten of a kind, each enough work for the compiler to have some.
SOURCE = """#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct node { struct node *left, *right; long key; };

struct node *insert_%(n)d(struct node *top, long key)
{
    if (!top) {
        top = calloc(1, sizeof(*top));
        top->key = key + %(n)d;
    } else if (key < top->key) {
        top->left = insert_%(n)d(top->left, key);
    } else {
        top->right = insert_%(n)d(top->right, key);
    }
    return top;
}

void print_%(n)d(const struct node *top, char *line, size_t size)
{
    if (!top)
        return;
    print_%(n)d(top->left, line, size);
    snprintf(line + strlen(line), size - strlen(line), " %%ld", top->key);
    print_%(n)d(top->right, line, size);
}
"""


def initrd():
    """Debian's compiler and make, BusyBox and the loads; each load once to warm up, then again."""
    out = ROOT + "/out/bench"
    os.makedirs(out, exist_ok=True)
    archive = Archive()
    for name in ("dev", "proc", "tmp"):
        archive.directory(name)
    add_packages(archive, ("busybox-static", "gcc", "libc6-dev", "make"))
    for name in ("loads", "timed"):
        subprocess.run(["riscv64-linux-gnu-gcc", "-static", "-O2", "-pthread", "-o", f"{out}/{name}", f"{ROOT}/bench/user/{name}.c"],
                       check=True)
        with open(f"{out}/{name}", "rb") as f:
            archive.file("usr/bin/" + name, f.read(), 0o755)
    for n in range(10):
        archive.file(f"etc/compiled/part{n}.c", SOURCE % {"n": n})
    archive.file("etc/compiled/Makefile", "all: " + " ".join(f"part{n}.o" for n in range(10)) + "\n%.o: %.c\n\tgcc -O2 -c -o $@ $<\n")
    archive.file("init", RC.format(loads="\n".join(f"/bin/loads {name} 2 {rounds}\n" * 2 for name, rounds in LOADS)), 0o755)
    archive.write(out + "/scaling.cpio")
    return out + "/scaling.cpio"


def run(image, harts, archive):
    """Seconds of each load; of the two runs the later one."""
    with Machine(image, smp=harts, mem="2G", initrd=archive, append="console=ttyS0 quiet", timeout=900) as machine:
        text = machine.wait()[0]
    found = {m.group(1): int(m.group(2)) / 1e9 for m in re.finditer(r"BENCH load\.(\w+) (\d+)", text)}
    assert sorted(found) == sorted(NAMES), text[-3000:]
    return found


def both():
    """{"trine": {load: the time on two harts, per cent of that on one}, "linux": likewise}, medians over the pairs."""
    archive = initrd()
    linux = subprocess.run([ROOT + "/tools/debian.py", "linux"], check=True, capture_output=True, text=True).stdout.strip()
    images = {"trine": build("monolithic")[1], "linux": linux}
    shares = {system: {name: [] for name in NAMES} for system in images}
    for _ in range(PAIRS):
        for system, image in images.items():
            one, two = run(image, 1, archive), run(image, 2, archive)
            for name in NAMES:
                shares[system][name].append(100 * two[name] / one[name])
    return {system: {name: statistics.median(values) for name, values in by_name.items()} for system, by_name in shares.items()}


def figures():
    """For the bench, Linux's beside it: those have been measured in turn."""
    found = both()
    figures.linux = {f"scaling.{name}": value for name, value in found["linux"].items()}
    return {f"scaling.{name}": value for name, value in found["trine"].items()}


def figures_linux():
    return figures.linux
