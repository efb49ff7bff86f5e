/*
 * Credentials: the rules of setuid(2) and relatives, capset(2) and execve(2), and sharing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <base/errno.h>
#include <cred/cred.h>
#include <frame/frame.h>
#include <heap/heap.h>
#include <host/host.h>

#define FILE_CAPS ((1ull << CAP_CHOWN) | (1ull << CAP_DAC_OVERRIDE))

static const struct cred user = {.uid = 1000,
                                 .euid = 1000,
                                 .suid = 1000,
                                 .fsuid = 1000,
                                 .gid = 100,
                                 .egid = 100,
                                 .sgid = 100,
                                 .fsgid = 100,
                                 .cap_bounding = CAP_ALL};

static void assert_uids(const struct cred *c, uint32_t uid, uint32_t euid, uint32_t suid)
{
    assert_int_equal(c->uid, uid);
    assert_int_equal(c->euid, euid);
    assert_int_equal(c->suid, suid);
}

static void assert_gids(const struct cred *c, uint32_t gid, uint32_t egid, uint32_t sgid)
{
    assert_int_equal(c->gid, gid);
    assert_int_equal(c->egid, egid);
    assert_int_equal(c->sgid, sgid);
}

static void root_gives_its_rights_up(void **state)
{
    struct cred c = cred_kernel;

    (void)state;
    assert_int_equal(cred_setuid(&c, 1000), 0);
    assert_uids(&c, 1000, 1000, 1000);
    assert_int_equal(c.fsuid, 1000);
    assert_int_equal(c.cap_permitted, 0);
    assert_int_equal(c.cap_effective, 0);
    assert_int_equal(cred_setuid(&c, 0), -EPERM);
    assert_uids(&c, 1000, 1000, 1000);
}

/* A root uid that stays saved keeps the permitted set, and taking it back makes it effective. */
static void root_steps_aside_and_comes_back(void **state)
{
    struct cred c = cred_kernel;

    (void)state;
    assert_int_equal(cred_setresuid(&c, CRED_KEEP, 1000, 0), 0);
    assert_uids(&c, 0, 1000, 0);
    assert_int_equal(c.cap_effective, 0);
    assert_int_equal(c.cap_permitted, CAP_ALL);
    assert_int_equal(cred_setresuid(&c, CRED_KEEP, 7, CRED_KEEP), -EPERM);
    assert_int_equal(cred_setresuid(&c, CRED_KEEP, 0, CRED_KEEP), 0);
    assert_int_equal(c.cap_effective, CAP_ALL);
}

static void keepcaps_keeps_the_permitted_set(void **state)
{
    struct cred c = cred_kernel;

    (void)state;
    c.keeps_caps = true;
    assert_int_equal(cred_setuid(&c, 1000), 0);
    assert_int_equal(c.cap_permitted, CAP_ALL);
    assert_int_equal(c.cap_effective, 0);
}

static void a_user_takes_ids_that_it_has(void **state)
{
    struct cred c = user;

    (void)state;
    c.suid = 2000;
    assert_int_equal(cred_setuid(&c, CRED_KEEP), -EINVAL);
    assert_int_equal(cred_setuid(&c, 3000), -EPERM);
    assert_int_equal(cred_setuid(&c, 2000), 0);
    assert_uids(&c, 1000, 2000, 2000);
    assert_int_equal(cred_setresuid(&c, 2000, 1000, CRED_KEEP), 0);
    assert_uids(&c, 2000, 1000, 2000);
    assert_int_equal(cred_setresuid(&c, 1, CRED_KEEP, CRED_KEEP), -EPERM);
    assert_int_equal(cred_setresuid(&c, CRED_KEEP, CRED_KEEP, 1), -EPERM);
}

/* setreuid: the saved uid may become effective, not real; it follows as setreuid(2) says. */
static void setreuid_and_the_saved_id(void **state)
{
    struct cred c = user;

    (void)state;
    c.suid = 2000;
    assert_int_equal(cred_setreuid(&c, 2000, CRED_KEEP), -EPERM);
    assert_int_equal(cred_setreuid(&c, CRED_KEEP, 1000), 0);
    assert_uids(&c, 1000, 1000, 2000);
    assert_int_equal(cred_setreuid(&c, CRED_KEEP, 2000), 0);
    assert_uids(&c, 1000, 2000, 2000);
    assert_int_equal(cred_setreuid(&c, 2000, 1000), 0);
    assert_uids(&c, 2000, 1000, 1000);
    assert_int_equal(cred_setreuid(&c, 1000, CRED_KEEP), 0);
    assert_uids(&c, 1000, 1000, 1000);
}

static void groups_follow_the_same_rules(void **state)
{
    struct cred c = user;

    (void)state;
    c.sgid = 200;
    assert_int_equal(cred_setgid(&c, 300), -EPERM);
    assert_int_equal(cred_setgid(&c, CRED_KEEP), -EINVAL);
    assert_int_equal(cred_setgid(&c, 200), 0);
    assert_gids(&c, 100, 200, 200);
    assert_int_equal(c.fsgid, 200);
    assert_int_equal(cred_setregid(&c, 200, 100), 0);
    assert_gids(&c, 200, 100, 100);
    assert_int_equal(cred_setresgid(&c, 300, CRED_KEEP, CRED_KEEP), -EPERM);
    c.cap_effective = 1ull << CAP_SETGID;
    assert_int_equal(cred_setresgid(&c, 300, 301, 302), 0);
    assert_gids(&c, 300, 301, 302);
    assert_int_equal(cred_setgid(&c, 5), 0);
    assert_gids(&c, 5, 5, 5);
}

static void rights_over_files_follow_the_fsuid(void **state)
{
    struct cred c = cred_kernel;

    (void)state;
    assert_int_equal(cred_setfsuid(&c, 1000), 0);
    assert_int_equal(c.cap_effective & FILE_CAPS, 0);
    assert_true(cred_has_cap(&c, CAP_KILL));
    assert_int_equal(cred_setfsuid(&c, 0), 0);
    assert_int_equal(c.cap_effective, CAP_ALL);
    assert_int_equal(cred_setfsuid(&c, CRED_KEEP), -EINVAL);
    c = user;
    assert_int_equal(cred_setfsuid(&c, 0), -EPERM);
    assert_int_equal(cred_setfsgid(&c, 0), -EPERM);
    assert_int_equal(cred_setfsgid(&c, 100), 0);
    assert_int_equal(c.fsuid, 1000);
}

static void capset_adds_nothing(void **state)
{
    const uint64_t kill = 1ull << CAP_KILL, chown = 1ull << CAP_CHOWN;
    struct cred c = user;

    (void)state;
    c.cap_permitted = kill;
    c.cap_ambient = 0;
    assert_int_equal(cred_capset(&c, kill | chown, kill | chown, 0), -EPERM);
    assert_int_equal(cred_capset(&c, chown, kill, 0), -EPERM);
    assert_int_equal(cred_capset(&c, kill, kill, chown), -EPERM);
    assert_int_equal(c.cap_effective, 0);
    assert_int_equal(cred_capset(&c, kill, kill, kill), 0);
    assert_int_equal(c.cap_effective, kill);
    c.cap_ambient = kill;
    assert_int_equal(cred_capset(&c, 0, kill, 0), 0);
    assert_int_equal(c.cap_ambient, 0);
}

static void a_set_uid_program_gains_rights(void **state)
{
    struct cred c = user;

    (void)state;
    c.euid = 0;
    assert_true(cred_exec(&c, &user, false));
    assert_uids(&c, 1000, 0, 0);
    assert_int_equal(c.cap_effective, CAP_ALL);
    assert_int_equal(c.fsuid, 0);
}

static void no_new_privs_takes_them_away(void **state)
{
    struct cred c = user;

    (void)state;
    c.euid = 0;
    (void)cred_exec(&c, &user, true);
    assert_uids(&c, 1000, 1000, 1000);
    assert_int_equal(c.cap_permitted, 0);
}

static void an_ambient_set_survives_execve(void **state)
{
    const uint64_t kill = 1ull << CAP_KILL;
    struct cred old = user, c;

    (void)state;
    old.cap_permitted = old.cap_effective = old.cap_inheritable = old.cap_ambient = kill;
    old.keeps_caps = true;
    c = old;
    assert_false(cred_exec(&c, &old, false));
    assert_int_equal(c.cap_effective, kill);
    assert_false(c.keeps_caps);
    c = old;
    c.egid = 0; /* a set-group-id file */
    assert_true(cred_exec(&c, &old, false));
    assert_int_equal(c.cap_effective, 0);
}

/* ---- sharing ---- */

static void an_object_lives_until_its_last_count(void **state)
{
    struct credentials *c = credentials_create(&user);

    (void)state;
    credentials_get(c);
    credentials_put(c);
    assert_int_equal(c->cred.uid, 1000);
    assert_int_equal(c->account->uid, 1000);
    credentials_put(c); /* the sanitizer sees what remains or goes twice */
    credentials_put(NULL);
}

static void one_user_has_one_account(void **state)
{
    struct credentials *a = credentials_create(&user), *b = credentials_create(&user);
    struct credentials *root = credentials_create(&cred_kernel);
    struct user_account *account = a->account;

    (void)state;
    assert_ptr_equal(a->account, b->account);
    assert_ptr_not_equal(a->account, root->account);
    user_account_get(account); /* a queued signal */
    account->nr_signals = 3;
    credentials_put(a);
    credentials_put(b);
    a = credentials_create(&user);
    assert_ptr_equal(a->account, account);
    assert_int_equal(a->account->nr_signals, 3);
    user_account_put(account);
    credentials_put(a);
    a = credentials_create(&user); /* the account had gone: a new one */
    assert_int_equal(a->account->nr_signals, 0);
    credentials_put(a);
    credentials_put(root);
}

static int set_up(void **state)
{
    static const struct frame_range ram = {{0x80000000}, MIB(16)};

    (void)state;
    host_ram_init(ram.start, ram.size);
    return frame_init(&ram, 1, NULL, 0) != 0 || heap_init() != 0 ? -1 : 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_gives_its_rights_up),
        cmocka_unit_test(root_steps_aside_and_comes_back),
        cmocka_unit_test(keepcaps_keeps_the_permitted_set),
        cmocka_unit_test(a_user_takes_ids_that_it_has),
        cmocka_unit_test(setreuid_and_the_saved_id),
        cmocka_unit_test(groups_follow_the_same_rules),
        cmocka_unit_test(rights_over_files_follow_the_fsuid),
        cmocka_unit_test(capset_adds_nothing),
        cmocka_unit_test(a_set_uid_program_gains_rights),
        cmocka_unit_test(no_new_privs_takes_them_away),
        cmocka_unit_test(an_ambient_set_survives_execve),
        cmocka_unit_test(an_object_lives_until_its_last_count),
        cmocka_unit_test(one_user_has_one_account),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
