// What pages go on calling.

// A stub takes every call, construction and property, so that a page whose
// snippet was stopped runs on. As text or number it is empty, as a list too. It
// isn't a promise: awaiting it ends at once.
var stub = new Proxy(function () {}, {
  get: function (target, key) {
    if (key === Symbol.toPrimitive) return function () { return ''; };
    if (key === 'length') return 0;
    if (key === Symbol.iterator) return function () { return [][key](); };
    return key === 'then' || typeof key === 'symbol' ? undefined : stub;
  },
  set: function () { return true; },
  apply: function () { return stub; },
  construct: function () { return stub; }
});
// "name" is a stub, "name[]" a list, "name=list" a function that fills one.
if (config.s) config.s.split(' ').forEach(function (entry) {
  var parts = entry.replace('[]', '').split('='), name = parts[0];
  if (name in page) return;
  page[name] = parts[1] ? function () { (page[parts[1]] = page[parts[1]] || []).push(arguments); } : name === entry ? stub : [];
});
