"""What the pages tell to type does what they say: every command of README, docs/ and the rungs' pages is run here, by the
words that stand on the page, or says why it is not."""
import glob
import os
import re
import socket
import subprocess
import tempfile
import time

import pexpect
import pytest

from trine.machine import ROOT
from trine.rungs import all_rungs
from trine.turns import turn

PAGES = ["README.md", *sorted(os.path.relpath(p, ROOT) for p in glob.glob(ROOT + "/docs/*.md") + glob.glob(ROOT + "/tour/*/README.md"))]
COMMAND = re.compile(r"(?:make|tools/\S+|qemu-system-riscv64|mdir|mcopy|gdb-multiarch)\b")


def blocks(text):
    """The lines of code blocks, fenced or indented by four, without what stands behind a # as a remark."""
    fenced = False
    for line in text.replace("\\\n", "").split("\n"):
        if line.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield re.sub(r"\s+# .*|#$", "", line).strip()


def commands(page):
    """Whole commands: of code blocks, and of `...` in the text where there is more than a name and a goal in them."""
    with open(os.path.join(ROOT, page)) as f:
        text = f.read()
    found = [re.sub(r"\s+", " ", line) for line in blocks(text) if COMMAND.match(line) and not re.search(r"[:;]=|^make run \.\.\.", line)]
    prose = re.sub(r"(?ms)^```.*?^```|^    .*?$", "", text)
    for span in re.findall(r"`([^`]+)`", prose):
        span = re.sub(r"\s+", " ", span)
        if COMMAND.match(span) and " " in span and "..." not in span:
            found.append(span)
    return found


def make(command, timeout=1800):
    """A terminal on which the command runs. Builds of one tree take turns by themselves, hence the time."""
    return pexpect.spawn("bash", ["-c", command], cwd=ROOT, env=environment(), encoding="utf-8", codec_errors="replace", timeout=timeout,
                         dimensions=(40, 200))


def environment():
    return {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}


def prepare(command, cwd=ROOT):
    os.makedirs(ROOT + "/out/pages", exist_ok=True)
    done = subprocess.run(["bash", "-ec", command], cwd=cwd, env=environment(), capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def ends(command, *lines, status=0, before=""):
    """It shows these lines, in this order, and ends with this status."""
    if before:
        prepare(before)
    child = make(command)
    for line in lines:
        child.expect(line)
    child.expect(pexpect.EOF)
    assert child.wait() == status, child.before


def shell(command, prompt=r"[#$] (\x1b\[6n)?$", wanted=r"42x", end="poweroff -f"):
    child = make(command)
    child.expect(prompt)
    child.send("echo $((6*7))x\r")
    child.expect(wanted + r"\r*\n")
    child.expect(prompt)
    child.send(end + "\r")
    child.expect(pexpect.EOF)


def rebooted(command):
    """The machine resets through the firmware's banner, and the second boot's line is the one."""
    ends(command, r"rebooting", r"u3: ")


def until_free(port, seconds=900):
    """Until nobody on this machine listens on a TCP port."""
    end = time.monotonic() + seconds
    while True:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                return probe.bind(("", port))
            except OSError:
                assert time.monotonic() < end, f"port {port} is taken"
        time.sleep(1)


def debugged(command):
    """The command that is printed, with three words more, shows the kernel's first function."""
    with turn(f"{tempfile.gettempdir()}/trine-gdb-port-{os.getuid()}"):  # there is one on a machine, whatever tree is tested
        until_free(1234)
        child = make(command)
        child.expect(r"\n(gdb-multiarch .*?)\r*\n")
        gdb = child.match.group(1).replace(" ", " -iex 'set tcp connect-timeout 300' -iex 'set remotetimeout 60' ", 1)
        child.expect("Ctrl-")
        text = subprocess.run(["bash", "-c", f"{gdb} -batch -ex 'hb kernel_main' -ex continue -ex 'p boot_info.nr_harts' < /dev/null"], cwd=ROOT,
                              capture_output=True, text=True, timeout=600, check=False)
        child.send("\x1ex")
        child.expect(pexpect.EOF)
        assert "kernel_main" in text.stdout, text.stdout + text.stderr


def dry(command):
    """What make would do, without doing it: a wrong goal or variable is an error here, too."""
    done = subprocess.run(["bash", "-c", re.sub(r"^make", "make -n", command)], cwd=ROOT, env=environment(), capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0, done.stderr


def by_tour_test(command):
    """tests/tour_test.py runs this very command for each rung, and all of them are `make tour`."""
    name = command.partition("RUNG=")[2]
    assert not name or name in [r.name for r in all_rungs()], command


def own_application(command):
    """README's application and a heap of one's own, in a copy of the tree."""
    with open(ROOT + "/README.md") as f:
        page = f.read()
    mk = re.search(r"(?ms)^apps/mine/component.mk(.*?)^apps/mine/main\.c(.*?)^make run", page)
    texts = ["\n".join(line.strip() for line in part.split("\n")) for part in mk.groups()]
    copy = ROOT + "/out/pages/copy"
    prepare(f"rm -rf {copy}; mkdir -p {copy}; git ls-files -z | xargs -0 cp --parents -t {copy}; mkdir -p {copy}/apps/mine")
    for name, text in zip(("component.mk", "main.c"), texts):
        with open(f"{copy}/apps/mine/{name}", "w") as f:
            f.write(text + "\n")
    done = subprocess.run(["bash", "-c", command], cwd=copy, env=environment(), capture_output=True, text=True, timeout=1800,
                          stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 0 and re.search(r"\] mine\r*\n", done.stdout), done.stdout[-3000:] + done.stderr[-3000:]


def guests_of_ones_own(command):
    """The whole block of docs/hypervisor.md, but for its last command, then that."""
    with open(ROOT + "/docs/hypervisor.md") as f:
        block = re.search(r"(?ms)^```\n(cat > .*?)^```", f.read()).group(1)
    script, _, last = block.strip().rpartition("\n")
    assert last == command
    done = subprocess.run(["bash", "-ec", script], cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=1800, check=False)
    assert done.returncode == 0, done.stderr
    child = make(command)
    child.expect(r"hello\| .*Hello from Trine!")
    child.expect(r"linux\| .*Welcome to Linux")
    child.send("\x1ex")
    child.expect(pexpect.EOF)


def image_of_a_rung(rung, more, *lines):
    """The rung's files in a folder of this test's own: another test may be at the rung's."""
    def run(command):
        here = f"out/pages/{rung}"
        os.makedirs(os.path.join(ROOT, here), exist_ok=True)
        done = subprocess.run([f"tour/{rung}/prepare", os.path.join(ROOT, here)], cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert f"out/tour/{rung}" in command
        prepare(more.format(here) or ":")
        ends(command.replace(f"out/tour/{rung}", here), *lines)
    return run


SCRIPT = """mkdir -p out/pages/scripts; echo 'print(arg[1], arg[2])' > out/pages/scripts/script.lua
cd out/pages/scripts; echo script.lua | cpio -o -H newc > ../scripts.cpio 2> /dev/null"""
UNIKERNEL = "make run KERNEL=unikernel APP="
RUNS = {
    "make test": dry,  # this is part of it
    "make test-full": dry,  # and this of that
    "make tour": by_tour_test,
    "make bench": dry,  # half an hour; tests/system/bench_full.py
    "make bench GROUP=guests": lambda c: ends(c, r"SBI base call from a guest .* meets", "9 bars met, 0 missed"),
    "make bench GROUP=locks": lambda c: ends(c, r"most held single lock, fork\+exec", "8 bars met, 0 missed"),
    "make fuzz-calls SANITIZE=race SEED=7 MINUTES=60": dry,  # tests/system/fuzz_calls_test.py has a minute of it
    "make check": lambda c: ends(c),
    "make help": lambda c: ends(c, "make run"),
    "make size KERNEL=monolithic": lambda c: ends(c, "component", "flat image"),
    "make size KERNEL=unikernel APP=tour/u1-hello": lambda c: ends(c, "component", "flat image"),
    "make graph KERNEL=hypervisor": lambda c: ends(c, r"graph\.svg"),
    "make run": shell,
    "make run HEAP=slab SCHED=rr": shell,
    'make run KERNEL=monolithic SMP=4 MEM=1G INITRD=out/busybox.cpio APPEND="rdinit=/bin/sh quiet"':
        lambda c: (prepare("make -s out/busybox.cpio KERNEL=monolithic"), shell(c, end="exec /bin/busybox poweroff -f")),
    "make run KERNEL=hypervisor": lambda c: None,  # tests/make_test.py runs it and types into it
    "make run KERNEL=hypervisor SMP=2 MEM=1G INITRD=out/two.cpio": guests_of_ones_own,
    "make out/busybox.cpio KERNEL=monolithic": lambda c: None,  # part of the block before
    "tools/guests.py out/two.cpio out/two.dts hello.image=unikernel:hello Image=$(tools/debian.py linux) busybox.cpio=out/busybox.cpio":
        lambda c: None,  # likewise
    "make debug KERNEL=unikernel": debugged,
    "make debug KERNEL=monolithic SMP=2": debugged,
    "make tour RUNG=u3 SHOW=1": lambda c: ends(c, "OpenSBI", "ok +u3", "1 passed, 0 failed"),
    "make tour RUNG=u1": lambda c: ends(c, "ok +u1", "1 passed, 0 failed"),
    UNIKERNEL + "hello": lambda c: ends(c, "Hello from Trine!"),
    UNIKERNEL + "mine": own_application,
    UNIKERNEL + "yours": lambda c: None,  # APP=mine by another name
    UNIKERNEL + "tour/u2-heap HEAP=tour/yours MEM=512M": lambda c: ends(c.replace("tour/yours", "tour/u2-heap/bump"), "u2: "),
    UNIKERNEL + "crash SMP=2 APPEND=crash=overflow": lambda c: ends(c, "kernel stack overflow", "recurse", "CPU 1 was here", status=2),
    "make image KERNEL=unikernel APP=boottime": lambda c: ends(c, r"trine\.elf", r"trine\.image"),
    "qemu-system-riscv64 -machine virt -m 128M -icount shift=0,sleep=off -nographic -kernel out/unikernel-boottime-tlsf-rr/trine.image":
        lambda c: ends(c, r"boottime: \d+ ns, memory in use: \d+ KiB", before="make -s image KERNEL=unikernel APP=boottime"),
    "make host-test COMPONENT=drivers/NAME": lambda c: ends(c.replace("NAME", "pci"), "ok"),
    "make fuzz COMPONENT=drivers/NAME": lambda c: ends(c.replace("NAME", "pci"), "ok"),
    UNIKERNEL + "ktest DEBUG=1": lambda c: ends(c, r"ktest: \d+ tests, 0 failed"),
    "qemu-system-riscv64 -machine virt -nographic -kernel out/tour/h1-exit/tour-h1-exit-guest.image": image_of_a_rung("h1-exit", "", "SBI"),
    "qemu-system-riscv64 -machine virt -cpu rv64,h=off -nographic -kernel out/tour/h5-trap/tour-h5-trap-worst.image":
        image_of_a_rung("h5-trap", "", "h5: "),
    UNIKERNEL + """lua INITRD=scripts.cpio APPEND='-- /script.lua one "two words"'""":
        lambda c: ends(c.replace("scripts.cpio", "out/pages/scripts.cpio"), "one.*two words", before=SCRIPT),
    UNIKERNEL + "tour/u1-hello": lambda c: ends(c, "u1: "),
    UNIKERNEL + "tour/u2-heap MEM=512M HEAP=slab": lambda c: ends(c, "u2: "),
    UNIKERNEL + 'bench-heap HEAP=tlsf MEM=3G QEMU_EXTRA="-icount shift=0,sleep=off"': lambda c: ends(c, "BENCH", "BENCH"),
    UNIKERNEL + "tour/u3-pflash": rebooted,
    UNIKERNEL + "tour/u4-threads SMP=4 PFLASH=out/tour/u4-threads/pflash.img": image_of_a_rung("u4-threads", "", "u4: "),
    UNIKERNEL + "tour/u5-queue SCHED=fifo": lambda c: ends(c, "u5: "),
    UNIKERNEL + 'bench-thread SCHED=fifo QEMU_EXTRA="-icount shift=0,sleep=off"': lambda c: ends(c, r"BENCH thread\.switch\.fifo"),
    UNIKERNEL + "tour/u6-preempt SCHED=cfs SMP=4": lambda c: ends(c, "u6: "),
    UNIKERNEL + "tour/u7-wait": lambda c: ends(c, "u7: "),
    UNIKERNEL + "tour/u8-block DISK=some.img":
        lambda c: ends(c.replace("some.img", "out/pages/some.img"), "u8: ", before="truncate -s 72K out/pages/some.img"),
    "mdir -/ -i out/tour/u9-files/disk.img ::": image_of_a_rung("u9-files", "mcopy -o -i {0}/disk.img README.md ::", "Directory for"),
}
TYPED = sorted({command for page in PAGES for command in commands(page)})


@pytest.mark.parametrize("command", TYPED)
def test_command(command):
    run = RUNS.get(command) or (by_tour_test if re.fullmatch(r"make tour RUNG=\w+", command) else None)
    assert run, f"a page tells to type this, and RUNS does not say how it is tested: {command}"
    run(command)


def test_what_is_run_is_on_a_page():
    assert not set(RUNS) - set(TYPED)
