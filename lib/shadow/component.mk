CONTRACT := shadow
PUBLIC_DEPS := lib/base
