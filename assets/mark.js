/* The four marks of a condition's priority, as inline SVG: shape, letter and colour, so that none has to be told by colour alone.
 *
 * mark(priority, style): priority 1 to 4 (critical, high, medium, low), style 'solid' (active), 'half' (returned, not yet
 * acknowledged), 'out' (acknowledged) or 'grey' (shelved, suppressed, out of service). Returns markup; size and colours are style.css's.
 * markShape(priority): the bare outline on the same grid (x and y from -1.2 to 1.2), for an icon atlas.
 */
'use strict';
(function () {
  const deck = window.citydeck = window.citydeck || {};
  const LETTERS = ['', 'C', 'H', 'M', 'L'];
  const SHAPES = ['',
    '<path d="M-.9-.9H.9V.9H-.9Z"/>',
    '<path d="M0-1.08 1.14.88H-1.14Z"/>',
    '<path d="M0-1.14 1.14 0 0 1.14-1.14 0Z"/>',
    '<circle r="1"/>'];
  const BASELINES = [0, 0.37, 0.66, 0.36, 0.37], SIZES = [0, 1.02, 0.96, 0.98, 1.02];

  deck.letter = (priority) => LETTERS[priority] || '';
  deck.markShape = (priority) => SHAPES[priority] || '';
  deck.mark = function (priority, style) {
    if (!SHAPES[priority]) return '';
    return `<svg class="mark ${LETTERS[priority]} ${style || 'solid'}" viewBox="-1.25 -1.25 2.5 2.5" role="img" aria-label="${LETTERS[priority]}">` +
      `${SHAPES[priority]}<text y="${BASELINES[priority]}" font-size="${SIZES[priority]}">${LETTERS[priority]}</text></svg>`;
  };
  /* How the mark of a row of the frame is drawn: by what lies over its alarm, else by the alarm's state. */
  const STYLES = ['grey', 'solid', 'out', 'half'];
  deck.markStyle = (row) => (row.laid ? 'grey' : STYLES[row.state] || 'solid');
  deck.mount('[data-mark]', (element) => { element.innerHTML = deck.mark(Number(element.dataset.mark), element.dataset.markStyle); });
})();
