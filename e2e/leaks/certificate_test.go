package leaks

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// identity is the one certificate of site and trackers, and the authority behind it.
type identity struct {
	certificate tls.Certificate
	spki        string // SHA-256 of the key, base64
	file, key   string // PEM files of the certificate
	authority   string // PEM file of the authority
}

func newIdentity(t *testing.T, domains ...string) *identity {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	newKey := func() *ecdsa.PrivateKey {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		check(err)
		return key
	}
	begins, ends := time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	rootKey, key := newKey(), newKey()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "laboratory"}, NotBefore: begins, NotAfter: ends,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, &rootKey.PublicKey, rootKey)
	check(err)
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: site}, NotBefore: begins, NotAfter: ends, DNSNames: []string{site},
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, domain := range domains {
		leaf.DNSNames = append(leaf.DNSNames, "*."+domain)
	}
	der, err := x509.CreateCertificate(rand.Reader, leaf, root, &key.PublicKey, rootKey)
	check(err)
	spki, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	check(err)
	sum := sha256.Sum256(spki)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)

	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		check(os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o644))
		return path
	}
	return &identity{
		certificate: tls.Certificate{Certificate: [][]byte{der, rootDER}, PrivateKey: key},
		spki:        base64.StdEncoding.EncodeToString(sum[:]),
		file:        write("site.pem", "CERTIFICATE", der),
		key:         write("site.key", "PRIVATE KEY", keyDER),
		authority:   write("authority.pem", "CERTIFICATE", rootDER),
	}
}
