package board

// Row is one check.
type Row struct {
	ID       string
	Tier     Tier
	Injected string
	Holds    string
}

// Find returns the check of the id.
func Find(id string) (Row, bool) {
	for _, r := range Rows() {
		if r.ID == id {
			return r, true
		}
	}
	return Row{}, false
}
