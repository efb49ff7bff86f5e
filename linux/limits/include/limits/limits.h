/*
 * Resource limits: what init starts with; getrlimit and relatives, getrusage, times.
 */
#ifndef LIMITS_LIMITS_H
#define LIMITS_LIMITS_H

struct process;

/* Those of a process that nobody else sees yet. */
void limits_init(struct process *p);

#endif
