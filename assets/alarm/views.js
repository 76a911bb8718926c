/* Saved views: what is asked for now, kept under a name, and taken back from a menu. One that a supervisor shares is offered to everybody. */
'use strict';
(function () {
  const deck = window.citydeck, choice = deck.choice;
  const LONGEST = 80;
  const WORDS = {
    none: {en: 'Nothing is saved yet', zh: '尚无保存的视图'}, name: {en: 'Name for what is shown now', zh: '为当前视图命名'}, save: {en: 'Save', zh: '保存'}, shared: {en: 'for everybody', zh: '所有人可见'},
    by: {en: (who) => `shared by ${who}`, zh: (who) => `${who} 共享`}, remove: {en: (name) => `Remove: ${name}`, zh: (name) => `删除：${name}`},
    saved: {en: 'Saved', zh: '已保存'}, removed: {en: 'Removed', zh: '已删除'}, failed: {en: (why) => `Not done: ${why}`, zh: (why) => `未执行：${why}`}, away: {en: 'No answer from the server', zh: '服务器无响应'},
    waiting: {en: 'Waiting for the server', zh: '正在读取'},
  };
  let views = null, said = () => '';

  const menu = () => document.querySelector('[data-views]');
  function query() {
    const told = new URLSearchParams(location.search);
    told.delete('alarm');
    return told.toString();
  }
  async function ask(method, rest, body) {
    const headers = {...(body ? {'Content-Type': 'application/json'} : {}), ...deck.pledge()};
    const answer = await fetch(deck.path('api/v1/views' + rest), {method, headers, body: body && JSON.stringify(body), signal: AbortSignal.timeout(15000)}).catch(() => null);
    const told = answer && answer.status !== 204 ? await answer.json().catch(() => ({})) : {};
    said = !answer ? () => deck.text(WORDS.away) : answer.ok ? () => '' : () => deck.text(WORDS.failed)(told.detail || String(answer.status));
    return answer && answer.ok ? told : null;
  }
  async function load() {
    const told = await ask('GET', '');
    if (told) views = told.views;
    draw();
  }
  async function after(work, word) {
    const told = await work;
    if (told) { await load(); said = () => deck.text(WORDS[word]); }
    draw();
    return told;
  }

  function take(text) {
    const now = Object.fromEntries([...new URLSearchParams(location.search).keys()].map((name) => [name, '']));
    choice.ask({...now, ...Object.fromEntries(new URLSearchParams(text))});
    menu().open = false;
  }

  /* ---- the menu */
  function make(kind, className, text) {
    const element = document.createElement(kind);
    if (className) element.className = className;
    if (kind === 'button') element.type = 'button';
    if (text) element.textContent = text;
    return element;
  }
  function line(view) {
    const item = make('li'), open = make('button', 'open'), name = make('span', 'name', view.label), by = make('span', 'by', view.shared ? deck.text(WORDS.by)(view.owner) : '');
    open.append(name, by);
    open.addEventListener('click', () => take(view.query));
    item.append(open);
    if (!view.removable) return item;
    const remove = make('button', 'remove', '×');
    remove.title = deck.text(WORDS.remove)(view.label);
    remove.setAttribute('aria-label', remove.title);
    remove.addEventListener('click', () => after(ask('DELETE', '/' + encodeURIComponent(view.id)), 'removed'));
    item.append(remove);
    return item;
  }
  function build(place) {
    const form = make('form'), input = make('input'), label = make('label'), shared = make('input'), save = make('button', 'save');
    input.name = 'label';
    input.maxLength = LONGEST;
    input.required = true;
    input.autocomplete = 'off';
    shared.type = 'checkbox';
    shared.name = 'shared';
    save.type = 'submit';
    label.append(shared, make('span'));
    form.append(input, label, save);
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (await after(ask('POST', '', {label: input.value, query: query(), shared: shared.checked}), 'saved')) form.reset();
    });
    place.replaceChildren(make('ul'), form, Object.assign(make('p', 'outcome'), {role: 'status'}));
  }
  function draw() {
    const element = menu(), place = element && element.querySelector('.offered');
    if (!element || !element.open) return;
    if (!place.firstChild) build(place);
    const list = place.querySelector('ul'), told = JSON.stringify([deck.language(), views]);
    if (list.told !== told) { list.told = told; list.replaceChildren(...(views && views.length ? views.map(line) : [make('li', 'none', deck.text(views ? WORDS.none : WORDS.waiting))])); }
    place.querySelector('input[name="label"]').placeholder = deck.text(WORDS.name);
    deck.put(place.querySelector('label span'), deck.text(WORDS.shared));
    place.querySelector('label').hidden = !deck.may('supervisor');
    deck.put(place.querySelector('.save'), deck.text(WORDS.save));
    deck.put(place.querySelector('.outcome'), said());
  }

  deck.paint('[data-views]', {sections: () => [], draw});
  document.addEventListener('toggle', (event) => { if (event.target.matches('[data-views]') && event.target.open) { said = () => ''; draw(); load(); } }, true);
})();
