"""Counting zeros: the boot puts Zbb instructions into the text where every hart has them, and nowhere else."""
import subprocess

import pytest

from conftest import ktest
from trine.machine import build, qemu_command


def check(has_zbb, **how):
    """Counting is right either way; which way that is, the text is asked."""
    results, _ = ktest("zbb_", smp=2, **how)
    assert results == {"zbb_or_tables_count_each_bit": "ok", "zbb_text_is_read_only": "ok",
                       "zbb_sites_use_it": "ok" if has_zbb else "skipped",
                       "zbb_sites_without_it": "skipped" if has_zbb else "ok"}


@pytest.mark.parametrize("cpu, has_zbb", [("rv64", True), ("rv64,zbb=off", False)])
def test_right_with_and_without_zbb(cpu, has_zbb):
    check(has_zbb, cpu=cpu)


@pytest.mark.parametrize("first, second, has_zbb", [
    (["riscv,isa", "rv64imafdc_zbb"], ["riscv,isa-extensions", "i", "zbb"], True),
    (["riscv,isa-extensions", "i", "zicsr", "zbb"], ["riscv,isa-extensions", "i", "b"], True),
    (["riscv,isa", "rv64imafdc_zbb"], ["riscv,isa", "rv64imafdc_zba"], False),
    (["riscv,isa-extensions", "i", "zbb"], ["riscv,isa-extensions", "i", "zba"], False),
])
def test_every_hart_must_have_it(tmp_path, first, second, has_zbb):
    """By either property of the device tree. The firmware may boot on either hart."""
    tree = str(tmp_path / "tree.dtb")
    dump = qemu_command(build("unikernel", APP="ktest")[1], smp=2, mem="128M", append="ktest=zbb_")
    dump[dump.index("-machine") + 1] += f",dumpdtb={tree}"
    subprocess.run(dump, check=True, capture_output=True)
    for hart, (name, *values) in enumerate([first, second]):
        node = f"/cpus/cpu@{hart}"
        for old in ("riscv,isa", "riscv,isa-extensions"):
            subprocess.run(["fdtput", "-d", tree, node, old], capture_output=True)  # one may be absent
        subprocess.run(["fdtput", "-t", "s", tree, node, name, *values], check=True)
    check(has_zbb, extra=["-dtb", tree])
