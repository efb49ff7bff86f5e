#!/usr/bin/python3
"""Runs libFuzzer targets for a bounded number of inputs, from a fixed seed.

usage: fuzz.py RUNS PROGRAM...

PROGRAM is out/host/fuzz/LAYER/NAME/TARGET. If LAYER/NAME/test has a script TARGET_seeds.py (fdt_fuzz: fdt_seeds.py),
it is called with a folder to fill with inputs to begin with; see trine/seeds.py.
"""
import os
import shutil
import subprocess
import sys

from trine.turns import turn


def run(program, runs, timeout=None):
    """Returns None, or what the target printed when it found something."""
    with turn(program):
        return run_alone(program, runs, timeout)


def run_alone(program, runs, timeout):
    component = os.path.dirname(program).split("out/host/fuzz/", 1)[1]
    script = os.path.join(component, "test", os.path.basename(program).removesuffix("_fuzz") + "_seeds.py")
    found, seeds = program + ".found", program + ".seeds"
    for folder in (found, seeds):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    if os.path.exists(script):
        env = dict(os.environ, PYTHONPATH="tools", PYTHONDONTWRITEBYTECODE="1")
        subprocess.run([sys.executable, script, seeds], check=True, env=env)
    done = subprocess.run([program, f"-runs={runs}", "-seed=1", "-timeout=20", f"-artifact_prefix={program}-",
                           found, seeds], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout)
    with open(program + ".log", "wb") as f:
        f.write(done.stdout)
    return None if done.returncode == 0 else done.stdout.decode(errors="replace")


if __name__ == "__main__":
    failed = False
    for program in sys.argv[2:]:
        output = run(program, int(sys.argv[1]))
        print(f"{'FAILED ' if output else 'ok     '} {program}", flush=True)
        if output:
            print(output[-6000:])
            failed = True
    sys.exit(failed)
