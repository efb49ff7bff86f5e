/*
 * The memory calls: which arguments they refuse and how, and what of a range they change. What the
 * tables hold is mm/vspace's test.
 */
#include "../../task/test/world.h"

#include <abi/syscalls.h>

#define MAP_SHARED          0x01u
#define MAP_PRIVATE         0x02u
#define MAP_SHARED_VALIDATE 0x03u
#define MAP_FIXED           0x10u
#define MAP_ANONYMOUS       0x20u
#define MAP_HUGETLB         0x40000u
#define MAP_FIXED_NOREPLACE 0x100000u
#define MREMAP_MAYMOVE      1u
#define MREMAP_FIXED        2u
#define MREMAP_DONTUNMAP    4u

#define R    PROT_READ
#define RW   (PROT_READ | PROT_WRITE)
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define AT   0x20000000ul
#define PAGE PAGE_SIZE
#define HUGE (UINT64_MAX - 10)

static int setup(void **state)
{
    return program_world_init();
}

static int64_t map_at(vaddr_t addr, size_t nr_pages)
{
    return sys_mmap(addr, nr_pages * PAGE, RW, ANON | MAP_FIXED, -1, 0);
}

/* One letter a page: what the map shows, r, w or - for nothing. */
static void assert_pages(vaddr_t addr, const char *expected)
{
    for (; *expected != '\0'; expected++, addr += PAGE) {
        struct vspace *vs = user_current()->vspace;
        const struct vma *vma;
        char seen = '-';

        mutex_lock(&vs->lock);
        vma = vspace_find(vs, addr);
        if (vma != NULL && vma->start <= addr)
            seen = vma->flags & VMA_WRITE ? 'w' : 'r';
        mutex_unlock(&vs->lock);
        assert_int_equal(seen, *expected);
    }
}

static int end(void **state)
{
    assert_int_equal(sys_munmap(AT - 16 * PAGE, 64 * PAGE), 0);
    return 0;
}

static void mmap_refuses(void **state)
{
    assert_int_equal(sys_mmap(0, 0, RW, ANON, -1, 0), -EINVAL);
    assert_int_equal(sys_mmap(0, PAGE, RW, MAP_ANONYMOUS, -1, 0), -EINVAL);
    assert_int_equal(sys_mmap(0, PAGE, RW, ANON, -1, 100), -EINVAL);
    assert_int_equal(sys_mmap(0, PAGE, RW, MAP_SHARED_VALIDATE | MAP_ANONYMOUS, -1, 0), -EINVAL);
    assert_int_equal(sys_mmap(0, PAGE, RW, ANON | MAP_HUGETLB, -1, 0), -EINVAL);
    assert_int_equal(sys_mmap(0, HUGE, RW, ANON, -1, 0), -ENOMEM);
    assert_int_equal(sys_mmap(0, GIB(64), RW, ANON, -1, 0), -ENOMEM);
    assert_int_equal(sys_mmap(0, PAGE, R, MAP_PRIVATE, 77, 0), -EBADF);
    assert_int_equal(sys_mmap(0, 2 * PAGE, R, MAP_PRIVATE, 77, UINT64_MAX - PAGE + 1), -EOVERFLOW);
    assert_int_equal(sys_mmap(AT + 1, PAGE, RW, ANON | MAP_FIXED, -1, 0), -EINVAL);
    assert_int_equal(map_at(AT, 1), AT);
    assert_int_equal(sys_mmap(AT, PAGE, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), -EEXIST);
    assert_int_equal(sys_mmap(AT + PAGE, 1, RW, ANON | MAP_FIXED_NOREPLACE, -1, 0), AT + PAGE);
    assert_pages(AT, "ww-");
}

/* The page at 0 is the administrator's to map; a hint below the least address is moved up. */
static void low_addresses(void **state)
{
    program_become(1000);
    assert_int_equal(sys_mmap(PAGE, PAGE, RW, ANON | MAP_FIXED, -1, 0), -EPERM);
    assert_true(sys_mmap(PAGE, PAGE, RW, ANON, -1, 0) >= (int64_t)MMAP_MIN_ADDR);
    program_become_root();
}

static void a_file_is_mapped_as_it_was_opened(void **state)
{
    struct file *read_only, *write_only;
    int fds[2];

    assert_int_equal(vfs_open(CTX, NULL, "/f", O_RDWR | O_CREAT, 0644, &read_only), 0);
    file_put(read_only);
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_RDONLY, 0, &read_only), 0);
    assert_int_equal(vfs_open(CTX, NULL, "/f", O_WRONLY, 0, &write_only), 0);
    fds[0] = fd_table_install(process_current()->files, read_only, 0, 1024, false);
    fds[1] = fd_table_install(process_current()->files, write_only, 0, 1024, false);
    assert_true(fds[0] >= 0 && fds[1] >= 0);
    assert_int_equal(sys_mmap(AT, PAGE, RW, MAP_SHARED | MAP_FIXED, fds[0], 0), -EACCES);
    assert_int_equal(sys_mmap(AT, PAGE, R, MAP_PRIVATE | MAP_FIXED, fds[1], 0), -EACCES);
    assert_int_equal(sys_mmap(AT, PAGE, RW, MAP_PRIVATE | MAP_FIXED, fds[0], 0), AT);
    assert_int_equal(sys_mmap(AT + PAGE, PAGE, R, MAP_SHARED | MAP_FIXED, fds[0], 0), AT + PAGE);
    assert_int_equal(sys_mprotect(AT + PAGE, PAGE, RW), -EACCES);
    assert_pages(AT, "wr");
    assert_int_equal(sys_mmap(AT, PAGE, R, MAP_SHARED_VALIDATE | MAP_FIXED | 0x800000, fds[0], 0),
                     -EOPNOTSUPP);
}

static void unmap_and_protect(void **state)
{
    assert_int_equal(map_at(AT, 6), AT);
    assert_int_equal(sys_munmap(AT + 1, PAGE), -EINVAL);
    assert_int_equal(sys_munmap(AT, 0), -EINVAL);
    assert_int_equal(sys_munmap(AT, HUGE), -EINVAL);
    assert_int_equal(sys_munmap(AT + PAGE, PAGE + 1), 0); /* whole pages go */
    assert_pages(AT, "w--www");
    assert_int_equal(sys_munmap(AT + PAGE, PAGE), 0); /* nothing is there: no error */

    assert_int_equal(sys_mprotect(AT + 1, PAGE, R), -EINVAL);
    assert_int_equal(sys_mprotect(AT, PAGE, 0x100), -EINVAL);
    assert_int_equal(sys_mprotect(AT, 0, R), 0);
    assert_int_equal(sys_mprotect(AT, HUGE, R), -ENOMEM);
    assert_int_equal(sys_mprotect(AT + 3 * PAGE, 1, R), 0);
    assert_pages(AT, "w--rww");
    assert_int_equal(sys_mprotect(AT, 3 * PAGE, R), -ENOMEM); /* over a hole */
}

static void move(void **state)
{
    assert_int_equal(map_at(AT, 2), AT);
    assert_int_equal(sys_mremap(AT + 1, PAGE, PAGE, 0, 0), -EINVAL);
    assert_int_equal(sys_mremap(AT, PAGE, 0, 0, 0), -EINVAL);
    assert_int_equal(sys_mremap(AT, PAGE, HUGE, 0, 0), -EINVAL);
    assert_int_equal(sys_mremap(AT, PAGE, PAGE, 8, 0), -EINVAL);
    assert_int_equal(sys_mremap(AT, PAGE, PAGE, MREMAP_FIXED, AT + 8 * PAGE), -EINVAL);
    assert_int_equal(sys_mremap(AT, PAGE, 2 * PAGE, MREMAP_MAYMOVE | MREMAP_DONTUNMAP, 0), -EINVAL);
    assert_int_equal(sys_mremap(AT + 4 * PAGE, PAGE, PAGE, 0, 0), -EFAULT);
    assert_int_equal(sys_mremap(AT, 2 * PAGE, 3 * PAGE, 0, 0), AT); /* grows where it is */
    assert_pages(AT, "www-");
    assert_int_equal(map_at(AT + 3 * PAGE, 1), AT + 3 * PAGE);
    assert_int_equal(sys_mremap(AT, PAGE, 2 * PAGE, 0, 0), -ENOMEM); /* and not over others */
    assert_int_equal(sys_mremap(AT, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, AT + 8 * PAGE),
                     AT + 8 * PAGE);
    assert_pages(AT, "-www----w");
    assert_int_equal(sys_mremap(AT + PAGE, 3 * PAGE, PAGE, 0, 0), AT + PAGE); /* shrinks */
    assert_pages(AT, "-w------w");
}

static void advice(void **state)
{
    assert_int_equal(map_at(AT, 2), AT);
    assert_int_equal(sys_madvise(AT + 1, PAGE, 0), -EINVAL);
    assert_int_equal(sys_madvise(AT, PAGE, 99), -EINVAL);
    assert_int_equal(sys_madvise(AT, HUGE, 0), -EINVAL);
    assert_int_equal(sys_madvise(AT, 0, 0), 0);
    assert_int_equal(sys_madvise(AT, PAGE, 3), 0);
    assert_int_equal(sys_madvise(AT, 3 * PAGE, 3), -ENOMEM);
    assert_int_equal(sys_mprotect(AT, PAGE, R), 0);
    assert_int_equal(sys_madvise(AT, PAGE, 23), -EINVAL); /* MADV_POPULATE_WRITE */
}

static void residency_and_msync(void **state)
{
    uint8_t resident[4] = {9, 9, 9, 9};

    assert_int_equal(map_at(AT, 2), AT);
    assert_int_equal(sys_madvise(AT + PAGE, PAGE, 23), 0); /* MADV_POPULATE_WRITE */
    assert_int_equal(sys_mincore(AT + 1, PAGE, USER(resident)), -EINVAL);
    assert_int_equal(sys_mincore(AT, 2 * PAGE - 1, USER(resident)), 0);
    assert_int_equal(resident[0], 0);
    assert_int_equal(resident[1], 1);
    assert_int_equal(resident[2], 9);
    assert_int_equal(sys_mincore(AT, 3 * PAGE, USER(resident)), -ENOMEM);
    assert_int_equal(sys_mincore(AT, PAGE, BAD_ADDRESS), -EFAULT);
    assert_int_equal(sys_mincore(AT, HUGE & ~PAGE_MASK, USER(resident)), -ENOMEM);

    assert_int_equal(sys_msync(AT + 1, PAGE, 4), -EINVAL);
    assert_int_equal(sys_msync(AT, PAGE, 1 | 4), -EINVAL); /* MS_ASYNC and MS_SYNC */
    assert_int_equal(sys_msync(AT, PAGE, 8), -EINVAL);
    assert_int_equal(sys_msync(AT, 2 * PAGE, 4), 0);
    assert_int_equal(sys_msync(AT, 3 * PAGE, 4), -ENOMEM);
}

static void locking(void **state)
{
    assert_int_equal(map_at(AT, 4), AT);
    assert_int_equal(sys_mlock2(AT, PAGE, 2), -EINVAL);
    assert_int_equal(sys_mlock(AT + 5, PAGE), 0); /* any address: whole pages */
    assert_int_equal(sys_munlock(AT, 2 * PAGE), 0);
    assert_int_equal(sys_mlock(AT, 5 * PAGE), -ENOMEM);
    assert_int_equal(sys_mlock(AT, UINT64_MAX - AT - 2 * PAGE), -ENOMEM);
    assert_int_equal(sys_mlock(AT, UINT64_MAX - 8 * PAGE), -EINVAL); /* it goes round */
    process_current()->limits[RLIMIT_MEMLOCK].cur = PAGE;
    program_become(1000);
    assert_int_equal(sys_mlock(AT, PAGE), 0);
    assert_int_equal(sys_mlock(AT, 2 * PAGE), -ENOMEM);
    program_become_root();
    assert_int_equal(sys_mlock(AT, 2 * PAGE), 0);

    assert_int_equal(sys_mlockall(0), -EINVAL);
    assert_int_equal(sys_mlockall(8), -EINVAL);
    assert_int_equal(sys_mlockall(4), -EINVAL); /* MCL_ONFAULT alone says not of what */
    assert_int_equal(sys_mlockall(1 | 2 | 4), 0);
    assert_int_equal(sys_munlockall(), 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(mmap_refuses),        TEST(low_addresses), TEST(a_file_is_mapped_as_it_was_opened),
        TEST(unmap_and_protect),   TEST(move),          TEST(advice),
        TEST(residency_and_msync), TEST(locking),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
