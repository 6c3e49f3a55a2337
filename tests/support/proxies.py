"""Small outgoing proxies for tests: HTTP (absolute form and CONNECT) and SOCKS5. They
connect to where `names` says a host is, and remember what they were asked for."""
import base64
import socket
import struct
import threading


class Proxy:
    """Listens at once on a free port of loopback. `asked` lists "host:port" in order."""

    def __init__(self, names=None, user=None):
        self.names, self.user, self.asked = names or {}, user, []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.name = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self._listener.close()

    def connect(self, host, port):
        self.asked.append(f"{host}:{port}")
        return socket.create_connection((self.names.get(host, host), port), timeout=30)

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            self.serve(client)
        except OSError:
            pass  # either side went away
        finally:
            client.close()


class HttpProxy(Proxy):
    """`user` is "name:password", or None for an open one."""

    def serve(self, client):
        head = _read_until(client, b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n")[0].decode().split(" ")
        if self.user and _field(head, b"proxy-authorization") != b"Basic " + base64.b64encode(self.user.encode()):
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n"
                           b"Proxy-Authenticate: Basic\r\nConnection: close\r\n\r\n")
            return
        if method == "CONNECT":
            host, _, port = target.rpartition(":")
            server = self.connect(host, int(port))
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            authority, _, path = target.removeprefix("http://").partition("/")
            host, _, port = authority.partition(":")
            server = self.connect(host, int(port or 80))
            server.sendall(f"{method} /{path} HTTP/1.1\r\n".encode() + head.partition(b"\r\n")[2])
        _join(client, server)


class SocksProxy(Proxy):
    """SOCKS5 (RFC 1928), CONNECT to names only: who asks by address has looked it up himself."""

    def serve(self, client):
        methods = _exactly(client, _exactly(client, 2)[1])
        if self.user and 2 in methods:
            client.sendall(b"\x05\x02")
            name = _exactly(client, _exactly(client, 2)[1])
            password = _exactly(client, _exactly(client, 1)[0])
            good = f"{name.decode()}:{password.decode()}" == self.user
            client.sendall(b"\x01\x00" if good else b"\x01\x01")
            if not good:
                return
        else:
            client.sendall(b"\x05\xff" if self.user else b"\x05\x00")
            if self.user:
                return
        kind = _exactly(client, 4)[3]
        if kind != 3:
            client.sendall(b"\x05\x08\x00\x01" + bytes(6))
            return
        host = _exactly(client, _exactly(client, 1)[0]).decode()
        server = self.connect(host, struct.unpack(">H", _exactly(client, 2))[0])
        client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        _join(client, server)


def _read_until(connection, end):
    data = b""
    while end not in data:
        more = connection.recv(65536)
        if not more:
            raise OSError("closed")
        data += more
    return data


def _exactly(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise OSError("closed")
        data += more
    return data


def _field(head, name):
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return None


def _join(client, server):
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        try:
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    back = threading.Thread(target=pump, args=(server, client), daemon=True)
    back.start()
    pump(client, server)
    back.join()
    server.close()
