/* Draws the marks of the map once on one canvas: the icon atlas that WebGL samples.
 *
 * By state code of a frame: 0 a small filled dot; 1 to 4 the alarm shapes of mark.js; 5 (only bad readings) a ring with a dot in it;
 * 6 (stale) a dashed ring; 7 (never heard) a thin faint ring; 8 is ours: where a sensor stands while its state is not known.
 * 9 to 12 a returned alarm half-toned, 13 to 16 an acknowledged one in outline, 17 a dot whose alarms are all set aside, in a grey ring.
 * A dot never takes a colour: colour is kept for the four alarms, and shape and letter say the same without it.
 */
'use strict';
(function () {
  const map = window.citydeck.map = window.citydeck.map || {};
  const FINE = 2, GAP = 2, LETTERS = ['', 'C', 'H', 'M', 'L'];  // pixels of the atlas per pixel of the screen; between two marks
  map.UNKNOWN = 8;
  map.CODES = 18;
  /* Which of them a sensor takes, by its state code and style: 0 filled, 1 returned, 2 acknowledged, 3 set aside. */
  map.drawn = (code, style) => (code >= 1 && code <= 4 ? code + [0, 8, 12, 0][style] : style === 3 ? 17 : code);

  /* Dark in both themes: the ground of a dark screen, the ink of a light one. */
  function outline(look) {
    const brightness = ([red, green, blue]) => 0.3 * red + 0.6 * green + 0.1 * blue;
    return brightness(look.colour('--bg')) < brightness(look.colour('--ink')) ? look.css('--bg') : look.css('--ink');
  }

  function shape(markup) {
    const path = /\sd="([^"]+)"/.exec(markup), whole = new Path2D();
    if (path) whole.addPath(new Path2D(path[1]));
    else whole.arc(0, 0, Number(/\sr="([^"]+)"/.exec(markup)[1]), 0, 2 * Math.PI);
    return whole;
  }

  const isShape = (drawn) => (drawn >= 1 && drawn <= 4) || (drawn >= 9 && drawn <= 16);

  function alarm(pen, look, drawn, size) {
    const code = (drawn - 1) % 4 + 1, style = drawn < 9 ? 'solid' : drawn < 13 ? 'half' : 'out';
    const markup = window.citydeck.mark(code, style), letter = LETTERS[code], path = shape(markup);
    pen.scale(size / 2.5, size / 2.5);
    pen.lineJoin = 'round';
    pen.lineWidth = 0.28;
    pen.strokeStyle = outline(look);
    pen.stroke(path);
    if (style !== 'solid') { pen.fillStyle = look.css('--bg'); pen.fill(path); }
    pen.fillStyle = look.css('--' + letter);
    pen.globalAlpha = {solid: 1, half: 0.38, out: 0}[style];
    pen.fill(path);
    pen.globalAlpha = 1;
    if (style !== 'solid') { pen.lineWidth = 0.2; pen.strokeStyle = look.css('--' + letter); pen.stroke(path); }
    pen.fillStyle = look.css(style === 'solid' ? '--on' + letter : '--ink');
    pen.textAlign = 'center';
    pen.font = `700 ${/font-size="([^"]+)"/.exec(markup)[1]}px Inter, sans-serif`;
    pen.fillText(letter, 0, Number(/<text y="([^"]+)"/.exec(markup)[1]));
  }

  function ring(pen, radius, width, gaps) {
    const part = 2 * Math.PI * radius / 6;
    pen.lineWidth = width;
    pen.setLineDash(gaps ? [part * 0.58, part * 0.42] : []);
    pen.beginPath();
    pen.arc(0, 0, radius, 0, 2 * Math.PI);
    pen.stroke();
  }

  function disc(pen, radius) {
    pen.beginPath();
    pen.arc(0, 0, radius, 0, 2 * Math.PI);
    pen.fill();
  }

  function dot(pen, look, code, size) {
    const radius = size / 2;
    pen.strokeStyle = look.css('--ink3');
    pen.fillStyle = look.css(code === 5 ? '--ink3' : '--data');
    if (code === 6) ring(pen, radius * 1.15, radius * 0.42, true);
    if (code === 5) { ring(pen, radius * 1.2, radius * 0.3, false); disc(pen, radius * 0.5); }
    if (code === 7 || code === map.UNKNOWN) pen.globalAlpha = 0.6;
    if (code === 7) ring(pen, radius * 0.9, radius * 0.25, false);
    if (code === map.UNKNOWN) disc(pen, radius * 0.7);
    if (code === 0) disc(pen, radius);
    if (code === 17) { ring(pen, radius * 1.4, radius * 0.3, false); disc(pen, radius * 0.7); }
  }

  /* {canvas, frames, mark, dot}: frames[code] = [x, y, width, height] on the canvas; mark and dot the heights to draw them at, in pixels. */
  map.atlas = function (look) {
    const mark = look.length('--map-mark'), plain = look.length('--map-dot'), cell = plain * 1.8, fine = FINE * devicePixelRatio;
    const sizes = Array.from({length: map.CODES}, (_, code) => Math.ceil((isShape(code) ? mark : cell) * fine));
    const canvas = document.createElement('canvas'), frames = [];
    canvas.width = sizes.reduce((sum, size) => sum + size + GAP, GAP);
    canvas.height = Math.max(...sizes) + 2 * GAP;
    const pen = canvas.getContext('2d');
    let x = GAP;
    sizes.forEach((size, code) => {
      frames.push([x, GAP, size, size]);
      pen.save();
      pen.translate(x + size / 2, GAP + size / 2);
      if (isShape(code)) alarm(pen, look, code, size);
      else dot(pen, look, code, plain * fine);
      pen.restore();
      x += size + GAP;
    });
    return {canvas, frames, mark, dot: cell};
  };
})();
