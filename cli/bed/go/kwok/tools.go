//go:build tools

// Package tools pins kwok, the stand-in for the kubelets of the test-bed.
package tools

import _ "sigs.k8s.io/kwok/cmd/kwok"
