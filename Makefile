# Two commands do it: `make demo` shows the whole system, `make test` proves it. `make help` lists the rest.

CARGO ?= cargo
PLUGINS := plugins/quick-replies examples/hello-plugin
GUESTS := $(wildcard tests/e2e/guests/*)
TARGET := $(or $(CARGO_TARGET_DIR),target)

.PHONY: help demo test build plugins guests fmt lint bench audit
.DEFAULT_GOAL := help

help: ## What can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: ## The playground: the whole system on this machine, no account needed
	@echo "· building the plugins (the first build takes some minutes)"
	@$(MAKE) --no-print-directory plugins
	@echo "· building the host and the playground"
	@$(CARGO) build -p switchboard -p playground
	@exec $(TARGET)/debug/playground

test: fmt lint plugins guests ## Everything that CI checks
	$(CARGO) test --workspace

build: plugins guests ## The programs and the bundled plugins
	$(CARGO) build --workspace

plugins: ## The bundled and example plugins as components, in target/plugins
	@$(CARGO) run --quiet -p switchboard-plugin-build -- $(PLUGINS) --out $(TARGET)/plugins

guests: # Plugins of the tests' own, in target/test-plugins
	@$(CARGO) run --quiet -p switchboard-plugin-build -- $(GUESTS) --out $(TARGET)/test-plugins

fmt:
	$(CARGO) fmt --all --check

lint:
	$(CARGO) clippy --workspace --all-targets -- -D warnings

bench: plugins ## Throughput and latency of the host, a plugin's hook, and the front door beside nginx
	@$(CARGO) run --quiet -p switchboard-plugin-build -- host/runtime/benches/guest --out $(TARGET)/plugins
	$(CARGO) build --release -p switchboard
	@E2E_LOG=warn $(CARGO) run --release -p switchboard-e2e --bin load
	@$(CARGO) bench --quiet -p switchboard-gateway --bench door

audit: ## Licences, bans and sources of all dependencies
	@command -v cargo-deny >/dev/null || $(CARGO) install cargo-deny --locked
	$(CARGO) deny check bans licenses sources
