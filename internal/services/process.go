package services

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// The ports that servers are given. Below these are well-known ones, above them those that the
// kernel gives to connections: a server that is to come back to its port finds it free.
const lowestPort, highestPort = 20_000, 32_767

// freePort is a port nobody listens on now.
func freePort() (int, error) {
	var err error
	for range 100 {
		port := lowestPort + int(time.Now().UnixNano()%(highestPort-lowestPort+1))
		var l net.Listener
		if l, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, l.Close()
		}
	}
	return 0, err
}

// FreeAddr is a loopback address nobody listens on now.
func FreeAddr() (string, error) {
	port, err := freePort()
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), err
}

// find looks for a program in the path and then where Debian keeps versioned ones.
func find(program, pattern string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	found, _ := filepath.Glob(pattern)
	if len(found) == 0 {
		return "", fmt.Errorf("services: %s is not installed", program)
	}
	return found[len(found)-1], nil
}

// account is who a server runs as that refuses to run as root, nil when we are not root.
func account(name string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup(name)
	if err != nil {
		return nil, fmt.Errorf("services: running as root needs the account %q: %w", name, err)
	}
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}
