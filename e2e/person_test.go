package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// person is a visitor who writes personal data wherever a visitor can. Everything
// of it is a word that stands nowhere else.
type person struct {
	*visitor
	name    string
	ip      netip.Addr
	choice  string // "" for none
	private map[string]string
	refused []string // bodies of answers that the edge itself gave
}

func newPerson(t *testing.T, name, ip, choice string, number int) *person {
	p := &person{visitor: newVisitor(t), name: name, ip: netip.MustParseAddr(ip), choice: choice, private: map[string]string{
		"e-mail":        name + ".zhanybek@post.example",
		"phone":         "+7701555" + strconv.Itoa(1000+number),
		"taxpayer":      "90010130" + strconv.Itoa(5000+number), // 12 digits
		"surname":       "Сәбитбек" + string(rune('а'+number)) + "улы",
		"code":          "4/0AbCdEf" + name + "Code",
		"state":         "xyz" + name + "State",
		"cookie":        name + "SessionCookie",
		"authorization": name + "BearerToken",
		"tracker":       name + "PkIdValue",
		"header":        name + "OwnHeader",
	}}
	p.header.Set("X-Forwarded-For", p.ip.String())
	p.header.Set("Cookie", "session="+p.private["cookie"])
	p.header.Set("Authorization", "Bearer "+p.private["authorization"])
	p.header.Set("X-User", p.private["header"])
	p.header.Set("Referer", "http://search.example/?"+p.query())
	p.header.Set("Accept", "text/html")
	return p
}

// query carries everything private, as a form does.
func (p *person) query() string {
	values := make(url.Values)
	for key, value := range p.private {
		values.Set(key, value)
	}
	return values.Encode()
}

// send makes a request and keeps what the edge answers in its own name.
func (p *person) send(method, address, contentType, body string) *http.Response {
	p.t.Helper()
	request, err := http.NewRequest(method, address, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	request.Header = p.header.Clone()
	if method == http.MethodPost {
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("Origin", "http://"+request.URL.Host)
	}
	response, err := p.client.Do(request)
	if err != nil {
		return nil // what an origin that hangs up leads to
	}
	defer response.Body.Close()
	answer, _ := io.ReadAll(response.Body) // so far as it came
	if response.StatusCode >= 400 || strings.Contains(address, "/.privacy/") {
		p.refused = append(p.refused, string(answer))
	}
	return response
}

const (
	formType = "application/x-www-form-urlencoded"
	jsonType = "application/json"
)

// forms returns the private words in each way in which forms are posted, by type.
func (p *person) forms() map[string]string {
	var parts bytes.Buffer
	form := multipart.NewWriter(&parts)
	for key, value := range p.private {
		form.WriteField(key, value)
	}
	form.Close()
	object, err := json.Marshal(p.private)
	if err != nil {
		p.t.Fatal(err)
	}
	return map[string]string{formType: p.query(), form.FormDataContentType(): parts.String(), jsonType: string(object)}
}

// live does on the site what the person does there.
func (p *person) live(s *server) {
	p.t.Helper()
	query := "?" + p.query()
	choice := s.url("/.privacy/choice")
	if p.choice != "" {
		response := p.send(http.MethodPost, choice, formType, url.Values{"choice": {p.choice}, "return": {p.page() + query}}.Encode())
		if response == nil || response.StatusCode != http.StatusSeeOther {
			p.t.Fatalf("%s: the choice isn't taken: %v", p.name, response)
		}
	}
	for _, path := range []string{"/", p.page(), "/callback", "/moved", "/cut", "/hangup", "/missing", "/matomo.php", "/.privacy/", "/.privacy/state", "/.privacy/data", "/.privacy/none"} {
		p.send(http.MethodGet, s.url(path+query), "", "")
	}
	for contentType, body := range p.forms() {
		for _, path := range []string{"/form", "/.privacy/choice", "/.privacy/visit", "/.privacy/report", "/.privacy/state"} {
			p.send(http.MethodPost, s.url(path+query), contentType, body)
		}
	}
	p.send(http.MethodPost, choice, formType, url.Values{"choice": {p.private["surname"]}, "allow": {p.private["e-mail"]}}.Encode())
	p.send(http.MethodPost, choice, formType, "choice=refuse&x="+strings.Repeat(url.QueryEscape(p.private["surname"]), 400))
	p.send(http.MethodPost, choice, jsonType, `{"choice": "`+p.private["e-mail"])
	p.send(http.MethodPost, choice, formType, "%zz="+p.private["e-mail"])
	p.send(http.MethodPost, s.url("/.privacy/visit"), formType, url.Values{"path": {"/spa" + query}}.Encode())
	tracked, page := "https://tracker.example/collect"+query, s.url("/report"+query)
	for contentType, report := range map[string]any{
		"application/csp-report":   map[string]any{"csp-report": map[string]any{"blocked-uri": tracked, "document-uri": page, "disposition": "report"}},
		"application/reports+json": []any{map[string]any{"type": "csp-violation", "body": map[string]any{"blockedURL": tracked, "documentURL": page, "disposition": "enforce"}}},
		jsonType:                   map[string]any{"guard": map[string]int{tracked: 2}},
	} {
		raw, err := json.Marshal(report)
		if err != nil {
			p.t.Fatal(err)
		}
		p.send(http.MethodPost, s.url("/.privacy/report"), contentType, string(raw))
	}
	p.malformed(s)
}

// page is the page a person visits: who allowed nothing, one with an own name.
func (p *person) page() string {
	if p.choice == "accept" {
		return "/account"
	}
	return "/user/" + p.private["e-mail"] + "/call/" + p.private["phone"]
}

// malformed sends what no client library would.
func (p *person) malformed(s *server) {
	p.t.Helper()
	query := "?" + p.query()
	host := "Host: localhost:" + strconv.Itoa(s.edge) + "\r\nX-Forwarded-For: " + p.ip.String() + "\r\nConnection: close\r\n"
	for _, head := range []string{
		"GET /%zz" + query + " HTTP/1.1\r\n" + host,
		"GET /a\"b" + query + " HTTP/1.1\r\n" + host,
		"GET http://localhost/absolute" + query + " HTTP/1.1\r\n" + host,
		strings.Repeat("X", 40) + " /method" + query + " HTTP/1.1\r\n" + host,
		"GET /host" + query + " HTTP/1.1\r\nHost: " + p.private["e-mail"] + "\r\nX-Forwarded-For: " + p.ip.String() + "\r\nConnection: close\r\n",
		"GET /header" + query + " HTTP/1.1\r\n" + host + "Bad_Header: " + p.private["e-mail"] + "\r\nX-" + p.private["header"] + ": 1\r\n",
		"POST /length" + query + " HTTP/1.1\r\n" + host + "Content-Length: 9999\r\n",
		"GET /version" + query + " HTTP/9.9\r\n" + host,
	} {
		connection, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(s.edge)), patience)
		if err != nil {
			p.t.Fatal(err)
		}
		connection.SetDeadline(time.Now().Add(patience))
		io.WriteString(connection, head+"\r\n")
		if strings.Contains(head, "Content-Length") {
			connection.(*net.TCPConn).CloseWrite() // the body ends early
		}
		answer, _ := io.ReadAll(connection) // a reset is an answer too
		connection.Close()
		if !bytes.HasPrefix(answer, []byte("HTTP/1.1 2")) { // the site's own
			p.refused = append(p.refused, string(answer))
		}
	}
}
