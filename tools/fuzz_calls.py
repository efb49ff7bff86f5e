#!/usr/bin/python3
"""Fuzzes the monolithic kernel's system calls: tests/fuzz/syscalls as process 1, one machine after the other.

usage: fuzz_calls.py [--sanitize address|race|undefined] [--seed N] [--minutes N] [--smp N] [--round N] [--fail N]
                     [--keep-going] [--no-shrink]

A report of a sanitizer, a panic, processes that cannot be killed and a machine that says nothing any more are findings. The
console of a finding is kept under out/fuzz-calls/, and the program that led to it is made smaller: calls are left out as long as it
comes all the same. Status 1: there were findings.
"""
import argparse
import contextlib
import os
import random
import re
import shutil
import subprocess
import sys
import time

from trine.cpio import Archive
from trine.errors import plain
from trine.machine import OUT, ROOT, Machine, build
from trine.nbd import SilentDisk

FOLDER = os.path.join(ROOT, OUT, "fuzz-calls")
SOURCES = os.path.join(ROOT, "tests/fuzz/syscalls")
SOCKETS = os.path.join(FOLDER, f"socket-{os.getpid()}")
FLAGS = ["-static", "-O1", "-g", "-Wall", "-Wextra", "-Werror", "-fno-stack-protector"]

REPORT = re.compile(r"sanitizer: (?!end)\w+: [^\n]*|kernel panic[^\n]*|fuzz: stuck[^\n]*|init (?:was killed|exited)[^\n]*|lock order[^\n]*")
LINE = r"(fuzz: round (\d+), [^\r\n]*|sanitizer: end|" + REPORT.pattern + r"|fuzz: (?:done|listed)[^\r\n]*)\r*\n"
SILENCE = 240  # seconds without a round's line that are a hang
NR_CALLS_MAX = 512
DISK_ERRORS = 30  # with --fail: one request in so many


def disk_contents():
    """A FAT of 4 MiB, whose files the programs make."""
    path = os.path.join(FOLDER, f"disk-{os.getpid()}")
    with open(path, "wb") as f:
        f.truncate(4 << 20)
    subprocess.run(["mkfs.vfat", path], check=True, stdout=subprocess.DEVNULL, env=dict(os.environ, PATH=os.environ["PATH"] + ":/usr/sbin:/sbin"))
    with open(path, "rb") as f:
        contents = f.read()
    os.remove(path)
    return contents


def initrd():
    """The program and what it is in, newly made if a source is newer."""
    os.makedirs(FOLDER, exist_ok=True)
    program, archive = os.path.join(FOLDER, f"init-{os.getpid()}"), os.path.join(FOLDER, "init.cpio")
    sources = [os.path.join(SOURCES, f) for f in sorted(os.listdir(SOURCES))] + [os.path.join(ROOT, "linux/abi/include/abi/table.h")]
    if not os.path.exists(archive) or os.path.getmtime(archive) < max(map(os.path.getmtime, sources)):
        subprocess.run(["riscv64-linux-gnu-gcc", *FLAGS, "-I", ROOT, "-o", program, *[s for s in sources if s.endswith(".c")]], check=True)
        made = Archive()
        with open(program, "rb") as f:
            made.file("init", f.read(), 0o755)
        os.remove(program)
        made.write(f"{archive}.{os.getpid()}")
        os.replace(f"{archive}.{os.getpid()}", archive)
    return archive


def title(text):
    """What a report is about, without addresses: two of one title are taken for one."""
    found = REPORT.search(text)
    first = re.sub(r"0x[0-9a-f]+|\d{3,}|(?<=CPU )\d", "N", found.group(0)).strip() if found else "silence"
    skip = "report|sanitize|watch|panic|backtrace|__asan|__tsan|trap|kernel_fault|assert"
    names = [n for n in re.findall(r"(?m)^(?:\[ *[\d.]+\])? +0x[0-9a-f]+ (\w+)\+0x", text[found.start():] if found else "") if not re.match(skip, n)]
    stacks = re.split(r"(?m)^.*CPU \d+:", text[found.start():]) if found and "race" in first else None
    if stacks:
        names = [next((n for n in re.findall(r"0x[0-9a-f]+ (\w+)\+0x", s) if not re.match(skip, n)), "?") for s in stacks[1:3]]
    return first + " in " + ", ".join(names[:4])


class Run:
    """One machine with some rounds; findings() gives (round, text) as they come."""

    def __init__(self, kernel, options, words):
        self.kernel, self.options, self.words = kernel, options, words
        self.round = None
        self.contents = disk_contents()

    def machine(self, log):
        append = "console=ttyS0 loglevel=4 " + " ".join(f"{k}={v}" for k, v in self.words.items() if v is not None)
        extra = ["-gdb", f"unix:{SOCKETS}.gdb,server=on,wait=off",
                 "-drive", f"file=nbd:unix:{SOCKETS}.disk,format=raw,if=none,id=d", "-device", "virtio-blk-device,drive=d"]
        return Machine(self.kernel[1], timeout=SILENCE, smp=self.options.smp, mem="512M", initrd=initrd(), append=append, log=log, extra=extra)

    def disk(self):
        chance = random.Random(self.options.seed)
        return SilentDisk(f"{SOCKETS}.disk", self.contents, lambda: self.options.fail and chance.randrange(DISK_ERRORS) == 0)

    def findings(self, log):
        with contextlib.closing(self.disk()), self.machine(log) as machine:
            begin = 0
            while True:
                try:
                    match = machine.expect(LINE, timeout=SILENCE)
                except AssertionError as e:
                    if "QEMU ended" not in str(e):
                        yield self.round, machine.text[-3000:] + str(e)[-3000:] + hung(self.kernel[0])
                    return
                line = match.group(1)
                if line.startswith("fuzz: round"):
                    self.round = int(match.group(2))
                    begin = len(machine.text)
                elif line.startswith("fuzz: done"):
                    machine.wait()  # with what the descriptions do not reach
                    return
                elif line == "sanitizer: end":
                    start = machine.text.rfind("sanitizer: ", 0, len(machine.text) - len(match.group(0)) - 1)
                    start = max(machine.text.rfind(f"sanitizer: {kind}: ") for kind in ("race", "address", "undefined")) if start else begin
                    yield self.round, machine.text[start:]
                elif not line.startswith("sanitizer"):
                    try:
                        machine.wait(60)
                    except AssertionError:
                        machine.text += machine.child.before or ""
                    yield self.round, machine.text[-len(machine.text) + begin:]
                    return


def hung(elf):
    """Where the harts and threads of a silent machine are, if gdb is here."""
    asked = (f"target remote {SOCKETS}.gdb", "info threads", "thread apply all bt 12", "trine-cpus", "trine-threads")
    commands = [word for command in asked for word in ("-ex", command)]
    try:
        done = subprocess.run(["gdb-multiarch", "-batch", "-x", ROOT + "/tools/gdb/trine.py", elf, *commands], capture_output=True, text=True,
                              timeout=60)
        return "\n" + done.stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""


def words(options, **more):
    return {"FUZZ_SEED": options.seed, "FUZZ_FAIL": options.fail or None, "delays": options.delays or None, **more}


def ranges(numbers):
    """{1, 2, 3, 7} -> "1-3,7"."""
    parts, numbers = [], sorted(numbers)
    while numbers:
        n = 1
        while n < len(numbers) and numbers[n] == numbers[0] + n:
            n += 1
        parts.append(str(numbers[0]) if n == 1 else f"{numbers[0]}-{numbers[n - 1]}")
        numbers = numbers[n:]
    return ",".join(parts) or None


def listing(kernel, options, number, skipped=()):
    run = Run(kernel, options, words(options, FUZZ_ROUND=number, FUZZ_LIST=1, FUZZ_SKIP=ranges(skipped)))
    with contextlib.closing(run.disk()), run.machine(None) as machine:
        machine.expect(r"fuzz: listed")
        return [line.split("fuzz: ", 1)[1] for line in machine.text.replace("\r", "").split("\n") if re.match(r"fuzz: (program|\s*\d+  )", line)]


def shrink(kernel, options, number, wanted):
    """Leaves out calls while the report still comes; gives what cannot be left out (Zeller, Hildebrandt: ddmin, 2002)."""
    calls = [int(line.split()[0]) for line in listing(kernel, options, number)[1:]]

    def comes(kept, repeat):
        skipped = set(range(NR_CALLS_MAX)) - set(kept)
        run = Run(kernel, options, words(options, FUZZ_ROUND=number, FUZZ_ROUNDS=1, FUZZ_REPEAT=repeat, FUZZ_SKIP=ranges(skipped)))
        return any(title(text) == wanted for _, text in run.findings(None))

    repeat = next((n for n in (4, 40, 200) if comes(calls, n)), None)
    if repeat is None:
        return None
    repeat, step = repeat * 2, max(1, len(calls) // 2)
    while step:
        position = 0
        while position < len(calls):
            fewer = calls[:position] + calls[position + step:]
            if fewer and comes(fewer, repeat):
                calls = fewer
            else:
                position += step
        step //= 2
    return listing(kernel, options, number, set(range(NR_CALLS_MAX)) - set(calls))


def found(kernel, options, known, number, text):
    """Says what came, once for each title."""
    what = title(text)
    if what in known:
        return
    known[what] = number
    name = os.path.join(FOLDER, f"finding-{options.name}-{options.seed}-{number}-{len(known)}.txt")
    with open(name, "w", encoding="utf-8") as f:
        f.write(text)
    print(f"FOUND in round {number} of seed {options.seed}: {what}\n  {os.path.relpath(name, ROOT)}", flush=True)
    if options.shrink and number is not None:
        lines = shrink(kernel, options, number, what)
        print("  it did not come again" if lines is None else "  it takes no more than:\n    " + "\n    ".join(lines), flush=True)


def main():
    plain()
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--sanitize", default="")
    parser.add_argument("--kernel", default="monolithic")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--smp", type=int, default=4)
    parser.add_argument("--round", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=1 << 40)
    parser.add_argument("--fail", type=int, default=0)
    parser.add_argument("--delays", type=int, default=1)
    parser.add_argument("--keep-going", action="store_true")
    parser.add_argument("--no-shrink", dest="shrink", action="store_false")
    options = parser.parse_args()
    options.name = f"{os.path.basename(options.kernel)}-{options.sanitize or 'debug'}"
    variables = {"DEBUG": "1", **({"SANITIZE": options.sanitize} if options.sanitize else {})}
    os.makedirs(FOLDER, exist_ok=True)
    kernel = [shutil.copy(f, os.path.join(FOLDER, f"{options.name}-{os.path.basename(f)}"))  # whatever is built meanwhile
              for f in build(options.kernel, **variables)]
    end, number, last, known = time.time() + options.minutes * 60, options.round, options.round + options.rounds, {}
    while time.time() < end and number < last and (options.keep_going or not known):
        seconds = int(end - time.time()) + 1
        run = Run(kernel, options, words(options, FUZZ_ROUND=number, FUZZ_ROUNDS=last - number, FUZZ_SECONDS=seconds))
        with open(os.path.join(FOLDER, f"console-{options.name}-{options.seed}-{number}.txt"), "w", encoding="utf-8") as log:
            for at, text in run.findings(log):
                found(kernel, options, known, at, text)
                if not options.keep_going:
                    break
        number = (run.round or number) + 1
    for end_of_name in (".gdb", ".disk"):
        if os.path.exists(SOCKETS + end_of_name):
            os.remove(SOCKETS + end_of_name)
    print(f"{number - options.round} rounds of seed {options.seed}, {len(known)} findings", flush=True)
    sys.exit(1 if known else 0)


if __name__ == "__main__":
    main()
