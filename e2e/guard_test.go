package e2e

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// manners tries what pages do with their own documents. Each line returns what it
// made, as text; without the guard and under it the answers must be the same.
const manners = `[
	() => { const d = document.createElement('div'); d.innerHTML = '<p class="a">x &amp; y</p><img src="/own.png"><br>'; return d.innerHTML; },
	() => { const d = document.createElement('div'); d.innerHTML = '<a href="https://stranger.example/page">link</a><td>'; return d.innerHTML; },
	() => { const t = document.createElement('tbody'); t.innerHTML = '<tr><td><img src="/a.png" srcset="/a.png 1x, /b.png 2x"></td></tr>'; return t.innerHTML; },
	() => { const d = document.createElement('div'); d.insertAdjacentHTML('beforeend', '<i>1</i>'); d.insertAdjacentHTML('afterbegin', '<b>2</b>'); return d.innerHTML; },
	() => { const d = document.createElement('div'); d.append('a', document.createElement('b'), 'c'); d.prepend('0'); d.lastChild.before('x'); d.firstChild.remove(); return d.innerHTML; },
	() => { const d = document.createElement('div'); const a = d.appendChild(document.createElement('a')); d.insertBefore(document.createElement('b'), a); d.replaceChild(document.createElement('i'), a); return d.innerHTML; },
	() => { const f = document.createDocumentFragment(); f.append(document.createElement('u')); const d = document.createElement('div'); d.replaceChildren(f); return d.innerHTML + f.childNodes.length; },
	() => { const l = document.createElement('link'); l.rel = 'canonical'; l.href = 'https://stranger.example/'; document.head.append(l); return l.outerHTML; },
	() => { const l = document.createElement('link'); l.href = 'https://stranger.example/'; l.setAttribute('rel', 'alternate'); document.head.appendChild(l); return l.outerHTML; },
	() => { const i = new Image(3, 4); i.src = '/x.png'; i.setAttribute('alt', 'https://stranger.example/'); return i.outerHTML; },
	() => { const s = document.createElement('script'); s.text = 'window.__ran = (window.__ran || 0) + 1'; document.body.appendChild(s); return '' + window.__ran; },
	() => { const s = document.createElement('script'); s.type = 'application/json'; s.textContent = '{"u":"https://stranger.example/"}'; document.body.append(s); return s.outerHTML; },
	() => { const f = document.createElement('iframe'); document.body.append(f); f.contentDocument.body.innerHTML = '<p>in</p>'; return f.contentDocument.body.innerHTML + (f.contentWindow === window[window.length - 1]); },
	() => { const f = document.createElement('iframe'); f.srcdoc = '<p>doc</p>'; return f.getAttribute('srcdoc'); },
	() => { const a = document.createElement('a'); a.href = 'https://stranger.example/x'; a.setAttribute('data-src', 'https://stranger.example/y'); return a.outerHTML; },
	() => { document.cookie = 'own=1; path=/'; return '' + /own=1/.test(document.cookie); },
	() => { const d = document.createElement('div'); d.setAttribute('onclick', 'x()'); d.setAttributeNS(null, 'title', 't'); d.attributes.title.value = 'u'; return d.outerHTML; },
	() => { const d = document.createElement('div'); const r = d.attachShadow({mode: 'open'}); r.innerHTML = '<slot></slot>'; return r.innerHTML; },
	() => { const t = document.createElement('template'); t.innerHTML = '<li>1</li>'; return document.importNode(t.content, true).firstChild.outerHTML; },
	() => [typeof WebSocket.OPEN, new WebSocket(location.origin.replace('http', 'ws')) instanceof WebSocket, typeof RTCPeerConnection, new RTCPeerConnection() instanceof RTCPeerConnection].join(),
	() => { const x = new XMLHttpRequest(); x.open('GET', '/own', false); x.send(); return '' + x.status; },
	() => { const f = document.createElement('form'); f.action = '/own'; let seen = ''; f.onsubmit = e => { seen = 'asked'; e.preventDefault(); }; document.body.append(f); f.requestSubmit(); return seen; },
	() => { const n = document.createTextNode('t'); const d = document.createElement('div'); d.append(n); n.after('u'); n.replaceWith('v'); return d.innerHTML; },
	() => { const d = document.createElement('div'); try { d.appendChild(null); } catch (e) { return e.constructor.name; } },
	() => { const d = document.createElement('div'); try { d.insertAdjacentElement('nowhere', document.createElement('p')); } catch (e) { return e.constructor.name; } },
	() => { const f = document.createElement('form'); f.innerHTML = '<input name=matches><input name=nodeType><input name=isConnected><input name=querySelectorAll><input name=action><input name=getAttribute>'; document.body.append(f); return f.innerHTML.length + '' + f.elements.length; },
	() => { const o = document.createElement('object'); o.type = 'speculationrules'; document.body.append(o); return o.outerHTML; },
	() => { const f = document.createElement('iframe'); f.srcdoc = '<!doctype html><html><body class=x><p>y</p></body></html>'; return f.srcdoc; },
	() => { const o = []; for (const e of document.querySelectorAll('link')) o.push(e.relList.contains('alternate') + e.relList.value); return o.join(); },
	() => { const d = document.createElement('div'); d.classList.add('a', 'b'); d.classList.toggle('a'); d.classList.replace('b', 'c'); return d.outerHTML; },
	() => new Blob(['<p>', 'x</p>'], {type: 'text/html'}).size + '' + new Blob([new Uint8Array(3)]).size,
	() => [document.createElement('div').appendChild.length >= 0, Element.prototype.hasOwnProperty('innerHTML')].join(),
].map(f => { try { return String(f()); } catch (e) { return 'throws ' + e; } })`

// TestPagesOwnCodeWorksUnderTheGuard compares what a page's own code makes without
// the edge and behind it.
func TestPagesOwnCodeWorksUnderTheGuard(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte("<!doctype html><html lang=en><head><title>own</title></head><body><p>own</body></html>"))
	}))
	t.Cleanup(origin.Close)
	b := openBrowser(t, newWorld(t))
	b.visit(origin.URL + "/")
	want := must[[]string](b, manners)
	for _, unknown := range []string{"allow", "block"} {
		s := startServer(t, "UNKNOWN="+unknown, "UPSTREAM="+origin.URL)
		b.visit(s.url("/"))
		b.until(asked)
		got := must[[]string](b, manners)
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("unknown %s, line %d: %q, without the edge %q", unknown, i+1, got[i], want[i])
			}
		}
	}
}
