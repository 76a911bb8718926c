/* A panel of the map, its camera: fits the site's extent to the panel, keeps the view a person has chosen, says when it is at rest. */
'use strict';
(function () {
  const city = window.citydeck, map = city.map = city.map || {};
  const REST = 150;  // milliseconds without a movement
  const COVER = 0.012, THINNEST = 0.35;  // share of the panel that dots may cover; the smallest dot, of its size
  const AROUND = 0.6;                    // of the width of the site's extent: what the page of one sensor shows
  const CROP = 0.6;                      // zoom levels by which the view may come nearer so that nothing beyond the base map is seen
  const TILT = {pitch: 32, bearing: 0}, FLAT = {pitch: 0, bearing: 0};

  map.parts = map.parts || [];
  map.parts.push({
    box() { return {width: this.element.clientWidth, height: this.element.clientHeight}; },

    fitted() {
      const [west, south, east, north] = this.options.extent, {width, height} = this.box(), first = this.options.deck.initialViewState;
      const edge = this.look.length('--map-mark') * 0.6;
      if (width < 20 || height < 20) return {...first};
      const padding = {left: edge, right: edge, top: edge, bottom: edge + this.look.length('--map-text') * 2};
      const fitted = new window.deck.WebMercatorViewport({width, height}).fitBounds([[west, south], [east, north]], {padding});
      const tilt = this.mode === 'columns' ? TILT : FLAT, {longitude, latitude, zoom} = this.covered(this.near(fitted, width), {width, height, ...tilt});
      return {...first, longitude, latitude, zoom, ...tilt, minZoom: zoom - 2, maxZoom: 17};
    },

    /* The page of one sensor looks at that sensor, once its place is known. */
    near(view, width) {
      const [west, , east] = this.options.extent, feed = [...this.feeds.values()].find((each) => each.row.has(this.options.selected)), row = feed && feed.row.get(this.options.selected);
      if (!feed || !Number.isFinite(feed.place[2 * row])) return view;
      return {longitude: feed.place[2 * row], latitude: feed.place[2 * row + 1], zoom: Math.log2(360 / (east - west) / AROUND * width / 512)};
    },

    /* Nearer, and to the side, as far as is needed to see no end of the base map. */
    covered({longitude, latitude, zoom}, box) {
      if (!this.land) return {longitude, latitude, zoom};
      const [west, south, east, north] = this.land, seen = (view) => new window.deck.WebMercatorViewport({...view, ...box}).getBounds();
      const [left, bottom, right, top] = seen({longitude, latitude, zoom});
      const view = {longitude, latitude, zoom: zoom + Math.min(CROP, Math.max(0, Math.log2(Math.max((right - left) / (east - west), (top - bottom) / (north - south)))))};
      const [l, b, r, t] = seen(view), shift = (low, high, least, most) => (low < least ? least - low : high > most ? most - high : 0);
      return {...view, longitude: longitude + shift(l, r, west, east), latitude: latitude + shift(b, t, south, north)};
    },

    /* The base map has come: its ends are known. */
    bounded({features}) {
      const points = features.flatMap(({geometry}) => geometry.coordinates.flat(geometry.type === 'MultiPolygon' ? 2 : 1));
      const ends = (at, most) => points.reduce((found, point) => most(found, point[at]), points[0][at]);
      this.land = [ends(0, Math.min), ends(1, Math.min), ends(0, Math.max), ends(1, Math.max)];
      if (!this.touched) this.fit();
    },

    fit() {
      this.touched = false;
      this.turn(this.fitted());
    },

    reset() { this.fit(); },

    turn(view) {
      this.view = view;
      this.gl?.setProps({viewState: view});
      this.settle();
    },

    /* `by` a person: the library also reports what it corrects itself. */
    moved(view, by) {
      this.touched = this.touched || by;
      this.view = view;
      this.gl?.setProps({viewState: view});
      this.project();
      this.hover(null);
      this.names.move(this.onScreen);
      this.callouts.move(this.onScreen);
      this.encircle();
      this.pointers.replaceChildren();
      clearTimeout(this.rest);
      this.rest = setTimeout(() => this.settle(), REST);
    },

    resized() {
      if (!this.gl || !this.element.clientWidth) return;
      if (this.look.length('--map-mark') !== this.atlas.mark) this.dress();
      if (this.touched) this.settle();
      else this.fit();
    },

    project() {
      const {width, height} = this.box();
      this.viewport = new window.deck.WebMercatorViewport({...this.view, width, height});
      this.onScreen = (place) => this.viewport.project(place);
    },

    /* The camera is at rest: places on the screen are computed anew, and texts find their room. */
    settle() {
      if (!this.view || !map.hasLibrary()) return;
      this.project();
      this.tools.classList.toggle('map-moved', Boolean(this.touched));
      this.dotsTaken = null;
      this.feeds.forEach((feed) => { map.projectFeed(feed, this.viewport, this.heightOf(feed)); feed.alarmed = true; });
      this.mind('room');
      this.mind('callouts');
    },

    /* Where sensors are many their dots become smaller, so that they never cover more than a part of the map. */
    thin() {
      if (!this.viewport) return 1;
      const shown = [...this.feeds.values()].filter((feed) => feed.key in this.options.domains), {width, height} = this.box();
      const count = shown.reduce((sum, feed) => sum + feed.within, 0), dot = this.look.length('--map-dot');
      const most = Math.sqrt(COVER * width * height / (Math.max(1, count) * dot * dot));
      return most >= 1 ? 1 : Math.max(THINNEST, Math.round(most * 20) / 20);
    },

    choose(mode) {
      this.mode = mode;
      this.feeds.forEach((feed) => { feed.dirty = true; });
      if (this.touched) this.turn({...this.view, ...(mode === 'columns' ? TILT : FLAT)});
      else this.fit();
      this.translate();
    },
  });
})();
