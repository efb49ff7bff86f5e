SRCS := header.c layout.c note.c section.c
DEPS := lib/string
PUBLIC_DEPS := lib/base
