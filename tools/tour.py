#!/usr/bin/python3
"""Climbs the ladder: runs each rung of tour/ (or those named) and prints the line each proves itself with.

usage: tour.py [--show] [RUNG...]        --show lets the console through
"""
import sys

from trine.rungs import all_rungs

show = "--show" in sys.argv
wanted = [w for w in sys.argv[1:] if not w.startswith("--")]
rungs = all_rungs()
unknown = [w for w in wanted if w not in [r.name for r in rungs]]
if unknown:
    sys.exit(f"error: no rung {' '.join(unknown)}; there are: {' '.join(r.name for r in rungs)}")
passed = failed = 0
for rung in rungs:
    if wanted and rung.name not in wanted:
        continue
    for words, text in rung.variants():
        label = f"{rung.folder} {text}".strip()
        try:
            line = rung.run(words, log=sys.stdout if show else None)
            print(f"ok      {label:<32} {line}", flush=True)
            passed += 1
        except (AssertionError, RuntimeError) as e:
            print(f"FAILED  {label}\n{e}", flush=True)
            failed += 1
print(f"{passed} passed, {failed} failed")
sys.exit(1 if failed or not passed else 0)
