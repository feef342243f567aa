//go:build !linux

package services

import "syscall"

// dieWithUs has no such promise to give here: Stop and Kill end the servers.
func dieWithUs(who *syscall.Credential, _ syscall.Signal) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Credential: who}
}
