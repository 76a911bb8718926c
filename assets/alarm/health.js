/* The strip of alarm health. Rates, the share of time in flood, the top ten and what chatters the server counts in the journal, for the desk of the
 * address; what stands now (stale, shelved, longest unacknowledged) is counted here on the rows of the desk. A figure has colour only where it is
 * outside its band. Bands: ISA-18.2-2016 / IEC 62682, EEMUA 191.
 *
 * Pressing a figure opens the alarms behind it; pressing one of those shows it in the grid, or what is known of it when it is over.
 */
'use strict';
(function () {
  const deck = window.citydeck, choice = deck.choice, desk = deck.alarms;
  const EVERY = 5000, OLD = 20000, DAY = 86400;  // milliseconds; seconds
  const ENOUGH = 20;   // alarms a day from which shares say something
  const STALE = 5;     // from so many on they hide what is new
  /* band: what a person handles well; ticks: the most; from `high` on it is a flood or must be acted on. */
  const BANDS = {
    recent: {scale: [0, 12], band: [0, 2], ticks: [10], high: 10},
    day: {scale: [0, 400], band: [0, 150], ticks: [300], high: 300},
    flooded: {scale: [0, 5], band: [0, 1], ticks: [1], high: Infinity},
  };
  const SPLIT = {medium: 30, high: 10};  // percent: twice what is aimed at
  const WORDS = {
    recent: {en: 'New alarms in 10 minutes: about 1 is fine, 2 is the most a person can handle, above 10 it is a flood', zh: '10 分钟内新告警：约 1 条为宜，2 条为可处理上限，超过 10 条为告警潮'},
    day: {en: 'New alarms in 24 hours: up to 150 is fine, from 300 on something must change', zh: '24 小时内新告警：150 条以内为宜，达到 300 条须整改'},
    flooded: {en: 'Share of the last 24 hours in alarm flood: below 1 %', zh: '近 24 小时处于告警潮的时间占比：应低于 1 %'},
    flooding: {en: 'Alarm flood now', zh: '正处于告警潮'},
    split: {en: 'New alarms of 24 hours by priority, in percent, critical with high; aimed at: 80 : 15 : 5', zh: '24 小时新告警按级别占比（%），危急计入高；目标 80 : 15 : 5'},
    chattering: {en: 'Came three times within a minute, in the last 24 hours', zh: '近 24 小时内 1 分钟发生 3 次'}, fleeting: {en: 'Gone within ten seconds', zh: '10 秒内消失'},
    stale: {en: 'True for more than a day: fewer than 5', zh: '持续超过一天：应少于 5 条'}, shelved: {en: 'Set aside at this moment', zh: '当前搁置'},
    longest: {en: 'Waits longest for somebody', zh: '等待处理最久'}, top: {en: 'The alarms that came most often in 24 hours, and their share of all', zh: '24 小时内最频繁的告警及其占比'},
    heads: {
      chattering: {en: 'Chattering', zh: '频繁抖动'}, fleeting: {en: 'Fleeting', zh: '瞬时告警'}, stale: {en: 'Stale', zh: '滞留'}, top: {en: 'Top ten of 24 hours', zh: '24 小时前十'},
    },
    none: {en: 'None', zh: '无'}, times: {en: (count) => count + ' ×', zh: (count) => count + ' 次'}, over: {en: 'over', zh: '已结束'},
    away: {en: 'The journal does not answer: figures are old', zh: '日志无响应：数据已过时'},
  };
  let figures = null, heard = -Infinity, of = null, asking = '', open = '';

  const box = () => document.querySelector('[data-alarm-health]');
  const figure = (name) => box().querySelector(`[data-figure="${name}"]`);
  const sum = (counts) => Object.values(counts).reduce((total, each) => total + each, 0);
  const current = () => (figures && of === choice.asked().desk ? figures : null);

  async function look() {
    const wanted = choice.asked().desk;
    if (!box() || document.hidden || asking === '=' + wanted) return;
    asking = '=' + wanted;
    const answer = await fetch(deck.path('api/v1/alarm-health' + (wanted ? '?desk=' + encodeURIComponent(wanted) : '')), {signal: AbortSignal.timeout(10000)}).catch(() => null);
    const told = answer && answer.ok ? await answer.json().catch(() => null) : null;
    if (asking === '=' + wanted) asking = '';
    if (!told || wanted !== choice.asked().desk) return;
    [figures, of, heard] = [told, wanted, performance.now()];
    draw();
  }

  /* ---- what stands now */
  function standing() {
    const mine = choice.fits({show: '', filter: '', desk: choice.asked().desk}), found = {stale: [], shelved: 0, longest: null};
    desk.held().forEach((row) => {
      if (!mine(row)) return;
      if (row.shelf && !row.absence) found.shelved += 1;
      if (desk.laid(row)) return;
      if ((row.marks || []).includes('stale')) found.stale.push(row);
      if ((row.state === 'unacknowledged' || row.state === 'returned') && (!found.longest || row.raised < found.longest.raised)) found.longest = row;
    });
    return found;
  }

  /* ---- figures */
  function put(name, text, priority, about) {
    const element = figure(name);
    deck.put(element.querySelector('.value'), text);
    element.dataset.priority = priority || '';
    element.title = about || deck.text(WORDS[name]);
  }
  function rate(name, value, text) {
    const {scale, band, ticks, high} = BANDS[name], bar = figure(name).querySelector('.bar'), markup = deck.bar(value === null ? null : Math.min(value, scale[1]), scale, band, ticks);
    put(name, text, value === null || value <= band[1] ? '' : value > high ? 'H' : 'M', name === 'flooded' && figures && figures.flooding ? deck.text(WORDS.flooding) : '');
    if (bar.markup !== markup) { bar.markup = markup; bar.innerHTML = markup; }
  }
  function split(told) {
    const total = told ? sum(told.day) : 0;
    if (!total) { put('split', deck.number(null)); return; }
    const percent = (count) => 100 * count / total, [medium, high] = [percent(told.day.medium), percent(told.day.high + told.day.critical)], shown = [Math.round(medium), Math.round(high)];
    put('split', [Math.max(0, 100 - shown[0] - shown[1]), ...shown].join(' : '), total >= ENOUGH && (medium > SPLIT.medium || high > SPLIT.high) ? 'M' : '');
  }
  const share = (part, total) => (total ? deck.number(100 * part / total, 0) + ' %' : deck.number(null));
  function draw() {
    if (!box() || !deck.known) return;
    const told = current(), now = standing(), flooded = told ? 100 * told.flooded / DAY : null;
    rate('recent', told && sum(told.recent), deck.number(told && sum(told.recent), 0));
    rate('day', told && sum(told.day), deck.number(told && sum(told.day), 0));
    rate('flooded', flooded, flooded === null ? deck.number(null) : deck.number(flooded, flooded > 0 && flooded < 10 ? 1 : 0) + ' %');
    split(told);
    put('chattering', deck.number(told && told.chattering.length, 0), told && told.chattering.length ? 'M' : '');
    put('stale', deck.number(now.stale.length, 0), now.stale.length >= STALE ? 'M' : '');
    put('shelved', deck.number(now.shelved, 0));
    put('longest', now.longest ? deck.age(deck.now() - now.longest.raised) : deck.number(null), '', now.longest && called(now.longest.id));
    put('top', told ? share(told.top.reduce((total, each) => total + each.times, 0), sum(told.day)) : deck.number(null));
    box().classList.toggle('old', performance.now() - heard > OLD && heard > 0);
    if (box().classList.contains('old')) box().title = deck.text(WORDS.away); else box().removeAttribute('title');
    if (open) list(told, now);
  }

  /* ---- the alarms behind a figure */
  function called(id) {
    const row = desk.held().get(id), bar = id.indexOf('|'), rule = id.slice(0, bar);
    const said = deck.condition(row || {rule, subject: id.slice(bar + 1), domain: rule.split('/')[0], value: null});
    return [said.name, said.where].filter(Boolean).join(' · ');
  }
  function rows(name, told, now) {
    if (name === 'stale') return now.stale.sort((one, other) => one.raised - other.raised).map((row) => [row.id, deck.age(deck.now() - row.raised), '']);
    const total = told ? sum(told.day) : 0;
    return (told ? told[name] : []).map(({alarm, times}) => [alarm, deck.text(WORDS.times)(deck.number(times, 0)), name === 'top' ? share(times, total) : '']);
  }
  function line([id, amount, part]) {
    const item = document.createElement('li'), button = item.appendChild(document.createElement('button'));
    button.type = 'button';
    button.dataset.healthAlarm = id;
    for (const [kind, text] of [['name', called(id)], ['state', desk.held().has(id) ? '' : deck.text(WORDS.over)], ['times', amount], ['part', part]]) {
      const cell = button.appendChild(document.createElement('span'));
      cell.className = kind;
      cell.textContent = text;
    }
    return item;
  }
  function list(told, now) {
    const dialog = box().querySelector('.health-list'), names = open === 'chattering' ? ['chattering', 'fleeting'] : [open];
    const found = names.map((name) => [name, rows(name, told, now)]), shown = JSON.stringify([deck.language(), found, found.map(([, all]) => all.map(([id]) => called(id)))]);
    deck.put(dialog.querySelector('h3'), deck.text(WORDS.heads[open]));
    deck.put(dialog.querySelector('.about'), deck.text(WORDS[open]));
    if (dialog.shown === shown) return;
    dialog.shown = shown;
    dialog.querySelector('.lists').replaceChildren(...found.flatMap(([name, all], place) => {
      const head = Object.assign(document.createElement('h4'), {textContent: `${deck.text(WORDS.heads[name])}: ${deck.text(WORDS[name])}`});
      const many = document.createElement('ol'), none = Object.assign(document.createElement('p'), {textContent: deck.text(WORDS.none)});
      many.append(...all.map(line));
      return [...(place ? [head] : []), all.length ? many : none];
    }));
  }
  function show(name) {
    const dialog = box() && box().querySelector('.health-list');
    if (!dialog) return;
    open = open === name ? '' : name;
    if (dialog.open) dialog.close();
    if (!open) return;
    draw();
    const from = figure(open).offsetLeft;
    dialog.show();
    dialog.style.left = Math.max(0, Math.min(from, box().clientWidth - dialog.offsetWidth)) + 'px';
  }
  function pick(id) {
    show('');
    choice.ask({show: '', area: '', domain: '', priority: '', filter: id.slice(id.indexOf('|') + 1)});
    desk.choose(id);
  }

  const PRESSED = {shelved: () => choice.ask({show: 'shelved', filter: ''}), longest: () => { const row = standing().longest; if (row) { choice.ask({show: '', filter: ''}); desk.choose(row.id); } }};
  document.addEventListener('click', (event) => {
    const pressed = event.target.closest('button[data-figure]'), alarm = event.target.closest('[data-health-alarm]');
    if (alarm) { pick(alarm.dataset.healthAlarm); return; }
    if (pressed) { (PRESSED[pressed.dataset.figure] || (() => show(pressed.dataset.figure)))(); return; }
    if (open && (!event.target.closest('.health-list') || event.target.closest('.close'))) show('');
  });
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || deck.composing(event) || !open || !box()) return;
    const back = figure(open);
    show('');
    back.focus();
  });
  choice.onAsk(() => { draw(); if (!current()) look(); });
  desk.onChange(draw);
  deck.paint('[data-alarm-health]', {sections: () => [], tick: true, draw() { if (!box().querySelector('.health-list').open) open = ''; draw(); if (!current()) look(); }});
  setInterval(look, EVERY);
  document.addEventListener('visibilitychange', look);
})();
