TITLE  := lazily filled stack and heap, copy on write
KERNEL := tour/m3-lazy
MEM    := 32M
EXPECT := m3: 1 page of 72 MiB, 34 after use; a fork shares them, 4 were copied, sums 528 528
