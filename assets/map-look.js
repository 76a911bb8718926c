/* Reads the style sheet for the parts of the map that CSS cannot reach: colours and lengths by the name of a custom property. */
'use strict';
(function () {
  const map = window.citydeck.map = window.citydeck.map || {};

  map.Look = class {
    constructor(element) {
      this.style = getComputedStyle(element);
      this.pen = Object.assign(document.createElement('canvas'), {width: 1, height: 1}).getContext('2d', {willReadFrequently: true});
      this.known = new Map();
    }

    css(name) { return this.style.getPropertyValue(name).trim(); }

    /* Pixels. The property is registered as a length in map.css, so the browser has already resolved rem and em. */
    length(name) { return parseFloat(this.css(name)); }

    /* [red, green, blue, alpha] of 0 to 255, of any colour the browser understands. */
    colour(name) {
      if (!this.known.has(name)) {
        this.pen.clearRect(0, 0, 1, 1);
        this.pen.fillStyle = this.css(name);
        this.pen.fillRect(0, 0, 1, 1);
        this.known.set(name, [...this.pen.getImageData(0, 0, 1, 1).data]);
      }
      return this.known.get(name);
    }

    /* A layer's description with its "--name" texts replaced by what they stand for, and its addresses below the root of the deck. */
    resolve(value, root) {
      if (Array.isArray(value)) return value.map((each) => this.resolve(each, root));
      if (value && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.resolve(each, root)]));
      if (typeof value !== 'string') return value;
      if (value.startsWith('/')) return root + value.slice(1);
      if (!value.startsWith('--')) return value;
      return this.css(value).endsWith('px') ? this.length(value) : this.colour(value);
    }
  };
})();
