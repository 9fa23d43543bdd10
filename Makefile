# The commands of this project. `make help` lists them.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup setup-tests browser build run dev fmt lint test test-rust test-faults test-browser bench sqlx
MAKEFLAGS += --no-print-directory
# Steps stand on each other; cargo uses every core by itself.
.NOTPARALLEL:
# Whatever a machine's own configuration says: the paths below are these.
export CARGO_TARGET_DIR := $(CURDIR)/target

tools := $(or $(PORTAL_REDIRECTS_TOOLS),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/portal-redirects/tools)
version = $(shell sed -n '/^name = "$(1)"$$/{n;s/version = "\(.*\)"/\1/p;q}' Cargo.lock)
site := target/site
app_sources := $(shell find app/src -name '*.rs') app/Cargo.toml Cargo.toml Cargo.lock
style_sources := $(wildcard style/*) package-lock.json

help: ## List these commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' Makefile | expand -t 22

setup: ## Install what building and running needs (part of run and test)
	@.ci/setup

setup-tests: ## Install what testing needs besides
	@.ci/setup tests

# The browser's half: wasm, its script, the style sheet. Rebuilt when their sources are newer.
browser: setup $(site)/portal-redirects.js $(site)/portal-redirects.css $(site)/favicon.svg ## Build the browser's files

$(site)/portal-redirects.js: $(app_sources)
	@echo "  building the browser's half"
	mkdir -p $(site)
	cargo $$(cat $(tools)/toolchain) rustc --quiet -p app --lib --crate-type cdylib --profile wasm-release \
	  --target wasm32-unknown-unknown --no-default-features --features hydrate
	$(tools)/wasm-bindgen-cli-$(call version,wasm-bindgen)/bin/wasm-bindgen --target web --no-typescript --out-dir target/bindgen \
	  --out-name portal-redirects target/wasm32-unknown-unknown/wasm-release/app.wasm
	node_modules/.bin/wasm-opt --flatten --rereloop -Oz -Oz --strip-producers --strip-target-features --enable-bulk-memory --enable-mutable-globals --enable-nontrapping-float-to-int --enable-sign-ext \
	  --enable-reference-types --enable-multivalue target/bindgen/portal-redirects_bg.wasm -o $(site)/portal-redirects_bg.wasm
	node_modules/.bin/esbuild --log-level=warning --minify --format=esm target/bindgen/portal-redirects.js --outfile=$@

$(site)/portal-redirects.css: $(style_sources)
	mkdir -p $(site)
	node style/build.mjs $@

$(site)/favicon.svg: style/favicon.svg
	mkdir -p $(site)
	cp $< $@

build: setup browser ## Build the release binary: target/release/portal-redirects
	@echo "  building portal-redirects (the first time takes some minutes)"
	cargo build --release -p server

run: build ## Build everything and bring the dashboard up; ARGS="--listen …" are handed on
	@exec target/release/portal-redirects serve $(ARGS)

dev: setup ## Run a debug build, built and started again on every change
	@exec node .ci/dev.mjs $(ARGS)

fmt: ## Format the code
	cargo fmt --all

sqlx: ## Renew .sqlx after a change of a query or migration
	.ci/with-postgres .ci/sqlx

lint: setup-tests browser ## Format, clippy on both halves, spelling, licences
	cargo fmt --all --check
	cargo clippy --quiet --all-targets -p app --features ssr -p server -- -D warnings
	cargo clippy --quiet -p app --no-default-features --features hydrate -- -D warnings
	$(tools)/typos-1.52.0/bin/typos
	cargo fetch --quiet --locked
	$(tools)/cargo-deny-0.20.2/bin/cargo-deny --offline check --hide-inclusion-graph licenses bans sources

test: setup setup-tests lint test-rust test-faults test-browser ## Everything that CI runs

test-rust: setup-tests browser
	.ci/with-postgres bash -euo pipefail -c '.ci/sqlx --check && PATH="$(tools)/cargo-nextest-0.9.143/bin:$$PATH" cargo nextest run --workspace --features app/ssr -E "not binary(faults)"'

test-faults: setup-tests browser ## Kill PostgreSQL and servers at random under load, for PORTAL_REDIRECTS_FAULT_SECONDS (120)
	PATH="$(tools)/cargo-nextest-0.9.143/bin:$$PATH" PORTAL_REDIRECTS_FAULT_SECONDS=$${PORTAL_REDIRECTS_FAULT_SECONDS:-120} \
	  cargo nextest run --workspace --features app/ssr --no-capture -E 'binary(faults)'

test-browser: setup-tests browser
	cargo build --quiet -p server
	.ci/with-postgres node_modules/.bin/playwright test --config end2end/playwright.config.ts

# The report and its picture are there also where a figure is missed; then make fails at the end.
bench: setup browser ## Measure the portal, the resolver, the command line and the first visit; target/bench/report.md and .svg
	@.ci/setup bench
	cargo bench --quiet -p app --bench resolve
	cargo build --release --quiet -p server
	.ci/bench-resolve target/release/portal-redirects
	PORTAL_REDIRECTS=target/release/portal-redirects node_modules/.bin/playwright test --config end2end/bench.config.ts
	status=0; cargo bench --quiet -p server --bench portal || status=$$?; node .ci/bench-picture.mjs target/bench; exit $$status
