"""The figures, their bars, and the peers that stand beside them. How they are measured: bench_measure.py.

A peer's number is its cost on QEMU 10, for when it is not run beside. The bar "peer" is what the peer takes on the same QEMU,
"below peer" 0.99 of it.
"""
import collections

from . import bench_measure as measure
from . import lock_shares, scaling

Figure = collections.namedtuple("Figure", "group key what bar unit peer_value peer")
Group = collections.namedtuple("Group", "measure measure_linux", defaults=(None,))

GROUPS = {
    "allocators": Group(measure.allocators),
    "threads": Group(measure.threads),
    "boot": Group(measure.boots),
    "calls": Group(measure.calls, measure.calls_linux),
    "programs": Group(measure.programs, measure.programs_linux),
    "guests": Group(measure.guests),
    "block": Group(measure.block),
    "locks": Group(lock_shares.figures),
    "scaling": Group(scaling.figures, scaling.figures_linux),
}


def allocators(key, what, bar, peer_value=None, peer=None):
    return Figure("allocators", key, what, bar, "instructions", peer_value, peer)


def switch(policy):
    return Figure("threads", f"thread.switch.{policy}", f"thread switch by yield, one hart, {policy}", 120, "instructions", None, None)


def boot(key, what, bar, unit="instructions", peer_value=None):
    return Figure("boot", key, what, bar, unit, peer_value, "Linux")


def call(key, what, linux, bar="peer"):
    return Figure("calls", "sys." + key, what, bar, "instructions", linux, "Linux")


def program(key, what, linux, bar):
    return Figure("programs", "program." + key, what, bar, "instructions", linux, "Linux")


def guest(key, what, bar, kvm=None, unit="instructions"):
    return Figure("guests", "guest." + key, what, bar, unit, kvm, "KVM")


def block(key, what, bar):
    return Figure("block", "block." + key, what, bar, "instructions", None, None)


def share(load, what):
    return Figure("locks", "locks.share." + load, f"most held single lock, {what}", 5, "per cent", None, None)


def scale(load, what):
    return Figure("scaling", "scaling." + load, f"time on two harts, one hart is 100: {what}", "peer", "per cent", None, "Linux")


FIGURES = [
    allocators("heap-walk-tlsf", "TLSF, random walk over 4096 slots, an operation, base ISA", 96, 193, "reference"),
    allocators("heap-walk-tlsf.zbb", "the same on a machine with Zbb", 96, 193, "reference"),
    allocators("heap-walk-slab", "slab-backed heap, the same walk", 45, 51, "mimalloc"),
    allocators("heap-alloc-p99.9-slab", "of that walk, the allocation that one in a thousand exceeds", 600),
    allocators("heap-free-p99.9-slab", "of that walk, the release that one in a thousand exceeds", 600),
    allocators("string-builder-slab", "slab-backed heap, a string that grows by realloc, a byte", 4),
    allocators("string-builder-tlsf", "TLSF, the same", 5),
    allocators("string-builder-buddy", "buddy heap, the same", 4),
    *[allocators(f"tlsf-worst-{kib}k", f"TLSF, worst operation, pool of {kib} KiB, base ISA", 250)
      for kib in (64, 1024, 16384, 131072, 1048576)],
    allocators("slab-pair", "slab object alloc+free, hot", 24),
    allocators("frame-pair", "frame order-0 alloc+free, hot", 30),

    switch("fifo"),
    switch("rr"),
    switch("cfs"),

    boot("boot.unikernel", "boot to the app's first line, unikernel hello, 128M", 300000),
    boot("boot.per_mib", "more per extra MiB of RAM", 400),
    boot("image.unikernel", "flat image of unikernel hello", 48, "KiB"),
    boot("ram.unikernel", "RAM that unikernel hello touches beyond the firmware's", 512, "KiB"),
    boot("boot.init", "boot to BusyBox's /init running, monolithic", 8000000, peer_value=820000000),

    call("getppid", "null system call (getppid)", 440, bar=150),
    call("clock_gettime", "clock_gettime", 78),
    call("read_1_zero", "read 1 B /dev/zero", 884),
    call("read_4k_zero", "read 4 KiB /dev/zero", 2417),
    call("write_1_null", "write 1 B /dev/null", 798),
    call("fstat", "fstat", 1645),
    call("stat_tmpfs", "stat, tmpfs", 4972),
    call("open_close_tmpfs", "open+close, tmpfs", 7910),
    call("pread_4k_tmpfs", "pread 4 KiB, tmpfs", 2873),
    call("pread_1k_tmpfs", "pread 1 KiB, tmpfs", None, bar=902),
    call("pread_1k_misaligned", "pread 1 KiB to a misaligned buffer, tmpfs", None, bar=1100),
    call("pwrite_4k_tmpfs", "pwrite 4 KiB, tmpfs", 3402),
    call("create_unlink_tmpfs", "create+unlink, tmpfs", 25950),
    call("mmap_munmap_64k_file", "mmap+munmap 64 KiB of a file", 13760),
    call("touch_2048_pages", "first touch of 2048 pages + munmap", 1099000),
    call("pipe_self", "pipe, write+read in one process", 3007),
    call("pipe_ping_pong", "pipe ping-pong, two processes", 13709),
    call("unix_ping_pong", "AF_UNIX stream ping-pong", 23214, bar=None),
    call("epoll_wait_ready", "epoll_wait, one ready", 1132),
    call("select_100_idle", "select of 100 files, none ready", 9400),
    call("poll_100_idle", "poll of 100 files, none ready", 9400),
    call("sigaction", "sigaction", 1230),
    call("kill_self_handler", "kill self + handler", 5690),
    call("fork_exit_wait", "fork+exit+wait", 187000),
    call("vfork_exec_wait", "vfork+exec+exit+wait (static)", 408500),
    call("thread_create_join", "thread create+join", 46300),
    call("yield_two_processes", "sched_yield between two processes", 6002),
    call("mutex_pair", "uncontended mutex pair", 73),

    # Of the sort, 99.4 per cent of what Linux takes are the program's own instructions, with any kernel.
    program("sort", "Debian's sort -R, sort -n of 50,000 lines", 2439047000, "peer"),
    program("sqlite", "Debian's sqlite3, 20,000 rows and an index", 233976000, "below peer"),

    guest("sbi_base", "SBI base call from a guest", 300, 936),
    guest("touch_page", "first touch of guest memory, a page", 1200, 4448),
    guest("compute_differs", "straight-line work in a guest, difference from bare", 0.5, unit="per cent"),
    guest("set_timer", "SBI set_timer from a guest, Sstc", 1000, 1000),
    guest("set_timer.trapped", "SBI set_timer from a guest, trapped", 1000, 1000),
    guest("rfence_self", "SBI remote fence of a guest to itself", 2369, 2369),
    guest("ipi_self", "SBI IPI of a guest to itself, to its handler's end", 1499, 1499),
    guest("timer_interrupt", "guest timer interrupt, due to taken, Sstc", 1016, 1016),
    guest("timer_interrupt.trapped", "guest timer interrupt, due to taken, injected", 1016, 1016),

    # One at a time, every request ends in an idle hart's wake-up, which only QEMU 10's counter shows in full.
    block("write_4k.mmio", "write 4 KiB to a disk (virtio-mmio), one at a time", 2600),
    block("write_4k_deep.mmio", "write 4 KiB to a disk (virtio-mmio), 32 in flight", 1400),
    block("write_4k.pci", "write 4 KiB to a disk (virtio-pci), one at a time", 2600),
    block("write_4k_deep.pci", "write 4 KiB to a disk (virtio-pci), 32 in flight", 1400),

    share("exec", "fork+exec"),
    share("faults", "page faults, processes"),
    share("space", "page faults, threads"),
    share("open", "open+close"),
    share("create", "create+unlink"),
    share("futex", "futex wake and wait"),
    share("pipe", "pipe ping-pong"),
    Figure("locks", "locks.worst_masked", "longest hold of a lock with interrupts masked", 5000, "instructions", None, None),

    scale("exec", "fork+exec"),
    scale("faults", "page faults, processes"),
    scale("space", "page faults, threads"),
    scale("open", "open+close"),
    scale("create", "create+unlink"),
    scale("futex", "futex wake and wait"),
    scale("pipe", "pipe ping-pong"),
    scale("make", "ten files by make -j2"),
]
