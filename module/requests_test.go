package module_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// daysAgo returns the local day so many days ago, as the server sees it.
func daysAgo(t *testing.T, days int) string {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	return policy.DayFromNumber(policy.DayOf(time.Now(), zone).Number() - days).String()
}

// addRequest records a request of today and returns what is printed.
func (e *edge) addRequest(kind, id string, words ...string) string {
	e.t.Helper()
	args := []string{"request", "add", "--received", daysAgo(e.t, 0), "--kind", kind}
	if id != "" {
		args = append(args, "--id", id)
	}
	return e.wantCommand(0, args, words...)
}

// closeRequest ends a request.
func (e *edge) closeRequest(number int, result string, words ...string) {
	e.t.Helper()
	e.wantCommand(0, []string{"request", "close", fmt.Sprint(number), "--result", result}, words...)
}

// guest is a visitor who allowed everything and has one visit on record.
func (e *edge) guest(t *testing.T) (v *visitor, id string) {
	t.Helper()
	v = e.person(t)
	v.choose("accept")
	v.get("/first")
	return v, v.consentID()
}

// wantHeld fails unless so many visits are held under the ID, after the events.
func (e *edge) wantHeld(id string, visits int, events string) {
	e.t.Helper()
	if got, course := e.held(id); got != visits || strings.Join(course, " ") != events {
		e.t.Errorf("%d visits are held after %q, want %d after %q", got, course, visits, events)
	}
}

// TestRequestIsKeptAccountOf pins the way of a request from the letter to its
// answer (policy 3.4.1).
func TestRequestIsKeptAccountOf(t *testing.T) {
	e := start(t, options{})
	_, id := e.guest(t)
	e.wantCommand(0, []string{"request", "list"}, "no requests")
	calendar, err := policy.BuiltinCalendar()
	if err != nil {
		t.Fatal(err)
	}
	received, err := policy.ParseDay(daysAgo(t, 0))
	if err != nil {
		t.Fatal(err)
	}
	due, _ := calendar.Due(received)
	e.addRequest("access", id, "request 1: access, received by mail on "+received.String()+", due by "+due.String(), "consent export "+id)
	e.wantCommand(0, []string{"request", "add", "--received", received.String(), "--kind", "rectify", "--by", "letter"},
		"request 2: rectify, received by letter", "names no consent ID")
	e.wantCommand(0, []string{"request", "list"}, "access", "rectify", id, "unknown", "days left", "consent export ID")
	e.wantCommand(0, []string{"status"}, "2 open, 0 overdue", "no problems")
	for metric, want := range map[string]float64{
		"consentgate_requests_open": 2, "consentgate_requests_overdue": 0,
	} {
		if got := e.metric(metric); got != want {
			t.Errorf("%s %v, want %v", metric, got, want)
		}
	}
	e.closeRequest(1, "fulfilled", "request 1: access fulfilled")
	e.closeRequest(2, "unidentified", "request 2: rectify unidentified")
	e.wantCommand(0, []string{"request", "list"}, "no requests")
	e.wantCommand(0, []string{"request", "list", "--all"}, "fulfilled 2", "unidentified 2")
	e.wantCommand(1, []string{"request", "close", "1", "--result", "refused"}, "closed already")
	e.wantHeld(id, 1, "given")
	for _, args := range [][]string{{"request", "list", "--json"}, {"request", "list", "--all", "--json"},
		{"request", "add", "--received", received.String(), "--kind", "erase", "--json"}, {"request", "close", "3", "--result", "refused", "--json"}} {
		decode(t, []byte(e.wantCommand(0, args)))
	}
}

// TestMalformedRequestsChangeNothing pins that a wrong value is named.
func TestMalformedRequestsChangeNothing(t *testing.T) {
	e := start(t, options{})
	_, id := e.guest(t)
	today, unknown := daysAgo(t, 0), consent.NewID().String()
	add := func(received, kind string, more ...string) []string {
		return append([]string{"request", "add", "--received", received, "--kind", kind}, more...)
	}
	for _, test := range []struct {
		code int
		args []string
		want string
	}{
		{2, []string{"request", "add", "--kind", "erase"}, `received: "" is not a date`},
		{2, add("19.03.2026", "erase"), `"19.03.2026" is not a date`},
		{2, add("2026-02-30", "erase"), `"2026-02-30" is not a date`},
		{2, add(daysAgo(t, -1), "erase"), daysAgo(t, -1) + `" is in the future: today is ` + today},
		{2, add(daysAgo(t, 370), "erase"), daysAgo(t, 370) + `" is more than 12 months past`},
		{2, []string{"request", "add", "--received", today}, `kind "": use withdraw, access, rectify, block, unblock, erase`},
		{2, add(today, "forget"), `kind "forget": use withdraw`},
		{2, add(today, "erase", "--by", "phone"), `by "phone": use mail, letter`},
		{2, add(today, "erase", "--id", "abc"), `"abc": a consent ID has 32 hexadecimal digits`},
		{2, add(today, "erase", "--id", ""), `"": a consent ID has 32 hexadecimal digits`},
		{2, add(today, "erase", "--id", strings.Repeat("0", 32)), "a consent ID isn't zero"},
		{2, add(today, "erase", "--why", "x"), "unknown flag: --why"},
		{1, add(today, "erase", "--id", unknown), "no record has this consent ID"},
		{1, add(today, "block", "--id", unknown), "no record has this consent ID"},
		{1, add(today, "access", "--id", unknown), "no record has this consent ID"},
		{2, []string{"request", "close", "x", "--result", "refused"}, `request "x" is no number`},
		{2, []string{"request", "close", "-1", "--result", "refused"}, "unknown shorthand flag: '1'"},
		{2, []string{"request", "close", "0", "--result", "refused"}, `request "0" is no number`},
		{2, []string{"request", "close", "1"}, `result "": use fulfilled, refused, unidentified`},
		{2, []string{"request", "close", "1", "--result", "done"}, `result "done": use fulfilled`},
		{1, []string{"request", "close", "1", "--result", "refused"}, "there is no request 1"},
		{2, []string{"request", "answer"}, `request has no command "answer"`},
	} {
		e.wantCommand(test.code, test.args, test.want)
	}
	for path, want := range map[string]int{
		"POST /consent/request-add": 400, "POST /consent/request-close": 400, "GET /consent/request-add": 405,
		"POST /consent/requests": 405, "POST /consent/request-close?request=1&result=x": 400,
		"POST /consent/request-add?kind=erase&by=mail&received=" + today + "&id=x": 400,
		"POST /consent/request-add?kind=erase&by=mail&received=" + today + "&id=":  400,
		"POST /consent/request-close?request=7&result=refused":                     404,
	} {
		method, path, _ := strings.Cut(path, " ")
		if code, body := e.askAdmin(method, path); code != want {
			t.Errorf("%s %s: %d %s, want %d", method, path, code, body, want)
		}
	}
	e.wantCommand(0, []string{"request", "list", "--all"}, "no requests")
	e.wantHeld(id, 1, "given")
}

// TestCommandsNameNobodyInTheLog pins that an ID which an operator types stays out
// of the server's log, where the admin API's addresses are written.
func TestCommandsNameNobodyInTheLog(t *testing.T) {
	e := start(t, options{})
	_, id := e.guest(t)
	unknown := consent.NewID().String()
	for _, asked := range []string{id, unknown} {
		e.command("export", asked)
		e.command("request", "add", "--received", daysAgo(t, 0), "--kind", "block", "--id", asked)
		e.command("request", "add", "--received", daysAgo(t, 0), "--kind", "erase", "--id", asked)
		e.command("request", "list")
		e.command("request", "close", "2", "--result", "fulfilled")
		e.command("erase", asked)
	}
	log := e.logged()
	if !strings.Contains(log, "request-close") {
		t.Fatal("the admin API's requests aren't in the log")
	}
	if strings.Contains(log, unknown) || strings.Contains(log, id) {
		t.Error("the log names a consent ID")
	}
}

// TestFulfilledRequestDoesWhatItAsksFor pins the effects of closing, and that
// turning a request down has none.
func TestFulfilledRequestDoesWhatItAsksFor(t *testing.T) {
	e := start(t, options{})
	for number, test := range []struct{ kind, event, reason string }{
		{"withdraw", "withdrawn", "consent_revoked"}, {"erase", "erased", "subject_request"},
	} {
		v, id := e.guest(t)
		refused, fulfilled := 2*number+1, 2*number+2
		e.addRequest(test.kind, id)
		e.closeRequest(refused, "refused", test.kind+" refused")
		e.wantHeld(id, 1, "given")
		e.addRequest(test.kind, id)
		e.wantHeld(id, 1, "given")
		e.closeRequest(fulfilled, "fulfilled", "destroyed 3 records in 2 day tables")
		e.wantHeld(id, 0, "given "+test.event)
		held := e.heldUnder(id)
		if row := held["events"].([]any)[1].(map[string]any); row["method"] != "admin" {
			t.Errorf("method %v", row["method"])
		}
		if ips, _ := held["ip_records"].([]any); len(ips) != 0 {
			t.Errorf("%d addresses are still held", len(ips))
		}
		if state := v.state()["state"]; state != "refused" {
			t.Errorf("the cookie of a consent that is %s means %v", test.event, state)
		}
		e.wantCommand(0, []string{"status"}, test.reason, "operator", "bytes proven gone", "no problems")
	}
	// The visitor may be quicker.
	v, id := e.guest(t)
	e.addRequest("withdraw", id)
	v.choose("withdraw")
	e.closeRequest(5, "fulfilled", "destroyed 0 records")
	e.wantHeld(id, 0, "given withdrawn")
	e.wantCommand(0, []string{"request", "add", "--received", daysAgo(t, 0), "--kind", "erase"})
	e.closeRequest(6, "fulfilled", "erase fulfilled") // by hand: it names no ID
}

// TestOverdueRequestIsAProblem pins the exit codes and the metric that a monitor
// asks for.
func TestOverdueRequestIsAProblem(t *testing.T) {
	e := start(t, options{})
	e.wantCommand(0, []string{"request", "add", "--received", daysAgo(t, 30), "--kind", "erase", "--by", "letter"}, "request 1")
	e.addRequest("access", "")
	e.wantCommand(2, []string{"request", "list"}, "OVERDUE, days: ", "1 requests are past their day")
	e.wantCommand(2, []string{"request", "list", "--json"}, `"overdue":1`)
	e.wantCommand(2, []string{"status"}, "2 open, 1 overdue", "1 requests by letter or mail are past their day")
	if open, overdue := e.metric("consentgate_requests_open"), e.metric("consentgate_requests_overdue"); open != 2 || overdue != 1 {
		t.Errorf("%v open, %v overdue", open, overdue)
	}
	if next := e.metric("consentgate_requests_next_due_timestamp_seconds"); next == 0 || next > float64(time.Now().Unix()) {
		t.Errorf("the most urgent is due at %v", next)
	}
	e.closeRequest(1, "refused")
	e.wantCommand(0, []string{"request", "list"}, "days left")
	e.wantCommand(0, []string{"status"}, "1 open, 0 overdue", "no problems")
}

// TestRequestsFailWithTheStore pins that a request whose block can't be recorded
// isn't on record either.
func TestRequestsFailWithTheStore(t *testing.T) {
	e := start(t, options{})
	v, id := e.guest(t)
	e.sabotage("ledger")
	e.wantCommand(1, []string{"request", "add", "--received", daysAgo(t, 0), "--kind", "block", "--id", id}, "disk full")
	e.execute("DROP TRIGGER full")
	e.wantCommand(0, []string{"request", "list", "--all"}, "no requests")
	if state := v.state()["state"]; state != "allowed" {
		t.Errorf("the choice is %v", state)
	}
	e.addRequest("erase", id)
	e.sabotage("acts")
	e.wantCommand(1, []string{"request", "close", "1", "--result", "fulfilled"}, "the scheduler tries again")
	if state := v.state()["state"]; state != "refused" {
		t.Errorf("the choice is %v", state)
	}
	e.execute("DROP TRIGGER full")
	e.wantCommand(0, []string{"purge"}, "destroyed ip_visits_")
	e.wantHeld(id, 0, "given erased")
}
