/*
 * Requests of ioctl(2) that several kinds of file answer: Linux's asm-generic/ioctls.h.
 */
#ifndef FILE_IOCTL_H
#define FILE_IOCTL_H

#define FIONREAD 0x541bu

#endif
