/* The stations of a domain: the short list that fits its pane, worst first, and all of them in a grid over the page. */
'use strict';
(function () {
  const deck = window.citydeck;
  const WORDS = {
    waiting: {en: 'Waiting for the first data', zh: '等待首批数据'},
    empty: {en: 'No station is listed and none has reported', zh: '没有登记的站点，也没有任何站点上报'},
    more: {en: (count) => count + ' more', zh: (count) => '另有 ' + count + ' 个'},
    found: {en: (count) => count + (count === '1' ? ' station' : ' stations'), zh: (count) => count + ' 个站点'},
    filter: {en: 'Filter: name, area, id', zh: '筛选：名称、区域、编号'},
  };
  const CELLS = ['sign', 'name', 'figure', 'spark', 'age'];

  function shown(domain) {
    return [...domain.kpis, ...domain.metrics].find((each) => each.key === domain.table);
  }

  function item(domain, key) {
    const metric = key && domain.metrics.find((each) => each.key === key);
    return metric ? deck.text(metric.short || metric.label) : '';
  }

  function fresh(id) {
    const row = document.createElement('tr'), link = document.createElement('a');
    for (const name of CELLS) row.insertCell().className = name;
    link.href = deck.sensorPath(id);
    link.dataset.go = '1';
    row.cells[1].append(link);
    row.cells[2].append(Object.assign(document.createElement('b'), {className: 'value'}), Object.assign(document.createElement('i'), {className: 'item'}));
    return row;
  }

  function fill(element, markup) {
    if (element.markup !== markup) { element.markup = markup; element.innerHTML = markup; }
  }

  /* A link of a road is called by road and stretch; the stretch tells it from its neighbours, so it has a line of its own. */
  function lines(name) {
    const [, road, stretch] = /^([^:：]+[:：])\s*(.+)$/.exec(name) || [];
    return road ? '<span>' + deck.escape(road) + '</span><span>' + deck.escape(stretch) + '</span>' : deck.escape(name);
  }

  function write(row, station, domain) {
    const figure = shown(domain), [sign, name, cell, spark, age] = row.cells, [value, about] = cell.children;
    row.dataset.priority = deck.letter(station.p);  // of the value: the station's worst condition may be on something else
    row.dataset.state = station.s;
    row.classList.toggle('old', Boolean(station.old));
    sign.title = deck.state(station.s);
    fill(sign, deck.sign(station.s, station.a));
    const called = deck.place(domain.key, station.id);
    if (name.title !== called) { name.title = called; fill(name.firstChild, lines(called)); }
    deck.put(value, deck.number(station.value, figure ? figure.decimals : 1));
    deck.put(about, item(domain, station.item));
    if (spark.values !== station.spark) { spark.values = station.spark; fill(spark, deck.spark(station.spark || [])); }
    deck.put(age, deck.age(station.time === null ? null : deck.now() - station.time));
  }

  /* While a pointer or the keyboard is in the list nothing changes its place: rows are written where they stand. */
  function order(element, stations) {
    const before = element.stationRows ? [...element.stationRows.keys()] : [];
    if (!element.matches(':hover') && !element.contains(document.activeElement)) return stations;
    const kept = new Map(stations.map((each) => [each.id, each]));
    return [...before.filter((id) => kept.has(id)).map((id) => kept.get(id)), ...stations.filter((each) => !before.includes(each.id))];
  }

  /* As many rows as the pane has room for; where the page itself scrolls the style sheet names a number. */
  function room(element) {
    const fixed = Number(getComputedStyle(element).getPropertyValue('--station-rows'));
    if (fixed) return fixed;
    const head = element.querySelector('thead').offsetHeight, row = element.querySelector('tbody tr');
    return Math.max(1, Math.floor((element.clientHeight - 2 * head) / (row ? row.offsetHeight : head)));
  }

  function draw(element) {
    const domain = deck.domain(element.dataset.stations), held = deck.held('stations.' + element.dataset.stations);
    const body = element.querySelector('tbody'), note = element.querySelector('.waiting'), more = element.querySelector('.more');
    deck.put(note, !held ? deck.text(WORDS.waiting) : held.rows.length ? '' : deck.text(WORDS.empty));
    if (!domain || !held) return;
    const fit = room(element), stations = order(element, held.rows).slice(0, fit), rest = held.rows.length + held.more - stations.length;
    const rows = element.stationRows || new Map();
    element.stationRows = new Map(stations.map((each) => [each.id, rows.get(each.id) || fresh(each.id)]));
    const wanted = [...element.stationRows.values()];
    if (wanted.length !== body.children.length || wanted.some((row, place) => body.children[place] !== row)) body.replaceChildren(...wanted);
    stations.forEach((each) => write(element.stationRows.get(each.id), each, domain));
    element.classList.toggle('plain', stations.every((each) => !item(domain, each.item)));
    more.hidden = rest <= 0;
    deck.put(more, rest > 0 ? deck.text(WORDS.more)(deck.number(rest, 0)) : '');
    if (!element.measured) { element.measured = true; draw(element); }
  }

  const sizes = new ResizeObserver((entries) => entries.forEach((entry) => draw(entry.target)));
  deck.paint('[data-stations]', {sections: (element) => ['stations.' + element.dataset.stations], tick: true, draw});
  deck.mount('[data-stations]', (element) => sizes.observe(element));

  /* ---- all of them */
  const GRID = 'stations-grid';
  function record(positions, columns, place) {
    const s = columns.s[place];
    return {
      id: positions.ids[place], name: deck.text({en: positions.en[place], zh: positions.zh[place]}), area: deck.area(positions.area[place]),
      value: columns.v[place], time: columns.t[place], s, state: s, rank: deck.rank(s),
    };
  }

  async function fillSheet(sheet) {
    const key = sheet.dataset.everyStation, positions = await deck.positions(key), map = deck.held('map.' + key);
    if (!sheet.open || !map) return;
    const count = Math.min(positions.ids.length, map.c.s.length);
    deck.rows(GRID, Array.from({length: count}, (_, place) => record(positions, map.c, place)));
    deck.put(sheet.querySelector('.found'), deck.text(WORDS.found)(deck.number(count, 0)));
    sheet.querySelector('input').placeholder = deck.text(WORDS.filter);
  }

  deck.paint('[data-every-station]', {sections: (element) => ['map.' + element.dataset.everyStation], draw: (element) => { if (element.open) fillSheet(element); }});
  deck.mount('[data-every-station] input', (input) => input.addEventListener('input', () => {
    const grid = deck.gridApi(GRID);
    if (grid) grid.setGridOption('quickFilterText', input.value);
  }));
  deck.onGrid((id) => { if (id === GRID) document.querySelectorAll('[data-every-station]').forEach(fillSheet); });
  document.addEventListener('click', (event) => {
    const more = event.target.closest('[data-stations] .more'), close = event.target.closest('.sheet .close'), go = event.target.closest('.sheet a');
    const sheet = document.querySelector('[data-every-station]');
    if (more && sheet) { sheet.showModal(); fillSheet(sheet); }
    if ((close || go) && sheet) sheet.close();
  });
})();
