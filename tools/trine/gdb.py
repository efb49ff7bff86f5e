"""gdb on a machine that was started with -gdb unix:SOCKET,server=on,wait=off."""
import os
import shutil
import subprocess

from .machine import ROOT

GDB = shutil.which("gdb-multiarch")


def ask_gdb(elf, socket, commands):
    """What gdb says to the commands of tools/gdb/trine.py; ends the machine."""
    lines = ["set remotetimeout 60", f"target remote {socket}", *commands, "kill"]  # on a busy host two seconds are few
    words = [word for line in lines for word in ("-ex", line)]
    script = os.path.join(ROOT, "tools/gdb/trine.py")
    done = subprocess.run([GDB, "-batch", "-nx", "-x", script, *words, elf],
                          capture_output=True, text=True, timeout=300)
    text = done.stdout + done.stderr
    assert "Error" not in text and "Exception" not in text, text
    return text
