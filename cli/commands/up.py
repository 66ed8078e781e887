"""`argosy up`: everything on this machine, with one command."""

from __future__ import annotations

from pathlib import Path

import click


@click.command(name="up")
@click.option("--data-dir", type=click.Path(path_type=Path), default=Path(".argosy"), show_default=True)
@click.option("--kubeconfig", type=click.Path(path_type=Path, exists=True), help="Hub; without it an embedded one.")
@click.option("--namespace", default="argocd", show_default=True, help="Namespace of the Applications.")
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True, help="Port of API and UI.")
@click.option("--flower", is_flag=True, help="Show the workers in Flower, behind a login.")
@click.option("--take-over", is_flag=True, help="Write although an argocd-application-controller runs on the hub.")
@click.option("--isolate", is_flag=True, help="One worker per kind instead of one for diff and apply.")
@click.option("--repo-allow-http", is_flag=True, envvar="ARGOSY_REPO_ALLOW_HTTP", help="Fetch over plain http too.")
@click.option("--log-level", default="info", show_default=True)
def command(
    *,
    data_dir: Path,
    kubeconfig: Path | None,
    namespace: str,
    port: int,
    flower: bool,
    take_over: bool,
    isolate: bool,
    repo_allow_http: bool,
    log_level: str,
) -> None:
    """Run every role here until Ctrl-C, with an embedded Valkey and, without --kubeconfig, an embedded hub."""
    from cli.up.start import Wish, start

    start(
        Wish(
            data_dir=data_dir.absolute(),
            kubeconfig=kubeconfig.absolute() if kubeconfig else None,
            namespace=namespace,
            port=port,
            flower=flower,
            take_over=take_over,
            isolate=isolate,
            allow_http=repo_allow_http,
            log_level=log_level,
        )
    )
