"""Listens where nobody may go, on every address and some ports, and counts who came."""
import socket
import threading

PORTS = (22, 80, 443, 3128, 6379, 9000)


class Canary:
    """REQUIRES: a network namespace of the scenario's own, where these ports are free. A listener
    on one address of the same port, with reuse_port, keeps its own connections."""

    def __init__(self, ports=PORTS):
        self.visits = []  # "address:port" that was reached
        self._listeners = [self._listen(port) for port in ports]

    def _listen(self, port):
        listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, reuse_port=True)
        threading.Thread(target=self._count, args=(listener,), daemon=True).start()
        return listener

    def _count(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            address, port = connection.getsockname()[:2]
            self.visits.append(f"{address}:{port}")
            connection.close()

    def close(self):
        for listener in self._listeners:
            listener.close()
