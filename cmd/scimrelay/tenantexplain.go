package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode"

	"scimrelay/connectors"
	"scimrelay/relay"
	"scimrelay/scim"
)

// explain prints what each target of the tenant makes of one person, field by field.
func (c tenantCheckCommand) explain(ctx context.Context, con console) error {
	d, err := c.desk(ctx, con)
	if err != nil {
		return err
	}
	defer d.close()
	id, err := d.find(ctx, c.User)
	if err != nil {
		return err
	}
	person, err := d.store.Directory.Get(ctx, d.tenant.ID, scim.TypeUser, id)
	if err != nil {
		return err
	}
	doc, err := scim.Decode(person.Body, scim.DefaultLimits().Stored())
	if err != nil {
		return fmt.Errorf("read the person %s: %w", id, err)
	}
	fmt.Fprintf(con.out, "user %s, version %d, %s\n", id, person.Version, activity(doc))
	return d.sessions(func(session *relay.Session) error { return explainAt(con, session, id, doc) })
}

func activity(doc scim.Document) string {
	if doc["active"] == false {
		return "inactive"
	}
	return "active"
}

// explainAt prints whether the target receives the person, a table of its fields, and what of
// the person it has no place for.
func explainAt(con console, session *relay.Session, id string, doc scim.Document) error {
	fmt.Fprintf(con.out, "\ntarget %s: %s\n", session.Target.ID, reach(session, doc))
	table := tabwriter.NewWriter(con.out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "FIELD\tWHEN\tVALUE\tFROM\tRULE OF\tEXPRESSION")
	for _, e := range session.Mapping.Explain(id, doc) {
		rule := "product"
		if e.Own {
			rule = "target"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", e.Field, e.Part, valueOf(e), strings.Join(e.Reads, ", "), rule, oneLine(e.Expression))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if left := session.Mapping.NotForwarded(doc); len(left) > 0 {
		fmt.Fprintf(con.out, "not forwarded: %s\n", strings.Join(left, ", "))
	}
	return nil
}

// reach says whether the target receives the person, and by what.
func reach(session *relay.Session, doc scim.Document) string {
	scope := oneLine(session.Target.Scope.Value)
	in, err := session.Scope.In(doc)
	switch {
	case err != nil:
		return "not known to be in scope: " + connectors.FaultOf(err).Detail
	case scope == "":
		return "in scope, as everybody is"
	case in:
		return "in scope: " + scope
	default:
		return "out of scope: " + scope
	}
}

func valueOf(e connectors.Explained) string {
	value := printable(e.Value)
	switch {
	case e.Nothing == "":
		return value
	case e.Value == "":
		return "nothing: " + e.Nothing
	default:
		return value + " (" + e.Nothing + ")"
	}
}

// printable keeps what a directory holds from steering the terminal.
func printable(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return strconv.Quote(text)
	}
	return text
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
