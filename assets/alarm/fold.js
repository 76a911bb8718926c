/* Alarm flood at the desk: while one is on, rows of one rule in one area are folded into one, which opens to them. What is critical, the alarm
 * that came first, and messages from elsewhere, which have names of their own, stand by themselves. Nothing is dropped, and who wants every row can have them: &fold=no in the address.
 *
 * fold.rows(rows, floods)  the rows to show: each as it is, or {fold: true, members: [rows]} in the place of several
 * fold.toggle(id)          opens or closes one; true where there is one
 */
'use strict';
(function () {
  const deck = window.citydeck, choice = deck.choice;
  const LEAST = 3, INSIDE = 0.004, FIRST = 1.9e11;  // rows that are folded; behind the rank of their fold, in the unit of ranks; behind what is critical
  const ORDER = ['unacknowledged', 'returned', 'acknowledged', 'normal'];
  const WORDS = {
    flood: {en: (desk, time, count) => `Alarm flood${desk} since ${time}: ${count} new alarms`, zh: (desk, time, count) => `${desk}告警潮，自 ${time} 起：新告警 ${count} 条`},
    at: {en: (name) => ' at ' + name, zh: (name) => name}, first: {en: (name) => '. First: ' + name, zh: (name) => '。首发：' + name}, comma: {en: ', ', zh: '，'},
    every: {en: 'Show every row', zh: '显示全部'}, folded: {en: 'Fold', zh: '折叠'}, out: {en: 'first out', zh: '首发'}, dot: {en: ' · ', zh: ' · '},
    waiting: {en: (count) => `${count} unacknowledged`, zh: (count) => `${count} 条未确认`}, seen: {en: 'All acknowledged', zh: '均已确认'},
    many: {en: (count) => `${count} places`, zh: (count) => `${count} 处`},
  };
  const open = new Set();
  let current = [];

  const on = () => current.length > 0 && choice.asked().fold !== 'no';
  const mine = (floods) => { const {desk} = choice.asked(); return floods.filter((flood) => !desk || flood.desk === desk); };

  function folded(key, found) {
    const members = [...found].sort((one, other) => one.rank - other.rank);
    const first = members.reduce((found, row) => (row.raised < found.raised ? row : found)), waits = members.filter((row) => row.unseen).length;
    const worst = members.reduce((found, row) => (ORDER.indexOf(row.state) < ORDER.indexOf(found.state) ? row : found)), opened = open.has(key);
    return {
      id: key, fold: true, members, occurrence: 0, priority: Math.min(...members.map((row) => row.priority)), state: worst.state, rank: Math.min(...members.map((row) => row.rank)),
      standing: waits ? deck.text(WORDS.waiting)(deck.number(waits, 0)) : deck.text(WORDS.seen), name: (opened ? '▾ ' : '▸ ') + first.name,
      where: deck.area(first.area) || first.where, desk: first.desk, amount: '', bound: '', came: first.came, since: first.raised, raised: first.raised, times: '×' + members.length,
      note: deck.text(WORDS.many)(deck.number(new Set(members.map((row) => row.subject)).size, 0)), unseen: waits > 0, aside: false, href: first.href, subject: '', area: first.area,
    };
  }
  function rows(all, floods) {
    current = mine(floods);
    if (!on()) return all;
    const firsts = new Set(current.map((flood) => flood.first)), groups = new Map(), found = [];
    for (const row of all) {
      if (row.priority === 1 || row.aside || row.label || firsts.has(row.id)) { found.push(firsts.has(row.id) ? {...row, rank: FIRST, note: [deck.text(WORDS.out), row.note].filter(Boolean).join(deck.text(WORDS.dot))} : row); continue; }
      const key = 'fold:' + row.area + '|' + row.rule;
      if (!groups.has(key)) groups.set(key, []);
      groups.get(key).push(row);
    }
    groups.forEach((members, key) => {
      if (members.length < LEAST) { found.push(...members); return; }
      const row = folded(key, members);
      found.push(row);
      if (open.has(key)) found.push(...members.map((member) => ({...member, rank: row.rank + INSIDE})));
    });
    return found;
  }
  function toggle(id) {
    if (!String(id).startsWith('fold:')) return false;
    if (!open.delete(id)) open.add(id);
    return true;
  }

  function say(flood) {
    const name = deck.desk && deck.desk.name ? deck.desk.name(flood.desk) : flood.desk, first = deck.alarms.held().get(flood.first);
    const said = first && deck.condition(first), what = said ? deck.text(WORDS.first)((first.label ? deck.text(first.label) : said.name) + (said.where ? deck.text(WORDS.comma) + said.where : '')) : '';
    return deck.text(WORDS.flood)(deck.text(WORDS.at)(name), deck.clock(flood.began), deck.number(flood.count, 0)) + what;
  }
  function draw() {
    const element = document.querySelector('[data-alarm-flood]');
    if (!element || !deck.known) return;
    element.hidden = !current.length;
    deck.put(element.querySelector('span'), current.map(say).join(' · '));
    deck.put(element.querySelector('button'), deck.text(on() ? WORDS.every : WORDS.folded));
  }

  deck.fold = {rows, toggle};
  deck.alarms.onChange(draw);
  deck.paint('[data-alarm-flood]', {sections: () => [], draw});
  document.addEventListener('click', (event) => { if (event.target.closest('[data-alarm-flood] button')) choice.ask({fold: on() ? 'no' : ''}); });
})();
