package quarantine

import (
	"fmt"
	"time"
)

// NoticeKind is what a notice tells.
type NoticeKind string

// The kinds of notices.
const (
	NoticeEntered   NoticeKind = "quarantined"    // the target rests
	NoticeReason    NoticeKind = "reason-changed" // it rests for another reason now
	NoticeDay1      NoticeKind = "day-1"          // it has rested for so long
	NoticeDay7      NoticeKind = "day-7"
	NoticeDay14     NoticeKind = "day-14"
	NoticeDay21     NoticeKind = "day-21"
	NoticeDay27     NoticeKind = "day-27"
	NoticeDisabled  NoticeKind = "disabled"  // it has been given up
	NoticeRecovered NoticeKind = "recovered" // it works as usual again
	NoticeHeld      NoticeKind = "deletes-held"
	NoticeIncident  NoticeKind = "vendor-incident"
	NoticeSeats     NoticeKind = "seats-full"
)

// Notice is something a tenant has to be told of a target. It holds counts and reasons, never a
// person's data.
type Notice struct {
	Kind   NoticeKind
	Reason string
	// Series is when what it tells of began: within one, each kind and reason is told once.
	Series time.Time
	Detail string
}

// Notices are what there is to tell when a target goes from one state to another. While the whole
// vendor is down nobody is told of a single target.
func Notices(before, after State) (all []Notice) {
	series := after.Began
	tell := func(kind NoticeKind, detail string) {
		all = append(all, Notice{Kind: kind, Reason: string(after.Reason), Series: series, Detail: detail})
	}
	switch {
	case after.Phase == Disabled && before.Phase != Disabled:
		tell(NoticeDisabled, disabledBecause(after))
		return all
	case !before.Began.IsZero() && after.Began.IsZero(): // whatever its phase: a vendor may pause a recovery
		return []Notice{{Kind: NoticeRecovered, Reason: string(before.Reason), Series: before.Began,
			Detail: fmt.Sprintf("rested %d times", before.Count)}}
	case after.Phase == Quarantined && !after.Untold && (before.Untold || !before.Began.Equal(after.Began)):
		tell(NoticeEntered, "next probe "+stamp(after.Until))
	case after.Phase == Quarantined && !after.Untold && before.Reason != after.Reason:
		tell(NoticeReason, "next probe "+stamp(after.Until))
	}
	if after.Warned > before.Warned && before.Began.Equal(after.Began) {
		tell(NoticeKind(fmt.Sprintf("day-%d", after.Warned)), fmt.Sprintf("rested %d times since %s", after.Count, stamp(after.Began)))
	}
	return all
}

func disabledBecause(s State) string {
	if s.ByClock {
		return fmt.Sprintf("given up after %d rests since %s", s.Count, stamp(s.Began))
	}
	return "switched off by an administrator"
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
