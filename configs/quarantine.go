package configs

import "time"

// Quarantine is by which numbers a target rests. What each does is said in package quarantine and
// in docs/operating.md.
type Quarantine struct {
	// Window, Resources, Enter and Leave are the ratio: more than Enter of at least so many
	// resources refused within Window. Less than Leave ends a recovery.
	Window    Duration `yaml:"window"`
	Resources int      `yaml:"resources"`
	Enter     Percent  `yaml:"enter"`
	Leave     Percent  `yaml:"leave"`
	// MaxEscrows is how many changes of a target may be set aside, MaxWaiting together with those
	// that wait for a reference.
	MaxEscrows int `yaml:"max_escrows"`
	MaxWaiting int `yaml:"max_waiting"`
	// Failures in a row mean that the vendor does not work.
	Failures int `yaml:"failures"`
	// Probes are the first delays before a probe; they double with each that fails, up to Longest.
	Probes  Probes   `yaml:"probes"`
	Longest Duration `yaml:"longest"`
	// GiveUpDays is after how many days of rest a target is disabled.
	GiveUpDays int `yaml:"give_up_days"`
}

// Probes are the first delays by reason.
type Probes struct {
	Unreachable Duration `yaml:"unreachable"`
	Auth        Duration `yaml:"auth"`
	Ratio       Duration `yaml:"ratio"`
	Plan        Duration `yaml:"plan"`
}

func defaultQuarantine() Quarantine {
	return Quarantine{
		Window: Duration(time.Hour), Resources: 50, Enter: 40, Leave: 10, MaxEscrows: 2000, MaxWaiting: 5000, Failures: 5,
		Probes: Probes{Unreachable: Duration(30 * time.Second), Auth: Duration(15 * time.Minute),
			Ratio: Duration(30 * time.Minute), Plan: Duration(6 * time.Hour)},
		Longest: Duration(24 * time.Hour), GiveUpDays: 28,
	}
}

// validate checks that the numbers make sense together.
func (q Quarantine) validate(check func(path, problem string)) {
	check("quarantine.window", unless(q.Window >= Duration(time.Minute) && q.Window <= Duration(24*time.Hour), "want 1m to 24h"))
	check("quarantine.resources", unless(q.Resources >= 1 && q.Resources <= 1_000_000, "want 1 to 1000000"))
	check("quarantine.enter", unless(q.Enter > q.Leave, "want more than quarantine.leave"))
	check("quarantine.leave", unless(q.Leave > 0, "want more than 0%"))
	check("quarantine.max_escrows", unless(q.MaxEscrows >= 1, "want 1 or more"))
	check("quarantine.max_waiting", unless(q.MaxWaiting >= q.MaxEscrows, "want quarantine.max_escrows or more"))
	check("quarantine.failures", unless(q.Failures >= 1 && q.Failures <= 1000, "want 1 to 1000"))
	for path, delay := range map[string]Duration{"unreachable": q.Probes.Unreachable, "auth": q.Probes.Auth, "ratio": q.Probes.Ratio, "plan": q.Probes.Plan} {
		check("quarantine.probes."+path, unless(delay >= Duration(time.Second) && delay <= q.Longest, "want 1s to quarantine.longest"))
	}
	check("quarantine.longest", unless(q.Longest >= Duration(time.Minute) && q.Longest <= Duration(24*time.Hour), "want 1m to 24h"))
	check("quarantine.give_up_days", unless(q.GiveUpDays >= 1 && q.GiveUpDays <= 365, "want 1 to 365 days"))
}
