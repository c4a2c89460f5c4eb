package sqlite

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// clockTolerance is how far from the present a record's time may be. Beyond it
// a record would live longer or shorter than its window.
const clockTolerance = 5 * time.Minute

// ledgerColumns are the columns of the ledger in the order in which they are
// hashed; the two hashes come last and aren't part of the canonical row.
const ledgerColumns = "seq, record_id, consent_id, event, at, valid_until, categories, services, edition, " +
	"policy_url, notice_sha256, language, method, site, path, controller, cross_border, gpc, version, " +
	"commitment, edition_sha256, terms_sha256, format, dnt, prev_hash, row_hash"

const (
	columnCount = 26
	hashedCount = columnCount - 2

	noticeField  = 10
	editionField = 20
	termsField   = 21
	formatField  = 22
	dntField     = 23
)

// insertLedger writes one row.
var insertLedger = "INSERT INTO ledger (" + ledgerColumns + ") VALUES (?" + strings.Repeat(",?", columnCount-1) + ")"

// head is the end of the hash chain. Before the first row its hash is zero.
type head struct {
	seq  int64
	hash [sha256.Size]byte
}

// consentJob is one consent on its way to the writer. row and err belong to the
// writer until done is closed.
type consentJob struct {
	ctx    context.Context
	row    storage.Consent
	person *storage.Person
	err    error
	done   chan struct{}

	targets []storage.Target // to be deleted at vendors, of a row that revokes
}

// AppendConsent writes one ledger row, and p, when given, as an IP record of
// the visits kind, and returns once both are durable, with the pending erasure
// when the event revokes the consent. When ctx ends before, the row may have
// been written or not.
func (s *Store) AppendConsent(ctx context.Context, c storage.Consent, p *storage.Person) (storage.Consent, error) {
	return s.appendJob(ctx, &consentJob{ctx: ctx, row: c, person: p, done: make(chan struct{})})
}

func (s *Store) appendJob(ctx context.Context, job *consentJob) (storage.Consent, error) {
	if at := job.row.At; s.checkTime(at) != nil {
		return storage.Consent{}, fmt.Errorf("consent of %s: %w", at.UTC().Format(time.RFC3339), storage.ErrClock)
	}
	if err := submit(ctx, s, s.consents, job); err != nil {
		return storage.Consent{}, err
	}
	select {
	case <-job.done:
	case <-ctx.Done():
		return storage.Consent{}, ctx.Err()
	}
	if job.err != nil {
		return storage.Consent{}, job.err
	}
	return job.row, nil
}

func (s *Store) checkTime(t time.Time) error {
	if t.Sub(s.clock()).Abs() > clockTolerance {
		return storage.ErrClock
	}
	return nil
}

// appendConsent writes the job's row and sets what the store sets in it. A job
// nobody waits for any more is left out.
func (w *writer) appendConsent(job *consentJob) error {
	if job.err = job.ctx.Err(); job.err != nil {
		return nil
	}
	recordID, err := uuid.NewV7()
	if err != nil {
		return fmt.Errorf("making a record ID: %w", err)
	}
	c := job.row
	c.Seq, c.Format = w.head.seq+1, storage.RowFormat
	c.RecordID = recordID.String()
	c.At = fromMillis(millis(c.At))
	c.ValidUntil = fromMillis(millis(c.ValidUntil))
	c.Categories = append([]string{}, c.Categories...)
	c.Services = append([]string{}, c.Services...)
	c.Commitment = ""
	if job.person != nil {
		salt := newSalt()
		c.Commitment = commitment(salt, job.person.IP, job.person.Browser)
		if err := w.addIP(storage.VisitsKind, c.At, c.ConsentID, *job.person, ipRecord{purpose: purposeConsent, salt: salt}); err != nil {
			return err
		}
	}
	fields, err := storage.RowFields(c)
	if err != nil {
		return err
	}
	rowHash := storage.HashRow(w.head.hash, fields)
	c.PrevHash, c.RowHash = hex.EncodeToString(w.head.hash[:]), hex.EncodeToString(rowHash[:])
	args := make([]any, 0, columnCount)
	for _, field := range append(fields, c.PrevHash, c.RowHash) {
		args = append(args, field) // SQLite converts digits where the column is INTEGER
	}
	if err := w.exec(insertLedger, args...); err != nil {
		return fmt.Errorf("ledger row %d: %w", c.Seq, err)
	}
	delete(w.standing, c.ConsentID)
	if err := w.demandErasure(c); err != nil {
		return err
	}
	if reason, revokes := c.Event.Revokes(); revokes {
		if err := w.queueDeletions(job.targets, reason); err != nil {
			return err
		}
	}
	w.head = head{c.Seq, rowHash}
	w.written[c.Event]++
	job.row = c
	return nil
}

// newSalt returns the 32 random bytes that keep a commitment from being guessed:
// without them all IPv4 addresses are tried in minutes. They are stored with the
// personal data and destroyed with it.
func newSalt() []byte {
	salt := make([]byte, sha256.Size)
	rand.Read(salt) // never fails: crypto/rand aborts the program instead
	return salt
}

// commitment binds a ledger row to the personal data kept beside it:
// HMAC-SHA256(salt, IP, zero byte, browser) in hexadecimal.
func commitment(salt []byte, ip netip.Addr, browser string) string {
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(ipText(ip) + "\x00" + browser))
	return hex.EncodeToString(mac.Sum(nil))
}

// loadHead reads the end of the chain.
func (w *writer) loadHead(ctx context.Context) error {
	var text string
	// Rows that went at the end of their term leave the segment they ended with.
	err := w.conn.QueryRowContext(ctx, `SELECT seq, row_hash FROM ledger
		UNION ALL SELECT last_seq, head FROM segments ORDER BY 1 DESC LIMIT 1`).Scan(&w.head.seq, &text)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the end of the ledger: %w", err)
	}
	// A damaged hash breaks the chain at this row, as Verify will say; it is no
	// reason to turn visitors' choices away.
	if hash, err := hex.DecodeString(text); err == nil {
		copy(w.head.hash[:], hash)
	}
	return nil
}

func (w *writer) loadCounts(ctx context.Context) error {
	rows, err := w.conn.QueryContext(ctx, "SELECT event, count(*) FROM ledger GROUP BY event")
	if err != nil {
		return fmt.Errorf("counting the ledger: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var event storage.Event
		var n int64
		if err := rows.Scan(&event, &n); err != nil {
			return fmt.Errorf("counting the ledger: %w", err)
		}
		w.store.counts[event] = n
	}
	return rows.Err()
}

// scanLedger reads the stored columns of one row as text.
func scanLedger(rows *sql.Rows) ([]string, error) {
	fields := make([]string, columnCount)
	into := make([]any, columnCount)
	for i := range fields {
		into[i] = &fields[i]
	}
	return fields, rows.Scan(into...)
}

// parseLedger is the inverse of [storage.RowFields], with the two hashes.
func parseLedger(fields []string) (storage.Consent, error) {
	if len(fields) != columnCount {
		return storage.Consent{}, fmt.Errorf("a ledger row has %d columns, not %d", columnCount, len(fields))
	}
	var errs []error
	integer := func(text string) int64 {
		n, err := strconv.ParseInt(text, 10, 64)
		errs = append(errs, err)
		return n
	}
	list := func(text string) []string {
		items := []string{}
		errs = append(errs, json.Unmarshal([]byte(text), &items))
		return items
	}
	var id consent.ID
	if fields[2] != "" {
		var err error
		id, err = consent.ParseID(fields[2])
		errs = append(errs, err)
	}
	var edition policy.Day
	errs = append(errs, edition.UnmarshalText([]byte(fields[8])))
	c := storage.Consent{
		Seq: integer(fields[0]), RecordID: fields[1], ConsentID: id, Event: storage.Event(fields[3]),
		At: fromMillis(integer(fields[4])), ValidUntil: fromMillis(integer(fields[5])),
		Categories: list(fields[6]), Services: list(fields[7]), Edition: edition,
		PolicyURL: fields[9], NoticeSHA256: fields[10], Language: fields[11],
		Method: storage.Method(fields[12]), Site: fields[13], Path: fields[14], Controller: fields[15],
		CrossBorder: fields[16] == "1", GPC: fields[17] == "1", Version: fields[18],
		Commitment: fields[19], EditionSHA256: fields[20], TermsSHA256: fields[21], Format: int(integer(fields[22])),
		DNT: fields[23] == "1", PrevHash: fields[24], RowHash: fields[25],
	}
	if err := errors.Join(errs...); err != nil {
		return storage.Consent{}, fmt.Errorf("ledger row %s: %w", fields[0], err)
	}
	return c, nil
}
