package storage

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// RowFormat is the format of the rows that are written: all fields are hashed.
// Rows of format 1 have the fields up to the commitment, those of format 2 the
// fields up to the format.
const RowFormat = 3

// How many fields a row of a format has, and where its format stands.
const (
	fieldsOfFormat1 = 20
	fieldsOfFormat2 = 23
	formatField     = 22
)

// RowFields returns the hashed fields of a ledger row as text, in the order of
// the chain: integers and times in decimal (times in milliseconds since 1970, 0
// for none), booleans as 0 or 1, lists as JSON arrays.
func RowFields(c Consent) ([]string, error) {
	categories, err := json.Marshal(c.Categories)
	if err != nil {
		return nil, fmt.Errorf("categories: %w", err)
	}
	services, err := json.Marshal(c.Services)
	if err != nil {
		return nil, fmt.Errorf("services: %w", err)
	}
	consentID, edition := "", ""
	if !c.ConsentID.IsZero() {
		consentID = c.ConsentID.String()
	}
	if !c.Edition.IsZero() {
		edition = c.Edition.String()
	}
	return []string{
		strconv.FormatInt(c.Seq, 10), c.RecordID, consentID, string(c.Event),
		rowTime(c.At), rowTime(c.ValidUntil),
		string(categories), string(services), edition, c.PolicyURL, c.NoticeSHA256, c.Language,
		string(c.Method), c.Site, c.Path, c.Controller, bit(c.CrossBorder), bit(c.GPC), c.Version, c.Commitment,
		c.EditionSHA256, c.TermsSHA256, strconv.Itoa(c.Format), bit(c.DNT),
	}, nil
}

func rowTime(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMilli(), 10)
}

func bit(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// HashRow returns SHA-256(previous hash, canonical row) of the fields of a row,
// as many as its format hashes.
func HashRow(previous [sha256.Size]byte, fields []string) [sha256.Size]byte {
	if len(fields) > formatField {
		switch fields[formatField] {
		case "1":
			fields = fields[:fieldsOfFormat1]
		case "2":
			fields = fields[:fieldsOfFormat2]
		}
	}
	return sha256.Sum256(append(previous[:], canonical(fields)...))
}

// canonical returns the bytes of a row that are hashed: each field as its length
// in bytes, eight bytes big-endian, and then the field. No two rows share them.
func canonical(fields []string) []byte {
	var row []byte
	for _, field := range fields {
		row = binary.BigEndian.AppendUint64(row, uint64(len(field)))
		row = append(row, field...)
	}
	return row
}

// CheckRow reports whether a row that has left the store still has its hash.
func CheckRow(c Consent) error {
	fields, err := RowFields(c)
	if err != nil {
		return err
	}
	previous, err := hex.DecodeString(c.PrevHash)
	if err != nil || len(previous) != sha256.Size {
		return fmt.Errorf("row %d: prev_hash %q is no SHA-256", c.Seq, c.PrevHash)
	}
	hash := HashRow([sha256.Size]byte(previous), fields)
	if hex.EncodeToString(hash[:]) != c.RowHash {
		return fmt.Errorf("row %d: row_hash isn't the hash of the row", c.Seq)
	}
	return nil
}
