# One image for every role: `docker run IMAGE run api`. Pinned by tag: a digest cannot be looked up where this file is
# written; the release job replaces tags by digests.
FROM python:3.12-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/argosy
# Dependencies first: a change of our code alone reuses this layer.
COPY requirements.lock .
RUN /opt/argosy/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY gitops gitops
COPY workers workers
COPY api api
COPY cli cli
RUN python -m pip wheel --no-deps --wheel-dir /wheels . \
 && /opt/argosy/bin/pip install --no-cache-dir --no-deps /wheels/*.whl \
 && /opt/argosy/bin/pip uninstall --yes pip

FROM python:3.12-slim-bookworm
# git for mirrors, openssh-client for ssh repositories; no compiler, no shell tools beyond the base.
RUN apt-get update && apt-get install --yes --no-install-recommends git openssh-client ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 65532 argosy && useradd --uid 65532 --gid 65532 --no-create-home --home-dir /var/lib/argosy argosy \
 && install -d -o argosy -g argosy -m 0700 /var/lib/argosy
COPY --from=build /opt/argosy /opt/argosy
ENV PATH=/opt/argosy/bin:/usr/bin:/bin LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOME=/var/lib/argosy ARGOSY_DATA_DIR=/var/lib/argosy
USER 65532:65532
WORKDIR /var/lib/argosy
VOLUME /var/lib/argosy
ENTRYPOINT ["argosy"]
CMD ["--help"]
