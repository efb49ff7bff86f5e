TITLE  := boot, console, colour, log
KERNEL := unikernel
APP    := tour/u1-hello
MEM    := 128M
EXPECT := u1: ok, 3 colours and a log line
