.DEFAULT_GOAL := help
PY := .venv/bin/python
help: ## this text
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
