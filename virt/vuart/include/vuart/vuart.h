/*
 * An emulated 16550A UART: byte registers, FIFOs, modem loop-back, the four interrupt causes.
 *
 * After the National Semiconductor PC16550D data sheet. Transmission takes no time: the holding
 * register is empty again as soon as it was written. Baud rate and frame format are kept and
 * ignored.
 */
#ifndef VUART_VUART_H
#define VUART_VUART_H

#include <vdev/vdev.h>

#define VUART_SIZE    0x100
#define VUART_RX_FIFO 64 /* deeper than the chip's 16, so that a burst of typing is not lost */

struct vuart {
    struct vdev dev;
    struct vdev_irq irq;
    void (*transmit)(void *ctx, uint8_t byte);
    void *transmit_ctx;

    uint8_t ier, fcr, lcr, mcr, scr, dll, dlm;
    bool is_thr_interrupt; /* holding register ran empty, and IIR was not read since */
    bool is_overrun;
    uint8_t rx[VUART_RX_FIFO];
    unsigned rx_head, rx_count;
};

/* Sets everything to the state after reset, and dev for registration at base. */
void vuart_init(struct vuart *uart, const char *name, gpa_t base, struct vdev_irq irq,
                void (*transmit)(void *ctx, uint8_t byte), void *ctx);

/* A byte arrives from outside. False, and the guest sees an overrun, if the FIFO is full. */
bool vuart_receive(struct vuart *uart, uint8_t byte);

#endif
