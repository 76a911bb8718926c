/* Language and theme of this window: chosen at run time, remembered by the browser, applied by the style sheet.
 *
 * Every label of the deck is drawn in both languages and style.css hides one by html[data-language], so switching redraws nothing
 * that is static. What scripts compose (conditions, ages, dates) listens with onLanguage. A wall screen has the language and
 * theme of its record and ignores what the browser remembers. This file is read first (files load in the order of their names).
 */
'use strict';
(function () {
  const deck = window.citydeck = window.citydeck || {};
  const html = document.documentElement;
  const CHOICES = {language: ['en', 'zh'], theme: ['dark', 'light']};
  const listeners = {language: [], theme: []};

  function remembered(what) {
    try { return localStorage.getItem('citydeck-' + what); } catch (error) { return null; }
  }

  function apply(what, value) {
    const known = CHOICES[what].includes(value) ? value : CHOICES[what][0];
    if (html.dataset[what] === known) return;
    html.dataset[what] = known;
    if (what === 'language') html.lang = known === 'zh' ? 'zh-CN' : 'en';
    listeners[what].forEach((listener) => listener(known));
  }

  function choose(what, value) {
    try { localStorage.setItem('citydeck-' + what, value); } catch (error) { /* private window: valid for this page only */ }
    apply(what, value);
  }

  deck.language = () => html.dataset.language;
  deck.theme = () => html.dataset.theme;
  deck.setLanguage = (value) => choose('language', value);
  deck.setTheme = (value) => choose('theme', value);
  deck.onLanguage = (listener) => { listeners.language.push(listener); };
  deck.onTheme = (listener) => { listeners.theme.push(listener); };
  deck.text = (label) => (label ? label[deck.language()] || label.en || '' : '');

  /* The page says its default (settings) and whether it insists (a wall screen, which also says from how many metres it is read). */
  deck.adopt = function (root) {
    html.toggleAttribute('data-wall', 'distance' in root.dataset);
    html.style.setProperty('--distance', root.dataset.distance || '');
    for (const what of ['language', 'theme']) {
      const wanted = root.dataset[what];
      apply(what, root.dataset.fixed ? wanted : remembered(what) || wanted);
    }
  };

  apply('language', remembered('language') || html.lang.slice(0, 2));
  apply('theme', remembered('theme'));
  document.addEventListener('click', (event) => {
    const button = event.target.closest('[data-set-language], [data-set-theme]');
    if (!button) return;
    if (button.dataset.setLanguage) deck.setLanguage(button.dataset.setLanguage);
    else deck.setTheme(deck.theme() === 'dark' ? 'light' : 'dark');
  });
})();
