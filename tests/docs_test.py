"""What the pages point at is there: files, headers, links, the make targets they tell to type."""
import glob
import os
import re
import subprocess

import pytest

from trine.machine import ROOT

PAGES = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, check=True, capture_output=True,
                       text=True).stdout.split()
FOLDERS = ("lib|arch|platform|core|drivers|mm|fs|linux|virt|kernels|apps|tour|tests|bench|tools|"
           "make|docs")
PATH = re.compile(rf"`((?:{FOLDERS})/[\w./*-]+)(?::[^`]*)?`")
PLACEHOLDER = re.compile(r"\b(NAME|mine|counter)\b")


@pytest.mark.parametrize("page", PAGES)
def test_page(page):
    with open(os.path.join(ROOT, page)) as f:
        text = f.read()
    missing = [path for path in PATH.findall(text)
               if not PLACEHOLDER.search(path) and not glob.glob(os.path.join(ROOT, path))]
    for header in re.findall(r"`<([\w/.-]+\.h)>`", text):
        if not any(glob.glob(f"{ROOT}/*/{depth}include/{header}") for depth in ("*/", "*/*/")):
            missing.append(header)
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        if not os.path.exists(os.path.join(ROOT, os.path.dirname(page), link)):
            missing.append(link)
    targets = known_targets()
    missing += [f"make {word}" for word in re.findall(r"(?m)^ *make ([a-z][a-z-]*)\b(?![/.])", text)
                if word not in targets]
    assert not missing, page


def test_long_files_say_why():
    """A file over 450 lines is one that was not split in time, or its head says why it is one."""
    files = subprocess.run(["git", "ls-files", "*.c", "*.h", "*.S", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True).stdout.split()
    silent = []
    for path in files:
        with open(os.path.join(ROOT, path)) as f:
            lines = f.readlines()
        if len(lines) > 450 and not re.search(r"\bOne\W+file: \w+", "".join(lines[:15])):
            silent.append(f"{path}: {len(lines)} lines")
    assert not silent


def known_targets():
    text = ""
    for path in [f"{ROOT}/Makefile", *glob.glob(f"{ROOT}/make/*.mk")]:
        with open(path) as f:
            text += f.read()
    return set(re.findall(r"(?m)^([a-z][a-z-]*):", text))
