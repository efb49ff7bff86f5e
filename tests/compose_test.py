"""The rules of composition, tried on a small tree: what breaks them does not build, and the error names it."""
import fcntl
import html
import os
import re
import shutil
import subprocess
import sys

import pytest

from trine.machine import ROOT, build

TREE = {
    "kernels/unikernel/defaults.mk": "HEAP ?= one\n",
    "kernels/unikernel/kernel.mk": "SRCS := main.c\nCOMPONENTS := core/user core/store-$(HEAP)\n",
    "kernels/unikernel/main.c": "#include <user/user.h>\n#include <user/upcalls.h>\nint user_wants(void) { return user_value(); }\n",
    "core/user/component.mk": "SRCS := user.c hidden.c\nDEPS := core/store\nEXPORTS := _start\n",
    "core/user/include/user/user.h": "int user_value(void);\n",
    "core/user/include/user/upcalls.h": "int user_wants(void);\n",
    "core/user/user.c": "#include <user/user.h>\n#include <user/upcalls.h>\n#include <store/store.h>\nint hidden(int);\n"
                        "void _start(void);\nvoid _start(void) { (void)user_wants(); }\nint user_value(void) { return hidden(store_get()); }\n",
    "core/user/hidden.c": "int hidden(int);\nint hidden(int x) { return x + 1; }\n",
    "core/store/component.mk": "CONTRACT := store\n",
    "core/store/include/store/store.h": "int store_get(void);\n",
    "core/store-one/component.mk": "SRCS := one.c\nDEPS := core/store\nPROVIDES := store\n",
    "core/store-one/one.c": "#include <store/store.h>\nint store_get(void) { return 1; }\n",
    "core/store-two/component.mk": "SRCS := two.c\nDEPS := core/store\nPROVIDES := store\n",
    "core/store-two/two.c": "#include <store/store.h>\nint store_get(void) { return 2; }\n",
    "arch/riscv/kernel.ld": "OUTPUT_ARCH(riscv)\nENTRY(_start)\nSECTIONS { .text : { image_start = .; *(.text*) image_text_end = .; } .rodata : { *(.rodata* .symtab_blob) } "
                            ".data : { *(.data*) } .bss : { *(.bss*) } .debug 0 : { *(.debug*) } "
                            "/DISCARD/ : { *(.comment .note* .eh_frame .riscv.attributes .zbb_sites .rela*) } }\n",
}


@pytest.fixture
def tree(tmp_path):
    shutil.copy(ROOT + "/Makefile", tmp_path)
    for folder in ("make", "tools"):
        shutil.copytree(f"{ROOT}/{folder}", tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in TREE.items():
        write(tmp_path, name, text)
    return tmp_path


def write(root, name, text):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def make(root, *words):
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    done = subprocess.run(["make", "--no-print-directory", "-s", *words], cwd=root, capture_output=True, text=True, env=env)
    return done.returncode, done.stdout + done.stderr


def image(root, *words):
    return make(root, "image", "KERNEL=unikernel", *words)


def test_builds_and_prints_the_paths_last(tree):
    status, text = image(tree)
    assert status == 0, text
    elf, flat = text.split()[-2:]
    assert (tree / elf).read_bytes()[:4] == b"\x7fELF" and (tree / flat).exists()


def test_variants_do_not_disturb_each_other(tree):
    paths = [image(tree, "HEAP=" + v)[1].split()[-1] for v in ("one", "two")]
    assert paths[0] != paths[1] and all((tree / p).exists() for p in paths)


def test_incremental_build_rebuilds_what_changed(tree):
    elf = tree / image(tree)[1].split()[-2]
    before = elf.read_bytes()
    write(tree, "core/store/include/store/store.h", "int store_get(void);\n#define STORE_EXTRA 7\n")
    write(tree, "core/store-one/one.c", "#include <store/store.h>\nint store_get(void) { return STORE_EXTRA; }\n")
    status, text = make(tree, "image", "KERNEL=unikernel")
    assert status == 0 and elf.read_bytes() != before
    stamp = elf.stat().st_mtime_ns
    assert image(tree)[0] == 0 and elf.stat().st_mtime_ns == stamp, "a second build did something"


def test_undeclared_include_does_not_compile(tree):
    write(tree, "core/user/component.mk", "SRCS := user.c hidden.c\nEXPORTS := _start\n")
    status, text = image(tree)
    assert status != 0 and "store/store.h: No such file" in text


def test_undeclared_symbol_does_not_link(tree):
    write(tree, "core/user/component.mk", "SRCS := user.c hidden.c\nEXPORTS := _start\n")
    write(tree, "core/user/user.c", TREE["core/user/user.c"].replace("#include <store/store.h>", "int store_get(void);"))
    status, text = image(tree)
    assert status != 0 and "core/user uses 'store_get'" in text and "core/store-one" in text


def test_private_symbol_is_hidden(tree):
    write(tree, "core/store-one/one.c", "#include <store/store.h>\nint hidden(int);\nint store_get(void) { return hidden(1); }\n")
    status, text = image(tree)
    assert status != 0 and "core/store-one uses 'hidden'" in text
    write(tree, "core/user/include/user/user.h", "/* Not for others:\n * hidden() */ int user_value(void); /* as is hidden */\n")
    status, text = image(tree)
    assert status != 0 and "core/store-one uses 'hidden'" in text, "a comment made it public"


def test_missing_upcall_is_an_error(tree):
    write(tree, "kernels/unikernel/main.c", "int nothing;\n")
    status, text = image(tree)
    assert status != 0 and "user_wants" in text


def test_missing_provider_is_named(tree):
    write(tree, "kernels/unikernel/kernel.mk", "SRCS := main.c\nCOMPONENTS := core/user\n")
    status, text = image(tree)
    assert status != 0 and "contract 'store' has no provider" in text and "core/store-two" in text


def test_default_provider_is_taken_when_it_is_wanted(tree):
    """And only then: not beside one that is named, nor where nothing asks for the contract."""
    write(tree, "kernels/unikernel/kernel.mk", "SRCS := main.c\nCOMPONENTS := core/user\nDEFAULTS := core/store-two\n")
    assert image(tree)[0] == 0 and list((tree / "out").rglob("two.o"))
    write(tree, "kernels/unikernel/kernel.mk", "SRCS := main.c\nCOMPONENTS := core/user core/store-one\nDEFAULTS := core/store-two\n")
    assert image(tree)[0] == 0, "a default beside the provider that is named"
    write(tree, "core/user/component.mk", "SRCS := user.c hidden.c\nEXPORTS := _start\n")
    write(tree, "core/user/user.c", TREE["core/user/user.c"].replace("#include <store/store.h>", "").replace("store_get()", "3"))
    write(tree, "kernels/unikernel/kernel.mk", "SRCS := main.c\nCOMPONENTS := core/user\nDEFAULTS := core/store-two\n")
    shutil.rmtree(tree / "out")
    assert image(tree)[0] == 0 and not list((tree / "out").rglob("two.o"))


def test_two_providers_are_named(tree):
    write(tree, "kernels/unikernel/kernel.mk", "SRCS := main.c\nCOMPONENTS := core/user core/store-one core/store-two\n")
    status, text = image(tree)
    assert status != 0 and "more than one provider: core/store-one core/store-two" in text


def test_unknown_component_is_named(tree):
    write(tree, "core/user/component.mk", TREE["core/user/component.mk"].replace("core/store", "core/shop"))
    status, text = image(tree)
    assert status != 0 and "no component 'core/shop' (needed by core/user)" in text


def test_cycle_is_refused(tree):
    write(tree, "core/store-one/component.mk", "SRCS := one.c\nDEPS := core/store core/user\nPROVIDES := store\n")
    write(tree, "core/user/component.mk", "SRCS := user.c hidden.c\nDEPS := core/store core/store-one\nEXPORTS := _start\n")
    status, text = image(tree)
    assert status != 0 and "cycle" in text
    status, text = check(tree)
    assert status != 0 and "cycle: core/store-one -> core/user -> core/store-one" in text


def check(root):
    done = subprocess.run(["tools/check_layers.py", str(root)], cwd=root, capture_output=True, text=True)
    return done.returncode, done.stderr


def test_upward_edge_is_refused(tree):
    write(tree, "drivers/disk/component.mk", "SRCS :=\n")
    assert check(tree) == (0, "")
    write(tree, "core/store/component.mk", "CONTRACT := store\nDEPS := drivers/disk\n")
    status, text = check(tree)
    assert status != 0 and "core/store: upward edge to drivers/disk" in text


def test_unused_dependency_is_refused(tree):
    write(tree, "core/shelf/component.mk", "SRCS :=\n")
    write(tree, "core/shelf/include/shelf/shelf.h", "#include <store/store.h>\nint shelf(void);\n")
    write(tree, "core/user/component.mk", TREE["core/user/component.mk"].replace("core/store", "core/store core/shelf"))
    status, text = check(tree)
    assert status != 0 and "core/user: does not use core/shelf" in text
    write(tree, "core/user/hidden.c", "#include <shelf/shelf.h>\n")
    write(tree, "core/shelf/component.mk", "PUBLIC_DEPS := core/store\n")
    assert check(tree) == (0, "")
    write(tree, "core/shelf/include/shelf/shelf.h", "int shelf(void);\n")
    status, text = check(tree)
    assert status != 0 and "core/shelf: its headers do not include core/store's" in text


def test_linux_and_virt_never_see_each_other(tree):
    write(tree, "linux/exec/component.mk", "DEPS := virt/vm\n")
    write(tree, "virt/vm/component.mk", "SRCS :=\n")
    status, text = check(tree)
    assert status != 0 and "linux and virt" in text


def test_bridge_joins_linux_and_virt_from_above(tree):
    write(tree, "linux/exec/component.mk", "SRCS :=\n")
    write(tree, "virt/vm/component.mk", "SRCS :=\n")
    write(tree, "bridge/kvm/component.mk", "DEPS := linux/exec virt/vm\n")
    assert check(tree) == (0, "")
    for below in ("linux/exec", "virt/vm"):
        write(tree, below + "/component.mk", "DEPS := bridge/kvm\n")
        status, text = check(tree)
        assert status != 0 and f"{below}: upward edge to bridge/kvm" in text
        write(tree, below + "/component.mk", "SRCS :=\n")


def test_kernel_identity_is_refused(tree):
    write(tree, "core/user/hidden.c", "#ifdef CONFIG_" "HYPERVISOR\n#endif\n")
    status, text = check(tree)
    assert status != 0 and "asks which kernel it is in" in text


def test_logic_in_a_component_is_refused(tree):
    write(tree, "core/store/component.mk", "CONTRACT := store\nSRCS := $(wildcard *.c)\n")
    status, text = check(tree)
    assert status != 0 and "make logic" in text


def compiled(root, *words):
    """What a build of the image compiles."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    done = subprocess.run(["make", "--no-print-directory", "image", "KERNEL=unikernel", *words], cwd=root, capture_output=True, text=True,
                          env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return set(re.findall(r"(?m)^  CC   (\S+)", done.stdout))


def test_kernels_share_the_objects_that_do_not_differ(tree):
    everything = {"core/user/user.c", "core/user/hidden.c", "core/store-one/one.c", "kernels/unikernel/main.c"}
    assert compiled(tree) == everything
    assert compiled(tree) == set()
    assert compiled(tree, "HEAP=two") == {"core/store-two/two.c"}
    assert compiled(tree, "DEBUG=1") == everything
    assert compiled(tree, "HEAP=two") == set()


def test_who_sees_inline_code_of_a_provider_has_objects_for_each(tree):
    for name in ("one", "two"):
        write(tree, f"core/store-{name}/contract/store/inline.h", f"static inline int store_inline(void) {{ return {len(name)}; }}\n")
    write(tree, "core/store/include/store/store.h", "#include <store/inline.h>\nint store_get(void);\n")
    sees = {"core/user/user.c", "core/user/hidden.c", "kernels/unikernel/main.c"}
    assert compiled(tree) == sees | {"core/store-one/one.c"}
    assert compiled(tree, "HEAP=two") == sees | {"core/store-two/two.c"}
    assert compiled(tree) | compiled(tree, "HEAP=two") == set()


def test_change_is_compiled_and_nothing_else(tree):
    compiled(tree)
    write(tree, "core/store/include/store/store.h", "int store_get(void);\n#define NEW 1\n")
    assert compiled(tree) == {"core/user/user.c", "core/store-one/one.c"}
    write(tree, "core/store-one/component.mk", TREE["core/store-one/component.mk"] + "OPTIMIZE := size\n")
    assert compiled(tree) == {"core/store-one/one.c"}
    write(tree, "core/store-one/component.mk", TREE["core/store-one/component.mk"] + "OPTIMIZE := no.c\n")
    status, text = image(tree)
    assert status != 0 and "OPTIMIZE of 'core/store-one'" in text and "no.c" in text
    write(tree, "core/store-one/component.mk", TREE["core/store-one/component.mk"] + "OPTIMIZE := one.c\n")
    assert compiled(tree, "SIZE_FLAGS=-O1 -DNO_CHANGE") == {"core/store-one/one.c"}
    assert compiled(tree, "SIZE_FLAGS=-O1 -DCHANGE") == {"core/store-one/one.c"}
    write(tree, "lib/new/component.mk", "")
    write(tree, "lib/new/include/new/new.h", "")
    write(tree, "core/store/component.mk", "CONTRACT := store\nPUBLIC_DEPS := lib/new\n")  # an include path of its users
    assert {"core/user/user.c", "core/store-one/one.c"} <= compiled(tree)
    assert "core/user/user.c" in compiled(tree, "SIZE_FLAGS=-O1", "WARNINGS=-Wall")
    (tree / "core/user/hidden.c").unlink()
    write(tree, "core/user/component.mk", TREE["core/user/component.mk"].replace("hidden.c", ""))
    status, text = image(tree)
    assert status != 0 and "hidden" in text  # the object that was there is not linked any more


def test_builds_in_one_folder_take_turns(tree):
    (tree / "out").mkdir()
    with open(tree / "out/.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        builds = [subprocess.Popen(["make", "-s", "image", "KERNEL=unikernel", f"HEAP={heap}"], cwd=tree, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE) for heap in ("one", "two", "one")]
        for build_ in builds:
            assert "another build in out is under way" in build_.stderr.readline()
        assert os.listdir(tree / "out") == [".lock"]
    for build_ in builds:
        out, err = build_.communicate(timeout=300)
        assert build_.returncode == 0 and "trine.image" in out, err


def test_build_elsewhere_writes_nothing_here(tree, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (tree / "out").write_text("no folder")  # root may write to what is read-only
    status, text = image(tree)
    assert status != 0 and text.count("out cannot be written; O=dir builds elsewhere") == 1 and len(text.splitlines()) < 4, text
    before = sorted(str(path) for path in tree.rglob("*") if "__pycache__" not in str(path))
    status, text = image(tree, f"O={elsewhere}")
    assert status == 0 and text.split()[-1].startswith(str(elsewhere)), text
    assert sorted(str(path) for path in tree.rglob("*") if "__pycache__" not in str(path)) == before


def test_folder_with_other_things_is_not_built_in(tree, tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    (home / "letter").write_text("dear")
    for words in (("image", "KERNEL=unikernel"), ("clean",)):
        status, text = make(tree, *words, f"O={home}")
        assert status != 0 and "has other things in it" in text
    assert os.listdir(home) == ["letter"]


def test_header_of_the_c_library_is_answered_with_what_there_is(tree):
    write(tree, "core/user/hidden.c", "#include <stdio.h>\n" + TREE["core/user/hidden.c"])
    status, text = image(tree)
    assert status != 0 and "no C library here: printing is <printf/printf.h> (lib/printf)" in text


def test_this_tree_obeys():
    done = subprocess.run([ROOT + "/tools/check_layers.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("kernel", ["unikernel", "monolithic", "hypervisor"])
def test_size_and_graph_are_of_this_tree(kernel):
    """The bytes of the components are those of the image, but for alignment; the picture in docs/ shows the kernel's list of today."""
    components = os.path.dirname(build(kernel)[0]) + "/components.txt"
    status, text = make(ROOT, "size", f"KERNEL={kernel}")
    lines = [line for line in text.splitlines() if not line.startswith("note: another build")]  # of another test
    total, flat = (int(line.split()[-1 if "flat" in line else -2]) for line in lines[-2:])
    assert status == 0 and 0 <= flat - total < 1024, text

    dot = subprocess.run([sys.executable, ROOT + "/tools/graph.py", components], check=True,
                         capture_output=True, text=True).stdout
    edge, node = r'(?m)^ *"([^"]+)" -> "([^"]+)"(?: \[(?!style=invis).*\])?;$', r'(?m)^ *"([^"]+)" \['
    wanted = {f"{a}->{b}" for a, b in re.findall(edge, dot)} | set(re.findall(node, dot))
    with open(f"{ROOT}/docs/graph-{kernel}.svg") as f:
        shown = {html.unescape(title) for title in re.findall(r'class="(?:node|edge)">\s*<title>(.*?)</title>', f.read())}
    assert shown == wanted, f"make graph KERNEL={kernel}, and copy it to docs/"


def unused(root):
    done = subprocess.run(["tools/check_unused.py", str(root)], cwd=root, capture_output=True,
                          text=True)
    return done.returncode, done.stderr


def test_unused_public_functions_are_named(tree):
    header = "core/store/include/store/store.h"
    write(tree, "tools/unused.txt", "")
    assert unused(tree) == (0, "")
    write(tree, header, TREE[header] + "/* store_put() */ int store_count;\nint store_put(int x);\n")
    write(tree, "core/store-one/one.c", TREE["core/store-one/one.c"] +
          "int store_put(int x)\n{\n    return x;\n}\n")
    status, text = unused(tree)
    assert status != 0 and "nobody uses store_put()" in text and "store_count" not in text
    write(tree, "core/store-one/test/one_test.c", "int main(void)\n{\n    return store_put(1);\n}\n")
    assert "only tests use store_put()" in unused(tree)[1]
    write(tree, "tools/unused.txt", "store_put: completes the store\n")
    assert unused(tree) == (0, "")
    write(tree, "tools/unused.txt", "store_put store_get: completes the store\n")
    assert "store_get is used or gone" in unused(tree)[1]


def test_this_tree_has_no_unused_public_functions():
    done = subprocess.run([ROOT + "/tools/check_unused.py"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
