/* Shared by entry.S and user.c. */
#ifndef USER_PRIVATE_H
#define USER_PRIVATE_H

/* A bit of arch_thread.user_work: s1 .. s11 in the frame differ from those in the hart. */
#define USER_WORK_REPLACED 0x80000000

#ifndef __ASSEMBLY__
struct trap_frame;

void user_exception(struct trap_frame *frame);
#endif

#endif
