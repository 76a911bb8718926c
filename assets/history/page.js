/* The page of the history: reads what the address asks for, draws it as it comes, and hands out the very same as a file.
 *
 * Keys: left and right move by half a period, + and - make it shorter and longer, 0 returns to the last 24 hours, c compares, v stacks, / adds.
 */
'use strict';
(function () {
  const deck = window.citydeck, past = deck.past;
  const DAY = 86400, SHORTEST = 300, LONGEST = 3660 * DAY, LATER = 120;  // seconds; milliseconds between a wish and asking
  const AGAIN = [15000, 300000];  // milliseconds between two looks at a period that ends now: at least, at most
  const MOST = 12, FEWEST_POINTS = 600, MOST_POINTS = 200000, PER_PIXEL = 2;
  const INKS = ['--line1', '--line2', '--line3', '--line4', '--line5', '--line6'], DASHES = ['solid', '8px,3px', '2px,3px'], FAINT = '3px,3px';
  const WORDS = {
    none: {en: 'Add a sensor, a key figure or an alarm to see its past', zh: '添加站点、指标或告警以查看历史'}, nothing: {en: 'No reading is kept of this period', zh: '该时段没有保留的数据'},
    waiting: {en: 'Reading the history', zh: '正在读取历史数据'}, away: {en: 'The history cannot be read now; it is asked again by itself', zh: '暂时无法读取历史数据，将自动重试'}, absent: {en: 'not known here', zh: '不存在'}, unknown: {en: (of) => `There is no ${of}`, zh: (of) => `不存在：${of}`},
    journal: {en: 'The journal does not answer: alarms are not shown', zh: '日志无响应：未显示告警'}, newest: {en: (since) => `very many alarms: only those since ${since} are shown`, zh: (since) => `告警过多，仅显示 ${since} 以后的告警`}, full: {en: `At most ${MOST} at a time`, zh: `最多同时显示 ${MOST} 项`}, remove: {en: (name) => 'Remove: ' + name, zh: (name) => '移除：' + name},
    copied: {en: 'The address of what is shown is copied', zh: '已复制当前视图的链接'}, notCopied: {en: 'Copy it from the address bar', zh: '请从地址栏复制'}, made: {en: 'The file is made', zh: '文件已生成'}, making: {en: 'Making the file', zh: '正在生成文件'},
    from: {en: 'From', zh: '开始'}, to: {en: 'To', zh: '结束'}, compare: {en: 'Compare with', zh: '对比'}, dot: {en: ' · ', zh: ' · '},
    days: {0: {en: 'Nothing', zh: '不对比'}, 1: {en: 'The day before', zh: '前一天'}, 7: {en: 'A week before', zh: '一周前'}, 28: {en: 'Four weeks before', zh: '四周前'}, other: {en: (days) => `${days} days before`, zh: (days) => `${days} 天前`}, date: {en: 'Another day', zh: '其他日期'}},
    before: {en: (name, day) => `${name}, ${day}`, zh: (name, day) => `${name}，${day}`}, missing: {en: (name) => `${name}: nothing is kept`, zh: (name) => `${name}：无保留数据`},
    took: {en: (rows) => `drawn from ${rows} values; the least and the greatest are kept`, zh: (rows) => `由 ${rows} 个数值绘制，保留最小值与最大值`},
    kinds: {raw: {en: 'readings', zh: '读数'}, minute: {en: 'minutes', zh: '分钟值'}, figure: {en: 'every 5 min', zh: '每 5 分钟'}},
  };
  let held = new Map(), asked = '', due = 0, told = '', failed = false;  // what was read of each series of `asked`

  const page = () => document.querySelector('[data-history]');
  const say = (word, ...values) => (values.length ? deck.text(WORDS[word])(...values) : deck.text(WORDS[word]));
  const points = () => Math.max(FEWEST_POINTS, Math.round((page().clientWidth || 0) * PER_PIXEL / 200) * 200);

  /* ---- reading: each series for itself, so that the first is seen before the last is there */
  function query(wish, of, format) {
    const [from, to] = past.span(wish), told = new URLSearchParams(of.map((each) => ['of', each])), iso = (time) => new Date(time * 1000).toISOString();
    const most = Math.floor(MOST_POINTS / Math.max(1, of.length) / (wish.compare ? 2 : 1));
    for (const [name, value] of [['from', iso(from)], ['to', iso(to)], ['points', Math.min(most, points())], ...(format ? [['format', format]] : [])]) told.append(name, value);
    [0, ...(wish.compare ? [past.shift(from, wish.compare)] : [])].forEach((shift) => told.append('shift', shift));
    return 'api/v1/history?' + told;
  }
  const known = (of) => of.filter((each) => past.understood(each)).slice(0, MOST);
  async function read(wish) {
    const mine = JSON.stringify([wish.of, past.span(wish), wish.compare, points()]);
    if (asked === mine) return;
    asked = mine;
    const fresh = new Map(), [from, to] = past.span(wish), soft = held.size && wish.last;
    if (!soft) draw();
    await Promise.all(known(wish.of).map(async (of) => {
      const answer = await fetch(deck.path(query(wish, [of]))).catch(() => null), found = answer && answer.ok ? await answer.json().catch(() => null) : null;
      if (asked !== mine) return;
      fresh.set(of, {from, to, wish, found});
      if (!soft) { held = fresh; draw(); }
    }));
    if (asked !== mine) return;
    failed = [...fresh.values()].some((each) => !each.found);
    if (!failed || !soft) held = fresh;
    due = performance.now() + (failed ? AGAIN[0] : Math.min(AGAIN[1], Math.max(AGAIN[0], (to - from) / points() * 2000)));
    draw();
  }
  let timer = 0;
  function soon() {
    clearTimeout(timer);
    timer = setTimeout(() => { if (page() && deck.known) read(past.asked()); }, LATER);
  }
  setInterval(() => {
    if (!page() || document.hidden || performance.now() < due || !deck.known || !held.size || !(failed || past.asked().last)) return;
    asked = '';
    due = Infinity;
    read(past.asked());
  }, 1000);

  /* ---- what was read, as strips */
  function spans(found, to) {
    const open = new Map(), made = [];
    for (const event of found.alarms || []) {
      const [rule, subject] = [event.alarm.slice(0, event.alarm.indexOf('|')), event.alarm.slice(event.alarm.indexOf('|') + 1)], stands = open.get(event.alarm);
      if (stands && (event.kind === 'returned' || event.kind === 'latched' || event.kind === 'worsened')) { made.push({...stands, to: event.time}); open.delete(event.alarm); }
      if (event.kind === 'raised' || event.kind === 'worsened' || (event.kind === 'repeated' && !open.has(event.alarm))) {
        const said = deck.condition({rule, subject, domain: rule.split('/')[0], value: event.value, limit: event.limit});
        open.set(event.alarm, {from: event.time, priority: event.priority, text: `${deck.clock(event.time)}  <b>${deck.escape(said.text)}</b>`});
      }
    }
    return [...made, ...[...open.values()].map((each) => ({...each, to}))];
  }
  function lines(of, row, {from, found}) {
    const {domain, what} = past.understood(of), name = [past.name(of), past.where(of)].join(say('dot'));
    const rules = what.bare ? [] : deck.limits(domain, what);
    return found.series.filter((each) => each.c.time.length).map((each) => ({
      of, name: each.shift ? say('before', name, past.day(from - each.shift)) : name, unit: what.unit, decimals: what.decimals, shift: each.shift, faint: Boolean(each.shift),
      t: each.c.time.map((time) => time / 1000 + each.shift), v: each.c.value, low: each.c.min, high: each.c.max,
      ink: INKS[row % INKS.length], dash: each.shift ? FAINT : DASHES[Math.floor(row / INKS.length) % DASHES.length], scale: what.scale, normal: what.normal, limits: each.shift ? [] : deck.limitLines(rules, what.decimals),
    }));
  }
  function strips(wish) {
    const made = [], [, to] = past.span(wish);
    known(wish.of).forEach((of, row) => {
      const has = held.get(of), seen = past.understood(of), own = has && has.found ? lines.bind(null, of, row, has) : () => [];
      const stood = (has && has.found ? spans(has.found, to) : []).filter((span) => span.to > has.from).map((span) => ({...span, came: span.from >= has.from, from: Math.max(span.from, has.from), to: Math.min(span.to, has.to)}));
      const title = [past.name(of), past.where(of), ...(seen.what && seen.what.unit ? [seen.what.unit] : [])].join(say('dot'));
      if (!seen.what) { made.push({title, lines: [], spans: stood, tall: false, units: null}); return; }
      const others = wish.view === 'one' ? made.filter((strip) => strip.tall) : [], same = others.find((strip) => strip.units.has(seen.what.unit)) || others.find((strip) => strip.units.size < 2);
      const strip = same || {title: '', lines: [], spans: [], tall: true, units: new Set()};
      if (!same) made.push(strip);
      strip.units.add(seen.what.unit);
      strip.title = [strip.title, title].filter(Boolean).join(' — ');
      strip.lines.push(...own());
      strip.spans.push(...stood);
    });
    return made;
  }

  /* ---- drawing */
  function sentence(wish) {
    if (!wish.of.length) return say('none');
    const lost = wish.of.find((of) => !past.understood(of));
    if (lost && !known(wish.of).length) return say('unknown', lost);
    const read = known(wish.of).map((of) => held.get(of));
    if (read.some((each) => !each)) return read.some((each) => each && each.found) ? '' : say('waiting');
    if (read.every((each) => !each.found)) return say('away');
    return read.every((each) => !each.found || (!each.found.alarms?.length && each.found.series.every((one) => !one.c.time.length))) ? say('nothing') : '';
  }
  function status(wish) {
    const found = [...held.values()].map((each) => each.found).filter(Boolean), parts = [told];
    if (found.some((each) => each.alarms === null)) parts.push(say('journal'));
    const cut = Math.max(...found.map((each) => each.alarms_since || 0));
    if (cut > 0) parts.push(say('newest', past.when(cut, true)));
    if (failed && found.length) parts.push(say('away'));
    const before = found.flatMap((each) => each.series).filter((each) => each.shift);
    if (before.length && before.every((each) => !each.c.time.length)) parts.push(say('missing', past.day(past.span(wish)[0] - before[0].shift)));
    const rows = found.flatMap((each) => each.series).reduce((sum, each) => sum + each.rows, 0), shown = found.flatMap((each) => each.series).reduce((sum, each) => sum + each.c.time.length, 0);
    if (rows > shown && shown) parts.push(say('took', deck.number(rows, 0)));
    return parts.filter(Boolean).join(say('dot'));
  }
  function chips(wish) {
    const list = page().querySelector('.shown'), inked = known(wish.of), shown = JSON.stringify([wish.of, deck.language(), deck.theme(), wish.of.map((of) => [past.name(of), past.where(of)]), [...held].map(([of, each]) => [of, each.found && each.found.series.map((one) => [one.kind, one.c.time.length > 0])])]);
    if (list.shown === shown) return;
    list.shown = shown;
    list.replaceChildren(...wish.of.map((of) => {
      const item = document.createElement('li'), row = inked.indexOf(of), has = held.get(of), seen = past.understood(of), first = has && has.found && has.found.series[0];
      const part = (name, text, kind = 'span') => Object.assign(item.appendChild(document.createElement(kind)), {className: name, textContent: text});
      part('swatch', '').style.borderTop = seen && seen.what ? `.1875rem ${['solid', 'dashed', 'dotted'][Math.floor(row / INKS.length) % 3]} var(${INKS[row % INKS.length]})` : '0';
      const name = part('name', seen ? past.name(of) : of, seen && seen.kind === 'sensor' ? 'a' : 'b');
      if (seen && seen.kind === 'sensor') name.href = deck.path('sensor/' + encodeURIComponent(seen.id));
      part('where', seen ? past.where(of) : say('absent'));
      part('kind', first ? (first.c.time.length ? deck.text(WORDS.kinds[first.kind]) : say('nothing')) : '');
      const close = part('close', '×', 'button');
      Object.assign(close, {type: 'button', title: say('remove', seen ? past.name(of) : of)});
      close.setAttribute('aria-label', close.title);
      close.dataset.remove = of;
      return item;
    }));
  }
  function controls(wish) {
    const element = page(), [from, to] = past.span(wish);
    element.querySelectorAll('[data-last]').forEach((button) => button.setAttribute('aria-pressed', String(Number(button.dataset.last) === wish.last)));
    element.querySelectorAll('[data-view]').forEach((button) => button.setAttribute('aria-pressed', String(button.dataset.view === wish.view)));
    element.querySelectorAll('[data-file], [data-share]').forEach((button) => { button.disabled = !known(wish.of).length; });
    for (const [name, time] of [['from', from], ['to', to]]) {
      const field = element.querySelector(`[data-moment="${name}"] input`);
      if (field !== document.activeElement) field.value = past.wall(time);
      field.setAttribute('aria-label', say(name));
    }
    const select = element.querySelector('[data-compare] select'), date = element.querySelector('[data-compare] input'), days = [...new Set([0, 1, 7, 28, wish.compare])], shown = JSON.stringify([days, deck.language()]);
    if (select.shown !== shown) {
      select.shown = shown;
      const option = (value, text) => Object.assign(document.createElement('option'), {value, textContent: text});
      select.replaceChildren(...days.map((each) => option(String(each), WORDS.days[each] ? deck.text(WORDS.days[each]) : deck.text(WORDS.days.other)(each))), option('date', deck.text(WORDS.days.date)));
    }
    if (select !== document.activeElement || select.value !== 'date') select.value = String(wish.compare);
    date.hidden = select.value !== 'date';
    date.max = past.wall(from - DAY).slice(0, 10);
    select.setAttribute('aria-label', say('compare'));
    date.setAttribute('aria-label', deck.text(WORDS.days.date));
  }
  function draw() {
    const element = page();
    if (!element || !deck.known || !element.querySelector('[data-compare] select')) return;
    const wish = past.asked(), [from, to] = past.span(wish), made = strips(wish), chart = element.querySelector('.chart'), none = sentence(wish);
    controls(wish);
    chips(wish);
    deck.put(element.querySelector(':scope > .said'), status(wish));
    deck.put(chart.querySelector('.waiting'), none);
    chart.classList.toggle('bare', !made.length);
    begin(element.querySelector('.begin'), !wish.of.length);
    element.querySelector('.picture').style.setProperty('--tall', past.height(made) + 'rem');
    const shown = [...held].map(([of, each]) => [of, each.from, each.to, each.found && [each.found.series.map((one) => [one.c.time.length, one.c.time.at(-1), one.c.value.at(-1)]), (each.found.alarms || []).length]]);
    if (deck.anew(chart, [shown, wish, made.map((strip) => strip.title), chart.clientWidth, chart.clientHeight, Boolean(window.Plotly)])) past.draw(chart, {from, to, strips: made});
  }

  /* Nothing is asked for yet: what every bureau is known by is one press away. */
  function begin(place, open) {
    place.hidden = !open;
    if (!open || !deck.anew(place, [deck.language()])) return;
    place.replaceChildren(...deck.known.domains.map((domain) => {
      const row = document.createElement('p');
      row.append(Object.assign(document.createElement('span'), {textContent: deck.text(domain.label)}), ...domain.kpis.slice(0, 4).map((kpi) => {
        const button = Object.assign(document.createElement('button'), {type: 'button', textContent: deck.text(kpi.label)});
        button.onclick = () => past.ask({of: [`kpi:${domain.key}/${kpi.key}`]});
        return button;
      }));
      return row;
    }));
  }

  /* ---- wishes */
  function period(from, to) {
    const length = Math.min(LONGEST, Math.max(SHORTEST, to - from)), middle = (from + to) / 2;
    past.ask({last: null, from: Math.round(middle - length / 2), to: Math.round(middle + length / 2)});
  }
  function step(parts) {
    const [from, to] = past.span(past.asked()), by = (to - from) * parts;
    period(from + by, to + by);
  }
  function zoom(times) {
    const [from, to] = past.span(past.asked()), by = (to - from) * (times - 1) / 2;
    period(from - by, to + by);
  }
  past.onZoom(([from, to]) => { if (page()) period(from, to); });
  async function save(format) {
    const wish = past.asked();
    tell('making');
    const answer = await fetch(deck.path(query(wish, known(wish.of), format))).catch(() => null);
    if (!answer || !answer.ok) { tell('away'); return; }
    const link = document.createElement('a'), name = /filename="([^"]+)"/.exec(answer.headers.get('Content-Disposition') || '');
    link.href = URL.createObjectURL(await answer.blob());
    link.download = name ? name[1] : 'history.' + format;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    tell('made');
  }
  function tell(word) { told = say(word); draw(); setTimeout(() => { if (told === say(word)) { told = ''; draw(); } }, 6000); }
  async function share() {
    const address = location.origin + location.pathname + past.fixed();
    await navigator.clipboard.writeText(address).then(() => tell('copied'), () => { history.replaceState(history.state, '', location.pathname + past.fixed()); tell('notCopied'); });
  }
  const PRESSED = {
    last: (text) => past.ask({last: Number(text), from: null, to: null}), view: (text) => past.ask({view: text}), step: (text) => step(Number(text)), file: save, share,
    remove: (of) => past.ask({of: past.asked().of.filter((each) => each !== of)}),
  };
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-history] button');
    const name = button && Object.keys(PRESSED).find((each) => each in button.dataset);
    if (name) PRESSED[name](button.dataset[name]);
  });
  document.addEventListener('change', (event) => {
    const field = event.target.closest('[data-history] :is([data-moment] input, [data-compare] :is(select, input))');
    if (!field) return;
    if (field.type === 'date') {
      const [from] = past.span(past.asked()), days = Math.round((Date.parse(past.wall(from).slice(0, 10)) - Date.parse(field.value)) / 1000 / DAY);
      if (days > 0) { field.blur(); past.ask({compare: days}); }
    } else if (field.type === 'datetime-local') {
      const times = ['from', 'to'].map((name) => past.moment(page().querySelector(`[data-moment="${name}"] input`).value));
      if (times[0] < times[1]) past.ask({last: null, from: times[0], to: times[1]});
    } else if (field.value === 'date') {
      const date = page().querySelector('[data-compare] input');
      date.hidden = false;
      date.focus();
    } else { past.ask({compare: Number(field.value)}); }
  });
  const CYCLE = [0, 1, 7];
  const KEYS = {
    ArrowLeft: () => step(-0.5), ArrowRight: () => step(0.5), '+': () => zoom(0.5), '=': () => zoom(0.5), '-': () => zoom(2), '0': () => past.ask({last: DAY, from: null, to: null}),
    c: () => past.ask({compare: CYCLE[(CYCLE.indexOf(past.asked().compare) + 1) % CYCLE.length]}), v: () => past.ask({view: past.asked().view === 'one' ? 'each' : 'one'}), '/': () => page().querySelector('.finder input').focus(),
  };
  document.addEventListener('keydown', (event) => {
    if (!page() || deck.composing(event) || event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea, dialog') || !KEYS[event.key]) return;
    event.preventDefault();
    KEYS[event.key]();
  });

  function fields(element) {
    for (const each of element.querySelectorAll('[data-moment]')) each.append(Object.assign(document.createElement('input'), {type: 'datetime-local', required: true}));
    element.querySelector('[data-compare]').append(document.createElement('select'), Object.assign(document.createElement('input'), {type: 'date', hidden: true}));
    [held, asked, told, failed] = [new Map(), '', '', false];
    deck.catalogue.then(() => { draw(); soon(); });
  }
  past.onAsk(() => { if (page()) { draw(); soon(); } });
  deck.mount('[data-history]', fields);
  deck.paint('[data-history]', {sections: () => [], draw});
  deck.mount('[data-history] .plot-container', draw);
  addEventListener('resize', () => { if (page()) draw(); });
})();
