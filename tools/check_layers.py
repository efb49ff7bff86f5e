#!/usr/bin/python3
"""The rules of composition that a single build does not see.

Refuses: a dependency on a higher layer, a cycle among declared dependencies, linux and virt seeing each
other (what joins them is above both, in bridge), a dependency that is declared and not used, a file outside
kernels/ that asks which kernel it is in, an #include that climbs out of its folder, a component.mk that says more than words.
"""
import glob
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from trine.machine import ROOT, read_words  # noqa: E402

RANK = {"lib": 0, "arch": 1, "platform": 2, "core": 3, "drivers": 4, "mm": 5, "fs": 5, "net": 5, "linux": 6, "virt": 6,
        "bridge": 7, "kernels": 8, "apps": 8, "tour": 9, "tests": 9, "bench": 9}
WORDS = {"SRCS", "HOST_SRCS", "DEPS", "PUBLIC_DEPS", "TEST_DEPS", "PROVIDES", "CONTRACT", "EXPORTS", "PROGRAM_SRCS", "OPTIMIZE",
         "UNSANITIZED", "CFLAGS", "LIBS", "PACKAGES"}
APPLICATIONS_ONLY = {"LIBS", "PACKAGES"}
IDENTITY = re.compile(r"\b(KERNEL_IS_\w+|CONFIG_(UNIKERNEL|MONOLITHIC|HYPERVISOR)\w*|TRINE_(UNIKERNEL|MONOLITHIC|HYPERVISOR)\w*)\b")

INCLUDE = r"#\s*include\s*<([^>]+)>"
SYMBOL = r"[A-Za-z_]\w+"


def components(root):
    found = {}
    for path, folders, files in os.walk(root):
        folders[:] = [f for f in folders if not f.startswith(".") and f != "out"]
        if "component.mk" in files:
            found[os.path.relpath(path, root)] = read_words(os.path.join(path, "component.mk"))
    return found


def public_headers(root, name):
    """The files of a component that others may include: (name they include it by, path)."""
    folders = [os.path.join(root, name, face) for face in ("include", "contract")]
    return {(os.path.relpath(path, folder), path) for folder in folders
            for path in glob.glob(os.path.join(folder, "**", "*.h"), recursive=True)}


def words_of(paths, pattern):
    found = set()
    for path in paths:
        with open(path, errors="replace") as f:
            found.update(re.findall(pattern, f.read()))
    return found


def unused_dependencies(root, table):
    """Uses are an #include of a header, a symbol that assembly takes from one, and the contract that is provided. What
    has no header is there to be linked, and an application composes: it names what it wants in the image."""
    headers = {name: public_headers(root, name) for name in table}
    for name, words in table.items():  # whoever includes a contract's interface gets its provider's inline headers
        for contract in words.get("CONTRACT", "").split():
            for other in table:
                if contract in table[other].get("PROVIDES", "").split():
                    headers[name] |= headers[other]
    names = {name: {include for include, _ in found} for name, found in headers.items()}
    paths = {name: [path for _, path in found] for name, found in headers.items()}
    bad = []
    for name, words in table.items():
        provided = set(words.get("PROVIDES", "").split())
        if "app" in provided:
            continue
        files = [f for f in glob.glob(os.path.join(root, name, "**", "*.[chS]"), recursive=True)
                 if not f.endswith(("_test.c", "_fuzz.c", "_prove.c"))]
        includes = words_of(files, INCLUDE)
        public = words_of(paths[name], INCLUDE)
        assembly = words_of([f for f in files if f.endswith(".S")], SYMBOL)
        for dep in words.get("DEPS", "").split():
            if dep in words.get("PUBLIC_DEPS", "").split():
                bad.append(f"{name}: names {dep} in DEPS and PUBLIC_DEPS")
            if not names.get(dep) or provided & set(table[dep].get("CONTRACT", "").split()):
                continue
            if "*" in table[dep].get("EXPORTS", ""):  # a table's macros name what it defines (system calls)
                continue
            if not includes & names[dep] and not assembly & words_of(paths[dep], SYMBOL):
                bad.append(f"{name}: does not use {dep}, which it names in DEPS")
        for dep in words.get("PUBLIC_DEPS", "").split():
            if names.get(dep) and not public & names[dep]:
                bad.append(f"{name}: its headers do not include {dep}'s, which it names in PUBLIC_DEPS")
    return bad


def check(root):
    """Returns a line for each breach."""
    table = components(root)
    bad = unused_dependencies(root, table)
    edges = {c: (w.get("DEPS", "") + " " + w.get("PUBLIC_DEPS", "")).split() + [x for x in w.get("LIBS", "").split() if x in table]
             for c, w in table.items()}
    for name, words in table.items():
        layer = name.split("/")[0]
        if layer not in RANK:
            bad.append(f"{name}: '{layer}' is not a layer")
            continue
        for word in sorted(set(words) - WORDS):
            bad.append(f"{name}/component.mk: '{word}' is not a word of a component")
        for word in sorted(set(words) & APPLICATIONS_ONLY):
            if RANK[layer] < RANK["apps"]:
                bad.append(f"{name}/component.mk: {word} is for applications")
        for dep in edges[name]:
            if dep not in table:
                bad.append(f"{name}: depends on '{dep}', which is no component")
                continue
            under = dep.split("/")[0]
            if RANK.get(under, 99) > RANK[layer]:
                bad.append(f"{name}: upward edge to {dep}")
            if {layer, under} == {"linux", "virt"}:
                bad.append(f"{name}: {layer} and {under} may not see each other")
        with open(os.path.join(root, name, "component.mk")) as f:
            if re.search(r"\$\(|^\s*(if|else|endif|define|include)\b", f.read(), re.M):
                bad.append(f"{name}/component.mk: make logic; only words are allowed")

    state = {}

    def visit(name, trail):
        if state.get(name) == "done" or name not in edges:
            return
        if state.get(name) == "open":
            bad.append("cycle: " + " -> ".join(trail[trail.index(name):] + [name]))
            return
        state[name] = "open"
        for dep in edges[name]:
            visit(dep, trail + [name])
        state[name] = "done"

    for name in sorted(edges):
        visit(name, [])

    for name in table:
        if name.startswith("kernels/"):
            continue
        for path, _, files in os.walk(os.path.join(root, name)):
            for file in files:
                if not file.endswith((".c", ".h", ".S")):
                    continue
                full = os.path.join(path, file)
                with open(full, errors="replace") as f:
                    text = f.read()
                rel = os.path.relpath(full, root)
                if IDENTITY.search(text):
                    bad.append(f"{rel}: asks which kernel it is in ({IDENTITY.search(text).group(0)})")
                # Only the host's page tables compile a file of the target's: the walks that they stand in for.
                if re.search(r'#\s*include\s+"\.\./', text) and "/test/" not in rel and not rel.startswith("arch/host-paging/"):
                    bad.append(f"{rel}: includes a file outside its folder")
    return bad


if __name__ == "__main__":
    lines = check(sys.argv[1] if len(sys.argv) > 1 else ROOT)
    for line in lines:
        print("error:", line, file=sys.stderr)
    sys.exit(1 if lines else 0)
