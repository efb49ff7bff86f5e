"""The ladder: finds the rungs under tour/, prepares, builds and runs them.

A rung is a folder tour/XN-name with a README.md for the learner, its code, and rung.mk:
  TITLE     what it shows, in a few words
  KERNEL    unikernel, monolithic, hypervisor, or a folder with a kernel.mk   APP  the unikernel's application
  SMP MEM CPU HEAP SCHED INITRD DISK PFLASH APPEND EXTRA   as for `make run` (EXTRA: more QEMU words)
  EXPECT    the line that it prints when it worked (a regular expression, the whole line)
  TIMEOUT   seconds (120)
  VARIANTS  runs that differ: "HEAP=tlsf; HEAP=slab SMP=4; ..." each as good as a run of its own
@OUT@ in a value is a folder under out/tour for the files of a run, so that two can go on at once. An executable `prepare` is called with that
folder before the run (disks, flash images, guests), `verify` with the folder and the console's text after it.
"""
import os
import re
import subprocess

from .machine import OUT, ROOT, Machine, build, read_words
from .turns import turn

MACHINE_WORDS = {"SMP": "smp", "MEM": "mem", "CPU": "cpu", "MACHINE": "machine", "INITRD": "initrd", "DISK": "disk",
                 "PFLASH": "pflash", "APPEND": "append", "EXTRA": "extra"}
ORDER = {"u": 0, "m": 1, "h": 2}


class Rung:
    def __init__(self, path):
        self.path = path
        self.folder = os.path.basename(path)
        self.name = self.folder.split("-")[0]
        self.words = read_words(os.path.join(path, "rung.mk"))
        self.title = self.words.get("TITLE", self.folder)

    def variants(self):
        """A dictionary of variables for each run."""
        for text in self.words.get("VARIANTS", "").split(";") or [""]:
            yield {**self.words, "VARIANT": text.strip(), **dict(w.split("=", 1) for w in text.split())}, text.strip()

    def run(self, words, log=None):
        """One run; returns the line that says it worked. Raises AssertionError or RuntimeError with the console's text."""
        out = os.path.join(ROOT, OUT, "tour", self.folder, re.sub(r"\W+", "-", words.get("VARIANT", "")))
        with turn(out):
            return self.run_in(out, words, log)

    def run_in(self, out, words, log):
        os.makedirs(out, exist_ok=True)
        for hook in ("prepare",):
            script = os.path.join(self.path, hook)
            if os.access(script, os.X_OK):
                done = subprocess.run([script, out], cwd=ROOT, capture_output=True, text=True)
                if done.returncode:
                    raise RuntimeError(f"{self.folder}/{hook} failed:\n{done.stdout}{done.stderr}")
        words = {k: v.replace("@OUT@", out) for k, v in words.items()}
        build_words = {k: words[k] for k in ("APP", "HEAP", "SCHED", "DEBUG", "SANITIZE") if k in words}
        _, image = build(words["KERNEL"], **build_words)
        how = {v: words[k] for k, v in MACHINE_WORDS.items() if words.get(k)}
        if "disk" in how:
            how["disk"] = how["disk"].split()
        for attempt in (1, 2, 3):
            with Machine(image, timeout=int(words.get("TIMEOUT", 120)), log=log, **how) as machine:
                text, _ = machine.wait()
            try:
                return self.judge(words, out, text)
            except AssertionError:
                # Several harts' letters and the firmware's cannot always be told apart (remarks.py): another run then.
                if not machine.has_remarks or attempt == 3:
                    raise

    def judge(self, words, out, text):
        """The line that says it worked, if it is on the console and `verify` agrees."""
        match = re.search("(?:^|\n)(" + words["EXPECT"] + r")\r*\n", text)
        if not match:
            raise AssertionError(f"{self.folder}: no line {words['EXPECT']!r} on the console:\n{text[-6000:]}")
        script = os.path.join(self.path, "verify")
        if os.access(script, os.X_OK):
            console = os.path.join(out, "console.txt")
            with open(console, "w") as f:
                f.write(text)
            done = subprocess.run([script, out, console], cwd=ROOT, capture_output=True, text=True)
            if done.returncode:
                raise AssertionError(f"{self.folder}/verify failed:\n{done.stdout}{done.stderr}\n{text[-3000:]}")
        return match.group(1).strip()


def all_rungs():
    base = os.path.join(ROOT, "tour")
    found = [d for d in (os.listdir(base) if os.path.isdir(base) else []) if os.path.exists(os.path.join(base, d, "rung.mk"))]
    found.sort(key=lambda d: (ORDER.get(d[0], 9), int(re.sub(r"\D", "", d.split("-")[0]) or 0), d))
    return [Rung(os.path.join(base, d)) for d in found]
