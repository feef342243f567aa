package main

import (
	"os/user"
	"strings"
)

// operatorFlags are on commands that change something: who did it and why goes into the audit.
type operatorFlags struct {
	actorFlag
	Reason string `help:"Why, for the audit." placeholder:"TEXT"`
}

// actorFlag is on commands that somebody answers for.
type actorFlag struct {
	Actor string `help:"Who does this, for the audit; the user of the system unless it is given." placeholder:"NAME"`
}

// actor names the operator in events.
func (f actorFlag) actor() string {
	name := f.Actor
	if name == "" {
		if who, err := user.Current(); err == nil {
			name = who.Username
		}
	}
	return strings.TrimSuffix("cli:"+name, ":")
}
