/*
 * Finding and starting the first program.
 */
#ifndef MONOLITHIC_INIT_H
#define MONOLITHIC_INIT_H

/* Starts process 1, or says in one line why not and powers off. */
void init_start(void);

#endif
