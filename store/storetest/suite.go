package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"scimrelay/scim"
	"scimrelay/store"
)

// Open opens an empty database; opening the same URL twice gives two stores on one database.
type Open func(tb testing.TB) (url string)

// Run asks everything of the database that open gives.
func Run(t *testing.T, open Open) {
	for name, test := range map[string]func(*testing.T, Open){
		"a resource lives and is forgotten":                     lifecycle,
		"fifty creates of one name make one":                    oneOfFifty,
		"eight writers of one resource lose nothing":            lostUpdates,
		"tenants do not see each other":                         tenancy,
		"look-ups find exactly":                                 lookups,
		"pages stay while others write":                         pages,
		"a write that is refused changes nothing":               refusals,
		"due links come by urgency with their resource":         due,
		"one owner holds a target":                              leases,
		"a late owner writes nothing":                           fencing,
		"a want that arrives during a turn stays due":           wantDuringTurn,
		"many ask at once what is wanted":                       wanted,
		"who asks hears of what was accepted before":            wantedNow,
		"an intent says for which version it was":               intents,
		"an applied link wakes those that wait for it":          waking,
		"a gone link takes its resource along":                  gone,
		"a new target gets a link for everybody":                seeding,
		"two active tokens and no third":                        tokens,
		"twenty concurrent token creates make one more":         tokenRace,
		"a setting is decided once":                             settings,
		"a setting is replaced by who has read it":              replacing,
		"what is committed is there after reopening":            reopening,
		"an update that finds nothing to change writes nothing": unchanged,
		"a vendor's account belongs to one link":                vendorID,
		"a resting target can be tried now":                     probing,
		"an administrator overrules a turn":                     overruling,
		"a vendor that is down is one incident":                 incidents,
		"an incident takes back only what nobody has been told": takenBack,
		"each target is the canary in its turn":                 canaries,
		"who waits for no incident is released":                 stranded,
		"what is set aside can be tried again":                  clearing,
		"what was given up is tried when its target is enabled": enabling,
		"all work is read in pages":                             allWork,
		"pending targets are those with something due":          pending,
		"a group's members are a difference":                    editing,
		"nobody is a member whom the tenant does not have":      strangers,
		"fifty creates of one group make one":                   oneGroupOfFifty,
		"eight editors of one group lose nobody":                eightEditors,
		"a tenant's match key is unique":                        matchKeys,
		"memberships are read from both sides":                  relations,
		"a deletion is admitted or refused":                     admitting,
		"a group's link goes through what changed":              progress,
		"without targets no removal is kept":                    untargeted,
		"a leaver's link stays until the groups have let go":    leavers,
		"a deleted group takes its memberships along":           disbanding,
		"a removal that was refused is not forgotten":           refusedRemovals,
		"a group that may exist keeps its leavers":              leaversOfUncertainGroups,
		"deletions beside additions leave no stranger":          deletionsBesideAdditions,
		"members without an account are awaited":                awaiting,
		"who is refused comes after the others":                 refusedLast,
		"two targets pass one removal at once":                  passedTogether,
		"a group set aside goes on with its other members":      asideWithMembers,
		"a vendor's user 1 is not its group 1":                  vendorIDsByType,
		"a person agrees to a version":                          approving,
		"a batch is what was held when it was shown":            batches,
		"who is let through counts as gone":                     standing,
		"what is rejected comes to rest":                        rejecting,
		"removals are held and decided one by one":              heldRemovals,
		"a group lets go whose account is gone":                 heldWithTheirPeople,
		"who is created again keeps the account":                yielding,
		"new settings mark what is in sync":                     rechecking,
		"a re-evaluation that is cut off goes on":               reevaluating,
		"everybody's links are marked in turn":                  recheckingFairly,
		"a deleted group touches whom it gave something":        spreading,
		"what groups give changes during a turn":                touchedMeanwhile,
		"a group is renamed while its members are told":         renamedMeanwhile,
		"a transaction ends when every target has it":           transactionEnds,
		"a transaction fails when a target sets it aside":       transactionFails,
		"a transaction that is decided stays so":                transactionStays,
		"a client hears of its own transactions":                transactionClients,
		"a tenant has so many transactions and no more":         transactionLimit,
		"what is due is counted up to a bound":                  backlog,
		"targets are counted by how they stand":                 stances,
		"transactions are forgotten after seven days":           transactionAge,
		"the standings of a page are read together":             standings,
		"what is set aside is tried again":                      again,
		"a resource that is withdrawn leaves nothing":           withdrawing,
		"a resource in use is not withdrawn":                    withdrawingUsed,
		"a turn that has a withdrawn resource in hand goes on":  withdrawingDuringTurn,
		"whoever waits for a withdrawn resource wakes":          withdrawingAwaited,
		"a notice is kept once in its series":                   noticesOnce,
		"notices within the hour go together":                   noticesBundled,
		"a message is tried again as it was":                    noticesAgain,
		"a receiver that is gone is left alone":                 noticesGone,
		"what waits at no address is spread again":              noticesAbandoned,
		"who failed is told after the others":                   noticesInTurn,
		"a message keeps its counts":                            noticesCounted,
		"a corrected address gets what waits":                   noticesMoved,
		"what is three days old is news no more":                noticesOld,
		"what is settled is forgotten after 90 days":            noticesForgotten,
		"an incident that lasts is told of once":                incidentsRemembered,
		"who left long ago is forgotten":                        departuresForgotten,
		"two processes deliver each notice once":                noticesRace,
		"what happened is sealed once":                          sealedOnce,
		"who tampers with the record is found":                  tampering,
		"anchors show what a chain cannot":                      anchoring,
		"who writes into the past is shown":                     lateEvents,
		"a sealing that fails leaves nothing":                   brokenSealing,
		"an event that goes before it is sealed is found":       tamperedWaiting,
		"the ends of chains are told":                           heads,
		"the record is read by what it is about":                choosing,
	} {
		t.Run(name, func(t *testing.T) { test(t, open) })
	}
}

// start opens a store and closes it with the test.
func start(t *testing.T, open Open) *store.Store {
	t.Helper()
	return reopen(t, open(t))
}

// reopen opens a store that has patience: several of them may wait for each other at one file, on a
// machine that has more to do.
func reopen(t *testing.T, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{Busy: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// acme is who writes in these tests, for a tenant with the targets.
func by(tenant string, targets ...string) store.Write {
	return store.Write{Tenant: tenant, Targets: targets, Actor: "test"}
}

func user(name string) store.Revision {
	return store.Revision{Body: fmt.Appendf(nil, `{"userName":%q}`, name), Keys: store.Keys{Name: name}, Active: true}
}

func create(t *testing.T, s *store.Store, w store.Write, name string) scim.Resource {
	t.Helper()
	r, err := s.Directory.Create(t.Context(), w, scim.TypeUser, newID(t), user(name))
	if err != nil {
		t.Fatalf("create %s: %v", name, err)
	}
	return r
}

func acquire(t *testing.T, s *store.Store, tenant, target, owner string) store.Lease {
	t.Helper()
	lease, _, err := s.Targets.Acquire(t.Context(), tenant, target, owner, 15*time.Second)
	if err != nil {
		t.Fatalf("acquire: %v", err)
	}
	return lease
}

func dueNow(t *testing.T, s *store.Store, tenant, target string) []store.Work {
	t.Helper()
	work, err := s.Links.Due(t.Context(), tenant, target, 100)
	if err != nil {
		t.Fatal(err)
	}
	return work
}

// applied is the outcome of a link that reached its vendor.
func applied(k store.Link, vendorID string) store.Outcome {
	k.Applied, k.VendorID, k.State, k.NextAt, k.WaitsFor, k.Intent = k.Wanted, vendorID, "", time.Time{}, "", time.Time{}
	return store.Outcome{Next: k, Linked: true, Kind: "link.applied"}
}

func background() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 30*time.Second)
}
