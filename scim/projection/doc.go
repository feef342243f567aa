// Package projection owns which attributes of a resource are sent: it reads the attributes
// and excludedAttributes of a request once (RFC 7644 sections 3.4.2.5 and 3.9) and applies
// them, with each attribute's returned characteristic (RFC 7643 section 2.2), to as many
// resources as the answer has.
//
// Which attributes exist is scim/schema's; where the parameters stand in a request and what
// becomes of attributes the type lacks is scim/server's.
package projection
