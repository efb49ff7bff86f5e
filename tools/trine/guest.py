"""Builds small guests (tests/guests) and packs guest sets: description and images in one initrd."""
import os
import re
import subprocess

from .cpio import Archive
from .machine import ROOT, build

RUNTIME = os.path.join(ROOT, "tests", "guests", "runtime")
CFLAGS = ("-std=gnu11 -O2 -g -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -ffreestanding -nostdlib -fno-pie -no-pie "
          "-fno-stack-protector -fno-tree-loop-distribute-patterns -Wall -Wextra -Werror -static -Wl,--build-id=none").split()


def run(*command):
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")


def small_guest(source, out):
    """Compiles one C file with the guests' runtime into a flat Image; returns its path."""
    cross = os.environ.get("CROSS", "riscv64-linux-gnu-")
    name = os.path.splitext(source)[0].replace("/", "-")
    os.makedirs(out, exist_ok=True)
    elf = os.path.join(out, name + ".elf")
    image = os.path.join(out, name + ".image")
    run(cross + "gcc", *CFLAGS, "-I" + RUNTIME, "-T", os.path.join(RUNTIME, "guest.ld"), "-o", elf,
        os.path.join(RUNTIME, "start.S"), os.path.join(RUNTIME, "guest.c"), os.path.join(ROOT, source))
    run(cross + "objcopy", "-O", "binary", elf, image)
    return image


def resolve(what, out):
    """The file that a word names: a path, guest:SOURCE.c, or KERNEL[:APP][,VARIABLE=VALUE...] to build."""
    kind, _, rest = what.partition(":")
    if kind == "guest":
        return small_guest(rest, out)
    head, *variables = what.split(",")
    kernel, _, app = head.partition(":")
    if os.path.exists(os.path.join(ROOT, "kernels", kernel, "kernel.mk")):
        words = dict(v.split("=", 1) for v in variables)
        if app:
            words["APP"] = app
        return build(kernel, **words)[1]
    return what


def pack(out, description, files):
    """Compiles the description (a .dts) and writes the initrd; files: name in the archive -> what (see resolve)."""
    folder = os.path.dirname(os.path.abspath(out))
    os.makedirs(folder, exist_ok=True)
    dtb = os.path.join(folder, "guests.dtb")
    run("dtc", "-q", "-I", "dts", "-O", "dtb", "-o", dtb, description)
    with open(description) as f:
        wanted = re.findall(r'\bpath\s*=\s*"([^"]*)"', f.read())
    missing = sorted(set(wanted) - set(files))
    if missing:
        raise RuntimeError(f"{description} wants {', '.join(missing)}: say where from, as NAME=FILE")
    archive = Archive()
    with open(dtb, "rb") as f:
        archive.file("guests.dtb", f.read())
    for name, what in sorted(files.items()):
        with open(os.path.join(ROOT, resolve(what, folder)), "rb") as f:
            archive.file(name, f.read())
    archive.write(out)
