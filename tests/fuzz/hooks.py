"""What schemathesis must be told to be accepted often enough: dates that can be, entities that exist, and ids that are
new. One request in four stays as it was generated. Counts what is answered, route by route.

TENURE_FUZZ_WORLD names a file with the entities, TENURE_FUZZ_COUNTS the file for the counts.
"""

import atexit
import itertools
import json
import os
import time
import urllib.request
from collections import defaultdict
from datetime import datetime, timedelta, timezone

import schemathesis
from hypothesis import strategies as st
from schemathesis.generation import GenerationMode

SLOW_S = 10
FACTS = {
    "POST /v1/purchases": ("purchase", "orderId"),
    "POST /v1/refunds": ("refund", "refundId"),
    "POST /v1/contacts": ("contact", "contactId"),
    "POST /v1/follow-ups": ("follow-up", "followUpId"),
    "POST /v1/surveys": ("survey", "invitationId"),
    "POST /v1/complaints": ("complaint", "complaintId"),
}
# What is possible in one state of the store alone: replaced by what is possible now, or left out.
STATEFUL_QUERY = ("cursor", "sort", "filter", "asOf", "knownAt", "session")
STATEFUL_HEADERS = ("If-Match", "Tenure-Min-Position")

with open(os.environ["TENURE_FUZZ_WORLD"], encoding="utf-8") as file:
    world = json.load(file)
entities = {route: itertools.cycle(found) for route, found in world["entities"].items()}
invitations = itertools.cycle(world["invitations"])
serial = itertools.count(1)
sent = []
counts = defaultdict(lambda: {"requests": 0, "accepted": 0, "statuses": defaultdict(int)})
faults = []
JOBS = {"rebuilds": {"view": "all"}, "verifications": {}}
# There is one job at a time: so many requests a route wait until they can be taken, the others come as they come.
WAITING = 1
latest = datetime.now(timezone.utc) + timedelta(hours=23)


def text_of(instant):
    return instant.strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


instants = st.datetimes(
    min_value=datetime(1970, 1, 2), max_value=latest.replace(tzinfo=None), timezones=st.just(timezone.utc)
)
schemathesis.openapi.format("date-time", instants.map(text_of))


@schemathesis.serializer("application/x-ndjson")
def lines_as_bytes(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def is_positive(case, component):
    found = case.meta.components if case.meta is not None else {}
    return all(info.mode == GenerationMode.POSITIVE for place, info in found.items() if place.value == component)


@schemathesis.hook
def before_call(context, case, kwargs):
    n = next(serial)
    route = f"{case.operation.method.upper()} {case.operation.path}"
    if n % 4 == 0 or case.method.upper() != case.operation.method.upper():
        return
    if case.path_parameters and is_positive(case, "path") and route in entities:
        case.path_parameters = dict(next(entities[route]))
        if is_waiting_for_jobs(route):
            case.path_parameters = {"id": job_for(route)}
    if case.query and is_positive(case, "query"):
        case.query = possible_query(route, dict(case.query), n)
    if case.headers and is_positive(case, "header"):
        for name in STATEFUL_HEADERS:
            case.headers.pop(name, None)
        if "Idempotency-Key" in case.headers:
            case.headers["Idempotency-Key"] = f"{case.headers['Idempotency-Key'][:180]}-{n}"
        if n % 2 == 0 and case.operation.method.upper() == "GET":
            case.headers["Tenure-Min-Position"] = world["position"]
    elif is_waiting_for_jobs(route):
        until_no_job()
    if is_positive(case, "body"):
        case.body = possible_body(route, case.body, n)
        if route == "POST /v1/audit/what-if":
            # Two at once are taken: the same again is no more.
            case.headers = {**(case.headers or {}), "Idempotency-Key": world["whatIf"]["key"]}


def is_waiting_for_jobs(route):
    method, _, path = route.partition(" /v1/audit/")
    return method == "POST" and path.split("/")[0] in JOBS and counts[route]["accepted"] < WAITING


def ask(path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(world["url"] + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def until_no_job():
    while any(job["endedAt"] is None for kind in JOBS for job in ask(f"/v1/audit/{kind}?limit=500")["items"]):
        time.sleep(0.05)


def job_for(route):
    """The id of a new job, with which can be done what the route does."""
    kind, _, action = route.removeprefix("POST /v1/audit/").split("/")
    until_no_job()
    job = ask(f"/v1/audit/{kind}", JOBS[kind])
    if action != "cancel":
        until_no_job()
    return job["id"]


def possible_query(route, query, n):
    for name in STATEFUL_QUERY:
        query.pop(name, None)
    choices = world["queries"].get(route, [])
    if choices:
        choice = choices[n // 4 % len(choices)]
        # A cursor belongs to one list, and some fields can't be compared with every number.
        if "cursor" in choice or n % 2 == 0:
            return dict(choice)
        query.update(choice)
    if "from" in query and "to" in query and query["from"] > query["to"]:
        query["from"], query["to"] = query["to"], query["from"]
    return query


def possible_body(route, body, n):
    if route == "POST /v1/facts/batch":
        return "".join(f"{line}\n" for line in sent[-(n % 8) - 1 :])
    if route == "POST /v1/audit/what-if":
        return world["whatIf"]["body"]
    if not isinstance(body, dict):
        return body
    body = dict(body)
    if route.endswith("/publish"):
        # What was decided cannot be rewritten.
        body.pop("effectiveFrom", None)
    if route == "POST /v1/audit/rebuilds":
        body["view"] = "all"
    if route == "POST /v1/policies":
        return {"document": world["whatIf"]["body"]["draft"]}
    if route.endswith("/move"):
        body.setdefault("occurredAt", "1970-01-02T00:00:00.000Z")
    if isinstance(body.get("attributes"), dict):
        # Any name is taken after x-, for a text; the others have a type each.
        body["attributes"] = {
            f"x-{name[:60]}": {**given, "value": str(given["value"])} for name, given in body["attributes"].items()
        }
    if n % 2 == 0:
        # A value has the form of its kind.
        body.pop("contactPoints", None)
    if isinstance(body.get("contactPoints"), dict):
        # Of contact points that the customer does not have.
        body["contactPoints"] = {**body["contactPoints"], "verify": [], "remove": []}
    if route == "POST /v1/survey-responses":
        body.update(next(invitations))
    if isinstance(body.get("dueAt"), str) and isinstance(body.get("occurredAt"), str):
        body["occurredAt"], body["dueAt"] = sorted((body["occurredAt"], body["dueAt"]))
    if route in ("POST /v1/customers", "POST /v1/customers/{id}/links") and isinstance(body.get("customer"), dict):
        body["customer"] = {**body["customer"], "key": f"{body['customer']['key'][:180]}-{n}"}
    if route in FACTS:
        kind, name = FACTS[route]
        body[name] = f"{body[name][:180]}-{n}"
        sent.append(json.dumps({"type": kind, **body}))
    return body


@schemathesis.hook
def after_call(context, case, response):
    route = f"{case.operation.method.upper()} {case.operation.path}"
    seconds = response.elapsed if isinstance(response.elapsed, float) else response.elapsed.total_seconds()
    if response.status_code in (500, 501, 502) or seconds > SLOW_S:
        faults.append(f"{route}: {response.status_code} after {seconds:.1f} s: {case.as_curl_command()[:2000]}")
    if case.method.upper() != case.operation.method.upper():
        return
    count = counts[route]
    count["requests"] += 1
    count["accepted"] += 200 <= response.status_code < 300
    count["statuses"][str(response.status_code)] += 1


@atexit.register
def write_counts():
    with open(os.environ["TENURE_FUZZ_COUNTS"], "w", encoding="utf-8") as file:
        json.dump({"counts": counts, "faults": faults}, file)
