// Package services starts the real servers that tests need, PostgreSQL and Redis, on free
// loopback ports, and stops them by their own process ids. A server whose program is not
// installed fails the test: what is promised on it would otherwise go unproved.
//
// Nothing outside tests imports it.
package services
