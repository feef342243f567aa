package main

import (
	"time"

	"scimrelay/configs"
	"scimrelay/quarantine"
)

// policyOf is the installation's quarantine policy; what cannot be configured is as usual.
func policyOf(q configs.Quarantine) quarantine.Policy {
	p := quarantine.Default()
	p.Window, p.Distinct = time.Duration(q.Window), q.Resources
	p.Enter, p.Leave = float64(q.Enter)/100, float64(q.Leave)/100
	p.MaxEscrows, p.MaxWithReferences = q.MaxEscrows, q.MaxWaiting
	p.Failures, p.Resources = q.Failures, min(p.Resources, q.Failures)
	p.Base[quarantine.Unreachable], p.Base[quarantine.Auth] = time.Duration(q.Probes.Unreachable), time.Duration(q.Probes.Auth)
	p.Base[quarantine.Ratio], p.Base[quarantine.Escrows] = time.Duration(q.Probes.Ratio), time.Duration(q.Probes.Ratio)
	p.Base[quarantine.Plan] = time.Duration(q.Probes.Plan)
	p.Longest, p.GiveUp = time.Duration(q.Longest), time.Duration(q.GiveUpDays)*quarantine.Day
	return p
}
