"""The gdb commands of tools/gdb/trine.py, on a kernel that hangs."""
import re
import subprocess

import pytest

from trine.gdb import GDB, ask_gdb
from trine.machine import ROOT, Machine, build

pytestmark = pytest.mark.skipif(not GDB, reason="no gdb-multiarch")


def ask(tmp_path, commands, **build_words):
    """What gdb says to these commands when the kernel of apps/crash stands still."""
    elf, image = build("unikernel", APP="crash", **build_words)
    socket = tmp_path / "gdb"
    with Machine(image, timeout=60, smp=2, mem="128M", append="crash=hang",
                 extra=f"-gdb unix:{socket},server=on,wait=off") as machine:
        machine.expect("crash: hang")
        return ask_gdb(elf, socket, commands)


def test_commands(tmp_path):
    text = ask(tmp_path, ["trine-threads", "trine-cpus", "trine-bt boot", "trine-pt image_start",
                          "trine-pt 0", "trine-pt", "trine-percpu run_queue", "trine-locks"])
    assert re.search(r"0 boot +BLOCKED .*thread_block", text), text
    assert re.search(r"idle/1 +running", text), text
    assert re.search(r"#\d+ +0x\w+ in app_main\+", text), text
    assert re.search(r"is physical 0x80200000, in a leaf of 4 KiB", text), text
    assert re.search(r"0xffffffff80000000 - .* VR-X-GAD", text), text
    assert "not mapped" in text
    assert text.count("nr_runnable") == 2, text
    assert "not a DEBUG=1 kernel" in text, text


def test_locks_of_a_debug_build(tmp_path):
    text = ask(tmp_path, ["trine-locks"], DEBUG="1")
    assert re.search(r"^log -> console$", text, re.M), text


# /init keeps the second hart busy, so that the first idles in the kernel; alone, it is the only one.
BUSY = "#!/bin/busybox sh\necho busy; while :; do :; done\n"


def busy_program(tmp_path, smp, commands, elf=None):
    rc = tmp_path / "rc"
    rc.write_text(BUSY)
    initrd = str(tmp_path / "busy.cpio")
    subprocess.run([ROOT + "/tools/initrd.py", "--rc", str(rc), initrd], check=True)
    own, image = build("monolithic")
    socket = tmp_path / "gdb"
    with Machine(image, timeout=60, smp=smp, mem="128M", initrd=initrd, append="quiet",
                 extra=f"-gdb unix:{socket},server=on,wait=off") as machine:
        machine.expect("busy")
        return ask_gdb(elf or own, socket, commands)


def test_a_hart_in_a_program_is_not_taken_for_the_kernel(tmp_path):
    text = busy_program(tmp_path, 2, ["thread 2", "trine-threads", "trine-cpus", "thread 1", "trine-cpus"])
    assert re.search(r" init +running \(RUNNABLE\) .*0x\w+, in a program or guest", text), text
    assert len(re.findall(r"CPU \d \(hart \d\): thread \d+ 'idle/\d'.* at idle_loop", text)) == 2, text
    assert len(re.findall(r"'init'.* at 0x\w+, in a program or guest", text)) == 2, text


def test_no_hart_in_the_kernel_is_told(tmp_path):
    assert "every hart is in a program or a guest" in busy_program(tmp_path, 1, ["trine-cpus"])
    assert "every hart is in a program or a guest" in busy_program(tmp_path, 2, ["trine-cpus"], elf=build("unikernel")[0])
