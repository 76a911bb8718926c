/* One domain's sensors on the map: positions once, then per frame only the numbers that changed, as arrays that WebGL takes as they are. */
'use strict';
(function () {
  const map = window.citydeck.map = window.citydeck.map || {};
  const ICON = 7;  // floats per sensor: offset x, y, frame x, y, width, height, colour mode
  const NOTHING = [0, 0, 0, 0];
  const isAlarm = map.isAlarm = (code) => code >= 1 && code <= 4;
  const share = (value, [low, high]) => (value === null || value === undefined ? null : Math.min(1, Math.max(0, (value - low) / (high - low))));

  map.Feed = class {
    /* `positions` as GET /positions/<domain> gives them. A sensor without a place is not drawn. */
    constructor(key, positions) {
      const rows = positions.ids.length;
      Object.assign(this, {key, positions, rows, path: positions.path || [], v: [], t: [], newest: null, heard: false});
      this.row = new Map(positions.ids.map((id, row) => [id, row]));
      this.codes = new Uint8Array(rows).fill(map.UNKNOWN);
      this.styles = new Uint8Array(rows);
      this.place = new Float32Array(rows * 2);
      this.icons = new Float32Array(rows * ICON);
      this.height = new Float32Array(rows);
      this.links = [];
      for (let row = 0; row < rows; row++) {
        this.place[2 * row] = positions.lon[row] ?? NaN;
        this.place[2 * row + 1] = positions.lat[row] ?? NaN;
        if (this.path[row] && this.path[row].length > 1) this.links.push(row);
      }
      this.isLink = new Uint8Array(rows);
      this.links.forEach((row) => { this.isLink[row] = 1; });
      Object.assign(this, {dirty: true, alarmed: true, changed: []});
    }

    /* An unlisted sensor whose messages carry no place stands nowhere on the map. */
    stands(row) { return Number.isFinite(this.place[2 * row]); }

    name(row) { return {en: this.positions.en[row], zh: this.positions.zh[row]}; }

    /* Takes the columns of section map.<domain>; true when an alarm came, went or changed. */
    update({v, s, t, a}) {
      const {codes, styles, rows} = this;
      let alarms = false;
      for (let row = 0; row < rows; row++) {
        const code = s[row] ?? map.UNKNOWN, before = codes[row];
        const style = a ? a[row] : 0;
        if (before === code && styles[row] === style) continue;
        codes[row] = code;
        styles[row] = style;
        this.changed.push(row);
        alarms = alarms || isAlarm(code) || isAlarm(before);
      }
      let newest = null;
      for (let row = 0; row < rows; row++) if (t[row] > newest) newest = t[row];
      Object.assign(this, {v, t, newest, heard: true});
      if (alarms) this.alarmed = true;
      return alarms;
    }

    /* Small marks of all sensors that are neither in alarm nor a link: only rows that changed are written, into the same array, whose wrapper
     * is new so that it is uploaded. Colours for picking are given once, else the library would make them anew each time. */
    dots(frames) {
      const {icons, codes, isLink, rows} = this, changed = this.frames === frames ? this.changed : Array.from({length: rows}, (_, row) => row);
      for (const row of changed) {
        const at = row * ICON, code = codes[row], [x, y, width, height] = isLink[row] || isAlarm(code) ? NOTHING : frames[map.drawn(code, this.styles[row])];
        icons[at + 2] = x; icons[at + 3] = y; icons[at + 4] = width; icons[at + 5] = height;
      }
      Object.assign(this, {frames, changed: []});
      this.dotData = this.dotData || {getPosition: {value: this.place, size: 2}, instancePickingColors: {value: new Uint8Array(rows * 4), size: 4}};
      return {length: rows, attributes: {...this.dotData, instanceIconDefs: {value: icons, size: ICON}}};
    }

    /* Rows in alarm, the worst last so that they are drawn on top. */
    alarms() {
      const found = [];
      for (let row = 0; row < this.rows; row++) if (isAlarm(this.codes[row]) && this.stands(row)) found.push(row);
      return found;
    }

    /* Heights between 0 and 1 of the scale, and colours: the neutral one, or that of the alarm. */
    columns(scale, look) {
      const {rows, height, codes} = this, colours = new Uint8Array(rows * 4);
      const plain = look.colour('--data'), ink = [plain, ...['--C', '--H', '--M', '--L'].map((name) => look.colour(name))];
      for (let row = 0; row < rows; row++) {
        const code = codes[row], stands = code < 5 ? share(this.v[row], scale) : null;
        height[row] = stands ?? 0;
        colours.set(ink[code] || plain, row * 4);
        colours[row * 4 + 3] = stands === null ? 0 : 225;
      }
      return {length: rows, attributes: {
        getPosition: {value: this.place, size: 2}, getElevation: {value: height, size: 1}, getFillColor: {value: colours, size: 4, normalized: true}}};
    }

    /* Mean of the live sensors by hexagon, as a step between the ground and the neutral tone: bins are found once. */
    hexagons(scale, look, radius) {
      this.bins = this.bins || bins(this.place, radius);
      const {of, place, count} = this.bins, sum = new Float64Array(count), number = new Uint32Array(count), colours = new Uint8Array(count * 4);
      for (let row = 0; row < this.rows; row++) {
        const value = this.codes[row] < 5 ? this.v[row] : null;
        if (value !== null && value !== undefined && of[row] >= 0) { sum[of[row]] += value; number[of[row]]++; }
      }
      const plain = look.colour('--data');
      for (let bin = 0; bin < count; bin++) {
        colours.set(plain, bin * 4);
        colours[bin * 4 + 3] = number[bin] ? 20 + 130 * share(sum[bin] / number[bin], scale) : 0;
      }
      return {length: count, attributes: {getPosition: {value: place, size: 2}, getFillColor: {value: colours, size: 4, normalized: true}}};
    }

    linkRows(wanted) { return this.links.filter((row) => wanted(this.codes[row], this.styles[row])); }

    /* Paths of `rows`, with a colour per row when `colour(row)` is given, cut into dashes of `dash` degrees when that is not zero. */
    paths(rows, colour, dash) {
      const lines = [], owners = [];
      for (const row of rows) for (const line of dash ? dashes(this.path[row], dash) : [this.path[row]]) { lines.push(line); owners.push(row); }
      const starts = new Uint32Array(lines.length + 1);
      lines.forEach((line, at) => { starts[at + 1] = starts[at] + line.length; });
      const attributes = {getPath: {value: new Float32Array(lines.flat(2)), size: 2}};
      if (colour) attributes.getColor = {value: new Uint8Array(lines.flatMap((line, at) => line.flatMap(() => colour(owners[at])))), size: 4, normalized: true};
      return {length: lines.length, startIndices: starts, attributes};
    }
  };

  /* Hexagons of `radius` metres with a corner to the east; `of` the bin of each row or -1, `place` the middles. */
  function bins(place, radius) {
    const rows = place.length / 2, of = new Int32Array(rows).fill(-1), known = new Map(), middles = [];
    const north = radius / 111320, east = north / Math.cos((place[1] || 0) * Math.PI / 180);
    for (let row = 0; row < rows; row++) {
      const x = place[2 * row] / east, y = place[2 * row + 1] / north;
      if (!Number.isFinite(x + y)) continue;
      const [q, r] = nearest(2 / 3 * x, -x / 3 + Math.sqrt(3) / 3 * y), name = q + ',' + r;
      if (!known.has(name)) { known.set(name, known.size); middles.push(1.5 * q * east, Math.sqrt(3) * (r + q / 2) * north); }
      of[row] = known.get(name);
    }
    return {of, place: new Float32Array(middles), count: known.size};
  }

  /* Rounds axial coordinates of a hexagonal grid: the one of three that is furthest from whole follows from the other two. */
  function nearest(q, r) {
    const s = -q - r, whole = [Math.round(q), Math.round(r), Math.round(s)];
    const off = [Math.abs(whole[0] - q), Math.abs(whole[1] - r), Math.abs(whole[2] - s)];
    if (off[0] > off[1] && off[0] > off[2]) whole[0] = -whole[1] - whole[2];
    else if (off[1] > off[2]) whole[1] = -whole[0] - whole[2];
    return whole;
  }

  /* Pieces of a path, `length` degrees each, with gaps of the same length. */
  function dashes(path, length) {
    const pieces = [];
    let left = length, piece = [path[0]], drawn = true;
    for (let at = 1; at < path.length; at++) {
      let [x, y] = path[at - 1];
      const [endX, endY] = path[at];
      for (let rest = Math.hypot(endX - x, endY - y); rest > 0;) {
        const step = Math.min(rest, left), part = step / rest;
        x += (endX - x) * part; y += (endY - y) * part; rest -= step; left -= step;
        if (drawn) piece.push([x, y]);
        if (left > 0) continue;
        if (drawn) pieces.push(piece);
        drawn = !drawn; left = length; piece = [[x, y]];
      }
    }
    if (drawn && piece.length > 1) pieces.push(piece);
    return pieces;
  }
})();
