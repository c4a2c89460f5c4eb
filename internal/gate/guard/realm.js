// What is stopped in one realm: the window of the page, or of a frame that its
// scripts can reach into.

// enter guards the window of a frame that scripts can reach into, whose own
// functions would go around the page's.
function enter(win) {
  try { if (win && !realms.has(win.Element)) guard(win); } catch (e) { /* another site's */ }
  return win;
}

function guard(win) {
  realms.add(win.Element);
  // A form's own controls can stand before what elements have.
  var setAttribute = win.Element.prototype.setAttribute, matches = win.Element.prototype.matches, within = win.Element.prototype.querySelectorAll;
  var getAttribute = win.Element.prototype.getAttribute;
  var nodeType = Object.getOwnPropertyDescriptor(win.Node.prototype, 'nodeType').get;
  var connected = Object.getOwnPropertyDescriptor(win.Node.prototype, 'isConnected').get;
  function kind(node) { try { return nodeType.call(node); } catch (e) { return 0; } }
  function isA(node, list) { return kind(node) === 1 && matches.call(node, list); }

  // patch replaces members of an owner by what make returns for the original.
  function patch(owner, names, kind, make) {
    if (owner) names.split(' ').forEach(function (name) {
      var d = Object.getOwnPropertyDescriptor(owner, name);
      if (!d || !d.configurable || !d[kind]) return;
      d[kind] = make(d[kind], name);
      Object.defineProperty(owner, name, d);
    });
  }
  function prototype(name) { return win[name] && win[name].prototype; }

  // --- What loads

  // A denied reference is kept under the name the edge uses, where it loads
  // nothing.
  var lists = /^(srcset|imagesrcset|ping)$/i;
  function denied(name, value) { return (lists.test(name) ? stopAny : stop)(value); }
  function keep(element, name, value) {
    setAttribute.call(element, prefix + name.toLowerCase(), value);
    // What waits for it isn't left waiting.
    if (/^(src|href)$/i.test(name) && isA(element, 'script,link,img')) setTimeout(function () { element.dispatchEvent(new win.Event('error')); });
  }

  // Only some links load something; which, a script may say after the address.
  var loading = /(^|\s)(stylesheet|preload|modulepreload|prefetch|prerender|preconnect|dns-prefetch|icon|apple-touch-\S*|mask-icon|fluid-icon|manifest|search|next|import|subresource|compression-dictionary)(\s|$)/i;
  function idle(element, rel) { return element.localName === 'link' && !loading.test(rel || element.rel); }

  [
    ['Script', 'src'], ['IFrame', 'src'], ['Frame', 'src'], ['Image', 'src srcset'], ['Link', 'href imageSrcset'],
    ['Media', 'src'], ['Video', 'poster'], ['Source', 'src srcset'], ['Track', 'src'], ['Embed', 'src'],
    ['Object', 'data'], ['Input', 'src'], ['Body', 'background'], ['Anchor', 'ping'], ['Area', 'ping']
  ].forEach(function (pair) {
    patch(prototype('HTML' + pair[0] + 'Element'), pair[1], 'set', function (set, name) {
      return function (value) { !idle(this) && denied(name, value) ? keep(this, name, value) : set.call(this, framed(this, value)); };
    });
  });
  var relLists = new WeakMap();
  patch(prototype('HTMLLinkElement'), 'relList', 'get', function (get) {
    return function () {
      var list = get.call(this);
      relLists.set(list, this);
      return list;
    };
  });
  patch(prototype('DOMTokenList'), 'add replace toggle', 'value', function (original) {
    return function () {
      if (relLists.has(this)) stopElement(relLists.get(this), [].join.call(arguments, ' '));
      return original.apply(this, arguments);
    };
  });
  patch(prototype('HTMLLinkElement'), 'rel', 'set', function (set) {
    return function (value) {
      stopElement(this, value);
      set.call(this, value);
    };
  });

  var selector = 'script,iframe,frame,img,image,link,video,audio,source,track,embed,object,input,use,feImage,template';
  var names = ['src', 'srcset', 'href', 'xlink:href', 'data', 'poster', 'imagesrcset'];
  function loads(element, name) {
    return names.indexOf(name) >= 0 && isA(element, selector) && !idle(element) || name === 'ping' && isA(element, 'a,area') || name === 'background';
  }
  patch(prototype('Element'), 'setAttribute setAttributeNS', 'value', function (original, method) {
    var at = method.length - 'setAttribute'.length ? 1 : 0;
    return function () {
      var name = String(arguments[at]).toLowerCase(), value = arguments[at + 1];
      if (loads(this, name) && denied(name, value)) return keep(this, name, value);
      if (name === 'srcdoc') arguments[at + 1] = clean(value);
      if (name === 'src') arguments[at + 1] = framed(this, value);
      if (name === 'rel' && this.localName === 'link') stopElement(this, value);
      return original.apply(this, arguments);
    };
  });
  patch(prototype('Attr'), 'value', 'set', function (set) {
    return function (value) {
      var element = this.ownerElement, name = this.name;
      element && loads(element, name) && denied(name, value) ? keep(element, name, value) : set.call(this, value);
    };
  });

  // stopElement takes denied references out of an element that loads nothing
  // yet. rel is what a link is about to become.
  function stopElement(element, rel) {
    var found = false;
    if (!idle(element, rel)) names.forEach(function (name) {
      var value = element.getAttribute(name);
      if (value && denied(name, value)) {
        keep(element, name, value);
        element.removeAttribute(name);
        found = true;
      }
    });
    // Rules act on what they name without an element of their own, and on links.
    var rules = isA(element, 'script[type=speculationrules i]') && element.textContent.replace(/\\\//g, '/');
    if (rules && (rules.split('"').some(stopAny) || !/"urls"|"href_matches":\s*\[?\s*"\//.test(rules))) {
      setAttribute.call(element, 'type', 'text/plain');
      found = true;
    }
    if (element.content) found = stopTree(element.content) || found;
    return found;
  }
  function stopTree(root) {
    var found = isA(root, selector) && stopElement(root);
    if (!root.firstChild) return found;
    var inside = kind(root) === 1 ? within.call(root, selector) : root.querySelectorAll(selector);
    inside.forEach(function (element) { found = stopElement(element) || found; });
    return found;
  }

  // Whatever is put into the document is looked at before, and frames that came
  // with it are entered.
  function inserting(original) {
    return function () {
      for (var i = 0; i < arguments.length; i++) {
        var node = arguments[i];
        if (/^(1|11)$/.test(kind(node)) && !connected.call(node)) stopTree(node);
      }
      var frames = win.length, result = original.apply(this, arguments);
      for (; frames < win.length; frames++) enter(win[frames]);
      return result;
    };
  }
  patch(prototype('Node'), 'appendChild insertBefore replaceChild', 'value', inserting);
  ['Element', 'Document', 'DocumentFragment', 'CharacterData'].forEach(function (name) {
    patch(prototype(name), 'append prepend after before replaceWith replaceChildren insertAdjacentElement', 'value', inserting);
  });

  // clean takes denied references out of markup by reading it where nothing
  // loads. Markup without any stays as it is.
  var template = win.document.createElement('template');
  var inner = Object.getOwnPropertyDescriptor(prototype('Element'), 'innerHTML');
  function clean(markup) {
    // What isn't a string is a trusted type, which must stay one.
    if (typeof markup !== 'string' || !/<[^>]*\/\//.test(markup)) return markup;
    try {
      if (/<(!doctype|html|head|body)\b/i.test(markup)) {
        var whole = new win.DOMParser().parseFromString(markup, 'text/html');
        return stopTree(whole.documentElement) ? (whole.doctype ? '<!doctype html>' : '') + whole.documentElement.outerHTML : markup;
      }
      inner.set.call(template, markup);
      return stopTree(template.content) ? inner.get.call(template) : markup;
    } catch (e) { return markup; } // Trusted Types: the policy alone decides
  }
  // framed does the same to a document that a frame's address holds.
  function framed(element, value) {
    var match = element.localName === 'iframe' && /^(data:text\/html[^,]*,)([^]*)/i.exec(value);
    if (match) try {
      var markup = decodeURIComponent(match[2]), cleaned = clean(markup);
      if (cleaned !== markup) return match[1] + encodeURIComponent(cleaned);
    } catch (e) { /* not what a browser would read either */ }
    return value;
  }
  function cleaning(original) {
    return function () {
      var args = [].map.call(arguments, function (arg) { return /^[a-z]*$/.test(arg) ? arg : clean(arg); });
      var frames = win.length, result = original.apply(this, args);
      for (; frames < win.length; frames++) enter(win[frames]);
      return result;
    };
  }
  patch(prototype('Element'), 'innerHTML outerHTML', 'set', cleaning);
  patch(prototype('ShadowRoot'), 'innerHTML', 'set', cleaning);
  patch(prototype('HTMLIFrameElement'), 'srcdoc', 'set', cleaning);
  patch(prototype('Element'), 'insertAdjacentHTML setHTMLUnsafe', 'value', cleaning);
  patch(prototype('ShadowRoot'), 'setHTMLUnsafe', 'value', cleaning);
  patch(prototype('Document'), 'write writeln', 'value', function (original) {
    var write = cleaning(original);
    return function () {
      // Its arguments are one text.
      return arguments.length > 1 ? write.call(this, [].join.call(arguments, '')) : write.apply(this, arguments);
    };
  });

  ['IFrame', 'Frame', 'Object'].forEach(function (name) {
    var owner = prototype('HTML' + name + 'Element');
    patch(owner, 'contentWindow', 'get', function (get) { return function () { return enter(get.call(this)); }; });
    patch(owner, 'contentDocument', 'get', function (get) {
      return function () {
        var inside = get.call(this);
        if (inside) enter(inside.defaultView);
        return inside;
      };
    });
  });

  // --- What sends

  // sending answers a call with a denied URL by what instead returns.
  function sending(instead) {
    return function (original) {
      return function (input) {
        return stop(input && input.url || input) ? instead() : original.apply(this, arguments);
      };
    };
  }
  function rejected() { return Promise.reject(new TypeError('Failed to fetch: blocked until the visitor allows it')); }
  patch(win, 'fetch', 'value', sending(rejected));
  patch(win, 'fetchLater', 'value', sending(function () { return { activated: false }; }));
  // true is what a beacon answers that was queued: pages don't retry then.
  patch(prototype('Navigator'), 'sendBeacon', 'value', sending(function () { return true; }));
  patch(prototype('Worklet'), 'addModule', 'value', sending(rejected));
  patch(prototype('Cache'), 'add', 'value', sending(rejected));
  patch(prototype('XMLHttpRequest'), 'open', 'value', function (original) {
    return function (method, url) {
      // It succeeds with nothing: code that measures has no reason to retry.
      if (stop(url)) arguments[1] = 'data:,';
      return original.apply(this, arguments);
    };
  });
  function constructing(owner, names, allow) {
    patch(owner, names, 'value', function (original) {
      return new Proxy(original, {
        construct: function (target, args, newTarget) { return Reflect.construct(target, allow(args), newTarget); }
      });
    });
  }
  constructing(win, 'WebSocket EventSource WebTransport WebSocketStream', function (args) {
    if (stop(args[0])) throw new win.DOMException('Blocked until the visitor allows it', 'SecurityError');
    return args;
  });
  constructing(win, 'Blob', function (args) {
    var type = args[1] && args[1].type, parts = args[0];
    if (!/html|svg/i.test(type) || !Array.isArray(parts) || parts.some(function (part) { return typeof part !== 'string'; })) return args;
    var text = parts.join(''), cleaned = clean(text);
    return cleaned === text ? args : [[cleaned], args[1]];
  });
  constructing(win, 'PaymentRequest', function (args) {
    if ([].some.call(args[0] || [], function (method) { return stop(method.supportedMethods); })) {
      throw new win.DOMException('Blocked until the visitor allows it', 'SecurityError');
    }
    return args;
  });
  patch(prototype('CredentialsContainer'), 'get', 'value', function (original) {
    return function (options) {
      var providers = options && options.identity && options.identity.providers || [];
      return [].some.call(providers, function (provider) { return stop(provider.configURL); }) ? rejected() : original.apply(this, arguments);
    };
  });
  constructing(win, 'Audio', function (args) { return args.length && stop(args[0]) ? [] : args; });
  // A policy doesn't cover what WebRTC asks for the visitor's address.
  function withoutServers(args) {
    if (!args[0] || !args[0].iceServers) return args;
    var servers = [].filter.call(args[0].iceServers, function (server) {
      return ![].concat(server.urls || server.url).some(function (url) { return stop(String(url).replace(/^(stun|turn)s?:(\/\/)?/i, 'https://')); });
    });
    return [Object.assign({}, args[0], { iceServers: servers })].concat([].slice.call(args, 1));
  }
  constructing(win, 'RTCPeerConnection webkitRTCPeerConnection', withoutServers);
  patch(prototype('RTCPeerConnection'), 'setConfiguration', 'value', function (original) {
    return function () { return original.apply(this, withoutServers(arguments)); };
  });

  // --- What leads away without the visitor

  function clicked() { return navigator.userActivation && navigator.userActivation.isActive; }
  patch(win, 'open', 'value', function (original) {
    return function (url) { return url && !clicked() && stop(url) ? null : enter(original.apply(this, arguments)); };
  });
  // A form that the visitor sends goes where it leads, unless a policy holds it to
  // the site: then a browser would still look up the host that it refuses.
  function submits(form, button) {
    return !config.u && clicked() || !stop(button && button.getAttribute('formaction') || getAttribute.call(form, 'action') || '');
  }
  patch(prototype('HTMLFormElement'), 'submit', 'value', function (original) {
    return function () { if (submits(this)) original.call(this); };
  });
  // So does a link that a script clicks, in a frame too.
  win.addEventListener('click', function (event) {
    var link = !event.isTrusted && event.target.closest && event.target.closest('a[href],area[href]');
    if (link && !clicked() && stop(link.href)) event.preventDefault();
  }, true);
  win.addEventListener('submit', function (event) {
    if (!submits(event.target, event.submitter)) event.preventDefault();
  }, true);

  // --- What stores

  patch(prototype('Document'), 'cookie', 'set', function (set) {
    return function (value) { if (!deniedCookie(String(value).split('=')[0])) set.call(this, value); };
  });
  patch(prototype('CookieStore'), 'set', 'value', function (original) {
    return function (name) {
      return deniedCookie(name && name.name || name) ? Promise.resolve() : original.apply(this, arguments);
    };
  });
}
enter(page);
