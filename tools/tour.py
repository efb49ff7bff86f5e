#!/usr/bin/python3
"""Climbs the ladder: runs each rung of tour/ (or those named) and prints the line each proves itself with.

usage: tour.py [--show] [RUNG...]        --show lets the console through
"""
import sys
import time

from trine.errors import plain
from trine.rungs import all_rungs

plain()
show = "--show" in sys.argv
wanted = [w for w in sys.argv[1:] if not w.startswith("--")]
rungs = all_rungs()
unknown = [w for w in wanted if w not in [r.name for r in rungs]]
if unknown:
    sys.exit(f"error: no rung {' '.join(unknown)}; there are: {' '.join(r.name for r in rungs)}")
runs = [(rung, words, text) for rung in rungs if not wanted or rung.name in wanted for words, text in rung.variants()]
start = time.time()


def minutes(seconds):
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


def say(done, label):
    """What runs now, and how much is left if it goes on like this."""
    spent = time.time() - start
    left = f"; {minutes(spent)} so far, about {minutes(spent / done * (len(runs) - done))} left" if done else ""
    print(f"# {done + 1} of {len(runs)}: {label}{left}", file=sys.stderr, flush=True)


passed = failed = 0
for done, (rung, words, text) in enumerate(runs):
    label = f"{rung.folder} {text}".strip()
    say(done, label)
    try:
        line = rung.run(words, log=sys.stdout if show else None)
        print(f"ok      {label:<32} {line}", flush=True)
        passed += 1
    except (AssertionError, RuntimeError) as e:
        print(f"FAILED  {label}\n{e}", flush=True)
        failed += 1
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
