# Two commands matter: `make demo` and `make test`. Both do all their own set-up.
CARGO ?= cargo
.DEFAULT_GOAL := help
OUT ?= target/encoder
PARTS ?= development calibration newer
EXAMPLES = $(or $(CARGO_TARGET_DIR),target)/release/examples
.PHONY: train help demo up test test-rust test-ui test-sdk test-clients test-monitoring test-page test-fuzz fuzz lint fmt bench ui release clean

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-10s %s\n", $$1, $$2}'

demo: release ## Watch real conversations being judged, then open the dashboard
	./target/release/agentguard demo $(ARGS)

up: release ## Proxy and control plane in one process, on embedded defaults
	./target/release/agentguard up $(ARGS)

release: ui ## Build the binary with the dashboard in it
	$(CARGO) build --release --locked --package agentguard

ui: control/ui/dist/index.html ## Build the dashboard

control/ui/dist/index.html: $(shell find control/ui/src control/ui/index.html control/ui/package-lock.json control/ui/vite.config.mjs -type f 2>/dev/null)
	@scripts/setup.sh build
	npm --prefix control/ui run --silent build
	@touch $@

test: test-ui test-rust test-sdk test-clients test-monitoring test-page test-fuzz ## Every test: Rust, dashboard, real SDKs, real browser

test-ui: ui
	npm --prefix control/ui run --silent typecheck
	npm --prefix control/ui run --silent test
	npm --prefix control/ui run --silent format:check
	npm --prefix control/ui run --silent size

test-rust: ui
	@scripts/setup.sh rust
	$(CARGO) test --locked --workspace

test-sdk: ui
	@scripts/setup.sh test
	$(CARGO) build --locked --package agentguard
	.venv/bin/python -m pytest -q tests/sdk

test-clients:
	@scripts/setup.sh clients
	$(CARGO) build --locked --package agentguard-sidecar --package agentguard-netinit --package agentguard-e2e
	.venv/bin/python -m pytest -q tests/interception

test-monitoring: ui
	@scripts/setup.sh monitoring
	$(CARGO) build --locked --package agentguard --package agentguard-sidecar
	.venv/bin/python -m pytest -q tests/monitoring

test-page: ui
	@scripts/setup.sh test
	$(CARGO) build --locked --package agentguard
	scripts/test-page.sh

test-fuzz:
	@scripts/setup.sh build
	fuzz/run.sh 60

fuzz: ## Fuzz what comes from outside, an hour a target (SECONDS=…)
	@scripts/setup.sh build
	fuzz/run.sh $(or $(SECONDS),3600)

lint: ui ## Formatting, clippy, cargo-deny, documentation
	@scripts/setup.sh lint
	$(CARGO) fmt --all --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) deny --locked check bans licenses sources
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps --document-private-items

fmt: ## Format everything
	$(CARGO) fmt --all

bench: release ## Direct, nginx and AgentGuard under the same load, in one run
	@scripts/setup.sh bench
	$(CARGO) build --release --locked --package agentguard-sidecar
	$(CARGO) run --release --locked --package agentguard-bench -- $(ARGS)

train: ## Train the encoder anew: DATA=folder with the labelled answers (training/README.md; ARGS="--steps 4" PARTS=calibration tries it)
	@test -n "$(DATA)" || { echo "DATA=folder is missing: see training/README.md"; exit 2; }
	test -d .venv-training || python3 -m venv .venv-training
	.venv-training/bin/pip install --quiet --disable-pip-version-check --requirement training/requirements.txt
	$(CARGO) build --release --locked --package agentguard-judge --example windows --example scores
	.venv-training/bin/python training/train.py --data $(DATA) --out $(OUT) --windows $(EXAMPLES)/windows $(ARGS)
	.venv-training/bin/python training/evaluate.py --data $(DATA) --out $(OUT) --scores $(EXAMPLES)/scores --parts $(PARTS)

clean: ## Remove what was built
	$(CARGO) clean
	rm -rf control/ui/dist control/ui/node_modules .venv .venv-training
