"""What the smallest kernel costs: size, boot, memory. The bars are the project's (see the README's table of figures)."""
import os
import re

from trine.machine import Machine, build


def boottime(mem):
    with Machine(build("unikernel", APP="boottime")[1], timeout=60, mem=mem, icount=True) as machine:
        match = machine.expect(r"boottime: (\d+) ns, memory in use: (\d+) KiB")
        return int(match.group(1)), int(match.group(2))


def test_image_size():
    assert os.path.getsize(build("unikernel", APP="hello")[1]) <= 48 << 10


def test_boot_instructions_and_memory():
    small, memory = boottime("128M")
    large, _ = boottime("1G")
    assert small <= 300_000
    assert (large - small) / (1024 - 128) <= 400
    assert memory <= 512
