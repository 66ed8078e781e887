"""What annotations say about one object in a sync: options, hooks, keep (argo-cd.md 2.3, 2.4)."""

from __future__ import annotations

from gitops.model.objects import Manifest

OPTIONS = "argocd.argoproj.io/sync-options"
COMPARE_OPTIONS = "argocd.argoproj.io/compare-options"
HOOK = "argocd.argoproj.io/hook"
HELM_HOOK = "helm.sh/hook"
HELM_KEEP = "helm.sh/resource-policy"


def options_of(manifest: Manifest) -> frozenset[str]:
    """The object's sync options, e.g. `Prune=false`."""
    return frozenset(part.strip() for part in manifest.annotations.get(OPTIONS, "").split(",") if part.strip())


def hook_of(manifest: Manifest) -> str:
    """The hook phases an object is written for (`PreSync`, `PreSync,PostSync` …), empty for an ordinary object.

    Helm's `crd-install` is an ordinary object.
    """
    own = manifest.annotations.get(HOOK, "")
    if own:
        return own
    helm = manifest.annotations.get(HELM_HOOK, "")
    return "" if helm == "crd-install" else helm


def skipped(manifest: Manifest) -> bool:
    """`Skip` as the only hook value: neither compared nor applied."""
    return manifest.annotations.get(HOOK, "").strip() == "Skip"


def ignores_extraneous(manifest: Manifest) -> bool:
    """Compare option `IgnoreExtraneous`: the object is shown as OutOfSync, but makes no app so when it is extra."""
    options = manifest.annotations.get(COMPARE_OPTIONS, "")
    return "IgnoreExtraneous" in (part.strip() for part in options.split(","))


def keeps(manifest: Manifest, verb: str, app_options: frozenset[str]) -> bool:
    """Whether `Prune=false` or `Delete=false` holds (`verb` is Prune or Delete); the object beats the app."""
    own = options_of(manifest)
    if f"{verb}=false" in own or f"{verb}=confirm" in own:
        return True
    if verb == "Delete" and manifest.annotations.get(HELM_KEEP, "") == "keep":
        return True
    return f"{verb}=true" not in own and bool({f"{verb}=false", f"{verb}=confirm"} & app_options)
