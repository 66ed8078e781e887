"""The test-bed: real Kubernetes API servers and Git servers on one machine, without containers.

`binaries` finds or builds the programs, `rig.Bed` starts and stops clusters, `gitserver` serves repositories.
Everything listens on loopback and lives below one folder.
"""
