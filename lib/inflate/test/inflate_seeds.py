"""gzip members and bare DEFLATE streams: stored, fixed and dynamic blocks, names and comments in the header."""
import gzip
import random
import sys
import zlib

from trine.seeds import emit

chance = random.Random(1)
texts = {
    "empty": b"",
    "zeros": bytes(3000),
    "noise": chance.randbytes(600),
    "words": b" ".join(chance.choice([b"alpha", b"beta", b"gamma", b"delta"]) for _ in range(400)),
    "skewed": bytes(int(chance.expovariate(0.1)) & 255 for _ in range(2000)),
}
for name, text in texts.items():
    for level in (0, 1, 9):
        member = gzip.compress(text, level, mtime=0)
        emit(sys.argv[1], f"{name}{level}", member, cuts=3, flips=6)
        emit(sys.argv[1], f"{name}{level}-bare", member[10:-8], cuts=2, flips=6)
    fixed = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_FIXED)
    body = fixed.compress(text) + fixed.flush()
    emit(sys.argv[1], f"{name}-fixed", b"\x1f\x8b\x08\x1e\0\0\0\0\0\3\2\0xyname\0comment\0\0\0" + body + bytes(8))
