/*
 * Breaks rules, those that seed=NAME,NAME... of the command line names, one after the other: for
 * the tests of what the sanitizers report (SANITIZE=). Without one of them nothing may come of it.
 */
#ifndef SEEDS_H
#define SEEDS_H

/* By a thread that may sleep, with all harts running. 0, or 1: no rule of that name. */
int seeds_run(void);

#endif
