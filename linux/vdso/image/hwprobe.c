/*
 * riscv_hwprobe(2) in user mode for queries about all CPUs, which C libraries make at every program
 * start. Other queries, and the first one, make the system call.
 */
#include <abi/numbers.h>

#include "layout.h"

#include <stddef.h>

struct pair {
    int64_t key;
    uint64_t value;
};

/* Exported to programs. */
int __vdso_riscv_hwprobe(struct pair *pairs, size_t nr_pairs, size_t nr_cpu_bytes,
                         unsigned long *cpus, unsigned flags);

extern const struct vdso_hwprobe vdso_hwprobe __attribute__((visibility("hidden"))); /* image.ld */

int __vdso_riscv_hwprobe(struct pair *pairs, size_t nr_pairs, size_t nr_cpu_bytes,
                         unsigned long *cpus, unsigned flags)
{
    if (nr_cpu_bytes != 0 || cpus || flags != 0 ||
        !__atomic_load_n(&vdso_hwprobe.is_known, __ATOMIC_ACQUIRE)) {
        register long a0 __asm__("a0") = (long)pairs;
        register long a1 __asm__("a1") = (long)nr_pairs;
        register long a2 __asm__("a2") = (long)nr_cpu_bytes;
        register long a3 __asm__("a3") = (long)cpus;
        register long a4 __asm__("a4") = (long)flags;
        register long a7 __asm__("a7") = NR_riscv_hwprobe;

        __asm__ volatile("ecall"
                         : "+r"(a0)
                         : "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7)
                         : "memory");
        return (int)a0;
    }
    for (struct pair *pair = pairs; pair != pairs + nr_pairs; pair++)
        if ((uint64_t)pair->key < VDSO_HWPROBE_KEYS)
            pair->value = vdso_hwprobe.values[pair->key];
        else
            *pair = (struct pair){-1, 0};
    return 0;
}
