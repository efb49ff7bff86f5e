SRCS :=
PUBLIC_DEPS := lib/base
CONTRACT := app
