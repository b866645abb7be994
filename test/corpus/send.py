"""Sends packets exactly as given, from inside a network namespace.

One JSON object a line on stdin, one answer a line on stdout ("ok", or "error ..."):
  {"via": "frame", "device": "gen0", "hex": "..."}            an Ethernet frame leaves through the device
  {"via": "ipv4", "hex": "...", "uid": 1000, "gid": 1000}     an IPv4 packet with its header leaves through a raw socket
  {"via": "ipv6", "hex": "..."}                               the same for IPv6
  {"via": "tun", "device": "tun0", "hex": "..."}              an IP packet arrives on a tun device of this namespace
The socket belongs to uid/gid (default 0), which is what the kernel prints with --log-uid.
Only Python's standard library; needs root in the namespace.
"""

import ctypes
import fcntl
import json
import os
import socket
import struct
import sys

IPV6_HDRINCL = 36
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000

libc = ctypes.CDLL(None)
tuns = {}


def tun(device):
    if device not in tuns:
        tuns[device] = os.open("/dev/net/tun", os.O_RDWR)
        fcntl.ioctl(tuns[device], TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    return tuns[device]


def raw_socket(order):
    # the file system ids are those of the socket's file, and changing them keeps the right to open a raw socket
    libc.setfsgid(order.get("gid", 0))
    libc.setfsuid(order.get("uid", 0))
    try:
        if order["via"] == "ipv4":
            return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
        made = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
        made.setsockopt(socket.IPPROTO_IPV6, IPV6_HDRINCL, 1)
        return made
    finally:
        libc.setfsuid(0)
        libc.setfsgid(0)


def send(order):
    packet = bytes.fromhex(order["hex"])
    if order["via"] == "frame":
        with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as made:
            made.bind((order["device"], 0))
            made.send(packet)
    elif order["via"] == "tun":
        if packet:
            os.write(tun(order["device"]), packet)
        else:
            tun(order["device"])
    elif order["via"] == "ipv4":
        with raw_socket(order) as made:
            made.sendto(packet, (socket.inet_ntoa(packet[16:20]), 0))
    else:
        with raw_socket(order) as made:
            made.sendto(packet, (socket.inet_ntop(socket.AF_INET6, packet[24:40]), 0))


for line in sys.stdin:
    try:
        send(json.loads(line))
        answer = "ok"
    except Exception as error:  # the caller decides what a packet that cannot be sent means
        answer = f"error {error}"
    print(answer, flush=True)
