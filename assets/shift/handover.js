/* Handing over a desk (/handover): what the pack would say now, or, with ?pack=, a pack that was made; notes, both signatures, packs before.
 *
 * The one who leaves signs by pressing, which freezes the pack. The one who comes signs with name and password in the same browser, which is theirs
 * from then on, or by pressing where they are signed in themselves. Everything of the document is written as text.
 */
'use strict';
(function () {
  const deck = window.citydeck, SUPERVISOR = 'supervisor', AGAIN = 20000;  // milliseconds between looks at what is not frozen
  const WORDS = {
    waiting: {en: 'Reading', zh: '正在读取'}, away: {en: 'It cannot be had at the moment. Trying again.', zh: '暂时无法获取，正在重试。'}, nowhere: {en: 'You sit at no desk: choose one, or take one on the page of the alarms.', zh: '您未就席：请选择席位，或在告警页就席。'},
    seat: {en: 'Desk', zh: '席位'}, unknown: {en: 'There is no such desk or pack: choose a desk.', zh: '没有该席位或交接记录：请选择席位。'}, none: {en: 'none', zh: '无'}, unread: {en: 'could not be read', zh: '无法读取'}, comma: {en: ', ', zh: '、'}, dot: {en: ' · ', zh: ' · '},
    since: {en: (time) => `since ${time}`, zh: (time) => `自 ${time} 起`}, made: {en: (time) => `made ${time}`, zh: (time) => `制作于 ${time}`}, draft: {en: 'not frozen yet', zh: '尚未定稿'},
    parts: {outgoing: {en: 'Outgoing', zh: '交班人'}, incoming: {en: 'Incoming', zh: '接班人'}}, unsigned: {en: 'not signed', zh: '未签字'},
    how: {session: {en: 'in their own browser', zh: '本人会话'}, password: {en: 'with name and password', zh: '姓名与密码'}},
    open: {en: 'Open alarms', zh: '未结告警'}, shelved: {en: 'Shelved', zh: '搁置告警'}, out: {en: 'Out of service', zh: '停用告警'}, suppressed: {en: 'Suppressed', zh: '抑制告警'},
    silent: {en: 'Silent sensors', zh: '无数据站点'}, feeds: {en: 'Feed problems', zh: '数据接入问题'}, events: {en: 'What happened', zh: '期间事件'}, log: {en: 'Log book', zh: '值班日志'}, notes: {en: 'Notes for the next shift', zh: '交接事项'},
    troubles: {
      down: {en: 'feed silent', zh: '数据中断'}, quiet: {en: 'has sent nothing yet', zh: '尚无数据'}, error: {en: 'cannot be read', zh: '读取失败'}, unread: {en: 'is read by no process', zh: '无进程读取'},
      dead: {en: 'process does not answer', zh: '进程无响应'}, failing: {en: 'process reports a problem', zh: '进程报告问题'}, frames: {en: 'nothing is composed: feeds could not be judged', zh: '画面未更新，无法判断数据接入状态'},
    },
    states: {unacknowledged: {en: 'not acknowledged', zh: '未确认'}, acknowledged: {en: 'acknowledged', zh: '已确认'}, returned: {en: 'returned, not acknowledged', zh: '已恢复未确认'}, normal: {en: 'normal', zh: '正常'}},
    until: {en: (time) => `until ${time}`, zh: (time) => `至 ${time}`}, never: {en: 'never heard', zh: '从未收到'}, heard: {en: (time) => `last heard ${time}`, zh: (time) => `最近数据 ${time}`},
    sending: {en: 'Recording…', zh: '正在记录…'}, done: {en: 'Signed, recorded.', zh: '已签字并记录。'}, passed: {en: 'Signed by both. Nothing of it can be changed.', zh: '双方已签字，内容不可更改。'},
    altered: {en: 'This pack is not what was signed. Tell an administrator.', zh: '该记录与签字内容不符，请通知管理员。'}, newer: {en: 'A later pack of this desk was made.', zh: '该席位已有更新的交接记录。'},
    freezes: {en: 'Your signature freezes what stands on the left. It cannot be changed afterwards; if something happens meanwhile, make a new one.', zh: '签字后左侧内容即定稿，不可更改；其间如有变化，请重新制作。'},
    notYours: {en: 'Sit down at this desk to hand it over; a supervisor may for any.', zh: '请先就坐该席位再交班；值班长可代任一席位。'}, pdf: {en: {en: 'PDF, English', zh: 'PDF 英文'}, zh: {en: 'PDF, Chinese', zh: 'PDF 中文'}},
    waits: {en: (name) => `${name}: a pack waits for the incoming signature`, zh: (name) => `${name}：有交接记录等待接班签字`}, now: {en: 'What stands now', zh: '当前状态'}, more: {en: (count) => `and ${count} more`, zh: (count) => `另有 ${count} 条`}, older: {en: 'and older ones', zh: '及更早记录'},
  };
  const GROUPS = ['open', 'shelved', 'out', 'suppressed'], PRIORITIES = ['critical', 'high', 'medium', 'low'];
  const say = (key, ...values) => (values.length ? deck.text(WORDS[key])(...values) : deck.text(WORDS[key]));
  const box = () => document.querySelector('[data-handover]');
  let pack = null, desk = '', earlier = null, state = 'waiting', outcome = null, asking = 0, looked = 0, notes = '', id = null;

  /* ---- what the server knows */
  const json = async (path) => { const answer = await fetch(deck.path(path), {signal: AbortSignal.timeout(30000)}).catch(() => null); return answer ? {status: answer.status, ...await answer.json().catch(() => ({}))} : {status: 0}; };
  async function look() {
    const mine = asking += 1, asked = deck.query(['pack', 'desk']), query = asked.desk ? '?desk=' + encodeURIComponent(asked.desk) : '';
    looked = performance.now();
    const found = await json(asked.pack ? 'api/v1/handovers/' + encodeURIComponent(asked.pack) : 'api/v1/handovers/draft' + query);
    if (mine !== asking) return;
    state = found.status === 200 ? '' : found.status === 404 ? (asked.pack || asked.desk ? 'unknown' : 'nowhere') : 'away';
    pack = found.status === 200 ? found : null;
    desk = pack ? pack.desk : state === 'unknown' ? '' : asked.desk;
    draw();
    const list = await json('api/v1/handovers' + (desk ? '?desk=' + encodeURIComponent(desk) : ''));
    if (mine === asking && list.status === 200) { earlier = list.handovers; draw(); }
  }
  const frozen = () => Boolean(pack && pack.id), signedBy = (part) => (pack.signatures || []).find((each) => each.part === part);
  function go(change) {
    outcome = null;
    pack = null;
    state = 'waiting';
    deck.choice.ask(change);
    draw();  // nothing of the pack before can be pressed any more
    look();
  }

  /* ---- the document */
  const of = (label) => deck.text(label);
  function line(mark, first, second, right) {
    const made = deck.part('li'), words = deck.part('div', 'words');
    if (mark) { const sign = deck.part('span', 'sign'); sign.innerHTML = deck.mark(mark, 'grey'); made.append(sign); }
    words.append(deck.part('b', '', first), deck.part('span', 'second', second));
    made.append(words, deck.part('span', 'right', right || ''));
    return made;
  }
  function alarm(each) {
    const note = [each.who, each.until === null ? '' : say('until', deck.stamp(each.until)), each.note].filter(Boolean).join(say('dot'));
    return line(PRIORITIES.indexOf(each.priority) + 1, of(each.name), [of(each.place), of(each.area), `${each.value} / ${each.limit}`, deck.text(WORDS.states[each.state]) || each.state, note].filter(Boolean).join(say('dot')), deck.stamp(each.raised));
  }
  function section(title, count, rows, rest) {
    const made = deck.part('details', 'section'), summary = deck.part('summary', '', title);
    summary.append(deck.part('b', 'count', count));
    made.open = rows.length > 0;
    const list = deck.part('ul');
    list.append(...rows);
    if (rest) list.append(deck.part('li', 'rest', rest));
    made.append(summary, list);
    return made;
  }
  function sections(told) {
    const made = [];
    if (told.notes !== undefined) { const text = deck.part('p', 'notes', told.notes || say('none')), part = deck.part('div', 'section'); part.append(deck.part('h3', '', say('notes')), text); made.push(part); }
    for (const group of GROUPS) {
      const {total, rows} = told.alarms[group];
      if (total || group !== 'suppressed') made.push(section(say(group), deck.number(total, 0), rows.map(alarm), total > rows.length ? say('more', total - rows.length) : ''));
    }
    const quiet = told.silent;
    made.push(section(say('silent'), deck.number(quiet.total, 0), quiet.rows.map((each) => line(0, of(each.label), [each.id, of(each.domain), of(each.area)].filter(Boolean).join(say('dot')), each.last === null ? say('never') : say('heard', deck.stamp(each.last)))), quiet.total > quiet.rows.length ? say('more', quiet.total - quiet.rows.length) : ''));
    made.push(section(say('feeds'), deck.number(told.feeds.length, 0), told.feeds.map((each) => line(0, of(each), [deck.text(WORDS.troubles[each.what]) || each.what, each.detail].filter(Boolean).join(say('dot'))))));
    made.push(told.log ? section(say('log'), deck.number(told.log.rows.length, 0), told.log.rows.map((each) => line(0, each.text, [each.display, each.sensor].filter(Boolean).join(say('dot')), deck.stamp(each.time))), told.log.more ? say('older') : '') : section(say('log'), say('unread'), []));
    made.push(told.events ? section(say('events'), deck.number(told.events.rows.length, 0), told.events.rows.map(event), told.events.more ? say('older') : '') : section(say('events'), say('unread'), []));
    return made;
  }
  const event = (each) => line(each.priority ? PRIORITIES.indexOf(each.priority) + 1 : 0, deck.kind(each.kind), [of(each.name), of(each.place) || of(each.area), each.value, each.actor, each.note].filter(Boolean).join(say('dot')), deck.stamp(each.time));

  /* ---- drawing */
  function draw() {
    const element = box();
    if (!element || !deck.known || !deck.me()) return;
    chooser(element.querySelector('.top .desks'));
    const told = pack && pack.document && pack.document.desk ? pack.document : null;
    deck.put(element.querySelector('.top .facts'), told ? [told.areas.map(of).join(say('comma')), say('since', deck.stamp(told.since)), say('made', deck.stamp(told.made)), frozen() ? '' : say('draft')].filter(Boolean).join(say('dot')) : '');
    deck.put(element.querySelector('.pack .waiting'), state ? say(state) : pack && frozen() && !pack.intact ? say('altered') : '');
    const place = element.querySelector('.sections'), key = JSON.stringify([told, deck.language()]);
    if (place.shown !== key) { place.shown = key; place.replaceChildren(...(told ? sections(told) : [])); }
    leaving(element.querySelector('.outgoing'));
    signing(element.querySelector('.signing'));
    paper(element.querySelector('.paper'));
    list(element.querySelector('.earlier'));
  }
  function chooser(place) {
    let select = place.querySelector('select');
    if (!select) { select = place.appendChild(document.createElement('select')); select.className = 'seat'; }
    const all = deck.desk.all().map((each) => [each, deck.desk.name(each)]), told = JSON.stringify([all, desk]);
    if (select.told !== told) { select.told = told; select.replaceChildren(...(desk ? [] : [new Option('–', '')]), ...all.map(([key, text]) => new Option(text, key))); }
    select.setAttribute('aria-label', say('seat'));
    if (document.activeElement !== select) select.value = desk;
  }
  function leaving(place) {
    const mine = desk && (deck.desk.id() === desk || deck.may(SUPERVISOR));
    place.hidden = frozen() || !pack;
    deck.put(place.querySelector('.about'), mine ? say('freezes') : say('notYours'));
    place.querySelector('button').disabled = !mine || Boolean(outcome && outcome.busy);
    deck.put(place.querySelector('.outcome'), outcome ? outcome.words() : '');
  }
  function signing(place) {
    place.hidden = !frozen();
    if (place.hidden) return;
    place.querySelector('ul').replaceChildren(...['outgoing', 'incoming'].map((part) => {
      const by = signedBy(part), item = deck.part('li', by ? 'done' : '');
      item.append(deck.part('span', 'part', deck.text(WORDS.parts[part])), deck.part('b', '', by ? (by.display === by.person ? by.display : `${by.display} (${by.person})`) : say('unsigned')), deck.part('span', 'second', by ? [deck.stamp(by.time), deck.text(WORDS.how[by.how])].join(say('dot')) : ''));
      return item;
    }));
    const may = pack.intact && pack.newest && !signedBy('incoming'), author = pack.author === deck.me().name;
    place.querySelector('.here').hidden = !may || !author;
    place.querySelector('.own').hidden = !may || author;
    place.querySelectorAll('button').forEach((button) => { button.disabled = Boolean(outcome && outcome.busy); });
    deck.put(place.querySelector('.outcome'), outcome ? outcome.words() : signedBy('incoming') ? say('passed') : pack.newest ? '' : say('newer'));
  }
  function paper(place) {
    place.hidden = !frozen();
    if (place.hidden) return;
    const key = JSON.stringify([pack.id, deck.language()]);
    if (place.shown === key) return;
    place.shown = key;
    place.replaceChildren(...['en', 'zh'].map((language) => { const link = deck.part('a', '', deck.text(WORDS.pdf[language])); link.href = deck.path(`api/v1/handovers/${encodeURIComponent(pack.id)}/pdf?language=${language}`); link.target = '_blank'; return link; }), deck.part('p', 'hash', 'SHA-256 ' + pack.sha256));
  }
  function list(place) {
    deck.put(place.querySelector('.waiting'), earlier && !earlier.length ? say('none') : '');
    const rows = earlier || [], key = JSON.stringify([rows, pack && pack.id, deck.language()]), all = place.querySelector('ul');
    if (all.shown === key) return;
    all.shown = key;
    const now = frozen() ? [button('', say('now'), '')] : [];
    all.replaceChildren(...now, ...rows.map((each) => button(each.id, `${deck.desk.name(each.desk)}, ${deck.stamp(each.time)}`, each.signatures.map((one) => one.display).concat(each.signatures.length < 2 ? [say('unsigned')] : []).join(' → '))));
  }
  function button(key, first, second) {
    const item = deck.part('li'), made = Object.assign(deck.part('button'), {type: 'button'});
    made.dataset.pack = key;
    made.setAttribute('aria-pressed', String(Boolean(key) && Boolean(pack) && pack.id === key));
    made.append(deck.part('b', '', first), deck.part('span', 'second', second));
    item.append(made);
    return item;
  }

  /* ---- signing */
  async function act(words, path, body, then) {
    outcome = {words: () => say('sending'), busy: true};
    draw();
    const told = await deck.record(path, body);
    outcome = {words: deck.told(told, () => say(words)), busy: false};
    if (told.status === 200) then(told);
    draw();
  }
  const ACTS = {
    make() {
      id = id || deck.fresh();
      act('done', 'api/v1/handovers', {id, desk, notes}, (told) => { id = null; notes = ''; pack = told; box().querySelector('textarea').value = ''; deck.choice.ask({pack: told.id, desk: ''}); look(); });
    },
    own() { act('done', `api/v1/handovers/${encodeURIComponent(pack.id)}/sign`, {}, () => location.reload()); },
    here(place) {
      const [name, password] = ['name', 'password'].map((each) => place.querySelector(`input[name="${each}"]`));
      const form = new URLSearchParams({name: name.value.trim(), password: password.value});
      password.value = '';
      act('done', `login/handover/${encodeURIComponent(pack.id)}`, form, () => location.reload());  // the browser is theirs: everything of it is asked for anew
    },
  };

  deck.mount('[data-handover]', () => { [pack, earlier, outcome, state, notes] = [null, null, null, 'waiting', '']; look(); });
  deck.paint('[data-handover]', {sections: () => [], tick: true, draw() { if (!frozen() && !document.hidden && performance.now() - looked > AGAIN) look(); else draw(); }});
  deck.desk.onChange(() => { if (box() && !frozen() && !deck.query(['desk']).desk && deck.desk.id() !== desk) look(); });
  addEventListener('popstate', () => { if (box()) { pack = null; look(); } });
  document.addEventListener('input', (event) => { if (event.target.matches('[data-handover] .outgoing textarea')) notes = event.target.value; });
  document.addEventListener('change', (event) => { if (event.target.matches('[data-handover] select.seat')) go({desk: event.target.value, pack: ''}); });
  document.addEventListener('click', (event) => {
    const signs = event.target.closest('[data-handover-act]'), chosen = event.target.closest('[data-handover] .earlier button');
    if (signs) ACTS[signs.dataset.handoverAct](signs.parentElement);
    if (chosen) go({pack: chosen.dataset.pack, desk: chosen.dataset.pack ? '' : desk});
  });
  document.addEventListener('keydown', (event) => { if (event.key === 'Enter' && event.target.matches('[data-handover] .here input')) { event.preventDefault(); ACTS.here(event.target.closest('.here')); } });
})();
