/* Between entry.S and user.c. */
#ifndef USER_PRIVATE_H
#define USER_PRIVATE_H

struct trap_frame;

void user_exception(struct trap_frame *frame);

#endif
