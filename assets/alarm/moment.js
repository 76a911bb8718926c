/* The hour around the moment of an alarm: the last one while it is young, else the one in which it came, with its limits and the mark where
 * it came. Readings one by one as far as they are kept, then the five minutes of the last day. Of a key figure what the page of its domain draws.
 *
 * drawMoment(section, row, what)  `what` is the metric or key figure that the alarm is about; the section is hidden where there is none
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const HOUR = 3600, BEFORE = 2400, YOUNG = 3000, SLOT = 300, BREAK = 900;  // seconds; before the alarm; age of a young one; gap that is not drawn across
  const EVERY = 10000;  // milliseconds
  const WORDS = {
    waiting: {en: 'Looking for the readings', zh: '正在读取数据'},
    none: {en: 'No reading is kept of that hour', zh: '该时段没有保留的读数'}, figure: {en: 'No trend of this figure is kept', zh: '未保留该指标的趋势'}, away: {en: 'The readings cannot be had now', zh: '暂时无法读取数据'},
  };
  let held = null;  // {key, span, told, at} of what was asked last

  function spanOf(row) {
    const now = deck.now();
    return now - row.raised < YOUNG ? [now - HOUR, now] : [row.raised - BEFORE, row.raised - BEFORE + HOUR];
  }
  function address(row, what, [since, until]) {
    const replay = deck.replaying() ? {replay: deck.replaying()} : {};
    const [kind, id] = [row.subject.split(':', 1)[0], row.subject.slice(row.subject.indexOf(':') + 1)], path = `desk/moment/${encodeURIComponent(row.domain)}/${encodeURIComponent(what.key)}`;
    if (kind === 'sensor') return path + '?' + new URLSearchParams({sensor: id, since: since.toFixed(3), until: until.toFixed(3), ...replay});
    return kind === 'kpi' && !id.includes('@') && !deck.replaying() ? path : null;
  }
  async function fetchIt(row, what, section) {
    const span = spanOf(row), young = deck.now() - row.raised < YOUNG, key = JSON.stringify([row.id, what.key, young ? 0 : row.raised, deck.replaying()]), path = address(row, what, span);
    if (held && held.key === key && (performance.now() - held.at < EVERY || !(young || (held.told && held.told.away)))) return;
    held = {key, span: held && held.key === key ? held.span : span, told: held && held.key === key ? held.told : null, at: performance.now()};
    if (!path) { held.told = {trend: null}; return; }
    const mine = held, answer = await fetch(deck.path(path)).catch(() => null), told = answer && answer.ok ? await answer.json() : {away: true};
    if (held !== mine) return;
    held = {...mine, span, told};
    draw(section, row, what);
  }

  /* One line of readings and five minutes in their order, broken where nothing came for a quarter of an hour. */
  function line({t, v, five}) {
    const points = [...t.map((time, place) => [time, v[place]]), ...five.t.map((time, place) => [time, five.mean[place]])].sort((one, other) => one[0] - other[0]);
    const times = [], values = [];
    points.forEach(([time, value], place) => {
      if (place && time - points[place - 1][0] > BREAK) { times.push((time + points[place - 1][0]) / 2); values.push(null); }
      times.push(time);
      values.push(value);
    });
    return {t: times, v: values};
  }
  function ofTrend(trend, [since, until]) {
    const at = trend ? trend.values.map((value, place) => [trend.end - (trend.values.length - 1 - place) * trend.step, value]) : [];
    const within = at.filter(([time]) => time >= since - SLOT && time <= until + SLOT);
    return {t: within.map(([time]) => time), v: within.map(([, value]) => value)};
  }
  function says(told, row) {
    if (!told) return WORDS.waiting;
    if (told.away) return WORDS.away;
    return 'trend' in told && !told.trend ? WORDS.figure : WORDS.none;
  }

  function draw(section, row, what) {
    const {span: [from, to], told} = held, domain = deck.domain(row.domain), known = told && !told.away;
    if (!deck.anew(section, [row.id, row.priority, row.over, row.raised, told && (told.t ? [told.t.length, told.t[told.t.length - 1]] : told.trend && told.trend.end), known, from, section.clientWidth, section.clientHeight])) return;
    const shown = !known ? {t: [], v: []} : 'trend' in told ? ofTrend(told.trend, [from, to]) : line(told);
    const five = known && told.five && told.five.min.every((each) => each !== null) ? told.five : null;
    deck.chart(section.querySelector('.chart'), {
      from, to, every: HOUR / 4, close: true, scale: what.scale, normal: what.normal, decimals: what.decimals, unit: what.unit,
      limits: deck.limitLines(deck.limits(domain, what), what.decimals), lines: [{...shown, priority: row.over ? 0 : row.priority}],
      spread: five && five.t.length > 1 ? {t: five.t, low: five.min, high: five.max} : undefined,
      marks: deck.moments([{since: row.raised, priority: row.priority}], from, to), says: deck.text(says(told, row)),
    });
  }

  deck.drawMoment = function (section, row, what) {
    section.hidden = !what;
    if (!what) return;
    fetchIt(row, what, section);
    draw(section, row, what);
  };
})();
