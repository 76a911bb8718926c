/* The system's own page: health in words, and the tables of feeds and processes. */
'use strict';
(function () {
  const deck = window.citydeck;
  const SILENT = 10;  // seconds without a sign of life after which a process is called silent
  const WORDS = {
    waiting: {en: 'Waiting for the first data', zh: '等待首批数据'},
    well: {
      en: (feeds, processes, rate) => `All ${feeds} feeds live, ${processes} processes running, ${rate} readings a second`,
      zh: (feeds, processes, rate) => `${feeds} 个数据源全部正常，${processes} 个进程运行中，每秒 ${rate} 个读数`,
    },
    silent: {en: (name, age) => `${name}: no sign of life for ${age}`, zh: (name, age) => `${name}：已失联 ${age}`},
    gap: {
      en: (name, partition, count) => `${name}, partition ${partition}: ${count} records were gone from Kafka before they could be read`,
      zh: (name, partition, count) => `${name}，分区 ${partition}：${count} 条记录在读取前已从 Kafka 中消失`,
    },
    unheard: {en: (names) => `No reading has arrived yet from ${names}`, zh: (names) => `尚未收到任何读数：${names}`}, comma: {en: ', ', zh: '、'},
    failed: {en: (name, error) => `${name}: ${error}`, zh: (name, error) => `${name}：${error}`},
    past: {en: 'Processes and counters are not recorded: nothing can be said of them at this moment', zh: '进程与计数未作记录：无法显示该时刻的情况'},
    noFeeds: {en: 'No partition has been read yet: no ingest process has stored anything', zh: '尚未读取任何分区：还没有接入进程写入数据'},
    noProcesses: {en: 'No process has given a sign of life', zh: '没有任何进程发出心跳'},
  };
  const say = (key, ...values) => deck.text(WORDS[key])(...values);

  /* What is wrong, worst first: [priority or 0, sentence]. Silent feeds and dead processes are conditions; the rest is read off the tables. */
  function troubles(feeds, processes) {
    const rows = (deck.held('conditions') || {rows: []}).rows.filter((row) => /^(feed|process):/.test(row.subject) && row.state !== 3 && !row.laid), found = [];
    for (const row of rows) {
      const said = deck.condition(row);
      found.push([row.priority, say('failed', said.where, said.text)]);
    }
    const named = rows.map((row) => row.subject);
    processes.filter((each) => each.age > SILENT && !named.includes('process:' + each.id))
      .forEach((each) => found.push([2, say('silent', deck.process(each.id), deck.age(each.age))]));
    feeds.filter((each) => each.gap > 0).forEach((each) => found.push([2, say('gap', deck.word(each.domain), each.partition, deck.number(each.gap, 0))]));
    feeds.filter((each) => each.error).forEach((each) => found.push([0, say('failed', deck.word(each.domain) + ' ' + each.partition, each.error)]));
    const unheard = deck.known.domains.filter((domain) => (deck.held('head.' + domain.key) || {}).time === null).map((domain) => deck.text(domain.label));
    if (unheard.length) found.push([0, say('unheard', unheard.join(deck.text(WORDS.comma)))]);
    processes.filter((each) => each.error).forEach((each) => found.push([0, say('failed', deck.process(each.id), each.error)]));
    return found.sort((a, b) => (a[0] || 9) - (b[0] || 9));
  }

  deck.paint('[data-health]', {
    sections: () => ['feeds', 'processes', 'conditions'],
    tick: true,
    draw(element) {
      const feeds = deck.held('feeds'), processes = deck.held('processes');
      let lines = [[0, deck.text(WORDS.waiting)]];
      if (feeds && processes && deck.known) {
        lines = troubles(feeds, processes);
        const rate = feeds.reduce((sum, each) => sum + (each.rate || 0), 0), count = new Set(feeds.map((each) => each.domain)).size;
        if (deck.replaying()) lines.push([0, deck.text(WORDS.past)]);
        else if (!lines.length) lines = [[0, say('well', count, processes.length, deck.number(rate, rate < 10 ? 1 : 0))]];
      }
      while (element.children.length > lines.length) element.lastChild.remove();
      lines.forEach(([priority, sentence], place) => {
        const line = element.children[place] || element.appendChild(document.createElement('li'));
        if (!line.firstChild) line.append(Object.assign(document.createElement('span'), {className: 'sign'}), document.createElement('span'));
        line.dataset.priority = deck.letter(priority);
        if (line.priority !== priority) { line.priority = priority; line.firstChild.innerHTML = deck.mark(priority); }
        deck.put(line.lastChild, sentence);
      });
    },
  });

  /* ---- tables; ages become moments, so that they run between frames. A process starts by the wall's clock, which a replay does not follow. */
  const moment = (age) => (age === null || age === undefined ? null : Math.round(deck.frame().now - age));
  const least = (moments) => (moments.some((each) => each !== null) ? Math.min(...moments.filter((each) => each !== null)) : null);
  const COUNTERS = ['rate', 'lag', 'rejects', 'bad', 'duplicates', 'corrections', 'late', 'gap'];
  const known = (value) => value !== null && value !== undefined;
  const total = (values) => (values.some(known) ? values.filter(known).reduce((sum, each) => sum + each, 0) : null);
  const open = new Set();  // feeds whose partitions are shown

  /* A feed is the sum of what is known of its partitions and as old as the oldest of them; `place` keeps feeds in their order and partitions below. */
  function feed(key, parts, order) {
    const error = parts.find((each) => each.error);
    const whole = {id: key, domain: key, open: open.has(key), place: order * 10000, partition: parts.length, partitions: parts.length,
      age: least(parts.map((each) => moment(each.age))), error: error ? error.partition + ': ' + error.error : ''};
    COUNTERS.forEach((name) => { whole[name] = total(parts.map((each) => each[name])); });
    const below = open.has(key) ? parts.map((each) => ({...each, id: key + '.' + each.partition, place: whole.place + 1 + each.partition, partitions: 0, age: moment(each.age)})) : [];
    return [whole, ...below];
  }

  function folded(rows) {
    const keys = [...new Set(rows.map((each) => each.domain))];
    return keys.flatMap((key, order) => feed(key, rows.filter((each) => each.domain === key), order));
  }

  const TABLES = {
    feeds: folded,
    processes: (rows) => rows.map((row) => ({...row, age: moment(row.age), started: moment(Date.now() / 1000 - row.started), state: row.age > SILENT ? 'dead' : row.state})),
  };
  function table(element) {
    const name = element.dataset.panel, rows = deck.held(name), note = element.querySelector('.waiting');
    if (!TABLES[name]) return;
    deck.put(note, !rows ? deck.text(WORDS.waiting) : rows.length ? '' : deck.text(deck.replaying() ? WORDS.past : name === 'feeds' ? WORDS.noFeeds : WORDS.noProcesses));
    const list = rows ? TABLES[name](rows) : [];
    deck.put(element.querySelector('.count'), list.length ? deck.number(list.filter((each) => each.partitions !== 0).length, 0) : '');
    element.style.setProperty('--rows', list.length || 1);
    if (rows) deck.rows(name + '-grid', list);
  }
  deck.paint('[data-panel]', {sections: (element) => [element.dataset.panel], draw: table});
  deck.onGrid((id) => document.querySelectorAll('[data-panel]').forEach((element) => { if (id === element.dataset.panel + '-grid') table(element); }));
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-fold]'), key = button && button.dataset.fold;
    if (!button) return;
    if (!open.delete(key)) open.add(key);
    button.setAttribute('aria-expanded', open.has(key));
    table(button.closest('[data-panel]'));
  });
})();
