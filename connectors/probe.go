package connectors

import "context"

// Probes reports whether the connector can be asked something that is about nobody.
func Probes(c Connector) bool {
	switch c.(type) {
	case Prober, Lister, Checker:
		return true
	}
	return false
}

// Probe makes the cheapest authenticated read the connector is able to, none where it has no power
// to read. Nil means that the vendor works and takes the credentials: a Check may say that it does
// not as a finding, so a report counts only if all of it is fine.
func Probe(ctx context.Context, c Connector) error {
	switch c := c.(type) {
	case Prober:
		return c.Probe(ctx)
	case Lister:
		_, err := c.List(ctx, "")
		return err
	case Checker:
		report, err := c.Check(ctx)
		if err != nil {
			return err
		}
		return report.refusal()
	}
	return nil
}

// refusal is the first finding that is not fine, as a fault. Which ones speak of the credentials
// cannot be told.
func (r Report) refusal() error {
	for _, f := range r.Findings {
		if !f.OK {
			return Faultf(Denied, "%s: %s", f.Name, f.Detail)
		}
	}
	return nil
}
