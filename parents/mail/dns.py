"""Just enough DNS to read what a mail domain publishes: TXT and MX records, by UDP and, where cut, by TCP."""

import secrets
import socket
import struct
from pathlib import Path

TYPES = {"MX": 15, "TXT": 16}
TIMEOUT_S = 5
NO_SUCH_NAME = 3


class DnsError(Exception):
    """The name server could not be asked, or its answer could not be read."""


def records(name, kind, server=None):
    """Texts of the TXT records, or host names of the MX records, of `name`; [] where there are none.

    server: (address, port) of the name server; default: the system's. Raises DnsError.
    """
    number = secrets.randbelow(65536)
    query = struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + _packed(name) + struct.pack(">2H", TYPES[kind], 1)
    try:
        return _read(_ask(query, server or _system_server()), number, kind)
    except (OSError, struct.error, IndexError, UnicodeDecodeError) as error:
        raise DnsError(f"The name server did not give an answer about {name} that can be read ({error}).") from error


def _ask(query, server):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.settimeout(TIMEOUT_S)
        line.connect(server)
        line.send(query)
        answer = line.recv(4096)
    if not answer[2] & 0x02:
        return answer
    with socket.create_connection(server, TIMEOUT_S) as line:  # it was cut: the same by TCP
        line.sendall(struct.pack(">H", len(query)) + query)
        stream = line.makefile("rb")
        return stream.read(struct.unpack(">H", stream.read(2))[0])


def _system_server():
    for line in Path("/etc/resolv.conf").read_text().splitlines():
        word, *rest = line.split() or [""]
        if word == "nameserver" and rest and ":" not in rest[0]:
            return rest[0], 53
    raise OSError("no name server in /etc/resolv.conf")


def _read(answer, number, kind):
    got, flags, questions, answers, _, _ = struct.unpack_from(">6H", answer)
    if got != number:
        raise DnsError("The name server answered another question.")
    code = flags & 0x0F
    if code not in {0, NO_SUCH_NAME}:
        raise DnsError(f"The name server refuses to answer (code {code}).")
    place, found = 12, []
    for _ in range(questions):
        _, place = _name(answer, place)
        place += 4
    for _ in range(answers):
        _, place = _name(answer, place)
        of_type, _, _, length = struct.unpack_from(">2HIH", answer, place)
        place += 10
        if of_type == TYPES[kind]:
            found.append(_text(answer[place : place + length]) if kind == "TXT" else _name(answer, place + 2)[0])
        place += length
    return found


def _packed(name):
    return b"".join(bytes([len(part)]) + part for part in name.encode("idna").split(b".") if part) + b"\0"


def _name(answer, place):
    """(the name at `place`, the place after it); names may point back at others."""
    parts, after, jumps = [], None, 0
    while length := answer[place]:
        if length >= 0xC0:
            after = after or place + 2
            place = struct.unpack_from(">H", answer, place)[0] & 0x3FFF
            jumps += 1
            if jumps > 20:
                raise DnsError("The name server's answer points in circles.")
            continue
        parts.append(answer[place + 1 : place + 1 + length].decode("ascii"))
        place += 1 + length
    return ".".join(parts), after or place + 1


def _text(data):
    """The pieces of a TXT record put together."""
    text, place = b"", 0
    while place < len(data):
        text += data[place + 1 : place + 1 + data[place]]
        place += 1 + data[place]
    return text.decode("utf-8", "replace")
