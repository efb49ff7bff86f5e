/*
 * Delivery of signals on the way to user mode: default actions, handler frames, rt_sigreturn(2).
 */
#include "internal.h"

#include <abi/numbers.h>

#include <heap/heap.h>
#include <machine/machine.h>
#include <vdso/vdso.h>

/* --- the frame -------------------------------------------------------------------------------- */

/* Layout: asm-generic's uapi ucontext.h, siginfo.h and signal.h, with the machine's registers. */

struct stack_info {
    uint64_t sp;
    int32_t flags, pad;
    uint64_t size;
};

struct ucontext {
    uint64_t flags, link;
    struct stack_info stack;
    sigset64_t mask;
    uint8_t reserved[1024 / 8 - sizeof(sigset64_t)];
    struct machine_context context;
};

struct signal_frame {
    struct linux_siginfo info;
    struct ucontext uc;
};

_Static_assert(offsetof(struct ucontext, context) == MACHINE_CONTEXT_AT, "uc_mcontext");

bool signal_on_altstack(const struct user_thread *ut, uint64_t sp)
{
    return ut->altstack_size && !(ut->altstack_flags & SS_AUTODISARM) && sp > ut->altstack_base &&
           sp - ut->altstack_base <= ut->altstack_size;
}

static uint64_t frame_address(const struct user_thread *ut, const struct trap_frame *regs,
                              const struct signal_action *action)
{
    uint64_t sp = arch_frame_sp(regs);

    if ((action->flags & SA_ONSTACK) && ut->altstack_size && !signal_on_altstack(ut, sp))
        sp = ut->altstack_base + ut->altstack_size;
    else if (signal_on_altstack(ut, sp) &&
             !signal_on_altstack(ut, sp - sizeof(struct signal_frame)))
        return 0; /* it would overflow the alternate stack */
    return (sp - sizeof(struct signal_frame)) & ~15ull;
}

static int push_frame(struct user_thread *ut, struct trap_frame *regs,
                      const struct signal_action *action, const struct linux_siginfo *info,
                      sigset64_t mask)
{
    uint64_t at = frame_address(ut, regs, action);
    struct signal_frame *f;
    int err;

    if (!at)
        return -EFAULT;
    f = heap_zalloc(sizeof(*f));
    if (!f)
        return -ENOMEM;
    arch_fpu_save(&ut->thread.arch);
    f->info = *info;
    f->uc.stack.sp = ut->altstack_base;
    f->uc.stack.size = ut->altstack_size;
    f->uc.stack.flags = (int32_t)(ut->altstack_size ? ut->altstack_flags : SS_DISABLE);
    f->uc.mask = mask;
    machine_context_save(&f->uc.context, regs, &ut->fpu);
    err = copy_to_user(at, f, sizeof(*f));
    heap_free(f);
    if (err)
        return err;
    if (ut->altstack_flags & SS_AUTODISARM) {
        ut->altstack_size = 0;
        ut->altstack_base = 0;
        ut->altstack_flags = SS_DISABLE;
    }
    arch_frame_set_handler(regs, action->handler, at, vdso_sigreturn_address(ut->vspace->vdso),
                           (uint64_t)info->signo, at + offsetof(struct signal_frame, info),
                           at + offsetof(struct signal_frame, uc));
    return 0;
}

/* --- the way out ------------------------------------------------------------------------------ */

/* Settle an interrupted call: restart it or fail it with -EINTR, depending on the handler (NULL:
 * none) that runs first. */
static void settle_call(struct trap_frame *regs, const struct signal_action *action)
{
    int64_t ret = arch_frame_result(regs);
    bool repeats;

    if (!arch_frame_is_call(regs))
        return;
    arch_frame_settle_call(regs);
    switch (-ret) {
    case ERESTARTNOINTR:
        repeats = true;
        break;
    case ERESTARTSYS:
        repeats = !action || (action->flags & SA_RESTART);
        break;
    case ERESTARTNOHAND:
    case ERESTART_RESTARTBLOCK:
        repeats = !action;
        break;
    default:
        return;
    }
    if (!repeats) {
        arch_frame_set_result(regs, -EINTR);
        return;
    }
    arch_frame_repeat_call(regs);
    if (-ret == ERESTART_RESTARTBLOCK)
        arch_frame_set_call(regs, NR_restart_syscall);
}

static void default_effect(struct user_thread *ut, int signal)
{
    unsigned long irq;

    /* init takes only signals with a handler; this one was blocked when it arrived. */
    if ((SIGNALS_IGNORED & SIGSET(signal)) || ut->process->pid == 1)
        return;
    if (SIGNALS_STOP & SIGSET(signal)) {
        irq = spin_lock_irqsave(&process_lock);
        /* An orphaned group is not stopped: nobody would continue it. Nor is the process if a
         * SIGCONT has arrived. */
        if (signal == SIGSTOP || !process_group_is_orphaned(ut->process->group))
            process_stop_locked(ut->process, signal);
        spin_unlock_irqrestore(&process_lock, irq);
        process_checkpoint();
        return;
    }
    process_exit(EXIT_STATUS_SIGNAL(signal));
}

static void run_handler(struct user_thread *ut, struct trap_frame *regs,
                        const struct signal_action *action, const struct linux_siginfo *info)
{
    sigset64_t mask = ut->has_saved_blocked ? ut->saved_blocked : ut->blocked;
    sigset64_t blocked = ut->blocked | action->mask;

    settle_call(regs, action);
    if (push_frame(ut, regs, action, info, mask) != 0) {
        if (info->signo == SIGSEGV)
            process_exit(EXIT_STATUS_SIGNAL(SIGSEGV));
        signal_force(SIGSEGV, SI_KERNEL, 0); /* its handler may have a stack of its own */
        return;
    }
    ut->has_saved_blocked = false;
    if (!(action->flags & SA_NODEFER))
        blocked |= SIGSET(info->signo);
    signal_set_mask(blocked);
}

/* Take and handle one signal; false: none is deliverable. */
static bool take(struct user_thread *ut, struct linux_siginfo *info, struct signal_action *action)
{
    struct process *p = ut->process;
    unsigned long irq = spin_lock_irqsave(&process_lock);
    bool found = signal_take_locked(~ut->blocked, info);

    if (found) {
        struct signal_action *slot = &p->actions[info->signo - 1];

        *action = *slot;
        if ((slot->flags & SA_RESETHAND) && slot->handler > SIG_IGN)
            slot->handler = SIG_DFL;
    }
    signal_recalculate_locked(ut);
    spin_unlock_irqrestore(&process_lock, irq);
    return found;
}

void user_return(struct trap_frame *regs)
{
    struct user_thread *ut = user_current();
    struct linux_siginfo info;
    struct signal_action action;

    thread_preempt_check();
    if (!thread_is_interrupted())
        return;
    process_checkpoint();
    while (take(ut, &info, &action)) {
        if (action.handler == SIG_IGN)
            continue;
        if (action.handler == SIG_DFL) {
            default_effect(ut, info.signo);
            continue;
        }
        run_handler(ut, regs, &action, &info);
    }
    settle_call(regs, NULL);
    signal_mask_restore();
}

/* --- the way back ----------------------------------------------------------------------------- */

/* Restore the alternate stack from the frame if sigaltstack(2) would accept it, whether or not one
 * was set meanwhile. */
static void restore_altstack(struct user_thread *ut, const struct stack_info *stack)
{
    uint32_t mode = (uint32_t)stack->flags & ~SS_AUTODISARM;

    if (mode == SS_DISABLE) {
        ut->altstack_base = 0;
        ut->altstack_size = 0;
        ut->altstack_flags = SS_DISABLE;
    } else if ((mode == 0 || mode == SS_ONSTACK) && stack->size >= MINSIGSTKSZ) {
        ut->altstack_base = stack->sp;
        ut->altstack_size = stack->size;
        ut->altstack_flags = (uint32_t)stack->flags & SS_AUTODISARM;
    }
}

int64_t sys_rt_sigreturn(void)
{
    struct user_thread *ut = user_current();
    struct trap_frame *regs = user_frame(&ut->thread.arch);
    struct signal_frame *f = heap_alloc(sizeof(*f));
    int64_t ret;

    if (!f || copy_from_user(f, arch_frame_sp(regs), sizeof(*f)) != 0) {
        heap_free(f);
        signal_force(SIGSEGV, SEGV_MAPERR, arch_frame_sp(regs));
        return 0;
    }
    arch_fpu_save(&ut->thread.arch);
    machine_context_load(&f->uc.context, regs, &ut->fpu);
    user_frame_replaced();
    arch_fpu_reload(&ut->thread.arch);
    restore_altstack(ut, &f->uc.stack);
    signal_set_mask(f->uc.mask);
    arch_frame_settle_call(regs);
    ret = arch_frame_result(regs);
    heap_free(f);
    return ret;
}
