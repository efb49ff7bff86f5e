"""Allocations that fail: one in each boot, one in each fork of a program, one in each of many calls.

A boot whose n-th allocation fails either comes to its end all the same or says in one line why it cannot.
"""
import os
import re
import struct
import subprocess

import pytest

from conftest import Shell, busybox_initrd, compiled
from hypervisor_test import CALM, guest, initrd
from trine.cpio import Archive
from trine.machine import Machine, build, qemu_command

MADE_TO_FAIL = re.compile(r"allocation \d+ is made to fail")
NTH_MAX = 2000

# What says, as the last line of a boot, why there is none.
REFUSAL = re.compile(r"cannot boot: .+|no program to run as init.*|no memory for the first process.*|no memory for the guest description"
                     r"|init (?:exited with|was killed by) .*: powering off")


def boot(image, nth, **how):
    """What a boot with failalloc=nth prints, until the machine is off."""
    command = qemu_command(image, mem="128M", append=f"failalloc={nth}", **how)
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=180)
    except subprocess.TimeoutExpired as e:
        raise AssertionError(f"failalloc={nth}: the machine did not power off:\n{(e.stdout or b'')[-3000:].decode(errors='replace')}")
    return done.stdout.decode(errors="replace").replace("\r", "")


def sweep(image, complaint, at_least, **how):
    """Fails every allocation of a boot in turn; complaint(text) says what is wrong with one. Returns the texts."""
    texts = []
    for nth in range(1, NTH_MAX):
        text = boot(image, nth, **how)
        wrong = "a panic" if "panic" in text else complaint(text)
        assert not wrong, f"failalloc={nth}: {wrong}:\n{text[-3000:]}"
        if not MADE_TO_FAIL.search(text):
            assert nth > at_least, f"only {nth - 1} allocations in a boot: was one made to fail?"
            assert not REFUSAL.search(text)
            return texts
        texts.append(text)
    raise AssertionError(f"more than {NTH_MAX} allocations in a boot")


def ends(text, success):
    """A boot either comes to its end or says in one line why it cannot."""
    refusals = len(REFUSAL.findall(text))
    if refusals > 1 or (refusals == 1) == bool(re.search(success, text)):
        return f"{refusals} lines say why it cannot boot, {len(re.findall(success, text))} that it has"
    return None


@pytest.mark.parametrize("smp", [1, 2])
def test_unikernel_boot(smp):
    image = build("unikernel", APP="hello", DEBUG="1")[1]
    texts = sweep(image, lambda text: ends(text, "Hello from Trine"), 5, smp=smp)
    stays_off = [text for text in texts if "CPU 1 does not start: no memory" in text]
    assert bool(stays_off) == (smp == 2) and all("Hello from Trine" in text for text in stays_off)


def monolithic_complaint(text):
    # Without a console init runs all the same, and that is said.
    if "reboot: power off" in text and ("init runs" in text) == ("no console for init" in text):
        return "init has no console and nobody says so"
    return ends(text, "reboot: power off")


def mkfs_fat():
    return next(p for p in ("/usr/sbin/mkfs.fat", "/sbin/mkfs.fat") if os.path.exists(p))


def partitioned_disk(path):
    """A disk of 8 MiB with one FAT partition."""
    image = bytearray(8 << 20)
    image[446:462] = struct.pack("<8BII", 0, 0, 0, 0, 0x0e, 0, 0, 0, 2048, 8192)
    image[510:512] = b"\x55\xaa"
    path.write_bytes(image)
    subprocess.run([mkfs_fat(), "--offset", "2048", str(path), "4096"], check=True, stdout=subprocess.DEVNULL)
    return str(path)


@pytest.mark.parametrize("smp", [1, 2])
def test_monolithic_boot(smp, tmp_path):
    """To the first program's end; with two CPUs also with disks and a random device on both transports."""
    image = build("monolithic", DEBUG="1")[1]
    archive = Archive()
    with open(compiled("init_ends", "-O2", "-static", "-nostdlib", "-fno-stack-protector"), "rb") as f:
        archive.file("init", f.read(), 0o755)
    archive.write(str(tmp_path / "init.cpio"))
    devices = {}
    if smp == 2:
        disk = partitioned_disk(tmp_path / "disk.img")
        devices = {"disk": disk, "extra": ["-device", "virtio-rng-device", "-drive", f"file={disk},format=raw,if=none,id=second,readonly=on",
                                           "-device", "virtio-blk-pci,drive=second,disable-legacy=on", "-snapshot"]}
    sweep(image, monolithic_complaint, 80, smp=smp, initrd=str(tmp_path / "init.cpio"), **devices)


# BusyBox's init whose fork for the shell fails says so and waits for a signal before it tries again.
SHELL_OR_END = r"(# (?:\x1b\[6n)?$|to activate this console)|(can't fork)|" + REFUSAL.pattern.replace(".", r"[^\r\n]")


def shell_boot(image, nth):
    """Boots BusyBox with failalloc=nth; a text says what went wrong."""
    with Machine(image, timeout=180, mem="128M", append=f"failalloc={nth}", initrd=busybox_initrd()) as machine:
        try:
            shell, no_fork = machine.expect(SHELL_OR_END).groups()
            if no_fork:  # The kernel and its terminal live on: what is typed is echoed.
                machine.line("still here")
                machine.expect("still here")
            elif not shell:
                machine.wait()
            else:
                machine.line("\necho $((6*7))x")
                machine.expect("42x")
        except AssertionError as e:
            return str(e)[-2000:]
        return machine.text[-2000:] if "panic" in machine.text else None


def test_shell_boot():
    """Of the thousands of allocations that follow the first program's start, some here and there."""
    image = build("monolithic", DEBUG="1")[1]
    outcomes = {n: shell_boot(image, n) for n in [*range(120, 1200, 101), *range(1200, 6000, 701)]}
    assert not any(outcomes.values()), "\n".join(f"failalloc={n}:\n{o}" for n, o in outcomes.items() if o)


def test_hypervisor_boot(tmp_path):
    """A failure stops the boot, or the guest whose it is: the other says all that it has to say."""
    flash = 'flash@22000000 { compatible = "cfi-flash"; reg = <0 0x22000000 0 0x2000000>; trine,backing = "emulated"; path = "f.img"; };'
    guests = [guest("a", cpus=2), guest("b", "b.image", words='trine,timer = "trap";', children=flash)]
    contents = tmp_path / "contents"
    contents.write_bytes(b"false start")
    archive = initrd(str(tmp_path), guests, k_image=CALM, b_image="guest:tests/guests/flash.c", f_img=str(contents))
    image = build("hypervisor", DEBUG="1")[1]
    done = {"a": "2262 primes below 20000", "b": "found again after a reboot"}

    def complaint(text):
        if REFUSAL.search(text):
            return "it ended twice" if len(REFUSAL.findall(text)) > 1 or "primes" in text else None
        failed = re.findall(r"guest ([ab]): (?:not started|stopped): ", text)
        if len(failed) > 1:
            return "one failure ended both guests"
        if any(text.count(line) != (name not in failed) for name, line in done.items()):
            return "a guest did not come to its end, and nobody says so"
        if ("not all guests ended well" in text) != bool(failed):
            return "the end is not as the guests'"
        return None

    texts = sweep(image, complaint, 60, initrd=archive)
    for name in done:
        assert any(f"guest {name}: not started: " in text for text in texts)
        assert any(f"guest {name}: stopped: " in text for text in texts)


@pytest.mark.parametrize("smp", [1, 2])
def test_fork(smp):
    initrd = busybox_initrd("fork-failure.cpio", "--add", compiled("fork_failure", "-static", "-O1") + "=/tests/fork_failure")
    image = build("monolithic", DEBUG="1")[1]
    with Machine(image, mem="256M", smp=smp, append="quiet", initrd=initrd) as machine:
        shell = Shell(machine)
        output, status = shell.run("mkdir -p /proc; mount -t proc proc /proc; /tests/fork_failure", timeout=600)
        done = re.search(r"done: (\d+) forks failed, (\d+) rounds, (-?\d+) kB lost", output)
        assert status == 0 and done, output
        failed, rounds, lost = map(int, done.groups())
        assert failed >= 5 * rounds, "fork asks for more than that: " + output
        assert lost < 64, output
        assert shell.run("echo alive | cat")[0].endswith("alive")
        assert "panic" not in machine.text


@pytest.mark.parametrize("smp, folder", [(1, "/mnt"), (2, "/tmp")])
def test_calls(smp, folder, tmp_path):
    """Each allocation of some forty calls and faults fails, in a tmpfs or on a disk: nothing stays allocated."""
    program = compiled("fail_calls", "-static", "-O1", more=("fail_calls_cases.c", "fail_calls.h", "allocations.c", "allocations.h"))
    initrd = busybox_initrd("fail-calls.cpio", "--add", program + "=/tests/fail_calls")
    disks = []
    for name in ("written", "mounted"):
        disks.append(str(tmp_path / name))
        subprocess.run(["truncate", "-s", "8M", disks[-1]], check=True)
        subprocess.run([mkfs_fat(), disks[-1]], check=True, stdout=subprocess.DEVNULL)
    with Machine(build("monolithic", DEBUG="1")[1], mem="256M", smp=smp, append="quiet", initrd=initrd, disk=disks) as machine:
        shell = Shell(machine)
        # The lines about processes that were killed for memory would fall into the program's.
        shell.run("mkdir -p /proc /tmp /mnt; mount -t proc proc /proc; mount -t tmpfs none /tmp; mount -t vfat /dev/vda /mnt; dmesg -n 1")
        output, status = shell.run(f"/tests/fail_calls {folder}", timeout=900)
        done = re.search(r"done: (\d+) passed, 0 failed", output)
        assert status == 0 and done and int(done.group(1)) >= 40, output
        assert shell.run("echo alive | cat")[0].endswith("alive")
        assert "panic" not in machine.text


def test_release_kernels_do_not_have_it():
    elf = build("monolithic")[0]
    names = subprocess.run(["riscv64-linux-gnu-nm", elf], capture_output=True, text=True, check=True).stdout
    assert "kernel_main" in names and "alloc_should_fail" not in names and "fail_nth" not in names
