/* What room is left on the map: a coarse bitmap of what is taken, so that no text covers a mark or another text. */
'use strict';
(function () {
  const map = window.citydeck.map = window.citydeck.map || {};
  const CELL = 4;  // pixels

  /* A rectangle is [left, top, width, height] in pixels of the panel. */
  map.Room = class {
    constructor(width, height) {
      Object.assign(this, {width, height, across: Math.ceil(width / CELL), down: Math.ceil(height / CELL)});
      this.cells = new Uint8Array(this.across * this.down);
    }

    /* Soft is what a text had better not cover (a dot), hard what it must not (an alarm, another text, a button). */
    soft(rectangle) { this.fill(rectangle, 1); }
    hard(rectangle) { this.fill(rectangle, 2); }

    fill(rectangle, level) {
      const [left, top, right, bottom] = this.range(rectangle);
      for (let y = top; y < bottom; y++) {
        for (let at = y * this.across + left, end = y * this.across + right; at < end; at++) if (this.cells[at] < level) this.cells[at] = level;
      }
    }

    range([left, top, width, height]) {
      const within = (value, most) => Math.max(0, Math.min(most, value));
      return [within(Math.floor(left / CELL), this.across), within(Math.floor(top / CELL), this.down),
        within(Math.ceil((left + width) / CELL), this.across), within(Math.ceil((top + height) / CELL), this.down)];
    }

    /* Share of the rectangle that covers something soft; Infinity where it covers something hard or leaves the panel. */
    cost([left, top, width, height]) {
      if (left < 0 || top < 0 || left + width > this.width || top + height > this.height) return Infinity;
      const [first, upper, last, lower] = this.range([left, top, width, height]);
      let covered = 0;
      for (let y = upper; y < lower; y++) {
        for (let at = y * this.across + first, end = y * this.across + last; at < end; at++) {
          if (this.cells[at] === 2) return Infinity;
          covered += this.cells[at];
        }
      }
      return covered / Math.max(1, (last - first) * (lower - upper));
    }
  };
})();
