"""Small RISC-V executables: headers only, segments, an interpreter, notes, sections."""
import struct
import sys

from trine.seeds import emit

LOAD, DYNAMIC, INTERP, NOTE, TLS, STACK = 1, 2, 3, 4, 7, 0x6474e551


def phdr(kind, flags=4, offset=0, vaddr=0, filesz=0, memsz=0, align=0x1000):
    return struct.pack("<IIQQQQQQ", kind, flags, offset, vaddr, vaddr, filesz, memsz or filesz, align)


def image(kind, phdrs, body=b"", shoff=0, shnum=0):
    header = struct.pack("<16sHHIQQQIHHHHHH", b"\x7fELF\2\1\1", kind, 243, 1, 0x10040, 64, shoff, 5, 64, 56, len(phdrs),
                         64, shnum, shnum - 1 if shnum else 0)
    return header + b"".join(phdrs) + body


note = struct.pack("<III", 4, 16, 3) + b"GNU\0" + bytes(16)
emit(sys.argv[1], "static", image(2, [phdr(LOAD, 5, 0, 0x10000, 300), phdr(LOAD, 6, 300, 0x1112c, 100, 0x2000),
                                      phdr(STACK, 6)], bytes(400)))
emit(sys.argv[1], "dynamic", image(3, [phdr(INTERP, 4, 460, 460, 30, 30, 1), phdr(LOAD, 5, 0, 0, 600),
                                       phdr(DYNAMIC, 6, 500, 500, 32), phdr(TLS, 4, 520, 520, 8, 16, 8),
                                       phdr(NOTE, 4, 420, 420, len(note), 0, 4)],
                                   bytes(76) + note + b"/lib/ld-linux-riscv64-lp64d.so.1\0" + bytes(400)))
names = b"\0.symtab\0.names\0"
sections = bytes(64) + struct.pack("<IIQQQQIIQQ", 1, 2, 0, 0, 64, 24, 2, 0, 8, 24) + \
    struct.pack("<IIQQQQIIQQ", 9, 3, 0, 0, 120, len(names), 0, 0, 1, 0)
emit(sys.argv[1], "sections", image(3, [phdr(LOAD, 5, 0, 0, 100)], names.ljust(40, b"\0") + sections, 160, 3))
emit(sys.argv[1], "notes", note * 3)
