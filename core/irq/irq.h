/* Between irq.c and ipi.c. */
#ifndef IRQ_PRIVATE_H
#define IRQ_PRIVATE_H

/* A software interrupt came: runs what other CPUs asked of this one. */
void ipi_handle(void);

#endif
