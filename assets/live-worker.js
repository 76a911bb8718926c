/* One stream for all windows of a browser: the body of the shared worker, and, where there is none, of the one window.
 *
 * Browsers allow six connections to a host, and a wall has more windows than that. Windows say which pages they show; this side holds
 * one EventSource for all of those pages (/live/a+b) and hands every message to the windows that show its page. It does not look
 * into frames beyond the name of the page. Whenever the set of windows changes the stream is opened anew, and the server begins
 * a new stream with full frames, so nobody has to keep them here.
 *
 * To this side:   {join: [page], live: "/live/"}   {leave: true}   {again: true} (a frame was missed)
 *                 {here: [page], live: "/live/"} (still alive; one that slept so long that it was forgotten joins again)
 * To the window:  {data: string}   {open: true}   {lost: true}
 *
 * It must not run as a page script of its own: the app ignores it (assets_ignore) and live.js starts it.
 */
'use strict';
(function (scope) {
  const RETRY = 2000, SILENT = 180000;  // milliseconds; a hidden window may be woken only once a minute
  const windows = new Map();            // port -> {pages, seen}
  let stream = null, base = '/live/', retry = null;

  function tell(message, page) {
    windows.forEach((window, port) => { if (!page || window.pages.includes(page)) port.postMessage(message); });
  }

  function pageOf(data) {
    const found = /"page"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(data.slice(0, 400)) || /"page"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(data);
    return found ? JSON.parse('"' + found[1] + '"') : null;
  }

  function open() {
    clearTimeout(retry);
    const pages = [...new Set([...windows.values()].flatMap((window) => window.pages))].sort();
    const before = stream;
    stream = null;
    if (before) before.close();
    if (!pages.length) return;
    const mine = stream = new EventSource(base + pages.map(encodeURIComponent).join('+'));
    mine.addEventListener('open', () => tell({open: true}));
    mine.addEventListener('frame', (event) => { if (stream === mine) tell({data: event.data}, pageOf(event.data)); });
    mine.addEventListener('error', () => {
      if (stream !== mine) return;
      tell({lost: true});
      /* The browser tries again by itself after a broken connection, but not after a refusal (a proxy's 502). */
      if (mine.readyState === EventSource.CLOSED) retry = setTimeout(open, RETRY * (0.5 + Math.random()));
    });
  }

  function connect(port) {
    port.onmessage = ({data}) => {
      const known = windows.get(port);
      if (known) known.seen = Date.now();
      const pages = data.join || (known ? null : data.here);
      if (pages) { base = data.live; windows.set(port, {pages, seen: Date.now()}); open(); }
      if (data.leave && windows.delete(port)) open();
      if (data.again) open();
    };
    port.start();
  }

  /* A window that crashed says no good-bye. */
  setInterval(() => {
    const before = windows.size;
    windows.forEach((window, port) => { if (Date.now() - window.seen > SILENT) windows.delete(port); });
    if (windows.size !== before) open();
  }, SILENT / 3);

  if ('onconnect' in scope) scope.onconnect = (event) => connect(event.ports[0]);
  else scope.citydeck.connect = connect;
})(self);
