/* Which alarms somebody asked for. It stands in the address, so that a view can be shared: ?show=open&filter=oxygen&area=longgang&domain=sea
 * &priority=2&desk=east&alarm=<id of the selected one>.
 *
 * choice.asked(search)      {show, filter, area, domain, priority, desk, fold, alarm}, a text each, empty where not asked
 * choice.ask({name: text})  changes the address and tells who listens; choice.onAsk(fn)
 * choice.fits(asked)        a function of a row: whether it is asked for. A row is worded: it has name, where, note, standing.
 * choice.areasOf(desk)      keys of the areas a desk answers for; what no desk has is the supervisor's. Who knows better may replace it.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const NAMES = ['show', 'filter', 'area', 'domain', 'priority', 'desk', 'fold', 'alarm'], SUPERVISOR = 'supervisor', EVERY = ['all', 'journal'];
  const listeners = [];

  function asked(search = location.search) {
    const told = new URLSearchParams(search);
    return Object.fromEntries(NAMES.map((name) => [name, told.get(name) || '']));
  }
  function ask(change) {
    const told = new URLSearchParams(location.search), before = told.toString();
    for (const [name, text] of Object.entries(change)) if (text) told.set(name, text); else told.delete(name);
    const text = told.toString();
    if (text === before) return;
    history.replaceState(history.state, '', location.pathname + (text ? '?' + text : ''));
    listeners.forEach((fn) => fn());
  }

  function areasOf(desk) {
    const {desks, areas} = deck.known.site, own = desks.find((each) => each.id === desk);
    if (own || desk !== SUPERVISOR) return own ? own.areas : [];
    const given = new Set(desks.flatMap((each) => each.areas));
    return ['', ...areas.map((area) => area.key).filter((key) => !given.has(key))];
  }

  const group = (row) => (row.absence ? 'out' : row.shelf ? 'shelved' : 'open');
  const said = (row) => [...deck.names(row), row.name, row.where, row.note, row.subject, row.standing].join(' ').toLowerCase();
  function fits(wanted) {
    const words = wanted.filter.toLowerCase().split(/\s+/).filter(Boolean), areas = wanted.desk && deck.known ? new Set(deck.choice.areasOf(wanted.desk)) : null;
    const tests = [
      wanted.show && !EVERY.includes(wanted.show) && ((row) => group(row) === wanted.show),
      wanted.area && ((row) => (row.area || '-') === wanted.area),
      wanted.domain && ((row) => row.domain === wanted.domain),
      wanted.priority && ((row) => String(row.priority) === wanted.priority),
      areas && ((row) => areas.has(row.area)),
      words.length && ((row) => { const text = said(row); return words.every((word) => text.includes(word)); }),
    ].filter(Boolean);
    return (row) => tests.every((test) => test(row));
  }

  addEventListener('popstate', () => { if (document.querySelector('[data-alarms]')) listeners.forEach((fn) => fn()); });
  deck.choice = {asked, ask, fits, group, areasOf, onAsk: (fn) => { listeners.push(fn); }};
})();
