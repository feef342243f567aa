package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/google/uuid"
)

// Digest is a SHA-256.
type Digest [sha256.Size]byte

// Head is where a tenant's chain of seals ended at a time. Kept where the gateway's database
// cannot be written from, it shows later whether the chain still goes through it.
type Head struct {
	Tenant string
	Seq    int64
	Hash   Digest
	At     time.Time
}

// seal is one link of a tenant's chain: the events of a moment, and the seal before.
type seal struct {
	tenant   string
	seq      int64
	at       int64
	previous Digest
	entries  []byte
}

// sealEntry is one event in a seal.
type sealEntry struct {
	id   uuid.UUID
	hash Digest
}

const entrySize = len(uuid.UUID{}) + sha256.Size

// The words that every hash begins with: no event reads as a seal, nor as an event of another
// encoding. docs/audit.md describes both to the byte.
const (
	eventWord = "scimrelay event 1"
	sealWord  = "scimrelay seal 1"
)

// digest is the hash of an event as it is stored.
func (e *Event) digest(tenant string) Digest {
	var c canonical
	c.text(eventWord)
	c.text(tenant)
	c.text(e.ID)
	c.number(toMillis(e.At))
	for _, s := range [...]string{e.Kind, e.Actor, e.Resource, e.Target} {
		c.text(s)
	}
	c.number(e.Version)
	for _, s := range [...]string{e.Fault, e.Detail, e.VendorID, e.Did} {
		c.text(s)
	}
	return sha256.Sum256(c.Bytes())
}

// digest is the hash of the seal, which the next one carries.
func (s *seal) digest() Digest {
	var c canonical
	c.text(sealWord)
	c.text(s.tenant)
	c.number(s.seq)
	c.number(s.at)
	c.Write(s.previous[:])
	c.number(int64(len(s.entries) / entrySize))
	c.Write(s.entries)
	return sha256.Sum256(c.Bytes())
}

// add appends an event to the seal.
func (s *seal) add(e sealEntry) {
	s.entries = append(append(s.entries, e.id[:]...), e.hash[:]...)
}

// each goes through the seal's events in their order.
func (s *seal) each(do func(sealEntry)) {
	for rest := s.entries; len(rest) >= entrySize; rest = rest[entrySize:] {
		var e sealEntry
		copy(e.id[:], rest)
		copy(e.hash[:], rest[len(e.id):])
		do(e)
	}
}

// canonical writes fields so that no two lists of fields have one form: a text comes after its
// length, a number has eight bytes.
type canonical struct{ bytes.Buffer }

func (c *canonical) text(s string) {
	var length [4]byte
	binary.BigEndian.PutUint32(length[:], uint32(len(s))) //nolint:gosec // no field of an event has 4 GiB
	c.Write(length[:])
	c.WriteString(s)
}

func (c *canonical) number(n int64) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n)) //nolint:gosec // the same bits
	c.Write(b[:])
}
