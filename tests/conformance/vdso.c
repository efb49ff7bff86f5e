/* The vDSO: what a C library finds in it, and that it says what the kernel says. vdso(7). */
#include "check.h"

#include <elf.h>
#include <sys/auxv.h>

static char *base;

/* As C libraries do it: dynamic section, hash table, name, version. */
static void *symbol(const char *name)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)base;
    Elf64_Phdr *phdr = (Elf64_Phdr *)(base + header->e_phoff);
    Elf64_Dyn *dynamic = NULL;
    uint64_t at[64] = {0}, verdef = 0, versym = 0, gnu_hash = 0;

    for (int i = 0; i < header->e_phnum; i++)
        if (phdr[i].p_type == PT_DYNAMIC)
            dynamic = (Elf64_Dyn *)(base + phdr[i].p_vaddr);
    for (; dynamic && dynamic->d_tag != DT_NULL; dynamic++) {
        if (dynamic->d_tag < 64)
            at[dynamic->d_tag] = dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_VERDEF)
            verdef = dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_VERSYM)
            versym = dynamic->d_un.d_ptr;
        if (dynamic->d_tag == DT_GNU_HASH)
            gnu_hash = dynamic->d_un.d_ptr;
    }
    CHECK(at[DT_HASH] || gnu_hash); /* Linux leaves DT_HASH out since 6.11 */
    const char *strings = base + at[DT_STRTAB];
    Elf64_Sym *symbols = (Elf64_Sym *)(base + at[DT_SYMTAB]);
    unsigned nr = (unsigned)((at[DT_STRTAB] - at[DT_SYMTAB]) / sizeof(Elf64_Sym));

    for (unsigned i = 1; i < nr; i++) {
        if (symbols[i].st_shndx == SHN_UNDEF || strcmp(strings + symbols[i].st_name, name) != 0)
            continue;
        unsigned version = ((uint16_t *)(base + versym))[i] & 0x7fff;
        Elf64_Verdef *v = (Elf64_Verdef *)(base + verdef);

        while (v->vd_ndx != version && v->vd_next)
            v = (Elf64_Verdef *)((char *)v + v->vd_next);
        Elf64_Verdaux *aux = (Elf64_Verdaux *)((char *)v + v->vd_aux);
        CHECK(strcmp(strings + aux->vda_name, "LINUX_4.15") == 0);
        return base + symbols[i].st_value;
    }
    printf("    no %s\n", name);
    nr_bad++;
    return NULL;
}

static void find(void)
{
    base = (char *)getauxval(AT_SYSINFO_EHDR);
    CHECK(base != NULL);
    if (!base)
        _exit(1);
}

static int64_t nanoseconds(struct timespec t)
{
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static void all_symbols_are_there(void)
{
    static const char *const names[] = {
        "__vdso_rt_sigreturn", "__vdso_gettimeofday", "__vdso_clock_gettime", "__vdso_clock_getres",
        "__vdso_getcpu",       "__vdso_flush_icache", "__vdso_riscv_hwprobe",
    };

    find();
    CHECK(memcmp(base, ELFMAG, SELFMAG) == 0 && base[EI_CLASS] == ELFCLASS64);
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        CHECK(symbol(names[i]) != NULL);
}

static void clocks_agree_with_the_calls(void)
{
    static const int clocks[] = {CLOCK_REALTIME,         CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW,
                                 CLOCK_BOOTTIME,         CLOCK_TAI,       CLOCK_PROCESS_CPUTIME_ID,
                                 CLOCK_THREAD_CPUTIME_ID};

    find();
    int (*gettime)(int, struct timespec *) = symbol("__vdso_clock_gettime");
    int (*getres)(int, struct timespec *) = symbol("__vdso_clock_getres");
    for (int round = 0; round < 1000; round++) {
        int clock = clocks[round % 7];
        struct timespec before, between, after;

        CHECK(syscall(SYS_clock_gettime, clock, &before) == 0);
        CHECK(gettime(clock, &between) == 0);
        CHECK(syscall(SYS_clock_gettime, clock, &after) == 0);
        CHECK(nanoseconds(before) <= nanoseconds(between));
        CHECK(nanoseconds(between) <= nanoseconds(after));
        CHECK(between.tv_nsec >= 0 && between.tv_nsec < 1000000000);
        CHECK(syscall(SYS_clock_getres, clock, &before) == 0);
        CHECK(getres(clock, &between) == 0);
        CHECK(nanoseconds(before) == nanoseconds(between));
    }
    for (int clock = CLOCK_REALTIME_COARSE; clock <= CLOCK_MONOTONIC_COARSE; clock++) {
        struct timespec coarse, fine;

        CHECK(gettime(clock, &coarse) == 0);
        CHECK(gettime(clock == CLOCK_REALTIME_COARSE ? CLOCK_REALTIME : CLOCK_MONOTONIC, &fine) ==
              0);
        CHECK(nanoseconds(coarse) <= nanoseconds(fine));
    }
    CHECK(gettime(10, &(struct timespec){0}) == -EINVAL);
    CHECK(gettime(1000, &(struct timespec){0}) == -EINVAL);
    CHECK(getres(1000, NULL) == -EINVAL && getres(CLOCK_REALTIME, NULL) == 0);
}

static void a_step_of_the_wall_clock_is_seen(void)
{
    struct timespec t, seen;

    find();
    int (*gettime)(int, struct timespec *) = symbol("__vdso_clock_gettime");
    int (*gettimeofday_)(struct timeval *, void *) = symbol("__vdso_gettimeofday");
    CHECK(clock_gettime(CLOCK_REALTIME, &t) == 0);
    t.tv_sec += 100000;
    CHECK(clock_settime(CLOCK_REALTIME, &t) == 0);
    CHECK(gettime(CLOCK_REALTIME, &seen) == 0);
    CHECK(nanoseconds(seen) >= nanoseconds(t) && seen.tv_sec < t.tv_sec + 200);
    struct timeval tv;
    CHECK(gettimeofday_(&tv, NULL) == 0 && tv.tv_sec >= t.tv_sec && tv.tv_sec < t.tv_sec + 200);
    tv.tv_sec -= 100000;
    CHECK(settimeofday(&tv, NULL) == 0);
    CHECK(gettime(CLOCK_REALTIME, &seen) == 0 && seen.tv_sec < t.tv_sec - 99000);
    CHECK(gettimeofday_(NULL, NULL) == 0);
}

static void other_calls(void)
{
    unsigned cpu = ~0u, node = ~0u;

    find();
    int (*getcpu_)(unsigned *, unsigned *, void *) = symbol("__vdso_getcpu");
    CHECK(getcpu_(&cpu, &node, NULL) == 0 && cpu < 64 && node == 0);
    int (*flush)(void *, void *, unsigned long) = symbol("__vdso_flush_icache");
    CHECK(flush(&cpu, &cpu + 1, 0) == 0);
    struct {
        int64_t key;
        uint64_t value;
    } pair[2] = {{3, 0}, {1000000, 0}}, same[2] = {{3, 0}, {1000000, 0}};
    int (*hwprobe)(void *, unsigned long, unsigned long, void *, unsigned) =
        symbol("__vdso_riscv_hwprobe");
    CHECK(hwprobe(pair, 2, 0, NULL, 0) == 0);
    CHECK(syscall(258, same, 2, 0, NULL, 0) == 0);
    CHECK(memcmp(pair, same, sizeof(pair)) == 0 && pair[0].value == 1 && pair[1].key == -1);
}

/* ---- riscv_hwprobe: through the vDSO and by the call, of all CPUs and of some ---- */

#define NR_KEYS 10

struct pair {
    int64_t key;
    uint64_t value;
};

static long probe_call(struct pair *pairs, size_t n, size_t size, void *cpus, unsigned flags)
{
    return syscall(258, pairs, n, size, cpus, flags);
}

static uint64_t probed(int64_t key)
{
    struct pair pair = {key, 0};

    CHECK(probe_call(&pair, 1, 0, NULL, 0) == 0 && pair.key == key);
    return pair.value;
}

static void hwprobe_says_the_same_both_ways(void)
{
    struct pair fast[NR_KEYS + 2], call[NR_KEYS + 2], some[NR_KEYS + 2];
    unsigned long cpus = 1;

    find();
    int (*hwprobe)(void *, size_t, size_t, void *, unsigned) = symbol("__vdso_riscv_hwprobe");
    for (int i = 0; i < NR_KEYS + 2; i++)
        fast[i] = call[i] = some[i] = (struct pair){i < NR_KEYS ? i : i == NR_KEYS ? -5 : 99999, 7};
    CHECK(hwprobe(fast, NR_KEYS + 2, 0, NULL, 0) == 0);
    CHECK(probe_call(call, NR_KEYS + 2, 0, NULL, 0) == 0);
    CHECK(hwprobe(some, NR_KEYS + 2, sizeof(cpus), &cpus, 0) == 0);
    CHECK(memcmp(fast, call, sizeof(call)) == 0 && memcmp(some, call, sizeof(call)) == 0);
    CHECK(call[NR_KEYS].key == -1 && call[NR_KEYS].value == 0 && call[NR_KEYS + 1].key == -1);
    CHECK(hwprobe(fast, NR_KEYS + 2, 0, NULL, 0) == 0); /* now that the kernel was asked */
    CHECK(memcmp(fast, call, sizeof(call)) == 0);
}

static void hwprobe_refuses(void)
{
    struct pair pair = {3, 0};
    unsigned long cpus = 0, many[40];

    CHECK_ERRNO(probe_call(&pair, 1, sizeof(cpus), &cpus, 0), EINVAL); /* no CPU */
    cpus = 1ul << 63;
    CHECK_ERRNO(probe_call(&pair, 1, sizeof(cpus), &cpus, 0), EINVAL); /* none that is there */
    CHECK_ERRNO(probe_call(&pair, 1, sizeof(cpus), NULL, 0), EFAULT);
    CHECK_ERRNO(probe_call(&pair, 1, 0, &cpus, 0), EINVAL);
    CHECK_ERRNO(probe_call(&pair, 1, 0, NULL, 1), EINVAL);
    CHECK_ERRNO(probe_call(&pair, 1, 0, NULL, 2), EINVAL);
    CHECK_ERRNO(probe_call(NULL, 1, 0, NULL, 0), EFAULT);
    CHECK(probe_call(NULL, 0, 0, NULL, 0) == 0);
    memset(many, 0xff, sizeof(many));
    CHECK(probe_call(&pair, 1, sizeof(many), many, 0) == 0 && pair.value == 1);
}

static void hwprobe_finds_cpus(void)
{
    unsigned long all = (1ul << sysconf(_SC_NPROCESSORS_ONLN)) - 1, cpus = 0;
    struct pair pairs[2] = {{4, 2}, {3, 1}}; /* C, and what all have */

    CHECK(probe_call(pairs, 2, sizeof(cpus), &cpus, 1) == 0 && cpus == all);
    cpus = 1;
    CHECK(probe_call(pairs, 2, sizeof(cpus), &cpus, 1) == 0 && cpus == 1);
    pairs[0].value = 1ul << 62; /* no extension */
    CHECK(probe_call(pairs, 2, sizeof(cpus), &cpus, 1) == 0 && cpus == 0);
    pairs[0] = (struct pair){8, probed(8) + 1}; /* not the clock's frequency */
    CHECK(probe_call(pairs, 2, sizeof(cpus), &cpus, 1) == 0 && cpus == 0);
    pairs[0] = (struct pair){77777, 0};
    cpus = all;
    CHECK(probe_call(pairs, 2, sizeof(cpus), &cpus, 1) == 0 && cpus == 0 && pairs[0].key == -1);
}

/* The extensions agree with /proc/cpuinfo, and the rest is what a program can find out itself. */
static void hwprobe_is_right(void)
{
    static const struct {
        const char *name;
        int bit;
    } known[] = {{"_zba", 3},  {"_zbb", 4},  {"_zbs", 5},     {"_zbc", 7},         {"_zicboz", 6},
                 {"_zfh", 27}, {"_zfa", 32}, {"_zicond", 35}, {"_zihintpause", 36}};
    char isa[1024] = "", line[1024];
    uint64_t extensions = probed(4);
    FILE *f = fopen("/proc/cpuinfo", "r");

    while (f && !isa[0] && fgets(line, sizeof(line), f))
        sscanf(line, "isa : %1023s", isa);
    CHECK(strncmp(isa, "rv64im", 6) == 0);
    for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        const char *at = strstr(isa, known[i].name);
        size_t n = strlen(known[i].name);

        CHECK((extensions >> known[i].bit & 1) == (at && (at[n] == '_' || at[n] == 0)));
    }
    CHECK((extensions & 3) == 3 && (probed(6) != 0) == (extensions >> 6 & 1));
    CHECK(probed(5) == probed(9) && probed(9) >= 2 && probed(9) <= 3); /* measured */
    uint64_t here, there, hz = probed(8);
    struct timespec t = {0, 50000000};
    __asm__ volatile("rdtime %0" : "=r"(here));
    nanosleep(&t, NULL);
    __asm__ volatile("rdtime %0" : "=r"(there));
    CHECK(there - here >= hz / 20 - hz / 1000);
    CHECK((uintptr_t)&hz < probed(7));
}

static void it_is_in_the_map(void)
{
    char line[512], rights[8] = "";
    unsigned long start = 0, end = 0;

    find();
    FILE *f = fopen("/proc/self/maps", "r");
    while (f && fgets(line, sizeof(line), f))
        if (strstr(line, "[vdso]"))
            sscanf(line, "%lx-%lx %7s", &start, &end, rights);
    CHECK(start == (unsigned long)base && strcmp(rights, "r-xp") == 0);
}

/* A program may change its own, as debuggers do for breakpoints; nobody else sees it. */
static void writes_stay_private(void)
{
    find();
    char old = base[EI_PAD];
    char *page = (char *)((uintptr_t)base & ~4095ul);

    CHECK(IN_CHILD(base[EI_PAD] = 1) == SIGSEGV); /* read-only as it comes */
    CHECK(IN_CHILD({
              if (mprotect(page, 4096, PROT_READ | PROT_WRITE | PROT_EXEC) != 0)
                  _exit(1);
              base[EI_PAD] = (char)(old + 1);
              _exit(base[EI_PAD] == (char)(old + 1) ? 0 : 2);
          }) == 0);
    CHECK(base[EI_PAD] == old);
}

CONFORMANCE_MAIN(TEST(all_symbols_are_there), TEST(clocks_agree_with_the_calls),
                 TEST(a_step_of_the_wall_clock_is_seen), TEST(other_calls),
                 TEST(hwprobe_says_the_same_both_ways), TEST(hwprobe_refuses),
                 TEST(hwprobe_finds_cpus), TEST(hwprobe_is_right), TEST(it_is_in_the_map),
                 TEST(writes_stay_private))
