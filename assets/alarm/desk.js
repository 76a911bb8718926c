/* The alarm desk: the rows as the server tells them, in words and in order, the selected one, and the keys.
 *
 * alarms.chosen()         the alarm that is looked at: the selected row, or the one of the address (?alarm=) that is not among the rows; or null
 * alarms.selection()      all selected rows
 * alarms.shown()          the rows that fit the choice
 * alarms.choose(id)       selects an alarm, as the address does
 * alarms.settled(row)     whether it has been on the screen long enough to be acted on: nobody acts on what came under the hand
 * alarms.onChange(fn)     fn() whenever rows or the selection changed
 * alarms.because(reason)  why an alarm is suppressed, in words
 * alarms.look()           asks the server at once
 * alarms.held()           all rows by id, those that nobody has recorded yet among them
 * alarms.unkept(held)     rows of what frames tell of and `held` lacks while nobody keeps the alarms: marked `unkept`, nothing can be done about them
 * alarms.wall()           the server's clock, in seconds since 1970: a person's acts are told by it
 * alarms.keys             key -> function or null, for the files after this one
 *
 * A row is what callbacks/alarm_rows.py tells, with the words of this window beside it. While a person reads, rows stay in their order;
 * only what has come, or come anew, takes its place at once.
 */
'use strict';
(function () {
  const deck = window.citydeck, choice = deck.choice;
  const GRID = 'alarms-grid', EVERY = 1000, SETTLED = 500, AWAY = 5000, READING = 8000, DAY = 86400, WIDE = 64;  // milliseconds; DAY in seconds, WIDE in rem
  const WORDS = {
    unacknowledged: {en: 'Unacknowledged', zh: '未确认'}, returned: {en: 'Returned, unack.', zh: '已恢复，未确认'}, acknowledged: {en: 'Acknowledged', zh: '已确认'},
    latched: {en: 'Ended, to reset', zh: '已结束，待复位'}, shelved: {en: 'Shelved', zh: '搁置'}, suppressed: {en: 'Suppressed', zh: '已抑制'}, out: {en: 'Out of service', zh: '停用'},
    normal: {en: 'Normal', zh: '正常'},
    until: {en: (time) => 'until ' + time, zh: (time) => '至 ' + time}, next: {en: 'until next return', zh: '至下次恢复'},
    review: {en: (time) => 'review ' + time, zh: (time) => time + ' 复查'}, back: {en: (time) => 'returned ' + time, zh: (time) => time + ' 恢复'},
    instead: {en: (name) => 'because of ' + name, zh: (name) => '因 ' + name}, calendar: {en: 'outside its hours', zh: '非生效时段'}, backlog: {en: 'found late: its time had passed before the deck had caught up', zh: '发现较迟：处理到该数据时，其时间已过'},
    unwritten: {en: 'not recorded yet', zh: '尚未记录'}, priority: [null, {en: 'critical', zh: '危急'}, {en: 'high', zh: '高级'}, {en: 'medium', zh: '中级'}, {en: 'low', zh: '低级'}],
    escalated: {en: (was) => `was ${was}, not acknowledged in time`, zh: (was) => `原为${was}，逾期未确认`}, chattering: {en: 'chattering', zh: '频繁抖动'}, fleeting: {en: 'fleeting', zh: '瞬时'}, stale: {en: 'over a day', zh: '超过一天'},
    dot: {en: ' · ', zh: ' · '},
    waiting: {en: 'Waiting for the alarms', zh: '正在获取告警'}, none: {en: 'No alarm stands. What comes will stand here, what waits for somebody first.', zh: '当前无告警。新告警将显示在此处，待处理的排在最前。'},
    nothing: {en: (count) => `None of the ${count} alarms is what you asked for`, zh: (count) => `${count} 条告警中没有符合条件的`},
    away: {en: (age) => `No answer from the server for ${age}: what stands here is old`, zh: (age) => `服务器已 ${age}无响应：此处内容已过时`},
  };
  const held = new Map();   // id -> row as the server told it
  const loose = new Map();  // id -> row of what nobody keeps
  const drawn = new Map();  // id -> {occurrence, at} of each row that is shown, since when
  const ranks = new Map();  // id -> {occurrence, rank} by which it stands
  const listeners = [];
  let words = new WeakMap(), values = new Map(), rows = [], seen = [], floods = [], past = null;
  let rev = -1, asking = false, heard = -Infinity, chosenAt = -Infinity, movedAt = -Infinity, read = -Infinity, place = 0, aimed = '', writing = 0, skew = 0, last = '';  // what was asked for when the desk was left

  const page = () => document.querySelector('[data-alarms]');
  const addressed = () => Boolean(page()) && location.pathname === deck.path('alarms');  // the address changes before the page does
  const grid = () => deck.gridApi(GRID);
  const waits = (row) => (row.state === 'unacknowledged' || row.state === 'returned') && !laid(row);
  const laid = (row) => Boolean(row.absence || row.shelf || row.suppressed);
  const reading = () => performance.now() - read < READING;
  const wall = () => Date.now() / 1000 + skew;

  /* ---- what nobody keeps: without a process of the alarms, conditions that have come since stand in frames alone */
  const framed = () => [deck.live('line'), ...(deck.live('conditions') || {rows: []}).rows].filter((row) => row && !row.occurrence);
  function unkept(held) {
    const told = (deck.live('alarms') || {alive: true}).alive === false ? framed().filter((row) => !held.has(row.id)) : [], ids = new Set(told.map((row) => row.id));
    loose.forEach((row, id) => { if (!ids.has(id)) loose.delete(id); });
    for (const row of told) {
      const before = loose.get(row.id);
      if (before && before.raised === row.since && before.priority === row.priority) continue;
      loose.set(row.id, {...row, state: 'unacknowledged', raised: row.since, changed: row.since, count: 1, journalled: false, unkept: true});
    }
    return [...loose.values()];
  }
  const every = () => new Map([...held, ...(deck.replaying() ? [] : unkept(held)).map((row) => [row.id, row])]);
  const find = (id) => held.get(id) || loose.get(id);

  /* ---- words */
  /* A person's act: today by the clock, else by its day. Times of the wall, told in the site's zone. */
  const when = (time) => (Math.abs(deck.now() - time) < DAY ? deck.clock(time) : deck.language() === 'zh' ? deck.date(time).split(' ')[0] : deck.date(time).split(' ').slice(1).join(' '));
  const came = (time) => (Math.abs(deck.now() - time) < DAY ? deck.clock(time, true) : when(time));
  function standing(row) {
    return deck.text(WORDS[row.absence ? 'out' : row.shelf ? 'shelved' : row.suppressed ? 'suppressed' : row.latched && row.state === 'acknowledged' ? 'latched' : row.state]);
  }
  function note(row) {
    const parts = [];
    if (row.absence) parts.push(deck.text(WORDS.review)(when(row.absence.review)), row.absence.reason);
    else if (row.shelf) parts.push(row.shelf.until ? deck.text(WORDS.until)(when(row.shelf.until)) : deck.text(WORDS.next), row.shelf.reason);
    else if (row.suppressed) parts.push(because(row.suppressed));
    if (row.state === 'returned' && row.returned) parts.push(deck.text(WORDS.back)(deck.clock(row.returned)));
    if (row.acknowledgement) parts.push([row.acknowledgement.who, row.acknowledgement.note].filter(Boolean).join(': '));
    if (row.escalated) parts.unshift(deck.text(WORDS.escalated)(deck.text(WORDS.priority[row.priority + 1])));
    for (const mark of row.marks || []) parts.push(deck.text(WORDS[mark]));
    if (row.journalled === false) parts.unshift(deck.text(WORDS.unwritten));
    return parts.filter(Boolean).join(deck.text(WORDS.dot));
  }
  const because = (reason) => (['calendar', 'backlog'].includes(reason) ? deck.text(WORDS[reason]) : deck.text(WORDS.instead)(called(reason)));
  function called(id) {
    const [rule, subject] = [id.slice(0, id.indexOf('|')), id.slice(id.indexOf('|') + 1)], domain = rule.split('/')[0];
    return deck.condition({rule, subject, domain, value: null}).name;
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
      ...row, standing: standing(row), name, where, amount: said.value, bound: said.limit, came: came(row.raised), since: row.raised,
      times: row.count > 1 ? '×' + row.count : '', note: note(row), desk: deck.desk.name(deck.desk.holder(row.area)), unseen: waits(row), aside: laid(row), href: said.href,
    };
  }

  /* ---- order: who waits for somebody first, then what stands, then what was laid aside; inside each by priority, what is active before what has returned, the oldest
   * first, as in the alarm line (streams/ranking.py) */
  function rank(row) {
    const order = row.absence ? 5 : row.shelf ? 4 : row.suppressed ? 3 : waits(row) ? 0 : 2;
    return ((order * 10 + row.priority) * 10 + (row.state === 'returned' ? 1 : 0)) * 1e10 + row.raised;
  }
  function ranked(row) {
    const before = ranks.get(row.id);
    if (!before || before.occurrence !== row.occurrence || !reading()) ranks.set(row.id, {occurrence: row.occurrence, rank: rank(row)});
    const now = ranks.get(row.id).rank, said = known(row);
    if (said.rank === now) return said;
    words.set(row, {...said, rank: now});
    return words.get(row);
  }

  function draw() {
    const element = page();
    if (!element) return;
    if (addressed()) last = location.search;
    const asked = choice.asked();
    element.closest('main').dataset.show = asked.show || 'all';
    if (rev < 0 || !deck.known) { deck.put(element.querySelector('.waiting'), deck.text(WORDS.waiting)); return; }
    const all = every();
    rows = [...all.values()].map(ranked).filter(choice.fits(asked));
    seen = deck.fold.rows(rows, floods);
    stand();
    deck.put(element.querySelector('.waiting'), rows.length ? '' : all.size ? deck.text(WORDS.nothing)(deck.number(all.size, 0)) : deck.text(WORDS.none));
    still(() => deck.rows(GRID, seen));
    columns(asked);
    keep();
    listeners.forEach((fn) => fn());
  }
  /* Whose it is stands in the list where there is room for it, and in the pane always; notes have a column where there is one. */
  function columns(asked) {
    const api = grid(), room = !asked.desk && page().clientWidth > WIDE * parseFloat(getComputedStyle(document.documentElement).fontSize);
    for (const [name, wanted] of [['desk', room], ['note', seen.some((row) => row.note)]]) {
      const column = api && api.getColumn(name);
      if (column && column.isVisible() !== wanted) api.setColumnsVisible([name], wanted);
    }
  }
  /* Since when each row stands here: one that was hidden by a filter begins anew. */
  function stand() {
    const now = performance.now(), before = new Map(drawn);
    drawn.clear();
    for (const row of seen.flatMap((each) => (each.fold ? [each, ...each.members] : [each]))) {
      const known = before.get(row.id), same = known && known.occurrence === row.occurrence;
      drawn.set(row.id, same ? known : {occurrence: row.occurrence, at: now});
      if (!same) movedAt = now;
    }
    if (drawn.size !== before.size) movedAt = now;
  }
  /* What comes above does not push away what is read below. */
  function still(change) {
    const api = grid(), body = page().querySelector('.ag-body-viewport'), row = api && body && body.scrollTop > 0 && api.getDisplayedRowAtIndex(api.getFirstDisplayedRowIndex());
    const before = row ? row.rowTop : 0;
    change();
    if (row && row.displayed && row.rowTop !== before) body.scrollTop += row.rowTop - before;
  }

  /* ---- rows from the server */
  async function look() {
    if (asking || document.hidden || !(page() || document.querySelector('.line .areas[open]'))) return;
    if (deck.replaying() && !deck.held('replay')) return;  // nobody has composed it yet
    asking = true;
    let more = false;
    try {
      const replay = deck.replaying(), answer = await fetch(deck.path(`desk/alarms?since=${rev}` + (replay ? `&replay=${replay}` : '')), {signal: AbortSignal.timeout(10000)});
      if (replay !== deck.replaying()) return;
      if (answer.headers.has('Date')) skew = (Date.parse(answer.headers.get('Date')) - Date.now()) / 1000;
      if (answer.ok) more = take(await answer.json());
    } catch (error) { /* the server is away: the line above the grid says so */ } finally { asking = false; }
    if (more) look();
  }
  /* True where all rows came: they may be some seconds old, and what changed since is asked for at once. */
  function take(told) {
    heard = performance.now();
    if (told.rev === rev) return false;
    const gone = told.gone || [];
    if (told.rows) {
      const now = new Set(told.rows.map((row) => row.id));
      held.forEach((row, id) => { if (!now.has(id)) gone.push(id); });
    }
    rev = told.rev;
    floods = told.floods || [];
    gone.forEach(forget);
    (told.rows || told.set).forEach((row) => held.set(row.id, row));
    draw();
    return Boolean(told.rows);
  }

  /* Another moment, or the present again: nothing of what stood here holds. */
  function turn() {
    rev = -1;
    [...held.keys()].forEach((id) => { held.delete(id); values.delete(id); ranks.delete(id); });
    look();
  }

  /* Who looks at an alarm goes on looking at it when it is over. */
  function forget(id) {
    if (id === aimed && held.has(id)) past = {...known(held.get(id)), state: 'normal', standing: deck.text(WORDS.normal), unseen: false, over: true};
    held.delete(id);
    values.delete(id);
    ranks.delete(id);
  }

  /* ---- the selection: by alarm, wherever its row moves to */
  const selection = () => { const api = grid(); return api ? [...new Set(api.getSelectedRows().flatMap((row) => (row.fold ? row.members : [row])))] : []; };
  function chosen() {
    const [row] = selection();
    if (row && find(row.id)) return row;
    return aimed && (find(aimed) ? ranked(find(aimed)) : past && past.id === aimed ? past : null);
  }
  function select(node, byHand) {
    if (!node) return;
    chosenAt = byHand ? -Infinity : performance.now();
    node.setSelected(true, true);
    grid().ensureIndexVisible(node.rowIndex);
  }
  /* The alarm of the address is selected; else, where nothing is, the row that now stands where the last one stood. What selected itself is
   * not acted on at once. */
  function keep() {
    const api = page() && grid();
    if (!api) return;
    const [row] = api.getSelectedRows();
    if (row) { place = api.getRowNode(row.id).rowIndex ?? place; if (past && past.id === row.id) past = null; return; }
    const node = aimed && api.getRowNode(aimed);
    if (aimed && !node) { recall(aimed); return; }
    if (node || api.getDisplayedRowCount()) select(node || api.getDisplayedRowAtIndex(Math.min(place, api.getDisplayedRowCount() - 1)), false);
  }
  function choose(id) {
    const api = grid();
    if (api) api.deselectAll();
    aimed = id;
    place = 0;
    keep();
    tellAddress();
    listeners.forEach((fn) => fn());
  }
  /* Browsers allow an address to be changed only so often: it follows when the hand rests. */
  function tellAddress() {
    clearTimeout(writing);
    writing = setTimeout(() => { if (addressed()) choice.ask({alarm: aimed}); }, 300);
  }
  /* An alarm of the address that is not on the board any more: what the journal says it was. */
  async function recall(id) {
    if (rev < 0 || !deck.frame() || find(id) || framed().some((row) => row.id === id) || (past && past.id === id) || recall.asked === id) return;
    recall.asked = id;
    const answer = await fetch(deck.path('api/v1/alarms/' + encodeURIComponent(id))).catch(() => null);
    if (answer && answer.status === 404) { recall.asked = ''; if (aimed === id && !find(id)) choose(''); return; }  // else it has come meanwhile
    const told = answer && answer.ok ? await answer.json() : null, last = told && told.events && told.events.find((event) => event.rule);
    if (!last || aimed !== id) { recall.asked = ''; return; }
    const begun = told.events.find((event) => event.kind === 'raised' || event.kind === 'worsened') || last;
    const row = {...begun, id, occurrence: begun.occurrence, priority: ['', 'critical', 'high', 'medium', 'low'].indexOf(last.priority), state: 'normal', raised: begun.time, changed: last.time};
    past = {...worded(row), unseen: false, over: true};
    listeners.forEach((fn) => fn());
  }
  function step(by, further) {
    const api = grid(), row = chosen();
    if (!api || !api.getDisplayedRowCount()) return;
    const node = api.getSelectedNodes()[0] || (row && api.getRowNode(row.id)), last = api.getDisplayedRowCount() - 1;
    const next = api.getDisplayedRowAtIndex(node ? Math.min(last, Math.max(0, (further ? edge(api, by) : node.rowIndex) + by)) : Math.min(last, place));
    if (!further) { aimed = next.data.fold ? '' : next.data.id; tellAddress(); select(next, true); return; }
    next.setSelected(true, false);
    api.ensureIndexVisible(next.rowIndex);
  }
  /* Where a selection of several ends on that side. */
  const edge = (api, by) => api.getSelectedNodes().reduce((found, node) => (by > 0 ? Math.max(found, node.rowIndex) : Math.min(found, node.rowIndex)), by > 0 ? -1 : Infinity);
  function settled(row) {
    const known = drawn.get(row.id), now = performance.now();
    return Boolean(known) && known.occurrence === row.occurrence && now - known.at >= SETTLED && now - chosenAt >= SETTLED;
  }
  function all() {
    const api = grid();
    if (api) api.selectAll();
  }

  const MARKS = {unacknowledged: 'solid', returned: 'half', acknowledged: 'out', normal: 'grey'};
  const components = window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};
  deck.alarmMark = (row) => deck.mark(row.priority, laid(row) ? 'grey' : MARKS[row.state]);
  components.DeckLines = (params) => window.React.createElement('span', {className: 'lines'}, params.value);
  components.DeckAlarm = (params) => window.React.createElement('span', {className: 'sign', dangerouslySetInnerHTML: {__html: deck.alarmMark(params.data)}});

  deck.alarms = {chosen, selection, shown: () => rows, held: every, unkept, choose, settled, look, turn, laid, wall, when, because, keys: [], onChange: (fn) => listeners.push(fn)};
  deck.choose(GRID, (row) => {
    if (row && chosenAt === -Infinity && row.id !== aimed) { aimed = row.fold ? '' : row.id; tellAddress(); }
    listeners.forEach((fn) => fn());
  });
  deck.onGrid((id) => {
    if (id !== GRID) return;
    /* A row that has just been moved under the pointer was not meant. */
    deck.gridApi(GRID).addEventListener('rowClicked', ({data}) => { if (deck.fold.toggle(data.id)) draw(); });
    const pressed = () => { chosenAt = performance.now() - movedAt < SETTLED ? performance.now() : -Infinity; };
    page().addEventListener('mousedown', pressed, true);
    for (const name of ['pointermove', 'wheel', 'mousedown']) page().addEventListener(name, () => { read = performance.now(); }, {passive: true});
    rows = [];
    drawn.clear();
    draw();
    look();
  });
  deck.mount('[data-alarms]', () => { aimed = choice.asked().alarm; place = 0; });
  /* The value of the moment, of those alarms that frames tell of; of the others the one with which it came. */
  deck.on('conditions', (name, section) => {
    const before = [...loose.values()], now = unkept(held);
    let changed = now.length !== before.length || now.some((row) => !before.includes(row));
    for (const {id, value} of (section || {rows: []}).rows) {
      if (values.get(id) === value) continue;
      values.set(id, value);
      if (find(id)) { words.delete(find(id)); changed = true; }
    }
    if (changed && page()) draw();
  });
  deck.paint('[data-alarms]', {sections: () => [], draw() { words = new WeakMap(); draw(); }});
  deck.paint('[data-alarm-said]', {
    sections: () => [],
    tick: true,
    draw(element) {
      const silent = performance.now() - heard;
      deck.put(element, rev >= 0 && silent > AWAY ? deck.text(WORDS.away)(deck.age(silent / 1000)) : '');
    },
  });
  deck.on('alarms', () => { if (page()) draw(); });  // whether anybody keeps them
  /* How many wait for somebody, in the navigation of every page: the sum of the header's counts. */
  deck.paint('[data-unseen]', {
    sections: () => ['counts'],
    draw(element) {
      const count = (deck.held('counts') || []).reduce((sum, each) => sum + each, 0);
      deck.put(element, count ? deck.number(count, 0) : '');
    },
  });
  choice.onAsk(draw);
  let was = false;
  deck.second(() => {
    if (!page()) return;
    if (was && !reading()) draw(); else keep();
    was = reading();
  });
  setInterval(look, EVERY);
  document.addEventListener('visibilitychange', look);
  addEventListener('popstate', () => { if (page()) { aimed = choice.asked().alarm; draw(); } });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('.desk [data-line] a'), line = deck.held('line');
    if (!link || !line || !page() || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    event.stopPropagation();
    choose(line.id);
  }, true);

  /* A key that goes to an input method, which Safari tells by its code alone, is no key of the page. */
  deck.composing = (event) => event.isComposing || event.keyCode === 229;

  /* ---- keys: at the desk on the selected row, elsewhere they bring the alarm that matters most to the desk */
  const STEPS = {ArrowDown: 1, ArrowUp: -1, j: 1, k: -1, J: 1, K: -1};
  function elsewhere(event) {
    const line = deck.held('line'), bar = document.querySelector('.desk [data-line]');
    if (!line || !bar || event.ctrlKey || event.metaKey || !['a', 'g'].includes(event.key.toLowerCase())) return null;
    return () => deck.showAlarm(line.id);
  }
  function here(event) {
    const key = event.key.toLowerCase(), held = event.ctrlKey || event.metaKey;
    if (held) return key === 'a' ? all : null;
    if (STEPS[event.key]) return () => step(STEPS[event.key], event.shiftKey);
    if (key === '/') return () => document.querySelector('[data-alarm-filters] .filter input').focus();
    if (key === 'escape') return () => { const row = chosen(), api = grid(); if (row && api && api.getRowNode(row.id)) select(api.getRowNode(row.id), true); };
    if (key === 'g') return elsewhere(event);
    const folded = {enter: 1, arrowright: 1, arrowleft: 1}[key] && grid() && grid().getSelectedRows()[0];
    if (folded && folded.fold) return () => { deck.fold.toggle(folded.id); draw(); };
    for (const find of deck.alarms.keys) { const act = !event.repeat && find(key, event.shiftKey); if (act) return act; }
    return null;
  }
  /* Brings an alarm to the desk: nothing is done to it. What was asked for there is asked for again, unless it hides the alarm. */
  deck.showAlarm = (id) => {
    if (page()) { choose(id); return; }
    const row = find(id), told = new URLSearchParams(row && choice.fits(choice.asked(last))(known(row)) ? last : '');
    told.set('alarm', id);
    deck.go(deck.path('alarms?' + told));
  };
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[href]');
    if (!link || !last || page() || link.getAttribute('href') !== deck.path('alarms') || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    event.stopPropagation();
    deck.go(deck.path('alarms') + last);
  }, true);
  document.addEventListener('keydown', (event) => {
    if (event.altKey || deck.composing(event) || document.querySelector('dialog[open], details[open]')) return;  // nothing is done to what is covered
    if (event.target.closest && event.target.closest('input, textarea, select, [contenteditable]')) { if (event.key === 'Escape') event.target.blur(); return; }
    if (page() && choice.asked().show === 'journal') return;  // what is selected does not stand on the screen
    const act = page() ? here(event) : elsewhere(event);
    if (!act) return;
    read = performance.now();
    event.preventDefault();
    event.stopPropagation();
    act();
  }, true);
})();
