"""Debian's riscv64 packages as a folder tree in an archive, /usr merged as Debian is installed."""
import os
import stat
import subprocess

from .machine import ROOT

LEFT_OUT = ("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/bash-completion")


def add_entry(archive, full, inside):
    mode = os.lstat(full).st_mode
    if stat.S_ISLNK(mode):
        archive.symlink(inside, os.readlink(full))
    elif stat.S_ISDIR(mode):
        archive.directory(inside, stat.S_IMODE(mode))
    else:
        with open(full, "rb") as f:
            archive.file(inside, f.read(), stat.S_IMODE(mode))


def add_packages(archive, packages):
    """The packages and all that they depend on, without what only people read."""
    for name in ("bin", "lib", "sbin"):
        archive.symlink(name, "usr/" + name)
    for package in packages:
        root = subprocess.run([ROOT + "/tools/debian.py", "closure", package], check=True, capture_output=True,
                              text=True).stdout.strip()
        for at, folders, files in os.walk(root):
            here = os.path.relpath(at, root)
            folders[:] = sorted(f for f in folders if os.path.join(here, f) not in LEFT_OUT)
            for name in folders + sorted(files):
                inside = os.path.normpath(os.path.join(here, name))
                if inside not in archive.seen:
                    add_entry(archive, os.path.join(at, name), inside)
