.DEFAULT_GOAL := help
.PHONY: help bootstrap build test crash soak demo lint format bench docs fuzz fuzz-smoke
JOBS ?= 2
export JOBS SECONDS_EACH

help: ## show the doors
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' Makefile

bootstrap: ## install what the build needs (apt; asks sudo when not root)
	@tools/bootstrap

build: bootstrap ## build build/release/edgewise, its tests and its page
	@tools/build-web
	@cmake --preset release >build/configure.log 2>&1 || { tail -n 40 build/configure.log; exit 1; }
	@cmake --build build/release -j$(JOBS)

test: ## build and run all tests; again under asan, ubsan and tsan; tidy on a sample of what changed
	@tools/bootstrap test
	@tools/build-web
	@tools/test

crash: ## try to break what is promised: simulated lives, planted defects, kills, failing calls, pulled plugs; as root
	@tools/bootstrap crash
	@tools/crash

soak: ## the same for an hour: 100,000 lives, 1,000 cuts on each file system
	@SOAK=1 $(MAKE) --no-print-directory crash

lint: ## check format, clang-tidy and shell scripts of everything
	@tools/bootstrap lint
	@tools/lint

format: ## format all C++ sources
	@tools/bootstrap format
	@tools/sources | xargs clang-format-19 -i

bench: ## measure the hot paths and the score server against what the machine can do; QUICK=1 shows in a minute that it runs
	@tools/bootstrap bench
	@cmake --preset release >build/configure.log 2>&1 || { tail -n 40 build/configure.log; exit 1; }
	@cmake --build build/release -j$(JOBS) --target edgewise edgewise_bench edgewise_bench_programs
	@build/release/edgewise_bench --save bench/results/latest.json $(if $(QUICK),--rounds 1 --milliseconds 50) $(BENCH)
	@python3 bench/protocols/run.py $(if $(QUICK),--quick) $(PROTOCOLS)

fuzz: ## feed made-up bytes to every parser of outside bytes; SECONDS_EACH=30
	@tools/bootstrap fuzz
	@tools/fuzz

fuzz-smoke: ## the same for the parsers of requests alone; SECONDS_EACH=60
	@tools/bootstrap fuzz
	@SECONDS_EACH=$(or $(SECONDS_EACH),60) tools/fuzz infer_json infer_binary csv_rows http_request

docs: build ## run the commands that the documents show, and print every command with its options
	@tools/bootstrap docs
	@python3 tests/build/docs.py . build/release/edgewise
	@python3 tests/build/run_docs.py . build/release/edgewise
	@build/release/edgewise options

demo: bootstrap ## a year of real flights at three sites; SERVE=1 leaves the page open, DATA=simulator downloads nothing
	@tools/build-web
	@cmake --preset release >build/configure.log 2>&1 || { tail -n 40 build/configure.log; exit 1; }
	@cmake --build build/release -j$(JOBS) --target edgewise
	@build/release/edgewise demo --fresh $(if $(SERVE),--serve) $(if $(DATA),--data $(DATA))
