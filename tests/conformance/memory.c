/*
 * Address spaces: lazily filled memory, copy on write, protection, mappings of files. One file: a
 * conformance program is one subject.
 */
#include "check.h"

#include <sys/mount.h>

#define PAGE 4096ul

static sigjmp_buf jump;
static siginfo_t last;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    last = *info;
    siglongjmp(jump, signal);
}

static void catch_faults(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

/* The signal that touching p raises, 0 for none. */
static int touch(volatile char *p, bool write)
{
    int signal = sigsetjmp(jump, 1);

    if (signal)
        return signal;
    if (write)
        *p = 1;
    else
        (void)*p;
    return 0;
}

static char *map(size_t pages, int prot, int flags)
{
    char *p = mmap(NULL, pages * PAGE, prot, flags | MAP_ANONYMOUS, -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static void anonymous_is_zero(void)
{
    char *p = map(64, PROT_READ | PROT_WRITE, MAP_PRIVATE);

    CHECK(p);
    for (size_t i = 0; i < 64 * PAGE; i += 64)
        CHECK(p[i] == 0);
    memset(p, 0xaa, 64 * PAGE);
    CHECK(munmap(p, 64 * PAGE) == 0);
}

static void private_is_copied_on_write(void)
{
    char *p = map(4, PROT_READ | PROT_WRITE, MAP_PRIVATE);

    strcpy(p, "parent");
    int status = IN_CHILD(if (strcmp(p, "parent")) _exit(1); strcpy(p, "child"); p[PAGE] = 7);
    CHECK(status == 0);
    CHECK(strcmp(p, "parent") == 0 && p[PAGE] == 0);
    for (int i = 0; i < 20; i++) {
        p[0] = (char)i;
        status = IN_CHILD(p[0]++; _exit(p[0] != (char)(i + 1)));
        CHECK(status == 0 && p[0] == (char)i);
    }
    munmap(p, 4 * PAGE);
}

static void shared_is_shared(void)
{
    char *p = map(2, PROT_READ | PROT_WRITE, MAP_SHARED);

    CHECK(IN_CHILD(p[0] = 1; p[PAGE] = 2) == 0);
    CHECK(p[0] == 1 && p[PAGE] == 2);
    munmap(p, 2 * PAGE);
}

static void faults_say_why(void)
{
    char *p = map(3, PROT_READ | PROT_WRITE, MAP_PRIVATE);

    catch_faults();
    CHECK(touch(p + PAGE, true) == 0);
    CHECK(mprotect(p + PAGE, PAGE, PROT_READ) == 0);
    CHECK(touch(p + PAGE, false) == 0 && p[PAGE] == 1);
    CHECK(touch(p + PAGE + 5, true) == SIGSEGV);
    CHECK(last.si_addr == p + PAGE + 5 && last.si_code == SEGV_ACCERR);
    CHECK(touch(p + 2 * PAGE, true) == 0 && touch(p, true) == 0);
    CHECK(mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE) == 0 && touch(p + PAGE, true) == 0);
    CHECK(munmap(p + PAGE, PAGE) == 0);
    CHECK(touch(p + PAGE, false) == SIGSEGV);
    CHECK(last.si_addr == p + PAGE && last.si_code == SEGV_MAPERR);
    CHECK(touch(NULL, false) == SIGSEGV && last.si_addr == NULL);
    CHECK(touch((char *)0xffffffff80000000ul, false) == SIGSEGV);
    CHECK(touch((char *)0xffffffc080000000ul, true) == SIGSEGV);
    munmap(p, 3 * PAGE);
}

static void no_access_means_none(void)
{
    char *p = map(1, PROT_NONE, MAP_PRIVATE);

    catch_faults();
    CHECK(touch(p, false) == SIGSEGV && touch(p, true) == SIGSEGV);
    munmap(p, PAGE);
}

static void data_is_not_executed(void)
{
    uint32_t *code = (uint32_t *)map(1, PROT_READ | PROT_WRITE, MAP_PRIVATE);

    catch_faults();
    code[0] = 0x00008067; /* ret */
    int signal = sigsetjmp(jump, 1);
    if (signal == 0) {
        ((void (*)(void))code)();
        CHECK(!"executed data");
    }
    CHECK(signal == SIGSEGV && last.si_code == SEGV_ACCERR);
    CHECK(mprotect(code, PAGE, PROT_READ | PROT_EXEC) == 0);
    __builtin___clear_cache((char *)code, (char *)code + 8);
    signal = sigsetjmp(jump, 1);
    CHECK(signal == 0);
    ((void (*)(void))code)();
    munmap(code, PAGE);
}

static void fixed_replaces(void)
{
    char *p = map(3, PROT_READ | PROT_WRITE, MAP_PRIVATE);

    memset(p, 5, 3 * PAGE);
    CHECK(mmap(p + PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
          p + PAGE);
    CHECK(p[0] == 5 && p[PAGE] == 0 && p[2 * PAGE] == 5);
    CHECK_ERRNO(mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
                EEXIST);
    munmap(p, 3 * PAGE);
}

static void arguments_are_checked(void)
{
    CHECK_ERRNO(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), EINVAL);
    CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0), EINVAL);
    CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0), EBADF);
    CHECK_ERRNO(mmap((void *)1, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
                EINVAL);
    CHECK_ERRNO(mmap(NULL, 1ul << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
    CHECK_ERRNO(munmap((void *)1, PAGE), EINVAL);
    CHECK_ERRNO(munmap((void *)0x1000, 0), EINVAL);
    CHECK_ERRNO(mprotect((void *)0x1001, PAGE, PROT_READ), EINVAL);
    char *p = map(2, PROT_READ, MAP_PRIVATE);
    munmap(p + PAGE, PAGE);
    CHECK_ERRNO(mprotect(p, 2 * PAGE, PROT_READ | PROT_WRITE), ENOMEM);
    munmap(p, PAGE);
}

static void mremap_grows_and_moves(void)
{
    char *p = map(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);

    strcpy(p, "kept");
    p[PAGE] = 3;
    char *q = mremap(p, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    CHECK(q != MAP_FAILED && strcmp(q, "kept") == 0 && q[PAGE] == 3 && q[63 * PAGE] == 0);
    CHECK(mremap(q, 64 * PAGE, PAGE, 0) == q && strcmp(q, "kept") == 0);
    catch_faults();
    CHECK(touch(q + PAGE, false) == SIGSEGV);
    munmap(q, PAGE);
}

static void heap_grows_and_shrinks(void)
{
    char *start = sbrk(0);

    CHECK(sbrk(20 * PAGE) == start);
    memset(start, 1, 20 * PAGE);
    CHECK(brk(start) == 0 && sbrk(0) == start);
    CHECK(sbrk(PAGE) == start && start[10] == 0);
    CHECK(brk(start) == 0);
}

static int scratch(size_t size)
{
    int fd = open("/tmp/map-scratch", O_CREAT | O_TRUNC | O_RDWR, 0600);

    unlink("/tmp/map-scratch");
    return ftruncate(fd, (off_t)size) ? -1 : fd;
}

static void file_mapping_is_coherent(void)
{
    int fd = scratch(3 * PAGE);
    char buffer[16];
    char *p = mmap(NULL, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    CHECK(p != MAP_FAILED);
    strcpy(p + PAGE, "by map");
    CHECK(pread(fd, buffer, 7, PAGE) == 7 && strcmp(buffer, "by map") == 0);
    CHECK(pwrite(fd, "by call", 8, 10) == 8 && strcmp(p + 10, "by call") == 0);
    char *q = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, PAGE);
    CHECK(strcmp(q, "by map") == 0);
    strcpy(p + PAGE, "again");
    CHECK(strcmp(q, "again") == 0);
    char *r = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, PAGE);
    CHECK(strcmp(r, "again") == 0);
    strcpy(r, "mine");
    CHECK(strcmp(q, "again") == 0);
    CHECK(msync(p, 3 * PAGE, MS_SYNC) == 0);
    munmap(p, 3 * PAGE), munmap(q, PAGE), munmap(r, PAGE);
    close(fd);
}

static void end_of_file_is_bus_error(void)
{
    int fd = scratch(PAGE + 100);
    char *p = mmap(NULL, 3 * PAGE, PROT_READ, MAP_SHARED, fd, 0);

    catch_faults();
    CHECK(touch(p + PAGE + 4000, false) == 0 && p[PAGE + 4000] == 0);
    CHECK(touch(p + 2 * PAGE, false) == SIGBUS && last.si_code == BUS_ADRERR);
    CHECK(ftruncate(fd, 10) == 0);
    CHECK(touch(p + PAGE, false) == SIGBUS);
    munmap(p, 3 * PAGE);
    close(fd);
}

static void read_only_file_is_not_written(void)
{
    int fd = open("/etc/passwd", O_RDONLY);

    CHECK_ERRNO(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), EACCES);
    char *p = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(p != MAP_FAILED && p[0] == 'r');
    p[0] = 'X';
    char c;
    CHECK(pread(fd, &c, 1, 0) == 1 && c == 'r');
    munmap(p, PAGE);
    close(fd);
}

static void deep(int depth)
{
    volatile char frame[4096];

    frame[0] = (char)depth;
    if (depth > 0)
        deep(depth - 1);
    frame[1] = frame[0];
}

static void stack_grows(void)
{
    CHECK(IN_CHILD(deep(1000)) == 0);
}

static void endless_stack_is_killed(void)
{
    int status = IN_CHILD(signal(SIGSEGV, SIG_DFL); deep(1 << 30));

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void dont_need_zeroes(void)
{
    char *p = map(2, PROT_READ | PROT_WRITE, MAP_PRIVATE);

    memset(p, 9, 2 * PAGE);
    CHECK(madvise(p, PAGE, MADV_DONTNEED) == 0);
    CHECK(p[0] == 0 && p[PAGE] == 9);
    munmap(p, 2 * PAGE);
}

static void many_mappings(void)
{
    enum { N = 500 };
    static char *p[N];

    for (int i = 0; i < N; i++) {
        p[i] = map(1 + (size_t)i % 3, i & 1 ? PROT_READ : PROT_READ | PROT_WRITE, MAP_PRIVATE);
        CHECK(p[i]);
        if (!(i & 1))
            p[i][0] = (char)i;
    }
    for (int i = 0; i < N; i++)
        CHECK(p[i][0] == (i & 1 ? 0 : (char)i));
    for (int i = 0; i < N; i++)
        CHECK(munmap(p[i], (1 + (size_t)i % 3) * PAGE) == 0);
}

/* mprotect, madvise and mlock over a hole: what lies before it is changed, madvise goes on
 * behind. */
static void holes_are_reported_late(void)
{
    char *p = mmap(NULL, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    catch_faults();
    CHECK(p != MAP_FAILED && munmap(p + 2 * PAGE, PAGE) == 0);
    CHECK_ERRNO(mprotect(p + PAGE, 3 * PAGE, PROT_READ | PROT_WRITE), ENOMEM);
    CHECK(touch(p, true) == SIGSEGV && touch(p + PAGE, true) == 0);
    CHECK(touch(p + 3 * PAGE, true) == SIGSEGV);
    CHECK(mprotect(p + 3 * PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
    p[PAGE] = p[3 * PAGE] = 1;
    CHECK_ERRNO(madvise(p, 4 * PAGE, MADV_DONTNEED), ENOMEM);
    CHECK(p[PAGE] == 0 && p[3 * PAGE] == 0);
    CHECK_ERRNO(madvise(p, 4 * PAGE, MADV_DONTFORK), ENOMEM);
    if (fork() == 0)
        _exit(touch(p, false) == SIGSEGV && touch(p + 3 * PAGE, false) == SIGSEGV ? 0 : 1);
    int status;

    CHECK(wait(&status) > 0 && status == 0);
    CHECK_ERRNO(mlock(p, 4 * PAGE), ENOMEM);
}

/* What a descriptor does not allow, mprotect does not give either. */
static void protection_has_a_ceiling(void)
{
    static const struct {
        const char *path;
        int open_flags, map_flags, prot, err;
    } cases[] = {
        {"/tmp/ceiling", O_RDONLY, MAP_SHARED, PROT_READ | PROT_WRITE, EACCES},
        {"/tmp/ceiling", O_RDONLY, MAP_SHARED, PROT_READ | PROT_EXEC, 0},
        {"/tmp/ceiling", O_RDONLY, MAP_PRIVATE, PROT_READ | PROT_WRITE, 0},
        {"/tmp/ceiling", O_RDWR, MAP_SHARED, PROT_READ | PROT_WRITE, 0},
        {"/tmp/ceiling", O_RDWR | O_APPEND, MAP_SHARED, PROT_READ | PROT_WRITE, 0},
        {"/dev/zero", O_RDONLY, MAP_SHARED, PROT_READ | PROT_WRITE, EACCES},
        {"/dev/zero", O_RDONLY, MAP_PRIVATE, PROT_READ | PROT_WRITE, 0},
    };
    int made = open("/tmp/ceiling", O_RDWR | O_CREAT | O_TRUNC, 0600);

    CHECK(made >= 0 && ftruncate(made, PAGE) == 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int fd = open(cases[i].path, cases[i].open_flags);
        char *p = mmap(NULL, PAGE, PROT_NONE, cases[i].map_flags, fd, 0);

        CHECK(p != MAP_FAILED);
        close(fd);
        errno = 0;
        CHECK(mprotect(p, PAGE, cases[i].prot) == (cases[i].err ? -1 : 0));
        CHECK(errno == cases[i].err);
        CHECK(munmap(p, PAGE) == 0);
    }
    CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ, MAP_SHARED, open("/tmp/ceiling", O_WRONLY), 0),
                EACCES);
    unlink("/tmp/ceiling");
}

static void noexec_stays_noexec(void)
{
    mkdir("/tmp/noexec", 0700);
    if (mount("none", "/tmp/noexec", "tmpfs", MS_NOEXEC, NULL) != 0)
        return; /* needs root */
    int fd = open("/tmp/noexec/file", O_RDWR | O_CREAT, 0700);

    CHECK(ftruncate(fd, PAGE) == 0);
    CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0), EPERM);
    char *p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

    CHECK(p != MAP_FAILED);
    CHECK_ERRNO(mprotect(p, PAGE, PROT_READ | PROT_EXEC), EACCES);
    CHECK(mprotect(p, PAGE, PROT_READ | PROT_WRITE) == 0 && munmap(p, PAGE) == 0);
    close(fd);
    CHECK(umount("/tmp/noexec") == 0 && rmdir("/tmp/noexec") == 0);
}

/* /proc/sys/vm/max_map_count bounds what splits and maps; what makes fewer of them goes on. */
static void mappings_are_limited(void)
{
    unsigned long limit = 0, nr = 0;
    FILE *f = fopen("/proc/sys/vm/max_map_count", "r");
    void *old_brk = sbrk(0);

    CHECK(f && fscanf(f, "%lu", &limit) == 1 && limit == 65530);
    fclose(f);
    /* Every second page of one mapping becomes another: two more a step. */
    char *p = mmap(NULL, (limit + 64) * PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED);
    while (nr < limit && mprotect(p + (2 * nr + 1) * PAGE, PAGE, PROT_NONE) == 0)
        nr++;
    CHECK(errno == ENOMEM && nr > limit / 2 - 100 && nr <= limit / 2);
    char *last = p + (2 * nr + 8) * PAGE; /* inside the rest */

    while (mprotect(last, PAGE, PROT_NONE) == 0) /* one more, if only two would not fit */
        last += 2 * PAGE;
    CHECK_ERRNO(munmap(last + 4 * PAGE, PAGE), ENOMEM); /* a hole makes two of one */
    (void)mmap(NULL, PAGE, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
               0); /* Linux allows one more */
    CHECK_ERRNO((long)mmap(NULL, PAGE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), ENOMEM);
    CHECK_ERRNO((long)mremap(p, PAGE, 2 * PAGE, MREMAP_MAYMOVE), ENOMEM);
    CHECK(syscall(SYS_brk, (char *)old_brk + 64 * PAGE) == (long)old_brk);
    CHECK(munmap(p + PAGE, PAGE) == 0); /* whole ones go */
    CHECK(munmap(p, (limit + 64) * PAGE) == 0);
    CHECK(mmap(NULL, PAGE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
}

/* VmRSS and statm say what is touched, however it came and went. */
static unsigned long resident_pages(void)
{
    unsigned long size, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");

    CHECK(f && fscanf(f, "%lu %lu", &size, &resident) == 2);
    fclose(f);
    return resident;
}

/* Linux counts in batches, and so a little late. */
static bool is_resident(unsigned long nr)
{
    long error = (long)(resident_pages() - nr);

    return error > -150 && error < 150;
}

static void residence_is_counted(void)
{
    enum { NR = 1000 };
    unsigned long before = resident_pages();
    char *p = mmap(NULL, NR * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *away = mmap(NULL, NR * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED && away != MAP_FAILED);
    for (int i = 0; i < NR; i++)
        p[i * PAGE] = 1;
    CHECK(is_resident(before + NR));
    if (fork() == 0) {
        for (int i = 0; i < NR; i++)
            p[i * PAGE] = 2;
        _exit(is_resident(before + NR) ? 0 : 1);
    }
    int status;

    CHECK(wait(&status) > 0 && status == 0);
    CHECK(mremap(p, NR * PAGE, NR * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, away) == away);
    CHECK(is_resident(before + NR));
    CHECK(madvise(away, NR * PAGE / 2, MADV_DONTNEED) == 0);
    CHECK(is_resident(before + NR / 2));
    CHECK(munmap(away, NR * PAGE) == 0 && is_resident(before));
}

CONFORMANCE_MAIN(TEST(anonymous_is_zero), TEST(private_is_copied_on_write), TEST(shared_is_shared),
                 TEST(faults_say_why), TEST(no_access_means_none), TEST(data_is_not_executed),
                 TEST(fixed_replaces), TEST(arguments_are_checked), TEST(mremap_grows_and_moves),
                 TEST(heap_grows_and_shrinks), TEST(file_mapping_is_coherent),
                 TEST(end_of_file_is_bus_error), TEST(read_only_file_is_not_written),
                 TEST(stack_grows), TEST(endless_stack_is_killed), TEST(dont_need_zeroes),
                 TEST(many_mappings), TEST(holes_are_reported_late), TEST(protection_has_a_ceiling),
                 TEST(noexec_stays_noexec), TEST(mappings_are_limited), TEST(residence_is_counted))
