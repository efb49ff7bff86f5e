/*
 * Job control (POSIX, chapter 11): a terminal's session, its foreground group, and the signals sent
 * to them.
 */
#include <arch/uaccess.h>
#include <pending/pending.h>
#include <task/group.h>
#include <task/task.h>
#include <tty/session.h>

#include "internal.h"

#define TIOCSCTTY 0x540eu
#define TIOCGPGRP 0x540fu
#define TIOCNOTTY 0x5422u
#define TIOCGSID  0x5429u

void tty_signal(struct tty *tty, int signal)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);
    if (tty->foreground)
        (void)signal_send_group_locked(tty->foreground, signal, NULL);
    spin_unlock_irqrestore(&process_lock, flags);
}

int tty_check_background(struct tty *tty, int signal)
{
    struct process *process = process_current();
    int ret = 0;

    /* Check the usual case without the lock: a foreground process of this terminal. Only pointers
     * are compared; if one changes now, the call counts as having come before the change. */
    if (UNLOCKED(READ_ONCE(tty->foreground), "they are only compared") ==
        UNLOCKED(READ_ONCE(process->group), "only compared, likewise"))
        return 0;
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct process_group *group = process->group;

    if (group->session->terminal == tty && tty->foreground && tty->foreground != group) {
        if (signal_is_ignored_or_blocked(signal)) {
            ret = signal == SIGTTIN ? -EIO : 0;
        } else if (process_group_is_orphaned(group)) {
            ret = -EIO;
        } else {
            (void)signal_send_group_locked(group, signal, NULL);
            ret = -ERESTARTSYS;
        }
    }
    spin_unlock_irqrestore(&process_lock, flags);
    return ret;
}

static void set_foreground(struct tty *tty, struct process_group *group) REQUIRES(&process_lock)
{
    if (group)
        process_group_get(group);
    if (tty->foreground)
        process_group_put(tty->foreground);
    tty->foreground = group;
}

static void attach(struct tty *tty, struct process *leader) REQUIRES(&process_lock)
{
    struct session *session = leader->group->session;

    tty_get(tty);
    session->terminal = tty;
    tty->session = session;
    set_foreground(tty, leader->group);
}

/* The caller puts the terminal afterwards. */
static void detach(struct tty *tty) REQUIRES(&process_lock)
{
    tty->session->terminal = NULL;
    tty->session = NULL;
    set_foreground(tty, NULL);
}

static bool is_session_leader(const struct process *process) REQUIRES(&process_lock)
{
    return process->group->session->leader == process;
}

bool tty_is_own(const struct tty *tty)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);
    bool is_own = process_current()->group->session->terminal == tty;

    spin_unlock_irqrestore(&process_lock, flags);
    return is_own;
}

/*
 * A file opened only for writing (write(1)) does not make its terminal the controlling one, which a
 * process can read.
 */
void tty_try_control(struct tty *tty, const struct file *file)
{
    struct process *process = process_current();

    if (file->is_noctty || !file->can_read)
        return;
    unsigned long flags = spin_lock_irqsave(&process_lock);
    if (is_session_leader(process) && !process->group->session->terminal && !tty->session)
        attach(tty, process);
    spin_unlock_irqrestore(&process_lock, flags);
}

/* TIOCSCTTY; steal: root may take it from another session. */
static long set_controlling(struct tty *tty, const struct file *file, bool steal)
{
    struct process *process = process_current();
    bool is_root = cred_has_cap(cred_current(), CAP_SYS_ADMIN);
    bool was_detached = false;
    long ret = 0;

    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct session *session = process->group->session;

    if (is_session_leader(process) && session->terminal == tty) {
        /* already ours */
    } else if (!is_session_leader(process) || session->terminal) {
        ret = -EPERM;
    } else if (!is_root && !file->can_read) { /* see tty_try_control */
        ret = -EPERM;
    } else if (tty->session && !(steal && is_root)) {
        ret = -EPERM;
    } else {
        if (tty->session) {
            detach(tty);
            was_detached = true;
        }
        attach(tty, process);
    }
    spin_unlock_irqrestore(&process_lock, flags);
    if (was_detached)
        tty_put(tty);
    return ret;
}

/* The master's side is told of the slave, whose terminal it may be. */
static bool may_ask(const struct tty *tty, const struct file *file) REQUIRES(&process_lock)
{
    return tty_file_is_master(file) || process_current()->group->session->terminal == tty;
}

static long get_group(struct tty *tty, const struct file *file, uint64_t arg)
{
    int32_t pgid = -1;

    unsigned long flags = spin_lock_irqsave(&process_lock);
    if (may_ask(tty, file))
        pgid = tty->foreground ? tty->foreground->pgid : 0;
    spin_unlock_irqrestore(&process_lock, flags);
    return pgid < 0 ? -ENOTTY : copy_to_user(arg, &pgid, sizeof(pgid));
}

static long set_group(struct tty *tty, uint64_t arg)
{
    struct process *process = process_current();
    int32_t pgid;
    long ret = tty_check_background(tty, SIGTTOU);

    if (ret == -EIO)
        return -ENOTTY;
    if (ret != 0)
        return ret;
    if (copy_from_user(&pgid, arg, sizeof(pgid)) != 0)
        return -EFAULT;
    if (pgid < 0)
        return -EINVAL;
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct session *session = process->group->session;
    struct process_group *group = process_group_find(pgid);

    if (session->terminal != tty)
        ret = -ENOTTY;
    else if (!group)
        ret = -ESRCH;
    else if (group->session != session)
        ret = -EPERM;
    else
        set_foreground(tty, group);
    spin_unlock_irqrestore(&process_lock, flags);
    return ret;
}

static long get_session(struct tty *tty, const struct file *file, uint64_t arg)
{
    int32_t sid = -1;

    unsigned long flags = spin_lock_irqsave(&process_lock);
    if (may_ask(tty, file) && tty->session)
        sid = tty->session->sid;
    spin_unlock_irqrestore(&process_lock, flags);
    return sid < 0 ? -ENOTTY : copy_to_user(arg, &sid, sizeof(sid));
}

/*
 * Detach a session from its terminal and signal the foreground group, as when the leader exits.
 * Returns the terminal, which the caller puts without the lock, or NULL.
 */
static struct tty *session_give_up(struct session *session) REQUIRES(&process_lock)
{
    struct tty *tty = session->terminal;

    if (!tty)
        return NULL;
    if (tty->foreground) {
        (void)signal_send_group_locked(tty->foreground, SIGHUP, NULL);
        (void)signal_send_group_locked(tty->foreground, SIGCONT, NULL);
    }
    detach(tty);
    return tty;
}

static long give_up(struct tty *tty)
{
    struct process *process = process_current();
    struct tty *lost = NULL;
    long ret = 0;

    unsigned long flags = spin_lock_irqsave(&process_lock);
    if (process->group->session->terminal != tty)
        ret = -ENOTTY;
    else if (is_session_leader(process))
        lost = session_give_up(process->group->session);
    /* TIOCNOTTY: for a process other than the leader the session keeps the terminal. */
    spin_unlock_irqrestore(&process_lock, flags);
    if (lost)
        tty_put(lost);
    return ret;
}

void tty_session_leader_exit(struct process *leader)
{
    unsigned long flags = spin_lock_irqsave(&process_lock);
    struct tty *tty = session_give_up(leader->group->session);

    spin_unlock_irqrestore(&process_lock, flags);
    if (tty)
        tty_put(tty);
}

void tty_hang_up(struct tty *tty)
{
    struct session *session;

    mutex_lock(&tty->lock);
    tty->is_hung_up = true;
    mutex_unlock(&tty->lock);
    wait_wake_all(&tty->readers);
    wait_wake_all(&tty->writers);
    poll_notify(&tty->poll, POLLIN | POLLOUT | POLLHUP | POLLERR);
    unsigned long flags = spin_lock_irqsave(&process_lock);
    session = tty->session;
    if (session && session->leader) {
        (void)signal_send_process_locked(session->leader, SIGHUP, NULL);
        (void)signal_send_process_locked(session->leader, SIGCONT, NULL);
    }
    if (tty->foreground)
        (void)signal_send_group_locked(tty->foreground, SIGHUP, NULL);
    if (session)
        detach(tty);
    spin_unlock_irqrestore(&process_lock, flags);
    if (session)
        tty_put(tty);
}

struct tty *tty_of_session(void)
{
    struct tty *tty;

    unsigned long flags = spin_lock_irqsave(&process_lock);
    tty = process_current()->group->session->terminal;
    if (tty)
        tty_get(tty);
    spin_unlock_irqrestore(&process_lock, flags);
    return tty;
}

devno_t tty_session_devno(const struct session *session)
{
    return session->terminal ? session->terminal->devno : 0;
}

int tty_session_foreground(const struct session *session)
{
    const struct tty *tty = session->terminal;

    return !tty || !tty->foreground ? -1 : tty->foreground->pgid;
}

long tty_job_ioctl(struct tty *tty, const struct file *file, unsigned cmd, uint64_t arg)
{
    switch (cmd) {
    case TIOCSCTTY:
        return set_controlling(tty, file, arg == 1);
    case TIOCGPGRP:
        return get_group(tty, file, arg);
    case TIOCSPGRP:
        return set_group(tty, arg);
    case TIOCGSID:
        return get_session(tty, file, arg);
    case TIOCNOTTY:
        return give_up(tty);
    default:
        return -ENOTTY;
    }
}
