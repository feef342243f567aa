package relay

import (
	"context"
	"strings"

	"scimrelay/scim"
)

// Refuse says why a change of a person must not be accepted: a vendor who never changes the
// natural key of an account has one of the person, and the key would be another. The error is a
// *scim.Error, or the store's.
func (o *Opener) Refuse(ctx context.Context, tenantID string, current scim.Resource, after scim.Document) error {
	tenant, ok := o.Tenants.Tenant(tenantID)
	if !ok {
		return nil
	}
	for _, target := range tenant.Targets {
		product, known := o.Products.Product(target.Product)
		if !known || !product.Capabilities.KeyIsFinal {
			continue
		}
		session, ok, err := o.Open(tenantID, target.ID)
		if err != nil || !ok || !session.Capabilities.KeyIsFinal || !session.rekeyed(current, after) {
			continue // a target that cannot be opened is the relay's to report
		}
		linked, err := o.Relay.Links.VendorIDs(ctx, tenantID, target.ID, []string{current.ID})
		if err != nil {
			return err
		}
		if linked[current.ID] != "" {
			return scim.BadRequest(scim.TypeMutability, "%s never changes the %s of an account, and this person has one there",
				product.Title, session.Mapping.KeySources())
		}
	}
	return nil
}

// rekeyed reports whether the change gives the account another natural key.
func (s *Session) rekeyed(current scim.Resource, after scim.Document) bool {
	before, err := scim.Decode(current.Body, scim.DefaultLimits().Stored())
	if err != nil {
		return false
	}
	// A record that cannot be made still says its key, if there is one.
	old, _ := s.Mapping.Record(current.ID, before)
	next, _ := s.Mapping.Record(current.ID, after)
	return old.Key != "" && next.Key != "" && !strings.EqualFold(old.Key, next.Key)
}
