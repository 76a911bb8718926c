/* The log book (/log): what was written, newest first, a page at a time; and the dialog in which an entry is written, here, beside an alarm and on
 * a sensor's page. What is looked for stands in the address: span (seconds back) or from and to (seconds since 1970), desk, person, words, alarm, sensor.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const LATER = 300, NAMES = ['span', 'from', 'to', 'desk', 'person', 'words', 'alarm', 'sensor'], BETWEEN = 'between', NOWHERE = '-';  // milliseconds after the last letter
  const SPANS = [8 * 3600, 86400, 7 * 86400, 30 * 86400];
  const WORDS = {
    ever: {en: 'Any time', zh: '全部时间'}, between: {en: 'From … to', zh: '时间段…'}, last: {en: (span) => 'Last ' + span, zh: (span) => '最近 ' + span}, from: {en: 'From', zh: '起'}, to: {en: 'To', zh: '止'},
    desk: {en: 'Any desk', zh: '全部席位'}, nowhere: {en: 'At no desk', zh: '未就席'}, person: {en: 'Person', zh: '人员'}, words: {en: 'Words of the text', zh: '记录内容'},
    only: {en: (name) => `Only: ${name} ×`, zh: (name) => `仅：${name} ×`}, clear: {en: 'Clear', zh: '清除'}, again: {en: 'Refresh', zh: '刷新'},
    waiting: {en: 'Searching', zh: '正在查询'}, away: {en: 'The log book does not answer', zh: '值班日志无响应'}, forbidden: {en: 'The log book is not for your role', zh: '您的角色无权查阅值班日志'},
    nothing: {en: 'Nothing was written that fits', zh: '没有符合条件的记录'}, wrong: {en: 'Not understood', zh: '无法理解'},
    correct: {en: 'Correct…', zh: '更正…'}, corrected: {en: (seq) => `corrected by no. ${seq}`, zh: (seq) => `已由第 ${seq} 条更正`}, corrects: {en: (seq) => `corrects no. ${seq}`, zh: (seq) => `更正第 ${seq} 条`},
    at: {en: (time) => 'at ' + time, zh: (time) => '发生于 ' + time}, dot: {en: ' · ', zh: ' · '},
    question: {en: 'Write into the log book', zh: '写值班日志'}, correcting: {en: (seq) => `Correct entry no. ${seq}: it stays as it is, and this one names it`, zh: (seq) => `更正第 ${seq} 条：原记录保留，本条注明更正`},
    sending: {en: 'Recording…', zh: '正在记录…'}, done: {en: 'Recorded.', zh: '已记录。'},
  };
  const say = (key, ...values) => (values.length ? deck.text(WORDS[key])(...values) : deck.text(WORDS[key]));
  const box = () => document.querySelector('[data-log]'), form = () => document.querySelector('[data-log-form]');
  const asked = () => deck.query(NAMES);
  let entries = [], next = null, shown = null, state = 'waiting', asking = 0, typing = 0, draft = null;

  function change(told) {
    deck.choice.ask(told);
    if (box() && shown !== JSON.stringify(asked())) search();
  }

  /* ---- what the server is asked */
  function address(before) {
    const wanted = asked(), told = new URLSearchParams(), put = (name, value) => { if (value !== '' && value !== undefined && value !== null) told.append(name, value); };
    if (wanted.span) put('since', Date.now() / 1000 - Number(wanted.span)); else { put('since', wanted.from); put('until', wanted.to); }
    if (wanted.desk) told.append('desk', wanted.desk === NOWHERE ? '' : wanted.desk);
    for (const name of ['person', 'words', 'alarm', 'sensor']) put(name, wanted[name]);
    put('before_seq', before);
    return 'api/v1/log?' + told;
  }
  async function search(before) {
    const mine = asking += 1;
    state = 'waiting';
    shown = JSON.stringify(asked());
    if (before === undefined) { entries = []; next = null; }
    draw();
    await deck.catalogue;
    const answer = await fetch(deck.path(address(before)), {signal: AbortSignal.timeout(15000)}).catch(() => null), told = answer && answer.ok ? await answer.json().catch(() => null) : null;
    if (mine !== asking) return;
    if (told) [entries, next, state] = [entries.concat(told.entries), told.before_seq, entries.length || told.entries.length ? '' : 'nothing'];
    else state = answer && answer.status === 403 ? 'forbidden' : answer && answer.status === 422 ? 'wrong' : 'away';
    draw();
  }

  /* ---- rows */
  const ofAlarm = (id) => { const bar = id.indexOf('|'), rule = id.slice(0, Math.max(0, bar)); return deck.condition({rule, subject: id.slice(bar + 1), domain: rule.split('/')[0], area: '', value: null}); };
  const called = (id) => { const said = ofAlarm(id); return [said.name, said.where].filter(Boolean).join(', ') || id; };
  function station(id) {
    const domain = (deck.known.domains.find(({key}) => deck.place(key, id) !== id) || {}).key;
    return domain ? deck.place(domain, id) : id;
  }
  function link(path, text) { const made = deck.part('a', '', text); made.href = deck.path(path); return made; }
  function about(entry) {
    const told = [];
    if (entry.alarm) told.push(link('alarms?alarm=' + encodeURIComponent(entry.alarm), called(entry.alarm)));
    if (entry.sensor) told.push(link('sensor/' + encodeURIComponent(entry.sensor), station(entry.sensor)));
    if (entry.moment !== null) told.push(link(`${entry.sensor ? 'sensor/' + encodeURIComponent(entry.sensor) : ''}?at=${Math.round(entry.moment)}`, say('at', deck.stamp(entry.moment))));  // the deck as it was then
    for (const name of ['corrects', 'corrected']) if (entry[name]) told.push(deck.part('span', 'mended', say(name, entry[name])));
    return told;
  }
  function row(entry) {
    const line = deck.part('tr', entry.corrected ? 'corrected' : ''), cell = (name, ...content) => { const made = deck.part('td', name); made.append(...content); line.append(made); };
    cell('place', String(entry.seq)); cell('time', deck.stamp(entry.time)); cell('seat', entry.desk ? deck.desk.name(entry.desk) : ''); cell('who', entry.display); cell('entry', entry.text); cell('about', ...about(entry));
    const button = Object.assign(deck.part('button', 'correct', say('correct')), {type: 'button'});
    button.entry = entry;
    cell('act', button);
    return line;
  }
  function draw() {
    const element = box();
    if (!element || !deck.known) return;
    asks(element.querySelector('.asks'));
    const body = element.querySelector('tbody'), made = entries.map(row), told = made.map((each) => each.textContent).join('\n');
    if (body.told !== told) { body.told = told; body.replaceChildren(...made); }
    deck.put(element.querySelector('.waiting'), state ? say(state) : '');
    element.querySelector('.more').hidden = next === null || state === 'waiting';
    element.querySelector('table').hidden = !entries.length;
  }

  /* ---- what is looked for */
  function control(place, kind, name) {
    let element = place.querySelector(`[name="${name}"]`);
    if (element) return element;
    element = place.appendChild(Object.assign(document.createElement(kind), {name}));
    if (kind === 'button') element.type = 'button';
    if (kind === 'input') Object.assign(element, {type: name === 'from' || name === 'to' ? 'datetime-local' : 'search', maxLength: 200});
    return element;
  }
  function choose(place, name, value, all) {
    const element = control(place, 'select', name), told = JSON.stringify(all);
    if (element.told !== told) { element.told = told; element.replaceChildren(...all.map(([key, text]) => new Option(text, key))); }
    element.value = value;
    element.setAttribute('aria-label', all[0][1]);
  }
  function asks(place) {
    const wanted = asked(), between = !wanted.span && Boolean(wanted.from || wanted.to || place.between);
    choose(place, 'span', wanted.span || (between ? BETWEEN : ''), [['', say('ever')], ...SPANS.map((span) => [String(span), say('last', deck.span(span))]), [BETWEEN, say('between')]]);
    for (const name of ['from', 'to']) {
      const element = control(place, 'input', name), value = wanted[name] ? deck.field(Number(wanted[name])) : '';
      element.hidden = !between;
      element.setAttribute('aria-label', say(name));
      if (document.activeElement !== element && element.value !== value) element.value = value;
    }
    choose(place, 'desk', wanted.desk, [['', say('desk')], ...deck.desk.all().map((id) => [id, deck.desk.name(id)]), [NOWHERE, say('nowhere')]]);
    for (const name of ['words', 'person']) {
      const element = control(place, 'input', name);
      element.placeholder = say(name);
      element.setAttribute('aria-label', element.placeholder);
      if (document.activeElement !== element) element.value = wanted[name];
    }
    for (const [name, text] of [['alarm', called], ['sensor', station]]) {
      const element = control(place, 'button', name);
      element.hidden = !wanted[name];
      deck.put(element, wanted[name] ? say('only', text(wanted[name])) : '');
    }
    for (const name of ['clear', 'again']) deck.put(control(place, 'button', name), say(name));
    place.querySelector('[name="clear"]').hidden = !NAMES.some((name) => wanted[name]) && !place.between;
  }
  function set(element) {
    const place = element.closest('.asks'), {name, value} = element;
    if (name === 'span') { place.between = value === BETWEEN; change({span: place.between ? '' : value, ...(place.between ? {} : {from: '', to: ''})}); draw(); }
    else if (name === 'from' || name === 'to') change({[name]: String(deck.moment(value) ?? '')});
    else change({[name]: value.trim()});
  }
  const PRESSED = {
    alarm: () => change({alarm: ''}), sensor: () => change({sensor: ''}), again: () => search(),
    clear(element) { element.closest('.asks').between = false; change(Object.fromEntries(NAMES.map((name) => [name, '']))); draw(); },
  };

  /* ---- writing */
  function subject(kind, entry) {
    if (entry) return {corrects: entry.seq, alarm: entry.alarm, occurrence: entry.occurrence, sensor: entry.sensor};
    if (kind === 'alarm') {
      const chosen = deck.alarms.chosen(), at = chosen && chosen.subject.startsWith('sensor:') ? chosen.subject.slice(7) : '';
      return chosen ? {alarm: chosen.id, occurrence: chosen.occurrence, sensor: at} : null;
    }
    if (kind === 'sensor') return {sensor: document.querySelector('[data-sensor]').dataset.sensor};
    const {alarm, sensor} = asked();
    return {...(alarm ? {alarm} : {}), ...(sensor ? {sensor} : {})};
  }
  function open(kind, entry) {
    const box = form(), about = subject(kind, entry);
    if (!box || !about) return;
    draft = {id: deck.fresh(), about};
    deck.put(box.querySelector('.question'), about.corrects ? say('correcting', about.corrects) : say('question'));
    deck.put(box.querySelector('.about'), [about.alarm && called(about.alarm), about.sensor && station(about.sensor)].filter(Boolean).join(say('dot')));
    deck.put(box.querySelector('.outcome'), '');
    box.querySelector('textarea').value = entry ? entry.text : '';
    box.querySelector('input').value = entry && entry.moment !== null ? deck.field(entry.moment) : '';
    box.showModal();
    ready(box);
    box.querySelector('textarea').focus();
  }
  const ready = (box) => { box.querySelector('.yes').disabled = !box.querySelector('textarea').value.trim() || draft.sending; };
  async function write(box) {
    const text = box.querySelector('textarea').value.trim(), at = box.querySelector('input').value, moment = at ? deck.moment(at) : null;
    if (!text || draft.sending) return;
    draft.sending = true;
    ready(box);
    deck.put(box.querySelector('.outcome'), say('sending'));
    const told = await deck.record('api/v1/log', {...draft.about, id: draft.id, text, ...(moment === null ? {} : {moment})});
    draft.sending = false;
    deck.put(box.querySelector('.outcome'), deck.told(told, () => say('done'))());
    ready(box);
    if (told.status !== 200) return;
    box.close();
    if (document.querySelector('[data-log]')) search(); else logged(say('done'));
  }

  /* ---- beside what entries are about */
  function logged(said) {
    document.querySelectorAll('[data-logged]').forEach((element) => {
      const kind = element.dataset.logged, row = kind === 'alarm' ? deck.alarms.chosen() : null, link = element.querySelector('a');
      element.hidden = !deck.may('operator') || (kind === 'alarm' && !row);
      const href = deck.path('log?' + new URLSearchParams(kind === 'alarm' ? {alarm: row ? row.id : ''} : {sensor: document.querySelector('[data-sensor]').dataset.sensor}));
      if (link.getAttribute('href') !== href) link.setAttribute('href', href);
      if (said) element.dataset.said = said; else if (said === '') delete element.dataset.said;
    });
  }

  deck.mount('[data-log]', () => { shown = null; search(); });
  deck.paint('[data-log]', {sections: () => [], draw: () => { if (shown !== null) draw(); }});
  deck.paint('[data-logged]', {sections: () => [], tick: true, draw: () => logged()});
  deck.alarms.onChange(() => logged(''));
  addEventListener('popstate', () => { if (box()) search(); });
  document.addEventListener('click', (event) => {
    const at = (css) => event.target.closest(css), asksFor = at('[data-log] .asks button'), opener = at('[data-log-write]'), correct = at('[data-log] .correct'), dialog = at('[data-log-form]');
    if (asksFor) PRESSED[asksFor.name](asksFor);
    if (at('[data-log] .more') && next !== null) search(next);
    if (opener) open(opener.dataset.logWrite);
    if (correct) open('correct', correct.entry);
    if (dialog && at('.yes')) write(dialog);
    if (dialog && at('.no')) dialog.close();
    const entriesLink = at('[data-logged] a');
    if (entriesLink && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); event.stopPropagation(); deck.go(entriesLink.getAttribute('href')); }
  }, true);
  document.addEventListener('change', (event) => { if (event.target.closest('[data-log] .asks')) { clearTimeout(typing); set(event.target); } });
  document.addEventListener('input', (event) => {
    if (event.target.closest('[data-log-form]') && draft) ready(form());
    if (!event.target.matches('[data-log] .asks input[type="search"]')) return;
    clearTimeout(typing);
    typing = setTimeout(set, LATER, event.target);
  });
})();
