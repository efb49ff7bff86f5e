"""newc archives: plain, with checksums, concatenated, with a hard link and a device."""
import sys

from trine.seeds import emit


def entry(name, body=b"", mode=0o100644, magic=b"070701", nlink=1):
    fields = [7, mode, 0, 0, nlink, 0, len(body), 8, 1, 4, 64, len(name) + 1, sum(body) if magic == b"070702" else 0]
    data = magic + b"".join(b"%08X" % f for f in fields) + name.encode() + b"\0"
    data += b"\0" * (-len(data) % 4)
    return data + body + b"\0" * (-len(body) % 4)


END = entry("TRAILER!!!", mode=0)
plain = entry(".", mode=0o40755) + entry("etc/motd", b"hello\n") + entry("dev/console", mode=0o20600) + END
summed = entry("init", b"#!/bin/sh\n" * 30, 0o100755, b"070702") + entry("link", nlink=2) + END
emit(sys.argv[1], "plain", plain)
emit(sys.argv[1], "summed", summed)
emit(sys.argv[1], "two", plain + b"\0" * 512 + summed)
emit(sys.argv[1], "followed", plain + b"\x1f\x8b\x08 something else")
