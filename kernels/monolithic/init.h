/*
 * Finding and starting the first program.
 */
#ifndef MONOLITHIC_INIT_H
#define MONOLITHIC_INIT_H

/* Start process 1, or report in one line why not and power off. */
void init_start(void);

/* Process 1's first steps, in its own context. */

/* Mount devtmpfs on /dev of the present root, if that directory exists; init may do so again. */
int devfs_mount(void);
/* Mount the disk of root= over the root; reports a failure in one line. */
void root_mount(void);
/* Build argv and envp of init from the command line, as Linux does; both end with NULL. */
const char *const *init_arguments(const char *path);
const char *const *init_environment(void);
/* Describe an errno of exec or mount; never NULL. */
const char *error_text(int err);

#endif
