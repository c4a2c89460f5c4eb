package module

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/dustin/go-humanize"
	"github.com/mamen-ai/consentgate/internal/receipt"
	"github.com/mamen-ai/consentgate/storage"
	"github.com/spf13/cobra"
)

// addEvidence adds the commands by which an auditor checks the records.
func addEvidence(add func(use, short string, args cobra.PositionalArgs, run func(client, []string) (int, error)) *cobra.Command) {
	add("checkpoint", "Signs the present end of the ledger, to keep elsewhere", cobra.NoArgs, client.checkpoint)
	add("document [SHA256]", "Prints a text that records refer to, or lists all", cobra.MaximumNArgs(1), client.document)
	backup := add("backup [FILE]", "Copies the database, and keeps account of the copies", cobra.MaximumNArgs(1), client.backup)
	backup.Flags().Bool("list", false, "Lists the copies")
	backup.Flags().Int64("destroyed", 0, "Records that the copy of this number was destroyed")
}

// verifyReceiptCommand checks a receipt without a server.
func verifyReceiptCommand() *cobra.Command {
	command := &cobra.Command{
		Use: "verify-receipt FILE", Short: "Checks a receipt without a server", Args: cobra.ExactArgs(1),
		SilenceUsage: true, SilenceErrors: true,
	}
	key := command.Flags().String("key", "", "The key that must have signed it, as \"consent checkpoint\" prints it")
	command.RunE = caddycmd.WrapCommandFuncForCobra(func(caddycmd.Flags) (int, error) {
		return verifyReceipt(command.OutOrStdout(), command.Flags().Arg(0), *key)
	})
	return command
}

func verifyReceipt(out io.Writer, name, key string) (int, error) {
	file, err := os.ReadFile(name)
	if err != nil {
		return exitBroken, err
	}
	r, signedBy, err := receipt.Verify(file, key)
	if err != nil {
		return exitBroken, fmt.Errorf("%s: %w", name, err)
	}
	fmt.Fprintf(out, "The receipt is valid: nothing in it was changed since it was issued on %s.\n", r.Created.Format(time.DateOnly))
	fmt.Fprintf(out, "consent    %s\ncontroller %s, %s\n", r.Record.Subject, r.Record.Entities[r.Publisher].Name, r.Record.Entities[r.Publisher].Identifier)
	for _, row := range r.Ledger {
		fmt.Fprintf(out, "row %-6d %s  %-9s %v by %s on %s\n", row.Seq, row.At.Format(time.DateTime), row.Event,
			append(row.Categories, row.Services...), row.Method, row.Site)
	}
	fmt.Fprintf(out, "signed by  %s\n", signedBy)
	if key == "" {
		fmt.Fprintf(out, "Compare this key with the one the controller publishes, or name that with --key: anybody can sign with a key of his own.\n")
	}
	return exitOK, nil
}

func (c client) checkpoint([]string) (int, error) {
	var signed SignedCheckpoint
	if err := c.call(http.MethodGet, "checkpoint", nil, &signed); err != nil {
		return exitFailed, err
	}
	c.printf("%s", signed.Note)
	if !c.json {
		fmt.Fprintf(c.err, "key: %s\nKeep this note where the server's operator can't change it; \"consent verify --checkpoint FILE\" holds the ledger against it.\n", signed.Key)
	}
	return exitOK, nil
}

// compare holds the ledger against a checkpoint from a file.
func (c client) compare(name string) (int, error) {
	note, err := os.Open(name)
	if err != nil {
		return exitBroken, err
	}
	defer note.Close()
	var found Comparison
	if err := c.request(http.MethodPost, "compare", nil, nil, note, &found); err != nil {
		return exitBroken, fmt.Errorf("%s: %w", name, err)
	}
	if found.Revoked {
		c.printf("the key that signed this checkpoint was revoked: whoever has it can have made the checkpoint too\n")
	}
	if found.Problem != "" {
		c.printf("BROKEN: %s\n", found.Problem)
		return exitBroken, nil
	}
	c.printf("checkpoint of %s: the ledger still has the rows up to %d as they were\n", found.At.Format(time.RFC3339), found.Row)
	return exitOK, nil
}

func (c client) document(args []string) (int, error) {
	if len(args) == 1 {
		var document KeptDocument
		quiet := c
		quiet.json = false
		if err := quiet.call(http.MethodGet, "document", url.Values{"sha256": args}, &document); err != nil {
			return exitFailed, err
		}
		_, err := c.out.Write(document.Body)
		return exitOK, err
	}
	var documents []storage.Document
	if err := c.call(http.MethodGet, "document", nil, &documents); err != nil {
		return exitFailed, err
	}
	for _, d := range documents {
		c.printf("%s  %-8s %-2s  since %s  %s\n", d.SHA256, d.Kind, d.Language, d.Since.Format(time.DateOnly), d.MediaType)
	}
	return exitOK, nil
}

var errBackup = errors.New("name a FILE, or use --list or --destroyed NUMBER")

func (c client) backup(args []string) (int, error) {
	listing, _ := c.flags.GetBool("list")
	destroyed, _ := c.flags.GetInt64("destroyed")
	var copies []storage.Copy
	switch {
	case len(args) == 1 && !listing && destroyed == 0:
		// The server may have another working directory.
		path, err := filepath.Abs(args[0])
		if err != nil {
			return exitBroken, err
		}
		var made storage.Copy
		if err := c.call(http.MethodPost, "backup", url.Values{"path": {path}}, &made); err != nil {
			return exitFailed, err
		}
		c.printf("copy %d: %s, %s, SHA-256 %s\n", made.ID, made.Path, humanize.IBytes(uint64(made.Bytes)), made.SHA256)
		c.printf("It holds personal data. Destroy it, and every copy of it, by %s, then run: consentgate consent backup --destroyed %d\n",
			made.DeleteBy.Format(dayFormat), made.ID)
		return exitOK, nil
	case len(args) != 0 || listing == (destroyed != 0):
		return exitBroken, errBackup
	case listing:
		if err := c.call(http.MethodGet, "copies", nil, &copies); err != nil {
			return exitFailed, err
		}
	default:
		if err := c.call(http.MethodPost, "copy-destroyed", url.Values{"copy": {fmt.Sprint(destroyed)}}, &copies); err != nil {
			return exitFailed, err
		}
	}
	for _, made := range copies {
		state := "delete by " + made.DeleteBy.Format(dayFormat)
		if !made.Destroyed.IsZero() {
			state = "destroyed " + made.Destroyed.Format(dayFormat)
		}
		c.printf("%4d  %s  %s  %s\n", made.ID, made.Made.Format(dayFormat), state, made.Path)
	}
	if overdue := overdueCopies(copies, time.Now()); overdue > 0 {
		c.printf("%d copies are past their day\n", overdue)
		return exitBroken, nil
	}
	return exitOK, nil
}
