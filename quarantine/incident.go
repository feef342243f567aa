package quarantine

import "time"

// Vendorwide reports whether so many targets of those active on one host having opened lately is
// the vendor's trouble and not theirs.
func (p Policy) Vendorwide(opened, active int) bool {
	return opened >= p.HostTargets && float64(opened) >= p.HostShare*float64(active)
}

// Open reports whether the target rests because its vendor cannot be reached.
func (s State) Open() bool {
	return s.Reason == Unreachable && (s.Phase == Quarantined || s.Phase == Probing)
}

// Join is the state of a target that waits, at its step, until its vendor works again. The canary
// asks for all.
func (p Policy) Join(s State, now time.Time, canary bool) State {
	if !s.Open() {
		return s
	}
	if s.Incident.IsZero() {
		s.Incident, s.Untold = now, true
	}
	if s.Canary = canary; canary && s.Phase == Quarantined && s.Until.Sub(now) > p.CanaryEvery {
		s.Until = now.Add(p.CanaryEvery)
	}
	return s
}

// Release is the state of a target whose vendor works again: it is probed at a time of its own,
// by chance in [0,1).
func (p Policy) Release(s State, now time.Time, chance float64) State {
	if s.Incident.IsZero() {
		return s
	}
	s = s.rejoin(now)
	if s.Phase == Quarantined {
		s.Until = now.Add(time.Duration(chance * float64(p.ReleaseOver)))
	}
	return s
}

// rejoin ends the target's part in an incident: its clock goes on.
func (s State) rejoin(now time.Time) State {
	if !s.Incident.IsZero() {
		s.Excused += now.Sub(s.Incident)
	}
	s.Incident, s.Canary = time.Time{}, false
	return s
}
