/* Key figures: value, unit, one-hour trend over its normal band, and an analog bar with band, limit ticks and pointer.
 *
 * An element with data-kpi="<domain>/<key>" holds .value, .unit, .item, .age, .spark and .bar. The priority of its worst condition
 * colours value, trend and pointer; an old figure steps back and says its age. A figure is old after three intervals of the sensors behind it.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const OLD = 3, LEAST_OLD = 30;  // intervals; seconds, so that a feed at one reading a second does not flicker
  const GAP = 0.1;                // part of a small trend's width below which a gap would be read as a row of dots
  const percent = (share) => (Math.min(1, Math.max(0, share)) * 100).toFixed(2) + '%';

  /* A band that is open to one side (null) ends where the drawing does. */
  const closed = ([low, high], [least, most]) => [low ?? least, high ?? most];

  function described(element) {
    const [key, name] = element.dataset.kpi.split('/'), domain = deck.domain(key);
    const kpi = domain && domain.kpis.find((each) => each.key === name);
    return kpi ? {domain, kpi} : null;
  }

  /* Limits drawn on a bar: of the figure itself, and of its metric where that is in the same unit. */
  deck.limits = function (domain, figure) {
    const metric = domain.metrics.find((each) => each.key === figure.metric), same = metric && metric.unit === figure.unit;
    const asked = [figure.key].concat(same ? [metric.key] : []);
    return domain.rules.filter((rule) => asked.includes(rule.on) && (rule.comparison === 'high' || rule.comparison === 'low'));
  };

  /* The bar: scale from end to end, normal band shaded, a tick per limit, the pointer with its line. Ends in plain percent, so it fits any width. */
  deck.bar = function (value, scale, normal, limits) {
    const share = (each) => (each - scale[0]) / (scale[1] - scale[0]);
    const [low, high] = closed(normal, scale), from = Math.max(0, share(low)), to = Math.min(1, share(high));
    const ticks = limits.filter((limit) => share(limit) >= 0 && share(limit) <= 1)
      .map((limit) => `<line class="tick" x1="${percent(share(limit))}" x2="${percent(share(limit))}" y1="0" y2="68%"/>`).join('');
    const pointer = value === null || value === undefined ? '' :
      `<svg class="pointer" x="${percent(share(value))}" overflow="visible"><line x1="0" x2="0" y1="0" y2="100%"/><svg y="100%" width="1em" height="1em" viewBox="0 0 1 1" overflow="visible"><path d="M0-.42.27 0H-.27Z"/></svg></svg>`;
    return `<svg class="gauge" aria-hidden="true"><rect class="ground" y="12%" width="100%" height="46%"/>` +
      `<rect class="band" x="${percent(from)}" y="12%" width="${percent(Math.max(0, to - from))}" height="46%"/>${ticks}${pointer}</svg>`;
  };

  /* Points of a trend as [place, value], in runs parted where nothing came for longer than a gap that can be seen. */
  function runs(values) {
    const found = [];
    let before = -Infinity;
    values.forEach((value, place) => {
      if (value === null) return;
      if (place - before - 1 > GAP * values.length) found.push([]);
      found[found.length - 1].push([place, value]);
      before = place;
    });
    return found;
  }

  /* A trend without axes: a long silence is a gap; the band is where normal lies; the dot is the newest value. */
  deck.spark = function (values, normal) {
    const good = values.filter((value) => value !== null), last = values[values.length - 1];
    if (!good.length) return '';
    const edges = (normal || []).filter((edge) => edge !== null), low = Math.min(...good, ...edges), high = Math.max(...good, ...edges);
    const room = (high - low) * 0.08 || 1, [from, to] = normal ? closed(normal, [low, high]) : [];
    const y = (value) => (100 * (high + room - value) / (high - low + 2 * room)).toFixed(1);
    const x = (place) => (100 * place / Math.max(1, values.length - 1)).toFixed(1);
    const path = runs(values).map((run) => 'M' + run.map(([place, value]) => x(place) + ' ' + y(value)).join('L') + (run.length > 1 ? '' : 'h.1')).join('');
    const band = normal ? `<rect class="band" width="100" y="${y(to)}" height="${(y(from) - y(to)).toFixed(1)}"/>` : '';
    const dot = last === null ? '' : `<circle class="dot" cx="100%" cy="${y(last)}%" r=".13em"/>`;
    return `<svg class="sparkline" aria-hidden="true"><svg viewBox="0 0 100 100" preserveAspectRatio="none">${band}<path class="trend" d="${path}"/></svg>${dot}</svg>`;
  };

  function fill(element, markup) {
    if (element && element.markup !== markup) { element.markup = markup; element.innerHTML = markup; }
  }

  function item(domain, key) {
    const metric = key && domain.metrics.find((each) => each.key === key);
    return metric ? deck.text(metric.short || metric.label) : '';
  }

  deck.paint('[data-kpi]', {
    sections: (element) => ['kpi.' + element.dataset.kpi, 'spark.' + element.dataset.kpi],
    tick: true,
    draw(element) {
      const found = described(element);
      if (!found) return;
      const {domain, kpi} = found, state = deck.held('kpi.' + element.dataset.kpi), value = state ? state.value : null;
      const age = state && state.time !== null ? deck.now() - state.time : null;
      element.dataset.priority = state && value !== null ? deck.letter(state.priority) : '';
      element.classList.toggle('old', age !== null && age > Math.max(LEAST_OLD, OLD * (state.interval ?? domain.interval)));
      element.classList.toggle('absent', value === null || value === undefined);
      deck.put(element.querySelector('.value'), deck.number(value, kpi.decimals));
      deck.put(element.querySelector('.unit'), kpi.unit);
      deck.put(element.querySelector('.item'), state && value !== null && !kpi.unit ? item(domain, state.item) : '');
      deck.put(element.querySelector('.age'), age === null ? '' : deck.age(age));
      element.title = state && state.sensor ? deck.place(domain.key, state.sensor) : '';
      fill(element.querySelector('.spark'), deck.spark(deck.held('spark.' + element.dataset.kpi) || [], kpi.normal));
      fill(element.querySelector('.bar'), deck.bar(value, kpi.scale, kpi.normal, deck.limits(domain, kpi).map((rule) => rule.limit)));
    },
  });
})();
