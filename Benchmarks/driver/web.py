"""The web server: one nginx for all, from the files that ship, with a server block per peer."""

import http.client
import random
import socket
import time
from pathlib import Path

from .processes import run
from .terminal import SOFTWARE, Failure

# What each peer has of what erp-back's files give it: the same access log, and answers of
# 100 rows kept in memory, where nginx's own 8 buffers of 4 KB would go through a file.
_BLOCK = """
{upstream}
server {{
    listen 127.0.0.1:{port};
    server_tokens off;
    access_log {log} erp_back buffer=64k flush=1s;
    fastcgi_buffers 64 16k;
    proxy_buffers 64 16k;
    location / {{
        {location}
    }}
}}
"""


class Web:
    def __init__(self, root: Path, place: Path):
        self._script, self._place = root / "scripts/site", place

    def start(self, peers) -> None:
        """Gives each peer its port. erp-back's block is the one that ships."""
        for peer, port in zip(peers, _free_ports(len(peers) + 1)):
            peer.port = port
        own = next((peer for peer in peers if peer.name == "erp-back"), None)
        port = own.port if own else _free_ports(1)[0]
        run([self._script, "start", self._place, port, self._place / "erp-back.sock"])
        blocks = [
            _BLOCK.format(port=peer.port, log=self.access_log, upstream=peer.upstream(), location=peer.location())
            for peer in peers if peer is not own]
        (self._place / "nginx/sites-enabled/peers.conf").write_text("".join(blocks))
        run([self._script, "reload", self._place])
        for peer in peers:
            wait_until_served(peer)

    def stop(self) -> None:
        if self._place.exists():
            run([self._script, "stop", self._place])

    @property
    def access_log(self) -> Path:
        return self._place / "nginx/access.log"

    @property
    def pid(self) -> int:
        return int((self._place / "nginx/nginx.pid").read_text())

    def empty_log(self) -> None:
        """A line per request adds up to gigabytes."""
        with open(self.access_log, "r+") as file:
            file.truncate(0)


def _free_ports(count: int) -> list[int]:
    for _ in range(100):
        first = random.randrange(20_000, 40_000)
        if all(_is_free(port) for port in range(first, first + count)):
            return list(range(first, first + count))
    raise Failure(SOFTWARE, "there are no free ports on 127.0.0.1 between 20000 and 40000")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def wait_until_served(peer) -> None:
    """A socket may be there long before the workers behind it are."""
    limit = time.monotonic() + 60
    while True:
        connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=5)
        try:
            connection.request("GET", "/clients?limit=1")
            status = connection.getresponse().status
            if status == 200:
                return
        except OSError as error:
            status = error
        finally:
            connection.close()
        if time.monotonic() > limit:
            raise Failure(SOFTWARE, f"{peer.title} does not answer within a minute: {status}; {peer.process.last_words()}")
        time.sleep(0.1)
