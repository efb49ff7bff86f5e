"""Memory comes back: stress-ng, Debian's program, beside /proc/meminfo, whose lines account for every page."""
import os
import re
import subprocess
import time

import pytest

from conftest import Shell, boot_shell, busybox_initrd
from trine.machine import ROOT, Machine, build

# The quickest of the classes vm, memory and scheduler, a way to use memory each; `stress-ng --class vm?` lists them all.
STRESSORS = os.environ.get("STRESSORS", "brk fork mmaphuge mremap msync pageswap pipe pthread shm vm").split()
PARTS = ("MemFree", "Cached", "AnonPages", "Slab", "KernelStack", "PageTables", "Percpu", "KernelHeap", "PipeBuffers", "InitrdFiles")
READ = 'while read -r line; do echo "$line"; done < /proc/meminfo'  # by the shell: a process more is memory more
SLOP = 4  # KiB: a page may be on its way between two lines while they are written
READS = 20  # of meminfo: the stacks of threads that ended go back, many pages each, while the lines are written


def needed(path, folder):
    """The libraries that a program links, and theirs, as files of folder; the loader is one of them."""
    found, todo = {}, [path]
    while todo:
        text = subprocess.run(["riscv64-linux-gnu-readelf", "-dl", todo.pop()], check=True, capture_output=True, text=True).stdout
        for name in re.findall(r"Shared library: \[(.*)\]", text) + re.findall(r"interpreter: .*/(.*)\]", text):
            if name not in found:
                found[name] = os.path.realpath(f"{folder}/{name}")
                todo.append(found[name])
    return found


@pytest.fixture(scope="module")
def shell():
    root = subprocess.run([ROOT + "/tools/debian.py", "closure", "stress-ng"], check=True, capture_output=True, text=True).stdout.strip()
    program, libraries = root + "/usr/bin/stress-ng", root + "/usr/lib/riscv64-linux-gnu"
    adds = ["--add", program + "=/bin/stress-ng"]
    for name, path in needed(program, libraries).items():
        adds += ["--add", f"{path}=/lib/{name}"]
    s = boot_shell(smp=2, mem="1G", initrd=busybox_initrd("stress.cpio", *adds))
    yield s
    s.machine.close()


def meminfo(shell):
    """The lines of /proc/meminfo in KiB, whose parts must be the whole. A page that no line tells of stays missing, however often read."""
    for _ in range(READS):
        lines = {k: int(v) for k, v in re.findall(r"(?m)^(\w+):\s+(\d+) kB", shell.run(READ)[0])}
        if abs(lines["MemTotal"] - sum(lines[part] for part in PARTS)) <= SLOP:
            return lines
    raise AssertionError(lines)


def in_use(lines, without=()):
    return lines["MemTotal"] - lines["MemFree"] - sum(lines[part] for part in without)


def drop_caches(shell):
    assert shell.run("echo 3 > /proc/sys/vm/drop_caches") == ("", 0)


def comes_back(shell, before, what, first=lambda shell: None, without=()):
    """In use returns to within 1 % of what was. The end of what has ended may still be under way: that is waited for."""
    limit = time.monotonic() + 120
    while True:
        first(shell)
        after = meminfo(shell)
        if in_use(after, without) - in_use(before, without) <= in_use(before) / 100:
            return
        grown = {k: after[k] - before[k] for k in PARTS}
        assert time.monotonic() < limit, f"after {what} of {in_use(before)} KiB: {grown}"
        time.sleep(0.5)


def test_memory_comes_back(shell):
    """When caches are dropped, the text of the programs too: it lies in the initrd."""
    shell.run("cd /tmp; stress-ng --brk 1 -t 1", timeout=300)  # what the kernel makes once
    drop_caches(shell)
    before = meminfo(shell)
    for name in STRESSORS:
        output, status = shell.run(f"stress-ng --{name} 2 -t 1", timeout=300)
        assert status == 0 and "successful run" in output, output
        comes_back(shell, before, name, drop_caches)


def test_spares_go_back_unasked(shell):
    """What is kept of many threads' stacks, and more, goes back soon after they have ended. The program's text stays."""
    drop_caches(shell)
    shell.run("stress-ng --brk 1 -t 1", timeout=300)
    before = meminfo(shell)
    shell.run("stress-ng --pthread 2 -t 1", timeout=300)
    comes_back(shell, before, "pthread", without=["Cached"])


def test_drop_caches_takes_what_linux_takes(shell):
    for word, status in (("1", 0), ("2", 0), ("3", 0), ("0", 1), ("5", 1), ("x", 1), ("-1", 1)):
        assert shell.run(f"echo {word} > /proc/sys/vm/drop_caches")[1] == status, word


def test_each_kind_is_in_its_line(shell):
    """64 MiB of a file, and of a process' own."""
    for name, command in (("Cached", "dd if=/dev/zero of=/tmp/big bs=1M count=64 2> /dev/null; cat /proc/meminfo; rm /tmp/big"),
                          ("AnonPages", "awk 'BEGIN { s = sprintf(\"%32000000s\", 1); t = s \"x\"; while (getline < \"/proc/meminfo\") print }'")):
        before, inside = meminfo(shell)[name], shell.run(command)[0]
        assert int(re.search(rf"(?m)^{name}:\s+(\d+) kB", inside).group(1)) - before >= 60_000, inside
        limit = time.monotonic() + 120
        while abs(meminfo(shell)[name] - before) >= 1000:
            assert time.monotonic() < limit, f"{name}: {before} KiB before, {meminfo(shell)[name]} afterwards"
            time.sleep(0.5)


def test_lines_with_a_heap_of_slabs():
    """Its blocks lie in slabs, which have a line of their own; what a debug kernel says agrees."""
    image = build("monolithic", HEAP="slab", DEBUG="1")[1]
    with Machine(image, append="console=ttyS0 quiet", initrd=busybox_initrd(), smp=2) as machine:
        shell = Shell(machine)
        meminfo(shell)
        for _ in range(READS):  # three files, one after the other
            text = shell.run("cat /proc/allocations /proc/slabinfo /proc/meminfo")[0]
            slabs = re.findall(r"(?m)^heap-\d+ .* (\d+) : tunables.* slabdata +(\d+)", text)
            heap = sum(int(per_slab) * int(count) for per_slab, count in slabs)
            said, runs = (int(re.search(line + r"\D*(\d+)", text).group(1)) for line in ("heap-frames", "KernelHeap"))
            if abs(said - heap - runs / 4) <= 16:
                break
        assert heap > 0 and abs(said - heap - runs / 4) <= 16, text  # reading takes some itself
