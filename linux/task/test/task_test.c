/*
 * Processes, threads, groups and sessions: numbers, counts, who is tied to whom, times, names.
 */
#include "processes.h"

#include <host_user/host_user.h>
#include <string/string.h>
#include <vspace/vspace.h>

/* --- numbers ---------------------------------------------------------------------------------- */

/* One is free if no process, thread or group has it: a group may outlive its first process. */
static void a_number_is_nobody_elses(void **state)
{
    struct process *init = make_process(1, NULL, &cred_kernel), *leader;
    struct process_group *group;
    pid_t next;

    (void)state;
    act_as(init->leader);
    next = pid_choose(init);
    assert_in_range(next, 2, PID_MAX - 10);
    leader = make_process(next + 1, NULL, &cred_kernel);
    (void)make_thread(init, next + 2);
    (void)make_process(next + 3, init, &cred_kernel);
    group = leader->group;
    group_join(make_process(next + 4, init, &cred_kernel), group);
    drop_process(leader);
    assert_ptr_equal(process_group_find(next + 1), group);
    assert_int_equal(pid_choose(init), next + 5);
}

static void what_a_number_means(void **state)
{
    struct process *p = make_process(10, NULL, &cred_kernel);
    struct user_thread *other = make_thread(p, 11);

    (void)state;
    assert_ptr_equal(process_find(10), p);
    assert_null(process_find(11));
    assert_ptr_equal(user_thread_find(11), other);
    assert_int_equal(p->nr_threads, 2);
    /* exec in a thread that is not the first: it takes the first one's number. */
    drop_thread(p->leader);
    user_thread_renumber(other, 10);
    assert_ptr_equal(user_thread_find(10), other);
    assert_null(user_thread_find(11));
    assert_int_equal(p->nr_threads, 1);
}

static void limits_of_a_user(void **state)
{
    struct process *root = make_process(1, NULL, &cred_kernel);
    struct process *p = make_process(2, root, &user_1000), *other = make_process(3, p, &user_1000);

    (void)state;
    (void)make_thread(other, 4);
    p->limits[RLIMIT_NPROC].cur = 3;
    root->limits[RLIMIT_NPROC].cur = 1;
    act_as(p->leader);
    assert_int_equal(pid_choose(p), -EAGAIN);
    p->limits[RLIMIT_NPROC].cur = 4; /* the one of root is not this user's */
    assert_true(pid_choose(p) > 0);
    act_as(root->leader);
    assert_true(pid_choose(root) > 0);
    nr_user_threads_max = nr_user_threads;
    assert_int_equal(pid_choose(root), -EAGAIN);
    process_boot();
}

/* --- groups and sessions ---------------------------------------------------------------------- */

static void a_group_lives_as_long_as_its_members(void **state)
{
    struct process *a = make_process(10, NULL, &cred_kernel),
                   *b = make_process(11, a, &cred_kernel);
    struct session *session = a->group->session;
    struct process_group *own;

    (void)state;
    group_join(b, b->group); /* once more: nothing happens */
    assert_ptr_equal(b->group, a->group);
    assert_int_equal(a->group->refcount, 2);
    own = group_create(11, session);
    group_join(b, own);
    assert_ptr_equal(process_group_find(11), own);
    assert_int_equal(session->refcount, 2);
    assert_int_equal(a->group->refcount, 1);
    process_group_get(own); /* a terminal's foreground */
    group_join(b, a->group);
    assert_ptr_equal(process_group_find(11), own);
    process_group_put(own);
    assert_null(process_group_find(11));
    assert_int_equal(session->refcount, 1);
}

static void orphaned_groups(void **state)
{
    struct process *init = make_process(1, NULL, &cred_kernel);
    struct process *shell = make_process(10, init, &cred_kernel);
    struct process *job = make_process(11, shell, &cred_kernel);
    struct process *helper = make_process(12, job, &cred_kernel);
    struct session *session = init->group->session;

    (void)state;
    group_join(shell, group_create(10, session));
    group_join(job, group_create(11, session));
    group_join(helper, job->group);
    assert_true(process_group_is_orphaned(shell->group)); /* init cares for no jobs */
    assert_false(process_group_is_orphaned(job->group));
    assert_true(process_group_is_tied_by(job, shell));
    assert_false(process_group_is_tied_by(helper, job)); /* in the same group */
    job->state = PROCESS_ZOMBIE;
    assert_true(process_group_is_orphaned(job->group));
    job->state = PROCESS_ALIVE;
    assert_false(process_group_has_stopped(job->group));
    helper->state = PROCESS_STOPPED;
    assert_true(process_group_has_stopped(job->group));
    group_join(shell, group_create(20, session_create(20))); /* in another session */
    assert_true(process_group_is_orphaned(job->group));
}

/* --- counts ----------------------------------------------------------------------------------- */

static void a_thread_keeps_its_process(void **state)
{
    struct process *p = make_process(10, NULL, &cred_kernel);
    struct user_thread *ut = p->leader;
    struct heap_stats stats;

    (void)state;
    user_thread_get(ut);
    drop_process(p);
    assert_null(process_find(10));
    assert_int_equal(ut->process->pid, 10);
    assert_int_equal(ut->process->refcount, 1);
    user_thread_put(ut);
    heap_stats(&stats);
    assert_int_equal(stats.used_bytes, 0);
}

static void a_space_that_is_looked_at(void **state)
{
    struct process *p = make_process(10, NULL, &cred_kernel);
    struct vspace *vs = vspace_create(VSPACE_STAGE1, PAGE_SIZE, GIB(1));

    (void)state;
    assert_null(process_vspace_get(p));
    p->vspace = vs;
    assert_ptr_equal(process_vspace_get(p), vs);
    assert_int_equal(vs->refcount, 2);
    p->vspace = NULL;
    vspace_put(vs);
    vspace_put(vs);
}

/* --- times, states, names --------------------------------------------------------------------- */

static void times_of_all_threads(void **state)
{
    struct process *p = make_process(10, NULL, &cred_kernel);
    struct user_thread *other = make_thread(p, 11);
    uint64_t user, system;

    (void)state;
    p->dead_utime_ns = 7000;
    p->dead_stime_ns = 100;
    p->leader->thread.run_ticks = 500;
    p->leader->thread.user_clock = 200 << THREAD_CLOCK_SHIFT;
    other->thread.run_ticks = 10; /* not accounted yet: it has been in user mode for longer */
    other->thread.user_clock = 20 << THREAD_CLOCK_SHIFT;
    process_times(p, &user, &system);
    assert_int_equal(user, 7000 + 200 + 20);
    assert_int_equal(system, 100 + 300);
}

static void statistics_and_letters(void **state)
{
    struct process *p = make_process(10, NULL, &cred_kernel),
                   *q = make_process(11, p, &cred_kernel);
    struct user_thread *other = make_thread(p, 12);
    struct process_statistics s;

    (void)state;
    p->leader->thread.state = THREAD_RUNNABLE;
    other->thread.state = THREAD_INTERRUPTIBLE;
    q->leader->thread.state = THREAD_BLOCKED;
    process_statistics(&s);
    assert_int_equal(s.nr_processes, 2);
    assert_int_equal(s.nr_threads, 3);
    assert_int_equal(s.nr_running, 1);
    assert_int_equal(process_state_letter(p), 'R');
    assert_int_equal(user_thread_state_letter(other), 'S');
    assert_int_equal(process_state_letter(q), 'D');
    q->leader->is_stopped = true;
    assert_int_equal(process_state_letter(q), 'T');
    q->state = PROCESS_ZOMBIE;
    assert_int_equal(process_state_letter(q), 'Z');
    q->state = PROCESS_DEAD;
    assert_int_equal(process_state_letter(q), 'X');
}

static void a_process_is_called_as_its_leader(void **state)
{
    struct process *p = make_process(10, NULL, &cred_kernel);
    struct user_thread *other = make_thread(p, 11);

    (void)state;
    user_thread_set_name(p->leader, "a name of more than 15");
    assert_string_equal(p->leader->name, "a name of more ");
    assert_string_equal(p->name, "a name of more ");
    user_thread_set_name(other, "worker");
    assert_string_equal(other->name, "worker");
    assert_string_equal(p->name, "a name of more ");
}

/* --- credentials ------------------------------------------------------------------------------ */

static void credentials_are_a_threads_own(void **state)
{
    struct process *p = make_process(10, NULL, &cred_kernel);
    struct user_thread *other = make_thread(p, 11);
    struct credentials *before = p->credentials;
    struct cred changed = cred_kernel;

    (void)state;
    changed.euid = 7;
    act_as(other);
    assert_int_equal(cred_commit(&cred_kernel), 0); /* as it was: no new object */
    assert_ptr_equal(other->credentials, before);
    assert_int_equal(cred_commit(&changed), 0);
    assert_int_equal(cred_current()->euid, 7);
    assert_int_equal(p->credentials->cred.euid, 0);
    act_as(p->leader);
    assert_int_equal(cred_current()->euid, 0);
    assert_int_equal(cred_commit(&changed), 0);
    assert_int_equal(p->credentials->cred.euid, 7);
    assert_ptr_equal(p->credentials, p->leader->credentials);
}

static void low_addresses_are_for_the_privileged(void **state)
{
    struct process *root = make_process(10, NULL, &cred_kernel);
    struct process *user = make_process(11, root, &user_1000);

    (void)state;
    act_as(user->leader);
    assert_false(process_may_map_at(MMAP_MIN_ADDR - PAGE_SIZE));
    assert_true(process_may_map_at(MMAP_MIN_ADDR));
    act_as(root->leader);
    assert_true(process_may_map_at(PAGE_SIZE));
}

/* --- running ---------------------------------------------------------------------------------- */

static uint32_t told, seen;

static void program(struct trap_frame *frame)
{
    (void)frame;
    seen = told;
    assert_ptr_equal(process_current(), process_find(10));
    process_put(process_current()); /* the test looks until then */
    user_thread_unpublish(user_current());
    thread_exit();
}

static void on_timer(struct timer *timer)
{
    (void)timer;
}

/* And a processor timer that waited for somebody to run is armed. */
static void a_new_thread_tells_its_number_first(void **state)
{
    struct process *p = make_process(10, NULL, &cred_kernel);
    struct user_thread *ut = make_thread(p, 11);

    (void)state;
    told = 0;
    host_program = program;
    process_get(p);
    ut->set_child_tid = (uint64_t)(uintptr_t)&told;
    timer_init(&p->cpu_timer.timer, on_timer);
    p->cpu_timer.delay_ns = NS_PER_SEC;
    p->cpu_timer.is_parked = 1;
    thread_start(&ut->thread);
    thread_detach(&ut->thread);
    assert_int_equal(told, 0);
    thread_yield();
    assert_int_equal(seen, 11);
    assert_int_equal(p->nr_threads, 1);
    assert_int_equal(p->cpu_timer.is_parked, 0);
    assert_true(timer_cancel(&p->cpu_timer.timer));
}

#define TEST(name) cmocka_unit_test_teardown(name, world_end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_number_is_nobody_elses),
        TEST(what_a_number_means),
        TEST(limits_of_a_user),
        TEST(a_group_lives_as_long_as_its_members),
        TEST(orphaned_groups),
        TEST(a_thread_keeps_its_process),
        TEST(a_space_that_is_looked_at),
        TEST(times_of_all_threads),
        TEST(statistics_and_letters),
        TEST(a_process_is_called_as_its_leader),
        TEST(credentials_are_a_threads_own),
        TEST(low_addresses_are_for_the_privileged),
        TEST(a_new_thread_tells_its_number_first),
    };

    return cmocka_run_group_tests(tests, world_init, NULL);
}
