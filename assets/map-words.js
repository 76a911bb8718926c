/* What the map says about a sensor, in the language of the window: plain markup from the catalogue and the frame. */
'use strict';
(function () {
  const deck = window.citydeck, map = deck.map = deck.map || {};
  const safe = (text) => deck.escape(text);
  const STATES = {
    5: {en: 'bad readings only', zh: '仅有异常读数'},
    6: {en: 'no reading since', zh: '无读数已'},
    7: {en: 'never heard', zh: '从未收到'},
  };
  map.WORDS = {
    newest: {en: 'newest', zh: '最新'},
    silent: {en: 'no reading yet', zh: '尚无读数'},
    reset: {en: 'Reset view', zh: '复位视图'},
    columns: {en: 'Columns', zh: '柱状'},
    hexagons: {en: 'Hexagons', zh: '蜂窝'},
    points: {en: 'Points', zh: '点位'},
    review: {en: 'Map review no.', zh: '审图号：'},
    library: {en: 'The map cannot be drawn: its library did not arrive from the server.', zh: '无法绘制地图：服务器未送达绘图程序。'},
    missing: {en: 'The map cannot be drawn: WebGL is off or missing in this browser. Everything else here is live.',
      zh: '无法绘制地图：此浏览器未启用 WebGL。其余内容仍为实时。'},
    lost: {en: 'The graphics driver was reset. Drawing the map again.', zh: '图形驱动已重置，正在重新绘制地图。'},
    ground: {en: 'The base map did not arrive from the server.', zh: '服务器未送达底图。'},
  };

  const metric = (feed, key) => ((deck.domain(feed.key) || {metrics: []}).metrics.find((each) => each.key === key));
  const title = (what) => (what ? deck.text(what.short || what.label) : '');

  const amount = (value, what) => deck.number(value, what ? what.decimals : 1) + (what && what.unit ? ' ' + what.unit : '');

  const LONG = 24;  // letters of a name, of which one in Chinese counts for two, beyond which it may take a second line
  const letters = (name) => [...name].reduce((sum, letter) => sum + (letter > '\u2e7f' ? 2 : 1), 0);

  function box(name, text, note) {
    return `<span class="${letters(name) > LONG ? 'long' : ''}">${safe(name)}</span>` + (text ? `<b>${safe(text)}</b>` : '') + (note ? `<em>${safe(note)}</em>` : '');
  }

  /* A condition beside its mark: "Daya Bay" over "Dissolved oxygen 3.1 mg/L", and over "14 min ago" when the sensor has fallen silent since; a
   * rule about time or change says what it is called. */
  map.conditionWords = function (feed, row, condition) {
    const told = deck.condition(condition), domain = deck.domain(feed.key), rule = domain && deck.rule(condition);
    const what = rule && [...domain.metrics, ...domain.kpis].find((each) => each.key === rule.on);
    const plain = what && (rule.comparison === 'high' || rule.comparison === 'low');
    const name = deck.text(feed.name(row)) || feed.positions.ids[row];
    return plain ? box(name, title(what) + ' ' + told.value, told.ago) : box(name, told.said);
  };

  /* A sensor that does not measure what the map shows says only its name, as all do on a page that carries no readings of the map. */
  map.readingWords = function (feed, row, key) {
    const what = metric(feed, key), value = feed.v[row], known = feed.heard && value !== null && value !== undefined;
    return box(deck.text(feed.name(row)) || feed.positions.ids[row], known ? (title(what) + ' ' + amount(value, what)).trim() : '');
  };

  /* The same with what is known about its age: "2 s", "no reading since 14 min". */
  map.hoverWords = function (feed, row, key) {
    const time = feed.t[row], code = feed.codes[row], aged = time === null || time === undefined ? '' : deck.age(deck.now() - time);
    const state = deck.text(STATES[code]), line = code === 6 ? state + ' ' + aged : code === 7 ? state : [state, aged].filter(Boolean).join(' \u00b7 ');
    return map.readingWords(feed, row, key) + `<em>${safe(line)}</em>`;
  };
})();
