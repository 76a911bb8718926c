/* The journal in the place of the alarms (?show=journal): what happened, newest first, a page at a time. What is looked for stands in the address:
 * span (seconds back from now) or from and to (seconds since 1970), kind, person, rule, sensor (words of its name, or a subject as it is), of (the id of
 * one alarm), and what the alarms are chosen by: area, domain, priority, desk.
 *
 * journal.query(before)   promise of the address that the server is asked; null where no sensor is called so
 * journal.csv()           what is shown, as a table for other programs: nothing in it is taken for a formula
 */
'use strict';
(function () {
  const deck = window.citydeck, choice = deck.choice, desk = deck.alarms;
  const MOST = 200;  // sensors of one search
  const LATER = 300; // milliseconds after the last letter
  const NAMES = ['span', 'from', 'to', 'kind', 'person', 'rule', 'sensor', 'of', 'area', 'domain', 'priority', 'desk'];
  const OWN = NAMES.slice(0, 8), BETWEEN = 'between', NOWHERE = '-';
  const PRIORITIES = ['', 'critical', 'high', 'medium', 'low'];
  const KINDS = ['raised', 'repeated', 'worsened', 'updated', 'realarmed', 'escalated', 'returned', 'latched', 'acknowledged', 'reset', 'shelved', 'unshelved', 'suppressed', 'unsuppressed', 'out_of_service', 'in_service', 'commented', 'flood_began', 'flood_ended', 'handed_over'];
  const WORDS = {
    ever: {en: 'Any time', zh: '全部时间'}, between: {en: 'From … to', zh: '时间段…'}, last: {en: (span) => 'Last ' + span, zh: (span) => '最近 ' + span},
    from: {en: 'From', zh: '起'}, to: {en: 'To', zh: '止'}, area: {en: 'Any area', zh: '全部区域'}, nowhere: {en: 'No area', zh: '不属区域'}, kind: {en: 'Any event', zh: '全部事件'},
    rule: {en: 'Any alarm', zh: '全部告警'}, sensor: {en: 'Sensor', zh: '站点'}, person: {en: 'Person', zh: '人员'},
    clear: {en: 'Clear', zh: '清除'}, again: {en: 'Refresh', zh: '刷新'}, csv: {en: 'Save as CSV', zh: '导出 CSV'}, one: {en: (name) => `Only: ${name} ×`, zh: (name) => `仅：${name} ×`},
    waiting: {en: 'Searching', zh: '正在查询'}, away: {en: 'The journal does not answer', zh: '日志无响应'}, forbidden: {en: 'The journal is not for your role', zh: '您的角色无权查阅日志'},
    nothing: {en: 'Nothing was recorded that fits', zh: '没有符合条件的记录'}, many: {en: 'More than 200 sensors are called so: write more of the name', zh: '名称匹配的站点超过 200 个，请输入更完整的名称'},
    desk: {en: 'Desk', zh: '席位'}, wrong: {en: (why) => `Not understood: ${why}`, zh: (why) => `无法理解：${why}`},
  };
  const SPANS = [3600, 86400, 7 * 86400, 30 * 86400];
  const HEADS = ['time', 'priority', 'kind', 'name', 'where', 'amount', 'bound', 'who', 'seat', 'note'];
  let events = [], next = null, shown = null, state = 'waiting', why = '', asking = 0, typing = 0;

  const box = () => document.querySelector('[data-journal]');
  const asked = () => { const told = new URLSearchParams(location.search); return Object.fromEntries(NAMES.map((name) => [name, told.get(name) || ''])); };
  const looking = () => Boolean(box()) && choice.asked().show === 'journal';

  /* ---- the zone of the site: what a clock there shows, as the browser's field for a time has it, and back */
  function local(time) {
    const told = new Intl.DateTimeFormat('en-CA', {year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone: deck.zone()}).formatToParts(time * 1000);
    const part = Object.fromEntries(told.map(({type, value}) => [type, value]));
    return {day: `${part.year}-${part.month}-${part.day}`, minute: `${part.hour}:${part.minute}`, second: part.second};
  }
  const field = (time) => { const {day, minute} = local(time); return `${day}T${minute}`; };
  function moment(text) {
    const meant = Date.parse(text + 'Z') / 1000, off = (time) => Date.parse(field(time) + 'Z') / 1000 - Math.floor(time / 60) * 60;
    if (!Number.isFinite(meant)) return '';
    const near = meant - off(meant);
    return String(meant - off(near));
  }

  /* ---- what the server is asked */
  async function subjects(text) {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean), found = [text, 'sensor:' + text];
    await Promise.all(deck.known.domains.map(async ({key}) => {
      const {ids, en, zh} = await deck.positions(key);
      ids.forEach((id, row) => { const said = `${id} ${en[row]} ${zh[row]}`.toLowerCase(); if (words.every((word) => said.includes(word))) found.push('sensor:' + id); });
    }));
    return [...new Set(found)];
  }
  async function query(before) {
    const wanted = asked(), told = new URLSearchParams();
    const put = (name, value) => { if (value !== '' && value !== undefined) told.append(name, value); };
    if (wanted.span) put('since', deck.now() - Number(wanted.span)); else { put('since', wanted.from); put('until', wanted.to); }
    if (wanted.area) told.append('area', wanted.area === NOWHERE ? '' : wanted.area);
    else if (wanted.desk) choice.areasOf(wanted.desk).forEach((area) => told.append('area', area));
    for (const name of ['kind', 'person', 'rule', 'domain']) put(name, wanted[name]);
    put('priority', PRIORITIES[wanted.priority]);
    put('alarm', wanted.of);
    if (wanted.sensor) {
      const all = await subjects(wanted.sensor);
      if (all.length > MOST) return null;
      all.forEach((subject) => told.append('subject', subject));
    }
    put('before_seq', before);
    return 'api/v1/journal?' + told;
  }
  async function search(before) {
    const mine = asking += 1;
    state = 'waiting';
    shown = JSON.stringify(asked());
    if (before === undefined) { events = []; next = null; }
    draw();
    await deck.catalogue;
    const address = await query(before);
    const answer = address && await fetch(deck.path(address), {signal: AbortSignal.timeout(15000)}).catch(() => null);
    const told = answer && (answer.ok || answer.status === 422) ? await answer.json().catch(() => null) : null;
    if (mine !== asking) return;
    if (answer && answer.ok && told) { [events, next, state] = [before === undefined ? told.events : events.concat(told.events), told.before_seq, events.length || told.events.length ? '' : 'nothing']; }
    else [state, why] = [!address ? 'many' : answer && answer.status === 403 ? 'forbidden' : told ? 'wrong' : 'away', told ? told.detail : ''];
    draw();
  }

  /* ---- rows */
  function cells(event) {
    const said = event.rule ? deck.condition({...event, label: (desk.held().get(event.alarm) || {}).label}) : {name: deskName(event.desk), value: '', limit: '', where: deck.area(event.area)};
    const {day, minute, second} = local(event.time);
    return {
      time: `${day} ${minute}:${second}`, priority: event.priority ? deck.letter(PRIORITIES.indexOf(event.priority)) : '', kind: deck.kind(event.kind), name: said.name, where: said.where,
      amount: said.value, bound: said.limit, who: event.actor, seat: event.rule ? deck.desk.name(event.desk) : '', note: event.kind === 'suppressed' ? desk.because(event.note) : event.note,
    };
  }
  const deskName = (id) => `${deck.text(WORDS.desk)} ${deck.desk.name(id)}`;
  function row(event) {
    const line = document.createElement('tr'), told = cells(event);
    for (const name of HEADS) {
      const cell = line.appendChild(document.createElement('td'));
      cell.className = name === 'amount' || name === 'bound' ? name + ' right' : name;
      if (name === 'time') cell.append(deck.replay.link(event.time, told.time));
      else if (name !== 'priority') cell.textContent = told[name];
      else if (told.priority) cell.innerHTML = deck.mark(PRIORITIES.indexOf(event.priority), 'grey');
    }
    return line;
  }
  function draw() {
    const element = box();
    if (!element || !deck.known) return;
    form(element.querySelector('.asks'));
    const body = element.querySelector('tbody'), drawn = JSON.stringify(events.map(cells));
    if (body.drawn !== drawn) { body.drawn = drawn; body.replaceChildren(...events.map(row)); }
    deck.put(element.querySelector('.waiting'), state === 'wrong' ? deck.text(WORDS.wrong)(why) : state ? deck.text(WORDS[state]) : '');
    element.querySelector('.more').hidden = next === null || state === 'waiting';
    element.querySelector('table').hidden = !events.length;
  }

  /* ---- what is looked for */
  function options(name, wanted) {
    const any = [['', deck.text(WORDS[name === 'span' ? 'ever' : name])]];
    if (name === 'span') return [...any, ...SPANS.map((span) => [String(span), deck.text(WORDS.last)(deck.span(span))]), [BETWEEN, deck.text(WORDS.between)]];
    if (name === 'area') return [...any, ...deck.known.site.areas.map((area) => [area.key, deck.text(area.label)]), [NOWHERE, deck.text(WORDS.nowhere)]];
    if (name === 'kind') return [...any, ...KINDS.map((kind) => [kind, deck.kind(kind)])];
    const rules = deck.known.domains.flatMap((domain) => domain.rules.map((rule) => [`${domain.key}/${rule.key}`, `${deck.text(domain.label)}: ${deck.text(rule.label)}`]));
    return [...any, ...rules, ...(wanted && !rules.some(([key]) => key === wanted) ? [[wanted, wanted]] : [])];
  }
  function control(place, kind, name) {
    let element = place.querySelector(`[name="${name}"]`);
    if (element) return element;
    element = place.appendChild(document.createElement(kind));
    element.name = name;
    if (kind === 'button') element.type = 'button';
    if (kind === 'input') { element.type = name === 'from' || name === 'to' ? 'datetime-local' : 'search'; element.maxLength = 200; }
    return element;
  }
  function choose(place, name, value, wanted) {
    const element = control(place, 'select', name), all = options(name, wanted), told = JSON.stringify(all);
    if (element.told !== told) { element.told = told; element.replaceChildren(...all.map(([key, text]) => new Option(text, key))); }
    element.value = value;
    element.setAttribute('aria-label', all[0][1]);
  }
  function form(place) {
    const wanted = asked(), between = !wanted.span && (wanted.from || wanted.to || place.between);
    choose(place, 'span', wanted.span || (between ? BETWEEN : ''));
    for (const name of ['from', 'to']) {
      const element = control(place, 'input', name), value = wanted[name] ? field(Number(wanted[name])) : '';
      element.hidden = !between;
      element.title = deck.text(WORDS[name]);
      element.setAttribute('aria-label', deck.text(WORDS[name]));
      if (document.activeElement !== element && element.value !== value) element.value = value;
    }
    choose(place, 'area', wanted.area);
    for (const name of ['sensor', 'person']) {
      const element = control(place, 'input', name);
      element.placeholder = deck.text(WORDS[name]);
      element.setAttribute('aria-label', element.placeholder);
      if (document.activeElement !== element) element.value = wanted[name];
    }
    choose(place, 'kind', wanted.kind);
    choose(place, 'rule', wanted.rule, wanted.rule);
    const one = control(place, 'button', 'of');
    one.hidden = !wanted.of;
    const bar = wanted.of.indexOf('|'), rule = wanted.of.slice(0, Math.max(0, bar));
    deck.put(one, wanted.of ? deck.text(WORDS.one)(deck.condition({rule, subject: wanted.of.slice(bar + 1), domain: rule.split('/')[0], value: null}).name || wanted.of) : '');
    for (const name of ['clear', 'again', 'csv']) deck.put(control(place, 'button', name), deck.text(WORDS[name]));
    place.querySelector('[name="clear"]').hidden = !OWN.concat('area').some((name) => wanted[name]) && !place.between;
    place.querySelector('[name="csv"]').disabled = !events.length;
  }
  function change(element) {
    const place = element.closest('.asks'), {name, value} = element;
    if (name === 'span') {
      place.between = value === BETWEEN;
      choice.ask({span: place.between ? '' : value, ...(place.between ? {} : {from: '', to: ''})});
    } else choice.ask({[name]: name === 'from' || name === 'to' ? moment(value) : value.trim()});
    if (looking()) renew();
  }
  const PRESSED = {
    of: () => choice.ask({of: ''}), again: () => search(), csv: () => save(),
    clear(element) { element.closest('.asks').between = false; choice.ask(Object.fromEntries(OWN.concat('area').map((name) => [name, '']))); draw(); },
  };

  /* ---- for other programs. A table program takes a text for a formula that begins so, also behind spaces: an apostrophe before it makes it text again. */
  const FORMULA = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]|^[\t\r\n]/;
  const quoted = (text) => '"' + (FORMULA.test(text) ? "'" : '') .concat(text).replace(/"/g, '""') + '"';
  function csv() {
    const heads = [...box().querySelectorAll('thead th')].map((head) => head.innerText.trim());
    return [heads, ...events.map((event) => { const told = cells(event); return HEADS.map((name) => String(told[name] ?? '')); })].map((line) => line.map(quoted).join(',')).join('\r\n') + '\r\n';
  }
  function save() {
    const link = document.createElement('a'), address = URL.createObjectURL(new Blob(['\ufeff', csv()], {type: 'text/csv;charset=utf-8'}));
    link.href = address;
    link.download = `journal-${local(deck.now()).day}.csv`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }

  /* Looks again where the address asks for something else. */
  function renew() {
    if (!looking()) return;
    if (shown !== JSON.stringify(asked())) search(); else draw();
  }
  deck.journal = {query, csv};
  choice.onAsk(renew);
  addEventListener('popstate', renew);
  deck.mount('[data-journal]', () => { shown = null; renew(); });
  deck.paint('[data-journal]', {sections: () => [], draw: () => { if (looking()) draw(); }});
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-journal] .asks button'), more = event.target.closest('[data-journal] .more');
    if (button) PRESSED[button.name](button);
    if (more && next !== null) search(next);
  });
  document.addEventListener('change', (event) => { if (event.target.closest('[data-journal] .asks')) { clearTimeout(typing); change(event.target); } });
  document.addEventListener('input', (event) => {
    if (!event.target.matches('[data-journal] .asks input[type="search"]')) return;
    clearTimeout(typing);
    typing = setTimeout(change, LATER, event.target);
  });
})();
