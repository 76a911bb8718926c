/* Where the selected alarm is: a small piece of the base map around it, with its neighbours as dots, its own mark, and what it says beside it.
 *
 * Drawn as SVG from the very files the large map is drawn from: a second canvas of WebGL for a picture that hardly changes would cost more
 * than it shows. drawPlace(element, row, what, detail): hidden where the alarm has no place; `detail` is that of the alarm as the API tells it:
 * a message from elsewhere may bring a geometry.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const ACROSS = 0.42, NAMES = 5, NEAR = 400;  // of the width of the site's extent; names of places; dots at most
  const places = {}, routes = new Map();  // name of a file -> promise of its features; domain -> positions whose roads are drawn
  let drawing = 0;

  const features = (name) => {
    if (!deck.known.site.basemap.includes(name)) return Promise.resolve([]);
    places[name] = places[name] || fetch(deck.root + `basemap/${name}.geojson`).then((answer) => (answer.ok ? answer.json() : {features: []})).then((told) => told.features)
      .catch(() => { delete places[name]; return []; });
    return places[name];
  };

  /* Mercator, in pixels of the box: what stands north is above, and a circle stays one. */
  const north = (lat) => Math.log(Math.tan(Math.PI / 4 + lat * Math.PI / 360)) * 180 / Math.PI;
  function view([lon, lat], width, height) {
    const [west, , east] = deck.known.site.extent, scale = width / ((east - west) * ACROSS);
    return ([x, y]) => [width / 2 + (x - lon) * scale, height / 2 - (north(y) - north(lat)) * scale];
  }
  function path(lines, project, width, height, close) {
    return lines.map((line) => {
      const points = line.map(project), xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
      if (Math.max(...xs) < 0 || Math.max(...ys) < 0 || Math.min(...xs) > width || Math.min(...ys) > height) return '';
      return 'M' + points.map(([x, y]) => x.toFixed(1) + ' ' + y.toFixed(1)).join('L') + (close ? 'Z' : '');
    }).join('');
  }
  const DEPTH = {Polygon: 0, MultiPolygon: 1, LineString: -1, MultiLineString: 0};
  const lines = (geometry) => (geometry.type === 'GeometryCollection' ? geometry.geometries.flatMap(lines)
    : !(geometry.type in DEPTH) ? [] : DEPTH[geometry.type] < 0 ? [geometry.coordinates] : geometry.coordinates.flat(DEPTH[geometry.type]));

  /* {at, path, geometry}: the middle in degrees, the line of a road or pipe, the area of a message. Null where it is nowhere. */
  async function whereIs(row, detail) {
    const geometry = detail && detail.geometry;
    if (geometry) {
      const points = lines(geometry).flat().concat(geometry.geometries.filter((each) => each.type === 'Point').map((each) => each.coordinates));
      const middle = (place) => (Math.min(...points.map((point) => point[place])) + Math.max(...points.map((point) => point[place]))) / 2;
      return points.length ? {at: [middle(0), middle(1)], geometry} : null;
    }
    if (!row.subject.startsWith('sensor:') || !deck.domain(row.domain)) return null;
    const positions = await deck.positions(row.domain), at = positions.ids.indexOf(row.subject.slice(7)), line = at >= 0 && positions.path && positions.path[at];
    if (at < 0) return null;
    if (line && line.length) return {at: line[Math.floor(line.length / 2)], path: line, positions};
    return Number.isFinite(positions.lon[at]) && Number.isFinite(positions.lat[at]) ? {at: [positions.lon[at], positions.lat[at]], positions} : null;
  }

  function dots({positions, at}, project, width, height) {
    if (!positions) return '';
    const found = [];
    for (let row = 0; row < positions.ids.length && found.length < NEAR; row++) {
      if (!Number.isFinite(positions.lon[row]) || (positions.path && positions.path[row])) continue;
      const [x, y] = project([positions.lon[row], positions.lat[row]]);
      if (x > 0 && y > 0 && x < width && y < height && (positions.lon[row] !== at[0] || positions.lat[row] !== at[1])) found.push(`<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r=".23em"/>`);
    }
    return found.join('');
  }
  /* Roads are drawn as soon as they are here; nothing waits for them. */
  function roads(project, width, height) {
    for (const {key, layer} of deck.known.domains) {
      if (layer.kind !== 'links' || routes.has(key)) continue;
      routes.set(key, null);
      deck.positions(key).then((positions) => { routes.set(key, positions); redraw(); });
    }
    return [...routes.values()].filter(Boolean).map((positions) => path((positions.path || []).filter(Boolean), project, width, height)).join('');
  }
  function redraw() {
    document.querySelectorAll('.alarm .place').forEach((element) => { element.shown = ''; });
    deck.alarms.draw();
  }

  /* Names of places that stand free of the mark, of what is said beside it and of each other. */
  function names(found, project, room, rem) {
    const told = [...found].sort((one, other) => one.properties.rank - other.properties.rank), said = [];
    for (const {properties, geometry} of told) {
      const text = deck.text(properties), [x, y] = project(geometry.coordinates), long = [...text].reduce((sum, letter) => sum + (letter > '\u2e7f' ? 1 : 0.58), 0) * rem * 0.75;
      const box = [x - long / 2, y - rem * 0.5, long, rem];
      if (said.length >= NAMES || room.cost(box) > 0) continue;
      room.hard(box);
      said.push(`<text class="map-${properties.kind}" x="${x.toFixed(1)}" y="${(y + rem * 0.27).toFixed(1)}">${deck.escape(text)}</text>`);
    }
    return said.join('');
  }

  function callout(row, what) {
    const said = row.label ? [row.where, row.name] : [row.where, what ? deck.text(what.label) + ' ' + row.amount : row.name];
    return `<span>${deck.escape(said[0])}</span><b>${deck.escape(said[1])}</b>`;
  }

  async function paint(element, row, what, detail, mine) {
    const [place, land, districts, named] = await Promise.all([whereIs(row, detail), features('land'), features('districts'), features('places')]);
    if (mine !== drawing) return;
    element.hidden = !place;
    element.nowhere = place ? '' : row.id;
    const width = element.clientWidth, height = element.clientHeight;
    if (!place || !width) return;
    const project = view(place.at, width, height), rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const draw = (found, close) => path(found.flatMap(({geometry}) => lines(geometry)), project, width, height, close);
    const box = element.querySelector('.callout'), left = place.path ? 0 : 1;
    const room = new deck.map.Room(width, height), [x, y] = [width / 2, height / 2], gap = rem * 1.1;
    box.innerHTML = callout(row, what);
    const wide = box.offsetWidth, tall = box.offsetHeight, at = [left ? x - gap - wide : x + gap, y - tall / 2];
    box.style.transform = `translate(${Math.max(4, at[0])}px, ${at[1]}px)`;
    room.hard([Math.max(4, at[0]), at[1], wide, tall]);
    room.hard([x - rem, y - rem, 2 * rem, 2 * rem]);
    element.querySelector('.ground').innerHTML = `<svg viewBox="0 0 ${width} ${height}" role="img"><path class="land" d="${draw(land, true)}"/><path class="district" d="${draw(districts, true)}"/><path class="road" d="${roads(project, width, height)}"/>` +
      `<g class="dots">${dots(place, project, width, height)}</g><g class="names">${names(named, project, room, rem)}</g>` +
      (place.geometry ? `<path class="reach" d="${path(lines(place.geometry), project, width, height, true)}"/>` : '') + (place.path ? `<path class="own" d="${path([place.path], project, width, height)}"/>` : '') + '</svg>';
    element.querySelector('.here').innerHTML = deck.alarmMark(row);
  }

  deck.drawPlace = function (element, row, what, detail) {
    element.dataset.priority = deck.letter(row.priority);
    const shown = JSON.stringify([row.id, row.state, row.aside, row.amount, row.where, row.priority, Boolean(detail && detail.geometry), deck.language(), element.clientWidth, element.clientHeight]);
    if (element.shown === shown) return;
    element.shown = shown;
    drawing += 1;
    if (element.of !== row.id) { element.hidden = false; for (const css of ['.ground', '.callout', '.here']) element.querySelector(css).innerHTML = ''; }
    element.of = row.id;
    paint(element, row, what, detail, drawing).catch(() => { element.hidden = true; element.shown = ''; });  // its places do not arrive: tried again
  };
})();
