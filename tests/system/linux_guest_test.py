"""Debian's Linux, unmodified, as a guest of the hypervisor, used at its shell."""
import functools
import subprocess

import pytest

from conftest import Shell, busybox_initrd, compiled
from trine.guest import pack
from trine.machine import ROOT, Machine, build

GUEST = """linux {{ compatible = "xen,domain"; #address-cells = <2>; #size-cells = <2>; memory = <0 0x40000>; cpus = <{cpus}>;
    kernel {{ compatible = "multiboot,kernel", "multiboot,module"; path = "Image"; bootargs = "console=ttyS0 quiet"; }};
    ramdisk {{ compatible = "multiboot,ramdisk", "multiboot,module"; path = "busybox.cpio"; }}; }};"""


@functools.lru_cache(maxsize=None)
def debian_linux():
    return subprocess.run([ROOT + "/tools/debian.py", "linux"], check=True, capture_output=True, text=True).stdout.strip()


def initrd():
    return busybox_initrd("guest-program.cpio", "--add", compiled("guest_program", "-static", "-O1") + "=/tests/guest_program")


def linux_guest(folder, cpus, **how):
    """The hypervisor with one guest, at whose shell we are."""
    description = folder / "linux.dts"
    description.write_text("/dts-v1/;\n/ { chosen { " + GUEST.format(cpus=cpus) + " }; };\n")
    pack(str(folder / "linux.cpio"), str(description), {"Image": debian_linux(), "busybox.cpio": initrd()})
    machine = Machine(build("hypervisor")[1], mem="1G", initrd=str(folder / "linux.cpio"), timeout=300, **how)
    try:
        machine.expect(r"BusyBox's shell", timeout=600)
        return Shell(machine)
    except BaseException:
        machine.close()
        raise


@pytest.mark.parametrize("smp,cpus,how", [
    (1, 1, {}),
    (4, 4, {}),
    (1, 2, {"cpu": "rv64,sstc=off"}),
    (2, 2, {"machine": "virt,aia=aplic-imsic"}),
], ids=lambda v: next(iter(v.values()), "plain") if isinstance(v, dict) else str(v))
def test_linux_boots_to_its_shell_and_is_used(tmp_path, smp, cpus, how):
    shell = linux_guest(tmp_path, cpus, smp=smp, **how)
    with shell.machine as machine:
        assert shell.run("nproc") == (str(cpus), 0)
        assert shell.run("uname -sm")[0] == "Linux riscv64"
        # Seeded by its device tree: else every system call of it takes one lock, on all harts, until it has gathered noise.
        assert shell.run("dmesg | grep crng")[0] == "[    0.000000] random: crng init done"
        assert shell.run("seq 1 20000 | sort -rn | tail -1")[0] == "1"
        lines = shell.run("for i in 1 2 3 4 5 6 7 8; do (seq 1 3000 | wc -l) & done | sort | uniq -c; wait")[0]
        assert lines.split() == ["8", "3000"]
        assert shell.run("sleep 1; echo slept")[0] == "slept"
        assert shell.run("awk 'BEGIN { for (i = 1; i < 9; i++) x += 1 / i; printf \"%.6f\\n\", x }'")[0] == "2.717857"
        assert shell.run("/tests/guest_program") == ("\n".join(f"{cpu}: 0 wrong, wfi 4 4" for cpu in range(cpus)), 0)
        machine.line("poweroff -f")
        assert "guest linux: powered off" in machine.wait()[0]
