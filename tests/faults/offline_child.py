"""Reads a video and asks about it, alone in a network without routes, and prints what went towards other machines.

Started by `test_no_way_out.py`: `unshare -rn python offline_child.py HOME VIDEO QUESTION`.
"""

import fcntl
import json
import socket
import struct
import sys
from pathlib import Path
from typing import Any

LOOPBACK = ("127.", "::1", "localhost")
tried: list[str] = []


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """Python's own attempts; what libraries in other languages try is counted by the kernel."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, tuple) and not str(address[0]).startswith(LOOPBACK):
            tried.append(f"{event} {address}")
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        name = arguments[0] or ""
        asked = name.decode() if isinstance(name, bytes) else str(name)
        if asked and not asked.startswith(LOOPBACK):
            tried.append(f"{event} {asked}")


def raise_loopback() -> None:
    """A network of one's own begins with its loopback down; helpers on this machine are reached through it."""
    get, put, up = 0x8913, 0x8914, 0x1 | 0x40  # SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP | IFF_RUNNING
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh14s", b"lo", 0, b"")
        [flags] = struct.unpack("16xh14x", fcntl.ioctl(any_socket, get, request))
        fcntl.ioctl(any_socket, put, struct.pack("16sh14s", b"lo", flags | up, b""))


def without_route() -> int:
    """Packets of this network that had nowhere to go: each is an attempt, whoever made it."""
    names, values = (line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Ip:"))
    lost = int(dict(zip(names, values, strict=True))["OutNoRoutes"])
    six = Path("/proc/net/snmp6")
    rows = dict(line.split() for line in six.read_text().splitlines()) if six.exists() else {}
    return lost + int(rows.get("Ip6OutNoRoutes", 0))


def main(home: str, video: str, question: str) -> None:
    raise_loopback()
    assert without_route() == 0
    sys.addaudithook(watch)

    from vidscout import VideoScout

    with VideoScout("embedded", home=home) as scout:
        [read] = scout.ingest(video)
        answer = scout.ask(video, question)
        found = scout.search(question)
    told = {"records": sum(read.records.values()), "answer": answer.text, "found": len(found)}
    print(json.dumps({**told, "tried": tried, "without_route": without_route()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
