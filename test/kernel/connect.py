"""Knocks at ports: `connect.py tcp|udp ADDRESS PORT...`, one packet each, from wherever it runs. Only the standard library."""

import socket
import sys

protocol, address, ports = sys.argv[1], sys.argv[2], [int(port) for port in sys.argv[3:]]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
for port in ports:
    with socket.socket(family, socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM) as knocking:
        if protocol == "udp":
            knocking.sendto(b"knock", (address, port))
        else:
            # refused at once by a reset, so the kernel never sends the SYN again
            knocking.settimeout(5)
            knocking.connect_ex((address, port))
