# What a developer runs. Every target works on a fresh Debian machine with Go.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build

# One set of flags for all tests and for the binary they start (e2e/build): each set
# is a cold build of minutes.
TESTFLAGS := -race -gcflags=modernc.org/...=-d=checkptr=0
# With the race detector each process waits a second before it ends.
export GORACE := atexit_sleep_ms=50

.PHONY: build
build: ## the server, into ./consentgate
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o consentgate ./cmd/consentgate

# What a release is called.
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null)
# What is built twice: each costs minutes, because the second time nothing is cached.
PLATFORMS := linux/amd64,linux/arm64,darwin/arm64,darwin/amd64,windows/amd64

.PHONY: release
release: ## binaries for every platform, parts, licences and sums, into ./dist
	go run ./deploy/release -version '$(VERSION)' -platforms $(PLATFORMS)

.PHONY: reproducible
reproducible: ## builds each binary of a release in two folders and compares
	go run ./deploy/release -version '$(VERSION)' -platforms $(PLATFORMS) -reproducible

.PHONY: xcaddy
xcaddy: ## Caddy with this checkout, as xcaddy builds it, into ./dist/caddy
	CGO_ENABLED=0 go run github.com/caddyserver/xcaddy/cmd/xcaddy@v0.4.5 build $$(go list -m -f '{{.Version}}' github.com/caddyserver/caddy/v2) \
		--with github.com/mamen-ai/consentgate/caddyfile --replace github.com/mamen-ai/consentgate=. --output dist/caddy

.PHONY: run
run: ## the demo on http://localhost:8080
	go run ./cmd/consentgate run --config Caddyfile.example

.PHONY: test
test: tools check collateral ## everything CI runs
	go test $(TESTFLAGS) -timeout 60m $$(go list ./... | grep -v /e2e/collateral)

# Without the race detector, under which parsing thousands of pages takes minutes.
.PHONY: collateral
collateral: corpus ## what isn't a tracker stays as it is, on thousands of real pages
	go test ./e2e/collateral
	go test -tags corpus -run '^TestCorpus$$' ./internal/htmlstream

.PHONY: corpus
corpus: ## fetches those pages from Debian's packages, when they're missing
	@./e2e/corpus/fetch

.PHONY: leaks
leaks: tools ## what each layer of the gate stops, in Chromium and Firefox, as a table
	@./.ci/tools firefox
	go test $(TESTFLAGS) -tags matrix -run '^TestMatrix$$' -timeout 90m -v ./e2e/leaks

# They start or kill dozens of processes, or wait for locks.
SLOW := 'TestDestructionKilledAnywhereIsFinished|TestLockedDatabaseOpensOnceItIsFree|TestWorkGrowsNoFasterThanThePage'

.PHONY: quick
quick: ## the packages that know nothing of Caddy, in seconds
	go test -skip $(SLOW) ./internal/... ./storage/... ./banner

.PHONY: check
check: ## formatting, vet and staticcheck
	@unformatted=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$unformatted" ]; then echo "gofmt wants these files:"; echo "$$unformatted"; exit 1; fi
	go vet $(TESTFLAGS) ./...
	go vet $(TESTFLAGS) -tags matrix ./e2e/leaks
	go vet -tags corpus ./internal/htmlstream
	go tool staticcheck ./...

# How long each fuzz target runs with "make fuzz".
FUZZTIME := 30s

# Inputs that are whole pages would be made smaller for a minute each otherwise.
.PHONY: fuzz
fuzz: ## every fuzz target for FUZZTIME
	@for package in $$(go list ./internal/... ./storage/... ./banner ./caddyfile); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 20x $$package; \
		done; \
	done

.PHONY: interactions
interactions: tools ## how soon each control answers, beside a button of an empty page
	go test $(TESTFLAGS) -run '^TestInteractionsArePaintedAtOnce$$' -count=1 -v ./e2e

.PHONY: guard-cost
guard-cost: tools ## what the guard costs the scripts of pages
	go test $(TESTFLAGS) -run '^TestPagesWorkTheSameBesideTheGuard$$' -count=1 -v ./e2e

.PHONY: bench
bench: tools ## the cost of the edge, against Caddy without it and nginx
	go test -run '^$$' -bench Edge -benchtime 20x -timeout 90m ./bench
	go test -run '^$$' -bench FirstByte -benchtime 200x -timeout 30m ./bench
	go test -run '^$$' -bench Gate -benchtime 40x -timeout 30m ./bench
	go test -run '^$$' -bench Stalled -benchtime 5x -timeout 30m ./bench

.PHONY: bench-records
bench-records: ## what durable consents and the destruction of a day cost, with ten million records
	go test -run '^$$' -bench Acknowledgements -benchtime 20x ./storage/sqlite
	go test -run '^$$' -bench Records -benchtime 1x -timeout 30m ./storage/sqlite -args -records=10000000

.PHONY: tools
tools: ## installs what tests need from Debian's packages, when it's missing
	@./.ci/tools

.PHONY: help
help: ## lists the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16
