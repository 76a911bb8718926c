/* The time machine: this window, or a screen of the wall, shows the city as it was at a moment of the past, and goes on from there.
 *
 * What is shown comes over the same live stream under another name (~<replay>~<page>), so every page and painter shows the past without knowing
 * of it. The live city is heard beside it: what is critical there breaks in. Nothing can be acted on while the past is shown.
 *
 * replay.begin(moment)        shows that moment (seconds since 1970) in this window; replay.wish({...}) changes what is shown; replay.leave() is live again
 * replay.link(moment, words)  an element that leads to what was seen then
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const KEPT = 'citydeck-replay', LEAD = 60, RECENT = 600, LOST = 10, CRITICAL = 1, WAITING = [1, 3];  // seconds; of an alarm: critical, unacknowledged or returned so
  const WORDS = {
    word: {en: 'REPLAY', zh: '历史回放'}, held: {en: 'held', zh: '已暂停'}, hold: {en: '❚❚', zh: '❚❚'}, go: {en: '▶', zh: '▶'}, holdName: {en: 'Hold', zh: '暂停'}, goName: {en: 'Go on', zh: '继续'}, moment: {en: 'Moment', zh: '时刻'},
    first: {en: 'the history begins here', zh: '历史从此开始'}, last: {en: 'newest that is written', zh: '已到最新记录'},
    by: {en: (name) => 'by ' + name, zh: (name) => name + ' 发起'}, wall: {en: (name) => `The wall shows a REPLAY, by ${name}`, zh: (name) => `大屏正在历史回放，由 ${name} 发起`},
    loading: {en: 'Looking for that moment', zh: '正在读取该时刻'}, more: {en: (count) => ` and ${count} more critical`, zh: (count) => `，另有 ${count} 项危急`},
    copied: {en: 'The link is copied', zh: '链接已复制'}, over: {en: 'The replay is over: this is live', zh: '回放已结束：当前为实时'}, lost: {en: 'The replay does not answer: this is live', zh: '回放无响应：当前为实时'},
    role: {en: 'A replay is begun by an operator', zh: '回放须由值班员发起'}, unread: {en: 'Write the moment as 2026-11-20 14:05:00', zh: '请按 2026-11-20 14:05:00 填写时刻'},
    failed: {en: (why) => 'Nothing was done: ' + why, zh: (why) => '操作未执行：' + why}, away: {en: 'the server does not answer', zh: '服务器无响应'},
  };
  const say = (key, ...values) => (values.length ? deck.text(WORDS[key])(...values) : deck.text(WORDS[key]));
  let note = '', noted = -Infinity, ours = '', busy = false, since = 0, overdue = false;  // ours: the replay that this window began

  const wall = () => 'wall' in document.documentElement.dataset;
  const told = () => deck.held('replay') || null;
  const remember = (id) => { try { if (id) sessionStorage.setItem(KEPT, id); else sessionStorage.removeItem(KEPT); } catch (error) { /* this page only */ } };
  const remembered = () => { try { return sessionStorage.getItem(KEPT) || ''; } catch (error) { return ''; } };
  function tell(words) { note = words; noted = performance.now(); draw(); }

  /* ---- asking */
  async function ask(method, path, body) {
    const headers = {'Content-Type': 'application/json', ...deck.pledge()};
    const answer = await fetch(deck.root + 'api/v1/replays' + path, {method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(10000)}).catch(() => null);
    const said = answer && answer.status !== 204 ? await answer.json().catch(() => ({})) : {};
    if (!answer || !answer.ok) { tell(say('failed', answer ? said.detail || String(answer.status) : say('away'))); return null; }
    return said;
  }
  async function begin(moment, more) {
    if (busy) return;
    if (deck.replaying() && ours) { await wish({moment, ...more}); return; }
    busy = true;
    const said = await ask('POST', '', {moment, ...more});
    busy = false;
    if (said) { ours = said.id; remember(ours); enter(ours); }
  }
  async function wish(change) {
    if (ours && await ask('POST', '/' + ours, change)) tell('');
  }
  function leave(words = '') {
    const id = ours;
    ours = '';
    remember('');
    enter('');
    if (id && !words) ask('DELETE', '/' + id);
    if (words) tell(words);
  }
  function enter(id) {
    since = performance.now();
    deck.enter(id);
    if (deck.alarms) deck.alarms.turn();
    draw();
  }

  /* ---- the whole wall: screens follow what the wall shows */
  function follow() {
    const shown = deck.wall(), id = shown ? shown.id : '';
    if (wall() && !ours && id !== deck.replaying() && !(id && id === overdue)) { overdue = ''; enter(id); }
    draw();
  }
  /* A replay that is over, or of which nothing comes any more. */
  function check() {
    if (!deck.replaying()) return;
    if ((told() || {}).over) { overdue = deck.replaying(); leave(say('over')); return; }
    if (deck.heard() > LOST && performance.now() - since > LOST * 1000 && deck.liveHeard() < LOST) { overdue = deck.replaying(); leave(say('lost')); }
  }

  /* ---- a moment in words and out of words: in the zone of the site, whatever that of the browser */
  const parts = (time) => Object.fromEntries(new Intl.DateTimeFormat('en-CA', {
    timeZone: deck.zone(), year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23',
  }).formatToParts(time * 1000).map(({type, value}) => [type, value]));
  function written(time) { const at = parts(time); return `${at.year}-${at.month}-${at.day} ${at.hour}:${at.minute}:${at.second}`; }
  function read(text) {
    const found = /^\s*(\d{4})-(\d\d?)-(\d\d?)[ T](\d\d?):(\d\d)(?::(\d\d))?\s*$/.exec(text);
    if (!found) return null;
    const [year, month, day, hour, minute, second] = found.slice(1).map((part) => Number(part || 0)), wanted = Date.UTC(year, month - 1, day, hour, minute, second) / 1000;
    let time = wanted;
    for (let look = 0; look < 2; look += 1) { const at = parts(time); time += wanted - Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) / 1000; }
    return time;
  }

  /* ---- what is critical in the live city, while the past is shown */
  function breaksIn(element) {
    const row = deck.replaying() ? deck.live('line') : null, critical = row && row.priority === CRITICAL && WAITING.includes(row.state) && !row.laid;
    element.hidden = !critical;
    if (!critical) return;
    const said = deck.condition(row, deck.liveNow()), more = ((deck.live('counts') || [])[0] || 1) - 1;
    element.querySelector('.sign').innerHTML = deck.mark(CRITICAL, 'solid');
    deck.put(element.querySelector('.what'), [said.text, said.where].filter(Boolean).join(' · ') + (more > 0 ? say('more', more) : ''));
  }

  /* ---- the banner */
  function how(state) {
    if (!state) return say('loading');
    if (state.moment <= state.first) return say('first');
    if (state.moment >= state.last) return say('last');
    return state.rate ? '×' + state.rate : say('held');
  }
  function paint(element) {
    const on = Boolean(deck.replaying()), state = told(), banner = element.querySelector('.banner'), put = (css, text) => deck.put(banner.querySelector(css), text);
    banner.hidden = !on;
    breaksIn(element.querySelector('.breakin'));
    const other = !on && !wall() && deck.wall(), line = element.querySelector('.note'), text = performance.now() - noted < 8000 ? note : other ? say('wall', other.name) : '';
    line.hidden = !text;
    deck.put(line, text);
    if (!on || !deck.known) return;
    put('.word', say('word'));
    put('.then', state ? deck.clock(deck.now(), true) : '');
    put('.day', state ? deck.date(deck.now()) : '');
    put('.how', how(state));
    put('.by', state && (state.whole || !ours) ? say('by', state.name) : '');
    const controls = banner.querySelector('.controls');
    if (!controls || !state) return;
    const hold = controls.querySelector('.hold');
    deck.put(hold, say(state.rate ? 'hold' : 'go'));
    hold.setAttribute('aria-label', say(state.rate ? 'holdName' : 'goName'));
    controls.querySelectorAll('[data-replay-speed]').forEach((button) => button.setAttribute('aria-pressed', String(Number(button.dataset.replaySpeed) === state.speed)));
    const whole = controls.querySelector('.whole'), input = controls.querySelector('form input');
    whole.hidden = !deck.may('supervisor');
    whole.setAttribute('aria-pressed', String(state.whole));
    input.setAttribute('aria-label', say('moment'));
    if (document.activeElement !== input) input.placeholder = written(deck.now());
  }
  function draw() {
    document.querySelectorAll('[data-replay]').forEach(paint);
    const may = deck.may('operator') && Boolean(deck.known) && !deck.known.site.exercise;  // an exercise has no past of its own
    document.querySelectorAll('[data-replay-open]').forEach((button) => { button.hidden = Boolean(deck.replaying()) || !may; });
    document.querySelectorAll('[data-replay-then]').forEach((button) => { button.hidden = !may; });
  }
  deck.paint('[data-replay]', {sections: () => ['replay'], tick: true, draw: () => { check(); draw(); }});
  deck.paint('[data-replay-open], [data-replay-then]', {sections: () => [], tick: true, draw});
  deck.beside(() => follow());

  /* ---- what a person does */
  const address = (moment) => `${location.pathname}?at=${Math.round(moment)}`;
  /* Words that lead to what was seen then. */
  function link(moment, words) {
    const made = Object.assign(document.createElement('a'), {href: address(moment), textContent: words});
    made.dataset.replayAt = moment;
    return made;
  }
  async function copy() {
    const query = new URLSearchParams(location.search);
    query.set('at', Math.round(deck.now()));
    const here = `${location.origin}${location.pathname}?${query}`;  // with what is selected
    try { await navigator.clipboard.writeText(here); tell(say('copied')); } catch (error) { tell(here); }
  }
  const hold = () => wish({paused: (told() || {}).rate !== 0});
  const DO = {hold, link: copy, live: () => leave(), whole: () => wish({whole: !(told() || {}).whole})};
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-replay-do], [data-replay-by], [data-replay-speed], [data-replay-open], [data-replay-then], [data-replay-at]');
    if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    const {replayDo, replayBy, replaySpeed, replayAt} = button.dataset;
    if (replayAt) { event.preventDefault(); begin(Number(replayAt) - LEAD); return; }
    if (replayDo) DO[replayDo]();
    else if (replayBy) wish({by: Number(replayBy)});
    else if (replaySpeed) wish({speed: Number(replaySpeed), paused: false});
    else if ('replayOpen' in button.dataset) begin(deck.now() - RECENT);
    else { const row = deck.alarms.chosen(); if (row) begin(row.raised - LEAD); }
  });
  document.addEventListener('submit', (event) => {
    const form = event.target.closest('[data-replay-go]');
    if (!form) return;
    event.preventDefault();
    const moment = read(form.querySelector('input').value);
    if (moment === null) { tell(say('unread')); return; }
    form.querySelector('input').blur();
    wish({moment});
  });
  const KEYS = {Escape: () => leave(), ' ': hold, ',': () => wish({by: -60}), '.': () => wish({by: 60}), '<': () => wish({by: -600}), '>': () => wish({by: 600})};
  document.addEventListener('keydown', (event) => {
    if (!deck.replaying() || !ours || !KEYS[event.key] || event.altKey || event.ctrlKey || event.metaKey || event.isComposing) return;
    if (document.querySelector('dialog[open], details[open]') || (event.target.closest && event.target.closest('input, textarea, select' + (event.key === 'Escape' ? '' : ', button')))) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    KEYS[event.key]();
  }, true);

  /* ---- a window that was loaded anew, or opened by a link to a moment */
  async function arrive() {
    const address = new URLSearchParams(location.search), at = Number(address.get('at'));
    if (address.has('at')) {
      address.delete('at');
      history.replaceState(history.state, '', location.pathname + (address.size ? '?' + address : ''));
      await deck.whoami;
      if (!deck.may('operator')) tell(say('role'));
      else if (at > 0) begin(at, {paused: true});
    } else if (remembered()) {
      ours = remembered();
      enter(ours);
    }
  }
  deck.replay = {begin, wish, leave, link};
  addEventListener('DOMContentLoaded', arrive);
})();
