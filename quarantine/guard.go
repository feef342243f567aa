package quarantine

import (
	"cmp"
	"time"
)

// GuardWindow is how far back the deletion guard counts. Identity providers' cycles are of 40
// minutes: one that runs wild shows in one window.
const GuardWindow = 60 * time.Minute

// The deletion guard's measures. A burst is more than the share of a target's people and more
// than a few, or more than many, or half of a company of some size; from a group, more than the
// share of its members and more than a few.
const (
	deletePercent  = 10
	deletesFew     = 10
	deletesMany    = 500
	halfPercent    = 50
	halfSome       = 4
	removalPercent = 25
	removalsFew    = 50
)

// Guard is a target's limits. Its zero value has the usual ones.
type Guard struct {
	// Off lets everything through.
	Off bool
	// Deletes and Removals are the tenant's own percentages, of the target's people and of a
	// group's members, 0 for the usual.
	Deletes, Removals float64
}

// Leaving is what a target loses in one window: what was carried out, and what is wanted and not
// done, each once.
type Leaving struct {
	People int // accounts that are deleted or deactivated
	Groups int // groups that are deleted
}

// Holds reports whether so much leaving is suspicious: an identity provider that lost its scope
// looks like that. Linked is how many people had a working account when the window began.
func (g Guard) Holds(n Leaving, linked int) bool {
	all := n.People + n.Groups
	switch {
	case g.Off, all <= 1: // one person leaving is never suspicious
		return false
	case all > deletesMany:
		return true
	case linked >= halfSome && n.People > 1 && reaches(n.People, g.half(), linked):
		return true
	}
	return all > deletesFew && exceeds(all, g.deletes(), linked)
}

// Look is how many linked people have to be counted to judge so much leaving: more of them make
// no difference, and a target may have very many.
func (g Guard) Look(n Leaving) int {
	return enough(n.People+n.Groups, min(g.deletes(), halfPercent))
}

// HoldsRemovals reports whether so many removals from one group in a window are suspicious.
// Members is how many it had when the window began.
func (g Guard) HoldsRemovals(removed, members int) bool {
	return !g.Off && removed > removalsFew && exceeds(removed, g.removals(), members)
}

// LookRemovals is how many members have to be counted to judge so many removals.
func (g Guard) LookRemovals(removed int) int { return enough(removed, g.removals()) }

func (g Guard) deletes() float64  { return cmp.Or(g.Deletes, deletePercent) }
func (g Guard) removals() float64 { return cmp.Or(g.Removals, removalPercent) }

// half is the share that is too many of any company: a tenant who allows more says so.
func (g Guard) half() float64 { return max(halfPercent, g.Deletes) }

func exceeds(n int, percent float64, of int) bool { return float64(100*n) > percent*float64(of) }
func reaches(n int, percent float64, of int) bool { return float64(100*n) >= percent*float64(of) }

// enough is the smallest number of which n is less than the share.
func enough(n int, percent float64) int { return int(float64(100*n)/percent) + 1 }
