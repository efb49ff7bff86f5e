/*
 * The guest's device tree; see guestdt.h.
 */
#include <fdt/writer.h>
#include <guestdt/guestdt.h>
#include <printf/printf.h>
#include <string/string.h>

/* Phandles: hart n's interrupt controller has n + 1. */
#define PHANDLE_PLIC 0x100

#define IRQ_SUPERVISOR_EXTERNAL 9

static void write_chosen(struct fdt_writer *w, const struct guestdt *m)
{
    fdt_write_begin(w, "chosen");
    fdt_write_string(w, "bootargs", m->bootargs);
    if (m->has_uart)
        fdt_write_string(w, "stdout-path", "/soc/serial@10000000");
    if (m->initrd.size) {
        fdt_write_u64(w, "linux,initrd-start", m->initrd.base.v);
        fdt_write_u64(w, "linux,initrd-end", m->initrd.base.v + m->initrd.size);
    }
    if (m->seed)
        fdt_write_prop(w, "rng-seed", m->seed, GUESTDT_SEED_SIZE);
    fdt_write_end(w);
}

static void write_cpu(struct fdt_writer *w, const struct guestdt *m, unsigned hart, const char *isa)
{
    fdt_write_begin_at(w, "cpu", hart);
    fdt_write_string(w, "device_type", "cpu");
    fdt_write_string(w, "compatible", "riscv");
    fdt_write_u32(w, "reg", hart);
    fdt_write_string(w, "status", "okay");
    fdt_write_string(w, "riscv,isa", isa);
    fdt_write_string(w, "mmu-type", "riscv,sv39");
    fdt_write_begin(w, "interrupt-controller");
    fdt_write_string(w, "compatible", "riscv,cpu-intc");
    fdt_write_flag(w, "interrupt-controller");
    fdt_write_u32(w, "#interrupt-cells", 1);
    fdt_write_u32(w, "phandle", hart + 1);
    fdt_write_end(w);
    fdt_write_end(w);
}

static void write_cpus(struct fdt_writer *w, const struct guestdt *m)
{
    char isa[GUESTDT_ISA_MAX];

    guestdt_isa(m->features, m->has_sstc, isa);
    fdt_write_begin(w, "cpus");
    fdt_write_u32(w, "#address-cells", 1);
    fdt_write_u32(w, "#size-cells", 0);
    fdt_write_u32(w, "timebase-frequency", (uint32_t)m->timebase_hz);
    for (unsigned hart = 0; hart < m->nr_harts; hart++)
        write_cpu(w, m, hart, isa);
    fdt_write_end(w);
}

static void write_memory(struct fdt_writer *w, const struct guestdt *m)
{
    const uint64_t reg[] = {GUESTDT_RAM_BASE, m->ram_size};

    fdt_write_begin_at(w, "memory", GUESTDT_RAM_BASE);
    fdt_write_string(w, "device_type", "memory");
    fdt_write_reg(w, reg, 1);
    fdt_write_end(w);
}

static void write_plic(struct fdt_writer *w, const struct guestdt *m)
{
    const uint64_t reg[] = {GUESTDT_PLIC_BASE, GUESTDT_PLIC_SIZE};
    uint32_t contexts[2 * 64];
    unsigned n = 0;

    for (unsigned hart = 0; hart < m->nr_harts && n < ARRAY_SIZE(contexts); hart++) {
        contexts[n++] = hart + 1;
        contexts[n++] = IRQ_SUPERVISOR_EXTERNAL;
    }
    static const char *const compatible[] = {"sifive,plic-1.0.0", "riscv,plic0"};

    fdt_write_begin_at(w, "interrupt-controller", GUESTDT_PLIC_BASE);
    fdt_write_strings(w, "compatible", compatible, ARRAY_SIZE(compatible));
    fdt_write_reg(w, reg, 1);
    fdt_write_u32(w, "#address-cells", 0);
    fdt_write_u32(w, "#interrupt-cells", 1);
    fdt_write_flag(w, "interrupt-controller");
    fdt_write_cells(w, "interrupts-extended", contexts, n);
    fdt_write_u32(w, "riscv,ndev", GUESTDT_NR_IRQS);
    fdt_write_u32(w, "phandle", PHANDLE_PLIC);
    fdt_write_end(w);
}

static void write_uart(struct fdt_writer *w)
{
    const uint64_t reg[] = {GUESTDT_UART_BASE, 0x100};

    fdt_write_begin_at(w, "serial", GUESTDT_UART_BASE);
    fdt_write_string(w, "compatible", "ns16550a");
    fdt_write_reg(w, reg, 1);
    fdt_write_u32(w, "clock-frequency", 3686400);
    fdt_write_u32(w, "interrupts", GUESTDT_UART_IRQ);
    fdt_write_u32(w, "interrupt-parent", PHANDLE_PLIC);
    fdt_write_end(w);
}

static void write_soc(struct fdt_writer *w, const struct guestdt *m)
{
    fdt_write_begin(w, "soc");
    fdt_write_u32(w, "#address-cells", 2);
    fdt_write_u32(w, "#size-cells", 2);
    fdt_write_string(w, "compatible", "simple-bus");
    fdt_write_flag(w, "ranges");
    if (m->has_uart) {
        write_plic(w, m);
        write_uart(w);
    }
    fdt_write_end(w);
}

/* One node for all banks, as on QEMU's virt. */
static void write_flash(struct fdt_writer *w, const struct guestdt *m)
{
    uint64_t reg[2 * GUESTDT_FLASH_MAX];

    if (m->nr_flash == 0)
        return;
    for (unsigned i = 0; i < m->nr_flash; i++) {
        reg[2 * i] = m->flash[i].base.v;
        reg[2 * i + 1] = m->flash[i].size;
    }
    fdt_write_begin_at(w, "flash", m->flash[0].base.v);
    fdt_write_string(w, "compatible", "cfi-flash");
    fdt_write_reg(w, reg, m->nr_flash);
    fdt_write_u32(w, "bank-width", 4);
    fdt_write_end(w);
}

int guestdt_write(const struct guestdt *m, void *buf, size_t size, size_t *total)
{
    struct fdt_writer w;
    char model[64];

    snprintf(model, sizeof(model), "Trine guest %s", m->model);
    fdt_writer_init(&w, buf, size);
    fdt_write_begin(&w, "");
    fdt_write_u32(&w, "#address-cells", 2);
    fdt_write_u32(&w, "#size-cells", 2);
    fdt_write_string(&w, "compatible", "trine,guest");
    fdt_write_string(&w, "model", model);
    write_chosen(&w, m);
    write_memory(&w, m);
    write_cpus(&w, m);
    write_flash(&w, m);
    write_soc(&w, m);
    fdt_write_end(&w);
    return fdt_writer_finish(&w, total);
}
