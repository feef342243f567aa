package queue

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"scimrelay/store"
)

// Swept is what the sweeper asks of the store.
type Swept interface {
	Pending(ctx context.Context, each func(tenant, target string)) error
}

// Keeper looks after targets: it makes the links that a new one lacks, has what waits because of
// old settings tried with new ones, and has those in sync looked at again, a part with each call.
type Keeper interface {
	Seed(ctx context.Context, tenant, target string) (again time.Duration, err error)
	Mend(ctx context.Context, tenant, target, settings string) error
	Recheck(ctx context.Context) error
}

// Ward looks after targets that rest or recover: it has them probed, warned of and given up in
// time, whether they have anything due or not, and tells a vendor that is down from a target that is.
type Ward interface {
	Hosts
	Tend(ctx context.Context, each func(tenant, target string)) error
	Troubled(ctx context.Context) (hosts []string, err error)
}

// Sweeper finds what no ring announced: lost rings, due retries, rests that are over, targets
// that are new. What it reads is the truth; rings are only quicker.
type Sweeper struct {
	Links  Swept
	Keeper Keeper
	Bell   *Bell
	// Ward looks after sick targets; nil leaves them to their turns.
	Ward Ward
	// Targets is every target this installation serves, with its settings' fingerprint.
	Targets func() map[Key]string
	Every   time.Duration
	// Changed says that Targets are others than before, so that new credentials need not wait for
	// the interval; nil never does.
	Changed <-chan struct{}
	Log     *slog.Logger

	seeds map[Key]time.Time // when to seed again, zero when never
	known map[Key]string    // settings the keeper has been told
}

// Run sweeps at once, then at every interval and whenever settings have changed, until ctx ends.
func (s *Sweeper) Run(ctx context.Context) error {
	ticker := time.NewTicker(s.Every)
	defer ticker.Stop()
	s.seeds, s.known = make(map[Key]time.Time), make(map[Key]string)
	for {
		if err := s.sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "sweep failed", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		case <-s.Changed:
		}
	}
}

func (s *Sweeper) sweep(ctx context.Context) error {
	served := s.Targets()
	for key, settings := range served {
		if err := errors.Join(s.seed(ctx, key), s.mend(ctx, key, settings)); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "target was not looked after", "tenant", key.Tenant, "target", key.Target, "err", err)
		}
	}
	ring := func(tenant, target string) {
		key := Key{tenant, target}
		if _, ok := served[key]; ok {
			s.Bell.add(key, call{class: Default, sweep: true})
		}
	}
	return errors.Join(s.Keeper.Recheck(ctx), s.tend(ctx, ring), s.Links.Pending(ctx, ring))
}

// tend asks of vendors first: whose vendor is down is not probed.
func (s *Sweeper) tend(ctx context.Context, ring func(tenant, target string)) error {
	if s.Ward == nil {
		return nil
	}
	hosts, err := s.Ward.Troubled(ctx)
	for _, host := range hosts {
		err = errors.Join(err, s.Ward.Survey(ctx, host))
	}
	return errors.Join(err, s.Ward.Tend(ctx, ring))
}

func (s *Sweeper) mend(ctx context.Context, key Key, settings string) error {
	if known, ok := s.known[key]; ok && known == settings {
		return nil
	}
	err := s.Keeper.Mend(ctx, key.Tenant, key.Target, settings)
	if err == nil {
		s.known[key] = settings
	}
	return err
}

func (s *Sweeper) seed(ctx context.Context, key Key) error {
	if at, asked := s.seeds[key]; asked && (at.IsZero() || time.Now().Before(at)) {
		return nil
	}
	again, err := s.Keeper.Seed(ctx, key.Tenant, key.Target)
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
	_ Keeper = (*store.Targets)(nil)
	_ Ward   = (*store.Targets)(nil)
)
