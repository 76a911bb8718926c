/* The picture of the history: strips one above the other with one time axis, in one Plotly figure, so that one hover tells all of them.
 *
 * past.draw(element, {from, to, strips})   returns nothing; what a person zooms to is told to past.onZoom(fn([from, to]))
 * strip: {title, lines, spans, tall}
 *   lines  [{name, unit, decimals, t, v, low, high, ink, dash, faint, of, scale, normal, limits}]   t in seconds, already laid over; null is a gap.
 *          `of` groups lines of one unit to an axis: the first unit of a strip stands left, the second right
 *   spans  [{from, to, priority, text, came}]: an alarm stood; `came` false where it stood before the period began
 *   tall   false for a strip that has alarms only
 * Nothing is drawn between two rows of which one is empty, and what was left out by thinning lies within the least and the greatest of its stretch.
 */
'use strict';
(function () {
  const deck = window.citydeck, past = deck.past;
  const SYMBOLS = ['', 'square', 'triangle-up', 'diamond', 'circle'], PRIORITIES = ['', 'critical', 'high', 'medium', 'low'];
  const HOUR = 3600, DAY = 86400, STEPS = [60, 300, 900, 1800, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR], DAYS = [1, 2, 7, 14, 31, 61, 92, 183, 366];
  const WIDE = 6.5, AIR = 0.08, NEAR = 0.6, MARKED = 60;  // rem a tick needs; share of the axis left free; how far beyond the data a limit still matters; most marks of a strip
  const zooms = [];
  past.onZoom = (fn) => { zooms.push(fn); };

  const token = (name) => getComputedStyle(document.getElementById('deck') || document.documentElement).getPropertyValue(name).trim();
  const number = (priority) => PRIORITIES.indexOf(priority);

  /* ---- the time axis: round times of the city's clock */
  const date = (time) => past.wall(time).slice(0, 10);
  function midnights(from, to, every) {
    const found = [], first = Date.parse(date(from)) / 1000 / DAY;
    for (let day = Math.floor(first / every) * every; ; day += every) {
      const time = past.moment(new Date(day * DAY * 1000).toISOString().slice(0, 10) + 'T00:00');
      if (time > to) return found;
      if (time >= from) found.push(time);
    }
  }
  function months(from, to, every) {
    const found = [];
    for (let month = Number(date(from).slice(0, 4)) * 12; ; month += every) {
      const time = past.moment(`${Math.floor(month / 12)}-${String(month % 12 + 1).padStart(2, '0')}-01T00:00`);
      if (time > to) return found;
      if (time >= from) found.push(time);
    }
  }
  function ticks(from, to, most) {
    const step = STEPS.find((each) => (to - from) / each <= most), days = DAYS.find((each) => (to - from) / DAY / each <= most) || 366;
    if (!step && days > 14) { const at = months(from, to, Math.round(days / 30.5)); return {at, text: at.map((time) => past.month(time))}; }
    if (!step) { const at = midnights(from, to, days); return {at, text: at.map((time) => past.day(time))}; }
    const at = [];
    for (let time = Math.ceil(from / Math.min(step, 900)) * Math.min(step, 900); time <= to; time += Math.min(step, 900)) {
      const [hours, minutes] = deck.clock(time).split(':').map(Number);
      if ((hours * HOUR + minutes * 60) % step === 0) at.push(time);
    }
    return {at, text: at.map((time) => (deck.clock(time) === '00:00' ? past.day(time) : deck.clock(time)))};
  }
  const named = new Map();
  function format(options, time) {
    const key = JSON.stringify([options, deck.zone(), deck.language()]);
    if (!named.has(key)) named.set(key, new Intl.DateTimeFormat(deck.language() === 'zh' ? 'zh-CN' : 'en-GB', {...options, timeZone: deck.zone()}));
    return named.get(key).format(time * 1000);
  }
  past.day = (time) => format({day: 'numeric', month: deck.language() === 'zh' ? 'long' : 'short'}, time);
  past.month = (time) => format({month: deck.language() === 'zh' ? 'long' : 'short', year: 'numeric'}, time);
  past.when = (time, long) => (long ? past.day(time) + ' ' : '') + deck.clock(time, !long);

  /* ---- value axes */
  function reach(lines) {
    let [low, high] = [Infinity, -Infinity];
    for (const line of lines) for (const values of [line.v, line.low || [], line.high || []]) for (const value of values) if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
    if (low > high) return null;
    const least = Math.max(...lines.map((line) => (line.scale[1] - line.scale[0]) / 50));
    if (high - low < least) [low, high] = [(low + high - least) / 2, (low + high + least) / 2];
    return [low, high];
  }
  const passed = (limit, low, high) => (limit.comparison === 'low' ? low < limit.value : high > limit.value);
  function axis(lines) {
    const data = reach(lines), [low, high] = data || lines[0].scale, far = (high - low) * NEAR;
    const limits = [...new Map(lines.flatMap((line) => line.limits).map((limit) => [limit.name + limit.value, limit])).values()]
      .filter((limit) => data && (passed(limit, low, high) || limit.value >= low - far && limit.value <= high + far));
    const ends = [low, high, ...limits.map((limit) => limit.value)], air = (Math.max(...ends) - Math.min(...ends)) * AIR;
    return {range: [Math.min(...ends) - air, Math.max(...ends) + air * 2], limits};
  }

  /* ---- traces */
  function runs(values) {
    const found = [];
    let from = -1;
    values.forEach((value, place) => {
      if (value !== null && from < 0) from = place;
      if ((value === null || place === values.length - 1) && from >= 0) { found.push([from, value === null ? place : place + 1]); from = -1; }
    });
    return found;
  }
  const lonely = (values) => values.map((value, place) => value !== null && (values[place - 1] ?? null) === null && (values[place + 1] ?? null) === null);
  function traces(line, yaxis, rem, long) {
    const found = [], colour = token(line.ink), width = rem * (line.faint ? 0.08 : 0.11), opacity = line.faint ? 0.7 : 1;
    if (line.low && !line.faint) {
      for (const [from, to] of runs(line.low)) {
        const edge = {x: line.t.slice(from, to), yaxis, mode: 'lines', line: {width: 0}, hoverinfo: 'skip'};
        found.push({...edge, y: line.low.slice(from, to)}, {...edge, y: line.high.slice(from, to), fill: 'tonexty', fillcolor: colour + '4d'});
      }
    }
    const says = line.v.map((value, place) => (value === null ? '' : `<b>${deck.number(value, line.decimals)}</b> ${deck.escape(line.unit)} · ${deck.escape(line.name)} · ${past.when(line.t[place] - line.shift, long || line.shift)}`));
    found.push({x: line.t, y: line.v, yaxis, mode: 'lines', connectgaps: false, opacity, line: {color: colour, width, dash: line.dash}, text: says, hovertemplate: '%{text}<extra></extra>'});
    const only = lonely(line.v), some = (values) => values.filter((_, place) => only[place]);
    if (only.includes(true)) found.push({x: some(line.t), y: some(line.v), yaxis, mode: 'markers', opacity, hoverinfo: 'skip', marker: {color: colour, size: rem * 0.24}});
    return found;
  }
  function marks(strip, yaxis, y, rem) {
    return strip.spans.filter((span) => span.came).slice(-MARKED).map((span) => {
      const priority = number(span.priority), letter = deck.letter(priority);
      return {x: [span.from], y: [y], yaxis, mode: 'markers+text', text: [letter], hovertext: [span.text], hovertemplate: '%{hovertext}<extra></extra>', cliponaxis: false,
        textposition: 'middle center', textfont: {size: rem * 0.56, color: token('--on' + letter), weight: 700},
        marker: {symbol: SYMBOLS[priority], size: rem * (priority === 1 ? 0.85 : 1), color: token('--' + letter), line: {width: 1, color: deck.theme() === 'light' ? token('--ink') : token('--bg')}}};
    });
  }

  function shapes(strip, yref, axes, [low, high]) {
    const height = {yref: 'paper', y0: low, y1: high}, across = {xref: 'paper', x0: 0, x1: 1, yref};
    const stood = strip.spans.map((span) => ({...height, type: 'rect', x0: span.from, x1: span.to, layer: 'below', line: {width: 0}, fillcolor: token('--' + deck.letter(number(span.priority))), opacity: strip.tall ? 0.13 : 0.55}));
    const came = strip.tall ? strip.spans.filter((span) => span.came).map((span) => ({...height, type: 'line', x0: span.from, x1: span.from, layer: 'below', line: {color: token('--ink3'), width: 1}})) : [];
    const alone = strip.lines.filter((line) => !line.faint), normal = alone.length === 1 ? alone[0].normal : [];
    const [from, to] = normal.length ? [Math.max(normal[0] ?? -Infinity, axes[0].range[0]), Math.min(normal[1] ?? Infinity, axes[0].range[1])] : [1, 0];
    const band = to > from ? [{...across, type: 'rect', y0: from, y1: to, layer: 'below', line: {width: 0}, fillcolor: token('--band'), opacity: 0.45}] : [];
    const limits = axes.flatMap(({limits: all, yref: own}) => all.map((limit) => ({...across, yref: own, type: 'line', layer: 'above', y0: limit.value, y1: limit.value, line: {color: token('--ink2'), width: 1, dash: '5px,4px'}})));
    return [...band, ...stood, ...came, ...limits];
  }
  function words(strip, axes, high, rem) {
    const font = {size: rem * 0.6875, color: token('--ink2')}, ground = token('--bg') + 'c0';
    const title = {xref: 'paper', x: 0, xanchor: 'left', yref: 'paper', y: high, yanchor: 'bottom', showarrow: false, text: '<b>' + deck.escape(strip.title) + '</b>', font: {...font, size: rem * 0.8125, color: token('--ink')}};
    const said = [];
    const limits = axes.flatMap(({limits: all, yref, range}) => all.filter((limit) => {
      const free = said.every((other) => Math.abs(other - limit.value) > (range[1] - range[0]) * 0.09);
      if (free) said.push(limit.value);
      return free;
    }).map((limit) => ({xref: 'paper', x: 0, xanchor: 'left', xshift: rem * 0.3, yref, y: limit.value, yanchor: 'bottom', borderpad: 0, showarrow: false, text: deck.escape(limit.name), bgcolor: ground, font})));
    return [title, ...limits];
  }

  /* Shares of the height: strips with lines are as tall as each other, those with alarms alone are low; a title stands above each. */
  function places(strips, room, rem) {
    const weight = (strip) => (strip.tall ? 1 : 0), low = 1.4 * rem / room, head = 1.9 * rem / room, many = strips.filter(weight).length;
    const tall = many ? (1 - strips.length * head - (strips.length - many) * low) / many : 0;
    let top = 1;
    return strips.map((strip) => {
      const high = top - head, floor = high - (strip.tall ? tall : low);
      top = floor;
      return [Math.max(0, floor), Math.max(0, high)];
    });
  }
  /* How tall the picture wants to be, in rem. */
  past.height = (strips) => Math.max(16, strips.reduce((sum, strip) => sum + (strip.tall ? (strips.length > 2 ? 10 : 13) : 3.4), 3));

  past.draw = function (element, {from, to, strips}) {
    const plot = element.querySelector('.js-plotly-plot');
    if (!plot || !plot.querySelector('.plot-container')) return;
    const rem = parseFloat(getComputedStyle(element).fontSize) / 11 * 16, long = to - from > 1.5 * DAY;
    const twice = strips.some((strip) => new Set(strip.lines.map((line) => line.unit)).size > 1);
    const margin = {l: rem * 3, r: rem * (twice ? 3 : 1.2), t: rem * 0.3, b: rem * 1.5, pad: rem * 0.3};
    const room = Math.max(1, element.clientHeight - margin.t - margin.b), wide = Math.max(1, element.clientWidth - margin.l - margin.r);
    const font = {size: rem * 0.6875, color: token('--ink3'), family: getComputedStyle(plot).fontFamily}, at = places(strips, room, rem), marked = ticks(from, to, Math.max(2, wide / rem / WIDE));
    const layout = {template: plot.layout.template, autosize: true, margin, font, hovermode: 'x unified', hoversubplots: 'axis', hoverdistance: 30, dragmode: 'zoom', shapes: [], annotations: [],
      xaxis: {range: [from, to], tickvals: marked.at, ticktext: marked.text, tickfont: font, fixedrange: false, anchor: 'free', position: 0, showgrid: true, gridcolor: token('--rule'), unifiedhovertitle: {text: ' '}},
      hoverlabel: {bgcolor: token('--panel'), bordercolor: token('--rule'), align: 'left', namelength: -1, font: {...font, size: rem * 0.8125, color: token('--ink')}}};
    const data = [];
    let count = 0;
    strips.forEach((strip, row) => {
      const domain = at[row], units = [...new Set(strip.lines.map((line) => line.unit))], axes = [];
      (units.length ? units : ['']).forEach((unit, side) => {
        count += 1;
        const id = 'y' + (count > 1 ? count : ''), lines = strip.lines.filter((line) => line.unit === unit), made = lines.length ? axis(lines) : {range: [0, 1], limits: []};
        axes.push({...made, yref: id});
        const own = units.length > 1 && lines.length ? {...font, color: token(lines[0].ink)} : font;
        layout['yaxis' + (count > 1 ? count : '')] = {range: made.range, tickfont: own, tickmode: 'auto', gridcolor: token('--rule'), showgrid: side === 0 && strip.tall, showticklabels: strip.tall && lines.length > 0, nticks: Math.max(2, Math.floor((domain[1] - domain[0]) * room / rem / 2)),
          fixedrange: true, zeroline: false, ...(side ? {overlaying: axes[0].yref, side: 'right', anchor: 'x'} : {domain, anchor: 'x'})};
        data.push(...lines.flatMap((line) => traces(line, id, rem, long)));
      });
      data.push(...marks(strip, axes[0].yref, strip.tall ? axes[0].range[1] : 0.5, rem));
      layout.shapes.push(...shapes(strip, axes[0].yref, axes, domain));
      layout.annotations.push(...words(strip, axes, domain[1], rem));
    });
    if (!data.length) data.push({x: [from, to], y: [null, null], yaxis: 'y', hoverinfo: 'skip'});  // an axis without anything on it is not drawn
    window.Plotly.react(plot, data, layout);
    if (!plot.zooms) {
      plot.zooms = true;
      plot.on('plotly_relayout', (change) => {
        const range = change['xaxis.range'] || ('xaxis.range[0]' in change ? [change['xaxis.range[0]'], change['xaxis.range[1]']] : null);
        if (range) zooms.forEach((fn) => fn(range));
      });
    }
  };
})();
