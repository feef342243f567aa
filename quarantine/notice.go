package quarantine

import "time"

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
