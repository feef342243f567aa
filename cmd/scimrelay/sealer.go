package main

import (
	"context"
	"encoding/hex"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"scimrelay/configs"
	"scimrelay/store"
)

const (
	sealEvery   = time.Second // how long an event waits to be sealed
	anchorEvery = time.Minute // how long a seal waits to be anchored
	// anchorBack is how much further than its last look an export goes: a seal is dated when its
	// transaction began, and committed later.
	anchorBack = 2 * time.Minute
)

// sealer seals the audit, and tells the ends of its chains to the log and to a file that the
// gateway need not be able to change. Every process has one.
type sealer struct {
	events *store.Events
	now    func() time.Time
	config configs.Audit
	log    *slog.Logger

	logged map[string]int64 // the last seal of each tenant that the log tells of
	told   map[string]int64 // and the file too
	until  time.Time        // seals before then are told
}

func newSealer(s *store.Store, config configs.Audit, log *slog.Logger) *sealer {
	return &sealer{events: s.Events, now: s.Now, config: config, log: log,
		logged: make(map[string]int64), told: make(map[string]int64)}
}

// prepareAnchors makes the file of anchors before the first seal there is. Afterwards one that is
// missing was taken away, which nobody may hide by making it anew; one that cannot be written is
// told now rather than by the first anchor.
func prepareAnchors(ctx context.Context, s *store.Store, path string) error {
	if path == "" {
		return nil
	}
	errSealed := errors.New("there is a seal")
	err := s.Events.Heads(ctx, time.Time{}, func(store.Head) error { return errSealed })
	switch {
	case err == nil:
		return makeAnchors(path)
	case !errors.Is(err, errSealed):
		return err
	}
	if err := appendAnchors(path, nil); !errors.Is(err, errAnchorsGone) { // whoever seals says that
		return err
	}
	return nil
}

// run seals until ctx ends, and then what the end itself has written.
func (s *sealer) run(ctx context.Context) error {
	seal, tell := time.NewTicker(sealEvery), time.NewTicker(anchorEvery)
	defer seal.Stop()
	defer tell.Stop()
	s.seal(ctx)
	s.tell(ctx) // what a process that died has not told
	for {
		select {
		case <-seal.C:
			s.seal(ctx)
		case <-tell.C:
			s.tell(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastSeal)
			defer cancel()
			s.seal(last)
			s.tell(last)
			return nil
		}
	}
}

// seal seals what waits. When it fails the next one has more to do.
func (s *sealer) seal(ctx context.Context) {
	if _, err := s.events.Seal(ctx); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "the audit was not sealed", "err", err)
	}
}

// tell exports the ends of the chains that have grown since they were told last.
func (s *sealer) tell(ctx context.Context) {
	now := s.now()
	grown := make(map[string]store.Head)
	err := s.events.Heads(ctx, s.until, func(h store.Head) error {
		if h.Seq > s.told[h.Tenant] {
			grown[h.Tenant] = h
		}
		return nil
	})
	if err == nil && len(grown) > 0 {
		err = s.export(ctx, grown)
	}
	switch {
	case errors.Is(err, errAnchorsGone):
		s.log.ErrorContext(ctx, errAnchorsGone.Error(), "file", s.config.Anchors)
		return
	case err != nil:
		if ctx.Err() == nil {
			s.log.WarnContext(ctx, "the audit was not anchored", "err", err)
		}
		return
	}
	s.until = now.Add(-anchorBack)
}

func (s *sealer) export(ctx context.Context, grown map[string]store.Head) error {
	var anchors []anchor
	for _, tenant := range slices.Sorted(maps.Keys(grown)) {
		h := grown[tenant]
		anchors = append(anchors, anchorOf(h, s.config.Key))
		if h.Seq > s.logged[tenant] { // once, whatever becomes of the file
			s.logged[tenant] = h.Seq
			s.log.InfoContext(ctx, "audit head", "tenant", tenant, "seq", h.Seq, "hash", hex.EncodeToString(h.Hash[:]), "sealed", h.At)
		}
	}
	if s.config.Anchors != "" {
		if err := appendAnchors(s.config.Anchors, anchors); err != nil {
			return err
		}
	}
	for tenant, h := range grown {
		s.told[tenant] = h.Seq
	}
	return nil
}
