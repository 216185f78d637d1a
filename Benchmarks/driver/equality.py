"""Nobody is fast by answering less: every peer's answers are compared before any is measured."""

import datetime
import http.client
import json

from .terminal import Failure

_WRITTEN = {
    "type": "company", "name": 'Garage "Le Gall" & Fils', "companyName": "Garage Le Gall SARL", "firstName": "Gwenaëlle",
    "lastName": "Le Gall", "siret": "12345678900017", "email": "egalite@legall.example", "phone": "06 12 34 56 78",
    "address": "1 rue de la République\n29200 Brest", "city": "Brest", "status": "Prospect", "tags": ["devis", 'deux "mots"'],
    "lastService": "2025-10-30", "contacts": [{
        "id": "c1", "firstName": "Loïc", "lastName": "Kervella", "email": None, "mobile": "06 98 76 54 32",
        "roles": ["facturation"], "isBillingDefault": True, "active": True}]}
_CHANGED = {"phone": "07 00 00 00 00", "city": "Évreux", "tags": ["abonné"], "lastService": "2025-11-01"}
_OF_THE_MOMENT = ("created_at", "updated_at")


def _ask(peer, method: str, target: str, body: dict | None = None) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", peer.port, timeout=30)
    try:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        connection.request(method, target, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        text = answer.read()
    except OSError as error:
        raise Failure(1, f"{peer.title}: {method} {target}: {error}") from None
    finally:
        connection.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        raise Failure(1, f"{peer.title}: {method} {target}: {answer.status} and no JSON: {text[:200]!r}") from None


def _comparable(answer: dict, without: tuple[str, ...] = ()) -> dict:
    """What has to be the same. A time may be written in several ways: Z or +00:00, .5 or .500000."""
    def row(values: dict) -> dict:
        kept = {name: value for name, value in values.items() if name not in without}
        for name in _OF_THE_MOMENT:
            if name in kept:
                kept[name] = datetime.datetime.fromisoformat(kept[name]).timestamp()
        return kept

    data = answer.get("data")
    same = {name: answer.get(name) for name in ("success", "count", "has_more")}
    same["data"] = [row(each) for each in data] if isinstance(data, list) else row(data) if data else data
    return same


def _questions(peer, ids: list[str], terms: list[str]):
    """What is asked, with the status and the part of the answer that have to be the same."""
    targets = [f"/clients/{each}" for each in ids[:20]] + ["/clients?limit=10", "/clients?limit=100"]
    targets += [f"/clients/search/{term}" for term in terms[:12]]
    for target in targets:
        status, answer = _ask(peer, "GET", target)
        yield "GET " + target, status, _comparable(answer)
    status, created = _ask(peer, "POST", "/clients", _WRITTEN)
    yield "POST /clients", status, _comparable(created, ("id", *_OF_THE_MOMENT))
    identity = (created.get("data") or {}).get("id")
    status, read = _ask(peer, "GET", f"/clients/{identity}")
    yield "GET the created one", status, _comparable(read, ("id", *_OF_THE_MOMENT))
    status, changed = _ask(peer, "PUT", f"/clients/{identity}", _CHANGED)
    yield "PUT the created one", status, _comparable(changed, ("id", *_OF_THE_MOMENT))
    before, after = created["data"]["updated_at"], (changed.get("data") or {}).get("updated_at")
    yield "PUT sets updated_at", status, {"changed": before != after}


def compare(peers, database) -> int:
    """Fails loudly at the first difference to the first peer; gives the number of answers compared."""
    ids, terms = database.ids.read_text().split(), database.terms.read_text().split()
    expected = None
    for peer in peers:
        answers = list(_questions(peer, ids, terms))
        database.sql(f"DELETE FROM clients WHERE email = '{_WRITTEN['email']}'")
        if expected is None:
            expected, reference = answers, peer
        for (what, status, body), (_, wanted_status, wanted) in zip(answers, expected):
            if not 200 <= status < 300:
                raise Failure(1, f"{peer.title}: {what} answers {status}", f"see {peer.place}, kept with --keep")
            if (status, body) != (wanted_status, wanted):
                raise Failure(
                    1, f"{peer.title} does not answer what {reference.title} does: {what}",
                    f"{status} {json.dumps(body)[:1500]}\n  against {wanted_status} {json.dumps(wanted)[:1500]}")
    return len(expected or []) * len(peers)
