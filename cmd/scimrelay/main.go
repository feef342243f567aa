// Command scimrelay is the gateway, its tools and its demonstration in one binary.
// Each verb is a file; what they share is how a gateway is put together (gateway.go).
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"scimrelay/configs"
)

// The exit codes that scripts rely on.
const (
	exitFine    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitInvalid = 3
)

// version is set by the linker.
var version = "dev"

// cli is the command line.
type cli struct {
	Serve   serveCommand   `cmd:"" help:"Run the gateway."`
	Demo    demoCommand    `cmd:"" help:"Run gateway, vendor simulators and a directory that is provisioned into them."`
	Vendors vendorsCommand `cmd:"" help:"Run the vendor simulators."`
	Token   tokenCommand   `cmd:"" help:"Create and change a tenant's tokens."`
	Tenant  tenantCommand  `cmd:"" help:"Look at tenants and their targets, and change what these do."`
	Plan    planCommand    `cmd:"" help:"Show what a run would do at a tenant's vendors: their reads and none of their writes."`
	Sync    syncCommand    `cmd:"" help:"Bring one person to a tenant's vendors now, step by step."`
	Audit   auditCommand   `cmd:"" help:"Read the audit, and check that nobody has changed it."`
	Secrets secretsCommand `cmd:"" help:"The gateway's own secrets and the keys that seal them."`
	Migrate migrateCommand `cmd:"" help:"Bring the database's schema up to date, as serve does at its start; for a database whose gateway may not."`
	Config  configCommand  `cmd:"" help:"Check the configuration."`
	Version versionCommand `cmd:"" help:"Print the version."`
}

// console is where a command writes.
type console struct {
	out, err io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], console{os.Stdout, os.Stderr})
	stop()
	os.Exit(code)
}

// run parses the command line, runs the command and returns the exit code.
func run(ctx context.Context, args []string, con console) int {
	code := exitFine
	exited := false
	parser, err := kong.New(&cli{}, kong.Name("scimrelay"), kong.Description("A provisioning broker: SCIM 2.0 in, vendors' own user APIs out."),
		kong.Writers(con.out, con.err), kong.UsageOnError(), kong.Exit(func(c int) { code, exited = c, true }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(con))
	if err != nil {
		fmt.Fprintln(con.err, err)
		return exitFailed
	}
	command, err := parser.Parse(args)
	if exited { // --help
		return code
	}
	if err != nil {
		parser.Errorf("%v", err)
		return exitUsage
	}
	return con.report(command.Run())
}

// report prints what went wrong and chooses the exit code.
func (con console) report(err error) int {
	var faults configs.Faults
	var usage usageError
	switch {
	case err == nil:
		return exitFine
	case errors.As(err, &faults):
		for _, f := range faults {
			fmt.Fprintln(con.err, f)
		}
		return exitInvalid
	case errors.As(err, &usage):
		fmt.Fprintln(con.err, "scimrelay:", err)
		return exitUsage
	}
	fmt.Fprintln(con.err, "scimrelay:", err)
	return exitFailed
}

// usageError is a command line that parses and cannot be meant.
type usageError string

// Error implements error.
func (e usageError) Error() string { return string(e) }

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(con console) error {
	_, err := fmt.Fprintln(con.out, version)
	return err
}
