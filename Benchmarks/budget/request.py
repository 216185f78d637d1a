"""A request as nginx hands it over with the files in nginx/, and the answer to it
(https://fastcgi-archives.github.io/FastCGI_Specification.html)."""

import struct

BEGIN_REQUEST, END_REQUEST, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6
RESPONDER, KEEP_CONNECTION = 1, 1
HEADER = struct.Struct(">BBHHBB")


def record(kind, content=b""):
    return HEADER.pack(1, kind, 1, len(content), 0, 0) + content


def parameter(name, value):
    name, value = name.encode(), value.encode()
    lengths = (struct.pack(">B" if n < 128 else ">I", n if n < 128 else n | 1 << 31)
               for n in (len(name), len(value)))
    return b"".join(lengths) + name + value


class Request:
    """`shows`: what stands in the answer, or else it is not the one that is to be measured."""

    def __init__(self, method, target, body="", shows="Status: 200"):
        self.name, self.shows = f"{method} {target}", shows.encode()
        self.is_read = method == "GET"
        body = body.encode()
        parameters = {
            "REQUEST_METHOD": method,
            "REQUEST_URI": target,
            "REQUEST_ID": "0123456789abcdef0123456789abcdef",
        }
        if body:
            parameters |= {"CONTENT_TYPE": "application/json", "CONTENT_LENGTH": str(len(body))}
        self.bytes = b"".join([
            record(BEGIN_REQUEST, struct.pack(">HB5x", RESPONDER, KEEP_CONNECTION)),
            record(PARAMS, b"".join(parameter(*each) for each in parameters.items())),
            record(PARAMS),
            record(STDIN, body) if body else b"",
            record(STDIN),
        ])


def answer(records):
    """What the records say, once they are complete."""
    position, said = 0, b""
    while position + HEADER.size <= len(records):
        _, kind, _, length, padding, _ = HEADER.unpack_from(records, position)
        position += HEADER.size
        if kind == END_REQUEST:
            return said
        if kind == STDOUT:
            said += records[position:position + length]
        position += length + padding
    return None
