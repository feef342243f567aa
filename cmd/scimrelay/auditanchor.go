package main

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
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

// errAnchorsGone says that the file of anchors is not where it was: making another one would hide
// that somebody took it away.
var errAnchorsGone = errors.New("the file of anchors is gone: the audit is not anchored; if it was moved away on purpose, put an empty one in its place")

// makeAnchors makes the file of anchors, or finds that it can be written.
func makeAnchors(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return fmt.Errorf("make the file of anchors: %w", err)
	}
	return errors.Join(file.Sync(), file.Close(), syncFolder(filepath.Dir(path)))
}

// appendAnchors adds lines to the file, which nobody needs to be able to read or to change, and
// which has to be there.
func appendAnchors(path string, anchors []anchor) error {
	var lines []byte
	if torn(path) {
		lines = append(lines, '\n')
	}
	for _, a := range anchors {
		line, err := json.Marshal(a)
		if err != nil {
			return err
		}
		lines = append(append(lines, line...), '\n')
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %s", errAnchorsGone, path)
	}
	if err != nil {
		return fmt.Errorf("open the file of anchors: %w", err)
	}
	if len(anchors) > 0 {
		_, err = file.Write(lines) // one call: lines of several processes do not mix
	}
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("append to the file of anchors: %w", err)
	}
	return nil
}

// torn reports that the file does not end with a line's end, or cannot be read: what is appended
// has to begin on a line of its own.
func torn(path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return true
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() == 0 {
		return err != nil
	}
	last := make([]byte, 1)
	_, err = file.ReadAt(last, info.Size()-1)
	return err != nil || last[0] != '\n'
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
		if len(bytes.TrimSpace(line)) > 0 {
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
