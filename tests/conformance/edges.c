/*
 * Transfers whose memory ends in the middle, and file systems whose room ends: how much was done is
 * told to the byte, nothing is lost, and what does not fit is refused by the right name.
 */
#include "check.h"

#include <dirent.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/sendfile.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <termios.h>

#define PAGE 4096ul

/* The first byte behind `n` pages that are there. */
static char *edge_of(size_t n)
{
    char *p =
        mmap(NULL, (n + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(p != MAP_FAILED && munmap(p + n * PAGE, PAGE) == 0);
    return p + n * PAGE;
}

static int queued(int fd)
{
    int n = -1;

    CHECK(ioctl(fd, 0x541b, &n) == 0);
    return n;
}

/* ---- pipes: a buffer goes whole or not at all ---- */

static void pipe_writes_of_bad_memory(void)
{
    char *edge = edge_of(2);
    int p[2];

    CHECK(pipe2(p, O_NONBLOCK) == 0);
    CHECK_ERRNO(write(p[1], edge - 1, 2), EFAULT);
    CHECK(queued(p[0]) == 0);
    CHECK_ERRNO(write(p[1], edge - 100, 4000), EFAULT);
    CHECK(write(p[1], "abc", 3) == 3);
    CHECK_ERRNO(write(p[1], edge - 1, 2), EFAULT); /* behind something */
    CHECK(queued(p[0]) == 3);
    char buf[8] = "";
    CHECK(read(p[0], buf, 8) == 3 && memcmp(buf, "abc", 3) == 0);
    CHECK(write(p[1], edge - PAGE - 10, 2 * PAGE) == (long)PAGE); /* the first page is good */
    CHECK(queued(p[0]) == (int)PAGE);
    CHECK(write(p[1], edge - 10, 10) == 10);
    struct iovec v[2] = {{"xy", 2}, {edge, 1}};
    CHECK_ERRNO(writev(p[1], v, 2), EFAULT);
    CHECK(queued(p[0]) == (int)PAGE + 10);
}

static void pipe_reads_to_bad_memory(void)
{
    char *edge = edge_of(1), page[PAGE], back[PAGE];
    int p[2];

    CHECK(pipe2(p, O_NONBLOCK) == 0);
    CHECK(write(p[1], "hello", 5) == 5);
    CHECK_ERRNO(read(p[0], edge - 1, 2), EFAULT);
    CHECK_ERRNO(read(p[0], edge - 4, 5), EFAULT);
    struct iovec v[2] = {{back, 2}, {edge, 3}};
    CHECK_ERRNO(readv(p[0], v, 2), EFAULT);
    CHECK(queued(p[0]) == 5);
    CHECK(read(p[0], edge - 1, 1) == 1 && edge[-1] == 'h'); /* asks for no more than is good */
    CHECK(read(p[0], back, 8) == 4 && memcmp(back, "ello", 4) == 0);
    for (unsigned i = 0; i < PAGE; i++)
        page[i] = (char)(i * 13);
    CHECK(write(p[1], page, PAGE) == (long)PAGE && write(p[1], page, 100) == 100);
    struct iovec w[2] = {{back, PAGE}, {edge - 1, 2}};
    CHECK(readv(p[0], w, 2) == (long)PAGE && memcmp(back, page, PAGE) == 0); /* the first buffer */
    CHECK_ERRNO(readv(p[0], &w[1], 1), EFAULT);
    CHECK(queued(p[0]) == 100);
    CHECK(read(p[0], back, 200) == 100 && memcmp(back, page, 100) == 0);
}

/* ---- files and devices: to the byte ---- */

static void files_to_the_byte(void)
{
    char *edge = edge_of(1), back[64] = "";
    int fd = open("/tmp/edge", O_RDWR | O_CREAT | O_TRUNC, 0600);

    CHECK(fd >= 0 && write(fd, "0123456789", 10) == 10);
    CHECK(pread(fd, edge - 1, 2, 0) == 1 && edge[-1] == '0');
    CHECK(lseek(fd, 3, SEEK_SET) == 3 && read(fd, edge - 3, 5) == 3 &&
          memcmp(edge - 3, "345", 3) == 0);
    CHECK(lseek(fd, 0, SEEK_CUR) == 6);
    CHECK_ERRNO(read(fd, edge, 1), EFAULT);
    struct iovec v[2] = {{back, 2}, {edge, 3}};
    CHECK(preadv(fd, v, 2, 0) == 2 && memcmp(back, "01", 2) == 0);
    memcpy(edge - 2, "ab", 2);
    CHECK(pwrite(fd, edge - 2, 4, 8) == 2);
    CHECK_ERRNO(pwrite(fd, edge, 4, 10), EFAULT);
    struct iovec w[2] = {{"cd", 2}, {edge, 3}};
    CHECK(pwritev(fd, w, 2, 10) == 2);
    CHECK(pread(fd, back, 64, 0) == 12 && memcmp(back, "01234567abcd", 12) == 0);
    CHECK_ERRNO(sendfile(fd, fd, (off_t *)edge, 1), EFAULT);
    unlink("/tmp/edge");
}

static void devices_to_the_byte(void)
{
    char *edge = edge_of(2);
    int zero = open("/dev/zero", O_RDWR), null = open("/dev/null", O_RDWR);
    int random = open("/dev/urandom", O_RDONLY), ev = eventfd(5, EFD_NONBLOCK);

    memset(edge - 300, 1, 300);
    CHECK(read(zero, edge - 1, 2) == 1 && edge[-1] == 0 && edge[-2] == 1);
    CHECK(read(zero, edge - 259, 600) == 259 && edge[-259] == 0 && edge[-260] == 1);
    CHECK_ERRNO(read(zero, edge, 1), EFAULT);
    CHECK(write(null, edge - 1, 2) == 2 && write(zero, edge, 7) == 7 && read(null, edge, 1) == 0);
    CHECK(getrandom(edge - 1, 2, 0) == 1 && getrandom(edge - 7, 9, 0) == 7);
    CHECK(getrandom(edge - 300, 400, 0) == 300);
    CHECK_ERRNO(getrandom(edge, 1, 0), EFAULT);
    CHECK(read(random, edge - 5, 50) == 5);
    CHECK_ERRNO(read(random, edge, 50), EFAULT);
    CHECK_ERRNO(read(ev, edge - 4, 8), EFAULT);
    CHECK_ERRNO(write(ev, edge - 4, 8), EFAULT);
}

static void terminals_take_pieces_whole(void)
{
    char *edge = edge_of(1), name[32] = "", back[8] = "";
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    struct termios raw;

    CHECK(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    CHECK(ptsname_r(master, name, sizeof(name)) == 0);
    int slave = open(name, O_RDWR | O_NOCTTY);
    CHECK(slave >= 0 && tcgetattr(slave, &raw) == 0);
    cfmakeraw(&raw);
    CHECK(tcsetattr(slave, TCSANOW, &raw) == 0);
    edge[-1] = 'x';
    CHECK_ERRNO(write(slave, edge - 1, 2), EFAULT);
    CHECK_ERRNO(write(master, edge - 1, 2), EFAULT);
    CHECK(write(master, "abc", 3) == 3);
    CHECK(read(slave, edge - 1, 1) == 1 && edge[-1] == 'a');
    CHECK(read(slave, back, 8) == 2 && memcmp(back, "bc", 2) == 0);
}

/* What is cut off comes with the next call. */
static void directories_by_entries(void)
{
    char *edge = edge_of(1), name[64];
    int seen = 0;

    mkdir("/tmp/entries", 0700);
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "/tmp/entries/file-%d", i);
        close(open(name, O_CREAT | O_WRONLY, 0600));
    }
    int fd = open("/tmp/entries", O_RDONLY | O_DIRECTORY);
    CHECK_ERRNO(syscall(SYS_getdents64, fd, edge - 10, 4096), EFAULT);
    for (int rounds = 0; rounds < 40; rounds++) {
        long n = syscall(SYS_getdents64, fd, edge - 100, 4096);

        if (n <= 0) {
            CHECK(n == 0);
            break;
        }
        CHECK(n <= 100);
        for (char *at = edge - 100; at < edge - 100 + n; at += *(unsigned short *)(at + 16))
            if (strncmp(at + 19, "file-", 5) == 0)
                seen |= 1 << (at[24] - '0');
    }
    CHECK(seen == 255);
    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "/tmp/entries/file-%d", i);
        unlink(name);
    }
    rmdir("/tmp/entries");
}

/* ---- tmpfs: a size, and what happens at its end ---- */

static struct statfs fs_at(const char *path)
{
    struct statfs fs;

    CHECK(statfs(path, &fs) == 0);
    return fs;
}

static void mount_small(void)
{
    mkdir("/tmp/small", 0700);
    CHECK(mount("none", "/tmp/small", "tmpfs", 0, "size=64k,nr_inodes=8") == 0);
}

static void umount_small(void)
{
    CHECK(umount("/tmp/small") == 0);
    rmdir("/tmp/small");
}

static void file_systems_have_a_size(void)
{
    struct statfs root = fs_at("/"), dev = fs_at("/dev");
    int fd = memfd_create("unlimited", 0);
    struct statfs memfd = {.f_blocks = 1};

    CHECK(root.f_type == 0x01021994 && root.f_bsize == (long)PAGE);
    CHECK(root.f_blocks * PAGE >= 32ul << 20 && root.f_files >= 4096);
    CHECK(root.f_bfree > 0 && root.f_bfree < root.f_blocks && root.f_bavail == root.f_bfree);
    CHECK(root.f_ffree > 0 && root.f_ffree < root.f_files);
    CHECK(dev.f_blocks > 0 && dev.f_bfree > 0 && dev.f_ffree < dev.f_files);
    CHECK(fstatfs(fd, &memfd) == 0 && memfd.f_blocks == 0 && memfd.f_files == 0);
    fd = open("/tmp/counted", O_CREAT | O_WRONLY, 0600);
    CHECK(write(fd, "x", 1) == 1);
    CHECK(fs_at("/").f_ffree < root.f_ffree && fs_at("/").f_bfree < root.f_bfree);
    close(fd);
    unlink("/tmp/counted");
}

static void blocks_end_in_enospc(void)
{
    static char data[100 << 10];

    mount_small();
    struct statfs fs = fs_at("/tmp/small");
    CHECK(fs.f_blocks == 16 && fs.f_bfree == 16 && fs.f_files == 8 && fs.f_ffree == 7);
    int fd = open("/tmp/small/a", O_CREAT | O_RDWR, 0600);
    CHECK(write(fd, data, sizeof(data)) == 64 << 10);
    CHECK_ERRNO(write(fd, data, 1), ENOSPC);
    CHECK(fs_at("/tmp/small").f_bfree == 0);
    CHECK(pwrite(fd, data, 100, 5000) == 100); /* what is there may be written */
    CHECK_ERRNO(pwrite(fd, data, 1, 1 << 20), ENOSPC);
    CHECK(ftruncate(fd, 6000) == 0 && fs_at("/tmp/small").f_bfree == 14);
    CHECK(ftruncate(fd, 8 << 20) == 0 && fs_at("/tmp/small").f_bfree == 14); /* a hole */
    CHECK(pread(fd, data, 4096, 4 << 20) == 4096 && fs_at("/tmp/small").f_bfree == 14);
    CHECK_ERRNO(fallocate(fd, 0, 0, 1 << 20), ENOSPC);
    close(fd);
    CHECK(unlink("/tmp/small/a") == 0 && fs_at("/tmp/small").f_bfree == 16);
    umount_small();
}

static void inodes_end_in_enospc(void)
{
    char name[40];
    int i;

    mount_small();
    for (i = 0; i < 20; i++) {
        snprintf(name, sizeof(name), "/tmp/small/%d", i);
        int fd = open(name, O_CREAT | O_WRONLY, 0600);
        if (fd < 0)
            break;
        close(fd);
    }
    CHECK(i == 7 && errno == ENOSPC && fs_at("/tmp/small").f_ffree == 0);
    CHECK_ERRNO(mkdir("/tmp/small/d", 0700), ENOSPC);
    CHECK_ERRNO(symlink("x", "/tmp/small/l"), ENOSPC);
    CHECK(unlink("/tmp/small/0") == 0 && mkdir("/tmp/small/d", 0700) == 0);
    umount_small();
}

static void on_bus(int signal)
{
    _exit(signal == SIGBUS ? 77 : 1);
}

static void mapped_writes_end_in_sigbus(void)
{
    mount_small();
    int fd = open("/tmp/small/a", O_CREAT | O_RDWR, 0600), status = 0;
    CHECK(ftruncate(fd, 1 << 20) == 0);
    char *p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    pid_t pid = fork();
    if (pid == 0) {
        signal(SIGBUS, on_bus);
        signal(SIGSEGV, on_bus);
        for (unsigned i = 0; i < 256; i++)
            p[i * PAGE] = 1;
        _exit(0);
    }
    CHECK(waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 77);
    CHECK(fs_at("/tmp/small").f_bfree == 0 && p[0] == 1 && p[15 * PAGE] == 1);
    CHECK_ERRNO(read(open("/dev/zero", O_RDONLY), p + 20 * PAGE, 10), EFAULT);
    munmap(p, 1 << 20);
    close(fd);
    umount_small();
}

static void a_remount_changes_the_size(void)
{
    static char data[60 << 10];

    mount_small();
    int fd = open("/tmp/small/a", O_CREAT | O_RDWR, 0600);
    CHECK(write(fd, data, sizeof(data)) == sizeof(data));
    CHECK_ERRNO(mount("none", "/tmp/small", "tmpfs", MS_REMOUNT, "size=4k"), EINVAL);
    CHECK_ERRNO(mount("none", "/tmp/small", "tmpfs", MS_REMOUNT, "nr_inodes=1"), EINVAL);
    CHECK(fs_at("/tmp/small").f_blocks == 16 && fs_at("/tmp/small").f_files == 8);
    CHECK(mount("none", "/tmp/small", "tmpfs", MS_REMOUNT, "size=128k,nr_inodes=20") == 0);
    CHECK(fs_at("/tmp/small").f_blocks == 32 && fs_at("/tmp/small").f_files == 20);
    CHECK(write(fd, data, sizeof(data)) == sizeof(data));
    CHECK(mount("none", "/tmp/small", "tmpfs", MS_REMOUNT, "") == 0); /* as it is */
    CHECK(fs_at("/tmp/small").f_blocks == 32);
    close(fd);
    umount_small();
}

/* ---- low addresses are for the privileged ---- */

/* A program of one page at 0x1000 that exits with 42. */
static void write_low_program(const char *path)
{
    static const uint32_t code[] = {0x02a00513, 0x05d00893, 0x00000073}; /* li a0, li a7, ecall */
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0755);
    unsigned char elf[64 + 56 + sizeof(code)] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

    *(uint16_t *)(elf + 16) = 2;   /* ET_EXEC */
    *(uint16_t *)(elf + 18) = 243; /* RISC-V */
    *(uint32_t *)(elf + 20) = 1;
    *(uint64_t *)(elf + 24) = 0x1000 + 120; /* entry */
    *(uint64_t *)(elf + 32) = 64;           /* program headers */
    *(uint32_t *)(elf + 48) = 4;            /* lp64d */
    *(uint16_t *)(elf + 52) = 64;
    *(uint16_t *)(elf + 54) = 56;
    *(uint16_t *)(elf + 56) = 1;
    *(uint32_t *)(elf + 64) = 1; /* PT_LOAD, read and execute */
    *(uint32_t *)(elf + 68) = 5;
    *(uint64_t *)(elf + 80) = *(uint64_t *)(elf + 88) = 0x1000;
    *(uint64_t *)(elf + 96) = *(uint64_t *)(elf + 104) = sizeof(elf);
    *(uint64_t *)(elf + 112) = PAGE;
    memcpy(elf + 120, code, sizeof(code));
    CHECK(write(fd, elf, sizeof(elf)) == sizeof(elf));
    close(fd);
}

static int run_low_program(const char *path, int uid)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        if (uid != 0 && setuid(uid) != 0)
            _exit(9);
        execl(path, path, NULL);
        _exit(1);
    }
    CHECK(waitpid(pid, &status, 0) == pid);
    return status;
}

static void low_addresses(void)
{
    char *low = (char *)0x1000;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS;
    int limit = open("/proc/sys/vm/mmap_min_addr", O_WRONLY);

    if (limit >= 0) /* where it is a setting; elsewhere it is that */
        write(limit, "65536", 5);
    write_low_program("/tmp/low");
    CHECK(run_low_program("/tmp/low", 0) == 42 << 8);
    CHECK(run_low_program("/tmp/low", 1000) != 42 << 8);
    unlink("/tmp/low");
    CHECK(mmap(low, PAGE, PROT_READ | PROT_WRITE, flags | MAP_FIXED, -1, 0) == low);
    low[0] = 1;
    CHECK(munmap(low, PAGE) == 0);
    CHECK(mmap(low, PAGE, PROT_READ, flags, -1, 0) >= (void *)0x10000); /* a hint, no more */
    CHECK(setuid(1000) == 0);
    CHECK_ERRNO(mmap(low, PAGE, PROT_READ, flags | MAP_FIXED, -1, 0), EPERM);
    char *p = mmap(NULL, PAGE, PROT_READ, flags, -1, 0);
    CHECK_ERRNO(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, low), EPERM);
}

CONFORMANCE_MAIN(TEST(pipe_writes_of_bad_memory), TEST(pipe_reads_to_bad_memory),
                 TEST(files_to_the_byte), TEST(devices_to_the_byte),
                 TEST(terminals_take_pieces_whole), TEST(directories_by_entries),
                 TEST(file_systems_have_a_size), TEST(blocks_end_in_enospc),
                 TEST(inodes_end_in_enospc), TEST(mapped_writes_end_in_sigbus),
                 TEST(a_remount_changes_the_size), TEST(low_addresses))
