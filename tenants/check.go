package tenants

import (
	"math"
	"net/url"
	"slices"
	"strings"
	"time"

	"scimrelay/configs"
)

// maxWait is how long a request may be held for the vendor's outcome: below the time in which
// identity providers give up.
const maxWait = 30 * time.Second

// check finds what the decoder cannot know. The product checks base_url, credentials, defaults,
// on_deactivate and mapping against itself later.
func (f targetFile) check(node configs.Node) (fs configs.Faults) {
	want := func(fine bool, path, what string) {
		if !fine {
			fs.Add(node.Lookup(path).Position(), "%s.%s: %s", node.Path(), path, what)
		}
	}
	want(f.ID == "" || isID(f.ID), "id", "want lower-case letters, digits and dashes, at most 63, not a dash first")
	want(f.Product == "" || isID(f.Product), "product", "want the name of a product, in lower case")
	want(f.BaseURL == "" || isWeb(f.BaseURL), "base_url", "want a whole http or https URL without user, query and fragment")
	want(f.OnDeactivate == "" || isID(strings.ReplaceAll(f.OnDeactivate, "+", "-")), "on_deactivate", "want one of the product's words, in lower case")
	want(f.OnDelete == "" || f.OnDelete == "deactivate" || f.OnDelete == "delete", "on_delete", "want deactivate or delete")
	want(slices.Contains([]Adoption{"", AdoptCarefully, AdoptFully, AdoptNever}, Adoption(f.Adopt)), "adopt", "want carefully, fully or never")
	want(f.Rate.PerSecond >= 0 && !math.IsInf(f.Rate.PerSecond, 0), "rate.per_second", "want a rate that is not negative")
	want(f.Rate.Burst >= 0, "rate.burst", "want a number that is not negative")
	want(f.Rate.Concurrency >= 0, "rate.concurrency", "want a number that is not negative")
	want(time.Duration(f.Wait) <= maxWait, "wait", "want at most "+maxWait.String())
	f.Notify.check(want)
	want(isGroup(node.Key("credentials")), "credentials", "want keys and values")
	want(isGroup(node.Key("defaults")), "defaults", "want keys and values")
	return fs
}

// warnings names what is acted on and needs a look all the same.
func (f targetFile) warnings(node configs.Node) (fs configs.Faults) {
	return f.Notify.warnings(node)
}

// isGroup lets products trust that what they decode is a mapping or nothing.
func isGroup(n configs.Node) bool { return !n.Present() || n.IsMapping() }

func isWeb(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Hostname() != "" &&
		u.User == nil && u.RawQuery == "" && !u.ForceQuery && u.Fragment == ""
}
