/* Alarm flood: when more comes at once than a person can read, conditions are folded by their rule, and nothing scrolls.
 *
 * It begins when ten or more conditions came within ten minutes and ends below five (ISA-18.2, EEMUA 191). html[data-flood] is set
 * while it lasts; the wall then shows [data-flood-rows] in place of the cards.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const SPAN = 600, BEGIN = 10, END = 5, LETTERS = {en: 26, zh: 13};
  const WORDS = {
    title: {en: 'Alarm flood', zh: '报警洪峰'},
    first: {en: 'first out', zh: '首发'},
    others: {en: 'further causes', zh: '其他原因'},
  };
  let flood = false;

  function summary(rows, total) {
    const first = Math.min(...rows.map((row) => row.since)), lasting = deck.age(deck.now() - first);
    return deck.language() === 'zh' ? `自 ${deck.clock(first)} 起 · ${lasting}内 ${total} 项` : `since ${deck.clock(first)} · ${total} in ${lasting}`;
  }

  /* A rule; one that every domain has (a silent feed) is one cause whichever domain it strikes. */
  const cause = (row) => (deck.known.rules.includes(deck.rule(row)) ? deck.rule(row).key : row.rule);

  /* One row per cause, worst priority first, then the one that came first. */
  function folded(rows) {
    const groups = new Map();
    rows.forEach((row) => groups.set(cause(row), [...(groups.get(cause(row)) || []), row]));
    return [...groups.values()].map((group) => ({group, priority: group[0].priority, since: Math.min(...group.map((row) => row.since))}))
      .sort((a, b) => a.priority - b.priority || a.since - b.since);
  }

  /* Stations while they are few, then the areas they lie in. */
  function where(group, said, room) {
    const stations = [...new Set(said.map((each) => each.where).filter(Boolean))];
    const areas = [...new Set(group.map((row) => deck.area(row.area)).filter(Boolean))];
    const names = stations.join(' ').length > room && areas.length ? areas : stations, shown = [];
    for (const name of names) if (!shown.length || (shown.join(' ') + name).length < room) shown.push(name);
    const rest = names.length - shown.length;
    return (shown.join(deck.language() === 'zh' ? '、' : ', ') || said[0].domain) + (rest > 0 ? ' +' + rest : '');
  }

  /* Filled while anybody has to look at one of the group. */
  const styleOf = (group) => deck.markStyle(group.find((row) => row.state === 1) || group.find((row) => row.state === 3) || group[0]);

  function markup({group, priority, since}, first) {
    const said = group.map(deck.condition), note = since === first ? ' · ' + deck.text(WORDS.first) : '';
    const place = where(group, said, LETTERS[deck.language()] - note.length) + note;
    return `<div class="cause">${deck.mark(priority, styleOf(group))}<p><b>${deck.escape(said[0].name)}</b><span>${deck.escape(place)}</span></p>` +
      `<em>${deck.number(group.length, 0)}</em><time>${deck.clock(since)}</time></div>`;
  }

  /* As many causes as there is room for; the rest is counted, for nothing scrolls. */
  function write(element, title, causes) {
    element.innerHTML = title + causes.join('');
    const row = element.querySelector('.cause').offsetHeight, room = Math.floor((element.clientHeight - element.firstElementChild.offsetHeight) / row);
    if (room < 2 || causes.length <= room) return;
    const kept = causes.slice(0, room - 1);
    element.innerHTML = title + kept.join('') + `<div class="cause"><p><span>${deck.text(WORDS.others)}</span></p><em>${causes.length - kept.length}</em></div>`;
  }

  deck.paint('[data-flood-rows]', {
    sections: () => ['conditions'],
    tick: true,
    draw(element) {
      const conditions = deck.held('conditions');
      if (!conditions || !deck.known) return;
      const rows = conditions.rows.filter((row) => !row.laid), total = conditions.total - (conditions.rows.length - rows.length);
      const recent = rows.filter((row) => row.since > deck.now() - SPAN).length;
      flood = recent >= (flood ? END : BEGIN);
      document.documentElement.toggleAttribute('data-flood', flood);
      if (!flood) return;
      const groups = folded(rows), first = Math.min(...groups.map((group) => group.since));
      const title = `<h2>${deck.text(WORDS.title)} <span>${summary(rows, total)}</span></h2>`;
      const causes = groups.map((group) => markup(group, first)), text = title + causes.join('') + element.clientHeight;
      if (element.markup !== text) { element.markup = text; write(element, title, causes); }
    },
  });
})();
