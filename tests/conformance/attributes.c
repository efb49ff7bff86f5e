/*
 * What is one word in a file, a process or the system, changed by one thread while others look at
 * it: each sees a value that it had, and names are whole. A race kernel watches how.
 */
#include "race.h"

#include <sys/sysinfo.h>
#include <sys/utsname.h>

#define FOLDER "/tmp/attributes"
#define PATH   FOLDER "/file"

static void make_file(void)
{
    int fd;

    mkdir(FOLDER, 0755);
    fd = open(PATH, O_RDWR | O_CREAT | O_TRUNC, 0600);
    CHECK(fd >= 0);
    close(fd);
}

static void remove_file(void)
{
    unlink(PATH);
    rmdir(FOLDER);
}

/* --- of files --------------------------------------------------------------------------------- */

static void *change_file(void *arg)
{
    struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 2}};

    while (!is_over) {
        if (chmod(FOLDER, 0700) != 0 || chmod(PATH, 0640) != 0 || chown(PATH, 1, 2) != 0 ||
            utimensat(AT_FDCWD, PATH, times, 0) != 0 || truncate(PATH, 10) != 0)
            _exit(98);
        if (chmod(FOLDER, 0755) != 0 || chmod(PATH, 0600) != 0 || chown(PATH, 0, 0) != 0 ||
            utimensat(AT_FDCWD, PATH, NULL, 0) != 0 || truncate(PATH, 0) != 0)
            _exit(98);
        nr_rounds++;
    }
    return arg;
}

static void *link_file(void *arg)
{
    while (!is_over)
        if (link(PATH, FOLDER "/second") != 0 || unlink(FOLDER "/second") != 0 ||
            mkdir(FOLDER "/inner", 0755) != 0 || rmdir(FOLDER "/inner") != 0)
            _exit(97);
    return arg;
}

static void *look_at_file(void *arg)
{
    struct stat stat_;
    char byte;

    while (!is_over) {
        int fd = open(PATH, O_RDONLY);

        if (fd < 0 || fstat(fd, &stat_) != 0 || read(fd, &byte, 1) < 0 ||
            lseek(fd, 0, SEEK_END) < 0)
            _exit(96);
        close(fd);
        if ((stat_.st_mode != (S_IFREG | 0600) && stat_.st_mode != (S_IFREG | 0640)) ||
            stat_.st_uid > 1 || (stat_.st_gid != 0 && stat_.st_gid != 2) ||
            (stat_.st_size != 0 && stat_.st_size != 10) || stat_.st_nlink < 1 || stat_.st_nlink > 2)
            _exit(95);
        if (stat(FOLDER, &stat_) != 0 || access(PATH, R_OK) != 0 || stat_.st_nlink < 2 ||
            stat_.st_nlink > 3)
            _exit(94);
    }
    return arg;
}

static void files(void)
{
    static void *(*const fns[])(void *) = {change_file, link_file, look_at_file, look_at_file};

    make_file();
    run_for_a_while(fns, 4);
    remove_file();
}

/* --- of the system ---------------------------------------------------------------------------- */

static struct utsname at_first;
static char longs[2][65];

static void *rename_host(void *arg)
{
    for (int i = 0; !is_over; i ^= 1) {
        if (sethostname(longs[i], 64) != 0 || setdomainname(longs[i], 64) != 0)
            _exit(93);
        nr_rounds++;
    }
    return arg;
}

static bool is_whole(const char *name)
{
    return strcmp(name, longs[0]) == 0 || strcmp(name, longs[1]) == 0;
}

static void *ask_for_host(void *arg)
{
    while (!is_over) {
        struct utsname name;
        char text[80] = {0};
        int fd = open("/proc/sys/kernel/hostname", O_RDONLY);

        if (uname(&name) != 0 || !is_whole(name.nodename) || !is_whole(name.domainname))
            _exit(92);
        if (fd < 0 || read(fd, text, sizeof(text) - 1) != 65 || text[64] != '\n')
            _exit(91);
        close(fd);
        text[64] = '\0';
        if (!is_whole(text))
            _exit(90);
    }
    return arg;
}

static void names(void)
{
    static void *(*const fns[])(void *) = {rename_host, rename_host, ask_for_host, ask_for_host};

    CHECK(uname(&at_first) == 0);
    memset(longs[0], 'a', 64);
    memset(longs[1], 'b', 64);
    CHECK(sethostname(longs[0], 64) == 0 && setdomainname(longs[0], 64) == 0);
    run_for_a_while(fns, 4);
    CHECK(sethostname(at_first.nodename, strlen(at_first.nodename)) == 0);
    CHECK(setdomainname(at_first.domainname, strlen(at_first.domainname)) == 0);
    CHECK_ERRNO(sethostname(longs[0], 65), EINVAL);
}

/* --- of a process that gets and loses threads ------------------------------------------------- */

static void *do_nothing(void *arg)
{
    return arg;
}

static void *come_and_go(void *arg)
{
    while (!is_over) {
        pthread_t thread;

        if (pthread_create(&thread, NULL, do_nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
            _exit(89);
        nr_rounds++;
    }
    return arg;
}

static void *use_descriptors(void *arg)
{
    struct sysinfo info;

    while (!is_over) {
        int fd = dup(0);

        if (fd < 0 || fcntl(fd, F_GETFD) != 0 || close(fd) != 0 || sysinfo(&info) != 0 ||
            info.procs == 0)
            _exit(88);
    }
    return arg;
}

static void threads(void)
{
    static void *(*const fns[])(void *) = {come_and_go, come_and_go, use_descriptors,
                                           use_descriptors};

    run_for_a_while(fns, 4);
}

int main(void)
{
    static const struct check_test tests[] = {TEST(files), TEST(names), TEST(threads)};

    return check_main(__FILE__, tests, sizeof(tests) / sizeof(tests[0]));
}
