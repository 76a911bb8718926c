/* What can be done about the selected alarm: the buttons that its state and the role allow, their keys, and what came of pressing one.
 *
 * Nothing is shown as done before the server has said so: the answer comes when the journal has it. Where no answer comes the same wish
 * is asked again under its id, which carries it out once, until somebody knows.
 *
 * wish.buttons(box, row)  shows in `box` what can be done about `row`; wish.said(row) what came of the last wish about it
 */
'use strict';
(function () {
  const deck = window.citydeck, desk = deck.alarms;
  const AGAIN = 2000, PATIENCE = 90000, MOST = 5000, HOUR = 3600;  // milliseconds; alarms in one request; seconds
  const LONGEST = [0, 900, HOUR, 8 * HOUR, 24 * HOUR], SPANS = [300, 900, HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR], REVIEWS = [86400, 7 * 86400, 30 * 86400, 90 * 86400];
  const OPERATORS = 3;  // from this priority down an operator may shelve
  const KEYS = {a: ['ack'], r: ['reset'], s: ['shelve', 'unshelve'], n: ['comment'], m: ['map']};
  const RARE = ['out-of-service', 'return-to-service'];
  const WORDS = {
    dot: {en: ' · ', zh: ' · '}, comma: {en: ', ', zh: '，'}, priorities: [null, {en: 'critical', zh: '危急'}, {en: 'high', zh: '高'}, {en: 'medium', zh: '中'}, {en: 'low', zh: '低'}],
    soon: {en: 'It has just appeared: look first, then press again', zh: '该告警刚刚出现：请先查看，再按一次'},
    sending: {en: 'Recording…', zh: '正在记录…'}, checking: {en: 'Unknown whether it was recorded: checking', zh: '不确定是否已记录：正在核对'},
    unknown: {en: 'Unknown whether it was recorded. Look at what happened before pressing again.', zh: '不确定是否已记录。再次操作前请先查看经过。'},
    not_recorded: {en: 'Not recorded: the journal does not answer. Nothing was done.', zh: '未记录：日志无响应，操作未执行。'},
    expired: {en: 'Not recorded: it came too late. Nothing was done.', zh: '未记录：已超时，操作未执行。'},
    undone: {en: (why) => `Nothing was done: ${why}`, zh: (why) => `操作未执行：${why}`}, forbidden: {en: (why) => `Refused: ${why}`, zh: (why) => `已拒绝：${why}`},
    unkept: {en: 'Nobody keeps the alarms: nothing can be recorded', zh: '告警进程无响应：无法记录'},
    nowhere: {en: 'This alarm is about no place on the map', zh: '此告警没有地图位置'},
    role: {en: 'this is not for your role', zh: '您的角色无权执行'},
    some: {en: (done, total) => `${done} of ${total} recorded as acknowledged`, zh: (done, total) => `${total} 条中 ${done} 条已记录为确认`},
    already: {en: (what, who, time) => `Already ${what} by ${who} at ${time}`, zh: (what, who, time) => `${who} 已于 ${time} ${what}`},
    was: {en: 'That was done before', zh: '该操作此前已完成'},
    done: {
      ack: {en: 'Acknowledged, recorded', zh: '已确认并记录'}, reset: {en: 'Reset, recorded', zh: '已复位并记录'}, shelve: {en: 'Shelved, recorded', zh: '已搁置并记录'},
      unshelve: {en: 'Back from the shelf, recorded', zh: '已取消搁置并记录'}, comment: {en: 'Note recorded', zh: '备注已记录'},
      'out-of-service': {en: 'Out of service, recorded', zh: '已停用并记录'}, 'return-to-service': {en: 'Back in service, recorded', zh: '已恢复使用并记录'},
    },
    by: {ack: {en: 'acknowledged', zh: '确认'}, shelve: {en: 'shelved', zh: '搁置'}, 'out-of-service': {en: 'put out of service', zh: '停用'}},
    ask: {
      ack: {en: (count) => `Acknowledge ${count} alarms`, zh: (count) => `确认 ${count} 条告警`},
      shelve: {en: 'Shelve this alarm', zh: '搁置此告警'}, comment: {en: 'Write a note', zh: '添加备注'}, 'out-of-service': {en: 'Take out of service', zh: '停用此告警'},
    },
    say: {
      ack: {en: 'Note, if there is something to say', zh: '备注（可不填）'},
      shelve: {en: 'Reason', zh: '原因'}, comment: {en: 'Note', zh: '备注'}, 'out-of-service': {en: 'Reason', zh: '原因'},
    },
    how: {shelve: {en: 'For', zh: '时长'}, 'out-of-service': {en: 'Review after', zh: '复查时间'}}, next: {en: 'until next return', zh: '至下次恢复'},
  };
  const say = (key, ...values) => (values.length ? deck.text(WORDS[key])(...values) : deck.text(WORDS[key]));
  let outcome = null, pending = null;

  /* ---- what may be done: by the role, and by where the alarm is in its life; the server decides */
  const nowhere = (row) => (document.querySelector('[data-alarm] .place') || {}).nowhere === row.id;
  const POSSIBLE = {
    ack: (row) => row.state === 'unacknowledged' || row.state === 'returned',
    reset: (row) => row.latched && row.state === 'acknowledged',
    shelve: (row) => !row.shelf, unshelve: (row) => Boolean(row.shelf), comment: () => true, map: (row) => !nowhere(row),
    'out-of-service': (row) => !row.absence, 'return-to-service': (row) => Boolean(row.absence),
  };
  function allowed(act, row) {
    if (act === 'map') return true;
    if (row.unkept || deck.replaying()) return false;  // what is seen of the past cannot be acted on
    if (row.over) return act === 'ack' && deck.desk.acknowledges(row);
    if (act === 'ack' || act === 'reset') return deck.desk.acknowledges(row);
    if (act === 'comment') return deck.may('operator');
    return deck.may(act.endsWith('shelve') && row.priority >= OPERATORS ? 'operator' : 'supervisor');
  }
  const waits = (row) => POSSIBLE.ack(row) && !row.unkept && !desk.laid(row);
  const lost = () => (deck.held('alarms') || {alive: true}).alive === false;
  /* Where reset is what comes next, it stands in the place of what has been done. */
  const offered = (act, row) => allowed(act, row) && (act === 'map' || POSSIBLE[act](row) || (act === 'ack' && !POSSIBLE.reset(row)));

  /* ---- asking the server */
  const fresh = () => crypto.getRandomValues(new Uint32Array(4)).reduce((text, each) => text + each.toString(16).padStart(8, '0'), '');
  async function post(path, body) {
    const id = fresh(), began = performance.now();
    for (;;) {
      try {
        const answer = await fetch(deck.path('api/v1/alarms/' + path), {
          method: 'POST', headers: {'Content-Type': 'application/json', ...deck.pledge()}, body: JSON.stringify({...body, id}), signal: AbortSignal.timeout(15000),
        });
        const said = await answer.json().catch(() => ({}));
        if (answer.status !== 504 && answer.status !== 502) return {status: answer.status, ...said};
      } catch (error) { /* nobody knows whether it arrived: the same is asked again */ }
      if (performance.now() - began > PATIENCE) return {outcome: 'unknown'};
      tell(() => say('checking'));
      await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
    }
  }
  function sentence(act, said) {
    const why = () => deck.text(said.said) || said.detail || String(said.status);
    if (said.status === 200) return () => deck.text(WORDS.done[act]);
    if (said.outcome === 'already') return () => (said.who && WORDS.by[act] ? say('already', deck.text(WORDS.by[act]), said.who, deck.clock(said.time, true)) : say('was'));
    if (['not_recorded', 'expired', 'unknown'].includes(said.outcome)) return () => say(said.outcome);
    if (said.status === 403) return () => say('forbidden', said.said ? why() : say('role'));
    return () => say('undone', why());
  }
  async function send(act, row, body) {
    if (pending) return;
    pending = act;
    tell(() => say('sending'), row.id);
    const said = await post(encodeURIComponent(row.id) + '/' + act, {occurrence: row.occurrence, ...body});
    pending = null;
    tell(sentence(act, said), row.id);
    desk.look();
  }
  async function sendMany(rows, body) {
    if (pending) return;
    pending = 'ack';
    tell(() => say('sending'), rows[0].id);
    let done = 0, said = null;
    for (let from = 0; from < rows.length; from += MOST) {
      said = await post('ack', {targets: rows.slice(from, from + MOST).map((row) => ({alarm: row.id, occurrence: row.occurrence})), ...body});
      if (!said.answers) break;
      done += said.answers.filter((answer) => answer.outcome === 'done').length;
    }
    pending = null;
    tell(said.answers || done ? () => say('some', deck.number(done, 0), deck.number(rows.length, 0)) : sentence('ack', said), (desk.chosen() || rows[0]).id);
    desk.look();
  }
  function tell(words, id) {
    outcome = {words, id: id || (outcome && outcome.id)};
    desk.draw();
  }

  function act(name) {
    const row = desk.chosen();
    if (!row || !POSSIBLE[name](row) || !allowed(name, row)) return;
    if (name === 'map') { deck.go(deck.path(row.href)); return; }
    const many = name === 'ack' && desk.selection().length > 1, rows = many ? desk.selection().filter(waits) : [row];
    begin(name, rows, row);
  }
  function begin(name, rows, row) {
    if (!rows.length) return;
    if (lost()) { tell(() => (lost() ? say('unkept') : ''), row.id); return; }
    if (!rows.every(desk.settled)) { tell(() => say('soon'), row.id); return; }
    if (rows.length > 1 || (WORDS.ask[name] && name !== 'ack')) ask(name, rows);
    else send(name, row, {});
  }
  /* Of everything that the filter shows; what has just come is left out, for nobody has seen it. */
  function acknowledgeAll() {
    const rows = desk.shown().filter((row) => waits(row) && allowed('ack', row) && desk.settled(row));
    if (rows.length) begin('ack', rows, desk.chosen() || rows[0]);
  }
  desk.keys.push((key, shifted) => {
    if (key === 'a' && shifted) return acknowledgeAll;
    const row = desk.chosen(), name = row && (KEYS[key] || []).find((each) => POSSIBLE[each](row) && allowed(each, row));
    return name ? () => act(name) : null;
  });

  /* ---- the form: for how long, and why */
  const form = () => document.querySelector('[data-alarm-form]');
  function choices(name, row) {
    if (!WORDS.how[name]) return [];
    const spans = name === 'shelve' ? SPANS.filter((span) => span <= LONGEST[row.priority]) : REVIEWS;
    return [...spans.map((span) => [deck.span(span), span]), ...(name === 'shelve' ? [[say('next'), null]] : [])];
  }
  function question(name, rows) {
    if (name !== 'ack') return deck.text(WORDS.ask[name]) + ': ' + rows[0].name + ', ' + rows[0].where;
    const counts = [1, 2, 3, 4].map((priority) => [priority, rows.filter((row) => row.priority === priority).length]).filter(([, count]) => count);
    return deck.text(WORDS.ask.ack)(deck.number(rows.length, 0)) + ': ' + counts.map(([priority, count]) => deck.number(count, 0) + ' ' + deck.text(WORDS.priorities[priority])).join(say('comma'));
  }
  function ask(name, rows) {
    const box = form(), list = choices(name, rows[0]), text = deck.text(WORDS.ask[name]);
    box.wish = {name, rows, lasting: list.length ? list[0][1] : null};
    deck.put(box.querySelector('.question'), question(name, rows));
    box.querySelector('.lasting').hidden = !list.length;
    deck.put(box.querySelector('.lasting .label'), list.length ? deck.text(WORDS.how[name]) : '');
    box.querySelector('.choices').replaceChildren(...list.map(([told, span]) => Object.assign(document.createElement('button'), {type: 'button', textContent: told, span})));
    deck.put(box.querySelector('.why'), deck.text(WORDS.say[name]));
    deck.put(box.querySelector('.yes'), name === 'ack' ? text(deck.number(rows.length, 0)) : text);
    box.querySelector('textarea').value = '';
    box.showModal();
    chosen(box);
    box.querySelector('textarea').focus();
  }
  const complete = (box) => box.wish.name === 'ack' || Boolean(box.querySelector('textarea').value.trim());
  function chosen(box) {
    box.querySelectorAll('.choices button').forEach((button) => button.setAttribute('aria-pressed', String(button.span === box.wish.lasting)));
    box.querySelector('.yes').disabled = !complete(box);
  }
  function confirm(box) {
    const {name, rows, lasting} = box.wish, note = box.querySelector('textarea').value.trim();
    if (!complete(box)) return;
    box.close();
    if (name === 'ack') sendMany(rows, {note}); else send(name, rows[0], {note, ...(lasting ? {lasting} : {})});
  }

  function buttons(box, row) {
    const chosen = desk.selection(), many = chosen.length > 1 ? chosen.filter(waits).length : 1;
    box.querySelectorAll('[data-act]').forEach((button) => {
      const name = button.dataset.act, can = POSSIBLE[name](row) && !row.over;
      button.hidden = !offered(name, row);
      const away = name !== 'map' && lost();
      const lies = name !== 'map' || !nowhere(row);
      button.disabled = (!can && name !== 'map') || !lies || away || Boolean(pending);
      button.title = away ? say('unkept') : lies ? '' : say('nowhere');
      button.classList.toggle('primary', name === 'ack' && can && !away);
      if (name === 'ack') deck.put(button.querySelector('.many'), many > 1 ? deck.number(many, 0) : '');
    });
    box.querySelector('.rare').hidden = !RARE.some((name) => offered(name, row));
  }
  /* What came of a wish is said until another alarm is looked at. */
  function said(row) {
    if (outcome && outcome.id !== row.id && !pending) outcome = null;
    return outcome ? outcome.words() : '';
  }
  deck.wish = {buttons, said, may: (name, row) => Boolean(POSSIBLE[name](row)) && allowed(name, row)};

  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-alarm] [data-act]'), box = event.target.closest('[data-alarm-form]');
    document.querySelectorAll('[data-alarm] .rare[open]').forEach((rare) => { if (button || !rare.contains(event.target)) rare.open = false; });
    if (button) act(button.dataset.act);
    if (!box) return;
    const choice = event.target.closest('.choices button');
    if (choice) { box.wish.lasting = choice.span; chosen(box); }
    if (event.target.closest('.yes')) confirm(box);
    if (event.target.closest('.no')) box.close();
  });
  document.addEventListener('input', (event) => { const box = event.target.closest('[data-alarm-form]'); if (box && box.wish) chosen(box); });
  document.addEventListener('keydown', (event) => {
    const box = event.target.closest && event.target.closest('[data-alarm-form]');
    if (box && event.key === 'Enter' && !deck.composing(event) && !event.shiftKey && event.target.matches('textarea')) { event.preventDefault(); confirm(box); }
  });
})();
