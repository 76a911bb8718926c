/* The page of the rules' numbers (/tuning?rule=&trial=): what is asked of the history and what it answers, what the advisor proposes, what is in force.
 * Nothing is shown as in force before the server has recorded it; every process then takes it within a few seconds.
 */
'use strict';
(function () {
  const deck = window.citydeck, NUMBERS = ['limit', 'deadband', 'on_delay', 'off_delay', 'times', 'within'], SOON = 1500, AGAIN = 15000;
  const WORDS = {
    hint: {en: 'Try other numbers: what is told here is how many alarms they would have made of the days gone by, and of which sensor.', zh: '修改数值后试算：此处显示过去各天按该数值会产生的告警次数及所属站点。'},
    inactive: {en: 'Nobody tries and publishes: start `python -m streams tuning`', zh: '整定进程未运行：请启动 python -m streams tuning'}, away: {en: 'The database does not answer', zh: '数据库无响应'}, none: {en: 'none', zh: '无'},
    asked: {en: 'Asked', zh: '已提交'}, states: {waiting: {en: 'waits for its turn', zh: '等待试算'}, running: {en: 'is being tried', zh: '正在试算'}, done: {en: 'done', zh: '完成'}, failed: {en: 'failed', zh: '失败'}},
    sentence: {
      en: (numbers, before, span, after, delay) => `With ${numbers}, ${before} alarms of the last ${span} would have been ${after}${delay}.`,
      zh: (numbers, before, span, after, delay) => `若${numbers}，最近 ${span}的 ${before} 次告警将为 ${after} 次${delay}。`,
    },
    days: {en: (count) => `${count} days`, zh: (count) => `${count} 天`},
    delay: {en: (span) => `, the longest delay ${span}`, zh: (span) => `，最大延迟 ${span}`}, sooner: {en: ', none of them later', zh: '，无延迟'},
    missed: {en: (count, span) => `${count} would not have come at all; the longest of them lasted ${span}. `, zh: (count, span) => `${count} 次将不再触发，其中最长持续 ${span}。`},
    lasts: {en: (before, after) => `True for ${after} in all, in place of ${before}. `, zh: (before, after) => `累计持续 ${after}（现行 ${before}）。`},
    fresh: {en: (count) => `${count} would have come that did not. `, zh: (count) => `新增 ${count} 次。`},
    seen: {en: (readings, sensors, since) => `${readings} readings of ${sensors} sensors since ${since}. `, zh: (readings, sensors, since) => `自 ${since} 起 ${sensors} 个站点 ${readings} 条读数。`},
    journal: {en: (count) => `The journal counted ${count} for the same time.`, zh: (count) => `同期日志记录 ${count} 次。`}, empty: {en: 'The history holds no reading of these days.', zh: '历史中没有这些天的读数。'},
    rest: {en: (count) => `and ${count} more sensors`, zh: (count) => `另有 ${count} 个站点`}, noadvice: {en: 'No numbers were found that would help', zh: '未找到有效的调整'},
    sending: {en: 'Recording…', zh: '正在记录…'}, applied: {en: 'In force, recorded. Every process takes it within a few seconds, without a restart.', zh: '已投入使用并记录；各进程数秒内生效，无需重启。'}, back: {en: 'As its author wrote it, recorded.', zh: '已恢复原值并记录。'},
    take: {en: 'Take back', zh: '恢复原值'}, why: {en: 'Why it is taken back', zh: '恢复原值的理由'}, needs: {en: 'Say why.', zh: '请填写理由。'}, advisor: {en: 'the advisor', zh: '系统'}, dot: {en: ' · ', zh: ' · '},
    chattering: {en: (count) => `chattered ${count} times`, zh: (count) => `抖动 ${count} 次`}, top: {en: (count) => `${count} times in the top ten`, zh: (count) => `前十中 ${count} 次`}, restored: {en: 'taken back', zh: '恢复原值'}, put: {en: 'put in force', zh: '投入使用'}, written: {en: (numbers) => `In force: ${numbers}`, zh: (numbers) => `现行：${numbers}`},
  };
  const say = (key, ...values) => (values.length ? deck.text(WORDS[key])(...values) : deck.text(WORDS[key]));
  const box = () => document.querySelector('[data-tuning]');
  const asked = () => deck.query(['rule', 'trial']);
  let state = null, trial = null, away = false, outcome = null, filled = '', timer = 0, note = '', busy = false;

  const rules = () => deck.known.domains.flatMap((domain) => domain.rules.filter((rule) => !rule.key.endsWith('+') && rule.comparison !== 'no_data' && domain.metrics.some((each) => each.key === rule.on)).map((rule) => ({id: `${domain.key}/${rule.key}`, domain, rule})));
  const find = (id) => rules().find((each) => each.id === id);
  const named = (id) => { const found = find(id); return found ? `${deck.text(found.domain.label)}: ${deck.text(found.rule.label)}` : id; };
  const numbers = (id, values) => { const found = find(id); return found ? deck.numbers(found.domain, found.rule, values) : JSON.stringify(values); };

  async function json(path) { const answer = await fetch(deck.path(path), {signal: AbortSignal.timeout(15000)}).catch(() => null); return answer && answer.ok ? answer.json().catch(() => null) : null; }
  async function look() {
    clearTimeout(timer);
    if (!box()) return;
    const {trial: id} = asked(), found = await json('api/v1/tuning');
    away = !found;
    state = found || state;
    if (id && (!trial || trial.id !== id || trial.state === 'waiting' || trial.state === 'running')) trial = await json('api/v1/tuning/trials/' + encodeURIComponent(id)) || trial;
    if (!id) trial = null;
    if (trial && !asked().rule) deck.choice.ask({rule: trial.rule});
    draw();
    timer = setTimeout(look, trial && (trial.state === 'waiting' || trial.state === 'running') ? SOON : AGAIN);
  }

  /* ---- drawing */
  function draw() {
    const element = box();
    if (!element || !deck.known) return;
    deck.put(element.querySelector('.top .waiting'), away ? say('away') : state && state.active === false ? say('inactive') : '');
    form(element.querySelector('.asked'));
    answer(element.querySelector('.answer'));
    lists(element);
  }
  function form(place) {
    const select = place.querySelector('select'), all = rules().map((each) => [each.id, named(each.id)]), told = JSON.stringify(all);
    if (select.told !== told) { select.told = told; select.replaceChildren(...all.map(([key, text]) => new Option(text, key))); }
    const id = asked().rule || (all[0] || [''])[0], found = find(id);
    if (document.activeElement !== select) select.value = id;
    if (!found) return;
    deck.put(place.querySelector('.tuned'), deck.tuned(found.domain, found.rule) || say('written', deck.numbers(found.domain, found.rule, Object.fromEntries(NUMBERS.filter((name) => found.rule[name] || name === 'limit').map((name) => [name, found.rule[name]])))));
    const wanted = JSON.stringify([id, trial && trial.id, trial && trial.values, NUMBERS.map((name) => found.rule[name])]);
    if (filled !== wanted) {
      filled = wanted;
      const proposed = trial && trial.rule === id ? trial.values : {};
      for (const name of NUMBERS) place.querySelector(`input[name="${name}"]`).value = proposed[name] ?? found.rule[name];
      place.querySelector('input[name="days"]').value = trial && trial.rule === id ? trial.days : 30;
    }
    mark(place, found.rule);
    place.querySelector('[data-tuning-act="try"]').disabled = busy;
    deck.put(place.querySelector('.outcome'), outcome ? outcome() : '');
  }
  const mark = (place, rule) => NUMBERS.forEach((name) => { const input = place.querySelector(`input[name="${name}"]`); input.classList.toggle('other', input.value !== '' && Number(input.value) !== rule[name]); });
  /* How far back the readings reached, which may be less than what was asked for. */
  function reach(each) {
    const seconds = each.outcome.until - each.outcome.since, days = Math.round(seconds / 86400);
    return days > 1 || days === each.days ? say('days', deck.number(days, 0)) : deck.span(seconds);
  }
  function sentence(each) {
    const told = each.outcome, delay = told.longest_delay;
    return say('sentence', numbers(each.rule, each.values), deck.number(told.before, 0), reach(each), deck.number(told.after, 0), delay === null ? '' : delay > 0 ? say('delay', deck.duration(delay)) : told.after ? say('sooner') : '');
  }
  function more(told) {
    if (!told.readings) return say('empty');
    return (told.missed ? say('missed', deck.number(told.missed, 0), deck.duration(told.longest_missed)) : '') + (told.new ? say('fresh', deck.number(told.new, 0)) : '')
      + say('lasts', deck.duration(told.lasted), deck.duration(told.lasts)) + say('seen', deck.number(told.readings, 0), deck.number(told.sensors, 0), deck.stamp(told.since).slice(0, 16)) + say('journal', deck.number(told.journalled, 0));
  }
  function answer(place) {
    const shown = trial && trial.rule === (asked().rule || trial.rule) ? trial : null;
    if (!shown) {
      deck.put(place.querySelector('.sentence'), '');
      deck.put(place.querySelector('.more'), say('hint'));
      place.querySelector('.apply').hidden = place.querySelector('.rows').hidden = true;
      return;
    }
    const done = shown.state === 'done' && shown.outcome.before !== undefined, told = shown.outcome;
    deck.put(place.querySelector('.sentence'), done ? sentence(shown) : shown.state === 'done' ? say('noadvice') : `${numbers(shown.rule, shown.values)}: ${deck.text(WORDS.states[shown.state])}${shown.error ? ': ' + shown.error : ''}`);
    deck.put(place.querySelector('.more'), done ? more(told) : '');
    place.querySelector('.apply').hidden = !done;
    place.querySelector('[data-tuning-act="apply"]').disabled = busy;
    place.querySelector('.rows').hidden = !done || !told.rows.length;
    const body = place.querySelector('tbody'), key = JSON.stringify([shown.id, shown.state, deck.language()]);
    if (!done || body.told === key) return;
    body.told = key;
    body.replaceChildren(...told.rows.map((each) => row(shown, each)), ...(told.more ? [extra(told.more)] : []));
  }
  function row(shown, each) {
    const line = deck.part('tr'), sensor = deck.part('td', 'sensor'), link = deck.part('a', '', deck.place(shown.rule.split('/')[0], each.sensor));
    link.href = deck.path('sensor/' + encodeURIComponent(each.sensor));
    sensor.append(link);
    const span = (value) => (value === null ? '–' : value < 0 ? '−' + deck.duration(-value) : deck.duration(value));
    line.append(sensor, ...[deck.number(each.before, 0), deck.number(each.after, 0), span(each.delay), deck.number(each.missed, 0), each.missed ? span(each.longest_missed) : '–', deck.number(each.new, 0)].map((text) => deck.part('td', '', text)));
    return line;
  }
  function extra(count) { const line = deck.part('tr'), cell = deck.part('td', 'sensor', say('rest', deck.number(count, 0))); cell.colSpan = 7; line.append(cell); return line; }

  function lists(element) {
    if (!state) return;
    const mine = new Set(state.tunings.map((each) => each.trial));
    const proposed = state.trials.filter((each) => !each.author && each.state === 'done' && each.outcome.before !== undefined && !mine.has(each.id) && !state.tunings.some((one) => one.rule === each.rule));
    list(element.querySelector('.proposed'), proposed.map((each) => [named(each.rule), sentence(each), [each.outcome.chattering && say('chattering', each.outcome.chattering), each.outcome.top && say('top', each.outcome.top)].filter(Boolean).join(say('dot')), open(each)]));
    list(element.querySelector('.force'), state.tunings.map((each) => [named(each.rule), numbers(each.rule, each.values), [each.author, deck.stamp(each.time).slice(0, 16), each.note].join(say('dot')), back(each)]));
    const acts = [...state.acts.map((each) => ({time: each.time, first: named(each.rule), second: [each.author, Object.keys(each.values).length ? say('put') + ' ' + numbers(each.rule, each.values) : say('restored'), each.note].filter(Boolean).join(say('dot'))})),
      ...state.trials.map((each) => ({time: each.asked, first: named(each.rule), second: [each.author || say('advisor'), deck.text(WORDS.states[each.state]), each.outcome.before !== undefined ? `${deck.number(each.outcome.before, 0)} → ${deck.number(each.outcome.after, 0)}` : each.outcome.advice ? say('noadvice') : each.error].filter(Boolean).join(say('dot')), trial: each}))];
    list(element.querySelector('.acts'), acts.sort((a, b) => b.time - a.time).map((each) => [each.first, each.second, deck.stamp(each.time).slice(0, 16), each.trial ? open(each.trial) : null]));
  }
  function list(place, rows) {
    deck.put(place.querySelector('.none'), rows.length ? '' : say('none'));
    const made = rows.map(([first, second, third, act]) => { const item = deck.part('li'); item.append(deck.part('b', '', first), deck.part('span', '', second), deck.part('span', 'second', third)); if (act) item.append(act); return item; });
    const all = place.querySelector('ul'), told = made.map((each) => each.textContent).join('\n');
    if (all.told !== told) { all.told = told; all.replaceChildren(...made); }
  }
  const press = (text, fn) => Object.assign(deck.part('button', '', text), {type: 'button', onclick: fn});
  const open = (each) => press(numbers(each.rule, each.values) || deck.text(WORDS.states[each.state]), () => { trial = null; outcome = null; deck.choice.ask({rule: each.rule, trial: each.id}); look(); });
  /* Taking back asks why, too. */
  function back(each) {
    const made = deck.part('form', 'back'), input = Object.assign(deck.part('input'), {type: 'text', maxLength: 2000, placeholder: say('why')});
    input.setAttribute('aria-label', say('why'));
    made.append(input, Object.assign(deck.part('button', '', say('take')), {type: 'submit'}));
    made.onsubmit = (event) => {
      event.preventDefault();
      if (input.value.trim()) act('back', 'api/v1/tuning/take-back', {rule: each.rule, note: input.value.trim()}); else { outcome = () => say('needs'); draw(); }
    };
    return made;
  }

  /* ---- asking */
  async function act(words, path, body, then = () => {}) {
    busy = true;
    outcome = () => say('sending');
    draw();
    const told = await deck.record(path, body);
    busy = false;
    outcome = deck.told(told, () => say(words));
    if (told.status === 200) then(told);
    await look();
    setTimeout(deck.renew, 3000);
    draw();
  }
  const ACTS = {
    try(place) {
      const id = place.querySelector('select').value, found = find(id), input = (name) => place.querySelector(`input[name="${name}"]`).value;
      const values = Object.fromEntries(NUMBERS.filter((name) => input(name) !== '' && Number(input(name)) !== found.rule[name]).map((name) => [name, Number(input(name))]));
      act('asked', 'api/v1/tuning/trials', {rule: id, values, days: Number(input('days')) || 30}, (told) => { trial = told; deck.choice.ask({rule: id, trial: told.id}); });
    },
    apply() {
      if (!note.trim()) { outcome = () => say('needs'); draw(); return; }
      act('applied', `api/v1/tuning/trials/${encodeURIComponent(trial.id)}/apply`, {note: note.trim()}, () => { note = ''; box().querySelector('input[name="note"]').value = ''; });
    },
  };

  deck.mount('[data-tuning]', () => { [state, trial, outcome, filled, note] = [null, null, null, '', '']; deck.catalogue.then(look); });
  deck.paint('[data-tuning]', {sections: () => [], draw});
  addEventListener('popstate', () => { if (box()) look(); });
  document.addEventListener('input', (event) => {
    if (!event.target.closest('[data-tuning]')) return;
    if (event.target.name === 'note') note = event.target.value;
    else if (event.target.matches('.numbers input')) { const found = find(box().querySelector('.asked select').value); if (found) mark(box().querySelector('.asked'), found.rule); }
  });
  document.addEventListener('change', (event) => { if (event.target.matches('[data-tuning] .asked select')) { trial = null; outcome = null; deck.choice.ask({rule: event.target.value, trial: ''}); look(); } });
  document.addEventListener('click', (event) => { const button = event.target.closest('[data-tuning-act]'); if (button) ACTS[button.dataset.tuningAct](box().querySelector('.asked')); });
})();
