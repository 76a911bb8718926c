/* The page of reports: the span (?span=daily, weekly, monthly), a date in it (?date=2026-11-19; the last one that is over where none is named) and a
 * revision (?revision=2; the newest where none is named) stand in the address. What a report says the server words in the language of the window
 * (reports/shown/<span>), as it does on paper; files are the API's.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const FILES = ['pdf', 'xlsx', 'csv', 'json'], SPAN = {daily: 'day', weekly: 'week', monthly: 'month'}, SVG = 'http://www.w3.org/2000/svg', AGAIN = 5000;  // milliseconds
  const WHY = {404: 'absent', 422: 'early'};  // what an answer means
  const WORDS = {
    waiting: {en: 'The report is being made', zh: '正在生成报告'}, away: {en: 'The report cannot be had at the moment. Trying again.', zh: '暂时无法获取报告，正在重试。'},
    absent: {en: 'Nothing is held of this time: the history begins later.', zh: '该时段没有数据：历史记录从其后开始。'},
    early: {en: 'This time is not over yet: it has a report when it is.', zh: '该时段尚未结束，结束后方可生成报告。'}, none: {en: 'None yet: choose a date to make one.', zh: '尚无报告，选择日期即可生成。'},
    revision: {en: (n) => `Revision ${n}`, zh: (n) => `第 ${n} 版`}, save: {en: 'Save as', zh: '下载'}, newest: {en: 'newest', zh: '最新'},
    bars: {en: (all) => `Bars, one after the other: ${all}`, zh: (all) => `柱形图各值依次为：${all}`},
    changes: {en: (n) => (n === 1 ? '1 figure changed' : `${n} figures changed`), zh: (n) => `${n} 项变更`},
  };
  let list = null, told = null, why = '', waiting = false, asking = 0, shownFor = '';

  const box = () => document.querySelector('[data-report]');
  const asked = () => { const known = new URLSearchParams(location.search); return {span: SPAN[known.get('span')] ? known.get('span') : 'daily', date: known.get('date') || '', revision: known.get('revision') || ''}; };
  const element = (tag, className, text) => { const made = Object.assign(document.createElement(tag), {className: className || ''}); if (text !== undefined) made.textContent = text; return made; };
  const iso = (at) => at.toISOString().slice(0, 10);
  /* The last day of the last day, week or month that is over. */
  function last(span) {
    if (!list) return '';
    const at = new Date(list.over + 'T00:00:00Z'), past = (at.getUTCDay() + 6) % 7;
    if (span === 'weekly' && past < 6) at.setUTCDate(at.getUTCDate() - past - 1);
    if (span === 'monthly' && iso(new Date(at.getTime() + 86400000)).slice(8) !== '01') at.setUTCDate(0);
    return iso(at);
  }
  const day = () => asked().date || last(asked().span);

  /* Buttons are drawn anew; the one that the keyboard was on stays the one it is on. */
  function refill(place, children) {
    const on = place.contains(document.activeElement) ? document.activeElement.dataset.key : '';
    place.replaceChildren(...children);
    const again = on && [...place.querySelectorAll('[data-key]')].find((each) => each.dataset.key === on);
    if (again) again.focus();
  }
  function choose(change) {
    const next = {...asked(), ...change}, words = new URLSearchParams(Object.entries(next).filter(([, value]) => value));
    history.replaceState(history.state, '', location.pathname + '?' + words);
    look();
  }

  /* ---- what the server says */
  const query = (more) => new URLSearchParams(Object.entries({date: day(), language: deck.language(), revision: asked().revision, ...more}).filter(([, value]) => value));
  async function fetched(path) {
    const answer = await fetch(deck.path(path), {signal: AbortSignal.timeout(300000)}).catch(() => null);
    const said = answer ? await answer.json().catch(() => null) : null;
    if (answer && answer.ok && said) return said;
    throw new Error(answer && WHY[answer.status] || '');
  }
  async function look() {
    const mine = asking += 1;
    [told, why, waiting] = [null, '', true];
    draw();
    try {
      const found = await fetched('api/v1/reports?span=' + SPAN[asked().span]);
      if (mine !== asking) return;
      list = found;
      draw();
      const report = await fetched(`reports/shown/${asked().span}?${query()}`);
      if (mine !== asking) return;
      told = report;
      list = await fetched('api/v1/reports?span=' + SPAN[asked().span]);  // this one is in it now
    } catch (error) {
      if (mine !== asking) return;
      why = error.message || 'away';
    }
    if (mine !== asking) return;
    waiting = false;
    draw();
    if (why === 'away') setTimeout(() => { if (mine === asking && box()) look(); }, AGAIN);
  }

  /* ---- left: what there is */
  function drawAsks(pane) {
    pane.querySelectorAll('[data-span]').forEach((button) => {
      button.setAttribute('aria-pressed', String(button.dataset.span === asked().span));
      button.onclick = () => choose({span: button.dataset.span, revision: '', date: asked().date <= last(button.dataset.span) ? asked().date : ''});
    });
    const place = pane.querySelector('.date');
    if (!place.firstChild) {
      const field = Object.assign(element('input'), {type: 'date', required: true});
      field.onchange = () => { if (field.value) choose({date: field.value, revision: ''}); };
      place.append(field);
    }
    place.firstChild.max = last(asked().span);
    if (document.activeElement !== place.firstChild) place.firstChild.value = day();
    const rows = list ? list.reports : [];
    deck.put(pane.querySelector('.none'), list && !rows.length ? deck.text(WORDS.none) : '');
    refill(pane.querySelector('.made'), rows.map(row));
  }
  function row(report) {
    const button = Object.assign(element('button', '', report.first === report.last ? report.first : `${report.first} – ${report.last}`), {type: 'button'});
    button.dataset.key = report.first;
    button.setAttribute('aria-pressed', String(day() >= report.first && day() <= report.last));
    button.onclick = () => choose({date: report.first, revision: ''});
    const item = element('li'), newest = report.revisions[report.revisions.length - 1];
    item.append(button);
    if (report.revisions.length > 1) item.append(element('span', 'changes', deck.text(WORDS.revision)(newest.number) + ', ' + deck.text(WORDS.changes)(newest.changed)));
    return item;
  }

  /* ---- right: what it says */
  function draw() {
    const pane = box();
    if (!pane) return;
    drawAsks(pane);
    const note = pane.querySelector('.shown > .waiting'), paper = pane.querySelector('.paper');
    deck.put(note, waiting ? deck.text(WORDS.waiting) : why ? deck.text(WORDS[why]) : '');
    note.dataset.why = why;
    pane.querySelector('.bar').hidden = paper.hidden = !told;
    if (!told) return;
    drawBar(pane);
    paper.replaceChildren(...sheet(told));
  }
  function drawBar(pane) {
    const numbers = told.numbers.map((number) => {
      const button = Object.assign(element('button', '', deck.text(WORDS.revision)(number)), {type: 'button'});
      button.dataset.key = number;
      button.setAttribute('aria-pressed', String(number === told.number));
      button.onclick = () => choose({revision: String(number)});
      return button;
    });
    refill(pane.querySelector('.numbers'), numbers);
    const files = FILES.map((format) => {
      const link = element('a', '', format.toUpperCase());
      link.href = deck.path(`api/v1/reports/${asked().span}?${query({format, revision: told.number})}`);
      link.download = '';
      return link;
    });
    pane.querySelector('.files').replaceChildren(element('span', '', deck.text(WORDS.save)), ...files);
  }
  function sheet(report) {
    const head = element('header'), titles = element('div'), beside = element('div', 'beside');
    titles.append(element('h2', '', report.title), element('p', '', report.span));
    beside.append(element('p', '', report.revision), element('b', '', report.origin));
    head.append(titles, beside);
    const paragraph = element('p', 'paragraph');
    report.paragraph.forEach(([text, strong]) => paragraph.append(strong ? element('b', '', text) : text));
    return [head, paragraph, ...report.domains.map((domain) => block(domain, report.heads)), alarms(report.alarms), ...report.sections.map(section)];
  }
  function heading(label, note) {
    const made = element('div', 'heading');
    made.append(element('h3', '', label), element('span', '', note));
    return made;
  }
  function block(domain, heads) {
    const part = element('section', 'domain'), both = element('div', 'both'), figure = element('figure');
    figure.append(bars(domain.chart), element('figcaption', '', domain.chart.caption));
    const rows = domain.rows.map((each) => [[each.label, ''], [each.value, each.over ? 'value over' : 'value'], [each.unit, 'unit'], ...each.before.map((text) => [text, 'right']), [each.limit, 'limit']]);
    both.append(figure, table([['', ''], [heads[0], 'right'], ['', ''], ...heads.slice(1, -1).map((text) => [text, 'right']), [heads[heads.length - 1], 'limit']], rows));
    part.append(heading(domain.label, domain.note), domain.nothing ? element('p', 'said', domain.nothing) : both);
    return part;
  }
  function table(heads, rows) {
    const made = element('table'), top = element('tr'), lines = element('tbody'), first = element('thead');
    heads.forEach(([text, name]) => top.append(Object.assign(element('th', name, text), {scope: 'col'})));
    rows.forEach((cells) => { const line = element('tr'); cells.forEach(([text, name]) => line.append(element('td', name, text))); lines.append(line); });
    first.append(top);
    made.append(first, lines);
    return made;
  }
  function bars(chart) {
    const WIDE = 240, TALL = 76, LEFT = 26, EDGE = 5, made = document.createElementNS(SVG, 'svg');
    const put = (tag, told, text) => { const part = made.appendChild(document.createElementNS(SVG, tag)); Object.entries(told).forEach(([name, value]) => part.setAttribute(name, value)); if (text !== undefined) part.textContent = text; };
    const y = (value) => 4 + (1 - (value - chart.low) / (chart.high - chart.low)) * TALL, step = (WIDE - LEFT) / Math.max(chart.values.length, 1);
    made.setAttribute('viewBox', `0 0 ${WIDE + EDGE} ${TALL + 18}`);
    made.setAttribute('role', 'img');
    made.setAttribute('aria-label', deck.text(WORDS.bars)(chart.values.map((value) => (value === null ? '–' : deck.number(value, 1))).join(' ')));
    chart.ticks.forEach(([value, text]) => { put('line', {class: 'tick', x1: LEFT, x2: WIDE, y1: y(value), y2: y(value)}); put('text', {class: 'scale', x: LEFT - 4, y: y(value) + 3}, text); });
    chart.values.forEach((value, place) => {
      if (chart.grey[place]) put('rect', {class: 'few', x: LEFT + step * place, y: 4, width: step, height: TALL});
      if (value !== null) put('rect', {class: chart.over[place] ? 'bar over' : 'bar', x: LEFT + step * (place + .08), y: Math.min(y(value), y(0)), width: step * .84, height: Math.max(Math.abs(y(value) - y(0)), .5)});
    });
    if (chart.limit !== null) put('line', {class: 'limit', x1: LEFT, x2: WIDE, y1: y(chart.limit), y2: y(chart.limit)});
    chart.labels.forEach(([place, text]) => put('text', {class: 'hour', x: LEFT + step * place, y: TALL + 15}, text));
    return made;
  }
  function alarms(report) {
    const part = element('section', 'alarms'), cells = element('dl');
    report.cells.forEach(([label, value, aside, over]) => {
      const cell = element('div'), figure = element('dd', over ? 'over' : '', value);
      figure.append(' ', element('small', '', aside));
      cell.append(element('dt', '', label), figure);
      cells.append(cell);
    });
    part.append(heading(report.title, report.note), cells);
    return part;
  }
  function section(each) {
    const part = element('section', 'more');
    part.append(heading(each.title, each.note));
    if (each.text) part.append(element('p', 'said', each.text));
    const name = (place) => (each.right.includes(place) ? 'right' : '');
    if (each.rows.length) part.append(table(each.heads.map((text, place) => [text, name(place)]), each.rows.map((cells, row) => cells.map((text, place) => [text, [name(place), each.over.includes(row) ? 'over' : '', each.strong.includes(row) ? 'strong' : ''].join(' ').trim()]))));
    return part;
  }

  deck.paint('[data-report]', {sections: () => [], draw() {
    const now = location.search + deck.language();
    if (shownFor !== now || !told) { shownFor = now; look(); } else draw();
  }});
  addEventListener('popstate', () => { if (box()) look(); });
})();
