/*
 * Finding and starting the first program.
 */
#ifndef MONOLITHIC_INIT_H
#define MONOLITHIC_INIT_H

/* Starts process 1, or says in one line why not and powers off. */
void init_start(void);

/* Process 1's first steps, in its own context. */

/* Mounts devtmpfs on /dev of the root as it is now, where there is such a folder; init may do so
 * again. */
int devfs_mount(void);
/* Mounts the disk that root= names over the root; says in one line if that cannot be. */
void root_mount(void);
/* argv and envp of init, as Linux makes them of the command line; both end with NULL. */
const char *const *init_arguments(const char *path);
const char *const *init_environment(void);
/* An errno of exec or mount in words; never NULL. */
const char *error_text(int err);

#endif
