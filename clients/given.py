"""What a generator cannot make up: identifiers, tokens, proofs and an envelope that are there. The test has made
them; half of the well-formed requests get one, so that more than refusals is looked at."""

import itertools
import json
import os

import schemathesis
from hypothesis.strategies import sampled_from
from schemathesis.transport.serialization import Binary

with open(os.environ["SIGILL_GIVEN"], encoding="utf-8") as file:
    GIVEN = json.load(file)
TURNS = itertools.count()
SECRETS = itertools.cycle(GIVEN.get("secrets", []))
UPLOADS = itertools.cycle(GIVEN.get("uploads", []))

if "envelope" in GIVEN:
    envelope = bytes.fromhex(GIVEN["envelope"])
    schemathesis.openapi.format("binary", sampled_from([envelope, b"no envelope"]).map(Binary))


def authorize(case, token):
    case.headers["Authorization"] = f"Bearer {token}"


def is_well_formed(case):
    meta = case.meta
    modes = [] if meta is None else [meta.generation.mode] + [part.mode for part in meta.components.values()]
    return all(mode.is_positive for mode in modes)


def sealed_by_the_server(case, path):
    """Each of these opens or burns once: what is shown is not what is taken."""
    if "{key}" not in path:
        return
    kind = "links" if "/secret/" in path else "receipts"
    takes = path.endswith(("/burn", "/reveal")) or path == "/api/v1/secret/{key}"
    given = GIVEN["taken" if takes else "shown"][kind]
    if given:
        case.path_parameters["key"] = given.pop() if takes else given[0]


@schemathesis.hook
def before_call(context, case, kwargs):
    """Puts what is there in the place of what was made up."""
    if not is_well_formed(case) or next(TURNS) % 2:
        return
    path, method = case.operation.path, case.operation.method.upper()
    if path.startswith("/api/"):
        sealed_by_the_server(case, path)
    elif path.startswith("/v1/secrets/"):
        secret = next(SECRETS)
        case.path_parameters["id"] = secret["id"]
        if path.endswith("/claim"):
            case.body = {name: secret[name] for name in ("link_proof", "proof", "claim_token")}
        else:
            authorize(case, secret["claim_token"])
    elif path.startswith("/v1/receipt"):
        authorize(case, next(SECRETS)["receipt"])
    elif path.startswith("/v1/uploads/"):
        # What is deleted is not asked for again.
        if method != "DELETE":
            upload = next(UPLOADS)
        elif GIVEN["doomed"]:
            upload = GIVEN["doomed"].pop()
        else:
            return
        case.path_parameters["id"] = upload["id"]
        if "part" in case.path_parameters:
            case.path_parameters["part"] = 0
        authorize(case, upload["token"])
