/* What is recorded on the server, and times as the site's clocks show them.
 *
 * record(path, body)  promise of {status, ...answer}: asked again under one id until somebody knows; 0 where nobody does
 * told(answer, done)  what came of it, in words
 * [data-field]        a plain field of that type and name is put into it
 * stamp(time)         2026-11-20 14:32:07 in the site's zone; field(time) as a browser's field for a time has it; moment(text) back to seconds
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const TRIES = 3, AGAIN = 1500, PATIENCE = 20000;  // milliseconds
  const WORDS = {
    away: {en: 'Not recorded: the database does not answer.', zh: '未记录：数据库无响应。'}, unknown: {en: 'Unknown whether it was recorded. Look before pressing again.', zh: '不确定是否已记录。再次操作前请先核对。'},
    forbidden: {en: (why) => `Refused: ${why}`, zh: (why) => `已拒绝：${why}`}, failed: {en: (why) => `Not done: ${why}`, zh: (why) => `未执行：${why}`},
    known: {
      'you sit at no desk: name one, or take one': {en: 'You sit at no desk.', zh: '您未就席。'},
      'who leaves the desk cannot sign as the one who takes it': {en: 'Who leaves the desk cannot sign as the one who takes it.', zh: '交班人不能同时以接班人签字。'},
      'the name or the password is wrong': {en: 'The name or the password is wrong.', zh: '姓名或密码错误。'},
      'a later pack of this desk was made: sign that one': {en: 'A later pack of this desk was made: sign that one.', zh: '该席位已有更新的交接记录，请签更新的一份。'},
      'this desk is not for their role': {en: 'This desk is not for their role.', zh: '其角色无权坐此席位。'}, 'this desk is not for your role': {en: 'This desk is not for your role.', zh: '您的角色无权坐此席位。'},
      'name and password are needed': {en: 'Name and password are needed.', zh: '请输入姓名和密码。'},
      'values: the rule has these numbers': {en: 'The rule has these numbers already.', zh: '规则已是这些数值。'},
      'the rule has other numbers by now than those with which the trial compared: try again': {en: 'The rule has other numbers by now: try again.', zh: '规则数值已变，请重新试算。'},
    },
  };
  const say = (key, ...values) => (values.length ? deck.text(WORDS[key])(...values) : deck.text(WORDS[key]));

  deck.fresh = () => crypto.getRandomValues(new Uint32Array(4)).reduce((text, each) => text + each.toString(16).padStart(8, '0'), '');
  async function once(path, body) {
    const form = body instanceof URLSearchParams, headers = {...deck.pledge(), ...(form ? {} : {'Content-Type': 'application/json'})};
    const answer = await fetch(deck.path(path), {method: 'POST', headers, body: form ? body : JSON.stringify(body), signal: AbortSignal.timeout(PATIENCE)});
    return {status: answer.status, ...await answer.json().catch(() => ({}))};
  }
  deck.record = async function (path, body) {
    for (let left = TRIES; left; left -= 1) {
      try {
        const told = await once(path, body);
        if (told.status !== 502 && told.status !== 504) return told;
      } catch (error) { /* nobody knows whether it arrived: the same is asked again under its id */ }
      if (left > 1) await new Promise((resolve) => { setTimeout(resolve, AGAIN); });
    }
    return {status: 0};
  };
  deck.told = function (answer, done) {
    const why = () => deck.text(WORDS.known[answer.detail]) || answer.detail || String(answer.status);
    if (answer.status === 200) return done;
    if (!answer.status) return () => say('unknown');
    if (answer.status === 503) return () => say('away');
    return () => say(answer.status === 403 ? 'forbidden' : 'failed', why());
  };

  function parts(time) {
    const told = new Intl.DateTimeFormat('en-CA', {year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23', timeZone: deck.zone()}).formatToParts(time * 1000);
    return Object.fromEntries(told.map(({type, value}) => [type, value]));
  }
  deck.stamp = function (time) {
    if (time === null || time === undefined) return '–';
    const {year, month, day, hour, minute, second} = parts(time);
    return `${year}-${month}-${day} ${hour}:${minute}:${second}`;
  };
  deck.field = (time) => deck.stamp(time).slice(0, 16).replace(' ', 'T');
  deck.moment = function (text) {
    const meant = Date.parse(text + 'Z') / 1000, off = (time) => Date.parse(deck.field(time) + 'Z') / 1000 - Math.floor(time / 60) * 60;
    return Number.isFinite(meant) ? meant - off(meant - off(meant)) : null;
  };
  deck.part = function (tag, name, text) {
    const made = document.createElement(tag);
    if (name) made.className = name;
    if (text !== undefined) made.textContent = text;
    return made;
  };
  deck.mount('[data-field]', (place) => {
    const {field, name, longest} = place.dataset, made = Object.assign(document.createElement('input'), {type: field, name, maxLength: Number(longest), autocomplete: 'off'});
    if (field === 'number') made.step = 'any';
    place.append(made);
  });
  /* What the address asks for, and asking for something else. */
  deck.query = (names) => { const told = new URLSearchParams(location.search); return Object.fromEntries(names.map((name) => [name, told.get(name) || ''])); };
})();
