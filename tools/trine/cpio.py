"""Writes cpio archives in the "newc" format of the Linux initrd (Documentation/driver-api/early-userspace)."""
import os
import stat


class Archive:
    """Gathers entries, then write()s them; the same entries give the same bytes."""

    def __init__(self):
        self.parts = []
        self.inode = 0
        self.seen = set()

    def add(self, name, mode, body=b"", device=(0, 0), mtime=0):
        """name: path without leading slash; mode: with the type bits; missing parent folders are added."""
        parent = os.path.dirname(name)
        if parent and parent not in self.seen:
            self.directory(parent)
        self.seen.add(name)
        self.inode += 1
        raw = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, mtime, len(body), 0, 0, device[0], device[1], len(raw), 0)
        header = b"070701" + b"".join(b"%08x" % f for f in fields) + raw
        self.parts += [header, b"\0" * (-len(header) % 4), body, b"\0" * (-len(body) % 4)]

    def directory(self, name, mode=0o755):
        if name not in self.seen:
            self.add(name, stat.S_IFDIR | mode)

    def file(self, name, body, mode=0o644):
        self.add(name, stat.S_IFREG | mode, body.encode() if isinstance(body, str) else body)

    def symlink(self, name, target):
        self.add(name, stat.S_IFLNK | 0o777, target.encode())

    def node(self, name, major, minor, mode=0o600):
        self.add(name, stat.S_IFCHR | mode, device=(major, minor))

    def tree(self, folder, under=""):
        """Everything below a folder of this machine."""
        for path, folders, files in os.walk(folder):
            folders.sort()
            rel = os.path.relpath(path, folder)
            base = under if rel == "." else os.path.join(under, rel)
            for name in sorted(files + [f for f in folders if os.path.islink(os.path.join(path, f))]):
                full, inside = os.path.join(path, name), os.path.join(base, name)
                if os.path.islink(full):
                    self.symlink(inside, os.readlink(full))
                else:
                    with open(full, "rb") as f:
                        self.file(inside, f.read(), os.stat(full).st_mode & 0o7777)

    def write(self, path):
        self.add("TRAILER!!!", 0)
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        part = f"{path}.{os.getpid()}.part"  # who reads it at the same time finds a whole one
        with open(part, "wb") as f:
            f.writelines(self.parts)
        os.rename(part, path)
