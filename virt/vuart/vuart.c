/*
 * The 16550A model; see vuart.h.
 */
#include <vuart/vuart.h>

/* Register offsets; DLL and DLM replace the first two while LCR.DLAB is set. */
enum {
    REG_RBR_THR = 0,
    REG_IER = 1,
    REG_IIR_FCR = 2,
    REG_LCR = 3,
    REG_MCR = 4,
    REG_LSR = 5,
    REG_MSR = 6,
    REG_SCR = 7,
};

enum {
    IER_RX = 0x01,
    IER_THRE = 0x02,
    IER_LINE = 0x04,
    IER_MASK = 0x0f,
    IIR_NONE = 0x01,
    IIR_THRE = 0x02,
    IIR_RX = 0x04,
    IIR_LINE = 0x06,
    IIR_FIFOS = 0xc0,
    FCR_ENABLE = 0x01,
    FCR_CLEAR_RX = 0x02,
    LCR_DLAB = 0x80,
    MCR_LOOP = 0x10,
    MCR_MASK = 0x1f,
    LSR_DATA_READY = 0x01,
    LSR_OVERRUN = 0x02,
    LSR_THR_EMPTY = 0x20,
    LSR_TX_EMPTY = 0x40,
    MSR_CTS = 0x10,
    MSR_DSR = 0x20,
    MSR_RI = 0x40,
    MSR_DCD = 0x80,
};

/* Return the cause for IIR: the highest of the pending and enabled ones. */
static uint8_t interrupt_cause(const struct vuart *uart) REQUIRES(&uart->lock)
{
    if ((uart->ier & IER_LINE) && uart->is_overrun)
        return IIR_LINE;
    if ((uart->ier & IER_RX) && uart->rx_count > 0)
        return IIR_RX;
    if ((uart->ier & IER_THRE) && uart->is_thr_interrupt)
        return IIR_THRE;
    return IIR_NONE;
}

static void update_irq(struct vuart *uart) REQUIRES(&uart->lock)
{
    const bool is_raised = interrupt_cause(uart) != IIR_NONE;

    if (is_raised != uart->is_raised)
        vdev_irq_set(&uart->dev, is_raised);
    uart->is_raised = is_raised;
}

static uint8_t rx_pop(struct vuart *uart) REQUIRES(&uart->lock)
{
    if (uart->rx_count == 0)
        return 0;
    const uint8_t byte = uart->rx[uart->rx_head];

    uart->rx_head = (uart->rx_head + 1) % VUART_RX_FIFO;
    uart->rx_count--;
    return byte;
}

/* If the FIFO is full the byte is lost and the guest sees an overrun. */
static void rx_push(struct vuart *uart, uint8_t byte) REQUIRES(&uart->lock)
{
    if (uart->rx_count == VUART_RX_FIFO)
        uart->is_overrun = true;
    else
        uart->rx[(uart->rx_head + uart->rx_count++) % VUART_RX_FIFO] = byte;
}

/* Receive bytes while there is room. */
static void rx_fill(struct vuart *uart) REQUIRES(&uart->lock)
{
    uint8_t byte;

    while (uart->rx_count < VUART_RX_FIFO && uart->line.receive(uart->line.ctx, &byte))
        rx_push(uart, byte);
}

static uint8_t modem_status(const struct vuart *uart) REQUIRES(&uart->lock)
{
    if (!(uart->mcr & MCR_LOOP))
        return MSR_CTS | MSR_DSR | MSR_DCD;
    /* Loop-back: DTR RTS OUT1 OUT2 appear as DSR CTS RI DCD. */
    return (uint8_t)((uart->mcr & 0x1 ? MSR_DSR : 0) | (uart->mcr & 0x2 ? MSR_CTS : 0) |
                     (uart->mcr & 0x4 ? MSR_RI : 0) | (uart->mcr & 0x8 ? MSR_DCD : 0));
}

static uint8_t read_register(struct vuart *uart, uint64_t offset) REQUIRES(&uart->lock)
{
    uint8_t value;

    switch (offset) {
    case REG_RBR_THR:
        if (uart->lcr & LCR_DLAB)
            return uart->dll;
        return rx_pop(uart);
    case REG_IER:
        return uart->lcr & LCR_DLAB ? uart->dlm : uart->ier;
    case REG_IIR_FCR:
        value = interrupt_cause(uart);
        if (value == IIR_THRE)
            uart->is_thr_interrupt = false;
        if (uart->fcr & FCR_ENABLE)
            value |= IIR_FIFOS;
        return value;
    case REG_LCR:
        return uart->lcr;
    case REG_MCR:
        return uart->mcr;
    case REG_LSR:
        value = (uint8_t)(LSR_THR_EMPTY | LSR_TX_EMPTY | (uart->rx_count ? LSR_DATA_READY : 0) |
                          (uart->is_overrun ? LSR_OVERRUN : 0));
        uart->is_overrun = false;
        return value;
    case REG_MSR:
        return modem_status(uart);
    case REG_SCR:
        return uart->scr;
    default:
        return 0;
    }
}

static void write_register(struct vuart *uart, uint64_t offset, uint8_t value) REQUIRES(&uart->lock)
{
    switch (offset) {
    case REG_RBR_THR:
        if (uart->lcr & LCR_DLAB) {
            uart->dll = value;
            break;
        }
        uart->is_thr_interrupt = true;
        if (uart->mcr & MCR_LOOP)
            rx_push(uart, value);
        else
            uart->line.transmit(uart->line.ctx, value);
        break;
    case REG_IER:
        if (uart->lcr & LCR_DLAB) {
            uart->dlm = value;
            break;
        }
        /* Enabling the interrupt while the register is empty raises it. */
        if ((value & ~uart->ier) & IER_THRE)
            uart->is_thr_interrupt = true;
        uart->ier = value & IER_MASK;
        break;
    case REG_IIR_FCR:
        uart->fcr = value & FCR_ENABLE;
        if (value & FCR_CLEAR_RX)
            uart->rx_count = 0;
        break;
    case REG_LCR:
        uart->lcr = value;
        break;
    case REG_MCR:
        uart->mcr = value & MCR_MASK;
        break;
    case REG_SCR:
        uart->scr = value;
        break;
    default: /* LSR and MSR are read-only */
        break;
    }
}

/* Registers are bytes; a wider read returns one register, zero-extended. */
static uint64_t vuart_read(struct vdev *dev, uint64_t offset, unsigned size)
{
    struct vuart *uart = container_of(dev, struct vuart, dev);
    const unsigned long flags = spin_lock_irqsave(&uart->lock);

    (void)size;
    const uint8_t value = read_register(uart, offset);

    rx_fill(uart);
    update_irq(uart);
    spin_unlock_irqrestore(&uart->lock, flags);
    return value;
}

static void vuart_write(struct vdev *dev, uint64_t offset, unsigned size, uint64_t value)
{
    struct vuart *uart = container_of(dev, struct vuart, dev);
    const unsigned long flags = spin_lock_irqsave(&uart->lock);

    (void)size;
    write_register(uart, offset, (uint8_t)value);
    rx_fill(uart);
    update_irq(uart);
    spin_unlock_irqrestore(&uart->lock, flags);
}

static const struct vdev_ops vuart_ops = {.read = vuart_read, .write = vuart_write};

void vuart_init(struct vuart *uart, const char *name, gpa_t base, struct vdev_irq irq,
                struct vuart_line line)
{
    uart->dev = (struct vdev){
        .name = name, .base = base, .size = VUART_SIZE, .ops = &vuart_ops, .irq = irq};
    uart->line = line;
    spin_init(&uart->lock, "vuart");
    vuart_reset(uart);
}

void vuart_reset(struct vuart *uart)
{
    const unsigned long flags = spin_lock_irqsave(&uart->lock);

    uart->ier = uart->fcr = uart->lcr = uart->scr = uart->dlm = 0;
    uart->dll = 0x0c; /* 9600 baud of the chip's clock */
    uart->mcr = 0x08;
    uart->is_thr_interrupt = uart->is_overrun = false;
    uart->rx_head = uart->rx_count = 0;
    uart->is_raised = false;
    vdev_irq_set(&uart->dev, false);
    spin_unlock_irqrestore(&uart->lock, flags);
}

void vuart_poll(struct vuart *uart)
{
    const unsigned long flags = spin_lock_irqsave(&uart->lock);

    rx_fill(uart);
    update_irq(uart);
    spin_unlock_irqrestore(&uart->lock, flags);
}
