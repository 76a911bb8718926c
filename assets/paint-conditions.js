/* The active conditions of a domain, the choice between them and the stations, and what to do about the one that is selected. */
'use strict';
(function () {
  const deck = window.citydeck;
  const WORDS = {
    waiting: {en: 'Waiting for the first data', zh: '等待首批数据'},
    none: {en: 'No active conditions in this domain', zh: '本专题当前无异常'},
    unheard: {en: 'No reading has arrived yet', zh: '尚未收到任何读数'},
    further: {en: (count) => count + ' further conditions are not shown', zh: (count) => '另有 ' + count + ' 项异常未显示'},
    limit: {en: 'limit ', zh: '限值 '}, since: {en: 'since ', zh: '始于 '},
    left: {en: (age) => age + ' left', zh: (age) => '剩余 ' + age}, over: {en: (age) => age + ' over', zh: (age) => '已超 ' + age},
    unwritten: {en: 'not written down', zh: '未填写'}, dot: {en: ' · ', zh: ' · '},
  };

  function fresh() {
    const row = document.createElement('li');
    row.setAttribute('role', 'option');
    for (const name of ['sign', 'name', 'value', 'place', 'lasting']) row.append(Object.assign(document.createElement('span'), {className: name}));
    return row;
  }

  function write(row, condition) {
    const said = deck.condition(condition), [sign, name, value, place, lasting] = row.children;
    row.dataset.priority = deck.letter(condition.priority);
    const style = deck.markStyle(condition), drawn = condition.priority + style;
    row.dataset.markStyle = style;
    if (sign.drawn !== drawn) { sign.drawn = drawn; sign.innerHTML = deck.mark(condition.priority, style); }
    sign.title = deck.standing(condition);
    deck.put(name, said.name);
    deck.put(value, said.value);
    deck.put(place, [said.ago, said.where, said.limit && deck.text(WORDS.limit) + said.limit, condition.state !== 1 || condition.laid ? deck.standing(condition) : ''].filter(Boolean).join(deck.text(WORDS.dot)));
    deck.put(lasting, deck.age(deck.now() - condition.since));
  }

  function within(condition, guidance) {
    const left = condition.since + guidance.respond_within - deck.now();
    return deck.span(guidance.respond_within) + deck.text(WORDS.dot) + deck.text(left >= 0 ? WORDS.left : WORDS.over)(deck.age(Math.abs(left)));
  }

  function advise(element, condition) {
    const box = element.querySelector('.guidance');
    box.hidden = !condition;
    if (!condition) return;
    const said = deck.condition(condition), guidance = (deck.rule(condition) || {}).guidance;
    box.dataset.priority = deck.letter(condition.priority);
    deck.put(box.querySelector('h3'), [said.name, said.where].filter(Boolean).join(deck.text(WORDS.dot)));
    deck.put(box.querySelector('.measure'), [said.value, said.ago, said.limit && deck.text(WORDS.limit) + said.limit,
      deck.text(WORDS.since) + deck.clock(condition.since, true), deck.standing(condition)].filter(Boolean).join(deck.text(WORDS.dot)));
    for (const name of ['cause', 'consequence', 'action']) {
      deck.put(box.querySelector(`[data-say="${name}"]`), guidance ? deck.text(guidance[name]) : deck.text(WORDS.unwritten));
    }
    deck.put(box.querySelector('.tuned'), deck.tuned(deck.domain(condition.domain), deck.rule(condition)));
    deck.put(box.querySelector('[data-say="within"]'), guidance ? within(condition, guidance) : deck.number(null));
    box.querySelector('a').href = deck.path(said.href);
    box.querySelector('a').hidden = condition.subject.startsWith('kpi:');  // of which this page is the one that tells more
  }

  function draw(element) {
    const held = deck.held('conditions'), list = element.querySelector('ol'), note = element.querySelector('.waiting');
    const rows = held ? held.rows.filter((row) => row.domain === element.dataset.conditions) : [];
    const further = held ? held.total - held.rows.length : 0, unheard = (deck.held('head.' + element.dataset.conditions) || {}).time === null;
    deck.put(note, !held ? deck.text(WORDS.waiting) : !rows.length ? deck.text(unheard ? WORDS.unheard : WORDS.none) : further > 0 ? deck.text(WORDS.further)(deck.number(further, 0)) : '');
    const total = element.parentElement.querySelector('.tabs .total');
    deck.put(total, rows.length ? deck.number(rows.length + further, 0) : '');
    const first = rows[0], style = first ? deck.markStyle(first) : '', sign = total.previousSibling, drawn = first ? first.priority + style : '';
    if (sign.drawn !== drawn) { sign.drawn = drawn; sign.innerHTML = deck.mark(first ? first.priority : 0, style); }
    if (!deck.known) return;
    const before = element.conditionRows || new Map();
    element.conditionRows = new Map(rows.map((row) => [row.id, before.get(row.id) || fresh()]));
    const wanted = [...element.conditionRows.values()];
    if (wanted.length !== list.children.length || wanted.some((row, place) => list.children[place] !== row)) list.replaceChildren(...wanted);
    const selected = rows.find((row) => row.id === element.selected);
    rows.forEach((row) => {
      const item = element.conditionRows.get(row.id);
      item.condition = row.id;
      item.setAttribute('aria-selected', String(row === selected));
      write(item, row);
    });
    advise(element, selected);
  }
  deck.paint('[data-conditions]', {sections: () => ['conditions'], tick: true, draw});

  function choose(item) {
    const element = item.closest('[data-conditions]');
    element.selected = element.selected === item.condition ? null : item.condition;
    draw(element);
  }
  document.addEventListener('click', (event) => {
    const item = event.target.closest('[data-conditions] li'), tab = event.target.closest('[data-side] [data-show]');
    if (item) choose(item);
    if (tab) { tab.closest('[data-side]').dataset.side = tab.dataset.show; sides(); }
  });
  document.addEventListener('keydown', (event) => {
    const list = event.target.closest && event.target.closest('[data-conditions] ol');
    if (!list || !['ArrowDown', 'ArrowUp'].includes(event.key) || !list.children.length) return;
    event.preventDefault();
    const at = [...list.children].findIndex((item) => item.getAttribute('aria-selected') === 'true');
    const next = list.children[Math.min(list.children.length - 1, Math.max(0, at + (event.key === 'ArrowDown' ? 1 : -1)))];
    if (next.getAttribute('aria-selected') !== 'true') choose(next);
    next.scrollIntoView({block: 'nearest'});
  });

  function sides() {
    document.querySelectorAll('[data-side] [data-show]').forEach((tab) => {
      tab.setAttribute('aria-selected', String(tab.closest('[data-side]').dataset.side === tab.dataset.show));
    });
  }
  deck.mount('[data-side] [data-show]', sides);

  /* ---- how many stations are live, as one more key figure; normal is every one of them */
  deck.paint('[data-live]', {
    sections: (element) => ['head.' + element.dataset.live],
    tick: true,
    draw(element) {
      const head = deck.held('head.' + element.dataset.live), value = element.querySelector('.value'), bar = element.querySelector('.bar');
      element.classList.toggle('absent', !head);
      deck.put(value, head ? deck.number(head.live, 0) + ' / ' + deck.number(head.total, 0) : deck.number(null));
      const age = head && head.time !== null ? deck.age(deck.now() - head.time) : '';
      deck.put(element.querySelector('.age'), head && head.state !== 'live' ? age : '');
      const markup = head && head.total ? deck.bar(head.live, [0, head.total], [0.9 * head.total, head.total], []) : deck.bar(null, [0, 1], [0.9, 1], []);
      if (bar.markup !== markup) { bar.markup = markup; bar.innerHTML = markup; }
    },
  });
})();
