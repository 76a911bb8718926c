/* A panel of the map, its edges: an alarm outside the view stands at the edge nearest to it, with an arrow that points to where it is.
 *
 * A wall cannot be moved, and an alarm that a person cannot see is not there. Marks near an edge step inside it, so that none is cut off.
 * On the page of one sensor the view is about that sensor, and nothing stands at the edges.
 */
'use strict';
(function () {
  const map = window.citydeck.map = window.citydeck.map || {};
  const INSET = 0.86, INSIDE = 0.56, APART = 0.95, TRIES = 8;  // of a mark's size: from the edge, with and without arrow; between two

  const clamp = (value, inset, size) => Math.max(inset, Math.min(size - inset, value));

  /* The steps to either side of a place that is taken: 0, 1, -1, 2, -2 ... */
  const steps = Array.from({length: TRIES}, (_, at) => (at % 2 ? 1 : -1) * Math.ceil(at / 2));

  map.parts = map.parts || [];
  map.parts.push({
    /* Where the marks of `alarmed` ([{feed, row}], the worst last) stand: feed.moved is {screen, place, turn} by row, for those that moved. */
    stand(alarmed) {
      this.feeds.forEach((feed) => { feed.moved = new Map(); });
      if (!this.viewport) return;
      const taken = [];
      for (const {feed, row} of [...alarmed].reverse()) {
        const found = this.standing(this.onScreen(this.placeOf(feed, row)), taken);
        if (found) feed.moved.set(row, {...found, place: [...this.viewport.unproject(found.screen), 0]});
      }
      this.arrows();
    },

    standing([x, y], taken) {
      const {width, height} = this.box(), mark = this.look.length('--map-mark'), beyond = x < 0 || y < 0 || x > width || y > height;
      if (!Number.isFinite(x + y) || (beyond && this.options.selected)) return null;
      const inset = (beyond ? INSET : INSIDE) * mark, at = [clamp(x, inset, width), clamp(y, inset, height)];
      if (!beyond) return at[0] === x && at[1] === y ? null : {screen: at};
      const along = x < 0 || x > width ? 1 : 0, size = along ? height : width;
      const free = steps.map((step) => clamp(at[along] + step * APART * mark, inset, size))
        .find((place) => taken.every(([left, top]) => Math.hypot(left - (along ? at[0] : place), top - (along ? place : at[1])) > APART * mark * 0.9));
      if (free !== undefined) at[along] = free;
      taken.push(at);
      return {screen: at, turn: Math.atan2(y - at[1], x - at[0])};
    },

    /* Where a sensor's mark stands, in degrees. */
    standOf(feed, row) {
      const found = feed.moved && feed.moved.get(row);
      return found ? found.place : this.placeOf(feed, row);
    },

    arrows() {
      const mark = this.look.length('--map-mark'), turned = [...this.feeds.values()].flatMap((feed) => [...(feed.moved || new Map()).values()]).filter((each) => 'turn' in each);
      this.pointers.replaceChildren(...turned.map(({screen: [x, y], turn}) => {
        const arrow = document.createElement('i');
        arrow.style.transform = `translate(${x}px,${y}px) rotate(${turn}rad) translate(${mark * 0.68}px)`;
        return arrow;
      }));
    },
  });
})();
