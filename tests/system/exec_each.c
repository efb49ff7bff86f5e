/*
 * Executes each file of a folder, by itself and for a few seconds at most, without any right. Says
 * what came of it, a line each: "exit 3 NAME", "signal 11 NAME", "errno 8 NAME".
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 10

static void limit(int resource, rlim_t value)
{
    setrlimit(resource, &(struct rlimit){value, value});
}

/* Tells the parent by `report`, which is closed by an exec that begins. */
static void execute(const char *path, int report)
{
    char *argv[] = {(char *)path, NULL};
    int nothing = open("/dev/null", O_RDWR), problem;

    setpgid(0, 0);
    for (int fd = 0; fd < 3; fd++)
        dup2(nothing, fd);
    limit(RLIMIT_CPU, 1);
    limit(RLIMIT_NPROC, 8);
    limit(RLIMIT_AS, 64 << 20);
    limit(RLIMIT_FSIZE, 1 << 20);
    if (setgid(1000) != 0 || setuid(1000) != 0)
        _exit(126);
    execv(path, argv);
    problem = errno;
    (void)!write(report, &problem, sizeof(problem));
    _exit(127);
}

static void try(const char *name)
{
    static const struct timespec patience = {SECONDS, 0}, none;
    int report[2], problem = 0, status = 0;
    sigset_t ends;
    pid_t child;

    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    (void)sigtimedwait(&ends, NULL, &none); /* one that was killed late left it */
    if (pipe2(report, O_CLOEXEC) != 0)
        exit(2);
    child = fork();
    if (child == 0)
        execute(name, report[1]);
    close(report[1]);
    (void)!read(report[0], &problem, sizeof(problem));
    close(report[0]);
    (void)sigtimedwait(&ends, NULL, &patience);
    kill(-child, SIGKILL);
    waitpid(child, &status, 0);
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    if (problem != 0)
        printf("errno %d %s\n", problem, name);
    else if (WIFSIGNALED(status))
        printf("signal %d %s\n", WTERMSIG(status), name);
    else
        printf("exit %d %s\n", WEXITSTATUS(status), name);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
    static char *names[4096];
    int nr_names = 0;
    DIR *folder = argc == 2 && chdir(argv[1]) == 0 ? opendir(".") : NULL;
    struct dirent *entry;
    sigset_t ends;

    if (folder == NULL)
        return 2;
    while ((entry = readdir(folder)) != NULL && nr_names < 4096)
        if (entry->d_name[0] != '.')
            names[nr_names++] = strdup(entry->d_name);
    closedir(folder);
    qsort(names, nr_names, sizeof(*names), by_name);
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    for (int i = 0; i < nr_names; i++)
        try(names[i]);
    return 0;
}
