/* Between switch.S and context.c. */
#ifndef CONTEXT_CONTEXT_H
#define CONTEXT_CONTEXT_H

void context_start(void);

#endif
