/* Rules that a manager gave other numbers than their author: said wherever a rule shows, and taken up by windows that are open for weeks.
 *
 * tuned(rule)   a sentence about a rule of the catalogue: who, when, what instead of what, and why; '' for one that is as it was written
 * numbers(rule, values)  numbers of a rule in words: "deadband 0.3, on-delay 1 min"
 */
'use strict';
(function () {
  const deck = window.citydeck, AGAIN = 30000;  // milliseconds
  const WORDS = {
    names: {limit: {en: 'limit', zh: '限值'}, deadband: {en: 'deadband', zh: '回差'}, on_delay: {en: 'on-delay', zh: '触发延时'}, off_delay: {en: 'off-delay', zh: '恢复延时'}, times: {en: 'times', zh: '次数'}, within: {en: 'within', zh: '时间窗'}},
    comma: {en: ', ', zh: '，'}, tuned: {en: (who, time, now, was) => `Tuned by ${who}, ${time}: ${now}; its author wrote ${was}`, zh: (who, time, now, was) => `${who} 于 ${time} 调整：${now}；原值 ${was}`},
    why: {en: (note) => `. Why: ${note}`, zh: (note) => `。理由：${note}`}, tune: {en: 'Tune this rule', zh: '整定此规则'}, rule: {en: (name, said) => `${name}: ${said}`, zh: (name, said) => `${name}：${said}`},
  };
  const SECONDS = ['on_delay', 'off_delay', 'within'], TIMES = ['stuck', 'no_data'];
  let held = null;

  deck.numbers = function (domain, rule, values) {
    const what = domain ? [...domain.metrics, ...domain.kpis].find((each) => each.key === rule.on) : null;
    return Object.entries(values).map(([name, value]) => {
      const time = SECONDS.includes(name) || (TIMES.includes(rule.comparison) && name !== 'times');
      return deck.text(WORDS.names[name]) + ' ' + (time ? deck.span(value) : name === 'times' ? deck.number(value, 0) : deck.number(value, Math.max(what ? what.decimals : 1, String(value).includes('.') ? String(value).split('.')[1].length : 0)));
    }).join(deck.text(WORDS.comma));
  };
  deck.tuned = function (domain, rule) {
    const by = rule && rule.tuned;
    if (!by) return '';
    const now = Object.fromEntries(Object.keys(by.authored).map((name) => [name, rule[name]]));
    return deck.text(WORDS.tuned)(by.author, deck.stamp(by.time).slice(0, 16), deck.numbers(domain, rule, now), deck.numbers(domain, rule, by.authored)) + (by.note ? deck.text(WORDS.why)(by.note) : '');
  };

  function tunable(domain, rule) { return domain && rule && !rule.key.endsWith('+') && rule.comparison !== 'no_data' && domain.metrics.some((each) => each.key === rule.on); }
  function ofAlarm(element) {
    const row = deck.alarms.chosen(), rule = row && !row.label ? deck.rule(row) : null, domain = row && deck.domain(row.domain);
    const link = deck.may('manager') && tunable(domain, rule) ? deck.path('tuning?' + new URLSearchParams({rule: `${domain.key}/${rule.key}`})) : '';
    write(element, deck.tuned(domain, rule), link);
  }
  function ofSensor(element) {
    const domain = deck.domain((document.querySelector('[data-sensor]') || {dataset: {}}).dataset.domain);
    write(element, domain ? domain.rules.filter((rule) => rule.tuned).map((rule) => deck.text(WORDS.rule)(deck.text(rule.label), deck.tuned(domain, rule))).join('\n') : '', '');
  }
  function write(element, said, link) {
    const key = said + link + deck.language();
    if (element.told === key) return;
    element.told = key;
    element.replaceChildren(...(said ? [deck.part('span', '', said)] : []));
    if (link) { const made = deck.part('a', '', deck.text(WORDS.tune)); made.href = link; element.append(said ? ' ' : '', made); }
  }
  deck.paint('[data-tuned]', {sections: () => [], tick: true, draw(element) { if (deck.known) (element.dataset.tuned === 'alarm' ? ofAlarm : ofSensor)(element); }});
  document.addEventListener('click', (event) => {
    const link = event.target.closest('[data-tuned] a, .tuning a[href]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    deck.go(link.getAttribute('href'));
  });

  /* Asked with the tag of what is held, which costs next to nothing. */
  async function renew() {
    const answer = document.hidden || !deck.known ? null : await fetch(deck.root + 'catalogue', {cache: 'no-cache'}).catch(() => null);
    const text = answer && answer.ok ? await answer.text().catch(() => null) : null;
    if (!text || text === held) return;
    const first = held === null;
    held = text;
    if (first && JSON.stringify(deck.known) === JSON.stringify(JSON.parse(text))) return;
    deck.known = JSON.parse(text);
    deck.repaint();
  }
  setInterval(renew, AGAIN);
  deck.renew = renew;
})();
