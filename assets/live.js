/* The live side of the browser: frames come in, the newest state of every section is held, painters are told.
 *
 * No server callback runs per tick. Dash draws elements once; scripts paint numbers and lines into them by their data attributes.
 * Everything a painter needs stands on window.citydeck:
 *
 *   on(prefix, fn(name, value, frame))   fn for each section whose name starts with prefix whenever it arrives, with the merged, full
 *                                        value; at once when already held. `frame` is the message as it came: of a columns section
 *                                        in a delta, frame.s[name].i are the changed rows. Returns a function that stops it.
 *   held(name)                           merged value of a section, or undefined
 *   frame()                              newest merged frame {page, epoch, seq, now, origin, rate, s} or null
 *   now()                                event time in seconds, running smoothly between frames; wall time before the first
 *   heard()                              seconds of wall time since the last good frame, Infinity before the first
 *   enter(replay)                        shows a replay of that id instead of the live city; '' goes back. replaying() is the id of what is shown
 *   live(name), liveHeard(), liveNow()   as held, heard and now, of the live city, also while a replay is shown
 *   wall()                               {id, name} of the replay that the whole wall shows, or null
 *   beside(fn)                           fn() when something came of what is not shown: of the live city, or of wall()
 *   catalogue                            promise of GET /catalogue
 *   positions(domain)                    promise of GET /positions/<domain>, fetched again when head.<domain>.positions has changed
 *   mount(selector, fn(element))         fn for every element that is or will be in the document, once for each
 *   paint(selector, {sections(element) -> [name or prefix*], tick, draw(element)})
 *                                        the usual painter: draws an element when it appears, when one of its sections arrives, when
 *                                        the language or theme changes, and with tick also every second. draw must be repeatable.
 *   second(fn)                           fn once a second, just after the second of now() has changed
 *   repaint()                            draws every painted element again (a name arrived late)
 *   root                                 where the deck stands on its server, usually /
 *   go(path)                             shows another page of the deck without loading anew, as a link of Dash does
 *   text({en, zh}), language(), theme(), onLanguage(fn), onTheme(fn)            language.js
 *   number(value, decimals), age(s), span(s), duration(s), clock(time, withSeconds)   format.js
 *   mark(priority, style)                                                       mark.js
 *   condition(row), rule(row), place(domain, id), known (the catalogue, once here)  condition.js
 *
 * A frame that is not newer than the one held (same epoch, seq not greater) is dropped; a new epoch starts anew; a delta whose
 * `prev` is not the held seq is dropped and the stream is opened again, which brings a full frame. A section that a full frame does
 * not have is gone. Which page a window shows is read from the data-page attribute of #deck.
 */
'use strict';
(function () {
  const deck = window.citydeck = window.citydeck || {};
  const source = document.currentScript.src;
  const root = new URL('../', source).pathname;
  deck.root = root;
  const listeners = [], mounts = [], painters = new Map(), seconds = [];
  const places = new Map(), besides = [];
  const WALL = '~wall';  // the page that says whether the whole wall is in a replay
  let port = null, page = null, stage = '', asked = -Infinity, told = new Set();  // told: names of the sections that painters know of

  /* ---- what is held: of the page in the live city, of the page in the replay that is shown, and of the wall */
  const wall = () => performance.now() / 1000;
  const track = () => ({held: null, heardAt: -Infinity, clock: {event: Date.now() / 1000, wall: wall(), rate: 1}});
  const tracks = {live: track(), stage: track(), wall: track()};
  const front = () => (stage ? tracks.stage : tracks.live);
  const names = () => ({live: page, wall: WALL, ...(stage ? {stage: `~${stage}~${page}`} : {})});

  /* ---- the clock: follows the frames' now without visible steps, jumps only when it must (new epoch, a replay that was moved) */
  const reads = ({clock}) => clock.event + (wall() - clock.wall) * clock.rate;
  deck.now = () => reads(front());
  deck.liveNow = () => reads(tracks.live);
  function follow(mine, frame, anew) {
    const now = reads(mine), error = frame.now - now;
    const step = anew || Math.abs(error) > Math.max(1, frame.rate) ? error : error * 0.1;
    mine.clock = {event: now + step, wall: wall(), rate: frame.rate};
  }

  /* ---- merging */
  function merge(before, value) {
    if (!value || !value.c || !value.i || !before || !before.c) return value;
    for (const [name, values] of Object.entries(value.c)) {
      const column = before.c[name];
      value.i.forEach((row, place) => { column[row] = values[place]; });
    }
    return before;
  }

  function accept(frame) {
    const found = Object.entries(names()).find(([, name]) => name === frame.page), mine = found && tracks[found[0]];
    if (!mine) return;
    const held = mine.held, anew = !held || held.epoch !== frame.epoch;
    if (!anew && frame.seq <= held.seq) return;
    if (!frame.full && (anew || frame.prev !== held.seq)) { again(); return; }
    const sections = frame.full ? {} : held.s;
    for (const [name, value] of Object.entries(frame.s)) sections[name] = frame.full ? value : merge(sections[name], value);
    follow(mine, frame, anew);
    mine.heardAt = wall();
    mine.held = {page, epoch: frame.epoch, seq: frame.seq, now: frame.now, origin: frame.origin, rate: frame.rate, s: sections};
    if (mine === front()) announce(frame); else besides.forEach(safely);
  }

  function announce(frame) {
    const {s} = front().held, gone = frame.full ? [...told].filter((name) => !(name in s)) : [], names = Object.keys(frame.s).concat(gone);
    told = new Set(Object.keys(s));
    for (const name of names) {
      for (const listener of [...listeners]) if (name.startsWith(listener.prefix)) safely(() => listener.fn(name, s[name], frame));
    }
    repaint((element, painter) => wanted(painter.sections(element), names));
  }

  /* One painter's mistake is reported and does not stop the others. */
  function safely(fn) {
    try { fn(); } catch (error) { reportError(error); }
  }

  const wanted = (asks, names) => asks.some((ask) => (ask.endsWith('*') ? names.some((name) => name.startsWith(ask.slice(0, -1))) : names.includes(ask)));

  deck.on = function (prefix, fn) {
    const listener = {prefix, fn};
    listeners.push(listener);
    const {held} = front();
    if (held) for (const [name, value] of Object.entries(held.s)) if (name.startsWith(prefix)) fn(name, value, {...held, full: 1});
    return () => { listeners.splice(listeners.indexOf(listener), 1); };
  };
  const section = ({held}, name) => (held ? held.s[name] : undefined);
  deck.held = (name) => section(front(), name);
  deck.frame = () => front().held;
  deck.heard = () => wall() - front().heardAt;
  deck.live = (name) => section(tracks.live, name);
  deck.liveHeard = () => wall() - tracks.live.heardAt;
  deck.wall = () => section(tracks.wall, 'wall') || null;
  deck.beside = (fn) => { besides.push(fn); };
  deck.replaying = () => stage;
  deck.enter = function (replay) {
    if (replay === stage) return;
    stage = replay;
    tracks.stage = {...track(), heardAt: wall(), clock: {...front().clock}};
    document.documentElement.toggleAttribute('data-past', Boolean(stage));
    if (page && port) port.postMessage(joining());
    if (!stage && tracks.live.held) announce({...tracks.live.held, full: 1});
    deck.repaint();
  };

  /* ---- elements: Dash draws late and again at every navigation */
  function found(node, mount) {
    const elements = node.matches(mount.selector) ? [node, ...node.querySelectorAll(mount.selector)] : node.querySelectorAll(mount.selector);
    elements.forEach((element) => { if (!mount.seen.has(element)) { mount.seen.add(element); safely(() => mount.fn(element)); } });
  }
  new MutationObserver((changes) => {
    for (const change of changes) {
      for (const node of change.addedNodes) if (node.nodeType === 1 && node.isConnected) mounts.forEach((mount) => found(node, mount));
    }
    const shown = document.getElementById('deck');
    if (shown && shown.dataset.page !== page) join(shown);
  }).observe(document.documentElement, {childList: true, subtree: true, attributes: true, attributeFilter: ['data-page']});

  deck.mount = function (selector, fn) {
    const mount = {selector, fn, seen: new WeakSet()};
    mounts.push(mount);
    found(document.documentElement, mount);
  };
  deck.paint = function (selector, painter) {
    deck.mount(selector, (element) => { painters.set(element, painter); painter.draw(element); });
  };
  function repaint(want) {
    painters.forEach((painter, element) => {
      if (!element.isConnected) painters.delete(element);
      else if (want(element, painter)) safely(() => painter.draw(element));
    });
  }
  deck.repaint = () => repaint(() => true);
  deck.onLanguage(deck.repaint);
  deck.onTheme(deck.repaint);
  deck.go = function (path) {
    history.pushState({}, '', path);
    dispatchEvent(new CustomEvent('_dashprivate_pushstate'));  // what a link of Dash tells its location component
  };

  /* ---- the second hand: one timer for all, aimed at the change of the second */
  deck.second = (fn) => { seconds.push(fn); };
  function beat() {
    setTimeout(beat, 1020 - (deck.now() * 1000) % 1000);
    seconds.forEach(safely);
    repaint((element, painter) => painter.tick);
  }
  setTimeout(beat, 0);

  /* ---- what does not change with every frame */
  async function get(path) {
    for (;;) {
      try {
        const answer = await fetch(root + path);
        if (answer.ok) return await answer.json();
      } catch (error) { /* the server is away: the veil says so, and we ask again */ }
      await new Promise((resolve) => { setTimeout(resolve, 2000); });
    }
  }
  deck.catalogue = get('catalogue').then((catalogue) => {
    deck.setZone(catalogue.site.zone);
    deck.known = catalogue;
    setTimeout(deck.repaint);
    return catalogue;
  });
  deck.positions = function (domain) {
    const head = deck.held('head.' + domain), version = head ? head.positions : undefined, key = stage + ' ' + domain, kept = places.get(key);
    if (kept && (version === undefined || kept.version === undefined || kept.version === version)) return kept.promise;
    /* Before a replay has its first frame, the sensors of the live city are as good. */
    const entry = {version, promise: get('positions/' + encodeURIComponent(domain) + (stage && head ? '?replay=' + stage : ''))}, promise = entry.promise;
    places.set(key, entry);
    if (version === undefined) promise.then((positions) => { entry.version = positions.version; });
    return promise;
  };

  /* ---- the stream */
  function again() {
    if (wall() - asked < 5) return;
    asked = wall();
    port.postMessage({again: true});
  }
  function join(shown) {
    page = shown.dataset.page;
    for (const mine of [tracks.live, tracks.stage]) { mine.held = null; mine.heardAt = wall(); }  // a page just opened has five seconds to hear its first frame
    deck.adopt(shown);
    if (port) port.postMessage(joining());
  }
  const joining = (what = 'join') => ({[what]: Object.values(names()), live: root + 'live/'});
  function start() {
    const worker = new URL('live-worker.js', source) + new URL(source).search;
    use(typeof SharedWorker === 'function' ? shared(worker) : alone(worker));
  }
  function use(channel) {
    channel.onmessage = ({data}) => { if (data.data) accept(JSON.parse(data.data)); };
    channel.start();
    port = channel;
    if (page) port.postMessage(joining());
  }
  function shared(worker) {
    const started = new SharedWorker(worker, 'citydeck');
    started.onerror = () => use(alone(worker));
    return started.port;
  }
  function alone(worker) {
    const {port1, port2} = new MessageChannel(), script = document.createElement('script');
    script.src = worker;
    script.onload = () => deck.connect(port2);
    document.head.append(script);
    return port1;
  }
  start();
  const here = () => { if (page) port.postMessage(joining('here')); };
  setInterval(here, 20000);
  document.addEventListener('visibilitychange', here);  // at once when somebody looks again
  addEventListener('pagehide', () => port.postMessage({leave: true}));
  addEventListener('pageshow', (event) => { if (event.persisted && page) port.postMessage(joining()); });
})();
