/* Menus, which are <details>, but for those of class `section`, which are parts of a page: one is open at a time. Another that is opened, a press outside, and Escape close it. Dialogs close themselves. */
'use strict';
(function () {
  const deck = window.citydeck;
  const MENU = 'details:not(.section)';
  const open = () => [...document.querySelectorAll(MENU + '[open]')];

  document.addEventListener('toggle', (event) => {
    if (event.target.matches(MENU) && event.target.open) open().forEach((each) => { if (each !== event.target) each.open = false; });
  }, true);
  document.addEventListener('click', (event) => {
    if (event.target.isConnected) open().forEach((each) => { if (!each.contains(event.target)) each.open = false; });
  });
  document.addEventListener('keydown', (event) => {
    const [menu] = open();
    if (event.key !== 'Escape' || deck.composing(event) || !menu || document.querySelector('dialog[open]')) return;
    event.preventDefault();
    event.stopPropagation();
    menu.open = false;
    menu.querySelector('summary').focus();
  }, true);
})();
