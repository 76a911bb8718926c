/* Who is signed in: told in the header of a desk, with the way out. When the sign-in has ended the page loads anew, and the server asks for it.
 *
 * For scripts that change something:
 *   pledge()          headers that a request needs: {headers: {...citydeck.pledge(), 'Content-Type': 'application/json'}}
 *   me()              {kind, name, display, role, language} of who looks, or null before it is known
 *   may(role)         whether that is at least this role; the server decides, this only keeps useless buttons away
 *   whoami            promise of me() being known, or of nobody being able to say
 *   role(name)        a role in words
 * html[data-role] is the role for style sheets.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const ORDER = ['viewer', 'operator', 'supervisor', 'manager', 'admin'], LOST = 5, AGAIN = 5000, HERE = 60000;  // seconds without a frame; milliseconds; between two signs of life
  const WORDS = {
    viewer: {en: 'Viewer', zh: '观察员'}, operator: {en: 'Operator', zh: '值班员'}, supervisor: {en: 'Supervisor', zh: '值班长'},
    manager: {en: 'Manager', zh: '管理者'}, admin: {en: 'Administrator', zh: '管理员'},
    stays: {en: 'You could not be signed out. Try again, or close the browser.', zh: '退出失败，请重试或关闭浏览器。'},
  };
  let me = null, asked = -Infinity, told = 0;  // the page was opened by somebody

  deck.pledge = () => ({'X-CSRFToken': (document.cookie.match(/(?:^|; )_csrf_token=([^;]*)/) || [])[1] || ''});
  deck.me = () => me;
  deck.role = (name) => deck.text(WORDS[name]);
  deck.may = (role) => Boolean(me) && ORDER.indexOf(me.role) >= ORDER.indexOf(role);

  async function look() {
    asked = performance.now();
    let answer;
    try { answer = await fetch(deck.root + 'me'); } catch (error) { return; /* the server is away: the veil says so */ }
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok) return;
    me = await answer.json();
    document.documentElement.dataset.role = me.role;
    document.querySelectorAll('[data-who]').forEach(draw);
  }

  function draw(element) {
    element.hidden = !me || me.kind !== 'person';
    if (element.hidden) return;
    deck.put(element.querySelector('summary'), deck.role(me.role));
    deck.put(element.querySelector('.name'), me.display);
    deck.put(element.querySelector('.account'), me.name);
  }

  async function leave() {
    const answer = await fetch(deck.root + 'logout', {method: 'POST', headers: deck.pledge()}).catch(() => null);
    if (answer && (answer.ok || answer.status === 401)) location.assign(deck.root + 'login');
    else document.querySelectorAll('[data-who] .said').forEach((element) => deck.put(element, deck.text(WORDS.stays)));
  }

  /* Somebody is at the page. Nobody for some hours, and the sign-in ends. */
  function here() {
    if (!me || me.kind !== 'person' || performance.now() - told < HERE) return;
    told = performance.now();
    fetch(deck.root + 'me/here', {method: 'POST', headers: deck.pledge()}).catch(() => null);  // the next one tells it
  }

  deck.paint('[data-who]', {sections: () => [], draw});
  deck.second(() => { if (deck.heard() > LOST && performance.now() - asked > AGAIN) look(); });
  addEventListener('pageshow', (event) => { if (event.persisted) look(); });
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-leave]')) leave();
    document.querySelectorAll('[data-who][open]').forEach((element) => { if (!element.contains(event.target)) element.open = false; });
  });
  for (const kind of ['pointermove', 'pointerdown', 'wheel', 'keydown']) addEventListener(kind, here, {passive: true, capture: true});
  deck.whoami = look();
})();
