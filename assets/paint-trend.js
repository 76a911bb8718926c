/* The 24-hour charts of a domain: drawn anew when the trend or the conditions change, never per tick. */
'use strict';
(function () {
  const deck = window.citydeck;
  const DAY = 86400, EVERY = 14400, CROWDED = 0.025;  // seconds; part of the width below which two marks would cover each other
  const WORDS = {
    waiting: {en: 'Waiting for the first data', zh: '等待首批数据'},
    empty: {en: 'No figure in the last 24 h: no good reading has come that it could be made from', zh: '最近 24 小时没有数值：没有可用于计算的有效读数'},
    begun: {en: 'The figure is new: the first five minutes are not over yet', zh: '该数值刚刚产生，首个 5 分钟尚未结束'},
    limit: {en: ' ', zh: ' '},
  };

  deck.limitLines = (rules, decimals) => rules.map((rule) => ({
    value: rule.limit, comparison: rule.comparison, name: deck.text(rule.label) + deck.text(WORDS.limit) + deck.number(rule.limit, decimals),
  }));

  /* The moments inside the span at which conditions came; where two meet, the worse one stands. */
  deck.moments = function (conditions, from, to) {
    const found = [];
    conditions.filter((row) => row.since >= from && row.since <= to).sort((a, b) => a.priority - b.priority).forEach((row) => {
      if (found.every((mark) => Math.abs(mark.time - row.since) > (to - from) * CROWDED)) found.push({time: row.since, priority: row.priority});
    });
    return found;
  };

  /* Frames repeat what they said before; a chart is drawn when what it shows, or how, is not what it was. */
  function anew(element, shown) {
    const now = JSON.stringify([shown, deck.language(), deck.theme(), Boolean(element.querySelector('.plot-container'))]);
    const changed = element.shown !== now;
    element.shown = now;
    return changed;
  }
  deck.anew = anew;

  function draw(element) {
    const [key, name] = element.dataset.trend.split('/'), domain = deck.domain(key);
    const shown = domain && [...domain.kpis, ...domain.metrics].find((each) => each.key === name);
    if (!shown) return;
    const trend = deck.held('trend.' + element.dataset.trend), rules = deck.limits(domain, shown);
    const names = rules.map((rule) => key + '/' + rule.key);
    const active = ((deck.held('conditions') || {}).rows || []).filter((row) => names.includes(row.rule));
    /* A figure has the colour of what decided it, as its tile has; a metric that of its worst condition. */
    const tile = deck.held('kpi.' + element.dataset.trend), priority = tile ? tile.priority : Math.min(9, ...active.map((row) => row.priority));
    const begun = tile && tile.value !== null;
    if (!anew(element, [trend, priority, begun, active.map((row) => [row.id, row.since, row.priority]), element.clientWidth, element.clientHeight])) return;
    const to = trend ? trend.end : deck.now(), from = to - DAY, values = trend ? trend.values : [];
    deck.chart(element.querySelector('.chart'), {
      from, to, every: element.clientWidth < 30 * parseFloat(getComputedStyle(element).fontSize) ? 2 * EVERY : EVERY,
      scale: shown.scale, normal: shown.normal, decimals: shown.decimals, unit: shown.unit, limits: deck.limitLines(rules, shown.decimals),
      lines: [{t: values.map((_, place) => to - (values.length - 1 - place) * trend.step), v: values, priority}],
      marks: deck.moments(active, from, to), says: deck.text(!trend ? WORDS.waiting : begun ? WORDS.begun : WORDS.empty),
    });
  }

  deck.paint('[data-trend]', {sections: (element) => ['trend.' + element.dataset.trend, 'kpi.' + element.dataset.trend, 'conditions'], draw});
  deck.mount('[data-trend] .plot-container', (plot) => draw(plot.closest('[data-trend]')));
})();
