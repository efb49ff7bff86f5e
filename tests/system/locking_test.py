"""Locks: docs/locking.md names each with its rank, and what debug kernels see agrees."""
import os
import re
import subprocess

import pytest

from conftest import busybox_initrd, ktest
from trine.gdb import GDB, ask_gdb
from trine.machine import ROOT, Machine, build

NAMED = re.compile(r'\b(?:spin_init\([^";]*?|SPINLOCK_INIT\()"([^"]+)"\)', re.S)
PLACED = re.compile(r"\b(?:mutex_init|MUTEX_INIT|rwlock_init|RWLOCK_INIT)\(([^()]+)\)")
LAYERS = ("lib", "arch", "platform", "core", "drivers", "mm", "fs", "linux", "virt", "kernels")


def locks_of_the_tree():
    found = set()
    sources = subprocess.run(["git", "ls-files", *[f"{layer}/*.[ch]" for layer in LAYERS]], cwd=ROOT,
                             check=True, capture_output=True, text=True).stdout.split()
    for name in sources:
        if "/test/" in name or not os.path.exists(os.path.join(ROOT, name)):
            continue
        with open(os.path.join(ROOT, name)) as f:
            text = re.sub(r"(?m)^#define.*(\\\n.*)*|/\*(?s:.*?)\*/", lambda m: keep_names(m[0]), f.read())
        found.update(NAMED.findall(text))
        found.update(f"{name}: {lock}" for lock in PLACED.findall(text))
    return found


def keep_names(text):
    """Of a macro that makes a lock (MUTEX_INIT), its inner spinlock; of comments nothing."""
    return " ".join(f'SPINLOCK_INIT("{name}")' for name in NAMED.findall(text))


def ranks():
    """{lock: rank} of the page's tables."""
    with open(os.path.join(ROOT, "docs/locking.md")) as f:
        rows = re.findall(r"(?m)^\| (\d+) \| ([^|]*) \|", f.read())
    return {lock: int(rank) for rank, cell in rows for lock in re.findall(r"`([^`]+)`", cell)}


def test_the_page_names_every_lock_and_no_other():
    tree, page = locks_of_the_tree(), set(ranks())
    assert "frame" in tree and "fs/vfs/rename.c: &rename_mutex" in tree
    assert not tree - page, "docs/locking.md gives them no rank"
    assert not page - tree, "docs/locking.md names locks that are not there"


def check_order(edges):
    """Each `held -> taken` goes to a higher rank, or to a greater depth of the same lock."""
    rank = ranks()
    places = []
    for edge in edges:
        held, taken = [(rank[name], int(depth or 0)) for name, depth in
                       (re.fullmatch(r"(.*?)(?:/(\d))?", end).groups() for end in edge)]
        if held >= taken or (held[0] == taken[0] and strip(edge[0]) != strip(edge[1])):
            places.append(" -> ".join(edge))
    assert not places, "against the ranks of docs/locking.md"


def strip(name):
    return re.sub(r"/\d$", "", name)


def test_unikernel():
    _, text = ktest("", smp=2, variables={"DEBUG": "1"})
    assert "lock order" not in text


WORK = ["mkdir -p /tmp/a/b /tmp/e; echo x > /tmp/a/b/c; mv /tmp/a/b/c /tmp/a/d",
        "mv /tmp/a/b /tmp/e; rm -r /tmp/a /tmp/e",
        "for i in 1 2 3 4; do (echo $i | cat | cat) & done; wait",
        "ps > /dev/null; cat /proc/self/maps /proc/mounts > /dev/null",
        "find /proc /sys > /dev/null 2>&1",
        "mkfifo /tmp/p; (cat /tmp/p &); echo hi > /tmp/p",
        "mkdir -p /mnt; mount -t vfat /dev/vda /mnt; cp /bin/busybox /mnt",
        "mkdir /mnt/d; mv /mnt/busybox /mnt/d; umount /mnt; mount -t vfat /dev/vda /mnt",
        "/mnt/d/busybox true; rm -r /mnt/d; umount /mnt"]


def test_monolithic(tmp_path):
    """The paths that nest most: files, pipes, processes, terminals, procfs, a program on a disk."""
    disk = str(tmp_path / "disk.img")
    subprocess.run(["mkfs.vfat", "-C", disk, "16384"], check=True, capture_output=True)
    elf, image = build("monolithic", DEBUG="1")
    socket = tmp_path / "gdb"
    with Machine(image, timeout=300, smp=2, initrd=busybox_initrd(), disk=disk,
                 append="console=ttyS0 quiet",
                 extra=f"-gdb unix:{socket},server=on,wait=off") as machine:
        machine.expect(r"# (\x1b\[6n)?$")
        for i, command in enumerate(WORK):
            machine.line(f"{command}; echo end''$?.{i}")
            machine.expect(rf"end0\.{i}")
        if not GDB:
            pytest.skip("no gdb-multiarch: the graph was not compared")
        edges = re.findall(r"(?m)^(.+) -> (.+)$", ask_gdb(elf, socket, ["trine-locks"]))
    assert "lock order" not in machine.text and "panic" not in machine.text
    assert ("fs/vfs/inode.c: &inode->lock", "fs/fat/volume.c: &vol->lock") in edges
    # The program on the disk was faulted in: a fault waits for a disk without the lock of its space.
    assert ("mm/vspace/vspace.c: &vs->lock", "fs/fat/volume.c: &vol->lock") not in edges
    check_order(edges)
