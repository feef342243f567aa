package tenants

import (
	"scimrelay/configs"
)

// check finds what the decoder cannot know of who is told.
func (f notifyFile) check(want func(fine bool, path, what string)) {
	for path, problem := range map[string]string{
		"email":           configs.MailProblem(f.Email),
		"webhook":         configs.WebhookProblem(f.Webhook),
		"secret":          configs.SigningProblem(f.Secret),
		"previous_secret": configs.SigningProblem(f.PreviousSecret),
	} {
		want(problem == "", "notify."+path, problem)
	}
	want(f.Secret.Empty() || f.Webhook != "", "notify.secret", "signs what goes to a webhook, and there is none")
	want(f.PreviousSecret.Empty() || !f.Secret.Empty(), "notify.previous_secret", "goes with notify.secret")
}

// warnings name what works and should not stay so.
func (f notifyFile) warnings(node configs.Node) (fs configs.Faults) {
	if f.Webhook != "" && f.Secret.Empty() {
		fs.Add(node.Lookup("notify.webhook").Position(), "%s.notify.webhook: without notify.secret nothing is signed, and the receiver cannot tell who calls", node.Path())
	}
	return fs
}

// Secrets are those that sign what goes to the webhook.
func (n Notify) Secrets() (all []configs.Secret) {
	for _, s := range []configs.Secret{n.Secret, n.PreviousSecret} {
		if !s.Empty() {
			all = append(all, s)
		}
	}
	return all
}
