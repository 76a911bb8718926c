/* What the page of the history shows. It stands in the address, so that it can be shared:
 * ?of=sensor:sea/ph/buoy-1&of=kpi:sea/oxygen_lowest&last=86400&compare=1&view=one, or from= and to= (UTC) in place of last.
 *
 * past.asked()          {of: [text], last, from, to, compare (days), view: 'each' or 'one'}; from and to in seconds, null where `last` is said
 * past.ask(change)      changes the address and tells who listens; past.onAsk(fn)
 * past.span(asked)      [from, to] in seconds
 * past.shift(from, days)  seconds from `from` back to the same time of the city's clock so many days before, 23 or 25 hours long ones too
 * past.wall(time)       2026-11-20T14:05 on the city's clock; past.moment(text) the other way round, NaN where it is no time
 * past.href(of, span)   the address that shows this: span is {last} or {from, to}
 */
'use strict';
(function () {
  const deck = window.citydeck, past = deck.past = {}, listeners = [];
  const DAY = 86400, STEP = 10;  // seconds; a period up to now moves on in steps
  const formats = new Map();

  past.asked = function () {
    const told = new URLSearchParams(location.search), time = (name) => (told.has(name) ? Date.parse(told.get(name)) / 1000 : NaN);
    const [from, to] = [time('from'), time('to')], fixed = from < to, last = Number(told.get('last'));
    return {of: [...new Set(told.getAll('of'))], last: fixed ? null : last > 0 ? last : DAY, from: fixed ? from : null, to: fixed ? to : null,
      compare: Math.max(0, Math.floor(Number(told.get('compare')) || 0)), view: told.get('view') === 'one' ? 'one' : 'each'};
  };
  const iso = (time) => new Date(Math.round(time) * 1000).toISOString().replace('.000', '');
  function search({of, last, from, to, compare, view}) {
    const told = new URLSearchParams(of.map((each) => ['of', each]));
    if (from !== null && from !== undefined) { told.set('from', iso(from)); told.set('to', iso(to)); } else told.set('last', String(last));
    if (compare) told.set('compare', String(compare));
    if (view === 'one') told.set('view', view);
    return '?' + told.toString().replaceAll('%3A', ':').replaceAll('%2F', '/');
  }
  past.ask = function (change) {
    const text = search({...past.asked(), ...change});
    if (text === location.search) return;
    history.replaceState(history.state, '', location.pathname + text);
    listeners.forEach((fn) => fn());
  };
  past.onAsk = (fn) => { listeners.push(fn); };
  past.span = function ({last, from, to}) {
    const now = Math.floor(deck.now() / STEP) * STEP;
    return last ? [now - last, now] : [from, to];
  };
  past.href = (of, span) => deck.path('history') + search({of, compare: 0, view: 'each', from: null, to: null, last: null, ...span});
  past.fixed = () => search({...past.asked(), last: null, ...Object.fromEntries(past.span(past.asked()).map((time, place) => [['from', 'to'][place], time]))});

  /* ---- the city's clock */
  function parts(time) {
    const zone = deck.zone();
    if (!formats.has(zone)) formats.set(zone, new Intl.DateTimeFormat('en-CA', {timeZone: zone, hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit'}));
    return Object.fromEntries(formats.get(zone).formatToParts(time * 1000).map((part) => [part.type, part.value]));
  }
  const offset = (time) => { const at = parts(time); return Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) / 1000 - Math.floor(time); };
  past.wall = (time) => { const at = parts(time); return `${at.year}-${at.month}-${at.day}T${at.hour}:${at.minute}`; };
  past.moment = function (text) {
    const local = Date.parse(text + 'Z') / 1000;
    return Number.isFinite(local) ? local - offset(local - offset(local)) : NaN;
  };
  past.shift = (from, days) => days * DAY - offset(from) + offset(from - days * DAY);
  addEventListener('popstate', () => { if (document.querySelector('[data-history]')) listeners.forEach((fn) => fn()); });
})();
