#!/usr/bin/python3
"""Measures every figure and holds it against its bar: a table, plots (SVG) and JSON under out/bench/.

usage: bench.py [--no-linux] [GROUP...]

Everything runs under -icount shift=0,sleep=off, where one nanosecond of guest time is one instruction, so that figures
repeat on any machine. Programs print lines "BENCH name value [unit]". Where Linux can run the same, Debian's kernel does,
on the same QEMU. A figure above its bar makes the command fail.
"""
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from trine.bench_figures import FIGURES, GROUPS  # noqa: E402
from trine.machine import ROOT  # noqa: E402

OUT = os.path.join(ROOT, "out", "bench")


def plot(rows):
    """A bar for each figure that has a bar or a peer: measured as a share of it."""
    shown = [r for r in rows if r["value"] is not None and (r["bar"] or r["linux"])]
    with open(OUT + "/figures.dat", "w") as f:
        for i, r in enumerate(shown):
            share = 100 * r["value"] / r["bar"] if r["bar"] else 0
            peer = 100 * r["value"] / r["linux"] if r["linux"] else 0
            f.write(f'{i} {share:.1f} {peer:.1f} "{r["what"]}"\n')
    script = f"""set terminal svg size 1000,{120 + 30 * len(shown)} font "sans-serif,11"
set output "{OUT}/figures.svg"
set title "instructions, as per cent of the bar (dark) and of Linux or KVM (light); shorter is better"
set yrange [{len(shown)}:-1]
set xrange [0:150]
set grid x
set style fill solid
set ytics noenhanced
plot "{OUT}/figures.dat" using ($2/2):($0):($2/2):(0.2):ytic(4) with boxxyerror lc rgb "#335577" title "of the bar", \\
     "" using ($3/2):($0+0.3):($3/2):(0.1) with boxxyerror lc rgb "#99bbdd" title "of Linux or KVM"
"""
    try:
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as e:
        print(f"no plot: {e}", file=sys.stderr)


def main():
    with_linux = "--no-linux" not in sys.argv
    wanted = [w for w in sys.argv[1:] if not w.startswith("--")]
    os.makedirs(OUT, exist_ok=True)
    measured, linux = {}, {}
    for name, group in GROUPS.items():
        if wanted and name not in wanted:
            continue
        start = time.time()
        try:
            got = group.measure()
            peer = group.measure_linux() if with_linux and group.measure_linux else {}
        except (AssertionError, RuntimeError, subprocess.SubprocessError) as e:
            print(f"group {name} failed: {e}", file=sys.stderr)
            got, peer = {}, {}
        print(f"# {name}: {len(got)} figures, {time.time() - start:.0f} s", file=sys.stderr, flush=True)
        measured.update(got)
        linux.update(peer)
    rows, failed = [], 0
    for figure in FIGURES:
        if wanted and figure.group not in wanted:
            continue
        value = measured.get(figure.key)
        peer = linux.get(figure.key, figure.baseline)
        bar = peer if figure.bar == "peer" else figure.bar
        meets = None if bar is None else value is not None and value <= bar
        failed += meets is False
        rows.append({"key": figure.key, "what": figure.what, "unit": figure.unit, "value": value, "bar": bar,
                     "linux": peer, "peer": figure.peer, "meets": meets})
    extra = sorted(set(measured) - {f.key for f in FIGURES} - {"done"})
    rows += [{"key": k, "what": k, "unit": "instructions", "value": measured[k], "bar": None, "linux": linux.get(k),
              "peer": "Linux", "meets": None} for k in extra]
    for r in rows:
        value = "not measured" if r["value"] is None else f"{r['value']:,.0f}" if r["value"] >= 1000 else f"{r['value']:.1f}"
        peer = f"{r['peer']} {r['linux']:,.0f}" if r["linux"] else ""
        ratio = f"{r['value'] / r['linux']:.2f}" if r["linux"] and r["value"] is not None else ""
        bar = f"<= {r['bar']:,.10g}" if r["bar"] else ""
        verdict = {None: "", True: "meets", False: "MISSES"}[r["meets"]]
        print(f"{r['what']:<58} {value:>14} {r['unit']:<13} {bar:>14} {peer:>18} {ratio:>5} {verdict}")
    with open(OUT + "/figures.json", "w") as f:
        json.dump(rows, f, indent=1)
    plot(rows)
    print(f"{sum(r['meets'] is True for r in rows)} bars met, {failed} missed; {os.path.relpath(OUT, ROOT)}/figures.json, figures.svg")
    sys.exit(1 if failed else 0)


main()
