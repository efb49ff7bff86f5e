"""The gdb commands of tools/gdb/trine.py, on a kernel that hangs."""
import re
import subprocess

import pytest

from trine.gdb import GDB, ask_gdb
from trine.machine import ROOT, Machine, build

pytestmark = pytest.mark.skipif(not GDB, reason="no gdb-multiarch")


TRIES = 10  # the machine says that it is there a moment before it is, and a hart in a program may just be interrupted


def ask_when(is_there, tmp_path, line, image, elf, commands, **how):
    """What gdb says to these commands on a machine that has said a line; again on another if it was asked at the wrong moment."""
    socket = tmp_path / "gdb"
    for _ in range(TRIES):
        with Machine(image, mem="128M", extra=f"-gdb unix:{socket},server=on,wait=off", **how) as machine:
            machine.expect(line)
            text = ask_gdb(elf, socket, commands)
        if is_there(text):
            break
    return text


def ask(tmp_path, commands, is_there=lambda text: True, **build_words):
    """What gdb says to these commands when the kernel of apps/crash stands still."""
    elf, image = build("unikernel", APP="crash", **build_words)
    return ask_when(is_there, tmp_path, "crash: hang", image, elf, commands, smp=2, append="crash=hang")


def test_commands(tmp_path):
    text = ask(tmp_path, ["trine-threads", "trine-cpus", "trine-bt boot", "trine-pt image_start",
                          "trine-pt 0", "trine-pt", "trine-percpu run_queue", "trine-locks"],
               lambda text: re.search(r"0 boot +BLOCKED", text) and re.search(r"idle/1 +running", text))
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


def busy_program(is_there, tmp_path, smp, commands, elf=None):
    rc = tmp_path / "rc"
    rc.write_text(BUSY)
    initrd = str(tmp_path / "busy.cpio")
    subprocess.run([ROOT + "/tools/initrd.py", "--rc", str(rc), initrd], check=True)
    own, image = build("monolithic")
    return ask_when(is_there, tmp_path, "busy", image, elf or own, commands, smp=smp, initrd=initrd, append="quiet")


def one_in_a_program(text):
    return (re.search(r" init +running \(RUNNABLE\) .*0x\w+, in a program or guest", text)
            and len(re.findall(r"CPU \d \(hart \d\): thread \d+ 'idle/\d'.* at idle_loop", text)) == 2
            and len(re.findall(r"'init'.* at 0x\w+, in a program or guest", text)) == 2)


def test_a_hart_in_a_program_is_not_taken_for_the_kernel(tmp_path):
    text = busy_program(one_in_a_program, tmp_path, 2, ["thread 2", "trine-threads", "trine-cpus", "thread 1", "trine-cpus"])
    assert one_in_a_program(text), text


def none_in_the_kernel(text):
    return "every hart is in a program or a guest" in text


def test_no_hart_in_the_kernel_is_told(tmp_path):
    for smp, elf in ((1, None), (2, build("unikernel")[0])):
        text = busy_program(none_in_the_kernel, tmp_path, smp, ["trine-cpus"], elf=elf)
        assert none_in_the_kernel(text), text
