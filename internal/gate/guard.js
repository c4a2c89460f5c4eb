// The runtime guard: the first script of a page in which something is blocked.
// It stops what page scripts create later from reaching a denied service, keeps
// denied services' cookies from being set, defines their globals as no-ops so
// that calls to them don't throw, and counts what it stopped. It is comfort and
// telemetry: the proof that nothing leaks is the Content-Security-Policy.
(function (config) {
  'use strict';
  var win = window, doc = document, stopped = {};
  var prefix = 'data-privacy-';

  // --- Which service a URL belongs to -------------------------------------

  // glob returns the regular expression of a pattern in which "*" stands for any
  // run of characters.
  function glob(pattern) {
    return pattern.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replace(/\*/g, '.*');
  }

  // Patterns by host: exact hosts, "*.example.com" under ".example.com",
  // "mc.yandex.*" under "mc.yandex.", and those of any host under "*".
  var byHost = {};
  function add(services, denied) {
    for (var id in services) services[id].split(' ').forEach(function (pattern) {
      var split = pattern.search(/[/?]/);
      var host = split < 0 ? pattern : pattern.slice(0, split);
      var rest = split < 0 ? '' : pattern.slice(split);
      var question = rest.indexOf('?');
      var query = question < 0 ? '' : rest.slice(question + 1).replace(/\*$/, '');
      var path = glob(question < 0 ? rest : rest.slice(0, question));
      var key = host === '*' ? host : host.replace(/^\*|\*$/, '');
      (byHost[key] = byHost[key] || []).push({
        id: id, denied: denied, weight: rest.length, query: query,
        // A path that ends in a letter or a digit ends a segment.
        path: new RegExp('^' + path + (/\w$/.test(path) ? '(?![\\w.-])' : ''))
      });
    });
  }
  add(config.d, true);
  add(config.r || {}, false);

  function hostKeys(host) {
    var keys = ['*', host], labels = host.split('.');
    for (var i = 1; i < labels.length; i++) {
      keys.push('.' + labels.slice(i).join('.'));
      // "mc.yandex.*" ends in a country, or in co, com, net or org and a country.
      if (i === labels.length - 1 || i === labels.length - 2 && /^(com?|net|org)$/.test(labels[i])) {
        keys.push(labels.slice(0, i).join('.') + '.');
      }
    }
    return keys;
  }

  // denied returns the ID of the denied service the URL belongs to, or ''.
  function denied(url) {
    var at, best;
    try { at = new URL(url, doc.baseURI); } catch (e) { return ''; }
    if (!at.hostname || at.origin === win.origin) return '';
    hostKeys(at.hostname.replace(/\.$/, '')).forEach(function (key) {
      if (!Object.prototype.hasOwnProperty.call(byHost, key)) return;
      byHost[key].forEach(function (p) {
        if (p.path.test(at.pathname) && (!p.query || ('&' + at.search.slice(1)).indexOf('&' + p.query) >= 0) &&
            (!best || p.weight > best.weight)) best = p;
      });
    });
    return best && best.denied ? best.id : '';
  }

  // --- Counting -----------------------------------------------------------

  function stop(url) {
    var id = denied(String(url));
    if (id) stopped[id] = (stopped[id] || 0) + 1;
    return id;
  }
  var beacon = navigator.sendBeacon && navigator.sendBeacon.bind(navigator);
  addEventListener('pagehide', function () {
    var counts = stopped;
    stopped = {};
    for (var id in counts) { if (beacon) beacon(config.p, JSON.stringify({ guard: counts })); return; }
  });

  // --- What loads -----------------------------------------------------------

  function patch(owner, name, make) {
    var d = owner && Object.getOwnPropertyDescriptor(owner, name);
    if (!d || !d.configurable) return;
    make(d);
    Object.defineProperty(owner, name, d);
  }

  // A denied reference is kept under the same name the edge uses, where it
  // loads nothing.
  function patchReference(owner, name) {
    patch(owner, name, function (d) {
      var set = d.set;
      if (set) d.set = function (value) {
        if (stopAny(name, value)) this.setAttribute(prefix + name.toLowerCase(), value);
        else set.call(this, value);
      };
    });
  }
  function stopAny(name, value) {
    if (name.toLowerCase() !== 'srcset') return stop(value);
    return String(value).split(/[\s,]+/).some(function (part) { return /\//.test(part) && stop(part); });
  }
  [
    ['Script', 'src'], ['IFrame', 'src'], ['Frame', 'src'], ['Image', 'src'], ['Image', 'srcset'], ['Link', 'href'],
    ['Media', 'src'], ['Video', 'poster'], ['Source', 'src'], ['Source', 'srcset'], ['Track', 'src'],
    ['Embed', 'src'], ['Object', 'data'], ['Input', 'src']
  ].forEach(function (pair) {
    var constructor = win['HTML' + pair[0] + 'Element'];
    patchReference(constructor && constructor.prototype, pair[1]);
  });

  var loading = /^(script|iframe|frame|img|image|link|video|audio|source|track|embed|object|input)$/i;
  function patchAttribute(method, nameAt) {
    patch(Element.prototype, method, function (d) {
      var original = d.value;
      d.value = function () {
        var args = [].slice.call(arguments), name = String(args[nameAt]).replace(/^xlink:/i, '');
        if (loading.test(this.localName) && /^(src|srcset|href|data|poster)$/i.test(name) && stopAny(name, args[nameAt + 1])) {
          return this.setAttribute(prefix + name.toLowerCase(), args[nameAt + 1]);
        }
        return original.apply(this, args);
      };
    });
  }
  patchAttribute('setAttribute', 0);
  patchAttribute('setAttributeNS', 1);

  // Markup that scripts insert is stopped when it arrives in the tree. An image
  // has begun to load by then: it is counted, and the policy stops it.
  var selector = 'script,iframe,frame,img,link,video,audio,source,track,embed,object';
  function stopElement(element) {
    ['src', 'href', 'data', 'poster', 'srcset'].forEach(function (name) {
      var value = element.getAttribute(name);
      if (value && stopAny(name, value)) {
        element.setAttribute(prefix + name, value);
        element.removeAttribute(name);
      }
    });
  }
  new MutationObserver(function (records) {
    records.forEach(function (record) {
      record.addedNodes.forEach(function (node) {
        if (node.nodeType !== 1) return;
        if (node.matches(selector)) stopElement(node);
        if (node.firstElementChild) node.querySelectorAll(selector).forEach(stopElement);
      });
    });
  }).observe(doc, { childList: true, subtree: true });

  // --- What sends -----------------------------------------------------------

  function blockedError() { return new TypeError('Failed to fetch: blocked until the visitor allows it'); }
  patch(win, 'fetch', function (d) {
    var original = d.value;
    d.value = function (input) {
      return stop(input && input.url || input) ? Promise.reject(blockedError()) : original.apply(this, arguments);
    };
  });
  patch(XMLHttpRequest.prototype, 'open', function (d) {
    var original = d.value;
    d.value = function (method, url) {
      // It succeeds with nothing: code that measures has no reason to retry.
      if (stop(url)) arguments[1] = 'data:,';
      return original.apply(this, arguments);
    };
  });
  patch(Navigator.prototype, 'sendBeacon', function (d) {
    var original = d.value;
    // true is what a beacon answers that was queued: pages don't retry then.
    d.value = function (url) { return stop(url) ? true : original.apply(this, arguments); };
  });
  ['WebSocket', 'EventSource'].forEach(function (name) {
    patch(win, name, function (d) {
      var Original = d.value;
      if (!Original) return;
      d.value = new Proxy(Original, {
        construct: function (target, args, newTarget) {
          if (stop(String(args[0]).replace(/^ws/i, 'http'))) throw new DOMException('Blocked until the visitor allows it', 'SecurityError');
          return Reflect.construct(target, args, newTarget);
        }
      });
    });
  });

  // --- What stores ----------------------------------------------------------

  var cookie = config.c && new RegExp('^(?:' + config.c.split(' ').map(glob).join('|') + ')$');
  patch(Document.prototype, 'cookie', function (d) {
    var set = d.set;
    d.set = function (value) {
      if (!cookie || !cookie.test(String(value).split('=')[0].trim())) set.call(this, value);
    };
  });

  // --- What pages call ------------------------------------------------------

  // A stub takes every call, construction and property, so that a page whose
  // snippet was stopped runs on. It isn't a promise: awaiting it ends at once.
  var stub = new Proxy(function () {}, {
    get: function (target, key) { return key === 'then' || typeof key === 'symbol' ? undefined : stub; },
    set: function () { return true; },
    apply: function () { return stub; },
    construct: function () { return stub; }
  });
  if (config.s) config.s.split(' ').forEach(function (name) {
    var list = name.replace('[]', '');
    if (!(list in win)) win[list] = list === name ? stub : [];
  });
})(CONFIG);
