"""Argo CD's custom resources (argoproj.io/v1alpha1) as frozen values; what we do not know is kept and written back."""
