"""Any machine, any words, any image: it boots, or it says why in one clear line. Never a hang, never a panic."""
import gzip
import os
import re

import pytest

from conftest import busybox_initrd, monolithic_image
from trine.machine import Machine, build

HELLO = r"Hello from Trine!"


def hello(**how):
    with Machine(build("unikernel", APP="hello")[1], timeout=120, **how) as machine:
        machine.expect(HELLO)
        return machine.wait()


@pytest.mark.parametrize("smp", [1, 2, 4, 8])
def test_unikernel_smp(smp):
    assert "panic" not in hello(smp=smp, mem="128M")[0]


def test_every_hart_starts_every_time():
    """OpenSBI 1.1 can send a hart to the wrong place (arch/riscv/smp/include/smp/late.h); once in some eighty boots it did."""
    for _ in range(40):
        hello(smp=8, mem="128M")


@pytest.mark.parametrize("mem", ["8M", "16M", "64M", "1G", "8G"])
def test_unikernel_memory(mem):
    assert "panic" not in hello(mem=mem)[0]


def test_unikernel_as_elf():
    with Machine(build("unikernel", APP="hello")[0], timeout=120) as machine:
        machine.expect(HELLO)


@pytest.mark.parametrize("how", [{"cpu": "rv64,sstc=off"}, {"cpu": "rv64,h=off"}, {"cpu": "rv64,v=on"}, {"cpu": "rv64,zbb=off"},
                                 {"machine": "virt,aclint=on"}, {"machine": "virt", "smp": "4,sockets=2"}])
def test_unikernel_machines(how):
    hello(mem="128M", **how)


def shell_prompt(**how):
    how.setdefault("append", "console=ttyS0 quiet")
    how.setdefault("initrd", busybox_initrd())
    machine = Machine(monolithic_image(), timeout=180, **how)
    with machine:
        machine.expect(r"# (\x1b\[6n)?$")
        machine.line("nproc; echo two$((1+1))")
        machine.expect(r"two2")
        text = machine.text
        machine.line("poweroff -f")
        machine.wait()
        return text


@pytest.mark.parametrize("smp", [1, 2, 4, 8])
def test_monolithic_smp(smp):
    assert f"\n{smp}\r" in shell_prompt(smp=smp)


@pytest.mark.parametrize("mem", ["16M", "32M", "128M", "2G", "8G"])
def test_monolithic_memory(mem):
    shell_prompt(mem=mem)


def test_monolithic_gzip_initrd():
    plain = busybox_initrd()
    path = plain + ".gz"
    with open(plain, "rb") as f, open(path, "wb") as out:
        out.write(gzip.compress(f.read()))
    shell_prompt(initrd=path)


def test_monolithic_dynamic_busybox():
    shell_prompt(initrd=busybox_initrd("busybox-dynamic.cpio", "--dynamic"))


@pytest.mark.parametrize("words", ["rdinit=/bin/sh", "root=/dev/vda rw init=/bin/sh rdinit=/none"])
def test_monolithic_init_words(words):
    """As on Linux, /init of an initrd comes before init=, and rdinit= names another."""
    with Machine(monolithic_image(), initrd=busybox_initrd(), append=words + " console=ttyS0 quiet", timeout=180) as m:
        m.expect(r"[#$] (\x1b\[6n)?$")
        m.line("echo pid $$")
        m.expect(r"pid 1\r*\n")


def says(pattern, image=None, **how):
    """The machine says one clear line and powers off or goes on; it neither hangs nor panics."""
    with Machine(image or monolithic_image(), timeout=180, **how) as machine:
        machine.expect(pattern)
        text = machine.text
        assert "panic" not in text.lower()
        return machine


def test_unknown_word_is_one_line():
    text = shell_prompt(append="console=ttyS0 nonsense=1 quiet")
    assert text.count("nonsense") == 1


@pytest.mark.parametrize("words", ["loglevel=purple", "init=", "=x", "a" * 2000, "console=nowhere", "\"unclosed quote"])
def test_odd_words_still_boot(words):
    shell_prompt(append=words)


def test_missing_init_is_one_line():
    says(r"init", append="init=/no/such/program rdinit=/none", initrd=busybox_initrd())


def test_no_initrd_is_one_line():
    says(r"no program to run as init: [^\n]*\n")


@pytest.mark.parametrize("name", ["truncated", "garbage", "empty-archive", "truncated-gzip", "flipped-gzip"])
def test_broken_initrd_is_one_line(name, tmp_path):
    with open(busybox_initrd(), "rb") as f:
        good = f.read()
    body = {
        "truncated": good[:len(good) // 2],
        "garbage": os.urandom(100000),
        "empty-archive": good[-1000:],
        "truncated-gzip": gzip.compress(good)[:100000],
        "flipped-gzip": bytearray(gzip.compress(good)),
    }[name]
    if name == "flipped-gzip":
        body[50000] ^= 0xff
    path = tmp_path / "initrd"
    path.write_bytes(body)
    says(r"(?i)initrd|no program to run as init", initrd=str(path))


BOOT_LOG = [r"machine: 128 MiB, 2 harts", r"machine: rv64imafdc\w*, timer of 10000000 Hz", r"boot: device tree: \d+ ns",
            r"boot: memory, clock: \d+ ns", r"driver: plic@c000000: plic", r"boot: drivers: \d+ ns", r"boot: harts: \d+ ns"]


@pytest.mark.parametrize("kernel, words", [("unikernel", "debug"), ("hypervisor", "loglevel=8"), ("monolithic", "debug")])
def test_boot_log(kernel, words):
    """Wanted lines come in this order; without the word there is none of them."""
    image = build(kernel, **{"APP": "hello"} if kernel == "unikernel" else {})[1]
    for append, wanted in ((words, BOOT_LOG), ("", [])):
        with Machine(image, mem="128M", smp=2, append=append, timeout=180) as machine:
            text, _ = machine.wait()
        lines = re.findall(r"\] ((?:machine|boot|driver): .*?)\r*\n", text)
        at = -1
        for pattern in wanted:
            at = next(i for i, line in enumerate(lines) if i > at and re.fullmatch(pattern, line))
        assert wanted or not lines, text


def test_boot_log_is_kept_for_dmesg():
    """Also when quiet, and in the order of the times that stand before the lines."""
    with Machine(monolithic_image(), mem="128M", smp=2, initrd=busybox_initrd(), append="quiet nonsense=1", timeout=180) as machine:
        machine.expect(r"# (\x1b\[6n)?$")
        assert "boot: " not in machine.text
        machine.line("dmesg; echo en''d")
        text = machine.expect(r"(?s)\[.*end").group()
    lines = re.findall(r"\[ *(\d+\.\d+)\] (.*?)\r*\n", text)
    assert [t for t, _ in lines] == sorted((t for t, _ in lines), key=float), text
    log = [line for _, line in lines]
    at = -1
    for pattern in ["command line: unknown word 'nonsense'", *BOOT_LOG[:-1], r"file system: tmpfs", r"initrd: \d+ KiB at 0x\w+",
                    r"boot: initrd: \d+ ns", BOOT_LOG[-1], r"run /init as init process"]:
        at = next(i for i, line in enumerate(log) if i > at and re.fullmatch(pattern, line))
    assert not [line for line in log if "virtio_mmio@" in line], "slots without a device"
