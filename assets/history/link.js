/* Links into the history: from a sensor's page to its chosen metric, from an alarm at the desk to what it is about, around the moment it came. */
'use strict';
(function () {
  const deck = window.citydeck, past = deck.past;
  const DAY = 86400, AROUND = 43200;  // seconds

  function ofSensor(element) {
    const {dataset: {sensor, domain}, chosen} = element, key = domain || (deck.held('sensor') || {}).domain;
    return key && chosen ? past.href([`sensor:${key}/${chosen}/${sensor}`], {last: DAY}) : null;
  }
  function ofAlarm() {
    const row = deck.alarms.chosen(), bar = row ? row.id.indexOf('|') : -1;
    if (!row || !deck.domain(row.domain)) return null;
    const rule = deck.rule(row), [kind, rest] = [row.subject.split(':', 1)[0], row.subject.slice(row.subject.indexOf(':') + 1)];
    const what = rule && {sensor: `sensor:${row.domain}/${rule.on}/${rest}`, kpi: `kpi:${row.domain}/${rest}`}[kind], alarm = 'alarm:' + row.id;
    const of = [what, bar > 0 && past.understood(alarm) ? alarm : null].filter((each) => each && past.understood(each));
    return of.length ? past.href(of, deck.now() - row.raised < DAY ? {last: DAY} : {from: row.raised - AROUND, to: row.raised + AROUND}) : null;
  }
  function draw(element) {
    const sensor = element.closest('[data-sensor]'), href = !deck.known ? null : sensor ? ofSensor(sensor) : ofAlarm();
    element.hidden = !href;
    if (href) element.setAttribute('href', href);
  }
  deck.paint('[data-history-link]', {sections: () => ['sensor', 'conditions'], tick: true, draw});
  document.addEventListener('click', (event) => {
    const link = event.target.closest('[data-history-link]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    draw(link);
    deck.go(link.getAttribute('href'));
  });
})();
