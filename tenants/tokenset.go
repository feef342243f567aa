package tenants

import (
	"errors"
	"slices"
	"time"
)

// The reasons a change of tokens is refused.
var (
	// ErrTooManyActive says that the tenant has two active tokens already.
	ErrTooManyActive = errors.New("two tokens are active already: deactivate or delete one first")
	// ErrNoToken says that there is no token of the key id.
	ErrNoToken = errors.New("no such token")
	// ErrTokenOver says that an expired or deleted token cannot become active again.
	ErrTokenOver = errors.New("the token is expired or deleted: create or renew one instead")
	// ErrOverlap says that the overlap of a renewal is out of bounds.
	ErrOverlap = errors.New("the overlap of a renewal is between 0 and 72 hours")
)

// TokenSet is all tokens of one tenant. Its methods are the rules of their life as pure
// functions: each returns the tokens to write, those that give up a slot before those that take
// one, and the store reads, asks and writes in one transaction.
type TokenSet []Token

// Create activates a fresh token. It returns ErrTooManyActive when both slots are in use.
func (ts TokenSet) Create(fresh Token, now time.Time) (TokenSet, error) {
	changed := ts.Expire(now)
	slot, ok := ts.freeSlot(now)
	if !ok {
		return nil, ErrTooManyActive
	}
	return append(changed, fresh.activated(slot)), nil
}

// Activate brings an inactive token back; an active one needs no change. It returns ErrNoToken,
// ErrTokenOver or ErrTooManyActive.
func (ts TokenSet) Activate(keyID string, now time.Time) (TokenSet, error) {
	token, err := ts.find(keyID)
	if err != nil {
		return nil, err
	}
	changed := ts.Expire(now)
	slot, free := ts.freeSlot(now)
	switch end := token.End(); {
	case token.Usable(now):
		return changed, nil
	case token.Status != Inactive || !end.IsZero() && !now.Before(end):
		return nil, ErrTokenOver
	case !free:
		return nil, ErrTooManyActive
	}
	return append(changed, token.activated(slot)), nil
}

// Deactivate takes a token out of use without ending it. It returns ErrNoToken or ErrTokenOver.
func (ts TokenSet) Deactivate(keyID string, now time.Time) (TokenSet, error) {
	token, err := ts.find(keyID)
	if err != nil {
		return nil, err
	}
	switch token.StatusAt(now) {
	case Inactive:
		return ts.Expire(now), nil
	case Expired:
		return nil, ErrTokenOver
	}
	return append(ts.Expire(now), token.closed(Inactive)), nil
}

// Renew puts a fresh token in the place of an old one, which lives on for the overlap when it is
// usable, and otherwise ends at once. With two active tokens there is room for no overlap: it
// returns ErrTooManyActive, as well as ErrNoToken and ErrOverlap.
func (ts TokenSet) Renew(keyID string, fresh Token, overlap time.Duration, now time.Time) (TokenSet, error) {
	old, err := ts.find(keyID)
	switch {
	case err != nil:
		return nil, err
	case overlap < 0 || overlap > MaxOverlap:
		return nil, ErrOverlap
	case overlap == 0 && old.Usable(now):
		ended := old.closed(Expired)
		return append(ts.Expire(now), ended, fresh.activated(old.Slot)), nil
	}
	changed, err := ts.Create(fresh, now)
	if err != nil {
		return nil, err
	}
	if end := now.Add(overlap); old.Usable(now) && (old.End().IsZero() || end.Before(old.End())) {
		old.Overlap = end
		changed = slices.Insert(changed, 0, old)
	}
	return changed, nil
}

// Delete ends a token for good. It returns ErrNoToken; deleting twice is fine.
func (ts TokenSet) Delete(keyID string, now time.Time) (TokenSet, error) {
	for _, t := range ts {
		if t.KeyID != keyID {
			continue
		}
		if t.Status == Deleted {
			return ts.Expire(now), nil
		}
		rest := slices.DeleteFunc(ts.Expire(now), func(e Token) bool { return e.KeyID == keyID })
		return append(rest, t.closed(Deleted)), nil
	}
	return nil, ErrNoToken
}

// Expire writes down what the clock has ended, so that its slots are free.
func (ts TokenSet) Expire(now time.Time) (changed TokenSet) {
	for _, t := range ts {
		if t.Status == Active && !t.Usable(now) {
			changed = append(changed, t.closed(Expired))
		}
	}
	return changed
}

// find returns a token that is not deleted: a deleted one is as good as unknown.
func (ts TokenSet) find(keyID string) (Token, error) {
	for _, t := range ts {
		if t.KeyID == keyID && t.Status != Deleted {
			return t, nil
		}
	}
	return Token{}, ErrNoToken
}

func (ts TokenSet) freeSlot(now time.Time) (int, bool) {
	for slot := 1; slot <= MaxActive; slot++ {
		taken := slices.ContainsFunc(ts, func(t Token) bool { return t.Slot == slot && t.Usable(now) })
		if !taken {
			return slot, true
		}
	}
	return 0, false
}

func (t Token) activated(slot int) Token {
	t.Status, t.Slot = Active, slot
	return t
}

func (t Token) closed(as Status) Token {
	t.Status, t.Slot = as, 0
	return t
}
