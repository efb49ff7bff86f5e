/*
 * Error numbers, with the values of Linux's asm-generic/errno{-base,}.h, so that the system-call
 * layer translates nothing. Functions return 0 or a count, or one of these negated.
 */
#ifndef BASE_ERRNO_H
#define BASE_ERRNO_H

#define EPERM           1   /* operation not permitted */
#define ENOENT          2   /* no such file or directory */
#define ESRCH           3   /* no such process */
#define EINTR           4   /* interrupted call */
#define EIO             5   /* input/output error */
#define ENXIO           6   /* no such device or address */
#define E2BIG           7   /* argument list too long */
#define ENOEXEC         8   /* not an executable format */
#define EBADF           9   /* bad file descriptor */
#define ECHILD          10  /* no child processes */
#define EAGAIN          11  /* try again */
#define ENOMEM          12  /* out of memory */
#define EACCES          13  /* permission denied */
#define EFAULT          14  /* bad address */
#define ENOTBLK         15  /* block device required */
#define EBUSY           16  /* device or resource busy */
#define EEXIST          17  /* file exists */
#define EXDEV           18  /* cross-device link */
#define ENODEV          19  /* no such device */
#define ENOTDIR         20  /* not a directory */
#define EISDIR          21  /* is a directory */
#define EINVAL          22  /* invalid argument */
#define ENFILE          23  /* too many open files in system */
#define EMFILE          24  /* too many open files */
#define ENOTTY          25  /* inappropriate ioctl for device */
#define ETXTBSY         26  /* text file busy */
#define EFBIG           27  /* file too large */
#define ENOSPC          28  /* no space left on device */
#define ESPIPE          29  /* illegal seek */
#define EROFS           30  /* read-only file system */
#define EMLINK          31  /* too many links */
#define EPIPE           32  /* broken pipe */
#define EDOM            33  /* argument out of domain */
#define ERANGE          34  /* result out of range */
#define EDEADLK         35  /* deadlock would occur */
#define ENAMETOOLONG    36  /* file name too long */
#define ENOLCK          37  /* no locks available */
#define ENOSYS          38  /* call not implemented */
#define ENOTEMPTY       39  /* directory not empty */
#define ELOOP           40  /* too many symbolic links */
#define ENODATA         61  /* no data available */
#define ETIME           62  /* timer expired */
#define EPROTO          71  /* protocol error */
#define EBADMSG         74  /* bad message */
#define EOVERFLOW       75  /* value too large */
#define ELIBBAD         80  /* the interpreter of an executable is no loader */
#define EILSEQ          84  /* illegal byte sequence */
#define EUSERS          87  /* too many users */
#define ENOTSOCK        88  /* not a socket */
#define EDESTADDRREQ    89  /* destination address required */
#define EMSGSIZE        90  /* message too long */
#define EPROTOTYPE      91  /* wrong protocol type */
#define ENOPROTOOPT     92  /* protocol not available */
#define EPROTONOSUPPORT 93  /* protocol not supported */
#define EOPNOTSUPP      95  /* operation not supported */
#define EAFNOSUPPORT    97  /* address family not supported */
#define EADDRINUSE      98  /* address in use */
#define EADDRNOTAVAIL   99  /* address not available */
#define ECONNABORTED    103 /* connection aborted */
#define ECONNRESET      104 /* connection reset */
#define ENOBUFS         105 /* no buffer space */
#define EISCONN         106 /* already connected */
#define ENOTCONN        107 /* not connected */
#define ETIMEDOUT       110 /* timed out */
#define ECONNREFUSED    111 /* connection refused */
#define EALREADY        114 /* already in progress */
#define EINPROGRESS     115 /* in progress */
#define ESTALE          116 /* stale handle */
#define EUCLEAN         117 /* structure needs cleaning: a damaged file system */
#define EDQUOT          122 /* quota exceeded */
#define ECANCELED       125 /* cancelled */
#define EOWNERDEAD      130 /* owner died */
#define ENOTRECOVERABLE 131 /* state not recoverable */
#define ENOTSUP         EOPNOTSUPP

/*
 * Returned by an interrupted call, never to a program: the return to user mode turns them into a
 * restart of the call or into EINTR.
 */
#define ERESTARTSYS           512 /* repeat if the handler has SA_RESTART, or there is no handler */
#define ERESTARTNOINTR        513 /* always repeat */
#define ERESTARTNOHAND        514 /* repeat only if no handler runs */
#define ERESTART_RESTARTBLOCK 516 /* as NOHAND, but by restart_syscall, for the rest of a time */

#endif
