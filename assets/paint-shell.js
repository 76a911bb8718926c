/* Header, alarm line and domain heads: the parts of the deck that every page has. */
'use strict';
(function () {
  const deck = window.citydeck;
  const WORDS = {
    none: {en: 'No active conditions', zh: '当前无异常'},
    waiting: {en: 'Waiting for the first data', zh: '等待首批数据'},
    unheard: {en: 'No reading has arrived yet', zh: '尚未收到任何读数'},
    unacknowledged: {en: ' unacknowledged', zh: ' 项未确认'},
    unkept: {en: 'Nobody keeps the alarms: acknowledgements and new alarms are not recorded', zh: '告警进程无响应：确认与新告警未被记录'},
    unkeptSince: {en: (age) => ', for ' + age, zh: (age) => '，已 ' + age}, unkeptWall: {en: 'Alarm process silent', zh: '告警进程无响应'},
    origins: [null, {en: 'SIMULATED', zh: '模拟数据'}, {en: 'REPLAY', zh: '历史回放'}],
    recorded: {en: 'The clock and all times are those of the recording; files of other days were moved to it by whole days', zh: '时钟与所有时间均为记录时间；其他日期的文件已按整天平移'},
    down: {en: 'No feed since ', zh: '数据中断，自 '},
    never: {en: 'No data yet', zh: '尚无数据'},
    silent: {en: 'Feed silent, values shown are from: ', zh: '数据中断，显示的是此时的数据：'},
  };

  function put(element, text) {
    if (element && element.textContent !== text) element.textContent = text;
  }
  deck.put = put;

  deck.paint('[data-clock]', {sections: () => [], tick: true, draw: (element) => put(element, deck.clock(deck.now(), true))});
  deck.paint('[data-date]', {sections: () => [], tick: true, draw: (element) => put(element, deck.date(deck.now()) + ' · ' + deck.offset(deck.now()))});
  deck.paint('[data-origin]', {
    sections: () => ['*'],
    draw(element) {
      const frame = deck.frame(), word = frame && WORDS.origins[frame.origin];
      if (!frame) return;
      element.hidden = !word;
      element.title = frame.origin === 2 ? deck.text(WORDS.recorded) : '';
      put(element, word ? deck.text(word) + (frame.rate !== 1 && !deck.replaying() ? ' ×' + frame.rate : '') : '');
    },
  });
  deck.paint('[data-count]', {
    sections: () => ['counts'],
    draw(element) {
      const counts = deck.held('counts'), count = counts && counts[element.dataset.count - 1];
      if (!counts) return;
      put(element, deck.number(count, 0));
      element.parentElement.classList.toggle('zero', count === 0);
    },
  });
  deck.paint('nav a[href]', {
    sections: () => [],
    tick: true,
    draw(element) {
      if (element.pathname === location.pathname) element.setAttribute('aria-current', 'page');
      else element.removeAttribute('aria-current');
    },
  });

  const unkept = () => (deck.held('alarms') || {alive: true}).alive === false;

  /* ---- the alarm that matters most; at its end how many wait, or that nobody keeps them, which then goes before every alarm */
  function rest(element, text) {
    const more = element.querySelector('.more');
    const wall = 'wall' in document.documentElement.dataset && unkept();  // at a desk a sentence of its own says so
    more.classList.toggle('unkept', wall);
    put(more, wall ? deck.text(WORDS.unkeptWall) : text);
  }
  /* On a wall the alarm's own words come first: for them the count goes, which is in the header too, then they are written smaller. What has
   * given way stays away while this alarm is on the line, so that nothing jumps as its numbers change. */
  function fit(element, row) {
    const said = element.querySelector('.said'), limit = element.querySelector('.limit'), steps = ['', 'few', 'small'];
    const cut = () => said.scrollWidth > said.clientWidth || (limit.textContent && limit.offsetTop > said.offsetTop);
    const about = [row.id, deck.language(), element.clientWidth, unkept()].join(' ');
    if (element.about !== about) { element.about = about; element.dataset.fit = ''; }
    while (cut() && element.dataset.fit !== 'small') element.dataset.fit = steps[steps.indexOf(element.dataset.fit) + 1];
  }
  function line(element, row, total) {
    const said = deck.condition(row), lasting = deck.duration(deck.now() - row.since);
    element.dataset.priority = deck.letter(row.priority);
    put(element.querySelector('.said'), said.said);
    put(element.querySelector('.limit'), said.text.slice(said.said.length));
    put(element.querySelector('.where'), said.where);
    put(element.querySelector('.bureau'), said.domain === said.where ? '' : said.domain);
    put(element.querySelector('.lasting'), lasting);
    rest(element, deck.number(total, 0) + deck.text(WORDS.unacknowledged));
    if ('wall' in document.documentElement.dataset) fit(element, row);
    const link = element.querySelector('a');
    if (link) link.href = deck.root + (row.occurrence ? 'alarms?alarm=' + encodeURIComponent(row.id) : said.href);
    const mark = element.querySelector('.sign'), style = deck.markStyle(row), wanted = deck.letter(row.priority) + style;
    element.dataset.markStyle = style;
    mark.title = deck.standing(row);
    if (mark.dataset.letter !== wanted) { mark.innerHTML = deck.mark(row.priority, style); mark.dataset.letter = wanted; }
  }
  deck.paint('[data-line]', {
    sections: () => ['line', 'counts', 'conditions', 'heard', 'alarms'],
    tick: true,
    draw(element) {
      const row = deck.held('line'), counts = deck.held('counts');
      if (row && deck.known) { line(element, row, counts ? counts.reduce((sum, each) => sum + each, 0) : 1); return; }
      delete element.dataset.priority;
      delete element.dataset.markStyle;
      for (const name of ['.limit', '.where', '.bureau', '.lasting']) put(element.querySelector(name), '');
      rest(element, '');
      const mark = element.querySelector('.sign');
      mark.innerHTML = '';
      delete mark.dataset.letter;
      put(element.querySelector('.said'), deck.text(row !== null ? WORDS.waiting : deck.held('heard') ? WORDS.none : WORDS.unheard));
    },
  });
  document.addEventListener('click', (event) => {
    const link = event.target.closest('a[data-go]');
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    event.preventDefault();
    deck.go(link.getAttribute('href'));
  });

  /* ---- a domain's head: how many sensors live, how old the newest reading, or that the feed is gone */
  deck.paint('[data-head]', {
    sections: (element) => ['head.' + element.dataset.head],
    tick: true,
    draw(element) {
      const head = deck.held('head.' + element.dataset.head);
      const live = element.querySelector('.live'), age = element.querySelector('.age');
      if (!head) { put(live, ''); put(age, ''); return; }
      element.dataset.state = head.state;
      if (head.time === null) { put(live, deck.text(WORDS.never)); put(age, ''); return; }
      if (head.state === 'down') put(live, deck.text(WORDS.down) + deck.clock(head.time, true));
      else put(live, deck.number(head.live, 0) + ' / ' + deck.number(head.total, 0));
      put(age, deck.age(deck.now() - head.time));
    },
  });

  /* ---- one sentence below the alarm line when frames come but a feed of this page does not, or nobody keeps the alarms */
  deck.paint('[data-feeds]', {
    sections: () => ['head.*', 'alarms'],
    tick: true,
    draw(element) {
      const frame = deck.frame();
      if (!frame || !deck.known) return;
      const down = deck.known.domains.filter((domain) => (frame.s['head.' + domain.key] || {}).state === 'down');
      element.hidden = !down.length && !unkept();
      const alarms = unkept() ? deck.text(WORDS.unkept) + deck.text(WORDS.unkeptSince)(deck.age(deck.held('alarms').heard)) : '';
      const feeds = down.length ? deck.text(WORDS.silent) + down.map((domain) => {
        const time = frame.s['head.' + domain.key].time;
        return deck.text(domain.label) + ' ' + deck.clock(time, true) + ' (' + deck.age(deck.now() - time) + ')';
      }).join(' · ') : '';
      put(element, [alarms, feeds].filter(Boolean).join(' · '));
    },
  });
})();
