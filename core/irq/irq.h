/* Shared by irq.c and ipi.c. */
#ifndef IRQ_PRIVATE_H
#define IRQ_PRIVATE_H

/* Handle a software interrupt: run the requests of other CPUs. */
void ipi_handle(void);

#endif
