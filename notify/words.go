package notify

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"scimrelay/quarantine"
)

// kindTest is the kind of a message that somebody asked for, to see whether it arrives.
const kindTest quarantine.NoticeKind = "test"

// wording is what one kind of notice says. In title and means, {reason} is the reason's words.
type wording struct {
	title string // after the target's name
	means string
	act   string // what a person can do, empty is nothing
}

const (
	accepted = "Changes are still accepted and kept, and none is lost; they reach the product when it works again."
	stopped  = "further changes no longer reach it, and are refused once no other product takes them."
	correct  = "Correct what the reason says. New credentials in the target's settings are tried at once; the operator can have it tried now."
)

// wordings say each kind. One that is not here is said by its name.
func wordings() map[quarantine.NoticeKind]wording {
	rested := func(days string) wording {
		return wording{title: "has rested for " + days + ": {reason}",
			means: accepted + " After 28 days it is disabled: " + stopped, act: correct}
	}
	return map[quarantine.NoticeKind]wording{
		quarantine.NoticeEntered: {"rests: {reason}", accepted + " The target is tried again by itself, ever more rarely, for 28 days.", correct},
		quarantine.NoticeReason:  {"still rests, for another reason now: {reason}", accepted + " The target is tried again by itself, ever more rarely.", correct},
		quarantine.NoticeDay1:    rested("a day"),
		quarantine.NoticeDay7:    rested("7 days"),
		quarantine.NoticeDay14:   rested("14 days"),
		quarantine.NoticeDay21:   rested("21 days"),
		quarantine.NoticeDay27:   rested("27 days"),
		quarantine.NoticeDisabled: {"is disabled: {reason}",
			"It is not tried any more: " + stopped,
			"Correct what the reason says, then have the operator enable the target."},
		quarantine.NoticeRecovered: {"works again", "What waited has been sent, or is being sent.", ""},
		quarantine.NoticeHeld: {"holds deletions until somebody agrees to them",
			"More people were to be deactivated, deleted or taken out of groups at once than is usual. Creations and updates go on; these wait.",
			"If they are meant, have the operator agree to them. If not, correct the source: what is wanted again is not deleted."},
		quarantine.NoticeIncident: {"waits: the vendor at {reason} has trouble that is not this tenant's alone",
			"Many customers' connections to this vendor fail at the moment. " + accepted + " Nothing has to be done here.", ""},
		quarantine.NoticeSeats: {"has no free seat", "New people wait for one; updates and deactivations go on.", "Free a licence at the vendor, or buy one: it is taken within 12 hours."},
		kindTest:               {"is set up to tell you here", "Somebody asked for this message to see whether it arrives. It means nothing else.", ""},
	}
}

// reasonWords says a reason as a person would. One that is not here is said by its name.
func reasonWords(reason string) string {
	words, known := map[string]string{
		string(quarantine.Auth):        "the vendor refuses its credentials",
		string(quarantine.Unreachable): "the vendor cannot be reached, or does not work",
		string(quarantine.Plan):        "the vendor's plan does not allow the calls",
		string(quarantine.Quota):       "the vendor asks for a long pause",
		"ratio":                        "the vendor refuses too many of the changes",
		"escrows":                      "too many changes have failed and wait",
		"admin":                        "somebody has stopped it",
		"":                             "no reason was noted",
	}[reason]
	if !known {
		return clean(reason)
	}
	return words
}

// inWords is the kind's wording with its reason.
func inWords(kind quarantine.NoticeKind, reason string) wording {
	w, known := wordings()[kind]
	if !known {
		w = wording{title: clean(string(kind)) + ": {reason}"}
	}
	w.title = strings.ReplaceAll(w.title, "{reason}", reasonWords(reason))
	return w
}

// longest is how much of a text that comes from elsewhere a message shows, in characters.
const longest = 300

// clean makes a text fit for a message, whoever wrote it: one line, no control or bidirectional
// characters, no mail addresses, and not too long. Notices hold counts and reasons; this is the
// second lock on that door.
func clean(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, text)
	text = regexp.MustCompile(`[^\s@'"<>()\[\],;]+@[^\s@'"<>()\[\],;]+`).ReplaceAllLiteralString(text, "…")
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest-1]) + "…"
	}
	return strings.Join(strings.Fields(text), " ")
}

// grouped writes 12345 as 12,345.
func grouped(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}
