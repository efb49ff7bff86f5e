#!/usr/bin/python3
"""Measures every figure and holds it against its bar: a table, plots (SVG) and JSON under out/bench/.

Everything runs under -icount shift=0,sleep=off, where one nanosecond of guest time is one instruction, so that figures
repeat on any machine. Programs print lines "BENCH name value [unit]". Where Linux can run the same, Debian's kernel does,
on the same QEMU. A figure above its bar makes the command fail.
"""
import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from trine.errors import plain  # noqa: E402
from trine.bench_figures import FIGURES, GROUPS  # noqa: E402
from trine.machine import ROOT  # noqa: E402

OUT = os.path.join(ROOT, "out", "bench")


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"


def plot(rows):
    """A bar for each figure, with its number: dark, as a share of what Linux, KVM or a reference takes, which is 100 for all; light,
    where there is no such peer, as a share of its own bar."""
    shown = [r for r in rows if r["value"] is not None and (r["linux"] or r["bar"])]
    shown.sort(key=lambda r: not r["linux"])
    with open(OUT + "/figures.dat", "w") as f:
        for i, r in enumerate(shown):
            share = 100 * r["value"] / (r["linux"] or r["bar"])
            unit = "" if r["unit"] == "instructions" else " " + r["unit"]
            f.write(f'{i} {min(share, 125):.1f} {0 if r["linux"] else 1} "{r["what"]}" "{number(r["value"])}{unit} ({share:.0f} %)"\n')
    script = f"""set terminal svg size 1100,{120 + 22 * len(shown)} font "sans-serif,11"
set output "{OUT}/figures.svg"
set title "Instructions; shorter is better"
set yrange [{len(shown)}:-2]
set xrange [0:160]
set xtics 25
set grid x
set key bottom right
set style fill solid
set ytics noenhanced
set arrow from 100,-1 to 100,{len(shown)} nohead back lw 2 lc rgb "#aa3333"
set label "100: Linux, KVM, the reference" at 100,-1.4 center textcolor rgb "#aa3333"
plot "{OUT}/figures.dat" using ($3 == 0 ? $2/2 : NaN):0:($2/2):(0.35):ytic(4) with boxxyerror lc rgb "#335577" title "of the peer", \\
     "" using ($3 == 1 ? $2/2 : NaN):0:($2/2):(0.35) with boxxyerror lc rgb "#99bbdd" title "of its own bar, without a peer", \\
     "" using 2:0:5 with labels left offset 0.6,0 noenhanced notitle
"""
    try:
        subprocess.run(["gnuplot"], input=script, text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as e:
        print(f"no plot: {e}", file=sys.stderr)


def measure(groups, with_linux):
    """Runs the groups: figures by key, those of the peer system, and the names of the groups that did not run."""
    measured, peers, broken = {}, {}, []
    begin = time.time()
    for number, name in enumerate(groups, 1):
        group = GROUPS[name]
        start = time.time()
        print(f"# {number} of {len(groups)}: {name}, {'with' if with_linux and group.measure_linux else 'without'} Linux beside it; "
              f"{(start - begin) / 60:.0f} min so far", file=sys.stderr, flush=True)
        got = {}
        try:
            got = group.measure()
            measured.update(got)
            if with_linux and group.measure_linux:
                peers.update(group.measure_linux())
        except (AssertionError, RuntimeError, subprocess.SubprocessError) as e:
            print(f"group {name} failed: {e}", file=sys.stderr)
            broken.append(name)
        print(f"# {name}: {len(got)} figures, {time.time() - start:.0f} s", file=sys.stderr, flush=True)
    return measured, peers, broken


def judge(groups, measured, peers):
    """A row for each figure of the groups: the declared ones with their bars, then what else the programs printed."""
    rows = []
    for figure in FIGURES:
        if figure.group not in groups:
            continue
        value = measured.get(figure.key)
        peer = peers.get(figure.key, figure.peer_value)
        bar = {"peer": peer, "below peer": peer and 0.99 * peer}.get(figure.bar, figure.bar)
        rows.append({"key": figure.key, "what": figure.what, "unit": figure.unit, "value": value, "bar": bar,
                     "linux": peer, "peer": figure.peer,
                     "meets": None if bar is None else value is not None and value <= bar})
    for key in sorted(set(measured) - {f.key for f in FIGURES} - {"done"}):
        rows.append({"key": key, "what": key, "unit": "ns, wall" if ".wall." in key else "instructions", "value": measured[key], "bar": None,
                     "linux": peers.get(key), "peer": "Linux", "meets": None})
    return rows


def print_row(row):
    value, peer = row["value"], row["linux"]
    shown = "not measured" if value is None else number(value)
    ratio = f"{value / peer:.2f}" if peer and value is not None else ""
    bar = f"<= {row['bar']:,.10g}" if row["bar"] else ""
    beside = f"{row['peer']} {peer:,.0f}" if peer else ""
    verdict = {None: "", True: "meets", False: "MISSES"}[row["meets"]]
    print(f"{row['what']:<58} {shown:>14} {row['unit']:<13} {bar:>14} {beside:>18} {ratio:>5} {verdict}")


def main():
    plain()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-linux", action="store_true", help="leave Linux out; its known figures stand beside ours")
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"one of {', '.join(GROUPS)}; all if none is named")
    args = parser.parse_args()
    unknown = [g for g in args.groups if g not in GROUPS]
    if unknown:
        parser.error(f"no group {unknown[0]}; there are {', '.join(GROUPS)}")
    groups = args.groups or list(GROUPS)
    os.makedirs(OUT, exist_ok=True)
    measured, peers, broken = measure(groups, not args.no_linux)
    rows = judge(groups, measured, peers)
    for row in rows:
        print_row(row)
    with open(OUT + "/figures.json", "w") as f:
        json.dump(rows, f, indent=1)
    plot(rows)
    failed = sum(r["meets"] is False for r in rows)
    print(f"{sum(r['meets'] is True for r in rows)} bars met, {failed} missed"
          + (f", groups that failed: {', '.join(broken)}" if broken else "")
          + f"; {os.path.relpath(OUT, ROOT)}/figures.json, figures.svg")
    sys.exit(1 if failed or broken else 0)


main()
