#!/usr/bin/python3
"""Marks an application's object as of the kernel's calling convention, so that the linker takes both.

usage: kernel_abi.py OBJECT

Applications are compiled for lp64d, where floats are passed in float registers, the kernel for lp64, without any. The
two differ for floats only, and no function of the kernel takes or gives one. Within the object, which is linked as a whole
with its libraries, all are lp64d. RISC-V ELF psABI, e_flags: EF_RISCV_FLOAT_ABI.
"""
import struct
import sys

EM_RISCV = 243
E_MACHINE, E_FLAGS = 18, 48  # offsets in a 64-bit ELF header
FLOAT_ABI = 6

with open(sys.argv[1], "r+b") as f:
    header = f.read(64)
    if header[:5] != b"\x7fELF\2" or struct.unpack_from("<H", header, E_MACHINE)[0] != EM_RISCV:
        sys.exit(f"error: {sys.argv[1]} is no 64-bit RISC-V object")
    f.seek(E_FLAGS)
    f.write(struct.pack("<I", struct.unpack_from("<I", header, E_FLAGS)[0] & ~FLOAT_ABI))
