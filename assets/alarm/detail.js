/* The pane of the selected alarm: how far, what to do, what happened, how often. What can be done is wish.js's, its hour moment.js's, its place place.js's. */
'use strict';
(function () {
  const deck = window.citydeck, desk = deck.alarms;
  const LATER = 150, AGAIN = 5000, SHOWN = 40, DAY = 86400;  // milliseconds; events; seconds
  const WORSE = '+';  // ends the key of the rule of a worse limit
  const WORDS = {
    select: {en: 'Select an alarm', zh: '请选择一条告警'}, quiet: {en: 'Nothing to do', zh: '无待处理事项'},
    limit: {en: 'limit ', zh: '限值 '}, deadband: {en: 'deadband ', zh: '回差 '}, delay: {en: 'on-delay ', zh: '延时 '},
    several: {en: (count) => `${count} alarms are selected; this is the first`, zh: (count) => `已选择 ${count} 条告警，此为第一条`}, dot: {en: ' · ', zh: ' · '},
    left: {en: (age) => age + ' left', zh: (age) => '剩余 ' + age}, over: {en: (age) => age + ' over', zh: (age) => '已超 ' + age}, unwritten: {en: 'not written down', zh: '未填写'},
    month: {en: (count) => `Last 30 days: ${count} ${count === '1' ? 'time' : 'times'}`, zh: (count) => `近 30 天：${count} 次`},
    median: {en: (span) => `, median ${span}`, zh: (span) => `，持续中位数 ${span}`},
    away: {en: 'The journal does not answer: what happened before cannot be told', zh: '日志无响应：无法显示此前经过'},
    whoAck: {en: (who, time) => `Acknowledged by ${who} at ${time}`, zh: (who, time) => `${who} 于 ${time} 确认`},
    whoShelf: {en: (who, time) => `Shelved by ${who} at ${time}`, zh: (who, time) => `${who} 于 ${time} 搁置`},
    whoOut: {en: (who, time) => `Put out of service by ${who} at ${time}`, zh: (who, time) => `${who} 于 ${time} 停用`},
    ended: {en: 'This alarm is over', zh: '该告警已结束'},
    kinds: {
      raised: {en: 'came', zh: '发生'}, repeated: {en: 'came again', zh: '再次发生'}, worsened: {en: 'got worse', zh: '加重'}, updated: {en: 'changed by its sender', zh: '内容更新'}, realarmed: {en: 'called again', zh: '再次提醒'},
      escalated: {en: 'not acknowledged in time', zh: '超时未确认'}, returned: {en: 'returned', zh: '恢复'}, latched: {en: 'ended, to be reset', zh: '结束，待复位'},
      acknowledged: {en: 'acknowledged', zh: '确认'}, reset: {en: 'reset', zh: '复位'}, shelved: {en: 'shelved', zh: '搁置'}, unshelved: {en: 'back from the shelf', zh: '取消搁置'},
      suppressed: {en: 'suppressed', zh: '抑制'}, unsuppressed: {en: 'no longer suppressed', zh: '解除抑制'}, out_of_service: {en: 'out of service', zh: '停用'},
      in_service: {en: 'in service', zh: '恢复使用'}, commented: {en: 'note', zh: '备注'},
      flood_began: {en: 'alarm flood began', zh: '告警潮开始'}, flood_ended: {en: 'alarm flood ended', zh: '告警潮结束'}, handed_over: {en: 'areas handed over', zh: '区域移交'},
    },
  };
  deck.kind = (kind) => deck.text(WORDS.kinds[kind]) || kind;  // of an event of the journal
  const say = (key, ...values) => (values.length ? deck.text(WORDS[key])(...values) : deck.text(WORDS[key]));
  let past = null, asked = '';

  /* ---- what happened, from the journal */
  async function recall(row) {
    const name = JSON.stringify([row.id, row.occurrence, row.state, row.changed, row.priority, row.area, row.label, row.count, row.acknowledgement, row.shelf, row.absence, row.suppressed, row.journalled, deck.wish.said(row)]);
    if (asked === name) return;
    if (!past || past.id !== row.id) past = null;
    asked = name;
    await new Promise((resolve) => { setTimeout(resolve, LATER); });
    if (asked !== name) return;
    const answer = await fetch(deck.path('api/v1/alarms/' + encodeURIComponent(row.id))).catch(() => null);
    if (asked !== name) return;
    if (answer && answer.ok) past = {id: row.id, ...await answer.json()};
    if (!answer || !past || past.events === null) setTimeout(() => { if (asked === name) asked = ''; }, AGAIN);  // asked again at one of the next looks
    draw();
  }

  /* ---- drawing */
  const put = (element, css, text) => deck.put(element.querySelector(css), text);
  function fill(element, markup) { if (element.markup !== markup) { element.markup = markup; element.innerHTML = markup; } }

  function measure(box, row, rule) {
    const parts = row.amount.split(' '), of = (value) => deck.number(value, (what(row, rule) || {decimals: 1}).decimals);
    box.querySelector('.measure').dataset.priority = row.over ? '' : deck.letter(row.priority);
    put(box, '.measure .value', parts[0] || '');
    put(box, '.measure .unit', parts.slice(1).join(' '));
    put(box, '.limits', [row.bound && say('limit') + row.bound, rule && rule.deadband && say('deadband') + of(rule.deadband), rule && rule.on_delay && say('delay') + deck.span(rule.on_delay)].filter(Boolean).join(say('dot')));
  }
  /* The metric or key figure that the rule is on. */
  function what(row, rule) {
    const domain = deck.domain(row.domain);
    return domain && rule ? [...domain.metrics, ...domain.kpis].find((each) => each.key === rule.on) : undefined;
  }
  function standing(row) {
    if (row.over) return say('ended');
    const acts = [['whoAck', row.acknowledgement], ['whoShelf', row.shelf], ['whoOut', row.absence]].filter(([, by]) => by);
    const parts = acts.map(([key, by]) => say(key, by.who, desk.when(by.time)));
    if (row.shelf && row.shelf.until && !row.absence) parts.push(say('left', deck.age(Math.max(0, row.shelf.until - desk.wall()))));
    if (!row.acknowledgement && row.state !== 'unacknowledged') parts.unshift(row.standing);
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
  function history(box, row) {
    const known = past && past.id === row.id ? past : null, list = box.querySelector('.events');
    const often = known && known.count ? say('month', deck.number(known.count, 0)) + (known.median === null ? '' : say('median', deck.span(known.median))) : '';
    put(box, '.month', known && known.events === null ? say('away') : deck.replaying() ? '' : often);
    const happened = (event) => !deck.replaying() || event.time <= deck.now();  // at a moment of the past
    const events = known && known.events ? known.events.filter(happened).slice(0, SHOWN) : [];
    const shown = JSON.stringify([events.map((event) => event.seq), deck.language()]);
    if (list.shown === shown) return;
    list.shown = shown;
    list.replaceChildren(...events.map((event) => {
      const item = document.createElement('li'), time = document.createElement('time'), words = document.createElement('span');
      time.textContent = Math.abs(deck.now() - event.time) < DAY ? deck.clock(event.time, true) : desk.when(event.time) + ' ' + deck.clock(event.time);
      words.textContent = [deck.kind(event.kind), event.actor, event.kind === 'suppressed' ? desk.because(event.note) : event.note].filter(Boolean).join(say('dot'));
      item.append(time, words);
      return item;
    }));
  }

  function draw() {
    const element = document.querySelector('[data-alarm]');
    if (!element || !deck.known) return;
    const row = desk.chosen(), box = element.querySelector('.chosen'), count = desk.selection().length;
    put(element, '.waiting', row ? (count > 1 ? say('several', deck.number(count, 0)) : '') : desk.shown().length ? say('select') : say('quiet'));
    box.hidden = !row;
    if (!row) return;
    const rule = row.label ? null : deck.rule(row.worse ? {...row, rule: row.rule + WORSE} : row) || deck.rule(row);
    fill(box.querySelector('.sign'), deck.alarmMark(row));
    put(box, '.name', row.name);
    put(box, '.where', row.where);
    measure(box, row, rule);
    put(box, ':scope > .standing', standing(row));
    put(box, ':scope > .outcome', deck.wish.said(row));
    deck.wish.buttons(box, row);
    advise(box, row, rule);
    deck.drawMoment(box.querySelector('.hour'), row, what(row, rule));
    deck.drawPlace(box.querySelector('.place'), row, what(row, rule), past && past.id === row.id && past.alarm ? past.alarm.detail : null);
    history(box, row);
    if (!row.unkept) recall(row);
  }

  desk.draw = draw;
  desk.onChange(draw);
  deck.paint('[data-alarm]', {sections: () => [], tick: true, draw});
  deck.mount('[data-alarm] .plot-container', draw);
})();
