/* The selected alarm: how far, what to do, what happened; the buttons that its state and the role allow, and what came of pressing one.
 *
 * Nothing is shown as done before the server has said so: the answer comes when the journal has it. Where no answer comes the same wish
 * is asked again under its id, which carries it out once, until somebody knows.
 */
'use strict';
(function () {
  const deck = window.citydeck, desk = deck.alarms;
  const AGAIN = 2000, PATIENCE = 90000, LATER = 150, HOUR = 3600, SHOWN = 40;  // milliseconds; seconds; events
  const LONGEST = [0, 900, HOUR, 8 * HOUR, 24 * HOUR], SPANS = [300, 900, HOUR, 4 * HOUR, 8 * HOUR, 24 * HOUR], REVIEWS = [86400, 7 * 86400, 30 * 86400, 90 * 86400];
  const WORSE = '+';  // ends the key of the rule of a worse limit
  const OPERATORS = 3;  // from this priority down an operator may shelve
  const KEYS = {a: ['ack'], r: ['reset'], s: ['shelve', 'unshelve'], n: ['comment'], m: ['map'], g: ['map']};
  const WORDS = {
    select: {en: 'Select an alarm', zh: '请选择一条告警'}, limit: {en: 'limit ', zh: '限值 '}, deadband: {en: 'deadband ', zh: '回差 '}, delay: {en: 'on-delay ', zh: '延时 '},
    several: {en: (count) => `${count} alarms are selected`, zh: (count) => `已选择 ${count} 条告警`}, dot: {en: ' · ', zh: ' · '},
    left: {en: (age) => age + ' left', zh: (age) => '剩余 ' + age}, over: {en: (age) => age + ' over', zh: (age) => '已超 ' + age}, unwritten: {en: 'not written down', zh: '未填写'},
    month: {en: (count) => `${count} ${count === 1 ? 'time' : 'times'} in 30 days`, zh: (count) => `30 天内 ${count} 次`},
    away: {en: 'The journal does not answer', zh: '日志无响应'}, noHour: {en: 'No reading in the last hour', zh: '最近 1 小时无读数'},
    soon: {en: 'It has just appeared: look first, then press again', zh: '该告警刚刚出现：请先查看，再按一次'},
    sending: {en: 'Recording…', zh: '正在记录…'}, checking: {en: 'Unknown whether it was recorded: checking', zh: '不确定是否已记录：正在核对'},
    unknown: {en: 'Unknown whether it was recorded. Look at what happened before pressing again.', zh: '不确定是否已记录。再次操作前请先查看经过。'},
    not_recorded: {en: 'Not recorded: the journal does not answer. Nothing was done.', zh: '未记录：日志无响应，操作未执行。'},
    expired: {en: 'Not recorded: it came too late. Nothing was done.', zh: '未记录：已超时，操作未执行。'},
    gone: {en: (why) => `Nothing was done: ${why}`, zh: (why) => `操作未执行：${why}`}, refused: {en: (why) => `Refused: ${why}`, zh: (why) => `已拒绝：${why}`},
    failed: {en: (why) => `Not done: ${why}`, zh: (why) => `未执行：${why}`}, forbidden: {en: 'Refused: this is not for your role', zh: '已拒绝：您的角色无权执行'},
    some: {en: (done, total) => `${done} of ${total} recorded as acknowledged`, zh: (done, total) => `${total} 条中 ${done} 条已记录为确认`},
    already: {en: (what, who, time) => `Already ${what} by ${who} at ${time}`, zh: (what, who, time) => `${who} 已于 ${time} ${what}`},
    was: {en: 'That was done before', zh: '该操作此前已完成'},
    done: {
      ack: {en: 'Acknowledged, recorded', zh: '已确认并记录'}, reset: {en: 'Reset, recorded', zh: '已复位并记录'}, shelve: {en: 'Shelved, recorded', zh: '已搁置并记录'},
      unshelve: {en: 'Back from the shelf, recorded', zh: '已取消搁置并记录'}, comment: {en: 'Note recorded', zh: '备注已记录'},
      'out-of-service': {en: 'Out of service, recorded', zh: '已停用并记录'}, 'return-to-service': {en: 'Back in service, recorded', zh: '已恢复使用并记录'},
    },
    by: {ack: {en: 'acknowledged', zh: '确认'}, shelve: {en: 'shelved', zh: '搁置'}, 'out-of-service': {en: 'put out of service', zh: '停用'}},
    whoAck: {en: (who, time) => `Acknowledged by ${who} at ${time}`, zh: (who, time) => `${who} 于 ${time} 确认`},
    whoShelf: {en: (who, time) => `Shelved by ${who} at ${time}`, zh: (who, time) => `${who} 于 ${time} 搁置`},
    whoOut: {en: (who, time) => `Put out of service by ${who} at ${time}`, zh: (who, time) => `${who} 于 ${time} 停用`},
    ask: {
      shelve: {en: 'Shelve this alarm', zh: '搁置此告警'}, comment: {en: 'Write a note', zh: '添加备注'}, 'out-of-service': {en: 'Take out of service', zh: '停用此告警'},
    },
    say: {
      shelve: {en: 'Reason', zh: '原因'}, comment: {en: 'Note', zh: '备注'}, 'out-of-service': {en: 'Reason', zh: '原因'},
    },
    how: {shelve: {en: 'For', zh: '时长'}, 'out-of-service': {en: 'Review after', zh: '复查时间'}}, next: {en: 'until next return', zh: '至下次恢复'},
    kinds: {
      raised: {en: 'came', zh: '发生'}, repeated: {en: 'came again', zh: '再次发生'}, worsened: {en: 'got worse', zh: '加重'}, realarmed: {en: 'called again', zh: '再次提醒'},
      escalated: {en: 'not acknowledged in time', zh: '超时未确认'}, returned: {en: 'returned', zh: '恢复'}, latched: {en: 'ended, to be reset', zh: '结束，待复位'},
      acknowledged: {en: 'acknowledged', zh: '确认'}, reset: {en: 'reset', zh: '复位'}, shelved: {en: 'shelved', zh: '搁置'}, unshelved: {en: 'back from the shelf', zh: '取消搁置'},
      suppressed: {en: 'suppressed', zh: '抑制'}, unsuppressed: {en: 'no longer suppressed', zh: '解除抑制'}, out_of_service: {en: 'out of service', zh: '停用'},
      in_service: {en: 'in service', zh: '恢复使用'}, commented: {en: 'note', zh: '备注'},
    },
  };
  const say = (key, ...values) => (values.length ? deck.text(WORDS[key])(...values) : deck.text(WORDS[key]));
  let past = null, asked = '', outcome = null, pending = null, stream = null, sensor = null;

  /* ---- what may be done: by the role, and by where the alarm is in its life; the server decides */
  const POSSIBLE = {
    ack: (row) => row.state === 'unacknowledged' || row.state === 'returned',
    reset: (row) => row.latched && row.state === 'acknowledged',
    shelve: (row) => !row.shelf, unshelve: (row) => Boolean(row.shelf), comment: () => true, map: () => true,
    'out-of-service': (row) => !row.absence, 'return-to-service': (row) => Boolean(row.absence),
  };
  function allowed(act, row) {
    if (act === 'map') return true;
    if (act === 'ack' || act === 'reset') return deck.may(deck.known.site.acknowledge);
    if (act === 'comment') return deck.may('operator');
    return deck.may(act.endsWith('shelve') && row.priority >= OPERATORS ? 'operator' : 'supervisor');
  }

  /* ---- asking the server */
  async function post(path, body) {
    const id = crypto.getRandomValues(new Uint32Array(4)).reduce((text, each) => text + each.toString(16).padStart(8, '0'), ''), began = performance.now();
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
    if (said.status === 200) return () => deck.text(WORDS.done[act]);
    if (said.status === 403) return () => say('forbidden');
    if (said.outcome === 'already') return () => (said.who && WORDS.by[act] ? say('already', deck.text(WORDS.by[act]), said.who, deck.clock(said.time, true)) : say('was'));
    if (said.outcome === 'gone' || said.outcome === 'refused') return () => say(said.outcome, said.detail);
    if (['not_recorded', 'expired', 'unknown'].includes(said.outcome)) return () => say(said.outcome);
    return () => say('failed', said.detail || String(said.status));
  }
  async function send(act, row, body) {
    if (pending) return;
    pending = act;
    tell(() => say('sending'), row.id);
    const said = await post(encodeURIComponent(row.id) + '/' + act, {occurrence: row.occurrence, ...body});
    pending = null;
    tell(sentence(act, said), row.id);
    asked = '';
    desk.look();
  }
  async function sendMany(rows) {
    if (pending) return;
    pending = 'ack';
    tell(() => say('sending'), rows[0].id);
    const said = await post('ack', {targets: rows.map((row) => ({alarm: row.id, occurrence: row.occurrence}))});
    pending = null;
    const done = (said.answers || []).filter((answer) => answer.outcome === 'done').length;
    tell(said.answers ? () => say('some', deck.number(done, 0), deck.number(rows.length, 0)) : sentence('ack', said), rows[0].id);
    asked = '';
    desk.look();
  }
  function tell(words, id) {
    outcome = {words, id: id || (outcome && outcome.id)};
    draw();
  }

  function act(name) {
    const row = desk.chosen();
    if (!row || !POSSIBLE[name](row) || !allowed(name, row)) return;
    if (name === 'map') { deck.go(deck.path(row.href)); return; }
    const rows = name === 'ack' ? desk.selection().filter(POSSIBLE.ack) : [row];
    if (!rows.every(desk.settled)) { tell(() => say('soon'), row.id); return; }
    if (WORDS.ask[name]) ask(name, row);
    else if (rows.length > 1) sendMany(rows);
    else send(name, row, {});
  }
  desk.key = (key) => {
    const row = desk.chosen(), name = row && (KEYS[key] || []).find((each) => POSSIBLE[each](row) && allowed(each, row));
    return name ? () => act(name) : null;
  };

  /* ---- the form: for how long, and why */
  const form = () => document.querySelector('[data-alarm-form]');
  function choices(name, row) {
    if (name === 'comment') return [];
    const spans = name === 'shelve' ? SPANS.filter((span) => span <= LONGEST[row.priority]) : REVIEWS;
    return [...spans.map((span) => [deck.span(span), span]), ...(name === 'shelve' ? [[say('next'), null]] : [])];
  }
  function ask(name, row) {
    const box = form(), list = choices(name, row);
    box.wish = {name, row, lasting: list.length ? list[0][1] : null};
    deck.put(box.querySelector('.question'), deck.text(WORDS.ask[name]) + ': ' + row.name + ', ' + row.where);
    box.querySelector('.lasting').hidden = !list.length;
    deck.put(box.querySelector('.lasting .label'), list.length ? deck.text(WORDS.how[name]) : '');
    box.querySelector('.choices').replaceChildren(...list.map(([text, span]) => Object.assign(document.createElement('button'), {type: 'button', textContent: text, span})));
    deck.put(box.querySelector('.why'), deck.text(WORDS.say[name]));
    deck.put(box.querySelector('.yes'), deck.text(WORDS.ask[name]));
    box.querySelector('textarea').value = '';
    box.showModal();
    chosen(box);
    box.querySelector('textarea').focus();
  }
  function chosen(box) {
    box.querySelectorAll('.choices button').forEach((button) => button.setAttribute('aria-pressed', String(button.span === box.wish.lasting)));
    box.querySelector('.yes').disabled = !box.querySelector('textarea').value.trim();
  }
  function confirm(box) {
    const {name, row, lasting} = box.wish, note = box.querySelector('textarea').value.trim();
    if (!note) return;
    box.close();
    send(name, row, {note, ...(lasting ? {lasting} : {})});
  }

  /* ---- what happened, from the journal; the last hour, from the stream of the sensor's own page */
  async function recall(row) {
    const name = JSON.stringify([row.id, row.occurrence, row.state, row.changed, row.count, row.shelf, row.absence, row.suppressed, row.journalled]);
    if (asked === name) return;
    if (!past || past.id !== row.id) past = null;
    asked = name;
    await new Promise((resolve) => { setTimeout(resolve, LATER); });
    if (asked !== name) return;
    try {
      const answer = await fetch(deck.path('api/v1/alarms/' + encodeURIComponent(row.id)));
      if (answer.ok && asked === name) { past = {id: row.id, ...await answer.json()}; draw(); }
    } catch (error) { asked = ''; }
  }
  function follow(row) {
    const id = row && row.subject.startsWith('sensor:') ? row.subject.slice(7) : null;
    if ((stream ? stream.id : null) === id) return;
    if (stream) { clearTimeout(stream.timer); if (stream.source) stream.source.close(); }
    sensor = null;
    stream = id === null ? null : {id, source: null, timer: setTimeout(() => listen(mine), 2 * LATER)};
    const mine = stream;
  }
  function listen(mine) {
    mine.source = new EventSource(deck.root + 'live/' + encodeURIComponent('sensor-' + mine.id));
    mine.source.addEventListener('frame', ({data}) => {
      const told = JSON.parse(data).s.sensor;
      if (stream === mine && told) { sensor = told; draw(); }
    });
  }

  /* ---- drawing */
  const put = (element, css, text) => deck.put(element.querySelector(css), text);
  function fill(element, markup) { if (element.markup !== markup) { element.markup = markup; element.innerHTML = markup; } }

  function measure(box, row, rule) {
    const parts = row.amount.split(' '), dot = say('dot'), of = (value) => deck.number(value, (what(row, rule) || {decimals: 1}).decimals);
    box.querySelector('.measure').dataset.priority = deck.letter(row.priority);
    put(box, '.measure .value', parts[0] || '');
    put(box, '.measure .unit', parts.slice(1).join(' '));
    put(box, '.limits', [row.bound && say('limit') + row.bound, rule && rule.deadband && say('deadband') + of(rule.deadband), rule && rule.on_delay && say('delay') + deck.span(rule.on_delay)].filter(Boolean).join(dot));
  }
  function what(row, rule) {
    const domain = deck.domain(row.domain);
    return domain && rule ? [...domain.metrics, ...domain.kpis].find((each) => each.key === rule.on) : undefined;
  }
  function standing(row) {
    const acts = [['whoAck', row.acknowledgement], ['whoShelf', row.shelf], ['whoOut', row.absence]].filter(([, by]) => by);
    const parts = acts.map(([key, by]) => say(key, by.who, desk.when(by.time)));
    if (!row.acknowledgement) parts.unshift(row.standing);
    return [...parts, row.aside || !row.acknowledgement ? row.note : row.acknowledgement.note].filter(Boolean).join(say('dot'));
  }
  function advise(box, row, rule) {
    const guidance = rule && rule.guidance, set = (name, text) => put(box, `[data-say="${name}"]`, text);
    box.querySelector('dl').hidden = !guidance;
    if (!guidance) return;
    for (const name of ['cause', 'consequence', 'action']) set(name, deck.text(guidance[name]) || say('unwritten'));
    const left = row.raised + guidance.respond_within - deck.now();
    set('within', deck.span(guidance.respond_within) + (row.unseen ? say('dot') + say(left >= 0 ? 'left' : 'over', deck.age(Math.abs(left))) : ''));
  }
  function buttons(box, row) {
    box.querySelectorAll('[data-act]').forEach((button) => {
      const name = button.dataset.act, can = POSSIBLE[name](row);
      button.hidden = !allowed(name, row) || (!can && name !== 'ack');
      button.disabled = !can || Boolean(pending);
      button.classList.toggle('primary', name === 'ack' && can);
    });
  }
  function history(box, row) {
    const known = past && past.id === row.id ? past : null, list = box.querySelector('.events');
    put(box, '.month', known && known.count !== null ? say('month', known.count) : known ? say('away') : '');
    const events = known && known.events ? known.events.slice(0, SHOWN) : [];
    const shown = JSON.stringify([events.map((event) => event.seq), deck.language()]);
    if (list.shown === shown) return;
    list.shown = shown;
    list.replaceChildren(...events.map((event) => {
      const item = document.createElement('li'), time = document.createElement('time'), words = document.createElement('span');
      time.textContent = Math.abs(deck.now() - event.time) < 86400 ? deck.clock(event.time, true) : desk.when(event.time) + ' ' + deck.clock(event.time);
      words.textContent = [deck.text(WORDS.kinds[event.kind]) || event.kind, event.actor, event.note].filter(Boolean).join(say('dot'));
      item.append(time, words);
      return item;
    }));
  }
  function trend(box, row, rule) {
    const section = box.querySelector('.hour'), metric = what(row, rule), domain = deck.domain(row.domain), state = sensor && metric && sensor.metrics[metric.key];
    section.hidden = !stream || !metric || !domain.metrics.includes(metric);
    if (section.hidden || !state || !state.hour) return;
    const now = state.hour.t.length ? Math.max(deck.now(), state.hour.t[state.hour.t.length - 1]) : deck.now();
    if (!deck.anew(section, [row.id, row.priority, state.hour, Math.floor(now / 15), section.clientWidth])) return;
    deck.chart(section.querySelector('.chart'), {
      from: now - HOUR, to: now, every: HOUR / 4, close: true, scale: metric.scale, normal: metric.normal, decimals: metric.decimals, unit: metric.unit,
      limits: deck.limitLines(deck.limits(domain, metric), metric.decimals), lines: [{t: state.hour.t, v: state.hour.v, priority: row.priority}],
      marks: deck.moments([{since: row.raised, priority: row.priority}], now - HOUR, now), says: say('noHour'),
    });
  }

  function draw() {
    const element = document.querySelector('[data-alarm]');
    if (!element || !deck.known) return;
    const row = desk.chosen(), box = element.querySelector('.chosen'), count = desk.selection().length;
    put(element, '.waiting', row ? (count > 1 ? say('several', deck.number(count, 0)) : '') : say('select'));
    box.hidden = !row;
    follow(row);
    if (!row) return;
    const rule = row.label ? null : deck.rule(row.worse ? {...row, rule: row.rule + WORSE} : row) || deck.rule(row);
    fill(box.querySelector('.sign'), deck.alarmMark(row));
    put(box, '.name', row.name);
    put(box, '.where', row.where);
    measure(box, row, rule);
    put(box, ':scope > .standing', standing(row));
    if (outcome && outcome.id !== row.id && !pending) outcome = null;
    put(box, ':scope > .outcome', outcome ? outcome.words() : '');
    buttons(box, row);
    advise(box, row, rule);
    history(box, row);
    trend(box, row, rule);
    recall(row);
  }

  desk.onChange(draw);
  deck.paint('[data-alarm]', {sections: () => [], tick: true, draw});
  deck.mount('[data-alarm] .plot-container', () => { const section = document.querySelector('[data-alarm] .hour'); section.shown = null; draw(); });
  deck.second(() => { if (!document.querySelector('[data-alarm]')) follow(null); });
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-alarm] [data-act]'), box = event.target.closest('[data-alarm-form]');
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
    if (box && event.key === 'Enter' && !event.shiftKey && event.target.matches('textarea')) { event.preventDefault(); confirm(box); }
  });
})();
