# The project's commands. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: audit help setup setup-tests setup-build setup-packages browser build debug quick deb image package-files run dev fmt lint test test-node test-rust test-faults test-browser test-ha test-packages test-samples bench sqlx
MAKEFLAGS += --no-print-directory
# Each step needs the one before it, and cargo already uses every core.
.NOTPARALLEL:
# The paths below expect this folder, even if the machine is configured to use another one.
export CARGO_TARGET_DIR := $(CURDIR)/target

tools := $(or $(PORTAL_REDIRECTS_TOOLS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/portal-redirects/tools)
version = $(shell sed -n '/^name = "$(1)"$$/{n;s/version = "\(.*\)"/\1/p;q}' Cargo.lock)
site := target/site
# The same without optimization: it is there sooner. Leptos then also forgets the types of views early (erase_components), and the screens
# compile in half the time. That adds comments to the HTML and a quarter to the wasm, so only `make run` and `make dev` do it, for both halves.
quick_site := target/site-quick
quick_flags := CARGO_ENCODED_RUSTFLAGS=--cfg=erase_components
site_files := portal-redirects.js portal-redirects.css favicon.svg third-party-notices.txt
# Release builds don't name the folders of the machine that made them.
cargo_home := $(or $(CARGO_HOME),$(HOME)/.cargo)
release := CARGO_ENCODED_RUSTFLAGS="$$(printf -- '--remap-path-prefix=%s=portal-redirects\037--remap-path-prefix=%s=crates' '$(CURDIR)' '$(cargo_home)')"
# No package has examples. But with --examples, Cargo chooses the dependencies' features as for tests, and reuses what is compiled.
as_tests := -p app --features ssr -p server --examples
app_sources := $(shell find app/src -name '*.rs') app/Cargo.toml Cargo.toml Cargo.lock
style_sources := $(wildcard style/*) package-lock.json

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## Install the tools for running (run and test do this)
	@.ci/setup

setup-tests: ## Install the tools for testing as well
	@.ci/setup tests

setup-build: ## Install the tools for release builds as well
	@.ci/setup build

setup-packages: ## Install the tools for building packages as well
	@.ci/setup packages

# The files for the browser: wasm, its script, the style sheet. Each is rebuilt when its sources are newer.
browser: setup $(addprefix $(site)/,$(site_files)) ## Build the files for the browser

$(site)/portal-redirects.js: $(app_sources)
	@echo "  building the wasm for the browser"
	mkdir -p $(site)
	$(release) cargo $$(cat $(tools)/toolchain) rustc --quiet -p app --lib --crate-type cdylib --profile wasm-release \
	  --target wasm32-unknown-unknown --no-default-features --features hydrate
	$(tools)/bindgen-$(call version,wasm-bindgen)/bin/bindgen target/wasm32-unknown-unknown/wasm-release/app.wasm target/bindgen
	node_modules/.bin/wasm-opt --flatten --rereloop -Oz -Oz --strip-producers --strip-target-features --enable-bulk-memory --enable-mutable-globals --enable-nontrapping-float-to-int --enable-sign-ext \
	  --enable-reference-types --enable-multivalue target/bindgen/portal-redirects_bg.wasm -o $(site)/portal-redirects_bg.wasm
	node_modules/.bin/esbuild --log-level=warning --minify --format=esm target/bindgen/portal-redirects.js --outfile=$@

$(quick_site)/portal-redirects.js: $(app_sources)
	@echo "  building the wasm for the browser"
	mkdir -p $(quick_site)
	$(quick_flags) cargo $$(cat $(tools)/toolchain) rustc --quiet -p app --lib --crate-type cdylib --profile wasm-quick \
	  --target wasm32-unknown-unknown --no-default-features --features hydrate
	$(tools)/bindgen-$(call version,wasm-bindgen)/bin/bindgen target/wasm32-unknown-unknown/wasm-quick/app.wasm target/bindgen-quick
	cp target/bindgen-quick/portal-redirects_bg.wasm $(quick_site)/
	node_modules/.bin/esbuild --log-level=warning --minify --format=esm target/bindgen-quick/portal-redirects.js --outfile=$@

$(site)/portal-redirects.css $(quick_site)/portal-redirects.css: $(style_sources)
	mkdir -p $(@D)
	node style/build.mjs $@

$(site)/favicon.svg $(quick_site)/favicon.svg: style/favicon.svg
	mkdir -p $(@D)
	cp $< $@

# The licenses of everything that is in the binary.
$(site)/third-party-notices.txt $(quick_site)/third-party-notices.txt: Cargo.lock package-lock.json .ci/notices.mjs
	mkdir -p $(@D)
	node .ci/notices.mjs $@

build: setup-build browser ## Build the release binary: target/release/portal-redirects
	@echo "  building portal-redirects (a few minutes the first time)"
	PATH="$(tools)/cargo-auditable-0.7.7/bin:$$PATH" $(release) cargo auditable build --release -p server
	node .ci/sbom.mjs target/release/portal-redirects >target/release/portal-redirects.sbom.json
	cp $(site)/third-party-notices.txt target/release/

# The first time, everything that the server needs besides the browser's files is built at the same time as those. Without them its build
# script fails, and the rest goes on.
#   $(call beside_browser,FOLDER OF THE BROWSER'S FILES,CARGO COMMAND)
beside_browser = @[ -e $(1)/portal-redirects.js ] || { $(2) --lib --keep-going >/dev/null 2>&1 & trap "kill $$! 2>/dev/null || true" EXIT; }; \
	  $(MAKE) setup $(addprefix $(1)/,$(site_files)) && wait

# Like the binary of the tests, with the browser's files as fast as they can be built.
as_quick := PORTAL_REDIRECTS_SITE=$(quick_site) $(quick_flags) cargo build --quiet $(as_tests)
quick:
	$(call beside_browser,$(quick_site),$(as_quick))
	@echo "  building portal-redirects (a few minutes the first time)"
	$(as_quick) --bins

# The binary that the browser tests run.
debug:
	$(call beside_browser,$(site),cargo build --quiet $(as_tests))
	cargo build $(as_tests) --bins

# Packages are made of the release build. Their tests use the debug build: `make test` has it already, and a release build takes 10 minutes.
profile := $(or $(PROFILE),release)
package-files: setup-packages $(if $(filter debug,$(profile)),debug,build)
	.ci/package-files $(profile)

deb: package-files ## Build the Debian package in target/release
	rm -f target/$(profile)/*.deb
	$(tools)/cargo-deb-3.8.0/bin/cargo-deb --quiet -p server --no-build --no-strip $(if $(filter debug,$(profile)),--fast) --output target/$(profile)/

image: package-files ## Build the container image: target/release/portal-redirects-image.tar; POSTGRES=15 puts a PostgreSQL into it
	.ci/image target/$(profile)/portal-redirects-image.tar $(POSTGRES)

run: quick ## Build everything without optimization and start the dashboard; ARGS="--listen …" are passed on
	@exec target/debug/portal-redirects serve $(ARGS)

dev: setup ## Run a debug build; rebuild and restart it on every change
	@exec node .ci/dev.mjs $(ARGS)

fmt: ## Format the code
	cargo fmt --all

sqlx: ## Update .sqlx after changing a query or adding a migration
	.ci/with-postgres .ci/sqlx

lint: setup-tests browser ## Check format, clippy, .sqlx, documentation, unused dependencies, spelling, licences, alert rules
	cargo fmt --all --check
	.ci/with-postgres .ci/sqlx --check cargo clippy --quiet --all-targets -p app --features ssr -p server -- -D warnings
	cargo clippy --quiet -p app --no-default-features --features hydrate -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --no-deps --document-private-items $(as_tests) --lib --bins
	$(tools)/typos-1.52.0/bin/typos
	promtool test rules server/alerts.test.yml
	cargo fetch --quiet --locked
	$(tools)/cargo-shear-1.13.1/bin/cargo-shear --locked --offline --deny-warnings
	$(tools)/cargo-deny-0.20.2/bin/cargo-deny --offline check --hide-inclusion-graph licenses bans sources

audit: setup-tests ## Compare the dependencies with DB, a clone of RustSec's advisory database
	@.ci/audit "$(DB)"

test: setup-tests debug lint test-node test-rust test-browser ## Run lint, the Rust tests and the browser tests

test-packages: setup-packages ## Check the Kubernetes manifests; install, run and remove the Debian package; run the container image
	.ci/check-kubernetes
	$(MAKE) deb image PROFILE=debug
	.ci/with-root node end2end/packages/deb.mjs target/debug/portal-redirects_*.deb
	.ci/with-root .ci/with-postgres node end2end/packages/image.mjs target/debug/portal-redirects-image.tar

test-samples: setup-tests debug ## Run the code of the Snippets tab, and libraries for OpenID Connect, against a real server
	@.ci/setup samples
	.ci/with-postgres .ci/with-node 22 env SAMPLES_PYTHON=$(tools)/samples-python-1/bin/python node --test --test-concurrency=1 end2end/samples/*.test.mjs

# Not a part of `make test`: it takes some minutes. Run it before a release.
test-ha: setup-tests debug ## Kill, freeze and switch over the leader of a PostgreSQL with Patroni, etcd and HAProxy, under load
	@.ci/setup ha
	.ci/with-root .ci/with-node 22 node end2end/high-availability/run.mjs target/debug/portal-redirects

# Building and running must work with the oldest Node that Debian still has.
test-node: setup-tests ## Run the tests of the scripts
	.ci/with-node 18 node --test .ci/

# Each test gets a database of its own, a copy of template1. That is migrated once, so that no test has to do it. Many tests wait for
# PostgreSQL or for a server, so one more runs at once than there are cores.
test-rust: setup-tests debug ## Run the Rust tests
	.ci/with-postgres bash -euo pipefail -c 'target/debug/portal-redirects migrate --database-url "$${DATABASE_URL/\/postgres\?//template1?}"; \
	  PATH="$(tools)/cargo-nextest-0.9.143/bin:$$PATH" cargo nextest run --workspace --features app/ssr --test-threads $$(($$(nproc) + 1))'

# `make test` does this for 20 seconds.
test-faults: setup-tests browser ## Kill servers and PostgreSQL at random under load for PORTAL_REDIRECTS_FAULT_SECONDS (120)
	PATH="$(tools)/cargo-nextest-0.9.143/bin:$$PATH" PORTAL_REDIRECTS_FAULT_SECONDS=$${PORTAL_REDIRECTS_FAULT_SECONDS:-120} \
	  cargo nextest run --workspace --features app/ssr --no-capture -E 'binary(faults) and test(minutes)'

test-browser: setup-tests debug ## Run the browser tests
	.ci/with-postgres .ci/with-node 22 node_modules/.bin/playwright test --config end2end/playwright.config.ts

# A missed goal, like a step that fails, fails the command only at the end, when everything is measured and the report is written. Each
# step writes its figures into target/bench.
bench: setup browser ## Measure portal, resolver, command line and first visit into target/bench/report.md and .svg
	@.ci/setup bench
	$(release) cargo build --release --quiet -p server
	rm -rf target/bench
	-$(release) cargo bench --quiet -p app --bench resolve
	-.ci/bench-resolve target/release/portal-redirects
	-PORTAL_REDIRECTS=target/release/portal-redirects .ci/with-node 22 node_modules/.bin/playwright test --config end2end/bench.config.ts
	-$(release) cargo bench --quiet -p server --bench portal
	status=0; node .ci/bench-report.mjs target/bench policy command-line first-visit keystroke portal || status=$$?; \
	  node .ci/bench-picture.mjs target/bench; exit $$status
