/* Values over time with Plotly: normal band, dashed limits with their names, gaps as gaps, the moments at which conditions came.
 *
 * chart(element, {from, to, every, scale, normal, limits, close, decimals, unit, lines, spread, suspects, marks, says})
 *   element    holds .js-plotly-plot (drawn once by Dash) and .waiting
 *   from, to   seconds since the epoch; every: seconds between ticks, which fall on round times of the site's zone
 *   scale      [low, high] of the axis; it grows with data and limits, and with `close` it is as near as a tenth of the scale
 *   limits     [{value, name, comparison}]; those far beyond the data are left out
 *   lines      [{t, v, priority}], null is a gap; spread: {t, low, high}; suspects: {t, v}; marks: [{time, priority}]
 *   says       why there is nothing to see; bare: with that alone, without axes
 * Times stand on a linear axis with ticks written by clock(), so that a day with a change of summer time is right as well.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const SYMBOLS = ['', 'square', 'triangle-up', 'diamond', 'circle'];
  const QUARTER = 900;    // seconds; every time zone is a whole number of quarters from UTC
  const MOST = 4.2, TICK = 1.9;  // steps of the axis; height of a step, in the chart's own rem, below which there are fewer
  const HEADROOM = 0.12;  // of the height below a limit: room for its name

  const token = (name) => getComputedStyle(document.getElementById('deck') || document.documentElement).getPropertyValue(name).trim();
  const ink = (priority) => {
    const letter = deck.letter(priority);
    return !letter ? token('--data') : letter === 'M' && deck.theme() === 'light' ? token('--inkM') : token('--' + letter);
  };
  /* The size of the axis' type is the style sheet's; everything else in the chart follows from it. */
  const unit = (element) => parseFloat(getComputedStyle(element).fontSize) / 11 * 16;

  function step(span, parts) {
    const raw = span / parts, power = 10 ** Math.floor(Math.log10(raw));
    return [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= raw * 0.999);
  }

  /* Limits that matter to these data: all that are reached, and the next one beyond. */
  function near(limits, low, high) {
    const above = limits.filter((limit) => limit.comparison !== 'low').sort((a, b) => a.value - b.value);
    const below = limits.filter((limit) => limit.comparison === 'low').sort((a, b) => b.value - a.value);
    const upTo = above.findIndex((limit) => limit.value > high), downTo = below.findIndex((limit) => limit.value < low);
    return [...(upTo < 0 ? above : above.slice(0, upTo + 1)), ...(downTo < 0 ? below : below.slice(0, downTo + 1))];
  }

  function axis(chart, data, limits, parts) {
    let low, high;
    if (chart.close && data.length) {
      const least = (chart.scale[1] - chart.scale[0]) / 10, middle = (Math.min(...data) + Math.max(...data)) / 2;
      const room = Math.max(Math.max(...data) - Math.min(...data), least) * 0.6;
      [low, high] = [middle - room, middle + room];
      if (chart.scale[0] >= 0 && low < 0) [low, high] = [0, high - low];
    } else {
      low = Math.min(chart.scale[0] < 0 ? Math.max(chart.scale[0], chart.normal[0]) : chart.scale[0], ...data, ...limits.map((limit) => limit.value));
      high = Math.max(...data, ...limits.map((limit) => limit.value + (limit.value - low) * HEADROOM), Math.min(chart.normal[1], chart.scale[1]));
      if (high <= low) high = chart.scale[1];
    }
    const size = step(high - low, parts);
    return {size, low: Math.floor(low / size + 1e-9) * size, high: Math.ceil(high / size - 1e-9) * size};
  }

  function ticks(from, to, every) {
    const found = [];
    for (let time = Math.ceil(from / QUARTER) * QUARTER; time <= to; time += QUARTER) {
      const [hours, minutes] = deck.clock(time).split(':').map(Number);
      if ((hours * 3600 + minutes * 60) % every === 0) found.push(time);
    }
    return found;
  }

  /* A reading between two gaps would be a line without length: it gets a point. */
  const alone = (values) => values.map((value, place) => value !== null && (values[place - 1] ?? null) === null && (values[place + 1] ?? null) === null);

  function traces(chart, y, rem) {
    const says = (t, v) => v.map((value, place) => deck.clock(t[place], chart.seconds) + '  <b>' + deck.number(value, chart.decimals) + '</b> ' + chart.unit);
    const found = [];
    if (chart.spread) {
      const edge = {x: chart.spread.t, mode: 'lines', line: {width: 0}, hoverinfo: 'skip', connectgaps: false};
      for (const [from, to] of runs(chart.spread.low)) {
        const part = (values) => values.slice(from, to);
        found.push({...edge, x: part(chart.spread.t), y: part(chart.spread.low)});
        found.push({...edge, x: part(chart.spread.t), y: part(chart.spread.high), fill: 'tonexty', fillcolor: token('--data') + '55'});
      }
    }
    for (const line of chart.lines) {
      const lonely = alone(line.v), only = (values) => values.filter((_, place) => lonely[place]);
      found.push({x: line.t, y: line.v, mode: 'lines', connectgaps: false, line: {color: ink(line.priority), width: rem * 0.1125},
        text: says(line.t, line.v), hovertemplate: '%{text}<extra></extra>'});
      found.push({x: only(line.t), y: only(line.v), mode: 'markers', hoverinfo: 'skip', marker: {color: ink(line.priority), size: rem * 0.24}});
    }
    if (chart.suspects && chart.suspects.t.length) {
      found.push({x: chart.suspects.t, y: chart.suspects.v, mode: 'markers', hoverinfo: 'skip',
        marker: {symbol: 'circle-open', size: rem * 0.5, color: token('--ink2'), line: {width: rem * 0.09}}});
    }
    for (const mark of chart.marks) {
      const letter = deck.letter(mark.priority);
      found.push({x: [mark.time], y: [y.high], mode: 'markers+text', text: [letter], hoverinfo: 'skip', cliponaxis: false,
        textposition: 'middle center', textfont: {size: rem * 0.56, color: token('--on' + letter), weight: 700},
        marker: {symbol: SYMBOLS[mark.priority], size: rem * (mark.priority === 1 ? 0.85 : 1), color: token('--' + letter),
          line: {width: 1, color: deck.theme() === 'light' ? token('--ink') : token('--bg')}}});
    }
    return found;
  }

  function runs(values) {
    const found = [];
    let from = -1;
    values.forEach((value, place) => {
      if (value !== null && from < 0) from = place;
      if ((value === null || place === values.length - 1) && from >= 0) { found.push([from, value === null ? place : place + 1]); from = -1; }
    });
    return found;
  }

  function shapes(chart, y, limits) {
    const across = {xref: 'paper', x0: 0, x1: 1, layer: 'below'}, [low, high] = [Math.max(y.low, chart.normal[0]), Math.min(y.high, chart.normal[1])];
    const band = high > low ? [{...across, type: 'rect', y0: low, y1: high, line: {width: 0}, fillcolor: token('--band'), opacity: 0.45}] : [];
    /* Above the grid: a limit that falls on a grid line would not be seen between its dashes. */
    const lines = limits.map(({value}) => ({...across, layer: 'above', type: 'line', y0: value, y1: value, line: {color: token('--ink2'), width: 1, dash: '5px,4px'}}));
    const came = chart.marks.map((mark) => ({type: 'line', x0: mark.time, x1: mark.time, yref: 'paper', y0: 0, y1: 1, line: {color: token('--ink3'), width: 1}}));
    return [...band, ...lines, ...came];
  }

  /* How many steps of the lines run through a box of the chart: from, to in seconds, low, high in the unit. */
  function crossings(chart, [from, to], [low, high]) {
    return chart.lines.reduce((sum, {t, v}) => sum + v.filter((value, place) => {
      const before = v[place - 1] ?? value;
      return value !== null && t[place] >= from && t[place] <= to && Math.min(value, before) <= high && Math.max(value, before) >= low;
    }).length, 0);
  }

  /* The name of a limit stands on its line, to the left, to the right or in the middle: where the data leave most room. */
  function names(chart, limits, y, rem, {width, height}) {
    const said = [], size = rem * 0.6875, perPixel = (chart.to - chart.from) / width, tall = size * 1.4 * (y.high - y.low) / height;
    const places = [{x: 0, xanchor: 'left', xshift: rem * 0.35}, {x: 1, xanchor: 'right', xshift: -rem * 0.35}, {x: 0.5, xanchor: 'center', xshift: 0}];
    return limits.filter((limit) => {
      const free = said.every((value) => Math.abs(value - limit.value) > tall);
      if (free) said.push(limit.value);
      return free;
    }).map((limit) => {
      const long = [...limit.name].reduce((sum, letter) => sum + (letter > '\u2e7f' ? 1 : 0.56), 1) * size * perPixel;
      const cost = ({x}) => crossings(chart, [chart.from + (chart.to - chart.from - long) * x, chart.from + (chart.to - chart.from - long) * x + long], [limit.value, limit.value + tall]);
      const place = places.reduce((best, each) => (cost(each) < cost(best) ? each : best));
      return {...place, xref: 'paper', y: limit.value, text: deck.escape(limit.name), showarrow: false, yanchor: 'bottom', borderpad: 0,
        bgcolor: cost(place) || chart.spread ? token('--bg') + 'c0' : undefined, font: {size, color: token('--ink2')}};
    });
  }

  /* A band that is open to one side comes as null. */
  const open = ([low, high]) => [low === null ? -Infinity : low, high === null ? Infinity : high];

  deck.chart = function (element, asked) {
    const chart = {...asked, normal: open(asked.normal)};
    element.classList.toggle('bare', Boolean(chart.bare));
    const plot = element.querySelector('.js-plotly-plot'), values = chart.lines.flatMap((line) => line.v).filter((value) => value !== null);
    deck.put(element.querySelector('.waiting'), values.length ? '' : chart.says);
    if (!plot || !plot.querySelector('.plot-container')) return;
    const rem = unit(element), data = values.concat(chart.spread ? [...chart.spread.low, ...chart.spread.high].filter((value) => value !== null) : []);
    const known = data.length ? [Math.min(...data), Math.max(...data)] : chart.scale;
    const margin = {l: rem * 2.9, r: rem * 1.4, t: rem * 0.75, b: rem * 1.5, pad: rem * 0.35};
    const room = {width: Math.max(1, element.clientWidth - margin.l - margin.r), height: Math.max(1, element.clientHeight - margin.t - margin.b)};
    const close = near(chart.limits, ...known), y = axis(chart, data, chart.close ? [] : close, Math.max(2, Math.min(MOST, room.height / rem / TICK)));
    const limits = close.filter((limit) => limit.value >= y.low && limit.value <= y.high), times = ticks(chart.from, chart.to, chart.every);
    const font = {size: rem * 0.6875, color: token('--ink3'), family: getComputedStyle(plot).fontFamily};
    const layout = {
      template: plot.layout.template, autosize: true, margin, font,
      xaxis: {range: [chart.from, chart.to], tickvals: times, ticktext: times.map((time) => deck.clock(time)), tickfont: font},
      yaxis: {range: [y.low, y.high], tick0: y.low, dtick: y.size, tickfont: font, gridcolor: token('--rule'), automargin: 'left'},
      hoverlabel: {bgcolor: token('--panel'), bordercolor: token('--rule'), font: {...font, size: rem * 0.8125, color: token('--ink')}},
      shapes: shapes(chart, y, limits), annotations: values.length ? names(chart, limits, y, rem, room) : [],  // else the sentence stands there
    };
    const still = document.documentElement.hasAttribute('data-wall') ? {staticPlot: true, responsive: true} : undefined;
    window.Plotly.react(plot, traces(chart, y, rem), layout, still);
  };
})();
