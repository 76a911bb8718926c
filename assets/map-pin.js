/* Texts that stand on the map: each is tied to a place and keeps its offset while the camera moves; where it stands is chosen anew at rest. */
'use strict';
(function () {
  const map = window.citydeck.map = window.citydeck.map || {};
  const REACH = [0, 0.4, 0.8, 1.2, 1.7];      // how far a callout steps away from its mark to cover nothing, in heights of the callout
  const FREE = 0.008;                        // part of a text that may cover dots, about one of them, before it goes further away
  const STEP = 20;                           // pixels between the places tried when all of those are taken
  const LEANS = [0.5, 0.15, 0.85, 0, 1];     // which part of its side the callout turns to the mark

  class Pin {
    constructor(over, kind, key) {
      this.element = document.createElement('div');
      this.element.className = kind;
      this.element.hidden = true;
      over.append(this.element);
      Object.assign(this, {key, offset: null, size: [0, 0], shown: ''});
    }

    write(html) {
      if (html === this.shown) return false;
      this.shown = html;
      this.element.innerHTML = html;
      this.element.hidden = false;
      const size = [this.element.offsetWidth, this.element.offsetHeight], grown = size[0] > this.size[0] || size[1] !== this.size[1];
      this.element.hidden = !this.offset;  // it was shown to be measured
      if (grown) this.size = size;
      return grown;
    }

    show(offset) {
      this.offset = offset;
      this.element.hidden = !offset;
    }

    move(screen) {
      if (this.offset) this.element.style.transform = `translate(${Math.round(screen[0] + this.offset[0])}px,${Math.round(screen[1] + this.offset[1])}px)`;
    }

    rectangle(screen, offset = this.offset) { return [screen[0] + offset[0], screen[1] + offset[1], ...this.size]; }
  }

  /* Names of places and waters, the important ones first; one that finds no free room is left out. */
  map.Names = class {
    constructor(over) { Object.assign(this, {over, pins: []}); }

    set(places) {
      this.pins.forEach((pin) => pin.element.remove());
      this.pins = [...places].sort((one, other) => one.rank - other.rank).map((place) => {
        const pin = new Pin(this.over, 'map-name map-' + place.kind, place.en);
        return Object.assign(pin, {place, at: [place.lon, place.lat]});
      });
    }

    translate() {
      this.pins.forEach((pin) => { pin.size = [0, 0]; pin.shown = ''; pin.write(window.citydeck.escape(window.citydeck.text(pin.place))); });
    }

    arrange(room, project, most, crowded) {
      const said = new Set();
      for (const pin of this.pins) {
        const screen = project(pin.at), [width, height] = pin.size, up = -height / 2, left = -width / 2;
        const inside = said.size < most && !said.has(pin.shown) && screen[0] > 0 && screen[1] > 0 && screen[0] < room.width && screen[1] < room.height;
        const choices = [[left, up], [left, up - height * 0.9], [left, up + height * 0.9], [height / 3, up], [-width - height / 3, up]];
        const offset = inside ? best(room, pin, screen, choices, crowded ? 1 : 0) : null;
        pin.show(offset);
        if (!offset) continue;
        said.add(pin.shown);
        room.hard(pin.rectangle(screen));
      }
      this.move(project);
    }

    move(project) { this.pins.forEach((pin) => { if (pin.offset) pin.move(project(pin.at)); }); }
  };

  /* Boxes that say what a mark means: beside it when there is room, else further off with a line to it. */
  map.Callouts = class {
    constructor(over) {
      this.over = over;
      this.pins = new Map();
      this.lines = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      this.lines.setAttribute('class', 'map-leaders');
      over.append(this.lines);
    }

    /* `wanted`: [{key, at, html}], the most important first. True when they must be arranged anew. */
    set(wanted) {
      let changed = false;
      const keys = new Set(wanted.map((each) => each.key));
      this.pins.forEach((pin, key) => { if (!keys.has(key)) { pin.element.remove(); pin.line.remove(); this.pins.delete(key); changed = true; } });
      wanted.forEach(({key, at, html}, order) => {
        if (!this.pins.has(key)) { this.add(key); changed = true; }
        const pin = this.pins.get(key), moved = String(pin.at) !== String(at);
        Object.assign(pin, {at, order});
        changed = pin.write(html) || moved || changed;
      });
      return changed;
    }

    add(key) {
      const pin = new Pin(this.over, 'map-callout', key);
      pin.line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
      this.lines.append(pin.line);
      this.pins.set(key, pin);
    }

    arrange(room, project, reach, anew) {
      this.reach = reach;
      for (const pin of [...this.pins.values()].sort((one, other) => one.order - other.order)) {
        const screen = project(pin.at), choices = around(pin.size, reach, anew ? null : pin.offset);
        const clear = (offset) => !crosses(room, screen, pin.rectangle(screen, offset), reach);
        const offset = best(room, pin, screen, choices.filter(clear), 1) || nearest(room, pin, screen, reach, clear);
        pin.show(offset);
        if (!offset) continue;
        room.hard(pin.rectangle(screen));
        trace(room, screen, pin.rectangle(screen));
      }
      this.move(project);
    }

    move(project) {
      this.pins.forEach((pin) => {
        const screen = project(pin.at);
        pin.move(screen);
        pin.line.setAttribute('visibility', pin.offset ? 'visible' : 'hidden');
        if (pin.offset) lead(pin.line, screen, pin.rectangle(screen), this.reach);
      });
    }
  };

  /* Offsets of a box of `size` around a mark: where it stood before, then near before far, the sides before above and below. */
  function around([width, height], reach, before) {
    const found = before ? [before] : [];
    for (const far of REACH) {
      const gap = reach + far * height;
      for (const lean of LEANS) found.push([gap, -lean * height], [-gap - width, -lean * height]);
      for (const lean of LEANS) found.push([-lean * width, gap], [-lean * width, -gap - height]);
    }
    return found;
  }

  /* The first of the choices that covers next to nothing, else the one that covers least, when that is not more than `most` of it. */
  function best(room, pin, screen, choices, most) {
    let found = null, least = most;
    for (const offset of choices) {
      const cost = room.cost(pin.rectangle(screen, offset));
      if (cost <= FREE) return offset;
      if (cost < least || (cost === least && !found && cost <= most)) { found = offset; least = cost; }
    }
    return found;
  }

  /* The free place nearest to the mark, no further away than any callout steps; null when there is none, for what hangs far from its mark,
   * or across another, is read as being about something else. */
  function nearest(room, pin, [x, y], reach, clear) {
    const [width, height] = pin.size;
    let found = null, least = reach + Math.max(...REACH) * height;
    for (let left = 0; left + width < room.width; left += STEP) {
      for (let top = 0; top + height < room.height; top += STEP) {
        const box = [left, top, width, height], [atX, atY] = near([x, y], box), away = Math.hypot(atX - x, atY - y);
        if (away < least && room.cost(box) < Infinity && clear([left - x, top - y])) { found = [left - x, top - y]; least = away; }
      }
    }
    return found;
  }

  const near = ([x, y], [left, top, width, height]) => [Math.max(left, Math.min(left + width, x)), Math.max(top, Math.min(top + height, y))];

  /* Whether the line from a mark, `reach` pixels from its middle, to its box runs over something that must not be covered. */
  function crosses(room, [x, y], box, reach) {
    const [toX, toY] = near([x, y], box), length = Math.hypot(toX - x, toY - y);
    for (let along = reach; along < length; along += 4) {
      if (room.cost([x + (toX - x) * along / length, y + (toY - y) * along / length, 2, 2]) === Infinity) return true;
    }
    return false;
  }

  /* No name stands on the line between a mark and its box. */
  function trace(room, [x, y], box) {
    const [toX, toY] = near([x, y], box), steps = Math.ceil(Math.hypot(toX - x, toY - y) / 4);
    for (let step = 0; step < steps; step++) room.hard([x + (toX - x) * step / steps, y + (toY - y) * step / steps, 2, 2]);
  }

  /* The line from the edge of a mark to the nearest point of its box; none where they stand side by side. */
  function lead(line, [x, y], box, reach) {
    const [toX, toY] = near([x, y], box), length = Math.hypot(toX - x, toY - y);
    const part = length > reach * 1.2 ? reach * 0.9 / length : 1;
    const ends = {x1: x + (toX - x) * part, y1: y + (toY - y) * part, x2: toX, y2: toY};
    for (const [name, value] of Object.entries(ends)) line.setAttribute(name, value);
  }
})();
