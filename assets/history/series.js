/* What is asked for by name: `sensor:<domain>/<metric>/<id>`, `kpi:<domain>/<key>[@<area>]`, `alarm:<rule>|<subject>`.
 *
 * past.understood(of)  {kind, domain, what (metric or KPI), id, area, rule} or null where the deck knows no such thing
 * past.name(of)        what a person calls it, in the language of the window; past.where(of) the place alone
 * past.search(text)    [{of, name, where} or {sensor, domain, name, where}], the best first: what can be added, or a sensor to look into
 * past.within(domain, id)  a promise of what one sensor has: [{of, name, where}]
 */
'use strict';
(function () {
  const deck = window.citydeck, past = deck.past;
  const MOST = 14, WORDS = {alarm: {en: 'Alarm: ', zh: '告警：'}, dot: {en: ' · ', zh: ' · '}};
  const places = new Map();  // domain -> positions

  past.understood = function (of) {
    const colon = of.indexOf(':'), kind = of.slice(0, colon), rest = of.slice(colon + 1), slash = rest.indexOf('/');
    const domain = deck.domain(rest.slice(0, slash)), tail = rest.slice(slash + 1);
    if (!domain) return null;
    if (kind === 'alarm') {
      const [key, subject] = [tail.slice(0, tail.indexOf('|')), tail.slice(tail.indexOf('|') + 1)];
      const rule = domain.rules.find((each) => each.key === key);
      return rule ? {kind, domain, rule, subject, id: subject.slice(subject.indexOf(':') + 1), area: '', what: null} : null;
    }
    const cut = tail.indexOf(kind === 'sensor' ? '/' : '@'), key = cut < 0 ? tail : tail.slice(0, cut), place = cut < 0 ? '' : tail.slice(cut + 1);
    const what = (kind === 'sensor' ? domain.metrics : domain.kpis).find((each) => each.key === key);
    return what ? {kind, domain, what, id: kind === 'sensor' ? place : '', area: kind === 'kpi' ? place : ''} : null;
  };
  past.where = function (of) {
    const known = past.understood(of);
    if (!known) return '';
    if (known.kind === 'kpi') return known.area ? deck.area(known.area) : deck.text(known.domain.label);
    return known.kind === 'alarm' && !known.subject.startsWith('sensor:') ? deck.text(known.domain.label) : deck.place(known.domain.key, known.id);
  };
  past.name = function (of) {
    const known = past.understood(of);
    if (!known) return of;
    return known.kind === 'alarm' ? deck.text(WORDS.alarm) + deck.text(known.rule.label) : deck.text(known.what.label);
  };

  /* ---- finding */
  past.prepare = () => deck.catalogue.then(({domains}) => Promise.all(domains.map((domain) => deck.positions(domain.key).then((found) => places.set(domain.key, found)))));
  const both = (label) => (label ? label.en + ' ' + label.zh : '');
  const fits = (words) => (text) => { const low = text.toLowerCase(); return words.every((word) => low.includes(word)); };
  const entry = (of) => ({of, name: past.name(of), where: past.where(of)});
  function figures(domain, fit) {
    return domain.kpis.flatMap((kpi) => ['', ...(kpi.by_area ? deck.known.site.areas.map((area) => area.key) : [])]
      .filter((area) => fit([both(kpi.label), both(domain.label), area ? both(deck.known.site.areas.find((each) => each.key === area).label) : ''].join(' ')))
      .map((area) => entry(`kpi:${domain.key}/${kpi.key}` + (area ? '@' + area : ''))));
  }
  function sensors(domain, fit) {
    const found = places.get(domain.key), made = [];
    for (let row = 0; found && row < found.ids.length && made.length < MOST; row += 1) {
      if (fit([found.ids[row], found.en[row], found.zh[row], both(domain.label)].join(' '))) {
        made.push({sensor: found.ids[row], domain: domain.key, name: deck.place(domain.key, found.ids[row]), where: deck.text(domain.label)});
      }
    }
    return made;
  }
  past.search = function (text) {
    const fit = fits(text.toLowerCase().split(/\s+/).filter(Boolean)), all = deck.known.domains;
    return [...all.flatMap((domain) => sensors(domain, fit)), ...all.flatMap((domain) => figures(domain, fit))]
      .sort((one, other) => Boolean(other.sensor) - Boolean(one.sensor)).slice(0, MOST);
  };
  past.within = async function (key, id) {
    const domain = deck.domain(key), answer = await fetch(deck.path('api/v1/sensors/' + encodeURIComponent(id))).catch(() => null);
    const told = answer && answer.ok ? await answer.json().catch(() => null) : null;
    const heard = domain.metrics.filter((metric) => !told || metric.key in (told.metrics || {})), keys = heard.map((metric) => metric.key);
    return [...heard.map((metric) => entry(`sensor:${key}/${metric.key}/${id}`)),
      ...domain.rules.filter((rule) => keys.includes(rule.on)).map((rule) => entry(`alarm:${key}/${rule.key}|sensor:${id}`))];
  };
})();
