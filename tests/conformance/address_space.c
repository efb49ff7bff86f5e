/* mmap, munmap, mprotect, mremap, brk, madvise, and the signals of bad accesses. */
#include "check.h"

#include <setjmp.h>

#define PAGE 4096ul

static sigjmp_buf fault_jump;
static volatile int fault_signal, fault_code;
static void *volatile fault_addr;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    (void)context;
    fault_signal = signal;
    fault_code = info->si_code;
    fault_addr = info->si_addr;
    siglongjmp(fault_jump, 1);
}

static void catch_faults(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};

    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
}

/* The signal that a store (or load) gives; 0: none. */
static int touch(volatile char *p, int writes)
{
    fault_signal = 0;
    if (sigsetjmp(fault_jump, 1) == 0) {
        if (writes)
            *p = 1;
        else
            (void)*p;
    }
    return fault_signal;
}

static char *map(size_t size, int prot)
{
    return mmap(NULL, size, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void anonymous_is_zero(void)
{
    size_t size = 512 * PAGE;
    char *p = map(size, PROT_READ | PROT_WRITE);
    int bad = 0;

    CHECK(p != MAP_FAILED);
    for (size_t i = 0; i < size; i += 61)
        bad |= p[i];
    CHECK(!bad);
    memset(p, 0xa5, size);
    CHECK(munmap(p, size) == 0);
    p = map(size, PROT_READ | PROT_WRITE);
    for (size_t i = 0; i < size; i++)
        bad |= p[i];
    CHECK(!bad);
}

static void holes_and_splits(void)
{
    char *p = map(10 * PAGE, PROT_READ | PROT_WRITE);

    catch_faults();
    memset(p, 1, 10 * PAGE);
    CHECK(munmap(p + 3 * PAGE, 2 * PAGE) == 0);
    CHECK(touch(p + 3 * PAGE, 0) == SIGSEGV);
    CHECK(fault_code == SEGV_MAPERR && fault_addr == p + 3 * PAGE);
    CHECK(touch(p + 5 * PAGE - 1, 1) == SIGSEGV);
    CHECK(touch(p + 3 * PAGE - 1, 1) == 0 && touch(p + 5 * PAGE, 1) == 0);
    CHECK(p[2 * PAGE] == 1 && p[6 * PAGE] == 1);
    CHECK(munmap(p, 10 * PAGE) == 0);
    CHECK(munmap(p, 10 * PAGE) == 0);
    CHECK_ERRNO(munmap(p + 1, PAGE), EINVAL);
    CHECK_ERRNO(munmap(p, 0), EINVAL);
}

static void protection(void)
{
    char *p = map(4 * PAGE, PROT_READ | PROT_WRITE);

    catch_faults();
    memset(p, 7, 4 * PAGE);
    CHECK(mprotect(p + PAGE, PAGE, PROT_READ) == 0);
    CHECK(touch(p + PAGE, 0) == 0);
    CHECK(touch(p + PAGE, 1) == SIGSEGV && fault_code == SEGV_ACCERR);
    CHECK(touch(p, 1) == 0 && touch(p + 2 * PAGE, 1) == 0);
    CHECK(mprotect(p + PAGE, PAGE, PROT_NONE) == 0);
    CHECK(touch(p + PAGE, 0) == SIGSEGV && fault_code == SEGV_ACCERR);
    CHECK_ERRNO(write(open("/dev/null", O_WRONLY), p + PAGE, 1) == 1 ? (errno = EFAULT, -1) : -1,
                EFAULT);
    CHECK(mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE) == 0);
    CHECK(p[PAGE] == 7 && touch(p + PAGE, 1) == 0);
    CHECK(munmap(p + 3 * PAGE, PAGE) == 0);
    CHECK_ERRNO(mprotect(p, 4 * PAGE, PROT_READ), ENOMEM);
    CHECK_ERRNO(mprotect(p + 1, PAGE, PROT_READ), EINVAL);
}

static void execution(void)
{
    uint32_t code[] = {0x02a00513, 0x00008067}; /* li a0, 42; ret */
    char *p = map(PAGE, PROT_READ | PROT_WRITE);

    catch_faults();
    memcpy(p, code, sizeof(code));
    fault_signal = 0;
    if (sigsetjmp(fault_jump, 1) == 0)
        ((int (*)(void))p)();
    CHECK(fault_signal == SIGSEGV && fault_code == SEGV_ACCERR && fault_addr == p);
    CHECK(mprotect(p, PAGE, PROT_READ | PROT_EXEC) == 0);
    CHECK(((int (*)(void))p)() == 42);
    CHECK(touch(p, 1) == SIGSEGV);
}

static void fixed_places(void)
{
    char *p = map(8 * PAGE, PROT_READ | PROT_WRITE);
    char *q;

    memset(p, 3, 8 * PAGE);
    q = mmap(p + 2 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    CHECK(q == p + 2 * PAGE && q[0] == 0 && p[PAGE] == 3 && p[4 * PAGE] == 3);
    q = mmap(p, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    CHECK(q == MAP_FAILED && errno == EEXIST);
    CHECK(mmap(NULL, 0, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
          errno == EINVAL);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, 99, 0) == MAP_FAILED && errno == EBADF);
    CHECK(mmap(NULL, PAGE, PROT_READ, MAP_ANONYMOUS, -1, 0) == MAP_FAILED && errno == EINVAL);
    CHECK(mmap(NULL, 1ul << 60, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED &&
          errno == ENOMEM);
}

static void remapping(void)
{
    char *p = map(4 * PAGE, PROT_READ | PROT_WRITE), *q, *guard;

    for (int i = 0; i < 4; i++)
        p[i * PAGE] = (char)('a' + i);
    q = mremap(p, 4 * PAGE, 2 * PAGE, 0);
    CHECK(q == p && q[PAGE] == 'b');
    guard = mmap(p + 2 * PAGE, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    CHECK(guard == p + 2 * PAGE);
    CHECK(mremap(p, 2 * PAGE, 8 * PAGE, 0) == MAP_FAILED && errno == ENOMEM);
    q = mremap(p, 2 * PAGE, 64 * PAGE, MREMAP_MAYMOVE);
    CHECK(q != MAP_FAILED && q[0] == 'a' && q[PAGE] == 'b' && q[63 * PAGE] == 0);
    catch_faults();
    if (q != p)
        CHECK(touch(p, 0) == SIGSEGV);
    CHECK(mremap(p, PAGE, PAGE, 0) == MAP_FAILED && errno == EFAULT);
}

static void heap_end(void)
{
    char *start = sbrk(0);

    CHECK(sbrk(100000) == start);
    memset(start, 1, 100000);
    CHECK(sbrk(-100000) == start + 100000);
    CHECK(sbrk(0) == start);
    catch_faults();
    CHECK(touch(start + 90000, 1) == SIGSEGV);
    CHECK(sbrk(100000) == start && start[90000] == 0);
    CHECK(sbrk(1l << 45) == (void *)-1);
}

static void discarding(void)
{
    char *p = map(4 * PAGE, PROT_READ | PROT_WRITE);
    unsigned char resident[4];

    memset(p, 9, 4 * PAGE);
    CHECK(mincore(p, 4 * PAGE, resident) == 0 && (resident[1] & 1));
    CHECK(madvise(p + PAGE, PAGE, MADV_DONTNEED) == 0);
    CHECK(p[PAGE] == 0 && p[0] == 9 && p[2 * PAGE] == 9);
    CHECK_ERRNO(madvise(p, PAGE, 12345), EINVAL);
}

static volatile int depth_reached;
static int recurse(int n)
{
    volatile char frame[1000];

    frame[0] = (char)n;
    depth_reached = n;
    return n == 0 ? frame[0] : recurse(n - 1) + frame[0];
}

static void stack_grows(void)
{
    recurse(4000);
    CHECK(depth_reached == 0);
}

static void endless_recursion(void)
{
    recurse(1 << 30);
}

static void stack_has_an_end(void)
{
    int status = in_child(endless_recursion);

    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void files_as_memory(void)
{
    char name[] = "/tmp/mapXXXXXX", buf[16];
    int fd = mkstemp(name);
    char *shared, *private;

    CHECK(fd >= 0);
    CHECK(write(fd, "hello, mapped world", 19) == 19);
    shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    private = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    CHECK(shared != MAP_FAILED && private != MAP_FAILED);
    CHECK(memcmp(shared, "hello", 5) == 0 && shared[19] == 0);
    shared[0] = 'J';
    CHECK(pread(fd, buf, 5, 0) == 5 && memcmp(buf, "Jello", 5) == 0);
    CHECK(private[0] == 'J');
    private[1] = 'U';
    CHECK(shared[1] == 'e');
    CHECK(pwrite(fd, "X", 1, 2) == 1 && shared[2] == 'X');
    CHECK(msync(shared, PAGE, MS_SYNC) == 0);
    catch_faults();
    CHECK(ftruncate(fd, 0) == 0);
    CHECK(touch(shared, 0) == SIGBUS);
    unlink(name);
}

static void forks_keep_protection(void)
{
    char *p = map(2 * PAGE, PROT_READ | PROT_WRITE);
    int status;

    p[0] = 1;
    mprotect(p, PAGE, PROT_READ);
    if (fork() == 0) {
        catch_faults();
        _exit(touch(p, 1) == SIGSEGV && p[0] == 1 && touch(p + PAGE, 1) == 0 ? 0 : 1);
    }
    wait(&status);
    CHECK(status == 0);
}

CONFORMANCE_MAIN(TEST(anonymous_is_zero), TEST(holes_and_splits), TEST(protection), TEST(execution),
                 TEST(fixed_places), TEST(remapping), TEST(heap_end), TEST(discarding),
                 TEST(stack_grows), TEST(stack_has_an_end), TEST(files_as_memory),
                 TEST(forks_keep_protection))
