#!/usr/bin/python3
"""Draws what a kernel is composed of, as dot: a frame for each layer, from the top down, with its components in it.

usage: graph.py COMPONENTS.TXT

An arrow between two frames says that components of the upper layer use some of the lower one; how many uses, stands beside
it. Arrows between boxes are the dependencies within a layer. What is implied by a longer path is left out.
"""
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from trine.errors import plain  # noqa: E402
from trine.machine import ROOT, read_words  # noqa: E402

LAYERS = ["kernels", "apps", "tour", "bridge", "linux", "virt", "fs", "mm", "net", "drivers", "core", "platform", "arch", "lib"]
COLOUR = {"kernels": "#d0d0d0", "apps": "#e8e8e8", "tour": "#e8e8e8", "bridge": "#f0d0d8", "linux": "#f6d5b8", "virt": "#e3c8f0", "fs": "#cfe8cf",
          "mm": "#cfe8cf", "net": "#cfe8cf", "drivers": "#f5eebb", "core": "#c8dcf0", "platform": "#d8e6e6", "arch": "#d8e6e6",
          "lib": "#eeeeee"}
ROW = 8  # boxes side by side, where no arrow says otherwise


def layer_of(name):
    return name.split("/")[0]


def dependencies(path):
    """Component -> what it needs, of those in the kernel."""
    with open(path) as f:
        names = [line.split()[0] for line in f if ":" in line]
    edges = {}
    for name in names:
        path = os.path.join(ROOT, name, "component.mk")
        words = read_words(path) if os.path.exists(path) else {}
        edges[name] = sorted(set((words.get("DEPS", "") + " " + words.get("PUBLIC_DEPS", "")).split()) & set(names))
        if name.startswith("kernels/"):
            edges[name] = [n for n in names if n != name]  # it is composed of all of them
    return edges


def reduced(edges):
    """Without the edges that a longer path implies."""
    reach = {}

    def reachable(n):
        if n not in reach:
            reach[n] = set()
            for d in edges.get(n, []):
                reach[n] |= {d} | reachable(d)
        return reach[n]

    return {n: [d for d in deps if not any(d in reachable(o) for o in deps if o != d)] for n, deps in edges.items()}


def draw_layer(layer, members, edges):
    within = reduced({n: [d for d in edges[n] if d in members] for n in members})
    print(f'  subgraph cluster_{layer} {{ label="{layer}"; labeljust=l; color="#999999"; fontname="sans-serif"; fontsize=16;')
    for n in members:
        print(f'    "{n}" [label="{n.split("/", 1)[1]}", fillcolor="{COLOUR[layer]}"];')
    for n in members:
        for d in within[n]:
            print(f'    "{n}" -> "{d}";')
    tied = {n for n in members if within[n]} | {d for n in members for d in within[n]}
    alone = [n for n in members if n not in tied]
    for upper, lower in zip(alone, alone[ROW:]):
        print(f'    "{upper}" -> "{lower}" [style=invis];')
    print("  }")
    return within


def main():
    plain()
    edges = dependencies(sys.argv[1])
    layers = {layer: [n for n in edges if layer_of(n) == layer] for layer in LAYERS}
    layers = {layer: members for layer, members in layers.items() if members}
    uses = {a: {} for a in layers}
    for name, deps in edges.items():
        for dep in deps:
            if layer_of(dep) != layer_of(name) and not name.startswith("kernels/"):
                uses[layer_of(name)][layer_of(dep)] = uses[layer_of(name)].get(layer_of(dep), 0) + 1
    kernel = next((layer for layer in layers if layer == "kernels"), None)
    if kernel:
        uses[kernel] = {layer: len(members) for layer, members in layers.items() if layer != kernel}
    print("digraph kernel {\n  rankdir=TB; compound=true; ranksep=0.25; nodesep=0.12; splines=true;")
    print('  node [shape=box, style="filled,rounded", fontname="sans-serif", fontsize=12, height=0.3, margin="0.08,0.03"];')
    print('  edge [color="#00000060", arrowsize=0.5, fontname="sans-serif", fontsize=11];')
    last, first = {}, {}
    for layer, members in layers.items():
        within = draw_layer(layer, members, edges)
        used = {d for deps in within.values() for d in deps}
        first[layer] = next(n for n in members if n not in used)
        depth = {}

        def depth_of(n):
            if n not in depth:
                depth[n] = 1 + max((depth_of(u) for u in within if n in within[u]), default=0)
            return depth[n]

        last[layer] = max(members, key=depth_of)
    order = list(layers)
    for upper, lower in zip(order, order[1:]):  # one below the other, whatever they use
        print(f'  "{last[upper]}" -> "{first[lower]}" [style=invis, weight=10];')
    # fs and mm use each other; the arrow upwards implies nothing.
    downwards = reduced({a: [b for b in uses[a] if order.index(b) > order.index(a)] for a in uses})
    for upper in order:
        for lower in [*downwards[upper], *(b for b in uses[upper] if order.index(b) < order.index(upper))]:
            print(f'  "{last[upper]}" -> "{first[lower]}" [ltail=cluster_{upper}, lhead=cluster_{lower}, penwidth=2, '
                  f'minlen=2, label=" {uses[upper][lower]}"];')
    print("}")


main()
