"""How each group of figures is measured: kernels and programs that print `BENCH name value`, and traces of a boot."""
import os
import re
import subprocess
import tempfile

from .cpio import Archive
from .guest import pack, small_guest
from .machine import ROOT, Machine, build
from .packages import add_packages
from .trace import count, symbols


def bench_lines(image, timeout=600, icount=True, **how):
    """Runs an image until it powers off; its BENCH lines as a dictionary."""
    with Machine(image, icount=icount, timeout=timeout, **how) as machine:
        text, _ = machine.wait()
    return {m.group(1): float(m.group(2)) for m in re.finditer(r"BENCH (\S+) ([0-9.]+)", text)}


def boot_unikernel():
    elf, image = build("unikernel", APP="hello")
    first_line = symbols(elf)["app_main"]
    costs = {mem: count(image, lambda pc: pc == first_line, mem=mem) for mem in ("128M", "1G")}
    return {"boot.unikernel": costs["128M"], "boot.per_mib": max(0, (costs["1G"] - costs["128M"]) / (1024 - 128)),
            "image.unikernel": os.path.getsize(image) / 1024, "ram.unikernel": ram_touched(image) / 1024}


def ram_touched(image):
    """Bytes of RAM written by a run of 128 MiB, image included, beyond the firmware's 2 MiB and the device tree's pages."""
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/ram"
        backend = f"memory-backend-file,id=ram,size=128M,mem-path={path},share=on"
        with Machine(image, mem="128M", timeout=60, extra=["-object", backend, "-machine", "memory-backend=ram"]) as machine:
            machine.expect("Hello")
            machine.wait()
        total, offset = 0, 2 << 20
        with open(path, "rb") as f:
            f.seek(offset)
            while True:
                page = f.read(4096)
                if not page:
                    break
                if page[:4] == b"\xd0\x0d\xfe\xed":  # the device tree that QEMU left: as long as it says
                    f.seek(f.tell() - 4096 + (int.from_bytes(page[4:8], "big") + 4095 & ~4095))
                    continue
                total += 4096 * any(page)
        return total


def boot_monolithic():
    subprocess.run(["make", "-s", "out/busybox.cpio", "KERNEL=monolithic"], cwd=ROOT, check=True)
    _, image = build("monolithic")
    how = {"initrd": ROOT + "/out/busybox.cpio", "append": "console=ttyS0 quiet", "mem": "256M"}
    return {"boot.init": count(image, lambda pc: pc < 0x80000000, **how)}


def boots():
    return boot_unikernel() | boot_monolithic()


RC_BENCH = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t tmpfs tmp /tmp
/bin/busybox mount -t proc proc /proc
/bin/bench {settle}
/bin/busybox poweroff -f
"""


def calls_initrd(settle):
    """BusyBox and the static program that measures the system interface; settle: seconds it waits first."""
    out = ROOT + "/out/bench"
    os.makedirs(out, exist_ok=True)
    program = out + "/bench"
    subprocess.run(["riscv64-linux-gnu-gcc", "-static", "-O2", "-o", program, ROOT + "/bench/user/bench.c"], check=True)
    rc = f"{out}/rc-{settle}"
    with open(rc, "w") as f:
        f.write(RC_BENCH.format(settle=settle))
    initrd = f"{out}/calls-{settle}.cpio"
    subprocess.run([ROOT + "/tools/initrd.py", "--rc", rc, "--add", program + "=/bin/bench", initrd], check=True)
    return initrd


def calls():
    _, image = build("monolithic")
    return bench_lines(image, initrd=calls_initrd(0), mem="1G", append="console=ttyS0 quiet")


def calls_linux():
    image = subprocess.run([ROOT + "/tools/debian.py", "linux"], check=True, capture_output=True, text=True).stdout.strip()
    return bench_lines(image, initrd=calls_initrd(4), mem="1G", append="console=ttyS0 quiet")


RC_PROGRAMS = """#!/bin/busybox sh
export LC_ALL=C PATH=/usr/bin
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t tmpfs tmp /tmp
cd /tmp
/bin/busybox sleep {settle}
/usr/bin/seq 50000 > lines
/bin/timed program.sort '/usr/bin/sort -R --random-source=/bin/busybox lines > mixed && /usr/bin/sort -n mixed > sorted'
/bin/timed program.sqlite '/bin/busybox rm -f base; /usr/bin/sqlite3 base < /etc/rows.sql'
/bin/busybox poweroff -f
"""

ROWS = """BEGIN;
CREATE TABLE t(a INTEGER PRIMARY KEY, b TEXT, c REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
INSERT INTO t SELECT i, 'row number ' || (i * 7919 % 20011), i / 7.0 FROM n;
CREATE INDEX tb ON t(b);
COMMIT;
SELECT count(*), sum(length(b)), min(b), max(c) FROM t WHERE b > 'row number 5';
"""


def programs_initrd(settle):
    """Debian's sort and sqlite3 with their libraries, and what times them; settle: seconds it waits first."""
    out = ROOT + "/out/bench"
    os.makedirs(out, exist_ok=True)
    archive = Archive()
    for name in ("dev", "proc", "tmp"):
        archive.directory(name)
    add_packages(archive, ("busybox-static", "coreutils", "sqlite3"))
    timed = out + "/timed"
    subprocess.run(["riscv64-linux-gnu-gcc", "-static", "-O2", "-o", timed, ROOT + "/bench/user/timed.c"], check=True)
    with open(timed, "rb") as f:
        archive.file("usr/bin/timed", f.read(), 0o755)
    archive.file("etc/rows.sql", ROWS)
    archive.file("init", RC_PROGRAMS.format(settle=settle), 0o755)
    initrd = f"{out}/programs-{settle}.cpio"
    archive.write(initrd)
    return initrd


def programs():
    _, image = build("monolithic")
    return bench_lines(image, initrd=programs_initrd(0), mem="1G", append="console=ttyS0 quiet", timeout=1200)


def programs_linux():
    image = subprocess.run([ROOT + "/tools/debian.py", "linux"], check=True, capture_output=True, text=True).stdout.strip()
    return bench_lines(image, initrd=programs_initrd(4), mem="1G", append="console=ttyS0 quiet", timeout=1200)


def allocators():
    """Walks, tails and a growing string on each heap, the worst cases of TLSF on pools of every size; all on the base ISA,
    and TLSF with Zbb besides. Throughput on 1, 2 and 4 harts is wall clock, of this machine as it is loaded now."""
    figures = {}
    for heap in ("buddy", "slab", "tlsf"):
        _, image = build("unikernel", APP="bench-heap", HEAP=heap)
        figures.update(bench_lines(image, mem="3G", cpu="rv64,zbb=off"))
    with Machine(image, mem="512M", smp=4, timeout=120) as machine:
        text, _ = machine.wait()
        figures.update({k: float(v) for k, v in re.findall(r"BENCH (\S+\.wall\.\S+) ([\d.]+)", text)})
    with_zbb = bench_lines(image, mem="3G")
    figures.update({k + ".zbb": v for k, v in with_zbb.items() if k == "heap-walk-tlsf" or k.startswith("tlsf-worst-")})
    return figures


def threads():
    figures = {}
    for policy in ("fifo", "rr", "cfs"):
        _, image = build("unikernel", APP="bench-thread", SCHED=policy)
        figures.update(bench_lines(image, mem="128M"))  # the program names its policy
    return figures


def guests():
    """The bench guest under the hypervisor (also without Sstc, where every timer is trapped), and bare on the firmware."""
    out = ROOT + "/out/bench"
    pack(out + "/guests.cpio", ROOT + "/bench/guest/guests.dts", {"bench.image": "guest:bench/guest/bench.c"})
    _, image = build("hypervisor")
    how = {"mem": "128M", "initrd": out + "/guests.cpio"}
    got = bench_lines(image, **how)
    trapped = bench_lines(image, cpu="rv64,sstc=off", **how)
    bare = bench_lines(small_guest("bench/guest/bench.c", out), mem="128M")
    got.update({k + ".trapped": v for k, v in trapped.items()})
    got["guest.compute_differs"] = 100 * abs(got["guest.compute_1000"] / bare["guest.compute_1000"] - 1)
    return got


def block():
    """Disks answer in the host's time. With sleep=off the clock would jump to the next timer meanwhile, and without one to the
    end of time; so it goes on while the hart sleeps, and the bench subtracts what it slept."""
    got = {}
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/disk", "wb") as f:
            f.truncate(8 << 20)
        for bus, device in (("mmio", "virtio-blk-device"), ("pci", "virtio-blk-pci")):
            _, image = build("unikernel", APP="bench-block")
            lines = bench_lines(image, mem="128M", icount="on",
                                extra=f"-drive file={folder}/disk,format=raw,if=none,id=d0 -device {device},drive=d0")
            got.update({key.replace(".vda", "." + bus): value for key, value in lines.items()})
    return got
