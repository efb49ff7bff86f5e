/* See <threadlocal/threadlocal.h>. */
#include <string/string.h>
#include <thread/thread.h>
#include <threadlocal/threadlocal.h>

/* The alignment is that of blocks of the heap, which threads are. */
_Thread_local struct thread thread_local_room
    __attribute__((section(".tdata.room"), aligned(16), used, tls_model("local-exec"))) = {
        .name = "room",
};

/* kernel.ld */
extern const char __kernel_tls_start[], __kernel_tls_data_end[];

/* The boot thread's, which nobody allocates; before any constructor that may use them. */
__attribute__((constructor(101))) static void begin(void)
{
    memcpy(thread_current() + 1, __kernel_tls_start,
           (size_t)(__kernel_tls_data_end - __kernel_tls_start));
}
