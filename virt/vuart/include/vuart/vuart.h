/*
 * An emulated 16550A UART: byte registers, FIFOs, modem loop-back, the four interrupt causes.
 *
 * After the National Semiconductor PC16550D data sheet. Transmission is instantaneous: the holding
 * register is empty again at once. Baud rate and frame format are stored and ignored.
 */
#ifndef VUART_VUART_H
#define VUART_VUART_H

#include <lock/spinlock.h>
#include <vdev/vdev.h>

#define VUART_SIZE    8  /* the device tree's 0x100 bytes are empty beyond, as on QEMU */
#define VUART_RX_FIFO 64 /* deeper than the chip's 16, so that pasted input is not lost */

/* The other end of the line. Both are called with the UART's lock held, interrupts masked. */
struct vuart_line {
    void (*transmit)(void *ctx, uint8_t byte);
    /* Get a received byte, if there is one. Called whenever the FIFO has room; cheap without
     * one. */
    bool (*receive)(void *ctx, uint8_t *byte);
    void *ctx;
};

struct vuart {
    struct vdev dev;
    struct vuart_line line; /* [I] */

    struct spinlock lock; /* interrupts masked; before the interrupt controller's and the line's */
    uint8_t ier GUARDED_BY(&lock), fcr GUARDED_BY(&lock), lcr GUARDED_BY(&lock);
    uint8_t mcr GUARDED_BY(&lock), scr GUARDED_BY(&lock);
    uint8_t dll GUARDED_BY(&lock), dlm GUARDED_BY(&lock);
    bool is_thr_interrupt GUARDED_BY(&lock); /* THR became empty, and IIR was not read since */
    bool is_overrun GUARDED_BY(&lock);
    bool is_raised GUARDED_BY(&lock); /* state of the interrupt line */
    uint8_t rx[VUART_RX_FIFO] GUARDED_BY(&lock);
    unsigned rx_head GUARDED_BY(&lock), rx_count GUARDED_BY(&lock);
};

/* Initialise the model in its reset state, with dev at base. Once. */
void vuart_init(struct vuart *uart, const char *name, gpa_t base, struct vdev_irq irq,
                struct vuart_line line);

/* Reset; received bytes that were not read are lost. Any context. */
void vuart_reset(struct vuart *uart);

/* Call when line.receive() has a byte. Any context. */
void vuart_poll(struct vuart *uart);

#endif
