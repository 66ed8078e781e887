"""What one app asks for, checked and worked out once per change of the app: a look at 2,000 apps must cost little."""

from __future__ import annotations

from dataclasses import dataclass

from gitops.access.repo import check_url
from gitops.desired.ask import Ask, ask_of, source_digest
from gitops.desired.inputs import Limits, parameters_digest, root_of
from gitops.desired.kind import check_source
from gitops.desired.revision import check_revision
from gitops.errors import InvalidError
from gitops.model.crds.application import Application

_LIMIT = 50_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """An app's wish in the form the fetch step needs; `parameters` is the part of the tree key that is no file."""

    app: Application
    ask: Ask
    root: str
    parameters: str
    source_digest: str

    @property
    def uid(self) -> str:
        """`metadata.uid` of the app."""
        return self.app.metadata.uid


def wanted_of(app: Application, limits: Limits, *, allow_http: bool) -> Wanted:
    """The app's wish.

    Raises:
        InvalidError: the spec alone shows that nothing can be rendered; says which field and why.
    """
    ask = ask_of(app)
    check_source(ask.source)
    check_url(ask.source.repo_url, allow_http=allow_http)
    check_revision(ask.revision)
    return Wanted(app, ask, root_of(ask.source), parameters_digest(ask.source, limits), source_digest(app))


class Wishes:
    """Remembers `wanted_of` by app as long as the index hands out the same object; safe for several threads."""

    def __init__(self, limits: Limits, *, allow_http: bool) -> None:
        self.limits = limits
        self._allow_http = allow_http
        self._known: dict[str, tuple[Application, Wanted | InvalidError]] = {}

    def of(self, app: Application) -> Wanted:
        """See `wanted_of`."""
        known = self._known.get(app.metadata.uid)
        if known is None or known[0] is not app:
            known = app, self._worked_out(app)
            if len(self._known) >= _LIMIT:
                self._known.clear()  # apps that are gone would stay otherwise; the rest is worked out again
            self._known[app.metadata.uid] = known
        if isinstance(known[1], InvalidError):
            raise known[1]
        return known[1]

    def _worked_out(self, app: Application) -> Wanted | InvalidError:
        try:
            return wanted_of(app, self.limits, allow_http=self._allow_http)
        except InvalidError as error:
            return error
