"""The command line as Linux has it: what init is told, and the root file system on a disk."""
import bz2
import lzma
import os
import subprocess

import pytest

from conftest import busybox_initrd, monolithic_image
from trine.machine import ROOT, Machine

ON_LINUX = "TRINE_KERNEL" in os.environ
only_ours = pytest.mark.skipif(ON_LINUX, reason="Debian's Linux has this file system as a module, and panics without a root")

TELL = """#!/bin/sh
echo "argv: <$0>$(printf ' <%s>' "$@")"
/bin/busybox env | while read line; do echo "env: <$line>"; done
echo told
/bin/busybox sleep 1
/bin/busybox poweroff -f
"""


def told(tmp_path, words):
    """argv and environment of a script that is run as init with these words."""
    script = tmp_path / "tell"
    script.write_text(TELL)
    script.chmod(0o755)
    initrd = str(tmp_path / "initrd.cpio")
    subprocess.run([ROOT + "/tools/initrd.py", "--add", f"{script}=/tell", initrd], check=True)
    with Machine(monolithic_image(), initrd=initrd, append=words, timeout=180) as machine:
        machine.expect(r"told\r*\n")
        text = machine.text.replace("\r", "")
    argv = next(line for line in text.split("\n") if line.startswith("argv: "))
    return argv[6:], {line[6:-1] for line in text.split("\n") if line.startswith("env: <")}


def test_unknown_words_and_dashes_go_to_init(tmp_path):
    argv, env = told(tmp_path, 'gone console=ttyS0 quiet LOST=no rdinit=/tell FOO=bar word mod.par=c maxcpus=8 TERM=vt100 '
                               'ro -- -x "y z" w=1 -- dropped')
    assert argv == "</tell> <word> <-x> <y z> <w=1>"
    assert {"FOO=bar", "TERM=vt100", "HOME=/", "LOST=no"} <= env
    assert not any(v.startswith(("mod.par", "maxcpus", "TERM=linux")) for v in env)


def test_many_words(tmp_path):
    argv, env = told(tmp_path, "console=ttyS0 quiet rdinit=/tell " + " ".join(f"a{i} V{i}={i}" for i in range(25)))
    assert argv == "</tell> " + " ".join(f"<a{i}>" for i in range(25))
    assert {f"V{i}={i}" for i in range(25)} <= env


def ends_with_line(line, **how):
    """The machine says the line, powers off with a failure, and has not panicked."""
    with Machine(monolithic_image(), timeout=120, **how) as machine:
        machine.expect(line)
        text, status = machine.wait()
    assert status == 1 and "panic" not in text.lower(), text
    return text


@only_ours
@pytest.mark.parametrize("compress,name", [(lzma.compress, "xz"), (bz2.compress, "bzip2")])
def test_compression_that_is_not_unpacked_is_named(tmp_path, compress, name):
    path = tmp_path / "initrd"
    with open(busybox_initrd(), "rb") as plain:
        path.write_bytes(compress(plain.read()))
    text = ends_with_line(rf"initrd: compressed with {name}, which is not unpacked here", initrd=str(path), append="quiet")
    assert text.count("initrd: ") == 1


@only_ours
def test_empty_initrd_is_no_initrd(tmp_path):
    path = tmp_path / "initrd"
    path.write_bytes(b"")
    assert "device tree" not in ends_with_line("no program to run as init", initrd=str(path))


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A FAT disk with BusyBox on it, and the same as the first partition of another."""
    folder = tmp_path_factory.mktemp("root")
    path, parted = str(folder / "fat.img"), str(folder / "parted.img")
    busybox = subprocess.run([ROOT + "/tools/debian.py", "unpack", "busybox-static"], check=True, capture_output=True,
                             text=True).stdout.strip() + "/usr/bin/busybox"
    with open(path, "wb") as f:
        f.truncate(40 << 20)
    subprocess.run(["mkfs.fat", "-F", "32", path], check=True, capture_output=True)
    subprocess.run(["mmd", "-i", path, "::bin", "::dev", "::proc"], check=True)
    for name in ("busybox", "sh"):
        subprocess.run(["mcopy", "-i", path, busybox, "::bin/" + name], check=True)
    table = bytearray(1 << 20)
    table[446:462] = b"\x80\0\2\0\x0c\xff\xff\xff" + (2048).to_bytes(4, "little") + ((40 << 20) // 512).to_bytes(4, "little")
    table[510:512] = b"\x55\xaa"
    with open(path, "rb") as f, open(parted, "wb") as out:
        out.write(table + f.read())
    return path, parted


@only_ours
@pytest.mark.parametrize("which,words,written", [
    (0, "root=/dev/vda rw init=/bin/sh console=ttyS0 quiet", True),
    (0, "root=/dev/vda init=/bin/sh console=ttyS0,115200 quiet", False),
    (0, "root=/dev/vda ro rw rootwait rootdelay=1 rootfstype=ext4,vfat init=/bin/sh", True),
    (1, "root=/dev/vda1 rw ro init=/bin/sh quiet", False),
])
def test_root_on_a_disk(disk, which, words, written):
    with Machine(monolithic_image(), disk=disk[which], append=words, mem="8M") as machine:
        machine.expect(r"# (\x1b\[6n)?$")
        assert "unknown word" not in machine.text
        machine.line("echo x >/new; echo written=$?; busybox ls -l /dev/ttyS0; busybox mount -t proc proc /proc")
        machine.expect(f"written={0 if written else 1}" + r"\r*\n")
        machine.expect(r"crw\S+ .*/dev/ttyS0")
        machine.line("busybox mount; busybox rm -f /new; cd /bin/../..; echo here: *; exit")
        machine.expect(r"/dev/vda1? on / type \w+ \(r[wo]")
        machine.expect(r"here: bin dev proc")
        machine.wait()


@only_ours
@pytest.mark.parametrize("words,line", [
    ("root=/dev/nonesuch init=/bin/sh", r"root=/dev/nonesuch: no such disk; disks here: /dev/vda\r*\n"),
    ("root= init=/bin/sh", r"root=: no such disk; disks here: /dev/vda\r*\n"),
    ("root=/dev/vda rootfstype=ext4 init=/bin/sh", r"root=/dev/vda cannot be mounted: no such type of file system"),
    ("root=/dev/vda init=/none", r"init=/none cannot be run: no such file \(error 2\); powering off"),
    ("root=/dev/vda init=/proc", r"init=/proc cannot be run: .*; powering off"),
    ("console=nowhere0", r"console=nowhere0 is not here: the console is ttyS0"),
])
def test_what_cannot_be_is_one_line(disk, words, line):
    ends_with_line(line, disk=disk[0], append=words)


@only_ours
def test_rdinit_that_is_not_there(tmp_path):
    with Machine(monolithic_image(), initrd=busybox_initrd(), append="rdinit=/none") as machine:
        machine.expect(r"rdinit=/none: no such file")
        machine.expect(r"# (\x1b\[6n)?$")
