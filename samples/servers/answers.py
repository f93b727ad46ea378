"""The answer of each fault: instead of the right one, or made of it."""

import json
import socket
import struct
from datetime import timedelta
from email.utils import format_datetime

from flask import Response, request

LOGIN = (
    "<!doctype html><html><head><title>Sign in</title></head><body>"
    '<form action="/login"><input name="password"></form></body></html>'
)
PROXY = "<html><body><h1>502 Bad Gateway</h1><hr>nginx</body></html>"


def answer(status, body=None, headers=None):
    """A JSON answer; no body at all for None."""
    text = "" if body is None else json.dumps(body, ensure_ascii=False)
    return Response(text, status, headers or {}, content_type="application/json")


def error(status, code, message="", headers=None, **details):
    body = {"code": code, "message": message or code, "request_id": "req_9", **details}
    return answer(status, {"error": body}, headers)


def unauthorized(message="API key is invalid or expired"):
    headers = {"WWW-Authenticate": "ApiKey"}
    return error(401, "unauthorized", message, headers)


def missing_scope(name):
    return error(403, "missing_scope", required=[f"{name}.read"])


def validation(name, message, status=422):
    fields = {name: ["invalid"]}
    return error(status, "validation_error", message, fields=fields)


def _object():
    return request.path.rstrip("/").rsplit("/", 1)[-1]


def _limited(headers, policy="burst"):
    return error(429, "rate_limited", headers=headers, policy=policy)


def _reset_headers(value):
    return {
        "X-RateLimit-Limit": "60",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": str(value),
    }


def _epoch(now, seconds):
    return int((now + timedelta(seconds=seconds)).timestamp())


def _limit_seconds(fault, now):
    seconds = int(fault.number(2))
    headers = _reset_headers(_epoch(now, seconds))
    return _limited({"Retry-After": str(seconds), **headers})


def _limit_date(fault, now):
    moment = now + timedelta(seconds=fault.number(2))
    return _limited({"Retry-After": format_datetime(moment, usegmt=True)})


def _limit_epoch(fault, now):
    return _limited(_reset_headers(_epoch(now, fault.number(2))))


def _limit_delta(fault, now):
    return _limited(_reset_headers(int(fault.number(2))))


def _limit_ms(fault, now):
    return _limited(_reset_headers(_epoch(now, fault.number(2)) * 1000))


def _limit_structured(fault, now):
    seconds = int(fault.number(2))
    return _limited(
        {
            "RateLimit": f'"default";r=0;t={seconds}',
            "RateLimit-Policy": '"default";q=60;w=60',
        }
    )


def _hubspot_limit(policy, message):
    body = {
        "status": "error",
        "message": message,
        "errorType": "RATE_LIMIT",
        "correlationId": "aeb5f871-7f07-4993-9211-075dc63e7cbf",
        "policyName": policy,
        "requestId": "9",
    }
    return answer(429, body)


def _daily(fault, now):
    seconds = int(fault.number(6 * 3600))
    headers = _reset_headers(_epoch(now, seconds))
    return _limited({"Retry-After": str(seconds), **headers}, policy="daily")


def _success_false(fault, now):
    code = int(fault.number(106))
    messages = {106: "daily limit", 107: "too many requests"}
    message = messages.get(code, "something is wrong")
    return answer(200, {"success": False, "error": {"code": code, "message": message}})


def _reset(fault, now):
    """Let the client see `connection reset by peer`."""
    connection = request.environ["werkzeug.socket"]
    linger = struct.pack("ii", 1, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    connection.close()
    raise ConnectionResetError


def _html(status, text):
    return Response(text, status, content_type="text/html; charset=utf-8")


def _redirect(target):
    return Response("", 302, {"Location": target})


def _loop():
    step = int(request.args.get("loop", 0)) + 1
    return _redirect(f"{request.base_url}?loop={step}")


#: fault -> answer(fault, now)
INSTEAD = {
    "400": lambda f, now: validation(f.arg or "sort", "not understood", 400),
    "400-rails": lambda f, now: answer(
        400, {"errors": {"work_status": ["must be an array"]}}
    ),
    "422": lambda f, now: validation("updated_since", "updated_since must be RFC 3339"),
    "401": lambda f, now: unauthorized(),
    "403": lambda f, now: missing_scope(_object()),
    "404": lambda f, now: error(404, "not_found"),
    "405": lambda f, now: error(405, "method_not_allowed"),
    "410": lambda f, now: error(410, "gone"),
    "409": lambda f, now: error(409, "locked"),
    "423": lambda f, now: error(423, "locked"),
    "425": lambda f, now: error(425, "locked"),
    "429": _limit_seconds,
    "429-date": _limit_date,
    "429-none": lambda f, now: _limited({}),
    "429-reset-epoch": _limit_epoch,
    "429-reset-delta": _limit_delta,
    "429-reset-ms": _limit_ms,
    "429-structured": _limit_structured,
    "429-hubspot": lambda f, now: _hubspot_limit(
        "TEN_SECONDLY_ROLLING", "You have reached your ten_secondly_rolling limit."
    ),
    "daily": _daily,
    "daily-hubspot": lambda f, now: _hubspot_limit(
        "DAILY", "You have reached your daily limit."
    ),
    "500": lambda f, now: error(500, "internal_error"),
    "502-html": lambda f, now: _html(502, PROXY),
    "503-empty": lambda f, now: Response("", 503),
    "504": lambda f, now: error(504, "timeout"),
    "login-html": lambda f, now: _html(200, LOGIN),
    "success-false": _success_false,
    "204": lambda f, now: Response("", 204),
    "null-data": lambda f, now: answer(200, {"data": None}),
    "reset": _reset,
    "redirect-loop": lambda f, now: _loop(),
    "redirect-private": lambda f, now: _redirect("http://169.254.169.254/latest"),
}


def _truncated(response, fault):
    """Valid HTTP, but the JSON ends in the middle."""
    data = response.get_data()
    response.set_data(data[: len(data) // 2])


def _cut(response, fault):
    """The connection ends before what Content-Length promises."""
    data = response.get_data()
    response.set_data(data[: len(data) // 2])
    response.headers["Content-Length"] = str(len(data))
    response.headers["Connection"] = "close"


def _multi_status(response, fault):
    """The last record of the page is named in `errors` instead of listed."""
    body = json.loads(response.get_data())
    name = next((k for k in body if isinstance(body[k], list)), None)
    if not name or not body[name]:
        return
    lost = body[name].pop()
    body["errors"] = [
        {
            "id": lost.get("id"),
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "message": "record cannot be read",
            "context": {"ids": [lost.get("id")]},
        }
    ]
    body["numErrors"] = 1
    response.set_data(json.dumps(body))
    response.status_code = 207


def _corrupt(response, fault):
    """The last record of the page is text instead of an object."""
    body = json.loads(response.get_data())
    name = next((k for k in body if isinstance(body[k], list)), None)
    if name and body[name]:
        body[name][-1] = "corrupt"
        response.set_data(json.dumps(body))


def _latin(response, fault):
    """Bytes that are not UTF-8 although the answer says so."""
    data = response.get_data()
    response.set_data(data.decode().encode("latin-1", "replace") + b"\xff")


#: fault -> change(response, fault)
AFTER = {
    "truncated": _truncated,
    "cut": _cut,
    "207": _multi_status,
    "corrupt": _corrupt,
    "latin": _latin,
}
