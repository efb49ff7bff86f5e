#error "no C library here: classes of characters are in <string/string.h> (lib/string)"
