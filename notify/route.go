package notify

import (
	"crypto/sha256"
	"encoding/hex"

	"scimrelay/configs"
	"scimrelay/store"
	"scimrelay/tenants"
)

// Tenants finds a tenant as its file says now.
type Tenants interface {
	Tenant(id string) (*tenants.Tenant, bool)
}

// Routes say who hears of what, by the files as they are now.
type Routes struct {
	Tenants  Tenants
	Operator configs.Operator
	// Mail says that there is a mail server. Without one nothing is routed to e-mail.
	Mail bool
}

// Address is where a message goes: one of Email and URL.
type Address struct {
	Email   string
	URL     string
	Secrets []configs.Secret // that sign what goes to the URL
}

// outlet is the address as the store knows it, by a digest.
func outlet(tenant string, channel store.Channel, address string) store.Outlet {
	sum := sha256.Sum256([]byte(address))
	return store.Outlet{Tenant: tenant, Channel: channel, Address: hex.EncodeToString(sum[:8])}
}

// Place is one address with the outlet that the store knows it as.
type Place struct {
	store.Outlet
	Address
}

// Outlets are those that hear of the notice: its target's, all of the tenant's when it is about
// no single target, and the operator's.
func (r Routes) Outlets(n store.KeptNotice) (all []store.Outlet) {
	var places []Place
	if t, ok := r.Tenants.Tenant(n.Tenant); ok {
		for _, target := range t.Targets {
			if n.Target == "" || n.Target == target.ID {
				places = append(places, r.Target(target)...)
			}
		}
	}
	for _, e := range merge(append(places, r.operator()...)) {
		all = append(all, e.Outlet)
	}
	return all
}

// Address is what an outlet stands for, false when no file names it any more.
func (r Routes) Address(o store.Outlet) (Address, bool) {
	for _, e := range r.Of(o.Tenant) {
		if e.Outlet == o {
			return e.Address, true
		}
	}
	return Address{}, false
}

// Of are the addresses of a tenant, or of store.OperatorOutlets, each once.
func (r Routes) Of(tenant string) []Place {
	if tenant == store.OperatorOutlets {
		return merge(r.operator())
	}
	t, ok := r.Tenants.Tenant(tenant)
	if !ok {
		return nil
	}
	var places []Place
	for _, target := range t.Targets {
		places = append(places, r.Target(target)...)
	}
	return merge(places)
}

// Target are the addresses of one target.
func (r Routes) Target(t tenants.Target) []Place {
	return r.places(t.Tenant, t.Notify.Email, t.Notify.Webhook, t.Notify.Secrets())
}

func (r Routes) operator() []Place {
	o := tenants.Notify(r.Operator)
	return r.places(store.OperatorOutlets, o.Email, o.Webhook, o.Secrets())
}

func (r Routes) places(tenant, email, webhook string, secrets []configs.Secret) (all []Place) {
	if email != "" && r.Mail {
		all = append(all, Place{outlet(tenant, store.ChannelEmail, email), Address{Email: email}})
	}
	if webhook != "" {
		all = append(all, Place{outlet(tenant, store.ChannelWebhook, webhook), Address{URL: webhook, Secrets: secrets}})
	}
	return all
}

// merge makes one of each address. Where targets share a webhook and not its secret, all of
// their secrets sign.
func merge(places []Place) (merged []Place) {
	at := make(map[store.Outlet]int)
	for _, e := range places {
		i, known := at[e.Outlet]
		if !known {
			at[e.Outlet] = len(merged)
			merged = append(merged, e)
			continue
		}
		for _, s := range e.Secrets {
			if !holds(merged[i].Secrets, s) {
				merged[i].Secrets = append(merged[i].Secrets, s)
			}
		}
	}
	return merged
}

func holds(secrets []configs.Secret, s configs.Secret) bool {
	for _, known := range secrets {
		if known.Equal(s) {
			return true
		}
	}
	return false
}
