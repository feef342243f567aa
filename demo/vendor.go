package demo

// Vendor is what the auditor knows of one product: what a person's account must hold, and where
// the vendor's own object holds it. It is written from the vendor's documents, not from the
// product's mapping.
type Vendor struct {
	Name  string // the product, and the tenant that is provisioned into it
	Title string
	// Key is the person's natural key at the vendor.
	Key func(p Person) string
	// Want is the fields the person's account must have; all is the directory, for managers.
	Want func(p Person, all People) Fields
	// Have is the same fields of an account; all is everything the vendor holds.
	Have func(a Account, all Accounts) Fields
	// Removes says that whoever is not active has no account at all.
	Removes bool
	// Groups is what the company's groups come to at the vendor: the keys of the people in them, by
	// the vendor's names. Nil is nothing.
	Groups func(groups []Group, all People) map[string][]string
	// Own reports an account that is the vendor's own and was never provisioned.
	Own func(a Account) bool
}

// Fields are an account's values under the vendor's names for them.
type Fields map[string]string

// Vendors are the products the demonstration can judge.
func Vendors() []Vendor {
	return []Vendor{sage(), dastra(), timeclock(), steeple(), ivanti(), scimTarget(), gitlab(), zendesk()}
}

// active is what a vendor must say of the person. Who was deleted for good stays, inactive.
func active(p Person) bool { return p.Active && !p.Gone }
