SRCS := condvar.c mutex.c rwlock.c semaphore.c waitqueue.c
DEPS := core/log
PUBLIC_DEPS := core/lock core/thread core/time lib/base lib/list
TEST_DEPS := lib/prng
