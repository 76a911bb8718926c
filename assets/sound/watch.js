/* The sound of an alarm desk: looks once a second, asks sound.next what to do, does it, and paints the control in the header.
 *
 * sound.mode()      'armed', 'silenced' (until the next alarm), 'silent' (turned off, or nobody has clicked in this browser yet), 'nodesk'
 * sound.silence()   ends the sound until the next alarm; acknowledges nothing
 * sound.leads()     whether this window is the one of its browser that sounds; sound.state() what it knows
 *
 * It sounds only in one window of a browser, and only alarms of the desk that this browser has taken, and of desks at which nobody sits: those
 * sound at the supervisor's, and where nobody sits there either, at every desk that somebody has taken. The second comes from a worker: in
 * a window that nobody looks at, browsers let timers run once a minute.
 */
'use strict';
(function () {
  const deck = window.citydeck, {tone, voice, lead, sound} = deck;
  const OFF = 'citydeck-sound', SILENCE = 'citydeck-sound-silence', KEY = 'q', SUPERVISOR = 'supervisor';
  const PATIENCE = 12;       // seconds without a frame or an answer: with what it takes to sound, well inside 30
  const NAMES_WITHIN = 2000; // milliseconds for which a sentence waits for the name of its station
  const WORDS = {
    armed: {en: 'Sound armed', zh: '声音已开启'}, silenced: {en: 'Silenced', zh: '已消音'},
    silent: {en: 'Silent: click', zh: '静音：请点击'}, nodesk: {en: 'Silent: no desk', zh: '静音：未就席'},
    why: {
      armed: {en: 'New alarms of this desk sound in this browser and repeat until they are acknowledged.', zh: '本席位的新告警会在此浏览器响铃，并重复至确认为止。'},
      silenced: {en: 'Silent until the next alarm. Nothing is acknowledged by that.', zh: '静音至下一条告警。消音不等于确认。'},
      silent: {en: 'Browsers give no sound before a click.', zh: '浏览器在点击之前不会发声。'},
      nodesk: {en: 'Only the desk in charge sounds: take a desk.', zh: '仅负责席位响铃：请先就席。'},
    },
    mute: {en: 'This machine has no voice of its own for English: tones only.', zh: '本机没有中文语音：仅有提示音。'},
    priority: [null, {en: 'Critical', zh: '紧急告警'}, {en: 'High', zh: '高级告警'}, {en: 'Medium', zh: '中级告警'}, {en: 'Low', zh: '低级告警'}],
    more: {en: (count) => `and ${count} more`, zh: (count) => `另有 ${count} 项告警`},
    flood: {en: (count) => `Alarm flood. ${count} new alarms`, zh: (count) => `告警潮，新告警 ${count} 项`},
    standing: {
      en: (count, waiting) => `${count} ${count === 1 ? 'alarm stands' : 'alarms stand'}, ${waiting} unacknowledged`,
      zh: (count, waiting) => `当前有 ${count} 项告警，其中 ${waiting} 项未确认`,
    },
    process: {en: 'Alarm process silent. New alarms and acknowledgements are not recorded', zh: '告警进程无响应，新告警与确认未被记录'},
    connection: {en: 'No connection. New alarms do not arrive here', zh: '连接中断，此处收不到新告警'},
    back: {en: 'Alarms are kept again', zh: '告警进程已恢复'},
    stop: {en: '. ', zh: '。'},
  };
  const held = new Map();  // id -> row as the server told it
  let floods = [], state = sound.START, leading = false, rev = -1, asking = false, answered = 0, since = 0, tests = [];

  const wanted = () => { try { return localStorage.getItem(OFF) !== 'off'; } catch (error) { return true; } };
  const remember = (key, value) => { try { localStorage.setItem(key, value); } catch (error) { /* this window only */ } };

  /* ---- whose alarms */
  const seat = () => (deck.desk ? deck.desk.id() : 'all');
  function mine(rows) {
    const desk = seat(), holders = new Map();
    if (desk === 'all') return rows;
    return rows.filter(({area}) => {
      if (!holders.has(area)) holders.set(area, sounds(deck.desk.holder(area, deck.live('duties')), desk));
      return holders.get(area);
    });
  }
  const sounds = (holder, desk) => desk === 'all' || holder === desk || !deck.desk.manned(holder) && (desk === SUPERVISOR || !deck.desk.manned(SUPERVISOR));
  const known = (id) => held.get(id) || deck.alarms.unkept(held).find((row) => row.id === id);

  /* ---- what there is to know */
  async function look() {
    if (asking) return;
    asking = true;
    try {
      const answer = await fetch(deck.root + 'desk/alarms?since=' + rev, {signal: AbortSignal.timeout(5000)});
      if (answer.ok) take(await answer.json());
    } catch (error) { /* away: PATIENCE decides when that is told */ } finally { asking = false; }
  }
  function take(told) {
    answered = lead.now();
    if (told.rows) held.clear();
    rev = told.rev;
    floods = told.floods || [];
    (told.gone || []).forEach((id) => held.delete(id));
    (told.rows || told.set).forEach((row) => held.set(row.id, row));
  }
  function lost() {
    const now = lead.now();
    if (now - since > PATIENCE && (deck.liveHeard() > PATIENCE || now - answered > PATIENCE)) return 'connection';
    return (deck.live('alarms') || {alive: true}).alive === false ? 'process' : '';
  }
  function seen() {
    const rows = mine([...held.values(), ...deck.alarms.unkept(held)]).filter((row) => row.state !== 'normal' && !deck.alarms.laid(row));
    const waiting = rows.filter((row) => row.state === 'unacknowledged' || row.state === 'returned');
    const flood = floods.filter(({desk}) => sounds(desk, seat())).reduce((sum, {count}) => sum + count, 0);
    return {kind: 'look', rows: rev < 0 ? null : waiting, standing: rows.length, flood, lost: lost()};
  }

  /* ---- once a second */
  function beat() {
    if (!document.querySelector('[data-sound]')) return;
    follow();
    if (leading) { look(); deck.desk.keep(); step(seen()); }
    document.querySelectorAll('[data-sound]').forEach(draw);
  }
  function follow() {
    const before = leading, told = leading ? null : lead.told();
    leading = wanted() && tone.ready() && Boolean(seat()) && lead.hold();
    if (before && !leading) hush();
    if (!leading) lead.leave();
    if (before || !leading) return;
    state = told || sound.START;
    rev = -1;
    since = answered = lead.now();
  }
  function step(event) {
    const {state: after, acts} = sound.next(state, event, lead.now());
    if (acts.length || JSON.stringify(after) !== JSON.stringify(state)) lead.tell(after);
    state = after;
    act(acts);
  }

  /* ---- doing it */
  function act(acts) {
    const called = acts.find((each) => each.tone), says = acts.filter((each) => each.say);
    let lasts = called ? tone.play(called.tone) : 0;
    if (!called && says.some((each) => each.say === 'standing') && !voice.has()) lasts = tone.play(4);
    says.forEach((each) => say(each, lasts + 0.2));
  }
  async function say(each, after) {
    const row = each.say === 'alarm' ? known(each.id) : null;
    if (!row) { if (each.say !== 'alarm') voice.say(phrase(each), after); return; }
    deck.condition(row);  // asks for the names
    if (deck.domain(row.domain)) await Promise.race([deck.positions(row.domain), new Promise((resolve) => { setTimeout(resolve, NAMES_WITHIN); })]);
    voice.say(sentence(row), after);
  }
  function phrase({say: name, count, waiting}) {
    const words = deck.text(WORDS[name]);
    return typeof words === 'function' ? words(count, waiting) : words;
  }
  function sentence(row) {
    const said = deck.condition(row), label = row.label && deck.text(row.label);
    return [deck.text(WORDS.priority[row.priority]), label || said.said, said.where].filter(Boolean).join(deck.text(WORDS.stop));
  }
  function hush() {
    tests.forEach(clearTimeout);
    tests = [];
    tone.stop();
    voice.hush();
  }

  /* ---- what a person does */
  function silence() {
    remember(SILENCE, String(Date.now()));  // to the window that leads
    hush();
    if (leading) step({kind: 'silence'});
    beat();
  }
  async function arm() {
    remember(OFF, 'on');
    await tone.arm();
    beat();
  }
  /* Every tone with its name, the least urgent first. */
  async function test() {
    await arm();
    hush();
    let at = 0;
    for (const name of [4, 3, 2, 1, 'lost']) {
      tests.push(setTimeout(() => voice.say(deck.text(name === 'lost' ? WORDS.process : WORDS.priority[name]), tone.play(name) + 0.2), at * 1000));
      at += voice.has() ? 5 : 4;
    }
  }
  function off() {
    remember(OFF, 'off');
    beat();
  }

  /* ---- the control */
  function mode() {
    if (!seat()) return 'nodesk';
    const other = !leading && lead.other();
    if (!wanted() || !(other || tone.ready())) return 'silent';
    return ((other ? lead.told() : state) || state).silenced ? 'silenced' : 'armed';
  }
  function draw(element) {
    const now = mode(), box = element.querySelector('.badge');
    element.dataset.sound = now;
    deck.put(element.querySelector('.mode'), deck.text(WORDS[now]));
    deck.put(box.querySelector('.why'), deck.text(WORDS.why[now]));
    deck.put(box.querySelector('.mute'), voice.has() ? '' : deck.text(WORDS.mute));
    element.querySelector('summary').title = deck.text(WORDS.why[now]) + (voice.has() ? '' : ' ' + deck.text(WORDS.mute));
    if (now === 'silent') element.open = false;
  }

  const BUTTONS = {silence, test, off};
  document.addEventListener('click', (event) => {
    if (!document.querySelector('[data-sound]')) return;
    const control = event.target.closest('[data-sound]'), button = event.target.closest('[data-sound] button');
    document.querySelectorAll('[data-sound][open]').forEach((element) => { if (element !== control) element.open = false; });
    if (button) BUTTONS[button.dataset.does]();
    else if (control && event.target.closest('summary') && mode() === 'silent') { event.preventDefault(); arm(); } else if (wanted() && !tone.ready()) arm();
  });
  document.addEventListener('keydown', (event) => {
    if (!document.querySelector('[data-sound]') || deck.composing(event)) return;
    if (wanted() && !tone.ready()) arm();
    const typing = event.target.closest && event.target.closest('input, textarea, select');
    if (event.key.toLowerCase() === KEY && !typing && !event.repeat && !event.ctrlKey && !event.metaKey && !event.altKey) silence();
  }, true);
  addEventListener('storage', ({key}) => {
    if (key === SILENCE && leading) { hush(); step({kind: 'silence'}); }
    if (key === OFF || key === SILENCE) beat();
  });
  addEventListener('pagehide', () => { leading = false; lead.leave(); });
  deck.mount('[data-sound]', () => { if (wanted()) tone.arm().then(beat); });
  deck.paint('[data-sound]', {sections: () => [], draw});
  tone.onChange(beat);
  voice.onChange(beat);
  Object.assign(sound, {mode, silence, leads: () => leading, state: () => state});

  const second = new Blob(['setInterval(() => postMessage(0), 1000)'], {type: 'text/javascript'});
  new Worker(URL.createObjectURL(second)).onmessage = beat;
})();
