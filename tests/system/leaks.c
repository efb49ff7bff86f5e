/*
 * Runs a command, which fills the kernel's caches, then again, and says whether that left anything
 * allocated. usage: leaks COMMAND ARG...
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "allocations.h"

static int run(char **command)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        execvp(command[0], command);
        _exit(127);
    }
    waitpid(child, &status, 0);
    return status;
}

int main(int argc, char **argv)
{
    const char *leak;
    long by;
    int status;

    if (argc < 2 || !allocations_open())
        return 2;
    status = run(argv + 1);
    allocations_mark();
    status |= run(argv + 1);
    leak = allocations_leaked(&by);
    if (leak != NULL)
        printf("FAILED: %ld more %s afterwards\n", by, leak);
    else if (status != 0)
        printf("FAILED: %s: status %#x\n", argv[1], status);
    else
        printf("nothing leaked\n");
    return leak != NULL || status != 0;
}
