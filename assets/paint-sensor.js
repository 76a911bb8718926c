/* One sensor: every metric with value, bar, quality and age, and the last hour and day of the one that is chosen. */
'use strict';
(function () {
  const deck = window.citydeck;
  const HOUR = 3600, DAY = 86400, WINDOW = 15;  // seconds; the last hour moves on every WINDOW
  const SUSPECT = 1, BAD = 2, OLD = 3;          // codes of quality; intervals until a sensor is silent
  const WORDS = {
    waiting: {en: 'Waiting for the first data of this sensor', zh: '等待该站点的首批数据'},
    never: {en: 'This sensor has never been heard. Nothing is drawn until its first reading comes.', zh: '该站点从未上报。收到首个读数之前没有可显示的内容。'},
    nobody: {en: 'No such sensor has been heard, and the site lists none of this id', zh: '从未收到该编号站点的数据，站点清单中也没有该编号'},
    hour: {en: 'No reading in the last hour', zh: '最近 1 小时无读数'},
    day: {en: 'No reading in the last 24 h', zh: '最近 24 小时无读数'},
    every: {en: 'every ', zh: '每 '}, silent: {en: 'No reading for ', zh: '已无读数 '}, heard: {en: 'newest reading ', zh: '最新读数 '}, ago: {en: ' ago', zh: '前'},
    qualities: [{en: 'good', zh: '良好'}, {en: 'suspect', zh: '可疑'}, {en: 'bad', zh: '坏值'}, {en: 'missing', zh: '缺测'}],
    limit: {en: ', limit ', zh: '，限值 '},
    untrusted: {en: (amount) => 'reads ' + amount + ', which is not trusted', zh: (amount) => '读数 ' + amount + ' 不可信'},
    hourBad: {en: 'Only readings that are not trusted in the last hour', zh: '最近 1 小时仅有不可信读数'},
    dayBad: {en: 'Only readings that are not trusted in the last 24 h', zh: '最近 24 小时仅有不可信读数'},
  };

  /* ---- who it is: what the site's list did not say comes from the positions of the domain that has heard it */
  async function discover(element) {
    const {domains} = await deck.catalogue, asked = element.dataset.domain;
    for (const domain of asked ? domains.filter((each) => each.key === asked) : domains) {
      const positions = await deck.positions(domain.key), row = positions.ids.indexOf(element.dataset.sensor);
      if (row >= 0) { found(element, domain, positions, row); return; }
    }
  }

  function found(element, domain, positions, row) {
    const degrees = (value, letters) => Math.abs(value).toFixed(4) + '\u00b0 ' + letters[value >= 0 ? 0 : 1];
    element.dataset.domain = domain.key;
    element.dataset.interval = positions.interval[row];
    const lon = positions.lon[row], lat = positions.lat[row];
    element.facts = {domain: domain.label, area: positions.area[row], position: lon === null || lat === null ? null : degrees(lat, 'NS') + ', ' + degrees(lon, 'EW')};
    element.querySelector('.unlisted').hidden = !positions.unlisted[row];
    draw(element);
  }

  function facts(element) {
    const known = element.facts || {}, put = (name, text) => { if (text) deck.put(element.querySelector(`[data-fact="${name}"]`), text); };
    if (element.querySelector('.unlisted').hidden === false) {
      put('domain', deck.text(known.domain));
      put('area', deck.area(known.area));
      put('position', known.position);
    }
    put('interval', element.dataset.interval ? deck.text(WORDS.every) + deck.span(Number(element.dataset.interval)) : '');
  }

  /* A metric's value is its newest that can be trusted; what came since and cannot be is told by `bad` and `missing`. */
  const last = (state) => Math.max(state.time ?? -Infinity, state.bad ? state.bad.time : -Infinity, state.missing ?? -Infinity);
  const never = (state) => last(state) === -Infinity;
  const quality = (state) => (state.bad && state.bad.time === last(state) ? BAD : state.quality);

  function heard(element, metrics) {
    const newest = Math.max(-Infinity, ...metrics.map(last)), age = deck.now() - newest;
    const silent = age > OLD * Number(element.dataset.interval || 60), note = element.querySelector('.heard');
    note.classList.toggle('silent', silent && Number.isFinite(newest));
    deck.put(note, !Number.isFinite(newest) ? '' : silent ? deck.text(WORDS.silent) + deck.age(age) : deck.text(WORDS.heard) + deck.age(age) + deck.text(WORDS.ago));
  }

  /* ---- its metrics */
  function fresh(key) {
    const row = document.createElement('tr'), button = Object.assign(document.createElement('button'), {type: 'button'});
    for (const name of ['sign', 'name', 'value', 'scale', 'quality', 'age']) row.insertCell().className = name;
    row.dataset.metric = key;
    row.cells[1].append(button, Object.assign(document.createElement('span'), {className: 'condition'}));
    row.cells[2].append(document.createElement('b'), ' ', document.createElement('i'));
    return row;
  }

  function about(domain, key) {
    return (domain && domain.metrics.find((each) => each.key === key)) ||
      {key, label: {en: key, zh: key}, unit: '', decimals: 2, normal: [0, 0], scale: [0, 1], bare: true};
  }

  const rulesOn = (domain, metric) => (domain && !metric.bare ? deck.limits(domain, metric) : []);

  function active(element, domain, key) {
    const rules = domain ? domain.rules.filter((rule) => rule.on === key).map((rule) => domain.key + '/' + rule.key) : [];
    return ((deck.held('conditions') || {}).rows || []).filter((row) => row.subject === 'sensor:' + element.dataset.sensor && rules.includes(row.rule));
  }

  function write(row, element, domain, key, state) {
    const metric = about(domain, key), [sign, name, value, scale, word, age] = row.cells, [condition] = active(element, domain, key);
    const said = condition ? deck.condition(condition) : null, good = state.value !== null && quality(state) <= SUSPECT;
    const fill = (cell, markup) => { if (cell.markup !== markup) { cell.markup = markup; cell.innerHTML = markup; } };
    row.dataset.priority = deck.letter(state.priority);
    row.setAttribute('aria-selected', String(element.chosen === key));
    const old = deck.now() - last(state) > OLD * Number(element.dataset.interval || 60), code = state.priority || (never(state) ? 7 : old ? 6 : good ? 0 : 5);
    row.dataset.state = code;
    fill(sign, deck.sign(code));
    deck.put(name.firstChild, deck.text(metric.label));
    const bad = state.bad && quality(state) === BAD ? deck.text(WORDS.untrusted)((deck.number(state.bad.value, metric.decimals) + ' ' + metric.unit).trim()) : '';
    deck.put(name.lastChild, said ? said.name + (said.limit ? deck.text(WORDS.limit) + said.limit : '') : bad);
    deck.put(value.querySelector('b'), deck.number(state.value, metric.decimals));
    deck.put(value.querySelector('i'), metric.unit);
    fill(scale, metric.bare ? '' : deck.bar(good ? state.value : null, metric.scale, metric.normal, rulesOn(domain, metric).map((rule) => rule.limit)));
    deck.put(word, never(state) ? '' : deck.text(WORDS.qualities[quality(state)]));
    deck.put(age, deck.age(never(state) ? null : deck.now() - (state.time ?? last(state))));
  }

  function list(element, sensor, domain) {
    const body = element.querySelector('.metrics tbody'), keys = Object.keys(sensor.metrics), rows = element.metricRows || new Map();
    const order = domain ? domain.metrics.map((each) => each.key) : [];
    keys.sort((a, b) => order.indexOf(a) - order.indexOf(b));
    if (!keys.includes(element.chosen)) element.chosen = [...keys].sort((a, b) => (sensor.metrics[a].priority || 9) - (sensor.metrics[b].priority || 9))[0];
    element.metricRows = new Map(keys.map((key) => [key, rows.get(key) || fresh(key)]));
    const wanted = [...element.metricRows.values()];
    if (wanted.length !== body.children.length || wanted.some((row, place) => body.children[place] !== row)) body.replaceChildren(...wanted);
    keys.forEach((key) => write(element.metricRows.get(key), element, domain, key, sensor.metrics[key]));
  }

  /* ---- its charts */
  /* Where nothing came for three intervals the line is broken, not drawn across. */
  function broken(hour, interval) {
    const t = [], v = [];
    hour.t.forEach((time, place) => {
      if (place && time - hour.t[place - 1] > OLD * interval) { t.push((time + hour.t[place - 1]) / 2); v.push(null); }
      t.push(time);
      v.push(hour.v[place]);
    });
    return {t, v};
  }

  function charts(element, sensor, domain) {
    const state = sensor && sensor.metrics[element.chosen], metric = about(domain, element.chosen || ''), now = (deck.frame() || {}).now || deck.now();
    const rules = rulesOn(domain, metric), rows = active(element, domain, element.chosen), says = (key, seconds) => deck.text(!sensor ? WORDS.waiting : !state ? WORDS.never : WORDS[key + (state.bad && now - state.bad.time < seconds ? 'Bad' : '')]);
    const title = element.chosen ? deck.text(metric.label) + (metric.unit ? ', ' + metric.unit : '') : '';
    element.querySelectorAll('.trend-box .metric').forEach((each) => deck.put(each, title));
    const priority = state ? state.priority : 0, interval = Number(element.dataset.interval) || 60;
    const same = {scale: metric.scale, normal: metric.normal, limits: deck.limitLines(rules, metric.decimals), decimals: metric.decimals, unit: metric.unit, bare: !state};
    const hour = state ? state.hour : {t: [], v: []}, doubtful = (hour.q || []).map((code, place) => (code === SUSPECT ? place : -1)).filter((place) => place >= 0);
    deck.chart(element.querySelector('[data-span="hour"] .chart'), {
      ...same, from: now - HOUR, to: now, every: HOUR / 4, close: true, seconds: true, lines: [{...broken(hour, interval), priority}],
      suspects: {t: doubtful.map((place) => hour.t[place]), v: doubtful.map((place) => hour.v[place])}, marks: deck.moments(rows, now - HOUR, now), says: says('hour', HOUR),
    });
    const day = state ? state.day : {end: now, step: 300, mean: [], min: [], max: []}, t = day.mean.map((_, place) => day.end - (day.mean.length - 1 - place) * day.step);
    deck.chart(element.querySelector('[data-span="day"] .chart'), {
      ...same, from: day.end - DAY, to: day.end, every: DAY / 6, lines: [{t, v: day.mean, priority}], spread: {t, low: day.min, high: day.max},
      marks: deck.moments(rows, day.end - DAY, day.end), says: says('day', DAY),
    });
  }

  /* Charts are drawn when their data, the choice or the look changed; the rest also every second. */
  function draw(element) {
    const sensor = deck.held('sensor'), domain = deck.domain(element.dataset.domain || (sensor && sensor.domain));
    const nobody = Boolean(sensor && !sensor.domain && !element.dataset.domain);
    element.classList.toggle('nobody', nobody);
    deck.put(element.querySelector('.unheard'), nobody ? deck.text(WORDS.nobody) : '');
    const heardOf = sensor && Object.values(sensor.metrics || {}).some((each) => !never(each));
    deck.put(element.querySelector('.metrics .waiting'), !sensor ? deck.text(WORDS.waiting) : heardOf ? '' : deck.text(WORDS.never));
    facts(element);
    const shown = heardOf ? sensor : sensor && {metrics: {}};
    if (shown) { list(element, shown, domain); heard(element, Object.values(shown.metrics)); }
    const state = shown && shown.metrics[element.chosen], marks = active(element, domain, element.chosen).map((row) => row.since);
    const passed = Math.floor(deck.now() / WINDOW);
    if (!deck.anew(element, [state && [state.hour, state.day, state.priority], marks, Boolean(domain), Boolean(shown), element.chosen, element.dataset.interval, passed])) return;
    charts(element, shown, domain);
  }

  deck.paint('[data-sensor]', {sections: () => ['sensor', 'conditions'], tick: true, draw});
  deck.mount('[data-sensor]', discover);
  deck.mount('[data-sensor] .plot-container', (plot) => draw(plot.closest('[data-sensor]')));
  document.addEventListener('click', (event) => {
    const row = event.target.closest('.metrics tr[data-metric]');
    if (!row) return;
    const element = row.closest('[data-sensor]');
    element.chosen = row.dataset.metric;
    draw(element);
  });
})();
