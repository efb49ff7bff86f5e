"""What the system tests share: built images, the BusyBox initrd, and a shell to talk to.

TRINE_KERNEL=path boots that Image instead of the monolithic kernel: with Debian's Linux it checks the tests
themselves.
"""
import os
import re
import shutil
import subprocess
import time

import pytest

from trine.machine import ROOT, Machine, build
from trine.turns import turn


def busybox_initrd(name="busybox.cpio", *options):
    """Made once per run of the tests, by whichever worker comes first."""
    path = os.path.join(ROOT, "out", name)
    with turn(path):
        sources = [ROOT + "/tools/initrd.py", ROOT + "/tools/trine/cpio.py", *[o.split("=")[0] for o in options if "=" in o]]
        newest = max(os.path.getmtime(f) for f in sources)
        if not os.path.exists(path) or os.path.getmtime(path) < newest:
            subprocess.run([ROOT + "/tools/initrd.py", *options, path], check=True)
    return path


def compiled(name, *flags, more=(), out=None, extension=".c"):
    """The program of tests/system/NAME.c and the files `more` beside it; out: its name, where one source makes several."""
    sources, out = [f"{ROOT}/tests/system/{file}" for file in (name + extension, *more)], f"{ROOT}/out/{out or name}"
    with turn(out):
        if not os.path.exists(out) or os.path.getmtime(out) < max(map(os.path.getmtime, sources)):
            programs = [s for s in sources if not s.endswith(".h")]
            subprocess.run(["riscv64-linux-gnu-gcc", *flags, "-Wall", "-Werror", "-o", out + ".part", *programs], check=True)
            os.rename(out + ".part", out)
    return out


def changed_kernel(base, name, sources, *changes):
    """The list of kernels/BASE in a folder of its own, out/NAME, with the files `sources` beside it and (file, old, new) in its files."""
    folder = f"{ROOT}/out/{name}"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(f"{ROOT}/kernels/{base}", folder)
    for source in sources:
        shutil.copy(f"{ROOT}/{source}", folder)
    for file, old, new in changes:
        with open(f"{folder}/{file}") as f:
            text = f.read()
        assert old in text, (file, old)
        with open(f"{folder}/{file}", "w") as f:
            f.write(text.replace(old, new, 1))
    return f"out/{name}"


# Says "front PID" when it has come to the front, by the terminal's group in its stat file: keys reach it from then on; else "back PID".
FRONT = ("sh -c 'was=; while sleep 0.1; do [ $(cut -d\" \" -f8 /proc/self/stat) = $$ ] && is=front || is=back; "
         "[ $is = \"$was\" ] || echo $is $$; was=$is; done'")


class Shell:
    """A machine whose shell prompts; run() gives a command's output, exactly."""

    def __init__(self, machine):
        self.machine = machine
        self.count = 0
        machine.expect(r"# (\x1b\[6n)?$", timeout=180)
        self.run("stty cols 1000")  # or the line editor wraps what is typed

    def run(self, command, timeout=120):
        """Output of a command line, and its status; the end mark is never in the echoed line."""
        self.count += 1
        tag = f"{self.count:04d}"
        self.machine.line(f"{command}\necho \"<\"{tag}:$?\">\"")
        match = self.machine.expect(r"<" + tag + r":(\d+)>\r*\n", timeout=timeout)
        text = self.machine.child.before.replace("\r", "").replace("\x1b[6n", "")
        # As it is typed: only a part of it when the terminal changed its mode within, and output may follow it in a line.
        mark = re.compile(r'(echo )?"<"' + tag + r':\$\?">"')
        typed = set(command.split("\n"))
        kept = []
        for line in text.split("\n"):
            rest = mark.sub("", line)
            bare = re.sub(r"^(\S*[#$] |> )*", "", rest)
            if not line or (bare not in typed and (bare or rest == line)):
                kept.append(rest)
        return "\n".join(kept).strip("\n"), int(match.group(1))

    def until(self, command, pattern, seconds=120):
        """Runs a command until its output fits: for what follows by itself. Returns the match."""
        end = time.monotonic() + seconds
        while True:
            output = self.run(command)[0]
            match = re.search(pattern, output, re.M)
            if match:
                return match
            assert time.monotonic() < end, f"{command}: no {pattern!r} within {seconds} s: {output}"
            time.sleep(0.2)

    def start(self, command):
        """Starts a command in the foreground and waits until keys are its own. It says so itself: a word of the shell's
        might come before the terminal is the command's."""
        self.machine.line(f"(echo st''arted; {command})")
        self.machine.expect(r"started\r*\n")


def ktest(words, app="ktest", variables=None, **how):
    """Runs the in-kernel tests whose names contain words, none of which may fail: the count on the console and the
    machine's exit status both say so. Returns {name: result} and the console's text."""
    how = {"timeout": 400, "mem": "128M", **how}
    with Machine(build("unikernel", APP=app, **variables or {})[1], append=f"ktest={words}", **how) as machine:
        match = machine.expect(r"ktest: (\d+) tests, (\d+) failed, (\d+) skipped")
        text, status = machine.wait()
    assert match.group(1) != "0" and match.group(2) == "0" and status == 0, text
    return dict(re.findall(r"(?m)^ktest: (\w+) (ok|skipped)", text)), text


def monolithic_image():
    return os.environ.get("TRINE_KERNEL") or build("monolithic")[1]


def boot_shell(**how):
    how.setdefault("initrd", busybox_initrd())
    how.setdefault("mem", "256M")
    how.setdefault("append", "console=ttyS0 quiet")
    machine = Machine(how.pop("image", None) or monolithic_image(), **how)
    try:
        return Shell(machine)
    except BaseException:
        machine.close()
        raise


@pytest.fixture(scope="module")
def shell():
    """One shell for the tests of a module."""
    s = boot_shell()
    yield s
    s.machine.close()


@pytest.fixture
def fresh_shell():
    """A shell of one's own, as a function of machine options."""
    shells = []

    def boot(**how):
        shells.append(boot_shell(**how))
        return shells[-1]

    yield boot
    for s in shells:
        s.machine.close()
