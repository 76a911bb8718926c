/* Refused records: read, repaired and sent again. What a record holds is shown as text and never as markup. */
'use strict';
(function () {
  const deck = window.citydeck;
  const GRID = 'rejects-grid', LIMIT = 200, AGAIN = 15000;  // records; milliseconds between looks while the page is open
  const WORDS = {
    waiting: {en: 'Waiting for the list of refused records', zh: '正在获取拒收记录'},
    away: {en: 'The list of refused records cannot be had at the moment. Trying again.', zh: '暂时无法获取拒收记录，正在重试。'},
    none: {en: 'No record has been refused', zh: '没有被拒收的记录'},
    select: {en: 'Select a refused record to read it', zh: '选择一条拒收记录以查看'},
    source: {en: (r) => `${r.topic}, partition ${r.partition}, offset ${r.offset}` + (r.index === null ? '' : `, element ${r.index}`),
      zh: (r) => `${r.topic}，分区 ${r.partition}，偏移 ${r.offset}` + (r.index === null ? '' : `，第 ${r.index} 个元素`)},
    binary: {en: ' (not text: shown in base64)', zh: '（非文本，以 base64 显示）'},
    origins: {live: {en: 'live', zh: '实时'}, simulated: {en: 'simulated', zh: '模拟'}, replay: {en: 'replay', zh: '回放'}},
    ask: {en: (topic) => `Send this record to ${topic} again?`, zh: (topic) => `将此记录重新发送到 ${topic}？`},
    sending: {en: 'Sending…', zh: '正在发送…'},
    sent: {en: (r) => `Sent to ${r.topic}. It counts as soon as it is understood; if not, it appears here again.`,
      zh: (r) => `已发送到 ${r.topic}。若能解析即计入，否则会再次出现在此处。`},
    failed: {en: (why) => `Not sent: ${why}`, zh: (why) => `未发送：${why}`},
    unknown: {en: 'No answer. It is not known whether it was sent; look for it before sending again.', zh: '没有应答，不确定是否已发送；再次发送前请先核对。'},
  };
  const pane = () => document.querySelector('[data-reject]'), keyOf = (r) => [r.topic, r.partition, r.offset, r.index].join('/');
  let held = null, chosen = null, outcome = null;

  function list() {
    const panel = document.querySelector('[data-panel="rejects"]');
    if (!panel) return;
    deck.put(panel.querySelector('.waiting'), !held ? deck.text(WORDS.waiting) : held.away ? deck.text(WORDS.away) : held.rows.length ? '' : deck.text(WORDS.none));
    deck.put(panel.querySelector('.count'), held && held.rows.length ? deck.number(held.rows.length, 0) + (held.rows.length === LIMIT ? '+' : '') : '');
    if (held) deck.rows(GRID, held.rows.map((each) => ({...each, key: keyOf(each)})));
  }

  async function look() {
    try {
      const answer = await fetch(deck.path(`rejects?limit=${LIMIT}`));
      if (!answer.ok) throw new Error(String(answer.status));
      held = {rows: await answer.json()};
    } catch (error) {
      held = {rows: held ? held.rows : [], away: true};
    }
    list();
  }

  function draw(element) {
    const form = element.querySelector('.form'), put = (name, text) => deck.put(element.querySelector(`[data-say="${name}"]`), text);
    form.hidden = !chosen;
    deck.put(element.querySelector('.waiting'), chosen ? '' : deck.text(WORDS.select));
    deck.put(element.querySelector('.outcome'), outcome ? outcome() : '');
    if (!chosen) return;
    put('reason', deck.word(chosen.reason));
    put('source', deck.text(WORDS.source)(chosen) + (chosen.encoding === 'base64' ? deck.text(WORDS.binary) : ''));
    put('time', deck.date(chosen.time) + ' ' + deck.clock(chosen.time, true));
    put('origin', chosen.origin ? deck.text(WORDS.origins[chosen.origin]) : deck.number(null));
  }

  function choose(row) {
    chosen = row;
    outcome = null;
    const element = pane();
    if (!element) return;
    if (row) element.querySelector('textarea').value = row.value;
    draw(element);
  }

  function tell(words) { outcome = words; if (pane()) draw(pane()); }

  async function send(record, value) {
    tell(() => deck.text(WORDS.sending));
    const {topic, partition, offset, index, encoding} = record;
    let answer;
    try {
      answer = await fetch(deck.path('rejects/resend'), {
        method: 'POST', headers: {'Content-Type': 'application/json', ...deck.pledge()}, body: JSON.stringify({topic, partition, offset, index, value, encoding}),
      });
    } catch (error) { tell(() => deck.text(WORDS.unknown)); return; }
    const said = await answer.json().catch(() => ({}));
    if (answer.ok && said.ok) { tell(() => deck.text(WORDS.sent)(record)); look(); return; }
    const why = said.detail || said.title || String(answer.status);
    tell(() => deck.text(WORDS.failed)(why));
  }

  function ask() {
    const box = document.querySelector('[data-confirm]');
    deck.put(box.querySelector('.question'), deck.text(WORDS.ask)(chosen.topic));
    deck.put(box.querySelector('pre'), pane().querySelector('textarea').value);
    box.showModal();
  }

  deck.choose(GRID, choose);
  deck.paint('[data-reject]', {sections: () => [], draw});
  deck.paint('[data-panel="rejects"]', {sections: () => [], draw: list});
  deck.onGrid((id) => { if (id === GRID) { choose(null); look(); } });
  setInterval(() => { if (pane() && !document.hidden) look(); }, AGAIN);
  document.addEventListener('click', (event) => {
    const on = (selector) => event.target.closest(selector);
    if (on('[data-reject] .send') && chosen) ask();
    if (on('[data-reject] .undo') && chosen) pane().querySelector('textarea').value = chosen.value;
    if (on('[data-confirm] .yes')) send(chosen, pane().querySelector('textarea').value);
    if (on('[data-confirm] button')) document.querySelector('[data-confirm]').close();
  });
})();
