TITLE  := vectors, maps and sorts of 3 million elements on each heap
KERNEL := unikernel
APP    := tour/u2-heap
MEM    := 512M
EXPECT := u2: ok, 3000000 elements in a vector, sorted, and in a map, and all memory came back
VARIANTS := HEAP=tlsf; HEAP=slab; HEAP=buddy; HEAP=tour/u2-heap/bump
TIMEOUT := 240
