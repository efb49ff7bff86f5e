"""A disk that QEMU reaches over NBD and that can stop answering, or fail (the NBD protocol's fixed newstyle handshake, export name only)."""
import os
import socket
import struct
import threading

GREETING = b"NBDMAGICIHAVEOPT" + struct.pack(">H", 3)  # fixed newstyle, no zeroes
OPTION_EXPORT_NAME, READ, WRITE, DISCONNECT = 1, 0, 1, 2
CAN_FLUSH = 1 | 4
EIO = 5


class SilentDisk:
    """Serves `data` on a Unix socket; while `answers` is clear, requests wait. Those for which `fails` is true have an error."""

    def __init__(self, path, data, fails=lambda: False):
        self.data = bytearray(data)
        self.fails = fails
        self.answers = threading.Event()
        self.answers.set()
        self.listener = socket.socket(socket.AF_UNIX)
        if os.path.exists(path):
            os.remove(path)
        self.listener.bind(path)
        self.listener.listen()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        try:
            while True:
                threading.Thread(target=self.serve, args=(self.listener.accept()[0],), daemon=True).start()
        except OSError:  # closed
            pass

    def close(self):
        self.answers.set()
        self.listener.close()

    def serve(self, connection):
        stream = connection.makefile("rwb")

        def take(layout):
            body = stream.read(struct.calcsize(layout))
            if len(body) < struct.calcsize(layout):
                raise EOFError
            return struct.unpack(layout, body)

        def give(body):
            stream.write(body)
            stream.flush()

        try:
            give(GREETING)
            take(">I")
            while True:
                _, option, length = take(">QII")
                stream.read(length)
                if option == OPTION_EXPORT_NAME:
                    break
                give(struct.pack(">QIII", 0x3e889045565a9, option, 0x80000001, 0))  # not supported: ask for less
            give(struct.pack(">QH", len(self.data), CAN_FLUSH))
            while True:
                _, _, kind, handle, offset, length = take(">IHHQQI")
                body = stream.read(length) if kind == WRITE else b""
                if kind == DISCONNECT:
                    return
                self.answers.wait()
                if self.fails():
                    give(struct.pack(">IIQ", 0x67446698, EIO, handle))
                    continue
                if kind == WRITE:
                    self.data[offset:offset + length] = body
                read = bytes(self.data[offset:offset + length]) if kind == READ else b""
                give(struct.pack(">IIQ", 0x67446698, 0, handle) + read)
        except (EOFError, OSError):
            pass
        finally:
            connection.close()
