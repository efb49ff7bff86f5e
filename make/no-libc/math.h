#error "no C library here: there is no mathematics"
