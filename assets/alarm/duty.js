/* Desks: which one this browser has taken, which answers for which areas, and areas that change hands.
 *
 * desk.id()            the desk that who is signed in here has taken, as the server knows it; '' for none
 * desk.shown()         the desk whose alarms the address asks for, else id()
 * desk.holder(area)    the desk that answers for an area at the moment shown (or by the duties of a frame); desk.areas(id) its areas, of 'supervisor' also ''
 * desk.name(id)        its name; desk.all() the ids of all desks
 * desk.acknowledges(row)  whether who looks may acknowledge it: their role, or, where the site says so, the desk they sit at
 * desk.manned(id)      whether somebody sits there, as far as anybody knows: true until the server has said; desk.keep() asks it now and then
 * desk.onChange(fn)    fn() whenever any of this changed
 *
 * Taking a desk is recorded by the server, which believes nobody who only says where he sits. Who holds which area comes with every frame.
 */
'use strict';
(function () {
  const deck = window.citydeck, SUPERVISOR = 'supervisor', KEY = 'citydeck-desk', TRIES = 3, KEPT = 15000;  // milliseconds for which who sits where is taken as known
  const WORDS = {
    supervisor: {en: 'Supervisor', zh: '值班长席'}, none: {en: 'none taken', zh: '未就席'}, all: {en: 'all desks', zh: '全部席位'},
    areas: {en: (count) => `${count} ${count === 1 ? 'area' : 'areas'}`, zh: (count) => `${count} 个区域`}, dot: {en: ' · ', zh: ' · '},
    taken: {en: (name) => `You sit at: ${name}. Recorded.`, zh: (name) => `您已就席：${name}，已记录。`}, left: {en: 'You left the desk. Recorded.', zh: '您已离席，已记录。'},
    question: {en: (name) => `Areas of: ${name}`, zh: (name) => `${name}的区域`}, from: {en: (area, name) => `${area} (${name})`, zh: (area, name) => `${area}（${name}）`},
    sending: {en: 'Recording…', zh: '正在记录…'}, unknown: {en: 'Unknown whether it was recorded. Look before pressing again.', zh: '不确定是否已记录。再次操作前请先核对。'},
    empty: {en: 'nobody sits here', zh: '无人就席'}, unmanned: {en: (names) => `Nobody sits at: ${names}`, zh: (names) => `无人就席：${names}`}, comma: {en: ', ', zh: '、'},
    done: {en: 'Recorded.', zh: '已记录。'}, was: {en: 'That was done before.', zh: '该操作此前已完成。'}, forbidden: {en: 'Refused: this is not for your role', zh: '已拒绝：您的角色无权执行'},
    nothing: {en: (name) => `${name} answers for no area now: every area is with another desk.`, zh: (name) => `${name}当前不负责任何区域：所有区域均由其他席位负责。`},
    others: {en: ' As a supervisor you may move theirs:', zh: '您作为值班长可以移交这些区域：'},
    failed: {en: (why) => `Not done: ${why}`, zh: (why) => `未执行：${why}`},
  };
  const listeners = [];
  let seat = '', desks = [], asked = false, said = null, form = null, lookedAt = -Infinity;

  const say = (key, ...values) => (values.length ? deck.text(WORDS[key])(...values) : deck.text(WORDS[key]));
  const declared = () => (deck.known ? deck.known.site.desks : []);
  const all = () => [...declared().map((each) => each.id), SUPERVISOR];
  const own = (id) => (declared().find((each) => each.id === id) || {areas: []}).areas;
  function holder(area, duties = deck.held('duties')) {
    const held = Object.entries(duties || {}), found = held.find(([, areas]) => areas.includes(area));
    if (found) return found[0];
    return (held.length ? null : (declared().find((each) => each.areas.includes(area)) || {}).id) || SUPERVISOR;
  }
  function areas(id) {
    const keys = deck.known ? deck.known.site.areas.map((each) => each.key).filter((key) => holder(key) === id) : [];
    return id === SUPERVISOR ? ['', ...keys] : keys;
  }
  function name(id) {
    const found = declared().find((each) => each.id === id);
    return found ? deck.text(found.label) : id === SUPERVISOR ? say('supervisor') : id;
  }
  const sitting = new Map();  // desk -> names of who sits there, as the server knew last
  const manned = (id) => !sitting.has(id) || sitting.get(id).length > 0;
  const view = () => deck.choice.asked().desk;
  const changed = () => { deck.repaint(); listeners.forEach((fn) => fn()); };

  /* ---- what the server knows */
  async function look() {
    asked = true;
    lookedAt = performance.now();
    try {
      const answer = await fetch(deck.root + 'api/v1/desks');
      if (!answer.ok) return;
      const told = await answer.json();
      desks = told.desks;
      desks.forEach(({id, people}) => { if (people) sitting.set(id, people); });
      if (seat !== told.seat) { seat = told.seat; changed(); }
    } catch (error) { asked = false; /* the server is away: asked again */ }
    draw();
  }
  function keep() { if (asked && performance.now() - lookedAt > KEPT) look(); }
  async function post(path, body) {
    for (let left = TRIES; left; left -= 1) {
      try {
        const answer = await fetch(deck.root + 'api/v1/desks/' + path, {
          method: 'POST', headers: {'Content-Type': 'application/json', ...deck.pledge()}, body: JSON.stringify(body || {}), signal: AbortSignal.timeout(15000),
        });
        if (answer.status !== 504 && answer.status !== 502) return {status: answer.status, ...await answer.json().catch(() => ({}))};
      } catch (error) { /* nobody knows whether it arrived: the same is asked again under its id, which does it once */ }
    }
    return {status: 504};
  }
  function sentence(told) {
    if (told.status === 200) return () => say('done');
    if (told.status === 504) return () => say('unknown');
    if (told.outcome === 'already') return () => say('was');
    if (told.said) return () => say('failed', deck.text(told.said));
    return () => (told.status === 403 ? say('forbidden') : say('failed', told.detail || String(told.status)));
  }

  /* ---- sitting down, getting up */
  async function take(id) {
    const row = desks.find((each) => each.id === id);
    if (row && row.free && id !== seat) {
      said = () => say('sending');
      draw();
      const told = await post(encodeURIComponent(id) + '/take');
      said = told.status === 200 ? () => say('taken', name(id)) : sentence(told);
      await settle();
    }
    deck.choice.ask({desk: id});
    draw();
  }
  async function leave() {
    const told = await post(encodeURIComponent(seat) + '/leave');
    said = told.status === 200 ? () => say('left') : sentence(told);
    await settle();
  }
  async function settle() {
    await look();
    try { localStorage.setItem(KEY, seat + ' ' + Date.now()); } catch (error) { /* other windows of this browser look when they are opened */ }
  }

  /* ---- areas change hands */
  const dialog = () => document.querySelector('[data-duty-form]');
  const pressed = (box, css) => [...box.querySelectorAll(css + ' button[aria-pressed="true"]')].map((each) => each.dataset.key);
  function choice(key, text, on) {
    const button = Object.assign(document.createElement('button'), {type: 'button', textContent: text});
    button.dataset.key = key;
    button.setAttribute('aria-pressed', String(on));
    return button;
  }
  function open() {
    const box = dialog(), id = (deck.may(SUPERVISOR) && view()) || seat;
    if (!box || !id) return;
    form = {id, words: null};
    box.querySelector('textarea').value = '';
    document.querySelectorAll('[data-duty]').forEach((menu) => { menu.open = false; });
    lay(box);
    box.showModal();
  }
  function lay(box) {
    const {id} = form, has = areas(id).filter(Boolean), others = has.length || !deck.may(SUPERVISOR) ? [] : deck.known.site.areas.map((each) => each.key), lent = own(id).filter((area) => holder(area) !== id);
    deck.put(box.querySelector('.question'), say('question', name(id)));
    deck.put(box.querySelector('.nothing'), has.length ? '' : say('nothing', name(id)) + (others.length ? say('others') : ''));
    box.querySelector('.have').replaceChildren(...has.map((area) => choice(area, deck.area(area), true)), ...others.map((area) => choice(area, say('from', deck.area(area), name(holder(area))), false)));
    box.querySelector('.to').replaceChildren(...all().filter((each) => each !== id || others.length).map((each) => choice(each, name(each), false)));
    box.querySelector('.lent').replaceChildren(...lent.map((area) => choice(area, say('from', deck.area(area), name(holder(area))), true)));
    box.querySelector('.giving').hidden = !has.length && !others.length;
    box.querySelector('.taking').hidden = !lent.length;
    ready(box);
  }
  function ready(box) {
    box.querySelector('.give').disabled = !pressed(box, '.have').length || !pressed(box, '.to').length;
    box.querySelector('.back').disabled = !pressed(box, '.lent').length;
    deck.put(box.querySelector('.outcome'), form && form.words ? form.words() : '');
  }
  /* Each desk hands over what it has. */
  function give(box) {
    const found = pressed(box, '.have'), to = pressed(box, '.to')[0];
    send(box, [...new Set(found.map(holder))].map((id) => [encodeURIComponent(id) + '/hand-over', {areas: found.filter((area) => holder(area) === id), to}]));
  }
  async function send(box, wishes) {
    form.words = () => say('sending');
    ready(box);
    box.querySelectorAll('.give, .back').forEach((button) => { button.disabled = true; });
    const note = box.querySelector('textarea').value.trim();
    let told = null;
    for (const [path, body] of wishes) {
      told = await post(path, {...body, note, id: crypto.getRandomValues(new Uint32Array(4)).join('-')});
      if (told.status !== 200 && told.outcome !== 'already') break;
    }
    form.words = sentence(told);
    ready(box);
  }

  /* ---- drawing */
  function draw() { document.querySelectorAll('[data-duty]').forEach(paint); }
  function paint(element) {
    if (!deck.known) return;
    const asks = view();
    deck.put(element.querySelector('.name'), (seat ? name(seat) : say('none')) + (asks && asks !== seat ? ` (${name(asks)})` : !asks && seat ? ` (${say('all')})` : ''));
    const empty = all().filter((id) => id !== SUPERVISOR && !manned(id));
    element.querySelector('summary').title = empty.length ? say('unmanned', empty.map(name).join(say('comma'))) : '';
    deck.put(element.querySelector('.said'), said ? said() : '');
    element.querySelector('[data-duty-act="hand"]').hidden = !deck.may('operator') || !(seat || deck.may(SUPERVISOR) && asks);
    element.querySelector('[data-duty-act="leave"]').hidden = !seat;
    element.querySelector('[data-duty-act="all"]').hidden = !asks;
    const list = element.querySelector('.desks'), shown = JSON.stringify([desks, [...sitting], seat, asks, deck.held('duties'), deck.language()]);
    if (list.shown === shown) return;
    list.shown = shown;
    list.replaceChildren(...all().map((id) => {
      const item = document.createElement('li'), button = choice(id, name(id), id === seat), row = desks.find((each) => each.id === id), text = document.createElement('span');
      text.textContent = [say('areas', areas(id).filter(Boolean).length), ...(manned(id) ? (row && row.people) || [] : [say('empty')])].join(say('dot'));
      item.append(button, text);
      return item;
    }));
  }
  function owner(element) {
    const row = element.dataset.owner === 'line' ? deck.held('line') : deck.alarms.chosen();
    deck.put(element, row && deck.known && declared().length ? name(holder(row.area)) : '');
  }

  deck.desk = {
    id: () => seat, shown: () => view() || seat, all, holder, areas, name, manned, keep,
    acknowledges: (row) => deck.may(SUPERVISOR) || deck.known.site.acknowledge === 'operator' && deck.may('operator') && seat !== SUPERVISOR && holder(row.area) === seat,
    onChange: (fn) => { listeners.push(fn); },
  };
  deck.choice.areasOf = areas;
  deck.choice.onAsk(draw);
  deck.alarms.onChange(() => document.querySelectorAll('[data-owner="chosen"]').forEach(owner));
  deck.paint('[data-duty]', {sections: () => [], draw: paint});
  deck.paint('[data-owner]', {sections: () => ['line', 'duties'], draw: owner});
  deck.paint('[data-duty-form]', {sections: () => [], draw(box) { if (box.open) lay(box); }});
  deck.on('duties', () => { if (asked) look(); changed(); });
  deck.second(() => { const me = deck.me(); if (me && me.kind === 'person') { if (!asked) look(); else if (seat || document.querySelector('[data-duty]') && !document.hidden) keep(); } });  // who sits somewhere is heard on every page, seen or not
  addEventListener('storage', (event) => { if (event.key === KEY) look(); });
  document.addEventListener('click', (event) => {
    const at = (css) => event.target.closest(css), chosen = at('[data-duty] .desks button'), act = at('[data-duty-act]'), box = at('[data-duty-form]');
    if (at('[data-duty] summary')) { said = null; look(); }
    if (chosen) take(chosen.dataset.key);
    if (act) ({hand: open, leave, all: () => { deck.choice.ask({desk: ''}); draw(); }})[act.dataset.dutyAct]();
    if (!box) return;
    const button = at('.choices button');
    if (button) {
      const one = button.closest('.to');
      if (one) one.querySelectorAll('button').forEach((each) => each.setAttribute('aria-pressed', String(each === button)));
      else button.setAttribute('aria-pressed', String(button.getAttribute('aria-pressed') !== 'true'));
      ready(box);
    }
    if (at('.give')) give(box);
    if (at('.back')) send(box, [[encodeURIComponent(form.id) + '/take-back', {areas: pressed(box, '.lent')}]]);
    if (at('.no')) box.close();
  });
})();
