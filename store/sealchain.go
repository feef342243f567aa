package store

import (
	"bytes"
	"context"
	"database/sql"
	"slices"
	"time"
)

// chain reads the seals in their order.
func (v *verifying) chain(ctx context.Context, moment *sql.Tx) error {
	rows, err := moment.QueryContext(ctx, `SELECT seq, sealed_at, previous, hash, entries FROM seals WHERE tenant = $1 ORDER BY seq`, v.Tenant) //nolint:rowserrcheck // eachRow asks
	if err != nil {
		return err
	}
	err = eachRow(rows, func(scan func(...any) error) error {
		s := seal{tenant: v.Tenant}
		var previous, hash []byte
		if err := scan(&s.seq, &s.at, &previous, &hash, &s.entries); err != nil {
			return err
		}
		v.link(&s, previous, hash)
		return nil
	})
	if err != nil {
		return err
	}
	v.cut()
	slices.SortFunc(v.sealed, func(a, b sealedEvent) int { return bytes.Compare(a.id[:], b.id[:]) })
	for i := 1; i < len(v.sealed); i++ {
		if v.sealed[i].id == v.sealed[i-1].id {
			v.breach(v.sealed[i].id.String(), v.sealed[i].seal, "the event is sealed twice")
			v.sealed[i].met = true
		}
	}
	return nil
}

// link holds one seal against the one before and against its anchors.
func (v *verifying) link(s *seal, previous, hash []byte) {
	for missing := v.Head.Seq + 1; missing < s.seq && missing <= v.Head.Seq+mostBreaches; missing++ {
		v.breach("", missing, "the seal is missing")
	}
	if s.seq == v.Head.Seq+1 && !bytes.Equal(previous, v.Head.Hash[:]) {
		v.breach("", s.seq, "the seal does not follow from the one before")
	}
	copy(s.previous[:], previous)
	made := s.digest()
	if len(previous) != len(made) || len(s.entries)%entrySize != 0 || !bytes.Equal(hash, made[:]) {
		v.breach("", s.seq, "the seal was changed: its hash is another")
	}
	copy(made[:], hash) // what follows was made from what stands there
	for _, a := range v.anchors[s.seq] {
		if a.Hash == made {
			v.Anchored = max(v.Anchored, s.seq)
		} else {
			v.breach("", s.seq, "the anchor of %s has another hash: the chain was rewritten from here or before", a.At.UTC().Format(time.RFC3339))
		}
	}
	delete(v.anchors, s.seq)
	v.Head = Head{Tenant: v.Tenant, Seq: s.seq, Hash: made, At: fromMillis(s.at)}
	v.times = append(v.times, s.at)
	s.each(func(e sealEntry) { v.sealed = append(v.sealed, sealedEvent{sealEntry: e, seal: s.seq}) })
}

// cut reports anchors of seals that are not there.
func (v *verifying) cut() {
	var gone []Head
	for _, heads := range v.anchors {
		gone = append(gone, heads[0])
	}
	slices.SortFunc(gone, func(a, b Head) int { return int(a.Seq - b.Seq) })
	for _, a := range gone {
		v.breach("", a.Seq, "the anchor of %s names a seal that is not there: the chain was cut", a.At.UTC().Format(time.RFC3339))
	}
}
