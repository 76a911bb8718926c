/* The field in which a person says what to add: a list opens under it, a sensor in it opens what that sensor has. Arrows, Enter and Escape work. */
'use strict';
(function () {
  const deck = window.citydeck, past = deck.past;
  const WORDS = {
    hint: {en: 'Sensor, key figure or alarm', zh: '站点、指标或告警'}, none: {en: 'Nothing of that name', zh: '没有匹配的内容'}, waiting: {en: 'Looking', zh: '正在查找'},
    back: {en: (name) => `◂ ${name}`, zh: (name) => `◂ ${name}`},
  };
  let found = [], place = 0, inside = null, ready = false;  // inside: the sensor that was opened; ready: the names of sensors are here

  const page = () => document.querySelector('[data-history]');
  const input = () => page() && page().querySelector('.finder input');
  const box = () => page().querySelector('.finder .found');

  function list() {
    const many = box().querySelector('ul');
    many.replaceChildren(...found.map((each, row) => {
      const item = document.createElement('li'), name = item.appendChild(document.createElement('b')), where = item.appendChild(document.createElement('span'));
      Object.assign(item, {id: 'history-found-' + row, textContent: ''});
      item.append(name, where);
      item.setAttribute('role', 'option');
      item.setAttribute('aria-selected', String(row === place));
      item.dataset.row = row;
      name.textContent = each.name + (each.sensor ? ' ▸' : '');
      where.textContent = each.where;
      return item;
    }));
    if (!found.length) many.append(Object.assign(document.createElement('li'), {className: 'none', textContent: deck.text(inside === 'waiting' || !ready ? WORDS.waiting : WORDS.none)}));
    box().hidden = false;
    input().setAttribute('aria-expanded', 'true');
    input().setAttribute('aria-activedescendant', found.length ? 'history-found-' + place : '');
    const chosen = many.querySelector('[aria-selected="true"]');
    if (chosen) chosen.scrollIntoView({block: 'nearest'});
  }
  function close() {
    [found, place, inside] = [[], 0, null];
    if (!page()) return;
    box().hidden = true;
    input().setAttribute('aria-expanded', 'false');
  }
  function look() {
    if (!deck.known) return;
    inside = null;
    [found, place] = [past.search(input().value), 0];
    list();
  }
  async function open(each) {
    [found, inside] = [[], 'waiting'];
    list();
    const has = await past.within(each.domain, each.sensor);
    if (inside !== 'waiting' || !page()) return;
    [found, place, inside] = [has, 0, each.sensor];
    list();
  }
  function choose(row) {
    const each = found[row];
    if (!each) return;
    if (each.sensor) { open(each); return; }
    const {of} = past.asked();
    input().value = '';
    close();
    past.ask({of: [...of, each.of]});
  }

  document.addEventListener('keydown', (event) => {
    if (!page() || event.target !== input() || deck.composing(event)) return;
    const step = {ArrowDown: 1, ArrowUp: -1}[event.key];
    if (step && !box().hidden && found.length) { place = (place + step + found.length) % found.length; list(); }
    else if (step) look();
    else if (event.key === 'Enter') choose(place);
    else if (event.key === 'Escape') { input().value = ''; close(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener('input', (event) => { if (page() && event.target === input()) look(); });
  document.addEventListener('focusin', (event) => { if (page() && event.target === input()) past.prepare().then(() => { ready = true; if (input() === document.activeElement && inside === null) look(); }); });  // also over what was typed meanwhile
  document.addEventListener('pointerdown', (event) => {
    if (!page() || !box() || box().hidden) return;
    const item = event.target.closest('.finder li[data-row]');
    if (item) { event.preventDefault(); choose(Number(item.dataset.row)); } else if (!event.target.closest('.finder')) close();
  });
  deck.mount('[data-history] .search', (element) => {
    const field = element.appendChild(document.createElement('input'));
    Object.assign(field, {type: 'search', autocomplete: 'off', spellcheck: false});
    for (const [name, value] of Object.entries({role: 'combobox', 'aria-expanded': 'false', 'aria-autocomplete': 'list', 'aria-controls': element.dataset.search})) field.setAttribute(name, value);
    const say = () => { field.placeholder = deck.text(WORDS.hint); field.setAttribute('aria-label', deck.text(WORDS.hint)); };
    say();
    deck.onLanguage(say);
  });
})();
