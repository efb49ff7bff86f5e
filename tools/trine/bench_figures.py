"""The figures and where they come from. Bars are the project's; `baseline` is the peer measured on the same QEMU."""
import collections
import os
import re
import subprocess
import tempfile

from .guest import pack, small_guest
from .guest import pack, small_guest
from .machine import ROOT, Machine, build
from .trace import count, symbols

Figure = collections.namedtuple("Figure", "group key what bar unit baseline peer", defaults=(None, "instructions", None, "Linux"))
Group = collections.namedtuple("Group", "measure measure_linux", defaults=(None,))


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
    """Bytes of RAM written by a run of 128 MiB, image included, beyond the firmware's 2 MiB and the device tree's page range."""
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/ram"
        with Machine(image, mem="128M", timeout=60, extra=["-object", f"memory-backend-file,id=ram,size=128M,mem-path={path},share=on",
                                                           "-machine", "memory-backend=ram"]) as machine:
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
    subprocess.run(["riscv64-linux-gnu-gcc", "-static", "-O2", "-o", out + "/bench", ROOT + "/bench/user/bench.c"], check=True)
    rc = f"{out}/rc-{settle}"
    with open(rc, "w") as f:
        f.write(RC_BENCH.format(settle=settle))
    subprocess.run([ROOT + "/tools/initrd.py", "--rc", rc, "--add", out + "/bench=/bin/bench", f"{out}/calls-{settle}.cpio"], check=True)
    return f"{out}/calls-{settle}.cpio"


def calls():
    _, image = build("monolithic")
    return bench_lines(image, initrd=calls_initrd(0), mem="1G", append="console=ttyS0 quiet")


def calls_linux():
    image = subprocess.run([ROOT + "/tools/debian.py", "linux"], check=True, capture_output=True, text=True).stdout.strip()
    return bench_lines(image, initrd=calls_initrd(4), mem="1G", append="console=ttyS0 quiet")


def allocators():
    """Walks and pairs on the TLSF heap, the walk on the slab-backed heap, the worst cases on pools of every size."""
    figures = {}
    for heap in ("slab", "tlsf"):
        _, image = build("unikernel", APP="bench-heap", HEAP=heap)
        figures.update(bench_lines(image, mem="3G"))
    return figures


def guests():
    """A small guest under the hypervisor, and the same image on the bare machine."""
    out = ROOT + "/out/bench"
    pack(out + "/guests.cpio", "bench/guest/guests.dts", {"bench.image": "guest:bench/guest/bench.c"})
    _, image = build("hypervisor")
    figures = bench_lines(image, initrd=out + "/guests.cpio", mem="256M")
    bare = bench_lines(small_guest("bench/guest/bench.c", out), mem="256M")
    figures.update({"bare." + k: v for k, v in bare.items()})
    if "guest.compute_1000" in figures and bare.get("guest.compute_1000"):
        figures["guest.compute_ratio"] = 100 * abs(figures["guest.compute_1000"] / bare["guest.compute_1000"] - 1)
    return figures


def threads():
    figures = {}
    for policy in ("fifo", "rr", "cfs"):
        _, image = build("unikernel", APP="bench-thread", SCHED=policy)
        figures.update({f"{k}.{policy}": v for k, v in bench_lines(image, mem="128M").items()})
    return figures


# The bar of each call but the null call is what Linux takes on the same QEMU; the number is its cost on QEMU 10, for when
# Linux is not run beside.
CALLS = [("getppid", "null system call (getppid)", 180, 440), ("read_1_zero", "read 1 B /dev/zero", "peer", 884),
         ("read_4k_zero", "read 4 KiB /dev/zero", "peer", 2417), ("write_1_null", "write 1 B /dev/null", "peer", 798),
         ("fstat", "fstat", "peer", 1645), ("stat_tmpfs", "stat, tmpfs", "peer", 4972),
         ("open_close_tmpfs", "open+close, tmpfs", "peer", 7910), ("pread_4k_tmpfs", "pread 4 KiB, tmpfs", "peer", 2873),
         ("pwrite_4k_tmpfs", "pwrite 4 KiB, tmpfs", "peer", 3402), ("create_unlink_tmpfs", "create+unlink, tmpfs", "peer", 25950),
         ("mmap_munmap_64k_file", "mmap+munmap 64 KiB of a file", "peer", 13760),
         ("touch_2048_pages", "first touch of 2048 pages + munmap", "peer", 1099000),
         ("pipe_self", "pipe, write+read in one process", "peer", 3007), ("pipe_ping_pong", "pipe ping-pong, two processes", "peer", 13709),
         ("unix_ping_pong", "AF_UNIX stream ping-pong", None, 23214), ("epoll_wait_ready", "epoll_wait, one ready", "peer", 1132),
         ("sigaction", "sigaction", "peer", 1230), ("kill_self_handler", "kill self + handler", "peer", 5690),
         ("fork_exit_wait", "fork+exit+wait", "peer", 187000), ("vfork_exec_wait", "vfork+exec+exit+wait (static)", "peer", 408500),
         ("thread_create_join", "thread create+join", "peer", 46300),
         ("yield_two_processes", "sched_yield between two processes", "peer", 6002), ("mutex_pair", "uncontended mutex pair", "peer", 73)]

def guest():
    """The bench guest under the hypervisor (also without Sstc, where every timer is trapped), and bare on the firmware."""
    out = ROOT + "/out/bench"
    pack(out + "/guest.cpio", ROOT + "/bench/guest/guests.dts", {"bench.image": "guest:bench/guest/bench.c"})
    _, image = build("hypervisor")
    how = {"mem": "128M", "initrd": out + "/guest.cpio"}
    got = bench_lines(image, **how)
    trapped = bench_lines(image, cpu="rv64,sstc=off", **how)
    bare = bench_lines(small_guest("bench/guest/bench.c", out), mem="128M")
    got.update({k + ".trapped": v for k, v in trapped.items()})
    got["guest.compute_ratio"] = 100 * got["guest.compute_1000"] / bare["guest.compute_1000"]
    return got


def block():
    """Disks answer in the host's time. With sleep=off the clock would jump to the next timer meanwhile, and without one to the
    end of time; so it goes on while the hart sleeps, and the bench subtracts what it slept."""
    got = {}
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/disk", "wb") as f:
            f.truncate(8 << 20)
        for bus, device in (("mmio", "virtio-blk-device"), ("pci", "virtio-blk-pci")):
            lines = bench_lines(build("unikernel", APP="bench-block")[1], mem="128M", icount="on",
                                extra=f"-drive file={folder}/disk,format=raw,if=none,id=d0 -device {device},drive=d0")
            got.update({key.replace(".vda", "." + bus): value for key, value in lines.items()})
    return got


GROUPS = {
    "allocators": Group(allocators),
    "threads": Group(threads),
    "guests": Group(guests),
    "block": Group(block),
    "calls": Group(calls, calls_linux),
    "guest": Group(guest),
    "boot": Group(boot_unikernel),
    "boot-init": Group(boot_monolithic),
}

FIGURES = [
    Figure("allocators", "heap-walk-tlsf", "TLSF, random walk over 4096 slots, an operation", 96, "instructions", 193, "reference"),
    Figure("allocators", "heap-walk-slab", "slab-backed heap, the same walk", 50, "instructions", 51, "mimalloc"),
    *[Figure("allocators", f"tlsf-worst-{kib}k", f"TLSF, worst operation of 10 million, {kib} KiB", 250)
      for kib in (64, 1024, 16384, 131072, 1048576)],
    Figure("allocators", "slab-pair", "slab object alloc+free, hot", 24),
    Figure("allocators", "frame-pair", "frame order-0 alloc+free, hot", 30),
    *[Figure("threads", "thread.switch." + p, f"thread switch by yield, one hart, {p}", 120) for p in ("fifo", "rr", "cfs")],
    Figure("guests", "guest.sbi_base", "SBI base call from a guest", 300, "instructions", 936, "KVM"),
    Figure("guests", "guest.touch_page", "first touch of guest memory, a page", 1200, "instructions", 4448, "KVM"),
    Figure("guests", "guest.compute_ratio", "compute in a guest, difference from bare", 0.5, "per cent"),
    Figure("guests", "guest.set_timer", "SBI set_timer from a guest", 1000, "instructions", 1000, "KVM"),
    Figure("guests", "guest.rfence_self", "SBI remote fence to itself", 2369, "instructions", 2369, "KVM"),
    Figure("guests", "guest.ipi_self", "SBI IPI to itself", 1499, "instructions", 1499, "KVM"),
    Figure("guests", "guest.timer_interrupt", "timer interrupt, armed to taken", 1016, "instructions", 1016, "KVM"),
    Figure("boot", "boot.unikernel", "boot to the app's first line, unikernel hello, 128M", 300000),
    Figure("boot", "boot.per_mib", "more per extra MiB of RAM", 400),
    Figure("boot", "image.unikernel", "flat image of unikernel hello", 48, "KiB"),
    Figure("boot", "ram.unikernel", "RAM that unikernel hello touches beyond the firmware's", 512, "KiB"),
    Figure("boot-init", "boot.init", "boot to BusyBox's /init running, monolithic", 8000000, "instructions", 820000000),
    Figure("guest", "guest.sbi_base", "SBI base call from a guest", 300, "instructions", 936, "KVM"),
    Figure("guest", "guest.set_timer", "SBI set_timer from a guest, Sstc", 1000, "instructions", 1000, "KVM"),
    Figure("guest", "guest.set_timer.trapped", "SBI set_timer from a guest, trapped", 1000, "instructions", 1000, "KVM"),
    Figure("guest", "guest.rfence_self", "SBI remote fence of a guest to itself", 2369, "instructions", 2369, "KVM"),
    Figure("guest", "guest.ipi_self", "SBI IPI of a guest to itself, to its handler's end", 1499, "instructions", 1499, "KVM"),
    Figure("guest", "guest.touch_page", "first touch of a guest page", 1200, "instructions", 4448, "KVM"),
    Figure("guest", "guest.timer_interrupt", "guest timer interrupt, due to taken, Sstc", 1016, "instructions", 1016, "KVM"),
    Figure("guest", "guest.timer_interrupt.trapped", "guest timer interrupt, due to taken, injected", 1016, "instructions", 1016,
           "KVM"),
    Figure("guest", "guest.compute_ratio", "guest's straight-line work, of the same bare", 100.5, "%"),
    Figure("block", "block.write_4k.mmio", "write 4 KiB to a disk (virtio-mmio), one at a time", 2200),
    Figure("block", "block.write_4k_deep.mmio", "write 4 KiB to a disk (virtio-mmio), 32 in flight", 1400),
    Figure("block", "block.write_4k.pci", "write 4 KiB to a disk (virtio-pci), one at a time", 2200),
    Figure("block", "block.write_4k_deep.pci", "write 4 KiB to a disk (virtio-pci), 32 in flight", 1400),
] + [Figure("calls", "sys." + key, what, bar, "instructions", baseline) for key, what, bar, baseline in CALLS]
