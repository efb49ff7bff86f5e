/*
 * The end of a session as its terminal sees it.
 */
#ifndef TTY_SESSION_H
#define TTY_SESSION_H

struct process;

/* The session leader exits: send SIGHUP and SIGCONT to the foreground group and give up the
 * terminal. */
void tty_session_leader_exit(struct process *leader);

#endif
