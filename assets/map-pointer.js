/* A panel of the map, its pointer: a tip over the sensor under it, and its page at a click. */
'use strict';
(function () {
  const city = window.citydeck, map = city.map = city.map || {};
  const root = new URL('../', document.currentScript.src).pathname;

  map.parts = map.parts || [];
  map.parts.push({
    at(event) {
      const {left, top} = this.element.getBoundingClientRect();
      return [event.clientX - left, event.clientY - top];
    },

    find(event) {
      if (event.target.closest('button')) return null;
      const shown = [...this.feeds.values()].filter((feed) => feed.key in this.options.domains);
      return map.nearest(shown, ...this.at(event), this.look.length('--map-mark'));
    },

    hover(event) {
      this.under = event && !event.buttons ? this.find(event) : null;
      this.tip.hidden = !this.under;
      if (!this.under) return;
      this.second();
      const {width, height} = this.box(), [x, y] = this.onScreen(this.standOf(this.under.feed, this.under.row)), gap = this.look.length('--map-mark') * 0.6;
      const left = x + gap + this.tip.offsetWidth < width ? x + gap : x - gap - this.tip.offsetWidth;
      const top = Math.max(4, Math.min(height - this.tip.offsetHeight - 4, y - this.tip.offsetHeight / 2));
      this.tip.style.transform = `translate(${Math.round(left)}px,${Math.round(top)}px)`;
    },

    click(event) {
      const [x, y] = this.pressed || [event.clientX, event.clientY];
      const found = Math.hypot(event.clientX - x, event.clientY - y) < 6 ? this.find(event) : null;
      if (found) visit('sensor/' + encodeURIComponent(found.feed.positions.ids[found.row]));
    },
  });

  /* Goes to another page the way Dash's own links do, without loading the document anew. */
  function visit(path) {
    history.pushState({}, '', root + path);
    window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'));
    window.scrollTo(0, 0);
  }
})();
