package main

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"scimrelay/configs"
	"scimrelay/store"
)

// anchor is one line of the file of anchors: where a tenant's chain ended at a time.
type anchor struct {
	Time   time.Time `json:"time"`
	Tenant string    `json:"tenant"`
	Seq    int64     `json:"seq"`
	Hash   string    `json:"hash"`
	MAC    string    `json:"mac,omitempty"`
}

func anchorOf(h store.Head, key configs.Secret) anchor {
	a := anchor{Time: h.At, Tenant: h.Tenant, Seq: h.Seq, Hash: hex.EncodeToString(h.Hash[:])}
	if !key.Empty() {
		a.MAC = hex.EncodeToString(a.mac(key))
	}
	return a
}

// mac signs the line's meaning rather than its text.
func (a anchor) mac(key configs.Secret) []byte {
	m := hmac.New(sha256.New, []byte(key.Reveal()))
	for _, part := range []string{"scimrelay anchor 1", a.Tenant, a.Hash} {
		var length [4]byte
		binary.BigEndian.PutUint32(length[:], uint32(len(part))) //nolint:gosec // names are short
		m.Write(length[:])
		m.Write([]byte(part))
	}
	var numbers [16]byte
	binary.BigEndian.PutUint64(numbers[:], uint64(a.Seq))               //nolint:gosec // the same bits
	binary.BigEndian.PutUint64(numbers[8:], uint64(a.Time.UnixMilli())) //nolint:gosec // the same bits
	m.Write(numbers[:])
	return m.Sum(nil)
}

// head reads the line back, if it is genuine. Without a key every line is.
func (a anchor) head(key configs.Secret) (store.Head, error) {
	h := store.Head{Tenant: a.Tenant, Seq: a.Seq, At: a.Time}
	hash, err := hex.DecodeString(a.Hash)
	if err != nil || len(hash) != len(h.Hash) || a.Tenant == "" || a.Seq < 1 {
		return h, errors.New("it is no anchor")
	}
	copy(h.Hash[:], hash)
	if key.Empty() {
		return h, nil
	}
	mac, err := hex.DecodeString(a.MAC)
	if err != nil || !hmac.Equal(mac, a.mac(key)) {
		return h, errors.New("its signature is wrong")
	}
	return h, nil
}

// appendAnchors adds lines to the file, which nobody needs to be able to read or to change.
func appendAnchors(path string, anchors []anchor) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("open the file of anchors: %w", err)
	}
	var lines []byte
	for _, a := range anchors {
		line, err := json.Marshal(a)
		if err != nil {
			return errors.Join(err, file.Close())
		}
		lines = append(append(lines, line...), '\n')
	}
	_, err = file.Write(lines) // one call: lines of several processes do not mix
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("append to the file of anchors: %w", err)
	}
	return nil
}

// anchorFile is what a file of anchors says.
type anchorFile struct {
	heads  []store.Head
	forged []string // lines that are not genuine
	torn   []string // lines that a full disk or a power failure cut
}

// readAnchors reads a file of anchors.
func readAnchors(path string, key configs.Secret) (found anchorFile, err error) {
	file, err := os.Open(path)
	if err != nil {
		return found, fmt.Errorf("read anchors: %w", err)
	}
	defer file.Close()
	lines := bufio.NewReader(file)
	for n := 1; ; n++ {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			found.add(line, fmt.Sprintf("line %d of %s", n, path), key)
		}
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return found, fmt.Errorf("read anchors: %w", err)
		}
	}
}

func (f *anchorFile) add(line []byte, where string, key configs.Secret) {
	var a anchor
	if json.Unmarshal(line, &a) != nil {
		f.torn = append(f.torn, where+" cannot be read")
		return
	}
	h, err := a.head(key)
	if err != nil {
		f.forged = append(f.forged, fmt.Sprintf("%s: %v", where, err))
		return
	}
	f.heads = append(f.heads, h)
}
