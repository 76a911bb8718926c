/* A panel of the map, its part on the canvas: layers kept by id, exchanged when their data change, drawn anew when the card was lost. */
'use strict';
(function () {
  const city = window.citydeck, map = city.map = city.map || {};
  const root = new URL('../', document.currentScript.src).pathname;
  const RETURNED = 1, ACKNOWLEDGED = 2, HALF = 110;  // styles of a mark; of 255, how much of its colour a returned one keeps
  const AGAIN = 1000, LONGEST = 30000;  // milliseconds: first and longest wait before drawing anew

  /* Asked before the library is: its own complaint would be an error on the console at every try. */
  function possible() {
    const context = document.createElement('canvas').getContext('webgl2');
    context?.getExtension('WEBGL_lose_context')?.loseContext();
    return Boolean(context);
  }

  map.parts = map.parts || [];
  map.parts.push({
    draw() {
      this.wait = this.wait || AGAIN;
      if (!possible()) { this.again('missing'); return; }
      this.say(null);
      this.dress();
      this.gl = new window.deck.Deck({
        parent: this.stage, width: '100%', height: '100%', views: this.views, viewState: this.view || this.fitted(), layers: [],
        getCursor: ({isDragging}) => (isDragging ? 'grabbing' : this.under ? 'pointer' : this.wall ? 'default' : 'grab'),
        onViewStateChange: ({viewState, interactionState}) => this.moved(viewState, Object.values(interactionState || {}).some(Boolean)),
        onLoad: () => { this.wait = AGAIN; this.ready = true; this.guard(); this.refresh(); },
        onError: (error, layer) => this.failed(layer),
      });
      this.fit();
    },

    /* Reads the style sheet: the layers' colours, and the marks as one picture. Again at every change of theme. */
    dress() {
      this.look = new map.Look(this.element);
      this.atlas = map.atlas(this.look);
      const described = this.look.resolve(this.options.deck, root);
      const {layers: plain, views} = new window.deck.JSONConverter({configuration: {classes: window.deck}}).convert(described);
      const layers = plain.map((layer) => (layer.id === 'land' ? layer.clone({onDataLoad: (land) => this.bounded(land)}) : layer));
      this.views = views;
      this.templates = new Map(layers.map((layer) => [layer.id, layer]));
      layers.forEach((layer) => { if (!this.layers.has(layer.id) || !layer.id.includes('.')) this.layers.set(layer.id, layer); });
      this.feeds.forEach((feed) => { feed.dirty = true; });
    },

    /* Exchanges the layers whose data have changed. */
    refresh() {
      let alarms = this.feeds.size !== this.drawn;
      this.drawn = this.feeds.size;
      for (const feed of this.feeds.values()) {
        const changed = feed.dirty || feed.changed.length > 0;
        alarms = alarms || feed.dirty || feed.alarmed || (feed.fresh && this.mode === 'columns');
        if (feed.dirty || feed.fresh) this.figures(feed);
        if (changed || this.dashed !== this.dash()) this.lines(feed);
        if (changed || this.thinned !== this.thin()) this.put('dots.' + feed.key, feed.dots(this.atlas.frames), {...this.icons(), getSize: this.atlas.dot, sizeScale: this.thin()});
        feed.dirty = feed.fresh = feed.alarmed = false;
      }
      this.dashed = this.dash();
      this.thinned = this.thin();
      if (alarms) this.put('alarms', this.alarms(), {...this.icons(), getSize: this.atlas.mark});
      this.gl.setProps({layers: [...this.layers.values()]});
    },

    put(id, data, properties) {
      const template = this.templates.get(id);
      if (template) this.layers.set(id, template.clone({data, ...properties}));
    },

    icons() { return {iconAtlas: this.atlas.canvas, iconMapping: {}, textureParameters: {minFilter: 'linear', magFilter: 'linear', lodMaxClamp: 0}}; },

    /* Degrees of a dash of a silent road at this zoom, in whole steps. */
    dash() { return this.view ? 360 / 512 / 2 ** Math.round(this.view.zoom) * this.look.length('--map-road') * 3 : 0.01; },

    lines(feed) {
      if (!feed.links.length) return;
      const shown = feed.key in this.options.domains, silent = (code) => shown && (code === 6 || code === 7), alarm = map.isAlarm;
      const inks = [null, '--C', '--H', '--M', '--L'].map((name) => name && this.look.colour(name));
      this.put('links.' + feed.key, feed.paths(feed.linkRows((code) => !silent(code) && !alarm(code))));
      this.put('silent.' + feed.key, feed.paths(feed.linkRows(silent), null, this.dash()));
      const tone = (row) => (feed.styles[row] === RETURNED ? [...inks[feed.codes[row]].slice(0, 3), HALF] : inks[feed.codes[row]]);
      this.put('abnormal.' + feed.key, feed.paths(feed.linkRows(alarm), tone));
      this.put('hollow.' + feed.key, feed.paths(feed.linkRows((code, style) => alarm(code) && style === ACKNOWLEDGED)));
    },

    figures(feed) {
      for (const kind of ['columns', 'hexagons']) {
        const template = this.templates.get(kind + '.' + feed.key);
        if (template) this.put(template.id, feed[kind](template.props.scale, this.look, template.props.radius), {visible: this.mode === kind});
      }
    },

    heightOf(feed) {
      const template = this.mode === 'columns' && this.templates.get('columns.' + feed.key);
      return template ? template.props.elevationScale : 0;
    },

    alarms() {
      const found = [...this.feeds.values()].filter((feed) => feed.key in this.options.domains)
        .flatMap((feed) => feed.alarms().map((row) => ({feed, row, code: feed.codes[row]}))).sort((one, other) => other.code - one.code);
      this.stand(found);
      const place = new Float32Array(found.length * 3), icons = new Float32Array(found.length * 7);
      found.forEach(({feed, row, code}, at) => {
        place.set(this.standOf(feed, row), at * 3);
        icons.set([0, 0, ...this.atlas.frames[map.drawn(code, feed.styles[row])], 0], at * 7);
      });
      this.alarmed = found;
      return {length: found.length, attributes: {getPosition: {value: place, size: 3}, instanceIconDefs: {value: icons, size: 7}}};
    },

    placeOf(feed, row) { return [feed.place[2 * row], feed.place[2 * row + 1], feed.height[row] * this.heightOf(feed)]; },

    guard() {
      const canvas = this.stage.querySelector('canvas');
      canvas.addEventListener('webglcontextlost', (event) => { event.preventDefault(); if (this.gl) this.again('lost'); });
    },

    failed(layer) {
      if (layer) this.say('ground');
      else if (!this.ready) this.again('missing');
    },

    again(problem) {
      this.stop();
      this.say(problem);
      this.retry = setTimeout(() => this.draw(), this.wait);
      this.wait = Math.min(LONGEST, this.wait * 2);
    },

    /* Browsers allow few contexts: a map that is left gives its own back at once. */
    stop() {
      const canvas = this.stage.querySelector('canvas'), context = canvas && canvas.getContext('webgl2'), gl = this.gl;
      this.gl = null;
      this.ready = false;
      this.layers.clear();
      if (gl) gl.finalize();
      if (context && !context.isContextLost()) context.getExtension('WEBGL_lose_context')?.loseContext();
      this.stage.replaceChildren();
    },

    leave() {
      clearTimeout(this.retry);
      clearTimeout(this.rest);
      cancelAnimationFrame(this.asleep);
      this.stops.forEach((stop) => stop());
      this.sizes.disconnect();
      this.stop();
    },
  });
})();
