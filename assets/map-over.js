/* A panel of the map, its part over the canvas: buttons, notes at the edges, and texts that find room beside the marks. */
'use strict';
(function () {
  const city = window.citydeck, map = city.map = city.map || {};
  const MOST = 5, RETURNED = 3, CRITICAL = 1;  // callouts at most; the state of an alarm that has returned; a priority
  const CROWD = 1000;          // sensors above which names of places may stand over dots
  const NAMES = 10;            // names at most

  map.parts = map.parts || [];
  map.parts.push({
    furnish() {
      const part = (name, tag = 'div') => this.element.appendChild(Object.assign(document.createElement(tag), {className: name}));
      this.stage = part('map-stage');
      this.over = part('map-over');
      this.pointers = this.over.appendChild(Object.assign(document.createElement('div'), {className: 'map-pointers'}));
      this.newest = part('map-newest');
      this.credit = part('map-credit');
      this.tools = part('map-tools');
      this.tip = part('map-tip');
      this.sentence = part('map-sentence');
      this.tip.hidden = this.sentence.hidden = true;
      this.ring = this.over.appendChild(Object.assign(document.createElement('div'), {className: 'map-ring', hidden: true}));
      this.callouts = new map.Callouts(this.over);
      this.names = new map.Names(this.over);
      this.button('reset', () => this.reset());
      const figure = this.options.deck.layers.map((each) => /^(columns|hexagons)\./.exec(each.id)).find(Boolean);
      if (figure) for (const mode of ['points', figure[1]]) this.button(mode, () => this.choose(mode));
      this.translate();
    },

    button(name, press) {
      if (this.wall) return;
      const button = this.tools.appendChild(Object.assign(document.createElement('button'), {type: 'button'}));
      button.dataset.name = name;
      button.addEventListener('click', press);
    },

    translate() {
      this.tools.querySelectorAll('button').forEach((button) => {
        button.textContent = city.text(map.WORDS[button.dataset.name]);
        button.setAttribute('aria-pressed', button.dataset.name === this.mode);
      });
      const review = this.options.review && city.text(map.WORDS.review) + ' ' + this.options.review;
      this.credit.textContent = [this.credits, review].filter(Boolean).join(' \u00b7 ');
      if (this.problem) this.sentence.textContent = city.text(map.WORDS[this.problem]);
      this.names.translate();
      this.second();
    },

    say(problem) {
      this.problem = problem;
      this.sentence.hidden = !problem;
      this.sentence.dataset.problem = problem || '';
      if (problem) this.sentence.textContent = city.text(map.WORDS[problem]);
    },

    /* `anew` when the camera or the sensors have changed: then callouts need not stay where they stood. */
    arrange(anew) {
      const room = this.takenRoom(), mark = this.look.length('--map-mark'), dots = [...this.feeds.values()].reduce((sum, feed) => sum + feed.rows, 0);
      this.corner(room);
      this.callouts.arrange(room, this.onScreen, mark * 0.62, anew);
      this.encircle();
      const line = this.look.length('--map-text');
      this.names.arrange(room, this.onScreen, Math.min(NAMES, Math.ceil(room.width * room.height / (line * line * 105))), dots > CROWD);
    },

    /* The note about age leaves its corner when an alarm stands there. */
    corner(room) {
      const {offsetWidth, offsetHeight} = this.newest, {height} = room, edge = this.look.length('--map-text');
      const low = height - edge * 0.75 - offsetHeight, places = [low, edge * 0.75, height / 2].map((top) => [edge, top, offsetWidth, offsetHeight]);
      const found = places.find((place) => room.cost(place) < Infinity) || places[0];
      this.newest.style.top = found[1] + 'px';
      room.hard(found);
    },

    takenRoom() {
      const {width, height} = this.box(), room = new map.Room(width, height), mark = this.look.length('--map-mark') * 0.9;
      room.cells.set(this.dotRoom(width, height).cells);
      (this.alarmed || []).forEach(({feed, row}) => {
        const [x, y] = this.onScreen(this.standOf(feed, row));
        room.hard([x - mark / 2, y - mark / 2, mark, mark]);
      });
      for (const part of [this.credit, this.tools]) room.hard([part.offsetLeft, part.offsetTop, part.offsetWidth, part.offsetHeight]);
      return room;
    },

    /* What dots take, kept until the camera or the sensors change. */
    dotRoom(width, height) {
      const taken = this.dotsTaken;
      if (taken && taken.width === width && taken.height === height) return taken;
      const room = this.dotsTaken = new map.Room(width, height), dot = this.look.length('--map-dot') * this.thin() + 4;
      for (const feed of this.feeds.values()) {
        if (!feed.screen || !(feed.key in this.options.domains)) continue;
        for (let row = 0; row < feed.rows; row++) if (!feed.isLink[row]) room.soft([feed.screen[2 * row] - dot / 2, feed.screen[2 * row + 1] - dot / 2, dot, dot]);
      }
      return room;
    },

    /* Alarms of sensors on this map, worst first, one per sensor, and what is selected. What has returned keeps its mark and needs no words,
     * unless it is critical; in a flood only critical ones have any. */
    wanted() {
      const found = new Map(), rows = (city.held('conditions') || {rows: []}).rows;
      const speaks = (row) => !row.laid && row.subject.startsWith('sensor:') && (row.priority === CRITICAL || (row.state !== RETURNED && !city.held('flood')));
      const room = Math.max(1, Math.min(MOST, Math.floor(this.box().width / (this.look.length('--map-text') * 7))));
      const add = (id, words) => {
        for (const feed of this.feeds.values()) {
          const row = feed.row.get(id);
          if (row !== undefined && feed.stands(row) && !found.has(id) && feed.key in this.options.domains && this.marked(feed, row, id)) {
            found.set(id, {key: id, at: this.standOf(feed, row), html: words(feed, row)});
          }
        }
      };
      const mine = rows.find((row) => row.subject === 'sensor:' + this.selected);
      if (this.selected) add(this.selected, (feed, at) => (mine ? map.conditionWords(feed, at, mine) : map.readingWords(feed, at, this.options.domains[feed.key])));
      for (const row of rows) {
        if (found.size >= room) break;
        if (speaks(row)) add(row.subject.slice(7), (feed, at) => map.conditionWords(feed, at, row));
      }
      return [...found.values()];
    },

    /* Whether a sensor's mark is on the panel, for without one nobody could tell what a callout speaks of. */
    marked(feed, row, id) {
      if (!this.onScreen || (id !== this.selected && !map.isAlarm(feed.codes[row]))) return !this.onScreen;
      const [x, y] = this.onScreen(this.standOf(feed, row)), {width, height} = this.box();
      return x >= 0 && y >= 0 && x <= width && y <= height;
    },

    /* The ring around the station that is selected. */
    encircle() {
      const feed = [...this.feeds.values()].find((each) => each.row.has(this.selected)), row = feed && feed.row.get(this.selected);
      this.ring.hidden = !feed || !feed.stands(row);
      if (this.ring.hidden) return;
      const [x, y] = this.onScreen(this.placeOf(feed, row));
      this.ring.style.transform = `translate(${x}px,${y}px)`;
    },

    second() {
      const newest = Math.max(...[...this.feeds.values()].map((feed) => feed.newest ?? -Infinity));
      const heard = [...this.feeds.values()].some((feed) => feed.heard);
      const age = !heard ? '' : Number.isFinite(newest) ? city.text(map.WORDS.newest) + ' ' + city.age(city.now() - newest) : city.text(map.WORDS.silent);
      if (!this.newest.textContent !== !age) this.mind('names');  // it takes room from now on, or no longer
      if (this.newest.textContent !== age) this.newest.textContent = age;
      if ((city.held('conditions') || {rows: []}).rows.some((row) => row.last)) this.mind('callouts');  // they tell an age
      if (this.under) this.tip.innerHTML = map.hoverWords(this.under.feed, this.under.row, this.options.domains[this.under.feed.key]);
    },
  });
})();
