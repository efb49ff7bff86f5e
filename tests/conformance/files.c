/* Files: what open, read, write, rename, unlink and directories promise. */
#include "check.h"
#include <dirent.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/uio.h>

static int create(const char *path, int flags)
{
    return open(path, O_CREAT | O_RDWR | O_TRUNC | flags, 0644);
}

static void open_flags(void)
{
    unlink("/tmp/o");
    CHECK_ERRNO(open("/tmp/o", O_RDONLY), ENOENT);
    int fd = open("/tmp/o", O_CREAT | O_EXCL | O_WRONLY, 0640);
    CHECK(fd >= 0);
    struct stat st;
    CHECK(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0640 && S_ISREG(st.st_mode) &&
          st.st_size == 0);
    CHECK_ERRNO(read(fd, &st, 1), EBADF);
    CHECK(write(fd, "hello", 5) == 5);
    close(fd);
    CHECK_ERRNO(open("/tmp/o", O_CREAT | O_EXCL | O_WRONLY, 0640), EEXIST);
    CHECK_ERRNO(open("/tmp/o/x", O_RDONLY), ENOTDIR);
    CHECK_ERRNO(open("/tmp", O_WRONLY), EISDIR);
    CHECK_ERRNO(open("/tmp/o", O_RDONLY | O_DIRECTORY), ENOTDIR);
    CHECK_ERRNO(open("", O_RDONLY), ENOENT);
    static char name[5000];
    memset(name, 'n', sizeof name - 1);
    CHECK_ERRNO(open(name, O_RDONLY), ENAMETOOLONG);
    name[300] = 0;
    CHECK_ERRNO(open(name, O_RDONLY), ENAMETOOLONG);
    CHECK_ERRNO(read(77, name, 1), EBADF);
    CHECK_ERRNO(close(77), EBADF);
    fd = open("/tmp/o", O_RDONLY);
    CHECK_ERRNO(write(fd, "x", 1), EBADF);
    close(fd);
    fd = open("/tmp/o", O_WRONLY | O_TRUNC);
    CHECK(fstat(fd, &st) == 0 && st.st_size == 0);
    close(fd);
    unlink("/tmp/o");
}

static void offsets(void)
{
    char buffer[32];
    int fd = create("/tmp/off", 0);

    CHECK(write(fd, "0123456789", 10) == 10 && lseek(fd, 3, SEEK_SET) == 3);
    CHECK(read(fd, buffer, 4) == 4 && memcmp(buffer, "3456", 4) == 0);
    CHECK(lseek(fd, -1, SEEK_CUR) == 6 && lseek(fd, -2, SEEK_END) == 8);
    CHECK(read(fd, buffer, 10) == 2 && read(fd, buffer, 10) == 0);
    CHECK_ERRNO(lseek(fd, -100, SEEK_SET), EINVAL);
    CHECK_ERRNO(lseek(fd, 0, 99), EINVAL);
    int other = dup(fd);
    CHECK(lseek(other, 5, SEEK_SET) == 5 && lseek(fd, 0, SEEK_CUR) == 5);
    CHECK(pread(fd, buffer, 2, 0) == 2 && lseek(fd, 0, SEEK_CUR) == 5);
    struct iovec v[2] = {{buffer, 2}, {buffer + 10, 3}};
    CHECK(preadv(fd, v, 2, 0) == 5 && memcmp(buffer, "01", 2) == 0 &&
          memcmp(buffer + 10, "234", 3) == 0);
    CHECK(writev(fd, v, 2) == 5 && lseek(fd, 0, SEEK_CUR) == 10);
    CHECK_ERRNO(readv(fd, v, -1), EINVAL);
    close(fd), close(other);
    unlink("/tmp/off");
}

static void append_is_at_the_end(void)
{
    char buffer[20];
    int fd = create("/tmp/app", O_APPEND);
    int other = open("/tmp/app", O_WRONLY);

    CHECK(write(fd, "aa", 2) == 2 && write(other, "b", 1) == 1 && write(fd, "cc", 2) == 2);
    CHECK(pread(fd, buffer, 20, 0) == 4 && memcmp(buffer, "bacc", 4) == 0);
    close(fd), close(other);
    unlink("/tmp/app");
}

static void holes_read_as_zero(void)
{
    char c = 1;
    struct stat st;
    int fd = create("/tmp/hole", 0);

    CHECK(pwrite(fd, "end", 3, 10000000) == 3 && fstat(fd, &st) == 0 && st.st_size == 10000003 &&
          st.st_blocks < 1000);
    CHECK(pread(fd, &c, 1, 5000000) == 1 && c == 0);
    CHECK(ftruncate(fd, 2) == 0 && ftruncate(fd, 100) == 0 && pread(fd, &c, 1, 50) == 1 && c == 0);
    CHECK_ERRNO(ftruncate(fd, -1), EINVAL);
    close(fd);
    unlink("/tmp/hole");
}

static void unlinked_files_live_on(void)
{
    char buffer[8];
    int fd = create("/tmp/gone", 0);
    struct stat st;

    CHECK(write(fd, "still", 5) == 5 && unlink("/tmp/gone") == 0);
    CHECK_ERRNO(stat("/tmp/gone", &st), ENOENT);
    CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0 && pread(fd, buffer, 5, 0) == 5 &&
          memcmp(buffer, "still", 5) == 0);
    close(fd);
}

static void rename_replaces(void)
{
    struct stat a, b;
    int one = create("/tmp/r1", 0), two = create("/tmp/r2", 0);

    CHECK(write(one, "1", 1) == 1 && write(two, "2", 1) == 1 && fstat(one, &a) == 0);
    CHECK(rename("/tmp/r1", "/tmp/r2") == 0 && stat("/tmp/r2", &b) == 0 && a.st_ino == b.st_ino);
    CHECK_ERRNO(stat("/tmp/r1", &b), ENOENT);
    char c;
    CHECK(pread(two, &c, 1, 0) == 1 && c == '2');
    close(one), close(two);
    CHECK(mkdir("/tmp/rd", 0755) == 0 && mkdir("/tmp/rd/sub", 0755) == 0);
    CHECK_ERRNO(rename("/tmp/rd", "/tmp/rd/sub/x"), EINVAL);
    CHECK_ERRNO(rename("/tmp/r2", "/tmp/rd"), EISDIR);
    CHECK_ERRNO(rename("/tmp/rd", "/tmp/r2"), ENOTDIR);
    CHECK_ERRNO(rename("/tmp/none", "/tmp/r2"), ENOENT);
    CHECK(mkdir("/tmp/re", 0755) == 0);
    CHECK_ERRNO(rename("/tmp/re", "/tmp/rd"), ENOTEMPTY);
    CHECK(rename("/tmp/rd/sub", "/tmp/re") == 0 && rename("/tmp/re", "/tmp/rd/sub") == 0);
    CHECK(rename("/tmp/r2", "/tmp/rd/moved") == 0 && unlink("/tmp/rd/moved") == 0);
    CHECK_ERRNO(rmdir("/tmp/rd"), ENOTEMPTY);
    CHECK(rmdir("/tmp/rd/sub") == 0 && rmdir("/tmp/rd") == 0);
    CHECK_ERRNO(unlink("/tmp"), EISDIR);
    CHECK_ERRNO(rmdir("/etc/passwd"), ENOTDIR);
}

static void links(void)
{
    char buffer[64];
    struct stat st;

    close(create("/tmp/l", 0));
    CHECK(link("/tmp/l", "/tmp/l2") == 0 && stat("/tmp/l", &st) == 0 && st.st_nlink == 2);
    CHECK_ERRNO(link("/tmp/l", "/tmp/l2"), EEXIST);
    CHECK_ERRNO(link("/tmp", "/tmp/ld"), EPERM);
    CHECK(symlink("l", "/tmp/s") == 0 && readlink("/tmp/s", buffer, sizeof buffer) == 1 &&
          buffer[0] == 'l');
    CHECK(lstat("/tmp/s", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 1 &&
          stat("/tmp/s", &st) == 0 && S_ISREG(st.st_mode));
    CHECK_ERRNO(open("/tmp/s", O_RDONLY | O_NOFOLLOW), ELOOP);
    CHECK(symlink("loop", "/tmp/loop") == 0);
    CHECK_ERRNO(open("/tmp/loop", O_RDONLY), ELOOP);
    CHECK_ERRNO(readlink("/tmp/l", buffer, 10), EINVAL);
    unlink("/tmp/l"), unlink("/tmp/l2"), unlink("/tmp/s"), unlink("/tmp/loop");
}

static void directories(void)
{
    enum { N = 300 };
    char name[64];
    static bool seen[N];
    int count = 0;

    CHECK(mkdir("/tmp/dir", 0755) == 0);
    CHECK_ERRNO(mkdir("/tmp/dir", 0755), EEXIST);
    for (int i = 0; i < N; i++) {
        snprintf(name, sizeof name, "/tmp/dir/file-%d", i);
        close(create(name, 0));
    }
    DIR *d = opendir("/tmp/dir");
    struct dirent *e;
    while ((e = readdir(d))) {
        int i;
        if (sscanf(e->d_name, "file-%d", &i) == 1) {
            CHECK(i >= 0 && i < N && !seen[i] && e->d_type == DT_REG);
            seen[i] = true;
            count++;
            unlinkat(dirfd(d), e->d_name, 0);
        } else {
            CHECK(strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0);
        }
    }
    closedir(d);
    CHECK(count == N && rmdir("/tmp/dir") == 0);
}

static void descriptors(void)
{
    int fd = open("/dev/null", O_RDWR);

    CHECK(dup2(fd, 50) == 50 && fcntl(50, F_GETFD) == 0);
    CHECK(fcntl(50, F_SETFD, FD_CLOEXEC) == 0 && fcntl(50, F_GETFD) == FD_CLOEXEC);
    CHECK(fcntl(fd, F_DUPFD, 60) == 60 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
    CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0 && fcntl(60, F_GETFL) & O_NONBLOCK);
    CHECK_ERRNO(dup2(fd, -1), EBADF);
    CHECK_ERRNO(dup3(fd, fd, 0), EINVAL);
    CHECK_ERRNO(fcntl(99, F_GETFD), EBADF);
    CHECK_ERRNO(ioctl(fd, TIOCGWINSZ, NULL), ENOTTY);
    close(fd), close(50), close(60);
}

static void polling(void)
{
    int fd[2];
    CHECK(pipe(fd) == 0);
    struct pollfd p[2] = {{fd[0], POLLIN, 0}, {fd[1], POLLOUT, 0}};

    CHECK(poll(p, 2, 0) == 1 && p[0].revents == 0 && p[1].revents == POLLOUT);
    CHECK(write(fd[1], "x", 1) == 1 && poll(p, 2, -1) == 2 && p[0].revents == POLLIN);
    close(fd[1]);
    CHECK(poll(p, 2, 0) == 2 && p[0].revents == (POLLIN | POLLHUP) && p[1].revents == POLLNVAL);
    char c;
    CHECK(read(fd[0], &c, 1) == 1 && poll(p, 1, 0) == 1 && p[0].revents == POLLHUP);
    close(fd[0]);
    CHECK(pipe(fd) == 0);
    p[0].fd = fd[0];
    CHECK(poll(p, 1, 10) == 0);
    pid_t child = fork();
    if (child == 0) {
        usleep(20000);
        _exit(write(fd[1], "y", 1) != 1);
    }
    CHECK(poll(p, 1, 60000) == 1 && p[0].revents == POLLIN);
    waitpid(child, NULL, 0);
    close(fd[0]), close(fd[1]);
}

static void permissions(void)
{
    close(create("/tmp/perm", 0));
    CHECK(chmod("/tmp/perm", 0600) == 0);
    CHECK(IN_CHILD({
              if (setgid(1000) || setuid(1000))
                  _exit(1);
              if (open("/tmp/perm", O_RDONLY) != -1 || errno != EACCES)
                  _exit(2);
              if (access("/tmp/perm", R_OK) != -1 || chmod("/tmp/perm", 0666) != -1 ||
                  errno != EPERM)
                  _exit(3);
              if (unlink("/etc/passwd") != -1 || errno != EACCES)
                  _exit(4);
              if (setuid(0) != -1 || errno != EPERM)
                  _exit(5);
              if (kill(1, SIGTERM) != -1 || errno != EPERM)
                  _exit(6);
          }) == 0);
    CHECK(unlink("/tmp/perm") == 0);
}

static void locks_exclude(void)
{
    int fd = create("/tmp/lock", 0);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10};

    CHECK(flock(fd, LOCK_EX) == 0 && fcntl(fd, F_SETLK, &lock) == 0);
    CHECK(IN_CHILD({
              int other = open("/tmp/lock", O_RDWR);
              if (flock(other, LOCK_EX | LOCK_NB) != -1 || errno != EWOULDBLOCK)
                  _exit(1);
              if (fcntl(other, F_SETLK, &lock) != -1 || (errno != EAGAIN && errno != EACCES))
                  _exit(2);
              if (fcntl(other, F_GETLK, &lock) || lock.l_pid != getppid())
                  _exit(3);
          }) == 0);
    close(fd);
    unlink("/tmp/lock");
}

static void special_files(void)
{
    char buffer[64];
    int fd = open("/dev/zero", O_RDWR);

    memset(buffer, 1, sizeof buffer);
    CHECK(read(fd, buffer, 64) == 64 && buffer[0] == 0 && buffer[63] == 0 &&
          write(fd, buffer, 64) == 64);
    close(fd);
    fd = open("/dev/full", O_RDWR);
    CHECK_ERRNO(write(fd, "x", 1), ENOSPC);
    close(fd);
    fd = open("/dev/urandom", O_RDONLY);
    char other[64];
    CHECK(read(fd, buffer, 64) == 64 && read(fd, other, 64) == 64 &&
          memcmp(buffer, other, 64) != 0);
    close(fd);
    fd = open("/dev/null", O_RDWR);
    CHECK(read(fd, buffer, 10) == 0 && write(fd, buffer, 10) == 10);
    close(fd);
    struct statfs fs;
    CHECK(statfs("/tmp", &fs) == 0 && fs.f_bsize == 4096);
}

/* Within one file: what is copied ends where the file ended before, and does not overlap. */
static void a_file_is_copied_behind_its_end(void)
{
    int fd = open("/tmp/doubled", O_RDWR | O_CREAT | O_TRUNC, 0600);
    int end = open("/tmp/doubled", O_WRONLY | O_APPEND);
    off_t from = 0, to = 6;
    char text[16] = {0};

    CHECK(write(fd, "abcdef", 6) == 6);
    CHECK(copy_file_range(fd, &from, fd, &to, 100000, 0) == 6 && from == 6 && to == 12);
    CHECK(lseek(fd, 0, SEEK_END) == 12);
    CHECK(pread(fd, text, 15, 0) == 12 && strcmp(text, "abcdefabcdef") == 0);
    from = 0, to = 2;
    CHECK_ERRNO(copy_file_range(fd, &from, fd, &to, 5, 0), EINVAL);
    CHECK_ERRNO(copy_file_range(fd, &to, fd, &from, 5, 0), EINVAL);
    CHECK(copy_file_range(fd, &from, fd, &to, 2, 0) == 2 && from == 2 && to == 4);
    from = 20, to = 21;
    CHECK(copy_file_range(fd, &from, fd, &to, 5, 0) == 0 && lseek(fd, 0, SEEK_END) == 12);
    from = 0;
    CHECK_ERRNO(copy_file_range(fd, &from, end, NULL, 1, 0), EBADF);
    CHECK(unlink("/tmp/doubled") == 0 && close(fd) == 0 && close(end) == 0);
}

CONFORMANCE_MAIN(TEST(open_flags), TEST(offsets), TEST(append_is_at_the_end),
                 TEST(holes_read_as_zero), TEST(unlinked_files_live_on), TEST(rename_replaces),
                 TEST(links), TEST(directories), TEST(descriptors), TEST(polling),
                 TEST(permissions), TEST(locks_exclude), TEST(special_files),
                 TEST(a_file_is_copied_behind_its_end))
