#!/usr/bin/python3
"""Clang's thread-safety analysis over every component: what is done without the lock that it wants is an error.

Each source of every component is looked at as the kernel compiles it, those in no kernel's list, too, and once more as
debug kernels compile it where that makes a difference. So are applications, the rungs' kernels, and in-kernel tests. What was looked at before and has not changed is not looked at
again. docs/locking.md says how annotations are written.

Clang does not ask for a lock where only the address of a guarded member is taken, as whoever hands a list on does:
list_add(&queue->waiters, ...). So clang sees a text where a guarded member whose address is an argument is read there, too.
"""
import concurrent.futures
import glob
import hashlib
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from check_layers import components  # noqa: E402
from trine.machine import OUT, ROOT, read_words  # noqa: E402

CLANG = "clang-19"
FLAGS = ("--target=riscv64-linux-gnu -march=rv64imac_zicsr_zifencei -mabi=lp64 -std=gnu11 -ffreestanding -nostdlibinc "
         "-idirafter make/no-libc -DLOCK_CHECK -fsyntax-only -fexperimental-late-parse-attributes -Wno-everything "
         "-Werror=thread-safety -ferror-limit=0").split()
LAYERS = ("lib/", "arch/", "platform/", "core/", "drivers/", "mm/", "fs/", "net/", "linux/", "virt/", "bridge/", "kernels/", "apps/", "tour/")
# Whoever stands in for the target in tests, and what is not part of a kernel, provides nothing here.
NO_PROVIDERS = ("arch/host", "linux/host-machine", "tour/", "apps/", "tests/")


class Tree:
    def __init__(self, root):
        self.root = root
        self.table = components(root)
        for path in glob.glob(root + "/kernels/*/kernel.mk") + glob.glob(root + "/tour/*/kernel.mk"):
            words = read_words(path)
            words["DEPS"] = words["COMPONENTS"]
            self.table[os.path.relpath(os.path.dirname(path), root)] = words
        self.interface = {contract: c for c in self.table for contract in self.words(c, "CONTRACT")}

    def words(self, component, name):
        return self.table[component].get(name, "").split()

    def providers(self, contract):
        return sorted(c for c in self.table if contract in self.words(c, "PROVIDES") and not c.startswith(NO_PROVIDERS))

    def visible(self, component):
        """What it may include: make/compose.mk's `visible`. What a kernel's list brings in is found as it is needed."""
        todo = self.words(component, "DEPS") + self.words(component, "PUBLIC_DEPS")
        todo += [self.interface[k] for c in [component] + todo if c in self.table for k in self.words(c, "PROVIDES")]
        if "COMPONENTS" in self.table[component]:
            todo += sorted(self.interface.values())
        seen = []
        while todo:
            c = todo.pop()
            if c not in seen and c in self.table:
                seen.append(c)
                todo += self.words(c, "PUBLIC_DEPS")
        return sorted(seen)

    def include_flags(self, component):
        """A list of flags for each choice of inline headers that the component may be compiled with."""
        seen = self.visible(component)
        folders = [component, component + "/include", component + "/contract"] + [c + "/include" for c in seen]
        choices = [[]]
        for contract in [k for c in seen for k in self.words(c, "CONTRACT")]:
            chosen = [component] if contract in self.words(component, "PROVIDES") else self.providers(contract)
            inline = [c + "/contract" for c in chosen if os.path.isdir(f"{self.root}/{c}/contract")]
            choices = [choice + [folder] for choice in choices for folder in inline or ["-"]]
        return [["-I" + f for f in dict.fromkeys(folders + choice) if os.path.isdir(f"{self.root}/{f}")] for choice in choices]

    def own_flags(self, component):
        """Its CFLAGS, with the folders of packages; None: one was not fetched yet, and there is nothing to look at without it."""
        text = re.sub(r"@([^@]+)@", rf"{OUT}/packages/\1", self.table[component].get("CFLAGS", ""))
        packages = re.findall(rf"{re.escape(OUT)}/packages/[^/\s]+", text)
        return text.split() if all(os.path.exists(f"{self.root}/{p}") for p in packages) else None

    def sources(self, component):
        """(path, flags for it alone); not what a package has."""
        own = self.own_flags(component)
        if own is None:
            return
        for source in self.words(component, "SRCS"):
            if source.endswith(".c") and not source.startswith("@"):
                yield f"{component}/{source}", own
        for path in sorted(glob.glob(f"{self.root}/{component}/test/*_ktest.c")):
            yield os.path.relpath(path, self.root), [*own, "-Icore/ktest/include"]

    def units(self):
        """(source, flags) of all that is compiled."""
        for component in sorted(self.table):
            if not component.startswith(LAYERS) or component.startswith("arch/host"):
                continue
            choices = self.include_flags(component)
            for path, own in self.sources(component):
                with open(f"{self.root}/{path}") as f:
                    has_debug = re.search(r"\bDEBUG\b", f.read())
                for flags in choices:
                    yield path, FLAGS + own + flags
                    if has_debug:
                        yield path, FLAGS + own + flags + ["-DDEBUG"]


# ---- exemptions ----

EXEMPTION = re.compile(r"\b(NO_LOCK_CHECK|UNLOCKED|UNLOCKED_DO|ASSUME_UNSHARED|ASSUME_LOCKED|LOCK_TAKEN|LOCK_GIVEN)\b(\()?")
REASON = re.compile(r'(?:^|.*[,\s])("[^"]*\w[^"]* [^"]*\w[^"]*"\s*)+$', re.S)
NO_CODE = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)


def in_parentheses(text, start):
    depth = 1
    for mark in re.finditer(r'"(?:\\.|[^"\\])*"|[()]', text[start:]):
        depth += {"(": 1, ")": -1}.get(mark[0], 0)
        if depth == 0:
            return text[start:start + mark.start()]
    return ""


def without_reason(texts):
    """A line for each exemption that does not say why."""
    for name, text in sorted(texts.items()):
        if name.endswith("lock/annotations.h"):
            continue
        code = NO_CODE.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)
        for found in EXEMPTION.finditer(code):
            if not found[2] or not REASON.match(in_parentheses(code, found.end())):
                yield f"{name}:{code.count(chr(10), 0, found.start()) + 1}: error: {found[1]} without a reason: a string of some words\n"


# ---- legends ----

# A member or variable and the legend of its comment: behind it, or on a line of its own before it.
BEHIND = re.compile(r"^[ \t]*(?P<text>[^/\n;{}]*;)[ \t]*/\*[ \t]*\[(?P<tag>[\w>, -]+)\]", re.M)
BEFORE = re.compile(r"^[ \t]*/\*[ \t]*\[(?P<tag>[\w>-]+)\][^*]*\*/\n[ \t]*(?P<text>[^/\n;{}]*;)", re.M)
NAMES_LOCK = re.compile(r"\b\w*(?:lock|mutex)\b")
UNGUARDED = "tools/unguarded.txt"


def explanation(text, tag):
    """What the last comment of its own in the text says of a tag: "[tag] what it means"."""
    found = ""
    for comment in re.findall(r"^/\*.*?\*/", text, re.S | re.M):
        found = (re.findall(r"\[%s\]:?\s([^\[]*)" % re.escape(tag), comment) or [found])[-1]
    return found


def declaration(text, end):
    """The declaration that ends there, which may go over several lines."""
    start = max(text.rfind(mark, 0, end - 1) + len(mark) for mark in (";", "{", "}", "*/"))
    return text[start:end]


def unguarded_fields(texts):
    """(file, line, name): the legend names a lock, and the member is not GUARDED_BY one."""
    for name, text in sorted(texts.items()):
        if "/test/" in name:
            continue
        for found in [*BEHIND.finditer(text), *BEFORE.finditer(text)]:
            meaning = explanation(text[:found.start("text")], found["tag"])
            declared = declaration(text, found.end("text"))
            names_lock = NAMES_LOCK.search(found["tag"]) or (len(found["tag"]) < 3 and NAMES_LOCK.search(meaning))
            if names_lock and "GUARDED_BY(" not in declared and "unchecked:" not in meaning:
                field = re.findall(r"\w+", re.sub(r"\[[^\]]*\]|=.*", "", declared))
                yield name, text.count("\n", 0, found.start("text")) + 1, field[-1] if field else "?"


def without_guard(root, texts):
    """A line for each such member, but for the files that tools/unguarded.txt lists with a reason."""
    allowed = {}
    if os.path.exists(f"{root}/{UNGUARDED}"):
        with open(f"{root}/{UNGUARDED}") as f:
            allowed = dict(re.findall(r"(?m)^([^#\s][^:\n]*): *(\S.*)$", f.read()))
    used = set()
    for name, line, field in unguarded_fields(texts):
        used.add(name)
        if name not in allowed:
            yield f"{name}:{line}: error: the legend of {field} names a lock, and it is not GUARDED_BY it\n"
    for name in sorted(set(allowed) - used):
        yield f"{UNGUARDED}: error: {name} needs no exemption\n"


# ---- the text that clang sees ----

GUARDED = re.compile(r"\b(\w+)(?:\[[^\]]*\])*\s+GUARDED_BY\(")
BODY = re.compile(r"^\{\n.*?^\}", re.S | re.M)
NESTED = r"(?:[^()\[\]]|\([^()]*\)|\[[^\[\]]*\])*"
ADDRESS = re.compile(r"(?<=[(,\s])&((?:\w+|\(\w+\))(?:\(%s\)|\[%s\]|->\w+|\.\w+)*)(?=\s*[,)])" % (NESTED, NESTED))


def read_at_address(match, guarded):
    names = re.findall(r"\w+", match[1])
    if match.string[:match.start()].rstrip()[-1:] not in ("(", ",") or names[-1].endswith("lock") or not guarded & set(names):
        return match[0]
    return f"({{ (void)({match[1]}); &{match[1]}; }})"


def seen_text(text, guarded):
    return BODY.sub(lambda body: ADDRESS.sub(lambda m: read_at_address(m, guarded), body[0]), text)


class Texts:
    """What clang sees of each file, and the overlay that lays what differs over the tree."""

    def __init__(self, root, folder):
        self.root = root
        self.overlay = f"{folder}/overlay.json"
        names = subprocess.run(["find", *[x for x in LAYERS if os.path.isdir(f"{root}/{x}")], "-name", "*.[ch]"], cwd=root,
                               check=True, capture_output=True, text=True).stdout.split()
        texts = {}
        for name in names:
            with open(f"{root}/{name}") as f:
                texts[name] = f.read()
        guarded = {word for text in texts.values() for word in GUARDED.findall(text)}
        self.texts = texts
        self.hashes, roots = {}, []
        for name, text in texts.items():
            seen = seen_text(text, guarded)
            self.hashes[name] = hashlib.sha256(seen.encode()).hexdigest()
            if seen != text:
                write(f"{folder}/text/{name}", seen)
                roots.append({"type": "file", "name": f"{root}/{name}", "external-contents": f"{folder}/text/{name}"})
        write(self.overlay, json.dumps({"version": 0, "use-external-names": False, "roots": roots}))


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


class Checker:
    def __init__(self, root, folder):
        self.root = root
        self.folder = folder
        self.texts = Texts(root, folder)
        version = subprocess.run([CLANG, "--version"], check=True, capture_output=True, text=True).stdout
        self.stamp = hashlib.sha256(version.encode()).hexdigest()
        try:
            with open(f"{folder}/known.json") as f:
                self.known = json.load(f)
        except (OSError, ValueError):
            self.known = {}

    def state_of(self, files):
        """What a unit's result depends on, besides its flags."""
        state = hashlib.sha256(self.stamp.encode())
        for name in files:
            state.update(self.texts.hashes.get(name, "gone").encode())
        return state.hexdigest()

    def is_known(self, unit):
        known = self.known.get(key_of(unit))
        return known and self.state_of(known["files"]) == known["state"]

    def look(self, unit):
        """Clang's errors about a unit, and the files that it read."""
        path, flags = unit
        deps = f"{self.folder}/{hashlib.sha256(key_of(unit).encode()).hexdigest()[:16]}.d"
        done = subprocess.run([CLANG, *flags, "-ivfsoverlay", self.texts.overlay, "-MD", "-MF", deps, path], cwd=self.root,
                              capture_output=True, text=True)
        if done.returncode != 0:
            return unit, done.stderr, []
        with open(deps) as f:
            files = [os.path.relpath(os.path.join(self.root, x), self.root) for x in f.read().replace("\\\n", " ").split()[1:]]
        os.remove(deps)
        return unit, "", [x for x in files if x in self.texts.hashes]

    def run(self, units):
        """Clang's errors, with what belongs to each; a header's errors come with every source that includes it, once is enough."""
        found = {}
        todo = [unit for unit in units if not self.is_known(unit)]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for unit, errors, files in pool.map(self.look, todo):
                self.known.pop(key_of(unit), None)
                if errors:
                    errors = re.sub(r"(?m)^(In file included .*|.* generated\.)\n", "", errors)
                    found.update(dict.fromkeys(re.split(r"(?m)^(?=\S+ (?:fatal )?error: )", errors)))
                else:
                    self.known[key_of(unit)] = {"files": files, "state": self.state_of(files)}
        write(f"{self.folder}/known.json", json.dumps(self.known))
        return list(found)


def key_of(unit):
    return " ".join([unit[0], *unit[1]])


def main(root, *below):
    root = os.path.realpath(root)
    folder = os.path.join(root, OUT, "locks")
    os.makedirs(folder, exist_ok=True)
    checker = Checker(root, folder)
    units = [u for u in Tree(root).units() if not below or u[0].startswith(tuple(b.rstrip("/") + "/" for b in below))]
    texts = checker.texts.texts
    errors = [*without_reason(texts), *without_guard(root, texts), *checker.run(units)]
    sys.stderr.write("".join(errors))
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(*(sys.argv[1:] or [ROOT])))
