/*
 * The first program of the system: works on one file in every way, and powers off.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int nr, nr_good;

static void check(int condition, const char *what)
{
    nr++;
    nr_good += !!condition;
    if (!condition)
        printf("m5: not so: %s\n", what);
}

int main(void)
{
    char buf[32] = "";
    struct stat st;
    char *shared, *private;
    int fd = open("/file", O_RDWR | O_CREAT | O_EXCL, 0644), other;

    check(fd >= 0, "the file is made");
    check(write(fd, "written", 7) == 7 && lseek(fd, 0, SEEK_CUR) == 7, "write moves the position");
    check(pread(fd, buf, 7, 0) == 7 && memcmp(buf, "written", 7) == 0, "what was written is read");
    shared = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    private = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
    check(memcmp(shared, "written", 8) == 0, "a mapping shows the bytes, and zeros behind them");
    memcpy(shared, "stored ", 7);
    check(pread(fd, buf, 7, 0) == 7 && memcmp(buf, "stored ", 7) == 0, "a store is read");
    check(pwrite(fd, "again", 5, 0) == 5 && memcmp(shared, "again", 5) == 0,
          "a write is seen by the mapping");
    private[0] = 'A';
    check(shared[0] == 'a' && private[1] == 'g', "a private copy stays private");
    if (fork() == 0) {
        shared[1] = 'G';
        _exit(0);
    }
    wait(NULL);
    check(shared[1] == 'G', "a shared mapping is shared with a child");
    other = open("/file", O_WRONLY | O_APPEND);
    check(write(other, "+end", 4) == 4 && pread(fd, buf, 4, 7) == 4 && memcmp(buf, "+end", 4) == 0,
          "append writes at the end");
    check(fstat(fd, &st) == 0 && st.st_size == 11 && S_ISREG(st.st_mode), "the size is known");
    check(unlink("/file") == 0 && access("/file", F_OK) != 0, "the name goes");
    check(shared[0] == 'a' && fstat(fd, &st) == 0 && st.st_nlink == 0, "the open file stays");
    printf("m5: read, write and two mappings of one file agree; %d of %d checks\n", nr_good, nr);
    fflush(stdout);
    reboot(RB_POWER_OFF);
    return 0;
}
