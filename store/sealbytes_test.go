package store_test

import (
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"scimrelay/store"
)

// page writes fields as docs/audit.md describes them, on its own account.
type page struct{ bytes.Buffer }

func (p *page) text(texts ...string) *page {
	for _, s := range texts {
		p.Write(binary.BigEndian.AppendUint32(nil, uint32(len(s))))
		p.WriteString(s)
	}
	return p
}

func (p *page) num(n int64) *page {
	p.Write(binary.BigEndian.AppendUint64(nil, uint64(n)))
	return p
}

// Whoever reads docs/audit.md can check a chain without the gateway.
func TestTheChainIsWhatItsPageSays(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	s := openAt(t, "sqlite://"+path, store.Options{})
	for i, kind := range []string{"one", "two", "three"} {
		e := store.Event{Kind: kind, Actor: "cli:zoë", Resource: "r", Target: "t", Version: int64(i - 1), Fault: "f", Detail: "d", VendorID: "7", Did: "created"}
		if err := s.Events.Append(t.Context(), "acme", e); err != nil {
			t.Fatal(err)
		}
		if i == 0 { // the others share a seal
			continue
		}
		if _, err := s.Events.Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT seq, sealed_at, previous, hash, entries FROM seals WHERE tenant = 'acme' ORDER BY seq`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	before, next, events := make([]byte, 32), int64(1), 0
	for ; rows.Next(); next++ {
		var seq, at int64
		var previous, hash, entries []byte
		if err := rows.Scan(&seq, &at, &previous, &hash, &entries); err != nil {
			t.Fatal(err)
		}
		of := new(page).text("scimrelay seal 1", "acme").num(seq).num(at)
		of.Write(previous)
		of.num(int64(len(entries) / 48)).Write(entries)
		if sum := sha256.Sum256(of.Bytes()); seq != next || !bytes.Equal(previous, before) || !bytes.Equal(hash, sum[:]) {
			t.Errorf("seal %d is another", seq)
		}
		before = hash
		for ; len(entries) > 0; entries = entries[48:] {
			events++
			if want := pageOf(t, db, uuid.UUID(entries[:16]).String()); !bytes.Equal(entries[16:48], want) {
				t.Errorf("event %x of seal %d is another", entries[:16], seq)
			}
		}
	}
	if err := rows.Err(); err != nil || next != 3 || events != 3 {
		t.Errorf("%d events, next seal %d, %v", events, next, err)
	}
}

func pageOf(t *testing.T, db *sql.DB, id string) []byte {
	t.Helper()
	var at, version int64
	var kind, actor, resource, target, fault, detail, vendorID, did string
	err := db.QueryRow(`SELECT at, kind, actor, resource, target, version, fault, detail, vendor_id, did FROM events WHERE tenant = 'acme' AND id = $1`, id).
		Scan(&at, &kind, &actor, &resource, &target, &version, &fault, &detail, &vendorID, &did)
	if err != nil {
		t.Fatal(err)
	}
	of := new(page).text("scimrelay event 1", "acme", id).num(at).text(kind, actor, resource, target).num(version).text(fault, detail, vendorID, did)
	sum := sha256.Sum256(of.Bytes())
	return sum[:]
}
