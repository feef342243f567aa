package demo

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
)

// shown is how many people a list of what is wrong names.
const shown = 10

// Report prints how the shows ended: a table with a row for each vendor, what became of the
// people something happened to, what is wrong, and how to go on by hand.
func Report(out io.Writer, results []Result) error {
	problems := []error{table(out, results)}
	for _, r := range results {
		_, err := fmt.Fprintf(out, "\n%s, for tenant %s, and what it made of what happened:\n", r.Vendor.Title, r.Tenant)
		problems = append(problems, err, r.stories(out), r.wrong(out))
	}
	for i, r := range results {
		if i > 0 && results[i-1].Tenant == r.Tenant {
			continue
		}
		_, err := fmt.Fprintln(out)
		problems = append(problems, err, r.Invitation.Print(out))
	}
	return errors.Join(problems...)
}

func table(out io.Writer, results []Result) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	_, err := fmt.Fprintln(table, "\nTENANT\tVENDOR\tWANTED\tHELD\tACTIVE WANTED\tACTIVE HELD\tEQUAL\tDIFFERING\tMISSING\tEXTRA\tDUPLICATES\tGROUPS")
	for _, r := range results {
		_, rowErr := fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%s\n", r.Tenant, r.Vendor.Title, r.Wanted, r.Held,
			r.WantedActive, r.HeldActive, r.Equal, r.Differing, r.Missing, len(r.Extra), r.Doubled, r.groups())
		err = errors.Join(err, rowErr)
	}
	return errors.Join(err, table.Flush())
}

// groups says how many of the groups are as wanted.
func (c Comparison) groups() string {
	if c.Groups == 0 {
		return "-"
	}
	return fmt.Sprintf("%d of %d", c.Groups-len(c.Odd), c.Groups)
}

// stories prints what happened to whom and what the vendor made of it.
func (r Result) stories(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	told := map[string]bool{}
	var problems []error
	for _, cycle := range r.Cycles {
		for _, change := range cycle.Changes {
			if v, ok := r.Of(change.After.ID); ok && !told[change.After.ID] {
				told[change.After.ID] = true
				_, err := fmt.Fprintf(table, "  %s\t%s\t%s\n", change.Kind, v.Person.Name(), v.at())
				problems = append(problems, err)
			}
		}
	}
	return errors.Join(append(problems, table.Flush())...)
}

// at is where the person stands at the vendor.
func (v Verdict) at() string {
	if len(v.Accounts) != 1 {
		return v.String()
	}
	a, word := v.Accounts[0], "inactive"
	if a.Active {
		word = "active"
	}
	return fmt.Sprintf("account %s, %s, %s: %s", a.ID, a.Key, word, v)
}

// wrong prints what is not as wanted, the first of it.
func (c Comparison) wrong(out io.Writer) error {
	var lines []string
	for _, v := range c.Verdicts {
		if what := v.String(); what != "equal" {
			lines = append(lines, fmt.Sprintf("%s (%s): %s", v.Person.Name(), v.Key, what))
		}
	}
	for _, a := range c.Extra {
		lines = append(lines, fmt.Sprintf("account %s (%s) belongs to nobody in the directory", a.ID, a.Key))
	}
	lines = append(lines, c.Odd...)
	if c.Pending > 0 {
		lines = append(lines, fmt.Sprintf("the gateway still works on %d changes", c.Pending))
	}
	var problems []error
	for i, line := range lines {
		if i == shown {
			line = fmt.Sprintf("and %d more", len(lines)-shown)
		}
		_, err := fmt.Fprintf(out, "  %s: %s\n", c.Vendor.Title, line)
		problems = append(problems, err)
		if i == shown {
			break
		}
	}
	return errors.Join(problems...)
}
