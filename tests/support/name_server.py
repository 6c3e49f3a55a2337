#!/usr/bin/env python3
"""A scripted name server: UDP and TCP on one port, a script of answers for every name.

A script is a list of answers, one a query of that name and type, the last one for all that
follow, so that a name can point elsewhere between two look-ups:

    server = NameServer()
    server.add("a.example", ["93.184.216.34"], ["127.0.0.1"])   # rebinds at the second look-up
    server.add("b.example", Reply(cname="a.example"))
    server.add("c.example", Reply(["10.0.0.1"], truncated=True))  # UDP says TC, TCP the answer
    server.add("d.example", Reply(code=SERVFAIL), Reply(drop=True))

A list of addresses may hold IPv4 and IPv6: an A query gets the ones, an AAAA query the
others. A and AAAA walk through the script each on their own. Names without a script do not
exist (NXDOMAIN). Every query is recorded.
"""
import argparse
import dataclasses
import ipaddress
import socket
import struct
import sys
import threading
import time

A, CNAME, AAAA = 1, 5, 28
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


@dataclasses.dataclass
class Reply:
    addresses: list = dataclasses.field(default_factory=list)
    cname: str | None = None      # a CNAME, with the addresses of that name's script behind it
    code: int = NOERROR
    truncated: bool = False       # over UDP: TC and no records
    drop: bool = False            # no answer at all
    ttl: int = 0
    delay: float = 0              # seconds


@dataclasses.dataclass
class Query:
    name: str
    kind: int
    over: str                     # "udp" or "tcp"
    peer: str


def as_reply(script):
    return script if isinstance(script, Reply) else Reply(list(script))


class NameServer:
    """Listens at once; `port` 0 takes one that is free for both UDP and TCP."""

    def __init__(self, host="127.0.0.1", port=0):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._udp, self._tcp = _bind_both(family, host, port)
        self.host, self.port = host, self._udp.getsockname()[1]
        self._scripts, self._asked, self._queries = {}, {}, []
        self._lock, self._closed = threading.Lock(), False
        for loop in (self._serve_udp, self._serve_tcp):
            threading.Thread(target=loop, daemon=True).start()

    @property
    def address(self):
        """As `[upstream] resolver` wants it."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def add(self, name, *script):
        with self._lock:
            self._scripts[name.lower()] = [as_reply(one) for one in script]
            self._asked = {key: count for key, count in self._asked.items() if key[0] != name.lower()}

    def queries(self, name=None):
        with self._lock:
            return [q for q in self._queries if name in (None, q.name)]

    def close(self):
        self._closed = True
        for listener in (self._udp, self._tcp):
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()

    # ---- one query ----

    def _serve_udp(self):
        while not self._closed:
            try:
                query, peer = self._udp.recvfrom(4096)
            except OSError:
                return
            if not peer:  # It was closed.
                return
            threading.Thread(target=self._answer_udp, args=(query, peer), daemon=True).start()

    def _answer_udp(self, query, peer):
        answer = self._answer(query, "udp", peer[0])
        try:
            if answer:
                self._udp.sendto(answer, peer)
        except OSError:
            pass

    def _serve_tcp(self):
        while not self._closed:
            try:
                connection, peer = self._tcp.accept()
            except OSError:
                return
            threading.Thread(target=self._answer_tcp, args=(connection, peer), daemon=True).start()

    def _answer_tcp(self, connection, peer):
        with connection, connection.makefile("rb") as reader:
            try:
                while (length := reader.read(2)) and len(length) == 2:
                    answer = self._answer(reader.read(struct.unpack("!H", length)[0]), "tcp", peer[0])
                    if not answer:
                        return
                    connection.sendall(struct.pack("!H", len(answer)) + answer)
            except OSError:
                pass

    def _answer(self, query, over, peer):
        try:
            name, kind, question = _parse(query)
        except (IndexError, struct.error, UnicodeDecodeError):
            return None
        reply = self._take_reply(Query(name, kind, over, peer))
        if reply.delay:
            time.sleep(reply.delay)
        if reply.drop:
            return None
        truncated = reply.truncated and over == "udp"
        records = [] if truncated or reply.code else self._records(name, kind, reply)
        flags = 0x8580 | (0x0200 if truncated else 0) | reply.code
        return query[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + question + b"".join(records)

    def _take_reply(self, query):
        with self._lock:
            self._queries.append(query)
            script = self._scripts.get(query.name)
            if script is None:
                return Reply(code=NXDOMAIN)
            # The same question over TCP, after a truncated answer, is the same look-up.
            number = self._asked.get((query.name, query.kind), 0)
            if query.over == "tcp" and number and script[min(number, len(script)) - 1].truncated:
                number -= 1
            self._asked[query.name, query.kind] = number + 1
            return script[min(number, len(script) - 1)]

    def _records(self, name, kind, reply):
        records, owner = [], name
        for _ in range(8):
            if not reply.cname:
                break
            records.append(_record(owner, CNAME, reply.ttl, _name_bytes(reply.cname)))
            owner = reply.cname.lower()
            reply = self._scripts.get(owner, [Reply()])[0]
        for text in reply.addresses:
            address = ipaddress.ip_address(text)
            if kind == (A if address.version == 4 else AAAA):
                records.append(_record(owner, kind, reply.ttl, address.packed))
        return records


def _bind_both(family, host, port):
    for _ in range(50):
        udp = socket.socket(family, socket.SOCK_DGRAM)
        udp.bind((host, port))
        tcp = socket.socket(family, socket.SOCK_STREAM)
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tcp.bind((host, udp.getsockname()[1]))
            tcp.listen(64)
            return udp, tcp
        except OSError:
            udp.close()
            tcp.close()
            if port:
                raise
    raise OSError("no port is free for both UDP and TCP")


def _parse(query):
    """(name in lower case, type, the question's bytes)"""
    labels, at = [], 12
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii"))
        at += query[at] + 1
    return ".".join(labels).lower(), struct.unpack("!H", query[at + 1:at + 3])[0], query[12:at + 5]


def _name_bytes(name):
    return b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split(".")) + b"\0"


def _record(owner, kind, ttl, data):
    return _name_bytes(owner) + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def main():
    parser = argparse.ArgumentParser(description="Answers for the names it is given.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("names", nargs="+", metavar="NAME=ADDRESS[,ADDRESS]")
    options = parser.parse_args()
    server = NameServer(options.host, options.port)
    for text in options.names:
        name, found, addresses = text.partition("=")
        if not found:
            sys.exit(f"{text}: expected NAME=ADDRESS")
        server.add(name, addresses.split(","))
    print(f"name server: {server.address}", flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
