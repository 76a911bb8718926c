/* The alarm desk: the rows as the server tells them, which of them are shown, the one that is selected, and the keys.
 *
 * alarms.chosen()         the selected row, or null; alarms.selection() all selected rows
 * alarms.settled(row)     whether it has been on the screen long enough to be acted on: nobody acts on what came under the hand
 * alarms.onChange(fn)     fn() whenever rows or the selection changed
 * alarms.look()           asks the server at once
 *
 * A row is what callbacks/alarm_rows.py tells, with the words of this window beside it. Filters stand in the address.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const GRID = 'alarms-grid', EVERY = 1000, SETTLED = 500, AWAY = 5000, DAY = 86400;  // milliseconds; DAY in seconds
  const WORDS = {
    unacknowledged: {en: 'Unacknowledged', zh: '未确认'}, returned: {en: 'Returned, unack.', zh: '已恢复，未确认'}, acknowledged: {en: 'Acknowledged', zh: '已确认'},
    latched: {en: 'Ended, to reset', zh: '已结束，待复位'}, shelved: {en: 'Shelved', zh: '搁置'}, suppressed: {en: 'Suppressed', zh: '已抑制'}, out: {en: 'Out of service', zh: '停用'},
    normal: {en: 'Normal', zh: '正常'},
    until: {en: (time) => 'until ' + time, zh: (time) => '至 ' + time}, next: {en: 'until next return', zh: '至下次恢复'},
    review: {en: (time) => 'review ' + time, zh: (time) => time + ' 复查'}, back: {en: (time) => 'returned ' + time, zh: (time) => time + ' 恢复'},
    instead: {en: (name) => 'because of ' + name, zh: (name) => '因 ' + name}, calendar: {en: 'outside its hours', zh: '非生效时段'},
    unwritten: {en: 'not recorded yet', zh: '尚未记录'}, chattering: {en: 'chattering', zh: '频繁抖动'}, fleeting: {en: 'fleeting', zh: '瞬时'}, stale: {en: 'over a day', zh: '超过一天'},
    dot: {en: ' · ', zh: ' · '}, filter: {en: 'Filter: sensor, area, person', zh: '筛选：站点、区域、人员'},
    waiting: {en: 'Waiting for the alarms', zh: '正在获取告警'}, none: {en: 'No alarm stands', zh: '当前无告警'}, nothing: {en: 'No alarm fits the filter', zh: '没有符合条件的告警'},
    away: {en: (age) => `No answer from the server for ${age}: what stands here is old`, zh: (age) => `服务器已 ${age}无响应：此处内容已过时`},
    writerless: {en: 'No process keeps the alarms: nothing new comes, and nothing can be acknowledged', zh: '没有告警进程在运行：不会出现新告警，也无法确认'},
  };
  const held = new Map();   // id -> row as the server told it
  const drawn = new Map();  // id -> {occurrence, at} when this occurrence first stood here
  const listeners = [];
  let words = new WeakMap(), values = new Map();
  let rev = -1, asking = false, heard = -Infinity, chosenAt = -Infinity, filtered = '';

  const page = () => document.querySelector('[data-alarms]');
  const read = () => new URLSearchParams(location.search);
  const group = (row) => (row.absence ? 'out' : row.shelf ? 'shelved' : 'open');
  const waits = (row) => (row.state === 'unacknowledged' || row.state === 'returned') && !laid(row);
  const laid = (row) => Boolean(row.absence || row.shelf || row.suppressed);

  /* ---- words */
  /* A person's act: today by the clock, else by its day. Times of the wall, told in the site's zone. */
  const when = (time) => (Math.abs(deck.now() - time) < DAY ? deck.clock(time) : deck.language() === 'zh' ? deck.date(time).split(' ')[0] : deck.date(time).split(' ').slice(1).join(' '));
  function standing(row) {
    return deck.text(WORDS[row.absence ? 'out' : row.shelf ? 'shelved' : row.suppressed ? 'suppressed' : row.latched && row.state === 'acknowledged' ? 'latched' : row.state]);
  }
  function note(row) {
    const parts = [];
    if (row.absence) parts.push(deck.text(WORDS.review)(when(row.absence.review)), row.absence.reason);
    else if (row.shelf) parts.push(row.shelf.until ? deck.text(WORDS.until)(when(row.shelf.until)) : deck.text(WORDS.next), row.shelf.reason);
    else if (row.suppressed) parts.push(row.suppressed === 'calendar' ? deck.text(WORDS.calendar) : deck.text(WORDS.instead)(called(row.suppressed)));
    if (row.state === 'returned' && row.returned) parts.push(deck.text(WORDS.back)(deck.clock(row.returned)));
    if (row.acknowledgement) parts.push([row.acknowledgement.who, row.acknowledgement.note].filter(Boolean).join(': '));
    for (const mark of row.marks || []) parts.push(deck.text(WORDS[mark]));
    if (row.journalled === false) parts.unshift(deck.text(WORDS.unwritten));
    return parts.filter(Boolean).join(deck.text(WORDS.dot));
  }
  function called(id) {
    const [rule, subject] = [id.slice(0, id.indexOf('|')), id.slice(id.indexOf('|') + 1)], domain = rule.split('/')[0];
    return deck.condition({rule, subject, domain, value: null}).name;
  }
  /* Who waits for somebody first, then what stands, then what was laid aside; inside each by priority, the newest first. */
  function rank(row) {
    const order = row.absence ? 5 : row.shelf ? 4 : row.suppressed ? 3 : row.state === 'unacknowledged' ? 0 : row.state === 'returned' ? 1 : 2;
    return (order * 10 + row.priority) * 1e11 - row.raised;
  }
  /* Ten thousand rows are not put into words again because one changed. */
  function known(row) {
    if (!words.has(row)) words.set(row, worded(row));
    return words.get(row);
  }
  function worded(row) {
    const said = deck.condition({...row, value: values.get(row.id) ?? row.value}), area = deck.area(row.area);
    const name = row.label ? deck.text(row.label) : said.name, where = row.label ? area || said.domain : said.where || area || said.domain;
    return {
      ...row, rank: rank(row), standing: standing(row), name, where, amount: said.value, bound: said.limit, came: when24(row.raised), since: row.raised,
      times: row.count > 1 ? '×' + row.count : '', note: note(row), unseen: waits(row), aside: laid(row), href: said.href,
    };
  }
  const when24 = (time) => (Math.abs(deck.now() - time) < DAY ? deck.clock(time, true) : when(time));

  /* ---- which rows are shown */
  function fits(row, words) {
    if (!words.length) return true;
    const text = [row.name, row.where, row.note, row.subject, deck.area(row.area), row.standing].join(' ').toLowerCase();
    return words.every((word) => text.includes(word));
  }
  function draw() {
    const element = page();
    if (!element) return;
    const asked = read(), tab = asked.get('show') || 'all', sought = (asked.get('filter') || '').toLowerCase().split(/\s+/).filter(Boolean);
    filters(tab, asked.get('filter') || '');
    deck.put(element.querySelector('.waiting'), rev < 0 ? deck.text(WORDS.waiting) : held.size ? '' : deck.text(WORDS.none));
    if (rev < 0 || !deck.known) return;
    const rows = [...held.values()].filter((row) => tab === 'all' || group(row) === tab).map(known).filter((row) => fits(row, sought));
    if (held.size && !rows.length) deck.put(element.querySelector('.waiting'), deck.text(WORDS.nothing));
    deck.rows(GRID, rows);
    keep();
    listeners.forEach((fn) => fn());
  }
  function filters(tab, text) {
    const box = document.querySelector('[data-alarm-filters]'), counts = {all: held.size, open: 0, shelved: 0, out: 0};
    held.forEach((row) => { counts[group(row)] += 1; });
    box.querySelectorAll('[data-tab]').forEach((button) => {
      button.setAttribute('aria-pressed', String(button.dataset.tab === tab));
      deck.put(button.querySelector('.count'), rev < 0 ? '' : deck.number(counts[button.dataset.tab], 0));
    });
    const input = box.querySelector('input');
    input.placeholder = deck.text(WORDS.filter) + '  /';
    if (filtered !== text) { filtered = text; if (input.value !== text) input.value = text; }
    told(box);
  }
  function told(box) {
    const silent = performance.now() - heard, keeping = deck.held('alarms'), alive = !keeping || keeping.alive;
    deck.put(box.querySelector('.outcome'), rev >= 0 && silent > AWAY ? deck.text(WORDS.away)(deck.age(silent / 1000)) : alive ? '' : deck.text(WORDS.writerless));
  }
  function ask(name, value) {
    const asked = read();
    if (value) asked.set(name, value); else asked.delete(name);
    const text = asked.toString();
    history.replaceState(history.state, '', location.pathname + (text ? '?' + text : ''));
    draw();
  }

  /* ---- rows from the server */
  async function look() {
    if (asking || !page() || document.hidden) return;
    asking = true;
    try {
      const answer = await fetch(deck.path(`desk/alarms?since=${rev}`), {signal: AbortSignal.timeout(10000)});
      if (answer.ok) take(await answer.json());
    } catch (error) { /* the server is away: the line above the grid says so */ } finally { asking = false; }
  }
  function take(told) {
    heard = performance.now();
    if (told.rev === rev) return;
    const rows = told.rows || told.set, gone = told.gone || [];
    if (told.rows) {
      const now = new Set(rows.map((row) => row.id));
      held.forEach((row, id) => { if (!now.has(id)) gone.push(id); });
    }
    rev = told.rev;
    gone.forEach((id) => { held.delete(id); drawn.delete(id); values.delete(id); });
    rows.forEach((row) => {
      const before = drawn.get(row.id);
      if (!before || before.occurrence !== row.occurrence) drawn.set(row.id, {occurrence: row.occurrence, at: heard});
      held.set(row.id, row);
    });
    draw();
  }

  /* ---- the selection: by alarm, wherever its row moves to */
  const selection = () => { const grid = deck.gridApi(GRID); return grid ? grid.getSelectedRows() : []; };
  const chosen = () => { const [row] = selection(); return row && held.has(row.id) ? row : null; };
  function select(node, byHand) {
    if (!node) return;
    chosenAt = byHand ? -Infinity : performance.now();
    node.setSelected(true, true);
    deck.gridApi(GRID).ensureIndexVisible(node.rowIndex);
  }
  /* Where nothing is selected the first row is, and what selected itself is not acted on at once. */
  function keep() {
    const grid = page() && deck.gridApi(GRID);
    if (grid && !grid.getSelectedRows().length && grid.getDisplayedRowCount()) select(grid.getDisplayedRowAtIndex(0), false);
  }
  function step(by) {
    const grid = deck.gridApi(GRID), row = chosen();
    if (!grid || !grid.getDisplayedRowCount()) return;
    const at = row ? grid.getRowNode(row.id).rowIndex : null, last = grid.getDisplayedRowCount() - 1;
    select(grid.getDisplayedRowAtIndex(at === null ? 0 : Math.min(last, Math.max(0, at + by))), true);
  }
  function settled(row) {
    const known = drawn.get(row.id), now = performance.now();
    return Boolean(known) && now - known.at >= SETTLED && now - chosenAt >= SETTLED;
  }

  const MARKS = {unacknowledged: 'solid', returned: 'half', acknowledged: 'out', normal: 'grey'};
  const components = window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};
  deck.alarmMark = (row) => deck.mark(row.priority, laid(row) ? 'grey' : MARKS[row.state]);
  components.DeckAlarm = (params) => window.React.createElement('span', {className: 'sign', dangerouslySetInnerHTML: {__html: deck.alarmMark(params.data)}});

  deck.alarms = {chosen, selection, settled, look, laid, when, onChange: (fn) => listeners.push(fn)};
  deck.choose(GRID, () => listeners.forEach((fn) => fn()));
  deck.onGrid((id) => { if (id === GRID) { deck.gridApi(GRID).addEventListener('rowClicked', () => { chosenAt = -Infinity; }); draw(); look(); } });
  /* The value of the moment, of those alarms that frames tell of; of the others the one with which it came. */
  deck.on('conditions', (name, section) => {
    for (const {id, value} of (section || {rows: []}).rows) {
      if (values.get(id) === value) continue;
      values.set(id, value);
      if (held.has(id)) words.delete(held.get(id));
    }
    if (page()) draw();
  });
  deck.paint('[data-alarms]', {sections: () => [], draw() { words = new WeakMap(); draw(); }});
  deck.paint('[data-alarm-filters]', {sections: () => ['alarms'], tick: true, draw: told});
  /* How many wait for somebody, in the navigation of every page: the sum of the header's counts. */
  deck.paint('[data-unseen]', {
    sections: () => ['counts'],
    draw(element) {
      const count = (deck.held('counts') || []).reduce((sum, each) => sum + each, 0);
      deck.put(element, count ? deck.number(count, 0) : '');
    },
  });
  deck.second(keep);
  setInterval(look, EVERY);
  document.addEventListener('visibilitychange', look);
  document.addEventListener('click', (event) => {
    const tab = event.target.closest('[data-alarm-filters] [data-tab]');
    if (tab) ask('show', tab.dataset.tab === 'all' ? '' : tab.dataset.tab);
  });
  document.addEventListener('input', (event) => {
    if (event.target.closest('[data-alarm-filters] input')) { filtered = event.target.value; ask('filter', filtered.trim()); }
  });
  document.addEventListener('keydown', (event) => {
    if (!page() || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    const typing = event.target.closest && event.target.closest('input, textarea, select');
    if (typing) { if (event.key === 'Escape') event.target.blur(); return; }
    const by = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (by) { event.preventDefault(); event.stopPropagation(); step(by); return; }
    if (event.key === '/') { event.preventDefault(); document.querySelector('[data-alarm-filters] input').focus(); return; }
    const button = !event.repeat && deck.alarms.key && deck.alarms.key(event.key.toLowerCase());
    if (button) { event.preventDefault(); button(); }
  }, true);
})();
