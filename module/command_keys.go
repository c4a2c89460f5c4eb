package module

import (
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"
)

// addKeys adds the commands about keys.
func addKeys(add func(use, short string, args cobra.PositionalArgs, run func(client, []string) (int, error)) *cobra.Command) {
	add("keys", "Shows the public keys, those of before too", cobra.NoArgs, client.keys)
	rotate := add("rotate-keys", "Replaces the keys that sign choices, receipts and checkpoints", cobra.NoArgs, client.rotateKeys)
	rotate.Long = `
Makes new keys, without a restart. Choices, receipts and checkpoints of before
stay valid. Take a copy of consent/keys.json in Caddy's storage afterwards.

With --revoke the keys of before are in other hands: choices that they signed
count no more, and their visitors are asked again.`
	rotate.Flags().Bool("revoke", false, "Refuses choices that the keys of before have signed")
}

func (c client) keys([]string) (int, error) {
	var keys Keys
	if err := c.call(http.MethodGet, "keys", nil, &keys); err != nil {
		return exitFailed, err
	}
	c.printKeys(keys)
	return exitOK, nil
}

func (c client) rotateKeys([]string) (int, error) {
	query := url.Values{}
	if revoke, _ := c.flags.GetBool("revoke"); revoke {
		query.Set("revoke", "1")
	}
	var keys Keys
	if err := c.call(http.MethodPost, "rotate-keys", query, &keys); err != nil {
		return exitFailed, err
	}
	c.printKeys(keys)
	if !c.json {
		fmt.Fprintln(c.err, "Take a copy of consent/keys.json in Caddy's storage, apart from the database's, and give auditors the new key.")
	}
	return exitOK, nil
}

func (c client) printKeys(keys Keys) {
	c.printf("receipts and checkpoints are signed by\n  %s\n", keys.Key)
	if len(keys.Former) > 0 {
		c.printf("and were signed before by\n")
	}
	for _, former := range keys.Former {
		revoked := ""
		if former.Revoked {
			revoked = ", revoked"
		}
		c.printf("  %s  until %s%s\n", former.Key, former.Until.Format(time.RFC3339), revoked)
	}
	c.printf("choices are signed by key %d\n", keys.Choices[0].ID)
	for _, old := range keys.Choices[1:] {
		c.printf("  key %d verifies those made until %s\n", old.ID, old.Until)
	}
}
