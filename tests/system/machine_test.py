"""The smallest kernel on odd machines: ragged and split memory, 64 GiB, no floats, no Sstc, no PLIC."""
import os

import pytest

from trine.machine import Machine, build, qemu_version

NUMA = ("-object memory-backend-ram,id=a,size=65M -object memory-backend-ram,id=b,size=67M "
        "-numa node,memdev=a -numa node,memdev=b")
# Zfa needs F; QEMU knows it from 8.1 on and then has it switched on.
NO_FLOATS = "rv64,f=off,d=off" + (",zfa=off" if qemu_version(os.environ.get("QEMU") or "qemu-system-riscv64") > 8 else "")
MACHINES = {
    "129 MiB": {"mem": "129M"},
    "133 MiB and a bit": {"mem": "136704K"},
    "two ragged nodes": {"mem": "132M", "extra": NUMA, "smp": 2},
    "64 GiB": {"mem": "64G", "machine": "virt,memory-backend=m",
               "extra": "-object memory-backend-ram,id=m,size=64G,reserve=off"},
    "8 MiB for 8 harts": {"mem": "8M", "smp": 8},
    "no floats": {"cpu": NO_FLOATS, "mem": "64M", "smp": 2},
    "no Sstc": {"cpu": "rv64,sstc=off", "mem": "64M", "smp": 2},
    "aclint": {"machine": "virt,aclint=on", "mem": "64M", "smp": 2},
    "no PLIC": {"machine": "virt,aia=aplic-imsic", "mem": "64M", "smp": 2},
}


@pytest.mark.parametrize("name", MACHINES)
def test_hello(name):
    with Machine(build("unikernel", APP="hello")[1], **MACHINES[name]) as machine:
        text, status = machine.wait()
    assert "Hello from Trine!" in text, text
    assert "panic" not in text and "cannot" not in text and "ignored" not in text, text
    assert status == 0
