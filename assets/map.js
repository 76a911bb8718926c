/* The map: deck.gl, driven by frames. The server describes the layers once (layouts/map.py); this keeps them by id and exchanges only
 * those whose data have changed, so that a tick costs no more than the arrays that differ.
 *
 * One Panel per map, written in several files: this one listens and decides when to work; map-stage draws on the canvas, map-over
 * above it, map-camera, map-edge and map-pointer are what their names say. They use look (colours and lengths of the style sheet), marks (the
 * icon atlas), feed (arrays of one domain), room and pin (texts that cover nothing), hover (what is near the pointer), words.
 *
 * window.citydeck.map.state() -> {ready, problem, view, sensors: {id: {x, y, state, domain}}, callouts, names, updates} of the map on
 * this page, or null: places in pixels of the window, `updates` the milliseconds of script of the newest updates. For tests and benches.
 */
'use strict';
(function () {
  const city = window.citydeck, map = city.map = city.map || {};
  const root = new URL('../', document.currentScript.src).pathname;
  const panels = new Set();

  /* The drawing library comes as a script of its own; it may still be on its way, and until then its name means the element with that id. */
  map.hasLibrary = () => Boolean(window.deck && window.deck.Deck);
  function library() {
    if (map.hasLibrary()) return Promise.resolve();
    const script = document.querySelector('script[src*="vendor/deck-"]');
    if (!script) return Promise.reject(new Error('no library on this page'));
    return new Promise((resolve, reject) => {
      script.addEventListener('load', () => resolve());
      script.addEventListener('error', () => reject(new Error('the library did not arrive')));
    });
  }

  class Panel {
    constructor(element) {
      this.element = element;
      this.options = JSON.parse(element.dataset.map);
      this.wall = element.classList.contains('map-wall');
      this.layers = new Map();
      this.templates = new Map();
      this.feeds = new Map();
      this.updates = [];
      this.mode = this.options.deck.layers.some((each) => /^hexagons\./.test(each.id)) ? 'hexagons' : 'points';
      this.selected = this.options.selected;
      this.look = new map.Look(element);
      this.furnish();
      this.watch();
      this.start();
    }

    watch() {
      this.stops = [city.on('map.', (name, value) => this.take(name.slice(4), value)), city.on('conditions', () => this.mind('callouts')),
        city.on('head.', (name) => this.place(name.slice(5)))];
      this.sizes = new ResizeObserver(() => this.resized());
      this.sizes.observe(this.element);
      const fonts = () => { this.translate(); this.mind('room'); };  // a text measured before its font came is measured again
      document.fonts.addEventListener('loadingdone', fonts);
      this.stops.push(() => document.fonts.removeEventListener('loadingdone', fonts));
      const on = (name, listen) => this.element.addEventListener(name, listen);
      on('pointerdown', (event) => { this.pressed = [event.clientX, event.clientY]; });
      if (this.wall) return;
      on('pointermove', (event) => this.hover(event));
      on('pointerleave', () => this.hover(null));
      on('click', (event) => this.click(event));
    }

    async start() {
      for (const domain of Object.keys(this.options.domains)) this.place(domain);
      this.others().forEach((domain) => this.place(domain));
      this.ground();
      city.catalogue.then(() => this.mind('callouts'));
      try {
        await library();
      } catch (error) { this.say('library'); return; }
      await Promise.all(['700 20px Inter', '700 20px "Inter Variable"'].map((font) => document.fonts.load(font)));
      this.draw();
    }

    /* Domains that only lend their roads to this map. */
    others() {
      return this.options.deck.layers.map((each) => each.id).filter((id) => id.startsWith('links.')).map((id) => id.slice(6))
        .filter((domain) => !(domain in this.options.domains));
    }

    async ground() {
      if (!this.options.places) return;
      const answer = await fetch(root + 'basemap/places.geojson').catch(() => null);
      if (!answer || !answer.ok) return;
      const places = await answer.json();
      this.credits = places.attribution;
      this.names.set(places.features.map(({properties, geometry}) => ({...properties, lon: geometry.coordinates[0], lat: geometry.coordinates[1]})));
      this.translate();
      this.mind('names');
    }

    /* Positions of a domain; called again when the frame names another version of them. */
    async place(domain) {
      if (!(domain in this.options.domains) && !this.others().includes(domain)) return;
      const promise = city.positions(domain), asked = this.asked = this.asked || new Map();
      if (asked.get(domain) === promise) return;
      asked.set(domain, promise);
      const positions = await promise;
      if (asked.get(domain) !== promise) return;
      const feed = new map.Feed(domain, positions), section = city.held('map.' + domain);
      if (section) feed.update(section.c);
      this.feeds.set(domain, feed);
      if (!this.gl || this.touched || !feed.row.has(this.options.selected)) this.settle();
      else this.fit();
      this.mind('callouts');
    }

    take(domain, section) {
      const feed = this.feeds.get(domain);
      if (!feed || !section) return;
      if (feed.update(section.c)) this.mind('names');
      feed.fresh = true;
      this.mind('callouts');
    }

    /* Work is done once per picture, however many sections came; nothing is done in a window that nobody sees. */
    mind(what) {
      this.todo = this.todo || new Set();
      this.todo.add(what);
      if (!this.asleep) this.asleep = requestAnimationFrame(() => { this.asleep = 0; this.flush(); });
    }

    flush() {
      const begun = performance.now(), todo = this.todo || new Set();
      this.todo = new Set();
      if (this.gl && this.atlas) this.refresh();
      if (this.viewport) {
        const moved = todo.has('callouts') && this.callouts.set(this.wanted());
        if (moved || todo.has('names') || todo.has('room')) this.arrange(todo.has('room'));
      }
      this.updates.push(performance.now() - begun);
      if (this.updates.length > 60) this.updates.shift();
    }

    state() {
      const {left, top} = this.element.getBoundingClientRect(), sensors = Object.create(null);  // an id may be any text, also __proto__
      for (const feed of this.feeds.values()) {
        if (!this.viewport || !(feed.key in this.options.domains)) continue;
        feed.positions.ids.forEach((id, row) => {
          if (!feed.stands(row)) return;
          const [x, y] = this.onScreen(this.standOf(feed, row));
          sensors[id] = {x: x + left, y: y + top, state: feed.codes[row], domain: feed.key};
        });
      }
      const told = (pins) => [...pins].filter((pin) => pin.offset).map((pin) => ({key: pin.key, text: pin.element.innerText, box: pin.rectangle(this.onScreen(pin.at))}));
      return {ready: Boolean(this.ready) && [...this.layers.values()].every((layer) => layer.isLoaded || !layer.props.visible), problem: this.problem || null, view: this.view, sensors,
        callouts: this.viewport ? told(this.callouts.pins.values()) : [], names: this.viewport ? told(this.names.pins) : [], updates: [...this.updates]};
    }
  }

  map.parts.forEach((part) => Object.defineProperties(Panel.prototype, Object.getOwnPropertyDescriptors(part)));

  const current = () => [...panels].find((panel) => panel.element.isConnected) || null;
  const sweep = () => panels.forEach((panel) => {
    if (panel.element.isConnected) return;
    panel.leave();
    panels.delete(panel);
  });
  map.state = () => current()?.state() ?? null;
  map.panel = current;
  map.select = (id) => { const panel = current(); if (panel) { panel.selected = id; panel.mind('callouts'); } };

  city.mount('.map[data-map]', (element) => { sweep(); panels.add(new Panel(element)); });
  city.second(() => { sweep(); panels.forEach((panel) => panel.second()); });
  city.onLanguage(() => panels.forEach((panel) => { panel.translate(); panel.mind('callouts'); panel.mind('names'); }));
  city.onTheme(() => panels.forEach((panel) => { if (panel.gl) { panel.dress(); panel.mind('names'); } }));
})();
