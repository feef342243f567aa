package connectors

// mostPages is how many pages of one list are read: the largest known customers have a tenth.
const mostPages = 2000

// Pages counts the pages of one list that is read to its end. Its zero value is ready.
type Pages struct{ read int }

// Turn notes another page. A list that goes on for ever is a Fault of class Nonsense.
func (p *Pages) Turn() error {
	if p.read++; p.read > mostPages {
		return Faultf(Nonsense, "the list does not come to an end: %d pages were read", mostPages)
	}
	return nil
}
