"""The figures and where they come from. Bars are the project's; `baseline` is the peer measured on the same QEMU."""
import collections
import os
import re
import subprocess
import tempfile

from .machine import ROOT, Machine, build
from .trace import count, symbols

Figure = collections.namedtuple("Figure", "group key what bar unit baseline peer", defaults=(None, "instructions", None, "Linux"))
Group = collections.namedtuple("Group", "measure measure_linux", defaults=(None,))


def bench_lines(image, timeout=600, **how):
    """Runs an image until it powers off; its BENCH lines as a dictionary."""
    with Machine(image, icount=True, timeout=timeout, **how) as machine:
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


GROUPS = {
    "boot": Group(boot_unikernel),
    "boot-init": Group(boot_monolithic),
}

FIGURES = [
    Figure("boot", "boot.unikernel", "boot to the app's first line, unikernel hello, 128M", 300000),
    Figure("boot", "boot.per_mib", "more per extra MiB of RAM", 400),
    Figure("boot", "image.unikernel", "flat image of unikernel hello", 48, "KiB"),
    Figure("boot", "ram.unikernel", "RAM that unikernel hello touches beyond the firmware's", 512, "KiB"),
    Figure("boot-init", "boot.init", "boot to BusyBox's /init running, monolithic", 8000000, "instructions", 820000000),
]
