/*
 * Path walks against everything that changes names at the same time: renames and exchanges, between
 * directories too, unlink and create, rmdir and mkdir, mounts. Whatever the order, a walk finds
 * what was or is there or says ENOENT, and in the end each name is where its last change put it.
 * Each race runs for half a second.
 */
#include "race.h"

#include <dirent.h>
#include <sys/mount.h>

static bool may_be(int ret, int wanted)
{
    return ret >= 0 || errno == wanted;
}

static void enter(const char *folder)
{
    CHECK(mkdir(folder, 0755) == 0 || errno == EEXIST);
    CHECK(chdir(folder) == 0);
}

static void make(const char *name, char content)
{
    int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0644);

    CHECK(fd >= 0 && write(fd, &content, 1) == 1);
    close(fd);
}

static char content_of(const char *name)
{
    int fd = open(name, O_RDONLY);
    char c = 0;

    if (fd < 0)
        return 0;
    CHECK(read(fd, &c, 1) == 1);
    close(fd);
    return c;
}

/* ---- directories that change places, with a file in each ---- */

static void *exchange(void *unused)
{
    while (!is_over) {
        CHECK(syscall(SYS_renameat2, AT_FDCWD, "one/deep", AT_FDCWD, "two/deep", 2) == 0);
        nr_rounds++;
    }
    return NULL;
}

static void *look(void *unused)
{
    struct stat st;

    while (!is_over) {
        char c = content_of("one/deep/er/file");

        CHECK(c == '1' || c == '2');
        c = content_of("two/deep/er/../er/./file");
        CHECK(c == '1' || c == '2');
        CHECK(stat("one/deep/er/none", &st) < 0 && errno == ENOENT);
    }
    return NULL;
}

/* From inside the tree that moves: upwards, and by its name. */
static void *look_from_inside(void *unused)
{
    int inside = open("one/deep/er", O_RDONLY | O_DIRECTORY);
    struct stat er, up;
    char link[64], path[256];

    snprintf(link, sizeof(link), "/proc/self/fd/%d", inside);
    CHECK(inside >= 0 && fstat(inside, &er) == 0);
    while (!is_over) {
        CHECK(fstatat(inside, "../er", &up, 0) == 0 && up.st_ino == er.st_ino);
        CHECK(fstatat(inside, "../..", &up, 0) == 0);
        ssize_t len = readlink(link, path, sizeof(path) - 1);

        CHECK(len > 0);
        path[len > 0 ? len : 0] = 0;
        CHECK(strstr(path, "/one/deep/er") != NULL || strstr(path, "/two/deep/er") != NULL);
    }
    close(inside);
    return NULL;
}

static void exchange_of_directories(void)
{
    static void *(*const fns[])(void *) = {exchange, look, look, look_from_inside};

    enter("names-exchange");
    mkdir("one", 0755), mkdir("two", 0755);
    mkdir("one/deep", 0755), mkdir("two/deep", 0755);
    mkdir("one/deep/er", 0755), mkdir("two/deep/er", 0755);
    make("one/deep/er/file", '1');
    make("two/deep/er/file", '2');
    run_for_a_while(fns, 4);
    CHECK(content_of("one/deep/er/file") + content_of("two/deep/er/file") == '1' + '2');
}

/* ---- a file that is renamed to and fro and replaced ---- */

static void *move(void *unused)
{
    while (!is_over) {
        CHECK(rename("a/file", "b/other") == 0);
        CHECK(rename("b/other", "a/file") == 0);
        nr_rounds++;
    }
    return NULL;
}

static void *replace(void *number)
{
    char name[32];

    snprintf(name, sizeof(name), "new%ld", (long)(intptr_t)number);
    while (!is_over) {
        make(name, 'n');
        CHECK(rename(name, "b/target") == 0);
        CHECK(content_of("b/target") == 'n');
    }
    return NULL;
}

static void *look_for_both(void *unused)
{
    while (!is_over) {
        char c = content_of("a/file");

        CHECK(c == 'f' || (c == 0 && errno == ENOENT));
        c = content_of("b/other");
        CHECK(c == 'f' || (c == 0 && errno == ENOENT));
    }
    return NULL;
}

static void *list_both(void *unused)
{
    while (!is_over) {
        for (int i = 0; i < 2; i++) {
            DIR *dir = opendir(i == 0 ? "a" : "b");
            int nr = 0;

            CHECK(dir != NULL);
            for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL; nr++)
                CHECK(entry->d_name[0] != 0);
            CHECK(nr >= 2);
            closedir(dir);
        }
    }
    return NULL;
}

static void renames_and_lists(void)
{
    static void *(*const fns[])(void *) = {move, replace, replace, look_for_both, list_both};

    enter("names-rename");
    mkdir("a", 0755), mkdir("b", 0755);
    make("a/file", 'f');
    make("b/target", 'n');
    run_for_a_while(fns, 5);
    CHECK(content_of("a/file") == 'f');
    CHECK_ERRNO(access("b/other", F_OK), ENOENT);
    CHECK(content_of("b/target") == 'n');
}

/* ---- a directory that comes and goes under those who stand in it and make names there ---- */

static void *come_and_go(void *unused)
{
    while (!is_over) {
        CHECK(mkdir("here", 0755) == 0);
        unlink("here/made");
        while (rmdir("here") < 0) {
            CHECK(errno == ENOTEMPTY);
            unlink("here/made");
        }
        nr_rounds++;
    }
    return NULL;
}

static void *make_there(void *unused)
{
    while (!is_over) {
        int fd = open("here/made", O_CREAT | O_RDWR, 0644);

        CHECK(may_be(fd, ENOENT));
        if (fd >= 0)
            close(fd);
    }
    return NULL;
}

static void *stand_there(void *unused)
{
    struct stat st;

    while (!is_over) {
        int here = open("here", O_RDONLY | O_DIRECTORY);

        CHECK(may_be(here, ENOENT));
        if (here < 0)
            continue;
        CHECK(fstatat(here, "..", &st, 0) == 0);
        CHECK(may_be(fstatat(here, "made", &st, 0), ENOENT));
        int made = openat(here, "x", O_CREAT | O_EXCL, 0644);

        CHECK(may_be(made, ENOENT));
        if (made >= 0)
            close(made);
        unlinkat(here, "x", 0);
        close(here);
    }
    return NULL;
}

static void directories_that_go(void)
{
    static void *(*const fns[])(void *) = {come_and_go, make_there, stand_there};

    enter("names-rmdir");
    run_for_a_while(fns, 3);
    CHECK_ERRNO(access("here", F_OK), ENOENT);
}

/* ---- a mount that comes and goes under a walk ---- */

static void *mount_and_unmount(void *unused)
{
    while (!is_over) {
        CHECK(mount("none", "point", "tmpfs", 0, NULL) == 0);
        int fd = open("point/covered", O_CREAT | O_WRONLY, 0644);

        if (fd >= 0) {
            write(fd, "m", 1);
            close(fd);
        }
        CHECK(umount2("point", MNT_DETACH) == 0);
        nr_rounds++;
    }
    return NULL;
}

static void *walk_over(void *unused)
{
    struct stat st;

    while (!is_over) {
        int fd = open("point/covered", O_RDONLY);
        char c;

        CHECK(may_be(fd, ENOENT));
        if (fd >= 0) {
            ssize_t n = read(fd, &c, 1);

            CHECK(n == 0 || (n == 1 && (c == 'm' || c == 'u')));
            close(fd);
        }
        /* From the root of what is mounted nowhere any more no ".." leads on, and no name. */
        CHECK(may_be(stat("point/../point/..", &st), ENOENT));
    }
    return NULL;
}

static void mounts_under_walks(void)
{
    static void *(*const fns[])(void *) = {mount_and_unmount, walk_over, walk_over};

    if (geteuid() != 0)
        return;
    enter("names-mount");
    mkdir("point", 0755);
    make("point/covered", 'u');
    run_for_a_while(fns, 3);
    CHECK(content_of("point/covered") == 'u');
}

/* ---- names that a disk's file system may forget and read again ---- */

static void *touch_many(void *number)
{
    long mine = (long)(intptr_t)number;
    struct stat st;
    char name[64];

    for (long i = 0; !is_over; i++) {
        snprintf(name, sizeof(name), "%ld/%ld/%ld", mine % 2, i / 64 % 8, i % 64);
        CHECK(stat(name, &st) < 0 && errno == ENOENT);
        snprintf(name, sizeof(name), "%ld/%ld", mine % 2, i % 8);
        CHECK(stat(name, &st) == 0);
        nr_rounds++;
    }
    return NULL;
}

static void names_by_many(void)
{
    static void *(*const fns[])(void *) = {touch_many, touch_many, touch_many, touch_many};
    char name[64];

    enter("names-many");
    for (int i = 0; i < 16; i++) {
        snprintf(name, sizeof(name), "%d", i / 8);
        mkdir(name, 0755);
        snprintf(name, sizeof(name), "%d/%d", i / 8, i % 8);
        CHECK(mkdir(name, 0755) == 0);
    }
    run_for_a_while(fns, 4);
}

int main(void)
{
    static const struct check_test tests[] = {
        TEST(exchange_of_directories), TEST(renames_and_lists), TEST(directories_that_go),
        TEST(mounts_under_walks),      TEST(names_by_many),
    };
    char folder[] = "/tmp/names.XXXXXX";

    if (mkdtemp(folder) == NULL || chdir(folder) < 0)
        return 2;
    return check_main(__FILE__, tests, sizeof(tests) / sizeof(tests[0]));
}
