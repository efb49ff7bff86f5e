#!/usr/bin/python3
"""Debian's riscv64 packages, fetched into a private apt root; nothing is added to the host.

usage: debian.py unpack PACKAGE...   prints the folder that holds each package's files, a line each
       debian.py closure PACKAGE     the same for the package and what it depends on, in one folder
       debian.py source PACKAGE...   prints the folder of each source package's upstream sources, without Debian's patches
       debian.py linux               prints the path of Debian's Linux kernel, an Image

The mirror is the one of the machine's own apt configuration; the suite is Debian 13 (trixie); signatures
are checked against the Debian archive keyring. The cache is outside the tree (TRINE_CACHE, or
XDG_CACHE_HOME/trine, or ~/.cache/trine) and is used as it is once it holds what is asked for.
"""
import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys
import tarfile

from trine.errors import plain

SUITE = "trixie"
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
DEBIAN_SUITE = re.compile(r"^(stable|oldstable|testing|bookworm|trixie|forky|sid)$")


def cache_dir():
    base = os.environ.get("TRINE_CACHE")
    if not base:
        base = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "trine")
    return os.path.join(base, "debian-" + SUITE)


def machine_mirror():
    """The first archive of Debian itself in the machine's apt configuration."""
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        if not os.path.isfile(path):
            continue
        with open(path) as f:
            text = f.read()
        if path.endswith(".sources"):
            for stanza in re.split(r"\n\s*\n", text):
                stanza = re.sub(r"(?m)^#.*\n?", "", stanza)
                uris = re.search(r"(?mi)^URIs:\s*(\S+)", stanza)
                suites = re.search(r"(?mi)^Suites:\s*(.+)$", stanza)
                if uris and suites and any(DEBIAN_SUITE.match(s) for s in suites.group(1).split()):
                    return uris.group(1)
        else:
            for line in text.splitlines():
                m = re.match(r"\s*deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+(\S+)\s", line + " ")
                if m and DEBIAN_SUITE.match(m.group(2)):
                    return m.group(1)
    sys.exit("error: no Debian mirror in this machine's apt configuration, and the package is not in " + cache_dir())


class Apt:
    """apt-get and apt-cache on a root of our own."""

    def __init__(self, root):
        self.root = root
        self.options = []
        for d in ("etc/sources.list.d", "etc/preferences.d", "state/lists/partial", "cache/archives/partial", "files"):
            os.makedirs(os.path.join(root, d), exist_ok=True)
        for option in ("Dir::Etc=etc", "Dir::Etc::sourcelist=sources.list", "Dir::Etc::sourceparts=sources.list.d",
                       "Dir::Etc::preferencesparts=preferences.d", "Dir::Etc::preferences=preferences", "Dir::State=state", "Dir::State::status=" + root + "/status",
                       "Dir::Cache=cache", "Dir=" + root, "APT::Architecture=riscv64", "APT::Architectures=riscv64",
                       "Acquire::Languages=none", "APT::Sandbox::User=", "Debug::NoLocking=1"):
            self.options += ["-o", option]

    def prepare(self):
        open(os.path.join(self.root, "status"), "a").close()
        with open(os.path.join(self.root, "etc/sources.list"), "w") as f:
            for kind in ("deb", "deb-src"):
                f.write(f"{kind} [signed-by={KEYRING}] {machine_mirror()} {SUITE} main\n")
        self.run(["apt-get", "-q", "update"])

    def run(self, command, again=True, **how):
        """Runs an apt command; lists that went stale (the mirror moved on) are fetched anew, once."""
        done = subprocess.run([command[0], *self.options, *command[1:]], text=True, stdout=how.get("stdout", sys.stderr),
                              cwd=how.get("cwd"))
        if done.returncode == 0:
            return done
        if again and "update" not in command:
            self.prepare()
            return self.run(command, again=False, **how)
        sys.exit("error: " + " ".join(command) + " failed; is the Debian mirror in reach?")


def unpack(archives, folder):
    part = folder + ".part"
    shutil.rmtree(part, ignore_errors=True)
    for archive in archives:
        subprocess.run(["dpkg-deb", "-x", archive, part], check=True)
    os.rename(part, folder)


def fetch(root, package, with_dependencies):
    folder = os.path.join(root, "files", package + ("+closure" if with_dependencies else ""))
    if os.path.isdir(folder):
        return folder
    apt = Apt(root)
    if not glob.glob(os.path.join(root, "state/lists/*Packages*")):
        apt.prepare()
    work = os.path.join(root, "cache", "for-" + package)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    names = [package]
    if with_dependencies:
        plan = apt.run(["apt-get", "-s", "-q", "--no-install-recommends", "install", package],
                       stdout=subprocess.PIPE).stdout
        names = sorted(set(re.findall(r"(?m)^Inst (\S+)", plan)))
    apt.run(["apt-get", "-q", "download", *names], cwd=work)
    unpack(sorted(glob.glob(work + "/*.deb")), folder)
    shutil.rmtree(work)
    return folder


def source(root, package):
    """apt checks the archive against the signed list of sources before it is opened."""
    folder = os.path.join(root, "files", package + "+source")
    if os.path.isdir(folder):
        return folder
    apt = Apt(root)
    if not glob.glob(os.path.join(root, "state/lists/*Sources*")):
        apt.prepare()
    work = os.path.join(root, "cache", "source-of-" + package)
    shutil.rmtree(work, ignore_errors=True)
    os.makedirs(work)
    apt.run(["apt-get", "-q", "source", "--download-only", "--only-source", package], cwd=work)
    archives = glob.glob(work + "/*.orig.tar.*z") + glob.glob(work + "/*.orig.tar.*z2")
    if len(archives) != 1:
        sys.exit(f"error: {package} has no single archive of upstream's sources")
    with tarfile.open(archives[0]) as archive:
        archive.extractall(work + "/sources")
    tops = glob.glob(work + "/sources/*")
    os.rename(tops[0] if len(tops) == 1 else work + "/sources", folder)
    shutil.rmtree(work)
    return folder


def linux(root):
    """The kernel package's name has the version in it: the meta package depends on it."""
    images = glob.glob(os.path.join(root, "files/linux-image-*/boot/vmlinu[xz]-*"))
    if images:
        return sorted(images)[-1]
    apt = Apt(root)
    if not glob.glob(os.path.join(root, "state/lists/*Packages*")):
        apt.prepare()
    text = apt.run(["apt-cache", "depends", "linux-image-riscv64"], stdout=subprocess.PIPE).stdout
    fetch(root, re.search(r"Depends: (linux-image-\d\S+)", text).group(1), False)
    return linux(root)


def main():
    plain()
    if sys.argv[1:] != ["linux"] and (len(sys.argv) < 3 or sys.argv[1] not in ("unpack", "closure", "source")):
        sys.exit(__doc__)
    root = cache_dir()
    os.makedirs(root, exist_ok=True)
    with open(os.path.join(root, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if sys.argv[1] == "linux":
            print(linux(root))
        for package in sys.argv[2:]:
            print(source(root, package) if sys.argv[1] == "source" else fetch(root, package, sys.argv[1] == "closure"))


if __name__ == "__main__":
    main()
