package queue

import (
	"slices"
	"sync"
	"time"
)

// standBy is how long an account waits for the target whose turn it is. Its ring may be lost.
const standBy = 2 * time.Second

// accounts lets the targets of one vendor account have their turns one after the other. They share
// its rate, so that several at once would only wait for each other, each in a place that somebody
// else could use. Its zero value is ready; it knows this process's turns and no others. Who is
// forgotten in a line is found by the sweeper.
type accounts struct {
	mu   sync.Mutex
	busy map[string]Key
	line map[string][]Key
	next map[string]called
}

// called is the target whose turn it is, for as long as the account waits for it.
type called struct {
	key   Key
	until time.Time
}

// enter begins the account's turn for the target, or puts the target in the account's line. A
// target whose account nobody knows has it for itself.
func (a *accounts) enter(account string, key Key, now time.Time) bool {
	if account == "" {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.busy == nil {
		a.busy, a.line, a.next = make(map[string]Key), make(map[string][]Key), make(map[string]called)
	}
	at, busy := a.busy[account]
	next, called := a.next[account]
	if others := called && next.key != key && now.Before(next.until); !busy && !others {
		a.busy[account] = key
		delete(a.next, account)
		a.put(account, slices.DeleteFunc(a.line[account], func(k Key) bool { return k == key }))
		return true
	}
	mine := busy && at == key // which looks again at its end
	if !mine && !slices.Contains(a.line[account], key) {
		a.line[account] = append(a.line[account], key)
	}
	return false
}

// exit ends the account's turn and returns who is the next in its line.
func (a *accounts) exit(account string, now time.Time) (next Key, ok bool) {
	if account == "" {
		return Key{}, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.busy, account)
	return a.call(account, now)
}

// pass is called when the target whose turn it is can have none, and returns who is the next.
func (a *accounts) pass(account string, now time.Time) (next Key, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.next, account)
	return a.call(account, now)
}

// call makes it the turn of the first in the account's line.
func (a *accounts) call(account string, now time.Time) (next Key, ok bool) {
	line := a.line[account]
	if len(line) == 0 {
		return Key{}, false
	}
	a.put(account, line[1:])
	a.next[account] = called{line[0], now.Add(standBy)}
	return line[0], true
}

func (a *accounts) put(account string, line []Key) {
	if a.line[account] = line; len(line) == 0 {
		delete(a.line, account)
	}
}

// awaited reports that another target of the account waits for the end of this turn.
func (a *accounts) awaited(account string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.line[account]) > 0
}
