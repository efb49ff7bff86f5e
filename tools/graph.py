#!/usr/bin/python3
"""Draws what a kernel is composed of, as dot: one box a component, one row a layer.

usage: graph.py COMPONENTS.TXT
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from trine.machine import ROOT, read_words  # noqa: E402

LAYERS = ["kernels", "apps", "tour", "linux", "virt", "fs", "mm", "net", "drivers", "core", "platform", "arch", "lib"]
COLOUR = {"kernels": "#d0d0d0", "apps": "#e8e8e8", "tour": "#e8e8e8", "linux": "#f6d5b8", "virt": "#e3c8f0", "fs": "#cfe8cf",
          "mm": "#cfe8cf", "net": "#cfe8cf", "drivers": "#f5eebb", "core": "#c8dcf0", "platform": "#d8e6e6", "arch": "#d8e6e6",
          "lib": "#eeeeee"}


def main():
    with open(sys.argv[1]) as f:
        names = [line.split()[0] for line in f if ":" in line]
    edges = {}
    for name in names:
        path = os.path.join(ROOT, name, "component.mk")
        words = read_words(path) if os.path.exists(path) else {}
        edges[name] = sorted(set((words.get("DEPS", "") + " " + words.get("PUBLIC_DEPS", "")).split()) & set(names))
        if name.startswith("kernels/"):
            edges[name] = [n for n in names if n != name]  # it is composed of all of them
    print("digraph kernel {\n  rankdir=TB; newrank=true; ranksep=0.9; nodesep=0.12;")
    print('  node [shape=box, style="filled,rounded", fontname="sans-serif", fontsize=11, height=0.3];')
    print('  edge [color="#00000040", arrowsize=0.5];')
    for layer in LAYERS:
        members = [n for n in names if n.split("/")[0] == layer]
        if members:
            print(f'  subgraph cluster_{layer} {{ label="{layer}"; color="#bbbbbb"; fontname="sans-serif";')
            for n in members:
                print(f'    "{n}" [label="{n.split("/", 1)[1]}", fillcolor="{COLOUR[layer]}"];')
            print("  }")
    # An edge that is implied by a longer path says nothing; leaving it out keeps the picture legible.
    reach = {}

    def reachable(n):
        if n not in reach:
            reach[n] = set()
            for d in edges.get(n, []):
                reach[n] |= {d} | reachable(d)
        return reach[n]

    for name in names:
        for dep in edges[name]:
            if not any(dep in reachable(other) for other in edges[name] if other != dep):
                print(f'  "{name}" -> "{dep}";')
    print("}")


main()
