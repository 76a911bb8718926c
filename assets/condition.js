/* An alarm and the condition behind it in words: frames carry codes and numbers, this makes the sentence, in the language of the window.
 *
 * standing(row): "Acknowledged by Li Wei", "Returned, unacknowledged", "Shelved until 14:30".
 * condition(row) -> {name, value, limit, said, text, where, domain, href}: `said` is the name with its value ("Low oxygen 3.1 mg/L", "River
 * rising fast 1.90 m in 10 min", "No oxygen data for 16 min"), `text` the same with its limit, `where` the station, area, bureau or
 * process, `href` the page that tells more. All are plain text: escape before writing markup. A change is told over the span it is
 * judged by, for "340 km/h per hour" says nothing to anybody. rule(row): the rule that a condition comes from, or undefined.
 * names(row): what it is called, in every language: a filter in an address finds the same whoever opens it.
 */
'use strict';
(function () {
  const deck = window.citydeck = window.citydeck || {};
  const WORDS = {
    limit: {en: ', limit ', zh: '，限值 '},
    lasting: {en: ' for ', zh: ' '}, again: {stuck: {en: ', changes again', zh: '，读数已恢复变化'}, no_data: {en: ', back', zh: '，已恢复'}}, back: {en: ', back at ', zh: '，已回到 '},
    system: {en: 'System', zh: '系统'}, comma: {en: ', ', zh: '，'}, ago: {en: (age) => age + ' ago', zh: (age) => age + '前'},
    states: [null, {en: 'Unacknowledged', zh: '未确认'}, {en: 'Acknowledged', zh: '已确认'}, {en: 'Returned, unacknowledged', zh: '已恢复，未确认'}],
    by: {en: (who) => 'Acknowledged by ' + who, zh: (who) => who + ' 已确认'},
    laid: [null, {en: 'Shelved until it returns', zh: '已搁置至恢复'}, {en: 'Suppressed', zh: '已抑制'}, {en: 'Out of service', zh: '已停用'}],
    until: {en: (time) => 'Shelved until ' + time, zh: (time) => '搁置至 ' + time},
    change: {en: (amount, span) => amount + ' in ' + span, zh: (amount, span) => amount + '（' + span + '内）'},
  };
  const HOUR = 3600;
  const places = new Map();

  deck.escape = (text) => String(text).replace(/[&<>"]/g, (sign) => '&#' + sign.charCodeAt(0) + ';');
  deck.domain = (key) => (deck.known ? deck.known.domains.find((domain) => domain.key === key) : undefined);

  /* Name of a sensor in both languages; undefined until the positions are here. */
  function station(domain, id) {
    const promise = deck.positions(domain), kept = places.get(domain);
    if (!kept || kept.promise !== promise) {
      places.set(domain, {promise, names: kept ? kept.names : new Map()});
      promise.then((positions) => {
        const names = new Map(positions.ids.map((each, row) => [each, {en: positions.en[row], zh: positions.zh[row]}]));
        places.set(domain, {promise, names});
        deck.repaint();
      });
    }
    return places.get(domain).names.get(id);
  }
  deck.place = (domain, id) => deck.text(station(domain, id)) || id;

  const district = (key) => (deck.known ? deck.known.site.areas.find((each) => each.key === key) : undefined);
  deck.area = (key) => (district(key) ? deck.text(district(key).label) : key || '');

  deck.rule = function (row) {
    const domain = deck.domain(row.domain), key = row.rule.slice(row.rule.indexOf('/') + 1);
    return deck.known && [...(domain ? domain.rules : []), ...deck.known.rules].find((each) => each.key === key);
  };

  /* "ingest vm-3140" of the process ingest-vm-3140-9f2c: what a person can look for on the machine. */
  deck.process = function (id) {
    const [kind, ...rest] = id.split('-');
    return [deck.word(kind), rest.slice(0, -1).join('-')].filter(Boolean).join(' ');
  };

  function subject(row) {
    const [kind, rest] = [row.subject.split(':', 1)[0], row.subject.slice(row.subject.indexOf(':') + 1)];
    const domain = deck.domain(row.domain), name = domain ? deck.text(domain.label) : deck.text(WORDS.system);
    if (kind === 'sensor') return {name, where: deck.place(row.domain, rest), href: 'sensor/' + encodeURIComponent(rest)};
    if (kind === 'kpi') return {name, where: rest.includes('@') ? deck.area(rest.split('@')[1]) : '', href: 'domain/' + row.domain};
    if (kind === 'outside') return {name, where: deck.area(row.area), href: 'alarms'};
    return {name, where: kind === 'process' ? deck.process(rest) : name, href: 'system'};
  }

  deck.names = function (row) {
    const sensor = row.subject.startsWith('sensor:') && deck.domain(row.domain) ? station(row.domain, row.subject.slice(7)) : null;
    const labels = [row.label || (deck.rule(row) || {}).label, sensor, (district(row.area) || {}).label, (deck.domain(row.domain) || {}).label];
    return labels.flatMap((label) => Object.values(label || {}));
  };

  function measures(domain, rule) {
    return domain && rule ? [...domain.kpis, ...domain.metrics].find((each) => each.key === rule.on) : undefined;
  }

  const isTime = (rule) => rule.comparison === 'stuck' || rule.comparison === 'no_data';

  function amounts(row, rule, what) {
    if (!rule || row.value === null || row.value === undefined) return {value: '', limit: ''};
    if (isTime(rule)) return {value: deck.age(row.value), limit: deck.span(row.limit)};
    const share = rule.comparison === 'rate' ? rule.span / HOUR : 1, decimals = what ? what.decimals : 1;
    const amount = deck.number(row.value * share, decimals) + (what && what.unit ? ' ' + what.unit : '');
    return {value: rule.comparison === 'rate' ? deck.text(WORDS.change)(amount, deck.span(rule.span)) : amount, limit: deck.number(row.limit * share, decimals)};
  }

  /* The value is inside its limit again, and the condition waits for its release: "PM2.5 high 18 µg/m³, limit 115" would be taken for a mistake. */
  const returned = (row, rule) => (rule.comparison === 'low' ? row.value >= row.limit : row.value <= row.limit);

  deck.standing = function (row) {
    if (row.laid === 1 && row.until) return deck.text(WORDS.until)(deck.clock(row.until));
    if (row.laid) return deck.text(WORDS.laid[row.laid]);
    return row.by ? deck.text(WORDS.by)(row.by) : deck.text(WORDS.states[row.state]) || '';
  };

  deck.condition = function (row, now = deck.now()) {
    const rule = deck.rule(row), about = subject(row), {value, limit} = amounts(row, rule, measures(deck.domain(row.domain), rule));
    const name = row.label ? deck.text(row.label) : rule ? deck.text(rule.label) : row.rule.slice(row.rule.indexOf('/') + 1).replace(/_/g, ' ');
    const ago = row.last ? deck.text(WORDS.ago)(deck.age(now - row.last)) : '';
    const over = value && isTime(rule) && returned(row, rule);
    const how = over ? deck.text(WORDS.again[rule.comparison]) : value ? (isTime(rule) ? deck.text(WORDS.lasting) : returned(row, rule) ? deck.text(WORDS.back) : ' ') + value : '';
    const said = name + how + (ago ? deck.text(WORDS.comma) + ago : '');
    return {name, value: over ? '' : value, limit, ago, said, text: said + (limit ? deck.text(WORDS.limit) + limit : ''), where: about.where, href: about.href, domain: about.name};
  };
})();
