/* What others outside could not be told: shown to supervisors on the system page, sent again or thrown away by managers. Written as text, never as markup. */
'use strict';
(function () {
  const deck = window.citydeck;
  const AGAIN = 15000;  // milliseconds between looks while the page is open
  const WORDS = {
    heads: [{en: 'To', zh: '接收方'}, {en: 'What', zh: '内容'}, {en: 'Since', zh: '起始'}, {en: 'Tries', zh: '次数'}, {en: 'Last error', zh: '最近错误'}, {en: '', zh: ''}],
    resend: {en: 'Send again', zh: '重新发送'}, forget: {en: 'Throw away', zh: '丢弃'},
    events: {en: (name, n) => (n > 1 ? `${name} and ${n - 1} more` : name), zh: (name, n) => (n > 1 ? `${name}等 ${n} 条` : name)},
    trying: {en: 'is tried again by itself', zh: '将自动重试'}, unnamed: {en: 'no longer named by the site', zh: '站点已不再配置'},
    waits: {en: (name, n) => `${name}: ${n} wait`, zh: (name, n) => `${name}：${n} 条待发`},
    away: {en: 'The list cannot be had at the moment. Trying again.', zh: '暂时无法获取列表，正在重试。'},
    done: {resend: {en: 'It is sent again within seconds.', zh: '几秒内将重新发送。'}, forget: {en: 'Thrown away.', zh: '已丢弃。'}},
    failed: {en: (why) => `Not done: ${why}`, zh: (why) => `未完成：${why}`},
    unknown: {en: 'No answer. It is not known whether it was done.', zh: '没有应答，不确定是否已完成。'},
  };
  const pane = () => document.querySelector('[data-letters]');
  const part = (tag, text, name) => { const made = document.createElement(tag); made.textContent = text; if (name) made.className = name; return made; };
  let held = null, away = false, outcome = null;

  function button(letter, word) {
    const made = part('button', deck.text(WORDS[word]));
    Object.assign(made, {type: 'button', onclick: () => change(letter, word)});
    return made;
  }

  function row(letter) {
    const made = document.createElement('tr'), doing = document.createElement('td');
    const about = deck.text(WORDS.events)(deck.text(letter.about), letter.events);
    [`${letter.recipient} (${letter.target || deck.text(WORDS.unnamed)})`, about, `${deck.date(letter.created)} ${deck.clock(letter.created, true)}`]
      .forEach((text) => made.append(part('td', text)));
    made.append(part('td', deck.number(letter.attempts, 0), 'right'), part('td', letter.error, 'error'), doing);
    if (!letter.dead) doing.textContent = deck.text(WORDS.trying);
    else if (deck.may('manager')) doing.append(button(letter, 'resend'), button(letter, 'forget'));
    return made;
  }

  function draw(element) {
    const known = held && deck.may('supervisor'), waiting = known ? Object.entries(held.waiting) : [];
    element.hidden = !known || !(held.letters.length || waiting.length || outcome);
    if (element.hidden) return;
    const head = document.createElement('tr');
    WORDS.heads.forEach((words) => head.append(part('th', deck.text(words))));
    element.querySelector('thead').replaceChildren(head);
    element.querySelector('tbody').replaceChildren(...held.letters.map(row));
    element.querySelector('table').hidden = !held.letters.length;
    deck.put(element.querySelector('.count'), held.letters.length ? deck.number(held.letters.length, 0) : '');
    deck.put(element.querySelector('.waits'), waiting.map(([name, n]) => deck.text(WORDS.waits)(name, n)).join('; '));
    deck.put(element.querySelector('.outcome'), away ? deck.text(WORDS.away) : outcome ? outcome() : '');
  }

  async function look() {
    if (!pane() || !deck.may('supervisor')) return;
    const answer = await fetch(deck.path('api/v1/letters')).catch(() => null);
    away = !answer || !answer.ok;
    if (!away) held = await answer.json();
    if (pane()) draw(pane());
  }

  async function change(letter, word) {
    const address = deck.path(`api/v1/letters/${encodeURIComponent(letter.id)}/${word}`);
    const answer = await fetch(address, {method: 'POST', headers: deck.pledge()}).catch(() => null);
    const said = answer && !answer.ok ? await answer.json().catch(() => ({})) : {};
    const why = said.detail || (answer && String(answer.status));
    outcome = !answer ? () => deck.text(WORDS.unknown) : answer.ok ? () => deck.text(WORDS.done[word]) : () => deck.text(WORDS.failed)(why);
    look();
  }

  deck.paint('[data-letters]', {sections: () => [], draw});
  let seen = null;
  deck.second(() => {  // a page that is opened, or a visitor who has become known, is looked at once; then at rest
    const now = pane() && deck.me() ? pane() : null;
    if (now && now !== seen) { outcome = null; look(); }
    seen = now;
  });
  setInterval(() => { if (!document.hidden) look(); }, AGAIN);
})();
