package server

import (
	"fmt"
	"net/http"

	"scimrelay/scim"
	"scimrelay/scim/schema"
	"scimrelay/store"
)

// revision makes of a document what is stored of it. Patches can make a resource no larger
// than a body may be.
func (s *Server) revision(r *request, doc scim.Document) (store.Revision, error) {
	keys, err := keysOf(r, doc)
	if err != nil {
		return store.Revision{}, err
	}
	body, err := scim.Encode(doc)
	if int64(len(body)) > s.Limits.Body+slack {
		err = &scim.Error{Status: http.StatusRequestEntityTooLarge, Detail: fmt.Sprintf("a resource may have %d bytes at most", s.Limits.Body)}
	}
	return store.Revision{Body: body, Keys: keys, Active: doc["active"] != false}, err
}

// taken asks whether every vendor can take the change of a person.
func (s *Server) taken(r *request, current scim.Resource, after scim.Document) error {
	if s.Vendors == nil || r.kind.Name != scim.TypeUser {
		return nil
	}
	return s.Vendors.Refuse(r, r.principal.Tenant.ID, current, after)
}

// slack is what a resource may grow beyond a body: whoever is as large as one must still be
// able to lose access, and "false" is longer than "true".
const slack = 64

// maxKey is how many bytes a value may have that resources are looked up by. PostgreSQL
// indexes no row beyond a third of a page, and would refuse the whole commit with it.
const maxKey = 2048

// keysOf are the values a resource is looked up by: names and mails folded, external ids exact.
func keysOf(r *request, doc scim.Document) (store.Keys, error) {
	attribute := "userName"
	if r.kind.Name == scim.TypeGroup {
		attribute = "displayName"
	}
	name, _ := doc[attribute].(string)
	externalID, _ := doc["externalId"].(string)
	keys := store.Keys{Name: schema.Fold(name), ExternalID: externalID, WorkMail: workMail(doc)}
	if r.dialect.Profile.UniqueExternalID {
		keys.Match = externalID
	}
	for name, key := range map[string]string{attribute: keys.Name, "externalId": keys.ExternalID, "emails.value": keys.WorkMail} {
		if len(key) > maxKey {
			return keys, scim.BadRequest(scim.TypeInvalidValue, "%s is longer than %d bytes", name, maxKey)
		}
	}
	return keys, nil
}

// severalMails is the key of those who have more than one work mail, which one key cannot
// hold (V-68): a search by work mail looks at each of them. No mail has a control character.
const severalMails = "\x01several"

// workMail is the key for the e-mails of type work.
func workMail(doc scim.Document) (key string) {
	mails, _ := doc["emails"].([]any)
	for _, m := range mails {
		mail, _ := m.(scim.Document)
		kind, _ := mail["type"].(string)
		value, _ := mail["value"].(string)
		switch {
		case value == "" || schema.Fold(kind) != "work":
		case key == "":
			key = schema.Fold(value)
		case key != schema.Fold(value):
			return severalMails
		}
	}
	return key
}
