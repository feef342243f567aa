.PHONY: help build demo test nightly fuzz bench lint

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/:/'

build: ## build bin/scimrelay
	CGO_ENABLED=0 go build -trimpath -o bin/scimrelay ./cmd/scimrelay

demo: ## run the whole thing with a simulated vendor
	go run ./cmd/scimrelay demo

test: ## run every test with the race detector; installs redis-server and postgresql from Debian if they are missing
	bash .ci/test

nightly: ## run every check of docs/reliability.md with its full work, for about an hour, and print the scoreboard
	bash .ci/nightly

fuzz: ## fuzz whatever reads hostile input, 300,000 inputs for what everybody may send and 20,000 for the rest
	bash .ci/fuzz

bench: ## print the benchmarks with their baselines
	go test -run '^$$' -bench . -benchtime 2s ./scim/... ./queue ./store ./connectors ./tenants

lint: ## run the linters
	go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0 run
