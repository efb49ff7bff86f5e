#!/usr/bin/python3
"""Makes an initrd: Debian's BusyBox as /init and shell, and the files that a small system has.

usage: initrd.py [--dynamic] [--gzip] [--add HOSTFILE=/path]... [--rc FILE] OUT.cpio

--dynamic takes the dynamically linked package with its libraries (glibc) instead of busybox-static.
--rc FILE replaces /etc/rc, the script that BusyBox init runs first. The applets' links are made at boot
by the unmodified BusyBox itself.
"""
import argparse
import gzip
import os
import subprocess
import sys

from trine.errors import plain
from trine.cpio import Archive

HERE = os.path.dirname(os.path.abspath(__file__))

INITTAB = """::sysinit:/etc/rc
ttyS0::respawn:-/bin/sh
::ctrlaltdel:/bin/busybox reboot
::shutdown:/bin/busybox umount -a -r
"""

RC = """#!/bin/busybox sh
/bin/busybox mount -t devtmpfs dev /dev
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mkdir -p /dev/pts /dev/shm
/bin/busybox mount -t devpts devpts /dev/pts
/bin/busybox --install -s
hostname trine
echo "Welcome to $(uname -s) $(uname -r) on $(uname -m). This is BusyBox's shell; poweroff leaves, or Ctrl-^ x (Ctrl-6, then x)."
"""

PROFILE = """export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
cd
PS1='\\u@\\h:\\w\\$ '
"""


def package(how, name):
    done = subprocess.run([os.path.join(HERE, "debian.py"), how, name], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(1)  # it has said why
    return done.stdout.strip()


def main():
    plain()
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--dynamic", action="store_true")
    parser.add_argument("--gzip", action="store_true")
    parser.add_argument("--add", action="append", default=[])
    parser.add_argument("--rc")
    parser.add_argument("out")
    args = parser.parse_args()

    rc = RC
    if args.rc:
        with open(args.rc) as f:
            rc = f.read()
    archive = Archive()
    for folder in ("bin", "sbin", "usr/bin", "usr/sbin", "etc", "dev", "proc", "sys", "root", "mnt", "var/log", "run"):
        archive.directory(folder)
    archive.directory("tmp", 0o1777)
    archive.node("dev/console", 5, 1)
    archive.node("dev/null", 1, 3, 0o666)
    if args.dynamic:
        files = package("closure", "busybox")
        with open(files + "/usr/bin/busybox", "rb") as f:
            archive.file("bin/busybox", f.read(), 0o755)
        archive.symlink("lib", "usr/lib")
        lib = files + "/usr/lib"
        for name in ("ld-linux-riscv64-lp64d.so.1", "libc.so.6", "libm.so.6", "libresolv.so.2"):
            for folder in (lib, lib + "/riscv64-linux-gnu"):
                path = os.path.join(folder, name)
                if os.path.exists(path):
                    with open(path, "rb") as f:
                        archive.file(os.path.relpath(path, files), f.read(), 0o755)
                    break
    else:
        with open(package("unpack", "busybox-static") + "/usr/bin/busybox", "rb") as f:
            archive.file("bin/busybox", f.read(), 0o755)
    archive.symlink("init", "bin/busybox")
    archive.symlink("bin/sh", "busybox")
    archive.file("etc/inittab", INITTAB)
    archive.file("etc/rc", rc, 0o755)
    archive.file("etc/profile", PROFILE)
    archive.file("etc/passwd", "root::0:0:root:/root:/bin/sh\nnobody:*:65534:65534:nobody:/:/bin/false\n")
    archive.file("etc/group", "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n")
    archive.file("etc/hostname", "trine\n")
    for spec in args.add:
        host, _, inside = spec.partition("=")
        with open(host, "rb") as f:
            archive.file(inside.lstrip("/"), f.read(), os.stat(host).st_mode & 0o777)
    archive.write(args.out)
    if args.gzip:
        with open(args.out, "rb") as f:
            body = f.read()
        with open(args.out, "wb") as f:
            f.write(gzip.compress(body, mtime=0))
    return 0


if __name__ == "__main__":
    sys.exit(main())
