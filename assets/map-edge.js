/* A panel of the map, its edges: an alarm outside the view stands at the edge nearest to it, with an arrow that points to where it is.
 *
 * A wall cannot be moved, and an alarm that a person cannot see is not there. Marks near an edge step inside it, so that none is cut off,
 * and of two that would cover each other the lesser steps aside, with an arrow too.
 * On the page of one sensor the view is about that sensor, and nothing stands at the edges.
 */
'use strict';
(function () {
  const map = window.citydeck.map = window.citydeck.map || {};
  const INSET = 0.86, INSIDE = 0.56, APART = 1.05, NEAR = 0.75;  // of a mark's size: from the edge, with and without arrow; a step aside; what leaves both letters legible
  const TRIES = 8, MOST = 80;                       // steps along an edge; marks that give way to each other, the worst of them

  const clamp = (value, inset, size) => Math.max(inset, Math.min(size - inset, value));

  /* The steps away from a place that is taken, in marks, near before far: along an edge 0, 1, -1, 2, -2 ..., else in rings around it. */
  const steps = Array.from({length: TRIES}, (_, at) => (at % 2 ? 1 : -1) * Math.ceil(at / 2));
  const ROW = steps.map((step) => [step, 0]), COLUMN = steps.map((step) => [0, step]);
  const ring = (far, count) => Array.from({length: count}, (_, at) => 2 * Math.PI * at / count).map((turn) => [far * Math.cos(turn), far * Math.sin(turn)]);
  const AROUND = [[0, 0], ...ring(1, 8), ...ring(2, 16)];

  map.parts = map.parts || [];
  map.parts.push({
    /* Where the marks of `alarmed` ([{feed, row}], the worst last) stand: feed.moved is {screen, place, turn} by row, for those that moved. */
    stand(alarmed) {
      this.feeds.forEach((feed) => { feed.moved = new Map(); });
      if (!this.viewport || !this.element.isConnected) return;  // a page that is left has no lengths
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
      const inset = (beyond ? INSET : INSIDE) * mark, within = ([left, top]) => [clamp(left, inset, width), clamp(top, inset, height)], at = within([x, y]);
      const apart = ([left, top]) => taken.length > MOST || taken.every(([otherLeft, otherTop]) => Math.hypot(left - otherLeft, top - otherTop) > NEAR * mark);
      const along = beyond && !(x < 0 || x > width) ? ROW : beyond ? COLUMN : AROUND;
      const found = along.map(([right, down]) => within([at[0] + right * APART * mark, at[1] + down * APART * mark])).find(apart) || at;
      taken.push(found);
      if (found[0] === x && found[1] === y) return null;
      const aside = beyond || Math.hypot(found[0] - x, found[1] - y) > inset;
      return {screen: found, ...(aside ? {turn: Math.atan2(y - found[1], x - found[0])} : {})};
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
