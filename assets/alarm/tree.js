/* What is asked for beside the words: the groups with their counts, the areas as a tree that adds up (the city, its areas, the bureaus in each),
 * and a button for each thing asked for that takes it away again. What is counted in the tree waits for somebody, by priority, as in the header.
 * On every other page the tree stands in the alarm line, and leads to the desk.
 */
'use strict';
(function () {
  const deck = window.citydeck, choice = deck.choice, desk = deck.alarms;
  const NOWHERE = '-';  // what belongs to no area
  const WORDS = {
    filter: {en: 'Filter: sensor, area, person', zh: '筛选：站点、区域、人员'},
    city: {en: 'All areas', zh: '全部区域'}, nowhere: {en: 'No area', zh: '不属区域'}, system: {en: 'System', zh: '系统'}, standing: {en: 'All standing', zh: '全部存在'},
    quiet: {en: (count) => `${count} ${count === '1' ? 'area is' : 'areas are'} quiet`, zh: (count) => `${count} 个区域无告警`},
    priorities: [null, {en: 'Critical', zh: '危急'}, {en: 'High', zh: '高'}, {en: 'Medium', zh: '中'}, {en: 'Low', zh: '低'}],
    away: {en: (name) => `Take away: ${name}`, zh: (name) => `取消：${name}`}, alarm: {en: (name) => `Areas: ${name}`, zh: (name) => `区域：${name}`},
  };
  const closed = new Set();
  let typed = '';

  const box = () => document.querySelector('[data-alarm-filters]');
  const areaName = (key) => (key === NOWHERE ? deck.text(WORDS.nowhere) : deck.area(key));
  const domainName = (key) => { const domain = deck.domain(key); return domain ? deck.text(domain.label) : deck.text(WORDS.system); };

  /* ---- groups and words */
  function groups(asked) {
    const counts = {all: 0, open: 0, shelved: 0, out: 0};
    const mine = choice.fits({filter: '', desk: asked.desk});
    desk.held().forEach((row) => { if (mine(row)) { counts.all += 1; counts[choice.group(row)] += 1; } });
    box().querySelectorAll('[data-tab]').forEach((button) => {
      const count = button.querySelector('.count');
      button.setAttribute('aria-pressed', String(button.dataset.tab === (asked.show || 'all')));
      if (count && button.dataset.tab in counts) deck.put(count, deck.number(counts[button.dataset.tab], 0));
    });
    const input = box().querySelector('.filter input');
    input.placeholder = deck.text(WORDS.filter) + '  /';
    if (typed !== asked.filter) { typed = asked.filter; if (input.value !== typed) input.value = typed; }
  }

  /* ---- what is asked for */
  function chips(asked) {
    const list = [['area', asked.area && areaName(asked.area)], ['domain', asked.domain && domainName(asked.domain)], ['priority', deck.text(WORDS.priorities[asked.priority])]].filter(([, text]) => text);
    const place = box().querySelector('.chips'), shown = JSON.stringify(list);
    if (place.shown === shown) return;
    place.shown = shown;
    place.replaceChildren(...list.map(([name, text]) => {
      const button = Object.assign(document.createElement('button'), {type: 'button', textContent: text + ' ×'});
      button.dataset.drop = name;
      button.setAttribute('aria-label', deck.text(WORDS.away)(text));
      return button;
    }));
  }

  /* ---- the tree: {standing, waiting by priority} of the city, each area, each bureau in it */
  const leaf = () => ({standing: 0, waits: [0, 0, 0, 0, 0]});
  function count() {
    const city = {...leaf(), areas: new Map()};
    desk.held().forEach((row) => {
      const key = row.area || NOWHERE;
      if (!city.areas.has(key)) city.areas.set(key, {...leaf(), domains: new Map()});
      const area = city.areas.get(key);
      if (!area.domains.has(row.domain)) area.domains.set(row.domain, leaf());
      const waits = !desk.laid(row) && row.state !== 'acknowledged';
      for (const each of [city, area, area.domains.get(row.domain)]) { each.standing += 1; if (waits) each.waits[row.priority] += 1; }
    });
    return city;
  }
  /* The worst first: by critical, then high, and so on. */
  const worst = ([, one], [, other]) => [1, 2, 3, 4].reduce((found, priority) => found || other.waits[priority] - one.waits[priority], 0) || other.standing - one.standing;

  function line(name, found, wish, level, extra) {
    const pressed = ([, text]) => text;
    const told = Object.entries(wish).filter(pressed).map(([key, text]) => `${key}=${encodeURIComponent(text)}`).join('&');
    const cell = (priority) => `<td><button type="button" data-wish="${deck.escape(told)}&priority=${priority}" ${found.waits[priority] ? '' : 'class="none"'}>${deck.number(found.waits[priority], 0)}</button></td>`;
    return `<tr class="level${level}"><th scope="row">${extra || ''}<button type="button" data-wish="${deck.escape(told)}">${deck.escape(name)}</button></th>${[1, 2, 3, 4].map(cell).join('')}<td class="all">${deck.number(found.standing, 0)}</td></tr>`;
  }
  function tree(element) {
    const city = count(), rows = [line(deck.text(WORDS.city), city, {}, 0)];
    for (const [key, area] of [...city.areas].sort(worst)) {
      const open = !closed.has(key), fold = `<button type="button" class="fold" aria-expanded="${open}" data-fold-area="${deck.escape(key)}" aria-label="${deck.escape(areaName(key))}"></button>`;
      rows.push(line(areaName(key), area, {area: key}, 1, fold));
      if (open) for (const [domain, found] of [...area.domains].sort(worst)) rows.push(line(domainName(domain), found, {area: key, domain}, 2));
    }
    const quiet = deck.known.site.areas.filter((area) => !city.areas.has(area.key)).length;
    const head = `<tr><th></th>${[1, 2, 3, 4].map((priority) => `<th title="${deck.text(WORDS.priorities[priority])}">${deck.mark(priority)}</th>`).join('')}<th class="all">${deck.text(WORDS.standing)}</th></tr>`;
    const markup = `<table><thead>${head}</thead><tbody>${rows.join('')}</tbody></table>${quiet ? `<p>${deck.text(WORDS.quiet)(deck.number(quiet, 0))}</p>` : ''}`;
    if (element.markup !== markup) { element.markup = markup; element.innerHTML = markup; }
  }

  function draw() {
    if (!box() || !deck.known) return;
    const asked = choice.asked(), areas = box().querySelector('.areas');
    groups(asked);
    chips(asked);
    if (areas.open) tree(areas.querySelector('.tree'));
  }

  const elsewhere = () => (box() ? null : document.querySelector('.line .areas[open]'));
  async function follow() {
    if (!elsewhere()) return;
    await desk.look();
    if (elsewhere() && deck.known) tree(elsewhere().querySelector('.tree'));
  }

  desk.onChange(draw);
  choice.onAsk(draw);
  deck.paint('[data-alarm-filters]', {sections: () => [], draw});
  document.addEventListener('toggle', (event) => { if (event.target.matches('.areas')) { draw(); follow(); } }, true);
  deck.second(follow);
  document.addEventListener('click', (event) => {
    const at = (css) => event.target.closest(`:is([data-alarm-filters], .line) ${css}`), tab = at('[data-tab]'), drop = at('[data-drop]'), wish = at('[data-wish]'), fold = at('[data-fold-area]');
    if (tab) choice.ask({show: tab.dataset.tab === 'all' ? '' : tab.dataset.tab});
    if (drop) choice.ask({[drop.dataset.drop]: ''});
    if (fold) { if (!closed.delete(fold.dataset.foldArea)) closed.add(fold.dataset.foldArea); draw(); follow(); }
    if (wish && !box()) deck.go(deck.path('alarms?' + wish.dataset.wish));
    else if (wish) { choice.ask({area: '', domain: '', priority: '', ...Object.fromEntries(new URLSearchParams(wish.dataset.wish))}); }
    document.querySelectorAll('.areas[open]').forEach((areas) => { if (wish || (!fold && !areas.contains(event.target))) areas.open = false; });
  });
  document.addEventListener('input', (event) => {
    if (event.target.closest('[data-alarm-filters] .filter input')) { typed = event.target.value.trim(); choice.ask({filter: typed}); }
  });
})();
