package server

import (
	"context"
	"net/http"

	"scimrelay/scim"
	"scimrelay/scim/event"
	"scimrelay/store"
)

// Transactions is the part of the store that remembers whom the end of a write is owed.
type Transactions interface {
	Open(ctx context.Context, tenant string, n store.Transaction, most int) (opened bool, err error)
	Settle(ctx context.Context, tenant, client string, j store.Judgement, limit int) error
	Settled(ctx context.Context, tenant, client string, limit int) ([]store.Transaction, error)
	Forget(ctx context.Context, tenant, client string, events []string) error
}

// written is what a request has made of a resource.
type written struct {
	id      string
	version int64
}

// later answers a write with a promise where its client prefers that: the write is what it
// always is, and how it ends at the targets comes as an event (RFC 9967 section 2.5.1.1).
func (s *Server) later(do handler) handler {
	return func(r *request) (reply, error) {
		answer, err := do(r)
		if err != nil || !s.promises(r) || !event.RespondAsync(r.http.Header.Values("Prefer")) {
			return answer, err
		}
		return s.promise(r, answer)
	}
}

// promises reports whether there is anything to tell later: without a target a write has ended
// when it is answered.
func (s *Server) promises(r *request) bool {
	return s.Signer != nil && r.dialect.Profile.Async && len(r.principal.Tenant.Targets) > 0
}

// promise makes the 202 of a write that is committed. Where nothing can be promised any more
// the client gets the answer it would have got without its preference (RFC 7240 section 2).
func (s *Server) promise(r *request, answer reply) (reply, error) {
	id, err := s.NewID()
	if err != nil {
		return reply{}, err
	}
	n := store.Transaction{ID: s.NewTxn(), Event: id, Client: r.principal.KeyID, Resource: answer.wrote.id, Type: r.kind.Name,
		Method: r.http.Method, Version: answer.wrote.version, Status: answer.status}
	opened, err := s.Transactions.Open(r, r.principal.Tenant.ID, n, s.Limits.Transactions)
	if err != nil {
		s.Log.WarnContext(r, "an asynchronous answer could not be promised", "tenant", r.principal.Tenant.ID, "err", err)
	}
	if err != nil || !opened {
		return answer, nil
	}
	return reply{
		status:   http.StatusAccepted,
		location: r.base + r.kind.Endpoint + "/" + n.Resource,
		header:   http.Header{"Set-Txn": {n.ID}, "Preference-Applied": {"respond-async"}},
	}, nil
}

// eventsFeature is what discovery says of events (RFC 9967 section 4).
func (s *Server) eventsFeature(r *request) scim.Document {
	if !s.promises(r) {
		return scim.Document{"asyncRequest": "none", "eventUris": []any{}}
	}
	return scim.Document{"asyncRequest": "request", "eventUris": []any{event.AsyncResponse}}
}
