// What is denied, and counting what was stopped.

var page = window, prefix = 'data-privacy-', stopped = {}, realms = new WeakSet();

// glob returns the regular expression of a pattern in which "*" stands for any
// run of characters.
function glob(pattern) {
  return pattern.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replace(/\*/g, '.*');
}

// Patterns by host: exact hosts, "*.example.com" under ".example.com",
// "mc.yandex.*" under "mc.yandex.", and those of any host under "*".
var byHost = {};
function add(patterns, denied) {
  if (patterns) patterns.split(' ').forEach(function (pattern) {
    var split = pattern.search(/[/?]/);
    var host = split < 0 ? pattern : pattern.slice(0, split);
    var key = host === '*' ? host : host.replace(/^\*|\*$/, '');
    (byHost[key] = byHost[key] || []).push({ denied: denied, rest: split < 0 ? '' : pattern.slice(split) });
  });
}
add(config.d, true);
add(config.r, false);

// hostKeys returns the keys of byHost that a host is under, the more exact first.
function hostKeys(host) {
  var country = [host], below = [], labels = host.split('.');
  for (var i = 1; i < labels.length; i++) {
    below.push('.' + labels.slice(i).join('.'));
    // "mc.yandex.*" ends in a country, or in co, com, net or org and a country.
    if (i === labels.length - 1 || i === labels.length - 2 && /^(com?|net|org)$/.test(labels[i])) {
      country.push(labels.slice(0, i).join('.') + '.');
    }
  }
  return country.concat(below, '*');
}

// fits reports whether a URL on a pattern's host fits the rest of it. Few patterns are
// ever asked: compiling all of them would take longer than all else that a page's
// first script does.
function fits(p, at) {
  if (!p.path) {
    var question = p.rest.indexOf('?');
    p.query = question < 0 ? '' : p.rest.slice(question + 1).replace(/\*$/, '');
    var path = glob(question < 0 ? p.rest : p.rest.slice(0, question));
    // A path that ends in a letter or a digit ends a segment.
    p.path = RegExp('^' + path + (/\w$/.test(path) ? '(?![\\w.-])' : ''));
  }
  return p.path.test(at.pathname) && (!p.query || ('&' + at.search.slice(1)).indexOf('&' + p.query) >= 0);
}

// find returns the most specific pattern of a URL.
function find(at) {
  var best;
  hostKeys(at.hostname.replace(/\.$/, '')).some(function (key) {
    if (Object.prototype.hasOwnProperty.call(byHost, key)) byHost[key].forEach(function (p) {
      if (fits(p, at) && (!best || p.rest.length > best.rest.length)) best = p;
    });
    return best;
  });
  return best;
}

// stop reports whether the URL is denied, and counts it then. Where everything
// unknown is blocked, what no pattern allows is denied.
function stop(url) {
  var at;
  try { at = new URL(url, document.baseURI); } catch (e) { return false; }
  if (!at.hostname || at.host === location.host) return false;
  var best = find(at);
  if (best ? !best.denied : !config.u) return false;
  var name = at.protocol.replace(/^ws/, 'http') + '//' + at.hostname + at.pathname.slice(0, 99);
  if (name in stopped || Object.keys(stopped).length < 64) stopped[name] = (stopped[name] || 0) + 1;
  return true;
}
function stopAny(text) {
  return String(text).split(/[\s,]+/).filter(function (part) { return /\//.test(part) && stop(part); }).length > 0;
}

var beacon = navigator.sendBeacon && navigator.sendBeacon.bind(navigator);
addEventListener('pagehide', function () {
  if (beacon && Object.keys(stopped).length) beacon(location.origin + config.p, JSON.stringify({ guard: stopped }));
  stopped = {};
});

var cookies = config.c && new RegExp('^(?:' + config.c.split(' ').map(glob).join('|') + ')$');
function deniedCookie(name) { return cookies && cookies.test(String(name).trim()); }
