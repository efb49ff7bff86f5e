"""Inputs for fuzz targets to begin with: good ones, cut ones, and ones with flipped bits."""
import os
import random


def emit(folder, name, data, cuts=6, flips=10):
    """Writes data, prefixes of it, and copies with one to four flipped bits; the same ones every time."""
    chance = random.Random(name)

    def write(suffix, content):
        with open(os.path.join(folder, f"{name}{suffix}"), "wb") as f:
            f.write(content)

    write("", data)
    for i in range(cuts if data else 0):
        write(f"-cut{i}", data[:chance.randrange(len(data))])
    for i in range(flips if data else 0):
        flipped = bytearray(data)
        for _ in range(chance.randint(1, 4)):
            flipped[chance.randrange(len(flipped))] ^= 1 << chance.randrange(8)
        write(f"-flip{i}", bytes(flipped))
