"""Opens sockets, says `ready` and keeps them until its standard input ends. At each line of it, it accepts who has connected, sends everybody accepted a
byte and says `said`. Only the standard library.

`converse.py WORD...`: `listen ADDRESS PORT` takes TCP connections, `bind ADDRESS PORT` UDP; `connect FROM ADDRESS PORT` opens a TCP
connection, `ask FROM ADDRESS PORT` sends a packet by UDP.
"""

import socket
import sys

words = iter(sys.argv[1:])
kept = []
listening = []
accepted = []


def opened(kind, address):
    made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.append(made)
    return made


for word in words:
    address = next(words)
    talking = opened(socket.SOCK_STREAM if word in ("listen", "connect") else socket.SOCK_DGRAM, address)
    if word in ("listen", "bind"):
        talking.bind((address, int(next(words))))
        if word == "listen":
            talking.listen()
            talking.setblocking(False)
            listening.append(talking)
    else:
        talking.bind((address, 0))
        talking.connect((next(words), int(next(words))))
        if word == "ask":
            talking.send(b"?")
print("ready", flush=True)
for line in sys.stdin:
    for listener in listening:
        try:
            while True:
                accepted.append(listener.accept()[0])
        except BlockingIOError:
            pass
    for visitor in accepted:
        visitor.send(b"!")
    print("said", flush=True)
