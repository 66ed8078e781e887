"""Log in, log out, who am I, may I (argo-cd.md 10.1, 11.2; surprises 10-15, 19)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import Response, request

from api.answer import answer
from api.auth.caller import caller
from api.auth.cookies import put, token_of
from api.auth.passwords import Passwords
from api.auth.permissions import RESOURCES
from api.auth.tokens import issue
from api.body import read
from api.errors import ApiError, Code, plain
from api.gate import secure_cookies
from api.routes import Login, Open, Route
from api.wiring import Ports
from gitops.model.objects import JsonMap

DEFAULT_SESSION = timedelta(hours=24)
FOREVER = datetime(9999, 1, 1, tzinfo=UTC)


class Sessions:
    """Routes about the caller himself."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports
        self._passwords = Passwords()

    def routes(self) -> tuple[Route, ...]:
        """Most are open, as they tell or end a session that the caller holds."""
        own = Open("concerns the caller's own session only")
        return (
            Route("POST", "/api/v1/session", self.login, Open("the login itself: throttled per account")),
            Route("DELETE", "/api/v1/session", self.forget, own),
            Route("GET", "/api/v1/session/userinfo", self.userinfo, own),
            Route("GET", "/auth/logout", self.logout, own),
            Route("GET", "/api/v1/account/can-i/<resource>/<action>/<path:subresource>", self.can_i, Login()),
        )

    def login(self) -> Response:
        """A token for a name and a password, also as cookie."""
        wanted = read(request, "SessionCreateRequest")
        name, password, now = wanted.text("username"), wanted.text("password"), self._ports.clock.now()
        accounts = self._ports.logins().accounts
        try:
            self._passwords.check(name, password, accounts, now)
        except ApiError:
            self._ports.counters.add("argocd_login_request_total", {"status": "failure"})
            raise
        self._ports.counters.add("argocd_login_request_total", {"status": "success"})
        lifetime = timedelta(seconds=self._ports.config().settings.session_s) or DEFAULT_SESSION
        token = issue(name, accounts.secret_key, now, lifetime)
        response = answer({"token": token})
        put(response, token, secure=secure_cookies(request, self._ports))
        return response

    def forget(self) -> Response:
        """Nothing, as in Argo CD: only /auth/logout ends a session (surprises 14)."""
        return answer({})

    def userinfo(self) -> Response:
        """Who the caller is; nobody is `{}`, never 401."""
        session = caller().session
        if session is None:
            return answer({})
        info: JsonMap = {"loggedIn": True, "username": session.username, "iss": session.issuer}
        return answer(info)

    def logout(self) -> Response:
        """Revoke the cookie's token and go to the start page; 400 without a cookie."""
        if not token_of(request):
            return plain(400, "Failed to retrieve ArgoCD auth token: no token\n")
        session = caller().session
        if session is not None:
            self._ports.revocations.revoke(session.token_id, session.expires or FOREVER)
        response = plain(303, "\n")
        response.headers["Location"] = self._ports.config().settings.url or "/"
        put(response, "", secure=secure_cookies(request, self._ports))
        return response

    def can_i(self, resource: str, action: str, subresource: str) -> Response:
        """`yes` or `no`; asking for what does not exist is an error."""
        del subresource  # no rule of today tells objects of one resource apart
        if resource not in RESOURCES:
            raise ApiError(Code.INVALID, f"{resource} is not a valid resource name, expected: {sorted(RESOURCES)}")
        actions = set[str]().union(*RESOURCES.values())
        if action not in actions:
            raise ApiError(Code.INVALID, f"{action} is not a valid action name, expected: {sorted(actions)}")
        return answer({"value": "yes" if caller().may(resource, action) else "no"})
