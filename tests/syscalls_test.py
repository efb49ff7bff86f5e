"""The page about system calls says what the table says."""
import os
import subprocess

from trine.machine import ROOT


def test_page_is_made_from_the_table():
    subprocess.run([os.path.join(ROOT, "tools", "syscalls.py"), "--check"], check=True)
