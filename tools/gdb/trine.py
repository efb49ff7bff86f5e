"""Commands for gdb on a running Trine kernel (make debug). They read memory only; nothing is called. What gdb reads is what
the selected hart may see, so they look through one that is neither in a program nor in a guest.

  trine-threads            every thread: state, CPU, where it is
  trine-bt THREAD          backtrace of a thread that does not run (address, id or name)
  trine-pt [ADDRESS] [ROOT]  the page-table entries that map an address, or the whole map in ranges;
                           ROOT: physical address of the root table (default: the kernel's)
  trine-frame ADDRESS      a trap frame, decoded
  trine-cpus               per CPU: the thread on it, its preempt count, pending work
  trine-percpu NAME        a per-CPU variable on every CPU
  trine-locks              which locks were taken while which were held (DEBUG builds)
"""
import gdb

CAUSES = {0: "instruction misaligned", 1: "instruction access fault", 2: "illegal instruction", 3: "breakpoint",
          4: "load misaligned", 5: "load access fault", 6: "store misaligned", 7: "store access fault",
          8: "call from U", 9: "call from S", 10: "call from VS", 12: "instruction page fault", 13: "load page fault",
          15: "store page fault", 20: "guest instruction page fault", 21: "guest load page fault",
          22: "virtual instruction", 23: "guest store page fault"}
INTERRUPTS = {1: "software", 2: "VS software", 5: "timer", 6: "VS timer", 9: "external", 10: "VS external",
              12: "guest external"}
REGISTERS = ("pc ra sp gp tp t0 t1 t2 s0 s1 a0 a1 a2 a3 a4 a5 a6 a7 s2 s3 s4 s5 s6 s7 s8 s9 s10 s11 "
             "t3 t4 t5 t6").split()
DIRECT_MAP = 0xFFFFFFC000000000
PAGE = 4096


def value(expression):
    return gdb.parse_and_eval(expression)


def integer(expression):
    return int(value(expression)) & (1 << 64) - 1


def read_word(address):
    return int.from_bytes(gdb.selected_inferior().read_memory(address, 8).tobytes(), "little")


def symbol(address):
    """function+offset, or the address. By the symbol table, since debug information names inlined functions."""
    text = gdb.execute(f"info symbol {address:#x}", to_string=True).strip()
    if "No symbol" in text:
        return f"{address:#x}"
    name, _, offset = text.split(" in section")[0].partition(" + ")
    return f"{name}+{int(offset or 0):#x}"


def address_of(expression):
    """The value of an expression; of an array or a function, its address."""
    v = value(expression)
    if v.type.strip_typedefs().code in (gdb.TYPE_CODE_ARRAY, gdb.TYPE_CODE_FUNC):
        v = v.address
    return int(v) & (1 << 64) - 1


def walk_list(head, kind, member):
    """The structures of an intrusive list."""
    offset = next(int(f.bitpos) // 8 for f in gdb.lookup_type(kind).fields() if f.name == member)
    first = int(head.address)
    node = int(head["next"])
    pointer = gdb.lookup_type(kind).pointer()
    while node != first:
        yield gdb.Value(node - offset).cast(pointer).dereference()
        node = int(gdb.Value(node).cast(head.type.pointer()).dereference()["next"])


def threads():
    found = list(walk_list(value("all_threads"), "struct thread", "all_node"))
    for cpu in range(int(value("nr_cpus_known"))):
        idle = percpu("run_queue", cpu)["idle"]
        if int(idle) and int(idle) not in [int(t.address) for t in found]:
            found.append(idle.dereference())
    return found


def percpu(name, cpu):
    variable = value(name)
    address = int(variable.address) + int(value(f"percpu_offsets[{cpu}]"))
    return gdb.Value(address & (1 << 64) - 1).cast(variable.type.pointer()).dereference()


def sees_kernel():
    """Does the selected hart see this kernel? A program must not, and a guest has memory of its own at the same addresses. The
    names for backtraces, which no two kernels share, are compared with the ELF's."""
    address = address_of("symtab_begin")
    found = []
    try:
        for trust in ("on", "off"):
            gdb.execute(f"set trust-readonly-sections {trust}")
            found.append(gdb.selected_inferior().read_memory(address, 256).tobytes())
    except gdb.MemoryError:
        return False
    finally:
        gdb.execute("set trust-readonly-sections off")
    return found[0] == found[1]


def harts():
    """Hart id -> (gdb's thread, does it see the kernel); the first that does is selected."""
    found = {}
    for hart in sorted(gdb.selected_inferior().threads(), key=lambda hart: hart.num):
        hart.switch()
        found[hart.num - 1] = (hart, sees_kernel())  # QEMU numbers them from 1, in order
    home = [hart for hart, ours in found.values() if ours]
    if not home:
        raise gdb.GdbError("every hart is in a program or a guest, or before paging. Stop one in the kernel: hb trap_from_user, "
                           "trap_from_guest or kernel_main, continue, and a key on the console")
    home[0].switch()
    return found


class Command(gdb.Command):
    """A command that looks through a hart that sees the kernel, and leaves the user's selected."""

    def invoke(self, argument, from_tty):
        here, frame = gdb.selected_thread(), gdb.selected_frame()
        try:
            if not sees_kernel():
                harts()
            self.run(argument)
        finally:
            here.switch()
            if frame.is_valid():
                frame.select()


def running():
    """Thread address -> (CPU, where its hart is). By the run queues: in programs and guests tp is theirs."""
    found = {}
    here = gdb.selected_thread()
    known = harts()
    home = gdb.selected_thread()
    for cpu in range(int(value("nr_cpus_known"))):
        current = int(percpu("run_queue", cpu)["current"]) & (1 << 64) - 1
        hart, ours = known[int(value(f"boot_info.harts[{cpu}]"))]
        hart.switch()
        pc = integer("$pc")
        where = symbol(pc) if ours else f"{pc:#x}, in a program or guest"
        home.switch()
        found[current] = (cpu, where)
    here.switch()
    return found


def frames(pc, fp, low, high):
    yield pc
    for _ in range(40):
        if fp % 8 or not low + 16 <= fp <= high:
            return
        ra, next_fp = read_word(fp - 8), read_word(fp - 16)
        if ra == 0:
            return
        yield ra
        if next_fp <= fp:
            return
        fp = next_fp


def thread_frames(t):
    arch = t["arch"]
    low = int(arch["stack_base"])
    return frames(int(arch["ra"]), int(arch["s"][0]), low, low + int(arch["stack_size"]))


class Threads(Command):
    """trine-threads: every thread, its state, and where it is."""

    def __init__(self):
        super().__init__("trine-threads", gdb.COMMAND_STATUS)

    def run(self, argument):
        on = running()
        print(f"{'address':18} {'id':>4} {'name':16} {'state':24} {'cpu':>3} {'preempt':>7}  where")
        for t in threads():
            address = int(t.address) & (1 << 64) - 1
            state = str(t["state"])
            try:
                state = str(t["state"].cast(gdb.lookup_type("enum thread_state"))).replace("THREAD_", "")
            except gdb.error:
                pass
            if address in on:
                state, where = "running (" + state + ")", on[address][1]
            else:
                pcs = list(thread_frames(t))
                where = " < ".join(symbol(pc) for pc in pcs[:4])
            print(f"{address:#018x} {int(t['id']):4} {t['name'].string():16} {state:24} {int(t['cpu']):3} "
                  f"{int(t['arch']['preempt_count']):7}  {where}")


class Backtrace(Command):
    """trine-bt THREAD: backtrace of a thread that does not run (address, id or name)."""

    def __init__(self):
        super().__init__("trine-bt", gdb.COMMAND_STACK)

    def run(self, argument):
        for t in threads():
            if argument in (t["name"].string(), str(int(t["id"]))) or \
               argument.startswith("0x") and int(argument, 16) == int(t.address) & (1 << 64) - 1:
                for n, pc in enumerate(thread_frames(t)):
                    line = gdb.find_pc_line(pc)
                    where = f" at {line.symtab.filename}:{line.line}" if line.symtab else ""
                    print(f"#{n:<2} {pc:#x} in {symbol(pc)}{where}")
                return
        raise gdb.GdbError(f"no thread '{argument}'")


def flags(pte):
    return "".join(c if pte >> bit & 1 else "-" for bit, c in enumerate("VRWXUGAD")) + \
        ("" if not pte >> 8 & 3 else f" soft={pte >> 8 & 3}")


def entries(table):
    data = gdb.selected_inferior().read_memory(table, PAGE).tobytes()
    return [int.from_bytes(data[i:i + 8], "little") for i in range(0, PAGE, 8)]


class PageTable(Command):
    """trine-pt [ADDRESS] [ROOT]: what maps an address, or all mappings as ranges."""

    def __init__(self):
        super().__init__("trine-pt", gdb.COMMAND_DATA)

    def run(self, argument):
        words = [address_of(w) for w in gdb.string_to_argv(argument)]
        root = DIRECT_MAP + words[1] if len(words) > 1 else integer("arch_kernel_pt.root")
        if words:
            self.one(root, words[0])
        else:
            self.all(root)

    def one(self, root, va):
        table = root
        for level in (2, 1, 0):
            index = va >> 12 + 9 * level & 511
            pte = read_word(table + 8 * index)
            pa = (pte >> 10 & (1 << 44) - 1) << 12
            print(f"level {level}: entry {index:3} of table {table:#x}: {pte:#018x} {flags(pte)} -> {pa:#x}")
            if not pte & 1:
                print("not mapped")
                return
            if pte & 0xE:
                offset = va & (PAGE << 9 * level) - 1
                print(f"{va:#x} is physical {pa + offset:#x}, in a leaf of {(PAGE << 9 * level) >> 10} KiB")
                return
            table = DIRECT_MAP + pa
        print("malformed: no leaf")

    def all(self, root):
        self.range = None
        self.table(root, 2, 0)
        self.flush()

    def table(self, table, level, base):
        for index, pte in enumerate(entries(table)):
            va = base + (index << 12 + 9 * level)
            if level == 2 and index >= 256:
                va |= 0xFFFFFF8000000000
            if not pte & 1:
                continue
            pa = (pte >> 10 & (1 << 44) - 1) << 12
            if pte & 0xE:
                self.leaf(va, pa, PAGE << 9 * level, flags(pte))
            elif level > 0:
                self.table(DIRECT_MAP + pa, level - 1, va)

    def leaf(self, va, pa, size, text):
        if self.range and self.range[0] + self.range[2] == va and self.range[1] + self.range[2] == pa and self.range[3] == text:
            self.range[2] += size
            return
        self.flush()
        self.range = [va, pa, size, text]

    def flush(self):
        if self.range:
            va, pa, size, text = self.range
            print(f"{va:#018x} - {va + size - 1:#018x} -> {pa:#012x} {size >> 10:10} KiB {text}")


class Frame(Command):
    """trine-frame ADDRESS: a struct trap_frame, decoded."""

    def __init__(self):
        super().__init__("trine-frame", gdb.COMMAND_DATA)

    def run(self, argument):
        address = address_of(argument)
        x = [read_word(address + 8 * i) for i in range(32)]
        status, cause, stval = (read_word(address + 256 + 8 * i) for i in range(3))
        for i in range(0, 32, 4):
            print("  ".join(f"{REGISTERS[j]:>3} {x[j]:016x}" for j in range(i, i + 4)))
        kind = "interrupt: " + INTERRUPTS.get(cause & 63, "?") if cause >> 63 else CAUSES.get(cause, "?")
        print(f"cause {cause:#x} ({kind}), value {stval:#x}")
        print(f"status {status:#x}: from {'S' if status >> 8 & 1 else 'U'}, interrupts were "
              f"{'on' if status >> 5 & 1 else 'off'}, floats {('off', 'initial', 'clean', 'dirty')[status >> 13 & 3]}"
              f"{', SUM' if status >> 18 & 1 else ''}")
        print(f"at {symbol(x[0])}")


class Cpus(Command):
    """trine-cpus: the thread on each CPU."""

    def __init__(self):
        super().__init__("trine-cpus", gdb.COMMAND_STATUS)

    def run(self, argument):
        pointer = gdb.lookup_type("struct thread").pointer()
        for address, (cpu, where) in running().items():
            t = gdb.Value(address).cast(pointer).dereference()
            arch = t["arch"]
            print(f"CPU {cpu} (hart {int(value(f'boot_info.harts[{cpu}]'))}): thread {int(t['id'])} '{t['name'].string()}' preempt "
                  f"{int(arch['preempt_count'])} need_resched {int(arch['need_resched'])} user_work "
                  f"{int(arch['user_work']):#x} at {where}")


class PerCpu(Command):
    """trine-percpu NAME: a per-CPU variable on every CPU."""

    def __init__(self):
        super().__init__("trine-percpu", gdb.COMMAND_DATA)

    def run(self, argument):
        for cpu in range(int(value("nr_cpus_known"))):
            print(f"CPU {cpu}: {percpu(argument, cpu)}")


class Locks(Command):
    """trine-locks: which lock was taken while which was held, as a DEBUG=1 kernel has recorded."""

    def __init__(self):
        super().__init__("trine-locks", gdb.COMMAND_DATA)

    @staticmethod
    def name(lock_class):
        depth = int(lock_class["depth"])
        return lock_class["name"].string() + (f"/{depth}" if depth else "")

    def run(self, argument):
        if gdb.lookup_static_symbol("edges") is None:
            raise gdb.GdbError("not a DEBUG=1 kernel: it keeps no record of its locks")
        names = [self.name(value(f"classes[{c}]")) for c in range(int(value("nr_classes")))]
        for held, name in enumerate(names):
            for taken, other in enumerate(names):
                if int(value(f"edges[{held}][{taken // 64}]")) >> taken % 64 & 1:
                    print(f"{name} -> {other}")


for command in (Threads, Backtrace, PageTable, Frame, Cpus, PerCpu, Locks):
    command()
