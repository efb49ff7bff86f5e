/*
 * The bytes of the vDSO, among the kernel's constants.
 */
    .section .rodata.vdso_image, "a"
    .balign 8
    .globl vdso_image
    .globl vdso_image_end
vdso_image:
    .incbin "program.so"
vdso_image_end:
    .if vdso_image_end - vdso_image > 4096 /* vdso_boot copies it into one page */
    .error "the vDSO's file does not fit a page"
    .endif
