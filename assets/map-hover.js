/* Finding the sensor under the pointer from the places on the screen, without reading pixels back from the graphics card. */
'use strict';
(function () {
  const map = window.citydeck.map = window.citydeck.map || {};
  const DOT = 14, LINK = 8;  // pixels: how near the pointer must come

  function toSegment(x, y, ax, ay, bx, by) {
    const dx = bx - ax, dy = by - ay, length = dx * dx + dy * dy;
    const part = length ? Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
    return Math.hypot(ax + part * dx - x, ay + part * dy - y);
  }

  /* Distance of the pointer from a sensor in its own measure: 0 on it, 1 at the edge of its reach. An alarm's mark is larger, and above. */
  function distance(feed, row, x, y, mark) {
    const alarm = map.isAlarm(feed.codes[row]), moved = alarm && feed.moved && feed.moved.get(row);
    const [px, py] = moved ? moved.screen : [feed.screen[2 * row], feed.screen[2 * row + 1]];
    const near = Math.hypot(px - x, py - y) / (alarm ? mark / 2 : DOT);
    if (alarm && near <= 1) return near - 5 + feed.codes[row];
    if (!feed.isLink[row]) {
      const top = feed.tops && toSegment(x, y, px, py, feed.tops[2 * row], feed.tops[2 * row + 1]) / DOT;
      return top === undefined ? near : Math.min(near, top);
    }
    let least = Infinity;
    const line = feed.lines.get(row);
    for (let at = 2; at < line.length; at += 2) least = Math.min(least, toSegment(x, y, line[at - 2], line[at - 1], line[at], line[at + 1]));
    return least > LINK ? Infinity : 0.9 + least / LINK / 10;
  }

  /* {feed, row} of the sensor nearest to a point of the panel, or null. `mark` is the size of an alarm's mark in pixels. */
  map.nearest = function (feeds, x, y, mark) {
    let found = null, least = 1.000001;
    for (const feed of feeds) {
      if (!feed.screen) continue;
      for (let row = 0; row < feed.rows; row++) {
        const away = distance(feed, row, x, y, mark);
        if (away < least) { least = away; found = {feed, row}; }
      }
    }
    return found;
  };

  /* Screen places of all sensors of a feed, once per view: `screen` and, where columns stand, their `tops`; `lines` the links' paths. */
  map.projectFeed = function (feed, viewport, height) {
    const screen = feed.screen = new Float32Array(feed.rows * 2), tops = feed.tops = height ? new Float32Array(feed.rows * 2) : undefined;
    for (let row = 0; row < feed.rows; row++) {
      const lon = feed.place[2 * row], lat = feed.place[2 * row + 1];
      if (!feed.stands(row)) { screen.fill(NaN, 2 * row, 2 * row + 2); continue; }
      screen.set(viewport.project([lon, lat]).slice(0, 2), 2 * row);
      if (tops) tops.set(viewport.project([lon, lat, feed.height[row] * height]).slice(0, 2), 2 * row);
    }
    feed.within = 0;
    for (let at = 0; at < screen.length; at += 2) {
      if (screen[at] >= 0 && screen[at] <= viewport.width && screen[at + 1] >= 0 && screen[at + 1] <= viewport.height) feed.within++;
    }
    feed.lines = new Map(feed.links.map((row) => [row, feed.path[row].flatMap((point) => viewport.project(point).slice(0, 2))]));
  };
})();
