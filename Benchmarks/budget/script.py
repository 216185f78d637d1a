"""The requests that are counted, always the same ones."""

import json

from request import Request

# Requests of a kind before the count begins, and in it.
WARM_UP, COUNTED = 16, 64


def identifier(number):
    return f"00000000-0000-4000-8000-{number:012}"


def point_read(number):
    return Request("GET", f"/clients/{identifier(number)}", shows="Status: 200")


def list_of(count):
    return lambda _: Request("GET", f"/clients?limit={count}", shows=f'"count":{count},"has_more":true')


def search(_):
    return Request("GET", "/clients/search/lavage?limit=10", shows='"count":10,')


def create(number):
    body = {
        "type": "company",
        "name": f"Nettoyage Côtier {number:04}",
        "email": f"bonjour{number:04}@cotier.example",
        "phone": "+33 2 98 00 00 00",
        "address": "12 rue de Siam\n2e étage",
        "city": "Brest",
        "tags": ["pro", "mensuel"],
        "contacts": [{
            "id": "c1", "firstName": "Loïc", "lastName": "Kervella",
            "email": "loic@cotier.example", "mobile": None, "roles": ["billing", "site"],
            "isBillingDefault": True, "active": True,
        }],
    }
    return Request("POST", "/clients", json.dumps(body, ensure_ascii=False), shows="Status: 201")


def update(number):
    body = {"city": "Quimper", "status": "active", "phone": f"+33 2 98 00 {number:04}"}
    return Request("PATCH", f"/clients/{identifier(number)}", json.dumps(body), shows="Status: 200")


# Rows that are created are the youngest, which lists show last.
SCRIPT = {
    "point read": point_read,
    "list of 10": list_of(10),
    "list of 100": list_of(100),
    "search of 10": search,
    "create": create,
    "update": update,
}
