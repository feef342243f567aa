package rest

import (
	"net/http"
	"time"

	"scimrelay/connectors"
)

// classes is what a status means unless the product knows better. A status that is not here is
// Unrecognised.
func classes() map[int]connectors.Class {
	return map[int]connectors.Class{
		http.StatusBadRequest:            connectors.Invalid,
		http.StatusUnauthorized:          connectors.Auth,
		http.StatusPaymentRequired:       connectors.Plan,
		http.StatusForbidden:             connectors.Denied,
		http.StatusNotFound:              connectors.NotFound,
		http.StatusRequestTimeout:        connectors.Transient,
		http.StatusConflict:              connectors.Exists,
		http.StatusGone:                  connectors.NotFound,
		http.StatusPreconditionFailed:    connectors.EditConflict,
		http.StatusRequestEntityTooLarge: connectors.Invalid,
		http.StatusUnprocessableEntity:   connectors.Invalid,
		http.StatusLocked:                connectors.Transient,
		http.StatusTooEarly:              connectors.Transient,
		http.StatusTooManyRequests:       connectors.Throttled,
		http.StatusInternalServerError:   connectors.Transient,
		http.StatusServiceUnavailable:    connectors.Transient,
		http.StatusBadGateway:            connectors.Transient,
		http.StatusGatewayTimeout:        connectors.Transient,
	}
}

// judge classes an answer. Nil means it is one of the vendor's own, and a success.
func (c *Client) judge(call Call, p prepared, answer Answer) *connectors.Fault {
	class := c.class(call, answer)
	if class == "" {
		return nil
	}
	fault := connectors.Faultf(class, "%s answered %d to %s", c.options.Product, answer.Status, call)
	if reason := reasonIn(answer, p, call); reason != "" {
		fault.Detail += ": " + reason
	}
	fault.Uncertain = !call.Idempotent && !refused(answer, class) && class != connectors.Throttled
	if class == connectors.Nonsense {
		fault.Detail += ", which is no answer of its API"
	}
	if class == connectors.Throttled || answer.Status == http.StatusServiceUnavailable {
		fault.RetryAfter = c.pause(answer)
	}
	return fault
}

// class is that of the answer's failure, none when it is a success.
func (c *Client) class(call Call, answer Answer) connectors.Class {
	if answer.Status/100 == 2 && answer.own() {
		if c.options.Refuses == nil {
			return ""
		}
		return c.options.Refuses(call, answer)
	}
	class := classOf(call, answer)
	if c.options.Classify != nil && class != connectors.Nonsense {
		class = c.options.Classify(call, answer, class)
	}
	return class
}

// pause is how long a throttling answer asks to wait.
func (c *Client) pause(answer Answer) time.Duration {
	pause := retryAfter(answer.Header, c.options.Now())
	if pause == 0 && c.options.Pause != nil {
		if pause = c.options.Pause(answer); pause != 0 {
			pause = min(max(pause, minPause), maxPause)
		}
	}
	return pause
}

// refused says whether the answer means that nothing was done. A vendor that refuses with 2xx
// does so by a class that speaks of the request or of rights, not of its own trouble.
func refused(answer Answer, class connectors.Class) bool {
	if answer.Status/100 != 2 {
		return refusal(answer.Status)
	}
	return class != connectors.Transient && class != connectors.Unknown && class != connectors.Nonsense
}

// refusal says whether a status means that nothing was done. 408 comes from gateways as well.
func refusal(status int) bool {
	return status >= 400 && status < 500 && status != http.StatusRequestTimeout
}

func classOf(call Call, answer Answer) connectors.Class {
	status := answer.Status
	if status < 400 || status > 599 {
		return connectors.Nonsense
	}
	if status == http.StatusForbidden && limited(answer.Header) || status == http.StatusServiceUnavailable && limited(answer.Header) {
		return connectors.Throttled
	}
	class, known := classes()[status]
	if !known {
		class = connectors.Unrecognised
	}
	// A gateway in front of the vendor speaks for itself with 5xx, 408 and 429, in whatever
	// format; any other refusal counts only in the vendor's own.
	own := len(answer.Body) == 0 || answer.isJSON()
	switch {
	case !own && class != connectors.Transient && class != connectors.Throttled:
		return connectors.Nonsense
	case class == connectors.NotFound && len(answer.Body) == 0:
		return connectors.Nonsense
	case (status == http.StatusBadGateway || status == http.StatusGatewayTimeout) && !call.Idempotent:
		return connectors.Unknown
	case class == connectors.Exists && call.Idempotent:
		return connectors.EditConflict
	default:
		return class
	}
}
