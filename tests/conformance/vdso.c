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

    for (int i = 0; i < header->e_phnum; i++) {
        if (phdr[i].p_type == PT_DYNAMIC)
            dynamic = (Elf64_Dyn *)(base + phdr[i].p_vaddr);
    }
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

static void it_is_in_the_map(void)
{
    char line[512], rights[8] = "";
    unsigned long start = 0, end = 0;

    find();
    FILE *f = fopen("/proc/self/maps", "r");
    while (f && fgets(line, sizeof(line), f)) {
        if (strstr(line, "[vdso]"))
            sscanf(line, "%lx-%lx %7s", &start, &end, rights);
    }
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
                 TEST(a_step_of_the_wall_clock_is_seen), TEST(other_calls), TEST(it_is_in_the_map),
                 TEST(writes_stay_private))
