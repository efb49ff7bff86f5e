/*
 * What a terminal does at the end of a session.
 */
#ifndef TTY_SESSION_H
#define TTY_SESSION_H

struct process;

/* The session leader exits: SIGHUP and SIGCONT to the foreground group, the terminal is given up.
 */
void tty_session_leader_exit(struct process *leader);

#endif
