"""Device trees as dtc makes them, and one of an older version."""
import subprocess
import sys

from trine.seeds import emit

BOARD = """/dts-v1/;
/memreserve/ 0x80000000 0x40000;
/ {
    #address-cells = <2>; #size-cells = <2>; compatible = "riscv-virtio", "trine,board"; interrupt-parent = <&plic>;
    aliases { serial0 = "/soc/serial@10000000"; };
    chosen { bootargs = "quiet"; stdout-path = "serial0:115200n8"; };
    cpus { #address-cells = <1>; #size-cells = <0>; timebase-frequency = <10000000>;
        cpu@0 { device_type = "cpu"; reg = <0>; riscv,isa = "rv64imafdc_sstc"; };
        cpu@1 { device_type = "cpu"; reg = <1>; status = "disabled"; }; };
    memory@80000000 { device_type = "memory"; reg = <0 0x80000000 0 0x8000000>, <1 0 0 0x40000000>; };
    soc { #address-cells = <2>; #size-cells = <2>; ranges;
        serial@10000000 { compatible = "ns16550a"; reg = <0 0x10000000 0 0x100>; interrupts = <10>; };
        plic: plic@c000000 { compatible = "sifive,plic-1.0.0"; reg = <0 0xc000000 0 0x600000>; phandle = <3>; };
        pci@30000000 { #address-cells = <3>; #size-cells = <2>; reg = <0 0x30000000 0 0x10000000>;
            ranges = <0x2000000 0 0x40000000 0 0x40000000 0 0x40000000>; }; };
    bus@40000000 { #address-cells = <1>; #size-cells = <1>; ranges = <0x1000 0 0x40000000 0x100>;
        dev@1010 { reg = <0x1010 0x10>; }; };
};
"""

for version in (17, 16):
    made = subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", "-V", str(version)], input=BOARD.encode(),
                          stdout=subprocess.PIPE, check=True)
    emit(sys.argv[1], f"board{version}", made.stdout, cuts=10, flips=30)
