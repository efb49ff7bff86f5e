/* See <threadlocal/threadlocal.h>. */
#include <thread/thread.h>
#include <threadlocal/threadlocal.h>

/* The alignment is that of blocks of the heap, which threads are. */
_Thread_local struct thread thread_local_room
    __attribute__((section(".tdata.room"), aligned(16), used, tls_model("local-exec"))) = {
        .name = "room",
};
