"""The responder under callgrind, which turns its event loop when it is told to."""

import os
import socket
import subprocess

from request import answer


class Responder:
    def __init__(self, command, environment, directory, relay):
        ours, theirs = socket.socketpair()
        self.gate, self.relay = ours, relay
        self.path = environment["ERP_SOCKET"]
        self.counts = os.path.join(directory, "counts")
        self.dumps = 0
        self.kept = None
        valgrind = [
            "setarch", "-R", "valgrind", "--tool=callgrind", "--instr-atstart=no", "--vgdb=no",
            f"--callgrind-out-file={self.counts}", f"--log-file={directory}/valgrind.log",
        ]
        self.log = open(f"{directory}/erp-back.log", "wb")
        self.process = subprocess.Popen(
            valgrind + command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
            env=environment | {"GATE": str(theirs.fileno())}, pass_fds=[theirs.fileno()])
        theirs.close()
        ours.settimeout(100)
        self.expect("w")
        self.settle()

    def expect(self, *letters):
        letter = self.gate.recv(1).decode()
        if letter not in letters:
            raise RuntimeError(f"the responder ended with status {self.process.wait()}")
        return letter

    def tell(self, letter, *answers):
        self.gate.send(letter.encode())
        return self.expect(*answers or letter)

    def turn(self):
        """One turn of the loop; false when there was nothing to do."""
        self.relay.relay()
        return self.tell("g", "w", "i") == "w"

    def settle(self):
        while self.turn():
            pass

    def exchange(self, request):
        """Reads share a kept connection, writes have one of their own, as in nginx/."""
        connection = self.kept if request.is_read else None
        if not connection:
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.path)
        connection.sendall(request.bytes)
        records = b""
        said = None
        while said is None:
            has_turned = self.turn()
            try:
                records += connection.recv(1 << 20, socket.MSG_DONTWAIT)
            except BlockingIOError:
                if not has_turned:
                    raise RuntimeError(f"{request.name}: no answer") from None
            said = answer(records)
        if request.shows not in said:
            raise RuntimeError(f"{request.name}: {said.decode()}")
        if request.is_read:
            self.kept = connection
        else:
            connection.close()
        self.settle()

    def start_count(self):
        self.tell("z")

    def end_count(self):
        """The file with what was counted."""
        self.tell("d")
        self.dumps += 1
        return f"{self.counts}.{self.dumps}"

    def end(self):
        self.gate.close()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
