package connectortest

import (
	"encoding/json"
	"testing"

	"scimrelay/connectors"
)

// anothersAnswer shows successes in JSON that are not the vendor's: what stands between may speak
// JSON too. They must not read as "there is nobody", which would make a second account, nor may
// they end a create whose account nobody knows.
func anothersAnswer(t *testing.T, h Harness) {
	w := h.world(t)
	s := w.open(h.Customer("acme"), 0)
	known := w.record(s, 1)
	known.VendorID = w.create(s, known).ID
	byKey := known
	byKey.VendorID = ""
	for i, body := range []string{`null`, `{}`, `{"message":"we will be right back","total":3}`, `"ok"`} {
		w.show(map[string]any{"status": 200, "body": json.RawMessage(body)})
		for _, want := range []connectors.Record{known, byKey, w.record(s, 40+i)} {
			if _, err := s.Find(t.Context(), want); !connectors.Is(err, connectors.Nonsense) {
				t.Errorf("find of an id %q on %s gives %v", want.VendorID, body, err)
			}
		}
		_, err := s.Create(t.Context(), w.record(s, 50+i))
		if fault := connectors.FaultOf(err); fault == nil || fault.Class != connectors.Unknown && (fault.Class != connectors.Nonsense || !fault.Uncertain) {
			t.Errorf("create on %s gives %v, which does not say that it may have been done", body, err)
		}
		w.heal()
	}
}
