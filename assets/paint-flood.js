/* Alarm flood: when more comes at once than a person can read, alarms are folded by cause, and nothing scrolls.
 *
 * Whoever keeps the alarms says when it begins and ends (ISA-18.2, EEMUA 191); section `flood` has the causes in their order.
 * html[data-flood] is set while it lasts; the overview then shows [data-flood-rows] in place of the cards.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const LETTERS = {en: 30, zh: 15}, FEW = 3;  // of the second line; stations up to which they are named one by one
  const WORDS = {
    title: {en: 'Alarm flood', zh: '告警泛滥'},
    first: {en: 'first out', zh: '首发'}, over: {en: ', over', zh: '，已结束'},
    others: {en: (count) => count + ' further causes', zh: (count) => '另有 ' + count + ' 项原因'},
    instead: {en: (name) => 'suppressed by: ' + name, zh: (name) => '已抑制：' + name},
    calendar: {en: 'outside its hours', zh: '非生效时段'}, backlog: {en: 'found late', zh: '发现较迟'},
    dot: {en: ' · ', zh: ' · '}, comma: {en: ', ', zh: '、'},
  };

  function summary({since, count}) {
    const lasting = deck.age(deck.now() - since);
    return deck.language() === 'zh' ? `自 ${deck.clock(since)} 起 · ${lasting}内 ${deck.number(count, 0)} 项` : `since ${deck.clock(since)} · ${deck.number(count, 0)} in ${lasting}`;
  }

  /* Stations while they are few, then the areas they lie in; what finds no room is counted. */
  function where(cause, said, room) {
    const stations = [...new Set(said.map((each) => each.where).filter(Boolean))], areas = cause.areas.map(deck.area);
    const byStation = cause.count <= FEW && stations.join(', ').length <= room || !areas.length;
    const names = byStation ? stations : areas, all = byStation ? Math.max(cause.count, names.length) : cause.places, shown = [];
    for (const name of names) if (!shown.length || shown.join(', ').length + name.length + 2 <= room) shown.push(name);
    return (shown.join(deck.text(WORDS.comma)) || said[0].domain) + (shown.length && all > shown.length ? ' +' + deck.number(all - shown.length, 0) : '');
  }

  const because = (cause) => (WORDS[cause.by] ? deck.text(WORDS[cause.by])
    : deck.text(WORDS.instead)(deck.condition({...cause, rule: cause.by, subject: cause.subjects[0], label: null, value: null}).name));

  function markup(cause) {
    const said = cause.subjects.map((subject) => deck.condition({...cause, subject, area: cause.areas[0], value: null}));
    const first = cause.first[0], at = first && deck.condition({...cause, subject: first.subject, area: cause.areas[0], value: null});
    const place = first ? at.where || at.domain : cause.by ? because(cause) : where(cause, said, LETTERS[deck.language()]);
    const note = first ? deck.text(WORDS.dot) + deck.text(WORDS.first) + (cause.first.every((each) => each.over) ? deck.text(WORDS.over) : '') : '';
    const mark = deck.mark(cause.priority, deck.markStyle(cause)) || '<svg class="mark"></svg>';
    return `<div class="cause${cause.laid || !cause.count ? ' aside' : ''}">${mark}<p><b>${deck.escape(said[0].name)}</b><span><span>${deck.escape(place)}</span><i>${note}</i></span></p>` +
      `<em>${deck.number(cause.count, 0)}</em><time>${deck.clock(cause.since)}</time></div>`;
  }

  /* As many causes as there is room for, those with what was first out among them; the rest is counted, for nothing scrolls. */
  function write(element, title, causes, firsts, more) {
    const note = (count) => (count ? `<div class="cause further"><p><span>${deck.text(WORDS.others)(deck.number(count, 0))}</span></p></div>` : '');
    element.innerHTML = title + causes.join('') + note(more);
    const row = element.querySelector('.cause'), room = row ? Math.floor((element.clientHeight - element.firstElementChild.offsetHeight) / row.offsetHeight) : 0;
    if (room < 2 || causes.length + (more ? 1 : 0) <= room) return;
    const others = room - 1 - firsts.filter(Boolean).length;
    const kept = causes.filter((_, at) => firsts[at] || at - firsts.slice(0, at).filter(Boolean).length < others);
    element.innerHTML = title + kept.join('') + note(causes.length - kept.length + more);
  }

  deck.paint('[data-flood-rows]', {
    sections: () => ['flood'],
    tick: true,
    draw(element) {
      const flood = deck.held('flood');
      if (flood === undefined || !deck.known) return;
      document.documentElement.toggleAttribute('data-flood', Boolean(flood));
      if (!flood) return;
      const title = `<h2>${deck.text(WORDS.title)} <span>${summary(flood)}</span></h2>`, causes = flood.causes.map(markup);
      const text = title + causes.join('') + flood.more + element.clientHeight;
      if (element.markup !== text) { element.markup = text; write(element, title, causes, flood.causes.map((cause) => cause.first.length > 0), flood.more); }
    },
  });
})();
