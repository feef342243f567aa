package quarantine

// The deletion guard's measures: a burst is more than the share of a target's people, and more
// than a few, or more than many, or half of a company of some size.
const (
	burstShare = 0.10
	burstFew   = 10
	burstMany  = 500
	burstSome  = 4
)

// Burst reports whether so many people losing their accounts is suspicious: an identity provider
// that lost its scope looks like that. Leaving are those who are to lose one, before the first of
// them has, linked all who have one. Share is the tenant's own limit, 0 for the usual.
func Burst(leaving, linked int, share float64) bool {
	if share <= 0 {
		share = burstShare
	}
	switch {
	case leaving <= 1: // one person leaving is never suspicious
		return false
	case leaving > burstMany:
		return true
	case linked >= burstSome && 2*leaving >= linked && leaving > 1:
		return true
	}
	return float64(leaving) > max(burstFew, share*float64(linked))
}
