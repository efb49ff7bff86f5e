"""Builds kernels and boots them in QEMU: the one place that knows QEMU's command line.

Used by `make run`, the tour, the bench and the system tests.
"""
import os
import re
import shlex
import subprocess
import sys

from .remarks import FIRMWARE_REMARK, without_remarks

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
OUT = os.environ.get("TRINE_OUT") or "out"  # as make's O: relative to ROOT or absolute
FLASH_BANK = 32 << 20
ESCAPE = 0x1e  # QEMU's key: Ctrl-^ (Ctrl-6), which shells, editors and our hypervisor's focus leave alone


def flash_bank(path):
    """The file behind a bank, which QEMU wants to have exactly 32 MiB. A file of that size is the bank, and is written as
    a disk is. Anything shorter stays as it is: a copy in pflash/ of the build's folder, padded as erased flash, takes its place."""
    size = os.path.getsize(path)
    if size > FLASH_BANK:
        sys.exit(f"error: {path} is larger than a pflash bank (32 MiB)")
    if size == FLASH_BANK:
        return path
    bank = os.path.join(ROOT, OUT, "pflash", os.path.basename(path))
    os.makedirs(os.path.dirname(bank), exist_ok=True)
    with open(path, "rb") as short, open(f"{bank}.{os.getpid()}", "wb") as f:
        f.write(short.read().ljust(FLASH_BANK, b"\xff"))
    os.replace(f.name, bank)  # a machine that still runs on the copy before keeps it
    return bank


def qemu_version(qemu):
    text = subprocess.run([qemu, "--version"], capture_output=True, text=True).stdout
    return int(re.search(r"version (\d+)", text).group(1))


def boot_past_flash(command, image, initrd):
    """QEMU before version 8 takes a second flash bank with content for the next boot stage, jumps there, and offers
    kernel and initrd to it by fw_cfg. So the kernel is placed by the loader device, the firmware is the one that always
    jumps to 0x80200000, and an initrd is placed likewise and named in the device tree."""
    jump = "/usr/lib/riscv64-linux-gnu/opensbi/generic/fw_jump.bin"
    if not os.path.exists(jump):
        sys.exit(f"error: pflash with QEMU before version 8 needs {jump} (Debian's package opensbi)")
    command = command + ["-bios", jump, "-device", f"loader,file={image},addr=0x80200000,force-raw=on"]
    if not initrd:
        return command
    start = 0x84000000  # beyond the image and the tree, which the firmware moves to 0x82200000
    tree = os.path.join(ROOT, OUT, f"pflash-{os.getpid()}.dtb")
    dump = list(command)
    dump[dump.index("-machine") + 1] += f",dumpdtb={tree}"
    subprocess.run(dump, check=True, capture_output=True)
    for name, value in (("linux,initrd-start", start), ("linux,initrd-end", start + os.path.getsize(initrd))):
        subprocess.run(["fdtput", "-t", "x", tree, "/chosen", name, "0", f"{value:x}"], check=True)
    return command + ["-dtb", tree, "-device", f"loader,file={initrd},addr={start:#x},force-raw=on"]


def qemu_command(image, qemu=None, smp=1, mem="256M", cpu="rv64", machine="virt", initrd=None, append=None, disk=None,
                 pflash=None, icount=False, extra=()):
    """The command that boots an image; disk: one path or several, as virtio-blk on virtio-mmio."""
    command = [qemu or os.environ.get("QEMU") or "qemu-system-riscv64", "-machine", machine, "-cpu", cpu, "-smp", str(smp),
               "-m", str(mem), "-nographic", "-echr", str(ESCAPE), "-global", "virtio-mmio.force-legacy=false", "-kernel", image]
    if icount:
        command += ["-icount", "shift=0,sleep=" + ("off" if icount is True else icount)]
    if initrd:
        command += ["-initrd", initrd]
    if append:
        command += ["-append", append]
    for i, path in enumerate([disk] if isinstance(disk, str) else disk or []):
        command += ["-drive", f"file={path.replace(',', ',,')},format=raw,if=none,id=disk{i}", "-device", f"virtio-blk-device,drive=disk{i}"]
    command += shlex.split(extra) if isinstance(extra, str) else list(extra)
    if pflash:
        command += ["-drive", f"file={flash_bank(pflash).replace(',', ',,')},format=raw,if=pflash,unit=1"]
        if qemu_version(command[0]) < 8:
            command = boot_past_flash(command, image, initrd)
    return command


def build(kernel, **variables):
    """make image; returns (elf, image)."""
    done = subprocess.run(["make", "-j2", "-s", "--no-print-directory", "image", f"KERNEL={kernel}", f"O={OUT}",
                           *[f"{k}={v}" for k, v in variables.items()]], cwd=ROOT, capture_output=True, text=True,
                          env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")})
    if done.returncode != 0:
        raise RuntimeError(f"build of {kernel} {variables} failed:\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    elf, image = done.stdout.split()[-2:]
    return os.path.join(ROOT, elf), os.path.join(ROOT, image)


class Machine:
    """A booted kernel whose console is talked to. Waits are for lines, with generous limits; never sleeps."""

    def __init__(self, image, timeout=300, log=None, **how):
        import pexpect
        self.pexpect = pexpect
        self.timeout = timeout
        self.child = pexpect.spawn(*(lambda c: (c[0], c[1:]))(qemu_command(image, **how)), timeout=timeout,
                                   encoding="utf-8", codec_errors="replace", echo=False, dimensions=(50, 200))
        self.text = ""
        self.has_remarks = False  # of the firmware, which are not in what wait() returns
        if log:
            self.child.logfile_read = log

    def expect(self, pattern, timeout=None):
        """Waits for a regular expression; returns the match. The console so far is in the error if it never comes."""
        try:
            self.child.expect(pattern, timeout=timeout or self.timeout)
        except (self.pexpect.TIMEOUT, self.pexpect.EOF) as e:
            text = self.text + (self.child.before if isinstance(self.child.before, str) else "")
            kind = "QEMU ended" if isinstance(e, self.pexpect.EOF) else f"not within {timeout or self.timeout} s"
            raise AssertionError(f"{kind}: no {pattern!r} on the console:\n{text[-6000:]}") from None
        self.text += self.child.before + self.child.after
        return self.child.match

    def send(self, text):
        self.child.send(text)

    def line(self, text):
        self.child.send(text + "\n")

    def wait(self, timeout=None):
        """Waits until the machine powers off; returns everything printed but the firmware's remarks, and QEMU's exit status."""
        try:
            self.child.expect(self.pexpect.EOF, timeout=timeout or self.timeout)
        except self.pexpect.TIMEOUT:
            raise AssertionError(f"the machine did not power off; the console:\n{(self.text + self.child.before)[-6000:]}") from None
        self.text += self.child.before
        self.has_remarks = FIRMWARE_REMARK in self.text
        self.text = without_remarks(self.text)
        self.child.close()
        return self.text, self.child.exitstatus

    def close(self):
        self.child.close(force=True)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()


def read_words(path):
    """The variables of a component.mk or rung.mk: NAME := words, with continuation lines."""
    with open(path) as f:
        text = f.read().replace("\\\n", " ")
    return {m.group(1): m.group(2).strip() for m in re.finditer(r"(?m)^(\w+)\s*:?\??=[ \t]*(.*)$", text)}
