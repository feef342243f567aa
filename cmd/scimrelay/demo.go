package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"scimrelay/demo"
)

type demoCommand struct {
	Exit   bool   `help:"Stop when the vendors have what the directory says; the exit code is 0 only if they come to have it."`
	People int    `help:"How many people the company has." default:"200"`
	Listen string `help:"Address of the gateway. Without one it is 127.0.0.1:8080, or a free port when that is taken or with --exit." placeholder:"HOST:PORT"`
	Data   string `help:"Folder for everything the demonstration writes, instead of one that is removed afterwards." type:"path" placeholder:"DIR"`
}

var errUnequal = errors.New("the vendors do not hold what the directory says")

// Run starts everything in this process, pushes the directory and compares.
func (c demoCommand) Run(ctx context.Context, con console) error {
	if c.People < demo.MinPeople {
		return usageError(fmt.Sprintf("--people: a company has at least %d, one of each kind", demo.MinPeople))
	}
	folder, err := c.folder()
	if err != nil {
		return err
	}
	err = c.perform(ctx, con, folder)
	switch {
	case c.Data != "":
		return err
	case err != nil && ctx.Err() == nil:
		fmt.Fprintf(con.err, "scimrelay: everything is kept in %s; try: scimrelay tenant status TENANT --config %s\n",
			folder, filepath.Join(folder, "scimrelay.yaml"))
		return err
	}
	return errors.Join(err, os.RemoveAll(folder))
}

// folder is where everything is written. The simulators start empty, so the store must too.
func (c demoCommand) folder() (string, error) {
	if c.Data == "" {
		return os.MkdirTemp("", "scimrelay-demo-")
	}
	if _, err := os.Stat(filepath.Join(c.Data, "scimrelay.db")); err == nil {
		return "", usageError("--data: " + c.Data + " holds a store already, and the vendors' simulators start empty")
	}
	return c.Data, os.MkdirAll(c.Data, 0o700)
}

func (c demoCommand) perform(ctx context.Context, con console, folder string) error {
	s := &stage{command: c, con: con, folder: folder}
	err := s.build(ctx)
	if err == nil {
		err = s.run(ctx)
	}
	return errors.Join(err, s.close())
}

func (c demoCommand) listen(ctx context.Context) (net.Listener, error) {
	switch {
	case c.Listen != "":
		return listen(ctx, c.Listen)
	case !c.Exit:
		if l, err := listen(ctx, "127.0.0.1:8080"); err == nil {
			return l, nil
		}
	}
	return listen(ctx, free)
}

// free is any port that is.
const free = "127.0.0.1:0"

func listen(ctx context.Context, address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(ctx, "tcp", address)
}
