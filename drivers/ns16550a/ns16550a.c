/*
 * The 16550A UART (National Semiconductor PC16550D data sheet, 1995): output by polling, input by
 * interrupt. One instance: the console.
 *
 * Output polls because the kernel's messages must work in any context; the receiver's FIFO is
 * emptied by the interrupt handler into the console's input.
 */
#include <arch/mmio.h>
#include <arch/paging.h>
#include <base/errno.h>
#include <console/console.h>
#include <driver/driver.h>
#include <irq/irq.h>
#include <kmap/kmap.h>
#include <log/log.h>

/* Registers, in units of the register stride. */
#define UART_RBR 0 /* read: received byte */
#define UART_THR 0 /* write: byte to send */
#define UART_IER 1 /* interrupt enable */
#define UART_FCR 2 /* FIFO control */
#define UART_LCR 3 /* line control */
#define UART_MCR 4 /* modem control */
#define UART_LSR 5 /* line status */
#define UART_SCR 7 /* scratch: nothing but a byte */

#define IER_RECEIVED 0x01
#define FCR_ENABLE   0x01
#define FCR_CLEAR    0x06
#define LCR_8N1      0x03
#define MCR_DTR_RTS  0x0b /* and OUT2, which gates the interrupt on PCs */
#define LSR_READY    0x01
#define LSR_THRE     0x20
#define FIFO_SIZE    16

/* Bound for a transmitter that never empties (no such device). */
#define SEND_SPINS 1000000

static struct {
    volatile uint8_t *regs;
    unsigned shift;     /* log2 of the register stride */
    uint32_t is_paused; /* [a] no room for input: the receiver's interrupt is off */
    struct console console;
} uart;

static uint8_t reg_read(unsigned reg)
{
    return mmio_read8(uart.regs + ((size_t)reg << uart.shift));
}

static void reg_write(unsigned reg, uint8_t value)
{
    mmio_write8(uart.regs + ((size_t)reg << uart.shift), value);
}

/* Wait once for the whole FIFO, then fill it. */
static void uart_write(struct console *con, const char *bytes, size_t nr_bytes)
{
    (void)con;
    for (size_t i = 0; i < nr_bytes; i++) {
        if (i % FIFO_SIZE == 0)
            for (unsigned spins = 0; !(reg_read(UART_LSR) & LSR_THRE) && spins < SEND_SPINS;
                 spins++)
                ;
        reg_write(UART_THR, (uint8_t)bytes[i]);
    }
}

/*
 * Set is_paused before the last check of the room, so that a reader that makes room after it sees
 * the flag. Turn the interrupt off before setting it: only clearing it turns the interrupt on.
 */
static bool pause_input(void)
{
    reg_write(UART_IER, 0);
    __atomic_store_n(&uart.is_paused, 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (console_input_room() == 0)
        return true;
    console_input_resume();
    return false;
}

static void uart_resume_input(struct console *con)
{
    (void)con;
    __atomic_thread_fence(__ATOMIC_SEQ_CST); /* order the room before the check */
    if (READ_ONCE(uart.is_paused) && __atomic_exchange_n(&uart.is_paused, 0, __ATOMIC_SEQ_CST))
        reg_write(UART_IER, IER_RECEIVED);
}

/* Leave bytes without room in the receiver; when that is full, the sender waits. */
static void uart_interrupt(void *ctx)
{
    char bytes[FIFO_SIZE];
    size_t n, room;

    (void)ctx;
    do {
        room = MIN(console_input_room(), sizeof(bytes));
        for (n = 0; n < room && (reg_read(UART_LSR) & LSR_READY); n++)
            bytes[n] = (char)reg_read(UART_RBR);
        if (n != 0)
            console_received(bytes, n);
    } while (n != 0 ? n == room : room == 0 && !pause_input());
}

static int uart_probe(struct device *dev)
{
    uint32_t shift = 0;

    if (uart.regs)
        return -EBUSY;
    if (dev->nr_regs == 0)
        return -EINVAL;
    fdt_node_u32(dev->fdt, &dev->node, "reg-shift", &shift);
    if (shift > 3 || dev->reg[0].size < (8ul << shift))
        return -EINVAL;
    uint8_t *regs = kmap_range(dev->reg[0].base, 8ul << shift, PT_RW);

    if (!regs)
        return -ENOMEM;
    /* The address comes from the device tree: probe it. Not the first register, where reading takes
     * input. */
    if (!mmio_answers(regs + ((uint64_t)UART_SCR << shift), 1)) {
        kmap_unmap(regs, 8ul << shift);
        return -ENXIO;
    }
    uart.regs = regs;
    uart.shift = shift;
    reg_write(UART_IER, 0);
    reg_write(UART_LCR, LCR_8N1); /* the firmware has set the speed */
    reg_write(UART_FCR, FCR_ENABLE | FCR_CLEAR);
    reg_write(UART_MCR, MCR_DTR_RTS);
    uart.console = (struct console){
        .name = "ns16550a", .write = uart_write, .resume_input = uart_resume_input};
    console_register(&uart.console);
    /* Without an interrupt there is output only. */
    if (dev->nr_irqs == 0)
        return 0;
    int err = irq_register(dev->irq[0], uart_interrupt, NULL);

    if (err == 0)
        reg_write(UART_IER, IER_RECEIVED);
    return err;
}

DRIVER(ns16550a, uart_probe, "ns16550a", "ns16550");
