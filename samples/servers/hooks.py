"""What happens around each request of a server: log, faults, delays."""

from flask import Flask, g, redirect, request

from .answers import AFTER, INSTEAD, error


def new_app(sources, server, inside=()):
    """An app that notes its requests and fails them as the faults say.

    :param inside: faults that the app's own views look after
    """
    app = Flask(f"sample {server}")
    app.config["PROPAGATE_EXCEPTIONS"] = True
    app.url_map.strict_slashes = False
    sources.requests.watch(app, server)
    sources.faults.known |= {"slow", "redirect", *INSTEAD, *AFTER, *inside}

    @app.before_request
    def fail():
        g.fault = None
        g.fault = sources.faults.pick(
            server,
            request.path,
            operations(),
            request.headers.get("X-Fault") or request.args.get("fault", ""),
            f"{request.method} {request.full_path}",
        )
        return instead(g.fault) if g.fault else None

    def instead(fault):
        if fault.name == "slow":
            sources.faults.sleep(fault.number(3))
        elif fault.name == "redirect":
            return redirect(f"{sources.storage_url}/elsewhere")
        elif fault.name in INSTEAD:
            return INSTEAD[fault.name](fault, sources.now())
        elif fault.name not in AFTER and fault.name not in inside:
            return error(400, "unknown_fault", f"{server} has no fault {fault.name!r}")
        return None

    @app.after_request
    def spoil(response):
        fault = g.get("fault")
        if fault and fault.name in AFTER and response.status_code == 200:
            AFTER[fault.name](response, fault)
        return response

    def operations():
        return getattr(app, "operations", lambda: ("",))()

    return app
