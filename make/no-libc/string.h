#error "no C library here: strings are <string/string.h> (lib/string)"
