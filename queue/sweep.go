package queue

import (
	"context"
	"log/slog"
	"time"

	"scimrelay/store"
)

// Swept is what the sweeper asks of the store.
type Swept interface {
	Pending(ctx context.Context, each func(tenant, target string)) error
}

// Seeder makes the links that a new target lacks.
type Seeder interface {
	Seed(ctx context.Context, tenant, target string) (again time.Duration, err error)
}

// Sweeper finds what no ring announced: lost rings, due retries, rests that are over, targets
// that are new. What it reads is the truth; rings are only quicker.
type Sweeper struct {
	Links  Swept
	Seeder Seeder
	Bell   *Bell
	// Targets lists every target this installation serves.
	Targets func() []Key
	Every   time.Duration
	Log     *slog.Logger
	// Clock measures the store's clock again, now and then; nil where there is only one.
	Clock func(context.Context) error

	seeds map[Key]time.Time // when to ask the seeder again, zero when never
}

// Run sweeps at once and then at every interval until ctx ends.
func (s *Sweeper) Run(ctx context.Context) error {
	ticker := time.NewTicker(s.Every)
	defer ticker.Stop()
	s.seeds = make(map[Key]time.Time)
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "sweep failed", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func (s *Sweeper) sweep(ctx context.Context) error {
	served := make(map[Key]bool)
	for _, key := range s.Targets() {
		served[key] = true
		if err := s.seed(ctx, key); err != nil {
			return err
		}
	}
	if s.Clock != nil {
		if err := s.Clock(ctx); err != nil {
			return err
		}
	}
	return s.Links.Pending(ctx, func(tenant, target string) {
		if key := (Key{tenant, target}); served[key] {
			s.Bell.add(key, call{class: Default, sweep: true})
		}
	})
}

func (s *Sweeper) seed(ctx context.Context, key Key) error {
	if at, asked := s.seeds[key]; asked && (at.IsZero() || time.Now().Before(at)) {
		return nil
	}
	again, err := s.Seeder.Seed(ctx, key.Tenant, key.Target)
	if err != nil {
		return err
	}
	s.seeds[key] = time.Time{}
	if again > 0 {
		s.seeds[key] = time.Now().Add(again)
	}
	return nil
}

var (
	_ Swept  = (*store.Links)(nil)
	_ Seeder = (*store.Targets)(nil)
)
