"""Between the responder and PostgreSQL: what is asked goes on at once, and what is answered goes
back in one piece, once all of it has come."""

import socket
import struct

# https://www.postgresql.org/docs/15/protocol-message-formats.html
SYNC, READY_FOR_QUERY = ord("S"), ord("Z")
ROOM = 1 << 20


class Messages:
    """Counts the messages of one kind in a stream that comes in pieces."""

    def __init__(self, kind, begins_untyped=False):
        self.kind = kind
        self.is_untyped = begins_untyped  # a start-up packet has no letter before its length
        self.partial = b""

    def count(self, data):
        data = self.partial + data
        position = found = 0
        while len(data) >= position + 5:
            letters = 0 if self.is_untyped else 1
            end = position + letters + struct.unpack_from(">I", data, position + letters)[0]
            if len(data) < end:
                break
            found += self.is_untyped or data[position] == self.kind
            self.is_untyped = False
            position = end
        self.partial = data[position:]
        return found


class Session:
    """One connection of the responder, and the server's side of it."""

    def __init__(self, client, server):
        self.client, self.server = client, server
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, ROOM)
        self.asked = Messages(SYNC, begins_untyped=True)
        self.answered = Messages(READY_FOR_QUERY)

    def relay(self):
        """Takes what was asked and hands over the whole answer; false at the end."""
        owed = 0
        try:
            while data := self.client.recv(ROOM):
                self.server.sendall(data)
                owed += self.asked.count(data)
            return False
        except BlockingIOError:
            pass
        answer = b""
        while owed > 0:
            data = self.server.recv(ROOM)
            if not data:
                raise RuntimeError("PostgreSQL closed the connection")
            owed -= self.answered.count(data)
            answer += data
        # In two pieces it would be read in two turns, sometimes.
        if answer and self.client.send(answer) < len(answer):
            raise RuntimeError(f"an answer of {len(answer)} bytes does not fit the socket")
        return True

    def close(self):
        self.client.close()
        self.server.close()


class Relay:
    """Listens at `path` for the server at `server`, both as libpq names sockets."""

    def __init__(self, path, server):
        self.server = server
        self.sessions = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(64)
        self.listener.setblocking(False)

    def relay(self):
        try:
            while True:
                client, _ = self.listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self.server)
                self.sessions.append(Session(client, server))
        except BlockingIOError:
            pass
        for session in list(self.sessions):
            if not session.relay():
                session.close()
                self.sessions.remove(session)
