package services

import "syscall"

// dieWithUs makes a server end with the test process, even one that is killed.
func dieWithUs(who *syscall.Credential, with syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who, Pdeathsig: with}
}
