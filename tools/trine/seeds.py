"""Damaged inputs: cut ones, and ones with flipped bits. For fuzz targets to begin with, and for whole kernels."""
import os
import random


def damaged(name, data, cuts, flips, within=None):
    """Yields (suffix, content): prefixes of data, and copies with one to four flipped bits, in the bytes of `within`
    where that is given. The same ones every time for one name."""
    chance = random.Random(name)
    places = range(len(data)) if within is None else within
    for i in range(cuts if data else 0):
        yield f"-cut{i}", data[:chance.randrange(len(data))]
    for i in range(flips if data else 0):
        flipped = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            flipped[chance.choice(places)] ^= 1 << chance.randrange(8)
        yield f"-flip{i}", bytes(flipped)


def emit(folder, name, data, cuts=6, flips=10):
    """Writes data and its damaged forms."""
    for suffix, content in [("", data), *damaged(name, data, cuts, flips)]:
        with open(os.path.join(folder, f"{name}{suffix}"), "wb") as f:
            f.write(content)
